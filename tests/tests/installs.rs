//! Installs with real proofs, admitted by the registry around the verifier that is checked in.

use std::sync::OnceLock;

use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, ProviderBuilder};
use alloy_primitives::U256;
use nonos_circuits::backend::Srs;
use nonos_circuits::install::{InstallProver, K, Subject, chunks};
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::abi::capsules::CapsuleRegistry::{CapsuleRegistryInstance, InstallProof};
use nonos_contracts::install::{Place, ProvenChunk, entries, entry, is_reached};
use nonos_contracts::{ChainError, DeployConfig, Deployment, deploy};
use nonos_core::capsule::digest_commitment;
use nonos_core::field::fr_to_u256;
use nonos_core::policy::Policy;
use nonos_core::{Fr, InstallLeaf};
use nonos_devnet::{Config, Devnet};
use sha3::{Digest, Sha3_512};

/// Gas of a whole transaction that admits a chunk.
const MAX_CHUNK_GAS: u64 = 900_000;
/// EIP-170: bytes of a contract's code.
const MAX_CODE: usize = 24_576;

/// What an operator proved once: the chunks of a binary of 3,000 bytes, two of them.
struct Proven {
    leaf: InstallLeaf,
    start: Fr,
    chunks: Vec<ProvenChunk>,
}

impl Proven {
    fn begin(&self) -> Place {
        Place { position: 0, state: self.start }
    }

    /// After the first chunk.
    fn middle(&self) -> Place {
        Place { position: 1, state: self.chunks[0].state_out }
    }
}

fn proven() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| {
        let binary: Vec<u8> = (0..3_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let salt = [7; 32];
        let commitment = digest_commitment(&Sha3_512::digest(&binary).into(), &salt);
        let subject = Subject { k: Fr::from(99), terms: Fr::from(98), commitment, salt };
        let prover = InstallProver::new(Srs::developer(K).unwrap()).unwrap();
        let (mut leaf, mut start, mut proven) = (None, None, Vec::new());
        for (position, witness) in (0..).zip(chunks(&binary, subject)) {
            let (proof, [j, at, more, before, after]) = prover.prove(&witness, [position + 1; 32]).unwrap();
            assert_eq!((at, more), (Fr::from(u64::from(position)), Fr::from(u64::from(witness.more))));
            assert_eq!(j, witness.install().fr());
            leaf = leaf.or(Some(witness.install()));
            start = start.or(Some(before));
            proven.push(ProvenChunk { state_out: after, proof: proof.into() });
        }
        assert_eq!(proven.len(), 2);
        Proven { leaf: leaf.unwrap(), start: start.unwrap(), chunks: proven }
    })
}

struct World {
    provider: DynProvider,
    deployment: Deployment,
    registry: CapsuleRegistryInstance<DynProvider>,
}

