//! Proving a statement: key generation once, then one proof per witness, verified before it is returned.
//!
//! [`crate::launch`] and [`crate::enrolment`] say what is proven; how is the same for every circuit, and stands here.

use crate::backend::{
    KeygenError, ProveError, ProvingKey, Srs, SrsError, Verifier, VerifierError, VerifyError, keygen,
    prove_seeded,
};
use alloy_primitives::keccak256;
use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::Fr;
use std::fmt::Debug;
use std::marker::PhantomData;

/// A circuit with its typed witness. Implemented by types without values.
pub trait Statement: Debug + 'static {
    /// What is committed to.
    type Circuit: Circuit<Fr>;
    /// What the prover knows.
    type Witness;
    /// What can be wrong with it.
    type Invalid: std::error::Error + Send + Sync + 'static;
    /// The public instances, an array.
    type Instance: AsRef<[Fr]>;
    /// Name in errors.
    const NAME: &'static str;
    /// The circuit has 2^K rows.
    const K: u32;
    /// Length of [`Self::Instance`].
    const INSTANCES: usize;

    /// The circuit without a witness.
    fn shape() -> Self::Circuit;
    /// The instances of a witness, after checking natively everything that the circuit constrains.
    fn instance(witness: &Self::Witness) -> Result<Self::Instance, Self::Invalid>;
    /// The circuit of a witness.
    fn lay_out(witness: &Self::Witness) -> Self::Circuit;
    /// The instances that the laid-out values give.
    fn laid_out(circuit: &Self::Circuit) -> Self::Instance;
    /// What tells this witness from others: hashed into the blinders.
    fn hedge(witness: &Self::Witness) -> Vec<u8>;
}

/// Why there is no proof, or no prover.
#[derive(Debug, thiserror::Error)]
pub enum StatementError<S: Statement> {
    /// The SRS cannot be used.
    #[error("the {name} circuit needs an SRS of at least 2^{k} powers: {0}", name = S::NAME, k = S::K)]
    Srs(#[from] SrsError),
    /// Key generation failed.
    #[error(transparent)]
    Keygen(#[from] KeygenError),
    /// The verifying key and the SRS do not go together.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The witness is not of a true statement.
    #[error(transparent)]
    Witness(S::Invalid),
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

/// The proving key of a circuit under one SRS, and its verifier.
pub struct Prover<S> {
    srs: Srs,
    key: ProvingKey,
    verifier: Verifier,
    statement: PhantomData<S>,
}

impl<S: Statement> Prover<S> {
    /// Generates the keys. A larger SRS is cut down to 2^K powers.
    pub fn new(srs: Srs) -> Result<Self, StatementError<S>> {
        let srs = if srs.k() == S::K { srs } else { srs.downsize(S::K)? };
        let key = keygen(&srs, &S::shape())?;
        let verifier = Verifier::new(&srs, key.get_vk(), &[S::INSTANCES])?;
        Ok(Prover { srs, key, verifier, statement: PhantomData })
    }

    /// Proves a statement and verifies the proof. Returns it with its public instances.
    ///
    /// `seed` blinds the witness: 32 bytes fresh from the operating system for every proof, never used again. Should one
    /// come twice all the same (a machine restored from a snapshot), another statement still gives other blinders: what is
    /// used is keccak256("nonos1.blind" ‖ seed ‖ [`Statement::hedge`]).
    pub fn prove(
        &self,
        witness: &S::Witness,
        seed: [u8; 32],
    ) -> Result<(Vec<u8>, S::Instance), StatementError<S>> {
        let instance = S::instance(witness).map_err(StatementError::Witness)?;
        let circuit = S::lay_out(witness);
        let (native, laid_out) = (instance.as_ref(), S::laid_out(&circuit));
        if let Some(index) = native.iter().zip(laid_out.as_ref()).position(|(a, b)| a != b) {
            return Err(StatementError::Disagreement { index });
        }
        let seed = keccak256([b"nonos1.blind".as_slice(), &seed, &S::hedge(witness)].concat()).0;
        let proof = prove_seeded(&self.srs, &self.key, circuit, &[native], seed)?;
        self.verifier.verify(&proof, native).map_err(StatementError::SelfCheck)?;
        Ok((proof, instance))
    }

    /// Verifies proofs made with this key.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}
