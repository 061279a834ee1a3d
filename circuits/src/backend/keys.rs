//! Key generation, with the checks that halo2-axiom leaves out.

use halo2_proofs::plonk::{Circuit, Error, keygen_pk, keygen_vk};
use halo2curves::bn256::Fr;
use thiserror::Error;

use super::{ProvingKey, ShapeError, Srs, shape::ProofShape};

/// Why no key could be made.
#[derive(Debug, Error)]
pub enum KeygenError {
    /// halo2 refused the circuit.
    #[error("key generation failed: {0} (is k = {k} large enough for the circuit?)", k = .1)]
    Halo2(#[source] Error, u32),
    /// The constraint system has no usable proof layout.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// Generates the proving key of `circuit` for 2^k rows, k being the size of `srs`; witness values are not looked at.
///
/// Selectors become fixed columns one by one (no selector compression), so that the columns of the key are the columns
/// the circuit declared. Refuses a circuit whose constraints are of a higher degree than halo2-axiom would use: it caps
/// the degree at 5 (or at the environment variable `MAX_DEGREE`) without a word, and then no proof verifies.
///
/// # Panics
/// halo2-axiom panics if the circuit itself is wrong: an assignment outside the usable rows or an equality constraint on
/// a column without `enable_equality`. Circuits are code, not input.
pub fn keygen<C: Circuit<Fr>>(srs: &Srs, circuit: &C) -> Result<ProvingKey, KeygenError> {
    let halo2 = |error| KeygenError::Halo2(error, srs.k());
    let vk = keygen_vk(srs.params(), circuit).map_err(halo2)?;
    let no_instances = vec![0; vk.cs().num_instance_columns()];
    ProofShape::new(vk.cs(), srs.k(), &no_instances)?;
    keygen_pk(srs.params(), vk, circuit).map_err(halo2)
}
