//! The developer SRS: fast to make, the same everywhere, worthless as a secret.

use std::sync::OnceLock;

use alloy_primitives::keccak256;
use halo2_proofs::arithmetic::parallelize;
use halo2curves::{
    bn256::{Fr, G1, G1Affine, G2Affine},
    ff::{BatchInvert, Field, FromUniformBytes, PrimeField},
    group::{Curve, Group, prime::PrimeCurveAffine},
};

use super::params_from_parts;
use crate::backend::Params;

/// The public string that τ is derived from.
const SEED: &[u8] = b"nonos1.developer-srs: tau is public, for development chains only";

/// Bits of a window of the fixed-base table; one byte of the scalar.
const WINDOW: usize = 8;
const WINDOWS: usize = 32;

/// τ = keccak(seed ‖ 0) ‖ keccak(seed ‖ 1) as a 512-bit little-endian integer mod r: no random generator is involved
/// whose internals could change.
fn tau() -> Fr {
    let mut wide = [0; 64];
    for (counter, half) in wide.chunks_exact_mut(32).enumerate() {
        let preimage = [SEED, &[counter as u8]].concat();
        half.copy_from_slice(keccak256(preimage).as_slice());
    }
    Fr::from_uniform_bytes(&wide)
}

/// Whether `s_g2` is [τ]₂ of the developer SRS.
pub(in crate::backend) fn is_developer_point(s_g2: &G2Affine) -> bool {
    static POINT: OnceLock<G2Affine> = OnceLock::new();
    s_g2 == POINT.get_or_init(|| (G2Affine::generator() * tau()).to_affine())
}

/// 2^k powers and the Lagrange basis, both from τ by fixed-base multiplication.
pub(super) fn params(k: u32) -> Params {
    let n = 1usize << k;
    let tau = tau();
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * tau)).take(n).collect();
    let table = FixedBase::new();
    let g = table.multiply(&powers);
    let g_lagrange = table.multiply(&lagrange_at(tau, k));
    let g2 = G2Affine::generator();
    params_from_parts(k, g, g_lagrange, g2, (g2 * tau).to_affine())
}

/// Lagrange polynomials of the 2^k-th roots of unity at τ: (τ^n - 1)/n · ω^i/(τ - ω^i).
fn lagrange_at(tau: Fr, k: u32) -> Vec<Fr> {
    let n = 1u64 << k;
    let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
    let roots: Vec<Fr> =
        std::iter::successors(Some(Fr::ONE), |r| Some(*r * omega)).take(n as usize).collect();
    let mut values: Vec<Fr> = roots.iter().map(|root| tau - root).collect();
    // n is invertible and the fixed τ is no root of unity, so nothing here is zero.
    values.iter_mut().batch_invert();
    let factor = (tau.pow_vartime([n]) - Fr::ONE) * Fr::TWO_INV.pow_vartime([u64::from(k)]);
    for (value, root) in values.iter_mut().zip(&roots) {
        *value *= factor * root;
    }
    values
}

/// d·2^(8w)·G for every byte position w and every byte value d = 1..=255.
struct FixedBase(Vec<[G1Affine; (1 << WINDOW) - 1]>);

impl FixedBase {
    fn new() -> Self {
        let mut base = G1::generator();
        let windows = (0..WINDOWS).map(|_| {
            let mut row = [G1::identity(); (1 << WINDOW) - 1];
            let mut multiple = G1::identity();
            for entry in &mut row {
                multiple += base;
                *entry = multiple;
            }
            base = multiple + base;
            let mut affine = [G1Affine::identity(); (1 << WINDOW) - 1];
            G1::batch_normalize(&row, &mut affine);
            affine
        });
        Self(windows.collect())
    }

    fn multiply(&self, scalars: &[Fr]) -> Vec<G1Affine> {
        let mut out = vec![G1Affine::identity(); scalars.len()];
        parallelize(&mut out, |chunk, start| {
            let projective: Vec<G1> =
                scalars[start..][..chunk.len()].iter().map(|scalar| self.one(scalar)).collect();
            G1::batch_normalize(&projective, chunk);
        });
        out
    }

    fn one(&self, scalar: &Fr) -> G1 {
        let bytes = scalar.to_repr();
        let digits = bytes.iter().zip(&self.0).filter(|(digit, _)| **digit != 0);
        digits.fold(G1::identity(), |sum, (digit, row)| sum + row[usize::from(*digit) - 1])
    }
}
