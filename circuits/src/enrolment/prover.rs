//! The enrolment as a statement to prove, and the key that is pinned for it.

use super::circuit::EnrolmentCircuit;
use super::witness::{EnrolmentWitness, WitnessError};
use super::{INSTANCES, K};
use crate::statement::{Prover, Statement, StatementError};
use alloy_primitives::{B256, b256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;

/// The statement of this circuit.
#[derive(Debug)]
pub enum Enrolment {}

/// Proves enrolments. About 150 MB.
pub type EnrolmentProver = Prover<Enrolment>;
/// Why there is no enrolment proof, or no prover.
pub type EnrolmentError = StatementError<Enrolment>;

impl Statement for Enrolment {
    type Circuit = EnrolmentCircuit;
    type Witness = EnrolmentWitness;
    type Invalid = WitnessError;
    type Instance = [Fr; INSTANCES];
    const NAME: &'static str = "enrolment";
    const K: u32 = K;
    const INSTANCES: usize = INSTANCES;

    fn shape() -> EnrolmentCircuit {
        EnrolmentCircuit::shape()
    }

    fn instance(witness: &EnrolmentWitness) -> Result<[Fr; INSTANCES], WitnessError> {
        witness.instance()
    }

    fn lay_out(witness: &EnrolmentWitness) -> EnrolmentCircuit {
        EnrolmentCircuit::new(witness)
    }

    fn laid_out(circuit: &EnrolmentCircuit) -> [Fr; INSTANCES] {
        circuit.instance()
    }

    /// The whole witness: a randomised signer can give another one for the same statement.
    fn hedge(witness: &EnrolmentWitness) -> Vec<u8> {
        let EnrolmentWitness { k, meta, key, digest, signature } = witness;
        [&fr_to_be(k)[..], &fr_to_be(meta), key, &digest.0, signature].concat()
    }
}

/// The verifier key of the enrolment circuit under the developer SRS ([`Srs::developer`](crate::backend::Srs::developer)).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("07bc6f4b9364f5cdab82de3bbc14a737ffc313d93a4db6eeaee3e86700827158");