impl World {
    async fn new() -> Self {
        let devnet = Devnet::new(Config::default());
        let signer = devnet.accounts()[0].clone();
        let owner = signer.address();
        let wallet = EthereumWallet::from(signer);
        let provider = ProviderBuilder::new().wallet(wallet).connect_client(devnet.client());
        let provider = alloy::providers::Provider::erased(provider);
        let floor = Policy {
            required_cpu: 0,
            min_isolation: 1,
            allowed_syscalls: [u64::MAX; 8],
            allowed_caps: u64::MAX,
            max_memory_pages: 1024,
            max_network: 3,
            measurements: vec![],
        };
        let deployment = deploy(&provider, &DeployConfig::new(owner, floor)).await.unwrap();
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, provider.clone());
        Self { provider, deployment, registry }
    }

    /// Gas of the transaction that admits these.
    async fn admit(&self, proofs: Vec<InstallProof>) -> u64 {
        let sent = self.registry.admitInstalls(proofs).send().await.unwrap();
        let receipt = sent.get_receipt().await.unwrap();
        assert!(receipt.status());
        receipt.gas_used
    }

    /// Why the registry refuses these.
    async fn refusal(&self, proofs: Vec<InstallProof>) -> String {
        let refused = self.registry.admitInstalls(proofs).call().await;
        ChainError::call("admitting", refused.expect_err("refused")).to_string()
    }

    async fn installed(&self, leaf: InstallLeaf) -> bool {
        self.registry.isInstallUsed(leaf.to_u256()).call().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chunks_are_admitted_at_once_and_one_after_the_other() {
    let (proven, world) = (proven(), World::new().await);
    let Proven { leaf, chunks, .. } = proven;
    let together = entries(*leaf, proven.begin(), chunks);
    assert_eq!(together.len(), 1);
    let gas = world.admit(together).await;
    println!("an install of two chunks at once: {gas} gas, proofs of {} bytes", chunks[0].proof.len());
    assert!(world.installed(*leaf).await);
    assert_eq!(world.registry.installRoot().call().await.unwrap(), leaf.to_u256());

    let world = World::new().await;
    let middle = proven.middle();
    assert!(!is_reached(&world.provider, &world.deployment, *leaf, middle).await.unwrap());
    let gas = world.admit(vec![entry(*leaf, proven.begin(), &chunks[..1], false)]).await;
    println!("its first chunk: {gas} gas");
    assert!(gas <= MAX_CHUNK_GAS, "{gas}");
    let verifier = world.deployment.addresses.install_halo2_verifier;
    let code = alloy::providers::Provider::get_code_at(&world.provider, verifier).await.unwrap();
    assert!(code.len() <= MAX_CODE, "{} bytes", code.len());
    assert!(is_reached(&world.provider, &world.deployment, *leaf, middle).await.unwrap());
    assert!(!world.installed(*leaf).await);
    // Again, by whoever saw it: takes nothing back.
    world.admit(vec![entry(*leaf, proven.begin(), &chunks[..1], false)]).await;
    let gas = world.admit(vec![entry(*leaf, middle, &chunks[1..], true)]).await;
    println!("its last chunk: {gas} gas, the leaf in the tree");
    assert!(gas <= MAX_CHUNK_GAS, "{gas}");
    assert!(world.installed(*leaf).await);
    let refusal = world.refusal(entries(*leaf, proven.begin(), chunks)).await;
    assert!(refusal.contains("LeafUsed("), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_proof_serves_its_own_chunk_only() {
    let (proven, world) = (proven(), World::new().await);
    let Proven { leaf, chunks, .. } = proven;
    let (begin, middle) = (proven.begin(), proven.middle());
    let rejected = async |entry: InstallProof, position: u64| {
        let refusal = world.refusal(vec![entry]).await;
        assert!(refusal.contains("InstallProofRejected("), "{refusal}");
        assert!(refusal.contains(&format!("position: {position})")), "{refusal}");
    };
    let whole = |chunks: &[ProvenChunk]| entry(*leaf, begin, chunks, true);
    // In another order, or one for the other.
    rejected(whole(&[chunks[1].clone(), chunks[0].clone()]), 0).await;
    rejected(whole(&[chunks[0].clone(), chunks[0].clone()]), 1).await;
    let crossed = ProvenChunk { state_out: chunks[1].state_out, proof: chunks[0].proof.clone() };
    rejected(whole(&[crossed, chunks[1].clone()]), 0).await;
    // The last as one of many, and one of many as the last.
    rejected(entry(*leaf, begin, chunks, false), 1).await;
    rejected(whole(&chunks[..1]), 0).await;
    // The last chunk as the first one, the other's state and all.
    rejected(entry(*leaf, Place { position: 0, state: middle.state }, &chunks[1..], true), 0).await;
    // For another leaf.
    let other = InstallLeaf::from(leaf.fr() + Fr::from(1));
    rejected(entry(other, begin, chunks, true), 0).await;
    // From another state, and with a bit of the proof flipped.
    rejected(entry(*leaf, Place { state: begin.state + Fr::from(1), ..begin }, chunks, true), 0).await;
    let mut flipped = chunks.to_vec();
    let mut bytes = flipped[1].proof.to_vec();
    bytes[3_000] ^= 1;
    flipped[1].proof = bytes.into();
    rejected(whole(&flipped), 1).await;

    // The second chunk without the first, then behind it: only where it was proven.
    let last = entry(*leaf, middle, &chunks[1..], true);
    let refusal = world.refusal(vec![last.clone()]).await;
    let state = format!("{:#066x}", fr_to_u256(&middle.state));
    assert!(refusal.contains("InstallNotReached(") && refusal.contains(&state), "{refusal}");
    world.admit(vec![entry(*leaf, begin, &chunks[..1], false)]).await;
    let elsewhere = [
        entry(*leaf, Place { position: 2, ..middle }, &chunks[1..], true),
        entry(*leaf, Place { state: begin.state, ..middle }, &chunks[1..], true),
        entry(other, middle, &chunks[1..], true),
    ];
    for entry in elsewhere {
        let refusal = world.refusal(vec![entry]).await;
        assert!(refusal.contains("InstallNotReached("), "{refusal}");
    }
    // A good one beside a bad one.
    let refusal = world.refusal(vec![last.clone(), entry(other, begin, chunks, true)]).await;
    assert!(refusal.contains("InstallProofRejected("), "{refusal}");
    assert_eq!(world.registry.installRoot().call().await.unwrap(), U256::ZERO);
    world.admit(vec![last]).await;
    assert!(world.installed(*leaf).await);
}
