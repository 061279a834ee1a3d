//! Receipts with real proofs.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolValue;
use ed25519_dalek::{Signer, SigningKey};
use nonos_circuits::launch::{LaunchProver, LaunchWitness};
use nonos_core::capsule::{capsule_leaf, install_leaf};
use nonos_core::field::fr_to_u256;
use nonos_core::identity::identity_leaf;
use nonos_core::lean_imt::LeanImt;
use nonos_core::policy::{Policy, State};
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_core::{DigestCommitment, Fr, ManifestDigest};

fn witness(n: u64) -> LaunchWitness {
    let measurement = Fr::from(9_000 + n);
    let policy = Policy {
        required_cpu: 0b1010,
        min_isolation: 3,
        allowed_syscalls: [u64::MAX; 8],
        allowed_caps: 0xff,
        max_memory_pages: 256,
        max_network: 2,
        measurements: vec![measurement],
    };
    let state = State {
        cpu: 0b1110,
        isolation: 4,
        syscalls: [0xbeef; 8],
        caps: 0x11,
        memory_pages: 256,
        network: 1,
        measurement,
    };
    let (k, meta) = (Fr::from(1_000_003 * (n + 1)), Fr::from(77 + n));
    let (commitment, manifest) = (DigestCommitment([n as u8; 32]), ManifestDigest::from([0xc3; 32]));
    let capsule = capsule_leaf(&commitment, policy.hash(), manifest);
    let path = |leaf: Fr| {
        let tree = LeanImt::from_leaves([Fr::from(1), leaf, Fr::from(3)]).expect("a tree");
        tree.prove(1).expect("a path")
    };
    LaunchWitness {
        operator_path: path(identity_leaf(&k, &meta).fr()),
        install_path: path(install_leaf(&k, capsule).fr()),
        catalog_path: path(capsule.fr()),
        k,
        meta,
        commitment,
        manifest,
        policy,
        state,
        capsule_salt: Fr::from(4_242 + n),
        operator_salt: Fr::from(2_424 + n),
        state_salt: Fr::from(99 + n),
        epoch: 495_123,
        index: n as u16,
        binding: Fr::from(0),
    }
}

/// A receipt as a node would make it, but for its roots, which no chain knows.
pub fn receipt(prover: &LaunchProver, chain_id: u64, anchor: Address, n: u64) -> Receipt {
    let mut witness = witness(n);
    let values = witness.instance().expect("a true statement").map(|value| fr_to_u256(&value));
    let [
        _,
        catalog_root,
        capsule_tag,
        operator_root,
        operator_tag,
        install_root,
        state_tag,
        epoch,
        nullifier,
        flags,
    ] = values;
    let key = SigningKey::from_bytes(&[n as u8 + 1; 32]);
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).expect("zeros");
    header.schema = 1;
    header.verifierKey = prover.verifier().key().into();
    header.flags = flags.to();
    header.capsuleTag = capsule_tag;
    header.catalogRoot = catalog_root;
    header.operatorTag = operator_tag;
    header.operatorRoot = operator_root;
    header.installRoot = install_root;
    header.stateTag = state_tag;
    header.nullifier = nullifier;
    header.executionKey = B256::from(key.verifying_key().to_bytes());
    header.launchedAt = epoch.to::<u64>() * 3_600 + 5;
    header.inputHash = B256::repeat_byte(n as u8);
    let digest = header.digest(chain_id, anchor);
    witness.binding = digest.binding();
    let (proof, _) = prover.prove(&witness, [n as u8; 32]).expect("a proof");
    Receipt {
        chainId: chain_id,
        anchor,
        header,
        executionSignature: key.sign(digest.bytes()).to_bytes().to_vec().into(),
        onionSignature: Bytes::new(),
        launchProof: proof.into(),
        openings: vec![],
    }
}
