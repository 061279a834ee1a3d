//! Proof creation.

use std::panic::{AssertUnwindSafe, catch_unwind};

use halo2_proofs::{
    plonk::{Circuit, Error, create_proof},
    poly::kzg::{commitment::KZGCommitmentScheme, multiopen::ProverSHPLONK},
};
use halo2curves::bn256::{Bn256, Fr};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, RngCore, SeedableRng};
use thiserror::Error;

use super::{EvmTranscript, ProvingKey, ShapeError, Srs, shape::ProofShape};

/// Why there is no proof.
#[derive(Debug, Error)]
pub enum ProveError {
    /// The SRS has another size than the one the key was made with.
    #[error(
        "the SRS has 2^{srs} powers, but the proving key is for 2^{key}: use Srs::downsize, or the SRS of the key"
    )]
    SrsSize {
        /// k of the SRS.
        srs: u32,
        /// k of the key.
        key: u32,
    },
    /// Instances do not fit the circuit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// halo2 returned an error.
    #[error("proving failed: {0}")]
    Halo2(#[source] Error),
    /// halo2-axiom panicked, which is how it reports a witness that is missing or not in a lookup table, and a committed
    /// polynomial that is zero.
    #[error("the prover stopped on this witness: {0}")]
    Witness(String),
}

/// Proves `circuit` for the given instance columns: SHPLONK, keccak transcript, proof of exactly
/// [`ProofShape::proof_len`] bytes.
///
/// `rng` blinds the witness; a repeated state would reveal it, so it must be seeded from the operating system for every
/// proof. halo2-axiom takes the coefficients of one more blinding polynomial from `rand::thread_rng()`, so two proofs
/// differ even for one seed. A false statement is not noticed here, nor, always, a value that is in no
/// lookup table (halo2-axiom's threads may finish a proof that does not verify): verify it before it leaves the machine.
pub fn prove<C: Circuit<Fr>>(
    srs: &Srs,
    pk: &ProvingKey,
    circuit: C,
    instances: &[&[Fr]],
    rng: impl RngCore + CryptoRng,
) -> Result<Vec<u8>, ProveError> {
    let key = pk.get_vk().get_domain().k();
    if srs.k() != key {
        return Err(ProveError::SrsSize { srs: srs.k(), key });
    }
    let counts: Vec<usize> = instances.iter().map(|column| column.len()).collect();
    let shape = ProofShape::new(pk.get_vk().cs(), key, &counts)?;
    let mut transcript = EvmTranscript::new(Vec::with_capacity(shape.proof_len()));
    // halo2-axiom unwraps where its ancestors return an error; nothing of ours is left half-changed by unwinding.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
            srs.params(),
            pk,
            &[circuit],
            &[instances],
            rng,
            &mut transcript,
        )
    }));
    match outcome {
        Ok(Ok(())) => Ok(transcript.into_stream()),
        Ok(Err(error)) => Err(ProveError::Halo2(error)),
        Err(panic) => Err(ProveError::Witness(panic_message(panic.as_ref()))),
    }
}

/// [`prove`] with a ChaCha20 generator from 32 fresh random bytes.
pub fn prove_seeded<C: Circuit<Fr>>(
    srs: &Srs,
    pk: &ProvingKey,
    circuit: C,
    instances: &[&[Fr]],
    seed: [u8; 32],
) -> Result<Vec<u8>, ProveError> {
    prove(srs, pk, circuit, instances, ChaCha20Rng::from_seed(seed))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown panic").to_string()
}
