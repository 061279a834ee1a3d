//! The launch as a statement to prove, and the key that is pinned for it.

use super::circuit::LaunchCircuit;
use super::witness::{LaunchWitness, WitnessError};
use super::{INSTANCES, K};
use crate::statement::{Prover, Statement, StatementError};
use alloy_primitives::{B256, b256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;

/// The statement of this circuit.
#[derive(Debug)]
pub enum Launch {}

/// Proves launchs. About 25 MB.
pub type LaunchProver = Prover<Launch>;
/// Why there is no launch proof, or no prover.
pub type LaunchError = StatementError<Launch>;

impl Statement for Launch {
    type Circuit = LaunchCircuit;
    type Witness = LaunchWitness;
    type Invalid = WitnessError;
    type Instance = [Fr; INSTANCES];
    const NAME: &'static str = "launch";
    const K: u32 = K;
    const INSTANCES: usize = INSTANCES;

    fn shape() -> LaunchCircuit {
        LaunchCircuit::shape()
    }

    fn instance(witness: &LaunchWitness) -> Result<[Fr; INSTANCES], WitnessError> {
        witness.instance()
    }

    fn lay_out(witness: &LaunchWitness) -> LaunchCircuit {
        LaunchCircuit::new(witness)
    }

    fn laid_out(circuit: &LaunchCircuit) -> [Fr; INSTANCES] {
        circuit.instance()
    }

    /// Secret and header digest.
    fn hedge(witness: &LaunchWitness) -> Vec<u8> {
        [fr_to_be(&witness.k), fr_to_be(&witness.binding)].concat()
    }
}

/// The verifier key of the launch circuit under the developer SRS ([`Srs::developer`](crate::backend::Srs::developer)).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("3e19f5e78e67bfc666a981f38495f663b01e708c4dc459e089f490488432f5fa");
