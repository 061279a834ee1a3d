//! Binaries and their chunks.

use crate::install::{InstallCircuit, InstallWitness, Subject, chunks};
use crate::sponge::checker::Checker;
use halo2curves::bn256::Fr;
use nonos_core::capsule::digest_commitment;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha3::{Digest, Sha3_512};

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn binary(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng(seed).fill_bytes(&mut bytes);
    bytes
}

pub fn subject(binary: &[u8]) -> Subject {
    let salt = std::array::from_fn(|i| 0xc0 ^ i as u8);
    let digest: [u8; 64] = Sha3_512::digest(binary).into();
    Subject { k: Fr::from(99), terms: Fr::from(98), commitment: digest_commitment(&digest, &salt), salt }
}

pub fn witnesses(binary: &[u8]) -> Vec<InstallWitness> {
    chunks(binary, subject(binary)).collect()
}

/// The circuit of a witness, checked under the instances that the native code gives.
pub fn satisfied(checker: &Checker, witness: &InstallWitness) -> InstallCircuit {
    let circuit = InstallCircuit::new(witness);
    let instance = witness.instance().unwrap();
    assert_eq!(circuit.instance(), instance);
    assert_eq!(checker.all(circuit.sheet(), &instance), Default::default());
    circuit
}
