//! An enrolment for integration tests, signed by an independent implementation.

use alloy_primitives::{B256, keccak256};
use ed25519_dalek::{Signer, SigningKey};
use halo2curves::bn256::Fr;
use nonos_circuits::enrolment::EnrolmentWitness;

/// An enrolment that is different for every `n`.
pub fn enrolment(n: u64) -> EnrolmentWitness {
    let key = SigningKey::from_bytes(&keccak256(n.to_be_bytes()).0);
    let mut witness = EnrolmentWitness {
        k: Fr::from(1_000_003 * (n + 1)).square(),
        meta: Fr::from(77 + n).square(),
        key: key.verifying_key().to_bytes(),
        digest: B256::from(keccak256((n + 1).to_be_bytes())),
        signature: [0; 64],
    };
    witness.signature = key.sign(&witness.message()).to_bytes();
    witness
}
