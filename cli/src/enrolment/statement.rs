//! What the enrolment circuit proves, once for operators and once for publishers.

use crate::identity::Identity;
use crate::measure::Stopwatch;
use crate::progress::Progress;
use crate::random::seed;
use alloy_primitives::{B256, Bytes, U256};
use eyre::{Result, WrapErr};
use nonos_circuits::enrolment::{EnrolmentProver, EnrolmentWitness};
use nonos_core::IdentityLeaf;
use nonos_core::enrolment::{MESSAGE_BYTES, PublisherTerms, message};
use nonos_core::field::Fr;
use nonos_core::identity::identity_leaf;
use nonos_node::keys::{IdentityScope, Keystore};

/// A key, what it signs, and the secret behind the leaf.
#[derive(Clone)]
pub struct Statement {
    /// ed25519 key.
    pub key: [u8; 32],
    /// The secret.
    pub k: Fr,
    /// Second input of the leaf.
    pub meta: Fr,
    /// EIP-712 digest of the terms.
    pub digest: B256,
}

impl Statement {
    /// An operator's enrolment after the leaf `predecessor`.
    pub fn operator(identity: &Identity, predecessor: U256) -> Self {
        let terms = identity.terms(predecessor);
        Self { key: identity.root_key, k: identity.k, meta: terms.meta(), digest: terms.digest() }
    }

    /// A publisher's registration. Any secret does; this one is the same whenever the keystore is asked.
    pub fn publisher(keystore: &Keystore, terms: &PublisherTerms) -> Result<Self> {
        let scope = IdentityScope { chain_id: terms.chain_id, registry: terms.registry, generation: 0 };
        let k = keystore.circuit_secret(&scope)?.expose();
        Ok(Self { key: terms.key, k, meta: terms.meta(), digest: terms.digest() })
    }

    /// P(ID; k, meta).
    pub fn leaf(&self) -> IdentityLeaf {
        identity_leaf(&self.k, &self.meta)
    }

    /// The bytes that the key signs.
    pub fn message(&self) -> [u8; MESSAGE_BYTES] {
        message(self.leaf(), self.digest)
    }

    /// What is proven; an error if the signature is not one of this key over this message.
    pub fn witness(&self, signature: [u8; 64]) -> Result<EnrolmentWitness> {
        let Self { key, k, meta, digest } = *self;
        let witness = EnrolmentWitness { k, meta, key, digest, signature };
        witness.instance().wrap_err_with(|| {
            format!("the signature is not one by key 0x{} over the enrolment message", hex::encode(key))
        })?;
        Ok(witness)
    }
}

/// A proof, verified, and what it cost.
#[derive(Debug, Clone)]
pub struct Proven {
    /// For the contract.
    pub proof: Bytes,
    /// Wall seconds.
    pub wall_s: f64,
}

/// Proves, and verifies the proof as anybody else would.
pub fn prove(prover: &EnrolmentProver, witness: &EnrolmentWitness, progress: Progress) -> Result<Proven> {
    let watch = Stopwatch::start();
    let step = progress.step("proving the signature in zero knowledge");
    let (proof, instance) =
        tokio::task::block_in_place(|| prover.prove(witness, seed()?).wrap_err("proving"))?;
    step.done(&format!("{} bytes", proof.len()));
    prover.verifier().verify(&proof, &instance).wrap_err("the proof just made does not verify")?;
    Ok(Proven { proof: proof.into(), wall_s: watch.wall() })
}
