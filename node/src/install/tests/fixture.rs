//! Small capsules, their operators, and one STARK install that the tests share.

use crate::install::{
    DigestSubject, InstallBackend, InstallJob, InstallSubject, Links, StarkBackend, StarkTerms,
};
use alloy_primitives::{B256, Bytes};
use nonos_circuits::backend::Srs;
use nonos_core::Fr;
use nonos_core::capsule::digest_commitment;
use nonos_core::manifest::{Manifest, SCHEMA};
use nonos_core::policy::Policy;
use nonos_hash_stark::Security;
use sha3::{Digest, Sha3_512};
use std::sync::{Arc, OnceLock};

/// Bytes of a chunk in these tests: two blocks.
pub const CHUNK_BLOCKS: u32 = 2;

/// A binary of five blocks: three chunks.
pub fn payload(seed: u8) -> Vec<u8> {
    (0..300u32).map(|i| (i.wrapping_mul(31) >> 2) as u8 ^ seed).collect()
}

/// A manifest of a payload; hidden ones need `salt` to be checked.
pub fn manifest(payload: &[u8], salt: [u8; 32], hidden: bool) -> Manifest {
    let digest: [u8; 64] = Sha3_512::digest(payload).into();
    let policy = Policy {
        required_cpu: 0,
        min_isolation: 2,
        allowed_syscalls: [3; 8],
        allowed_caps: 7,
        max_memory_pages: 64,
        max_network: 0,
        measurements: vec![],
    };
    Manifest {
        schema: SCHEMA,
        name: "capsule".to_owned(),
        version: "1.0.0".to_owned(),
        publisher: B256::repeat_byte(9),
        payloadSize: payload.len() as u64,
        sha3_512: if hidden { Bytes::new() } else { Bytes::copy_from_slice(&digest) },
        blake3: if hidden { B256::ZERO } else { B256::new(*blake3::hash(payload).as_bytes()) },
        commitment: digest_commitment(&digest, &salt).into(),
        salt: if hidden { B256::ZERO } else { salt.into() },
        digestProof: if hidden { B256::repeat_byte(6) } else { B256::ZERO },
        policy: (&policy).into(),
        operators: vec![],
    }
}

/// The operator with secret `k` and the capsule of `payload(seed)`.
pub fn subject(seed: u8, k: u64) -> InstallSubject {
    let payload = payload(seed);
    InstallSubject::new(&manifest(&payload, [seed; 32], false), payload, None, Fr::from(k)).unwrap()
}

pub fn links() -> Arc<Links> {
    static LINKS: OnceLock<Arc<Links>> = OnceLock::new();
    let make = || Arc::new(Links::new(Srs::developer(Links::K).unwrap()).unwrap());
    LINKS.get_or_init(make).clone()
}

pub fn backend(subject: &InstallSubject) -> StarkBackend {
    StarkBackend::new(links(), subject, false, Security::Conjectured, CHUNK_BLOCKS).unwrap()
}

/// What any file of the STARK has to meet.
pub fn terms(links: &Links) -> StarkTerms<'_> {
    StarkTerms { links, security: Security::Conjectured, context: None, manifest: None }
}

fn make(mut backend: impl InstallBackend) -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let job = InstallJob::open(root.path(), &backend).unwrap();
    std::fs::read(job.run(&mut backend, &mut |_| {}).unwrap()).unwrap()
}

/// The install of capsule 1 by operator 11.
pub fn file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| make(backend(&subject(1, 11))))
}

/// The same, with C hidden.
pub fn hidden_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let (security, blocks) = (Security::Conjectured, CHUNK_BLOCKS);
        make(StarkBackend::new(links(), &subject(1, 11), true, security, blocks).unwrap())
    })
}

/// The digest proof of capsule 1.
pub fn digest_proof() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let subject = DigestSubject::new(payload(1), [1; 32]);
        make(StarkBackend::digest_proof(links(), &subject, Security::Conjectured, CHUNK_BLOCKS).unwrap())
    })
}
