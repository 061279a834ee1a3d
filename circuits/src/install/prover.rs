//! The chunk of an install as a statement to prove, and the key that is pinned for it.

use super::circuit::InstallCircuit;
use super::witness::{InstallWitness, WitnessError};
use super::{INSTANCES, K};
use crate::statement::{Prover, Statement, StatementError};
use alloy_primitives::{B256, b256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;

/// The statement of this circuit.
#[derive(Debug)]
pub enum Install {}

/// Proves chunks of installs.
pub type InstallProver = Prover<Install>;
/// Why there is no proof of a chunk, or no prover.
pub type InstallError = StatementError<Install>;

impl Statement for Install {
    type Circuit = InstallCircuit;
    type Witness = InstallWitness;
    type Invalid = WitnessError;
    type Instance = [Fr; INSTANCES];
    const NAME: &'static str = "install";
    const K: u32 = K;
    const INSTANCES: usize = INSTANCES;

    fn shape() -> InstallCircuit {
        InstallCircuit::shape()
    }

    fn instance(witness: &InstallWitness) -> Result<[Fr; INSTANCES], WitnessError> {
        witness.instance()
    }

    fn lay_out(witness: &InstallWitness) -> InstallCircuit {
        InstallCircuit::new(witness)
    }

    fn laid_out(circuit: &InstallCircuit) -> [Fr; INSTANCES] {
        circuit.instance()
    }

    fn hedge(witness: &InstallWitness) -> Vec<u8> {
        let InstallWitness { k, terms, commitment, salt, position, more, state, bytes } = witness;
        let mut all =
            [&fr_to_be(k)[..], &fr_to_be(terms), &commitment.0, salt, &position.to_be_bytes()].concat();
        all.push(u8::from(*more));
        state.iter().for_each(|lane| all.extend(lane.to_be_bytes()));
        all.extend(bytes);
        all
    }
}

/// The verifier key of the install circuit under the developer SRS ([`Srs::developer`](crate::backend::Srs::developer)).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("5707c4de8c542f178428f4268dbbce20edb5b253b82e4b7eb31764dea16ad885");
