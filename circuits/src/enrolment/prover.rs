//! Proving enrolments: key generation once, then one proof per witness, verified before it is returned.

use super::circuit::EnrolmentCircuit;
use super::witness::{EnrolmentWitness, WitnessError};
use super::{INSTANCES, K};
use crate::backend::{
    KeygenError, ProveError, ProvingKey, Srs, SrsError, Verifier, VerifierError, VerifyError, keygen,
    prove_seeded,
};
use alloy_primitives::{B256, b256, keccak256};
use halo2curves::bn256::Fr;
use nonos_core::VerifierKey;
use nonos_core::field::fr_to_be;

/// Why there is no enrolment proof, or no prover.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The SRS cannot be used.
    #[error("the enrolment circuit needs an SRS of at least 2^15 powers: {0}")]
    Srs(#[from] SrsError),
    /// Key generation failed.
    #[error(transparent)]
    Keygen(#[from] KeygenError),
    /// The verifying key and the SRS do not go together.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The enrolment is not provable.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The circuit computed another instance than the native code.
    #[error(
        "the circuit and the native code disagree on public instance {index}: they are of different versions"
    )]
    Disagreement {
        /// Position in the instance vector.
        index: usize,
    },
    /// halo2 failed.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The fresh proof does not verify.
    #[error(
        "the proof just made does not verify, so it was discarded (faulty memory, or a witness the circuit refuses): {0}"
    )]
    SelfCheck(#[source] VerifyError),
}

/// The proving key of the enrolment circuit under one SRS, and its verifier. About 150 MB.
pub struct EnrolmentProver {
    srs: Srs,
    key: ProvingKey,
    verifier: Verifier,
}

impl EnrolmentProver {
    /// Generates the keys. An SRS larger than 2^15 is cut down.
    pub fn new(srs: Srs) -> Result<Self, EnrolmentError> {
        let srs = if srs.k() == K { srs } else { srs.downsize(K)? };
        let key = keygen(&srs, &EnrolmentCircuit::shape())?;
        let verifier = Verifier::new(&srs, key.get_vk(), &[INSTANCES])?;
        Ok(EnrolmentProver { srs, key, verifier })
    }

    /// Proves an enrolment and verifies the proof. Returns it with its public instances.
    ///
    /// `seed` blinds the witness: 32 bytes fresh from the operating system for every proof, never used again. Should one
    /// come twice all the same (a machine restored from a snapshot), another secret, digest or signature still gives other
    /// blinders: what is used is keccak256("nonos1.blind" ‖ seed ‖ witness).
    pub fn prove(
        &self,
        witness: &EnrolmentWitness,
        seed: [u8; 32],
    ) -> Result<(Vec<u8>, [Fr; INSTANCES]), EnrolmentError> {
        let instance = witness.instance()?;
        let circuit = EnrolmentCircuit::new(witness);
        let laid_out = circuit.instance();
        if let Some(index) = (0..INSTANCES).find(|i| instance[*i] != laid_out[*i]) {
            return Err(EnrolmentError::Disagreement { index });
        }
        let hedged = [
            b"nonos1.blind".as_slice(),
            &seed,
            &fr_to_be(&witness.k),
            &fr_to_be(&witness.meta),
            &witness.key,
            &witness.digest.0,
            &witness.signature,
        ]
        .concat();
        let seed = keccak256(hedged).0;
        let proof = prove_seeded(&self.srs, &self.key, circuit, &[&instance], seed)?;
        self.verifier.verify(&proof, &instance).map_err(EnrolmentError::SelfCheck)?;
        Ok((proof, instance))
    }

    /// Verifies proofs made with this key.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// The verifier key of the enrolment circuit under the developer SRS ([`Srs::developer`]).
///
/// It changes with any change of the circuit, the Poseidon constants, the transcript or the SRS; a test recomputes it.
pub fn pinned_developer_key() -> VerifierKey {
    VerifierKey(PINNED_DEVELOPER_KEY)
}

const PINNED_DEVELOPER_KEY: B256 = b256!("07bc6f4b9364f5cdab82de3bbc14a737ffc313d93a4db6eeaee3e86700827158");
