//! The typed witness of an enrolment, its public instances, and in words what is wrong with it.

use super::INSTANCES;
use super::layout::Inputs;
use super::native::{Point, order, to_le};
use alloy_primitives::B256;
use halo2curves::bn256::Fr;
use nonos_core::IdentityLeaf;
use nonos_core::enrolment::{self, MESSAGE_BYTES};
use nonos_core::identity::identity_leaf;
use nonos_core::signature::{SignatureError, verify_ed25519};
use num_bigint::BigUint;
use num_traits::One;
use sha2::{Digest, Sha512};

/// What an operator, or a publisher, knows when it enrols. Not `Debug`: it holds the secret and the signature.
#[derive(Clone)]
pub struct EnrolmentWitness {
    /// The secret of the identity.
    pub k: Fr,
    /// Second input of the leaf ([`nonos_core::identity::identity_meta`], or 0 for a publisher).
    pub meta: Fr,
    /// ed25519 public key A.
    pub key: [u8; 32],
    /// EIP-712 digest of the terms.
    pub digest: B256,
    /// Signature of [`Self::message`] by the key.
    pub signature: [u8; 64],
}

/// Why an enrolment cannot be proven.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// The signature is not one of this message by this key.
    #[error("{0}; it must be an RFC 8032 signature of the enrolment message")]
    Signature(#[from] SignatureError),
    /// The public key is not of the order of the base point.
    #[error(
        "the public key has a component of small order, as no key made by RFC 8032 has: one secret would stand behind eight keys"
    )]
    KeyOrder,
}

impl EnrolmentWitness {
    /// P(ID; k, meta).
    pub fn leaf(&self) -> IdentityLeaf {
        identity_leaf(&self.k, &self.meta)
    }

    /// What the key has signed.
    pub fn message(&self) -> [u8; MESSAGE_BYTES] {
        enrolment::message(self.leaf(), self.digest)
    }

    /// The public instances, after checking natively everything the circuit will constrain.
    pub fn instance(&self) -> Result<[Fr; INSTANCES], WitnessError> {
        verify_ed25519("enrolment", &self.key, &self.message(), &self.signature)?;
        let key = Point::decode(&self.key).ok_or(SignatureError::Key { role: "enrolment" })?;
        if key.times(order()) != Point::identity() {
            return Err(WitnessError::KeyOrder);
        }
        Ok(enrolment::instances(&self.key, self.leaf(), self.meta, self.digest))
    }

    /// The circuit's inputs. Does not check the witness: an invalid one gives inputs that break the circuit.
    pub fn inputs(&self) -> Inputs {
        let [mut r, mut s] = [[0; 32]; 2];
        r.copy_from_slice(&self.signature[..32]);
        s.copy_from_slice(&self.signature[32..]);
        let hash =
            Sha512::new().chain_update(r).chain_update(self.key).chain_update(self.message()).finalize();
        let challenge = to_le(&(BigUint::from_bytes_le(&hash) % order()));
        let neutral = Point { x: BigUint::default(), y: BigUint::one() };
        let inputs = Inputs {
            k: self.k,
            meta: self.meta,
            leaf: self.leaf().to_be(),
            digest: self.digest.0,
            key: self.key,
            negated_key: neutral.clone(),
            eighth: neutral,
            r,
            s,
            challenge,
        };
        inputs.complete()
    }
}
