//! Are these points the powers of one secret?

use halo2_proofs::arithmetic::best_multiexp;
use halo2curves::{
    bn256::{Bn256, Fr, G1Affine, G2Affine},
    ff::Field,
    group::{Curve, prime::PrimeCurveAffine},
    pairing::Engine,
};
use rand_core::OsRng;
use thiserror::Error;

use super::{SrsError, params_from_parts};
use crate::backend::{Params, encoding::check_g2};
use halo2_proofs::poly::commitment::ParamsProver;

/// Why generators or [τ]₂ are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GeneratorError {
    /// Not the standard generator of G1.
    #[error("the first G1 point is not the generator (1, 2)")]
    G1,
    /// Not the standard generator of G2.
    #[error("the first G2 point is not the generator of EIP-197")]
    G2,
    /// τ = 1: a ceremony file without any contribution.
    #[error("tau is 1: this is a fresh ceremony file that nobody has contributed to")]
    TrivialTau,
}

/// The three points of an SRS that a verifier needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend) struct VerifierPoints {
    /// Generator of G1.
    pub g1: G1Affine,
    /// Generator of G2.
    pub g2: G2Affine,
    /// [τ]₂.
    pub s_g2: G2Affine,
}

impl VerifierPoints {
    /// Those of full parameters.
    pub fn of(params: &Params) -> Self {
        Self { g1: params.get_g()[0], g2: params.g2(), s_g2: params.s_g2() }
    }

    /// Checks that the generators are the standard ones and that τ is not 1.
    pub fn check(&self) -> Result<(), GeneratorError> {
        if self.g1 != G1Affine::generator() {
            return Err(GeneratorError::G1);
        }
        if self.g2 != G2Affine::generator() {
            return Err(GeneratorError::G2);
        }
        if self.s_g2 == self.g2 {
            return Err(GeneratorError::TrivialTau);
        }
        Ok(())
    }

    /// Parameters of size k that suffice to verify, and only to verify.
    pub fn into_params(self, k: u32) -> Params {
        params_from_parts(k, vec![self.g1], vec![self.g1], self.g2, self.s_g2)
    }
}

/// Checks that `g[i]` = [τ^i]₁ for the τ of `s_g2`: generators first, then
/// e(Σ ρ_i·g[i+1], G2) = e(Σ ρ_i·g[i], [τ]₂) with random ρ_i. A single wrong point passes with probability 1/r.
/// Every point must already be on the curve and not the identity.
pub(super) fn check_powers(g: &[G1Affine], g2: G2Affine, s_g2: G2Affine) -> Result<(), SrsError> {
    VerifierPoints { g1: g[0], g2, s_g2 }.check()?;
    for (index, point) in [g2, s_g2].iter().enumerate() {
        check_g2(point).map_err(|source| SrsError::Point { what: "the tau powers in G2", index, source })?;
    }
    let weights: Vec<Fr> = (1..g.len()).map(|_| Fr::random(OsRng)).collect();
    let higher = best_multiexp(&weights, &g[1..]).to_affine();
    let lower = best_multiexp(&weights, &g[..g.len() - 1]).to_affine();
    if Bn256::pairing(&higher, &g2) == Bn256::pairing(&lower, &s_g2) {
        Ok(())
    } else {
        Err(SrsError::NotPowers)
    }
}

/// Checks that no Lagrange point is the identity: that happens exactly if τ lies in the evaluation domain.
pub(super) fn check_tau_outside_domain(g_lagrange: &[G1Affine]) -> Result<(), SrsError> {
    if g_lagrange.iter().any(|point| bool::from(point.is_identity())) {
        return Err(SrsError::TauInDomain);
    }
    Ok(())
}
