//! The hidden link as a statement to prove, and the key that is pinned for it.

use super::circuit::HiddenLinkCircuit;
use super::witness::HiddenLinkWitness;
use super::{INSTANCES, K};
use crate::statement::{Prover, Statement, StatementError};
use alloy_primitives::{B256, b256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;
use std::convert::Infallible;

/// The statement of this circuit.
#[derive(Debug)]
pub enum HiddenLink {}

/// Proves hidden links.
pub type HiddenLinkProver = Prover<HiddenLink>;
/// Why there is no hidden link proof, or no prover.
pub type HiddenLinkError = StatementError<HiddenLink>;

impl Statement for HiddenLink {
    type Circuit = HiddenLinkCircuit;
    type Witness = HiddenLinkWitness;
    /// J and B are computed from the rest, so nothing can be wrong.
    type Invalid = Infallible;
    type Instance = [Fr; INSTANCES];
    const NAME: &'static str = "hidden link";
    const K: u32 = K;
    const INSTANCES: usize = INSTANCES;

    fn shape() -> HiddenLinkCircuit {
        HiddenLinkCircuit::shape()
    }

    fn instance(witness: &HiddenLinkWitness) -> Result<[Fr; INSTANCES], Infallible> {
        Ok(witness.instance())
    }

    fn lay_out(witness: &HiddenLinkWitness) -> HiddenLinkCircuit {
        HiddenLinkCircuit::new(witness)
    }

    fn laid_out(circuit: &HiddenLinkCircuit) -> [Fr; INSTANCES] {
        circuit.instance()
    }

    /// The whole witness.
    fn hedge(witness: &HiddenLinkWitness) -> Vec<u8> {
        let HiddenLinkWitness { k, terms, commitment, blinding } = witness;
        [fr_to_be(k), fr_to_be(terms), commitment.0, *blinding].concat()
    }
}

/// The verifier key of the hidden link circuit under the developer SRS
/// ([`Srs::developer`](crate::backend::Srs::developer)).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("3751d02ce456eddce0f3bad41eec1eed3158ee03c928c377bffab9b2a38cdcb9");
