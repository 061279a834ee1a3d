//! The link as a statement to prove, and the key that is pinned for it.

use super::circuit::LinkCircuit;
use super::witness::LinkWitness;
use super::{INSTANCES, K};
use crate::statement::{Prover, Statement, StatementError};
use alloy_primitives::{B256, b256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;
use std::convert::Infallible;

/// The statement of this circuit.
#[derive(Debug)]
pub enum Link {}

/// Proves links. About 2 MB.
pub type LinkProver = Prover<Link>;
/// Why there is no link proof, or no prover.
pub type LinkError = StatementError<Link>;

impl Statement for Link {
    type Circuit = LinkCircuit;
    type Witness = LinkWitness;
    /// J is computed from the rest, so nothing can be wrong.
    type Invalid = Infallible;
    type Instance = [Fr; INSTANCES];
    const NAME: &'static str = "link";
    const K: u32 = K;
    const INSTANCES: usize = INSTANCES;

    fn shape() -> LinkCircuit {
        LinkCircuit::shape()
    }

    fn instance(witness: &LinkWitness) -> Result<[Fr; INSTANCES], Infallible> {
        Ok(witness.instance())
    }

    fn lay_out(witness: &LinkWitness) -> LinkCircuit {
        LinkCircuit::new(witness)
    }

    fn laid_out(circuit: &LinkCircuit) -> [Fr; INSTANCES] {
        circuit.instance()
    }

    /// The whole witness.
    fn hedge(witness: &LinkWitness) -> Vec<u8> {
        let LinkWitness { k, terms, commitment } = witness;
        [fr_to_be(k), fr_to_be(terms), commitment.0].concat()
    }
}

/// The verifier key of the link circuit under the developer SRS ([`Srs::developer`](crate::backend::Srs::developer)).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("ce9e1425b5f9ec39e2c7b6de00c998e8b969450b232ecf453acd90bb10e0a604");
