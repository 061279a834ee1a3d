//! Canonical byte forms of field elements and points: big-endian, as the EVM precompiles read them (EIP-196, EIP-197).

use alloy_primitives::B256;
use halo2curves::{
    CurveAffine,
    bn256::{Fq, Fq2, Fr, G1Affine, G2Affine},
    ff::PrimeField,
    group::{cofactor::CofactorGroup, prime::PrimeCurveAffine},
};
use thiserror::Error;

/// Bytes of a scalar or of one coordinate.
pub const WORD: usize = 32;
/// Bytes of a G1 point: x ‖ y.
pub const G1_BYTES: usize = 64;
/// Bytes of a G2 point: x.c1 ‖ x.c0 ‖ y.c1 ‖ y.c0 (EIP-197 puts the imaginary part first).
pub const G2_BYTES: usize = 128;

/// Why bytes are not a point of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PointError {
    /// A coordinate is at least the base field modulus p.
    #[error("coordinate {coordinate} = {value} is not below the base field modulus p")]
    NonCanonical {
        /// Which word of the point, counted from zero.
        coordinate: usize,
        /// The word as it was found.
        value: B256,
    },
    /// All coordinates are zero, which is how the EVM writes the point at infinity.
    #[error("the point at infinity is not allowed here")]
    Identity,
    /// The coordinates do not satisfy the curve equation.
    #[error("the coordinates are not on the curve (corrupted bytes, or swapped coordinates)")]
    NotOnCurve,
    /// The point is on the twist but outside the subgroup of order r (G2 only).
    #[error("the point is outside the subgroup of order r")]
    NotInSubgroup,
}

/// Reads a scalar; `None` if it is not below r.
pub fn scalar_from_be(bytes: &[u8; WORD]) -> Option<Fr> {
    Fr::from_repr(reversed(bytes)).into()
}

/// Writes a scalar.
pub fn scalar_to_be(scalar: &Fr) -> [u8; WORD] {
    reversed(&scalar.to_repr())
}

/// Reads a G1 point that must be canonical, on the curve and not the identity. G1 has cofactor one.
pub fn g1_from_be(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(PointError::Identity);
    }
    let x = coordinate(bytes, 0)?;
    let y = coordinate(bytes, 1)?;
    Option::from(G1Affine::from_xy(x, y)).ok_or(PointError::NotOnCurve)
}

/// Reads a G1 point like [`g1_from_be`], but takes 64 zero bytes for the identity.
///
/// Commitments in a verifying key may be the identity (a fixed column of zeros); commitments in a proof may not.
pub fn g1_from_be_or_identity(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
    match g1_from_be(bytes) {
        Err(PointError::Identity) => Ok(G1Affine::identity()),
        result => result,
    }
}

/// Writes a G1 point; the identity becomes 64 zero bytes.
pub fn g1_to_be(point: &G1Affine) -> [u8; G1_BYTES] {
    let mut out = [0; G1_BYTES];
    out[..WORD].copy_from_slice(&reversed(&point.x.to_repr()));
    out[WORD..].copy_from_slice(&reversed(&point.y.to_repr()));
    out
}

/// Reads a G2 point that must be canonical, on the twist, in the subgroup of order r and not the identity.
pub fn g2_from_be(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(PointError::Identity);
    }
    let [x1, x0, y1, y0] = [0, 1, 2, 3].map(|i| coordinate(bytes, i));
    let (x, y) = (Fq2::new(x0?, x1?), Fq2::new(y0?, y1?));
    let point = Option::<G2Affine>::from(G2Affine::from_xy(x, y)).ok_or(PointError::NotOnCurve)?;
    check_g2(&point)?;
    Ok(point)
}

/// Writes a G2 point in the order of EIP-197.
pub fn g2_to_be(point: &G2Affine) -> [u8; G2_BYTES] {
    let mut out = [0; G2_BYTES];
    let words = [point.x.c1, point.x.c0, point.y.c1, point.y.c0];
    for (chunk, word) in out.chunks_exact_mut(WORD).zip(words) {
        chunk.copy_from_slice(&reversed(&word.to_repr()));
    }
    out
}

/// Checks that a point of the twist is in the subgroup of order r and is not the identity.
pub fn check_g2(point: &G2Affine) -> Result<(), PointError> {
    if bool::from(point.is_identity()) {
        return Err(PointError::Identity);
    }
    let torsion_free = point.to_curve().is_torsion_free();
    bool::from(torsion_free).then_some(()).ok_or(PointError::NotInSubgroup)
}

fn coordinate(bytes: &[u8], index: usize) -> Result<Fq, PointError> {
    let mut word = [0; WORD];
    word.copy_from_slice(&bytes[index * WORD..][..WORD]);
    Option::from(Fq::from_repr(reversed(&word)))
        .ok_or(PointError::NonCanonical { coordinate: index, value: B256::from(word) })
}

fn reversed(bytes: &[u8; WORD]) -> [u8; WORD] {
    let mut out = *bytes;
    out.reverse();
    out
}
