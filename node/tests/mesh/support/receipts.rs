//! Real receipts: small real trees, real proofs under the developer setup, made once per test run.

use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256};
use ed25519_dalek::{Signer, SigningKey};
use halo2curves::bn256::Fr;
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{K, LaunchProver, LaunchWitness};
use nonos_core::lean_imt::{LeanImt, LeanPath};
use nonos_core::policy::{Policy, State};
use nonos_core::receipt::{Receipt, ReceiptHeader, SCHEMA};
use nonos_core::{DigestCommitment, ManifestDigest};

pub const CHAIN: u64 = 31_337;
pub const ANCHOR: Address = Address::repeat_byte(0xa5);
pub const REGISTRY: Address = Address::repeat_byte(0x5a);

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn prover() -> &'static LaunchProver {
    static PROVER: OnceLock<LaunchProver> = OnceLock::new();
    PROVER.get_or_init(|| LaunchProver::new(Srs::developer(K).unwrap()).unwrap())
}

/// The n-th receipt. Valid now, under roots of its own.
pub fn receipt(n: usize) -> Receipt {
    static MADE: Mutex<Vec<Receipt>> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    while made.len() <= n {
        let next = prove(made.len() as u64, now());
        made.push(next);
    }
    made[n].clone()
}

fn path(leaf: Fr, leaves: u64) -> LeanPath {
    let tree = LeanImt::from_leaves((1..leaves).map(Fr::from).chain([leaf])).unwrap();
    tree.prove(tree.len() - 1).unwrap()
}

fn witness(n: u64, launched_at: u64) -> LaunchWitness {
    let measurement = Fr::from(9_000 + n);
    let policy = Policy {
        required_cpu: 0b1010,
        min_isolation: 3,
        allowed_syscalls: [u64::MAX, 0xff00, n, 1, 2, 3, 4, 5],
        allowed_caps: 0xff,
        max_memory_pages: 256,
        max_network: 2,
        measurements: vec![Fr::from(1), measurement],
    };
    let state = State {
        cpu: 0b1110,
        isolation: 4,
        syscalls: [0xdead_beef, 0x1200, 0, 0, 2, 1, 4, 0],
        caps: 0x11,
        memory_pages: 256,
        network: 1,
        measurement,
    };
    let mut witness = LaunchWitness {
        k: Fr::from(1_000_003 * (n + 1)).square(),
        meta: Fr::from(77 + n),
        operator_path: LeanPath::default(),
        install_path: LeanPath::default(),
        catalog_path: LeanPath::default(),
        commitment: DigestCommitment([n as u8 ^ 0x5a; 32]),
        manifest: ManifestDigest::from([0xc3; 32]),
        policy,
        state,
        capsule_salt: Fr::from(4_242 + n),
        operator_salt: Fr::from(2_424 + n),
        state_salt: Fr::from(99 + n),
        epoch: launched_at / 3_600,
        index: (n % 1_024) as u16,
        binding: Fr::from(1),
    };
    let leaves = witness.leaves();
    witness.operator_path = path(leaves.identity.fr(), 6);
    witness.install_path = path(leaves.install.fr(), 3);
    witness.catalog_path = path(leaves.capsule.fr(), 2);
    witness
}

/// A receipt with everything right but the proof, which is zeros of the right length. Costs next to nothing.
pub fn unproven(n: u64, launched_at: u64) -> Receipt {
    let (receipt, _) = draft(n, launched_at);
    seal(receipt, n, vec![0; prover().verifier().proof_len()])
}

fn draft(n: u64, launched_at: u64) -> (ReceiptHeader, LaunchWitness) {
    let witness = witness(n, launched_at);
    let values = witness.instance().unwrap();
    let word = |i: usize| B256::from(nonos_core::field::fr_to_be(&values[i])).into();
    let header = ReceiptHeader {
        schema: SCHEMA,
        verifierKey: prover().verifier().key().0,
        flags: 0,
        catalogRoot: word(1),
        capsuleTag: word(2),
        operatorRoot: word(3),
        operatorTag: word(4),
        installRoot: word(5),
        stateTag: word(6),
        nullifier: word(8),
        executionKey: key(n).verifying_key().to_bytes().into(),
        onionNetwork: 0,
        onionKey: B256::ZERO,
        launchedAt: launched_at,
        notBeforeBlock: 0,
        notBeforeHash: B256::ZERO,
        requestId: B256::ZERO,
        payee: Address::repeat_byte(1),
        inputHash: B256::repeat_byte(2),
        outputHash: B256::repeat_byte(3),
        disclosures: B256::ZERO,
    };
    (header, witness)
}

fn key(n: u64) -> SigningKey {
    let mut seed = [0x11; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

/// Signs a header and adds a proof, right or wrong.
pub fn seal(header: ReceiptHeader, n: u64, proof: Vec<u8>) -> Receipt {
    let digest = header.digest(CHAIN, ANCHOR);
    Receipt {
        chainId: CHAIN,
        anchor: ANCHOR,
        executionSignature: key(n).sign(digest.bytes()).to_bytes().to_vec().into(),
        onionSignature: vec![].into(),
        header,
        launchProof: proof.into(),
        openings: vec![],
    }
}

fn prove(n: u64, launched_at: u64) -> Receipt {
    let (header, mut witness) = draft(n, launched_at);
    witness.binding = header.digest(CHAIN, ANCHOR).binding();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    let (proof, _) = prover().prove(&witness, seed).unwrap();
    seal(header, n, proof)
}

/// The n-th receipt's proof under a header it was not made for, signed properly: only the pairing finds out.
pub fn forged(n: usize, salt: u64) -> Receipt {
    let honest = receipt(n);
    let mut header = honest.header.clone();
    header.outputHash = B256::from(alloy_primitives::U256::from(salt + 1));
    seal(header, n as u64, honest.launchProof.to_vec())
}

/// The n-th receipt launched two days ago, by its header: stale whatever its proof.
pub fn stale(n: usize, salt: u64) -> Receipt {
    let honest = receipt(n);
    let mut header = honest.header.clone();
    header.launchedAt -= 2 * 86_400;
    header.outputHash = B256::from(alloy_primitives::U256::from(salt + 1));
    seal(header, n as u64, honest.launchProof.to_vec())
}
