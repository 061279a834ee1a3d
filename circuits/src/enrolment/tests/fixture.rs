//! Random enrolments that satisfy the circuit, and how to check them.

use crate::enrolment::EnrolmentWitness;
use alloy_primitives::B256;
use ed25519_dalek::{Signer, SigningKey};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// An enrolment signed by dalek.
pub fn witness(seed: u64) -> EnrolmentWitness {
    let rng = &mut rng(seed);
    let mut bytes = [[0u8; 32]; 2];
    bytes.iter_mut().for_each(|b| rng.fill_bytes(b));
    let key = SigningKey::from_bytes(&bytes[0]);
    let mut witness = EnrolmentWitness {
        k: Fr::random(&mut *rng),
        meta: Fr::random(&mut *rng),
        key: key.verifying_key().to_bytes(),
        digest: B256::from(bytes[1]),
        signature: [0; 64],
    };
    witness.signature = key.sign(&witness.message()).to_bytes();
    witness
}
