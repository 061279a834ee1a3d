//! Does a Lagrange basis belong to the powers?

use halo2_proofs::{arithmetic::best_multiexp, poly::EvaluationDomain};
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::Field,
};
use rand_core::OsRng;

use super::SrsError;

/// Commits to one random polynomial in both bases; a single wrong point passes with probability 1/r.
pub(super) fn check(k: u32, g: &[G1Affine], g_lagrange: &[G1Affine]) -> Result<(), SrsError> {
    let domain = EvaluationDomain::<Fr>::new(2, k);
    let mut values = domain.empty_lagrange();
    for value in values.iter_mut() {
        *value = Fr::random(OsRng);
    }
    let from_values = best_multiexp(&values, g_lagrange);
    let from_coefficients = best_multiexp(&domain.lagrange_to_coeff(values), g);
    if from_values == from_coefficients { Ok(()) } else { Err(SrsError::WrongLagrange) }
}
