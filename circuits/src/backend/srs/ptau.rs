//! Import of a snarkjs powers-of-tau file (`.ptau`).
//!
//! Format (snarkjs `powersoftau_utils.js`, all little-endian): `"ptau"`, version u32 = 1, number of sections u32, then
//! sections as id u32, length u64, data. Header (1): field bytes u32 = 32, base field prime, power u32, ceremony power u32.
//! Then [τ^i]₁ (2) for i < 2·2^power - 1, [τ^i]₂ (3), [ατ^i]₁ (4), [βτ^i]₁ (5), [β]₂ (6), contributions (7), and, if prepared
//! for phase 2, Lagrange forms (12 to 15). KZG uses (1), (2), (3) and, if it is there, (12); computing it takes seconds.

use std::io::Read;

use halo2_proofs::arithmetic::g_to_lagrange;
use halo2curves::{
    bn256::{Fq, G1Affine, G2Affine},
    ff::PrimeField,
    group::prime::PrimeCurveAffine,
};

use super::{
    MAX_K, Origin, Srs, SrsError,
    checks::{check_powers, check_tau_outside_domain},
    lagrange, params_from_parts,
    raw::HashedReader,
};
use crate::backend::encoding::{G1_BYTES, G2_BYTES};

/// snarkjs takes its roots of unity from the non-residue 5, halo2 from 7: for every 2^k, ω_snarkjs = ω_halo2^this.
const ROOT_EXPONENT: usize = 48_078_113;

const HEADER: u32 = 1;
const TAU_G1: u32 = 2;
const TAU_G2: u32 = 3;
const LAGRANGE_G1: u32 = 12;
/// Bytes of the header besides the prime: field bytes, power and ceremony power.
const HEADER_NUMBERS: u64 = 4 + 4 + 4;
const BN254_FIELD_BYTES: u32 = 32;
/// No pairing-friendly field in use is wider.
const MAX_FIELD_BYTES: u32 = 128;

#[derive(Default)]
struct Parts {
    power: Option<u32>,
    g: Option<Vec<G1Affine>>,
    g2: Option<[G2Affine; 2]>,
    g_lagrange: Option<Vec<G1Affine>>,
}

pub(super) fn import(reader: impl Read, k: u32) -> Result<Srs, SrsError> {
    let mut reader = HashedReader::new(reader);
    let magic = reader.array("the magic")?;
    if &magic != b"ptau" {
        return Err(SrsError::Magic(magic));
    }
    match reader.u32("the format version")? {
        1 => {}
        version => return Err(SrsError::Version(version)),
    }
    let sections = reader.u32("the number of sections")?;
    let mut parts = Parts::default();
    let mut seen = Vec::new();
    for _ in 0..sections {
        let id = reader.u32("a section's number")?;
        let len = reader.u64("a section's length")?;
        if seen.contains(&id) {
            return Err(SrsError::DuplicateSection(id));
        }
        seen.push(id);
        read_section(&mut reader, id, len, k, &mut parts)?;
    }
    let blake2b = reader.finish()?;
    finish(parts, k, blake2b)
}

fn read_section<R: Read>(
    reader: &mut HashedReader<R>,
    id: u32,
    len: u64,
    k: u32,
    parts: &mut Parts,
) -> Result<(), SrsError> {
    if id == HEADER {
        let power = read_header(reader, len)?;
        if power < k {
            return Err(SrsError::PowerTooSmall { power, k });
        }
        parts.power = Some(power);
        return Ok(());
    }
    let power = parts.power.ok_or(SrsError::HeaderNotFirst(id))?;
    check_section_size(id, power, len)?;
    match id {
        TAU_G1 => {
            let what = "the tau powers in G1";
            let n = 1usize << k;
            parts.g = Some(reader.g1_points(n, what)?);
            reader.skip(len - (n * G1_BYTES) as u64, what)
        }
        TAU_G2 => {
            let what = "the tau powers in G2";
            parts.g2 = Some(reader.g2_pair(what)?);
            reader.skip(len - 2 * G2_BYTES as u64, what)
        }
        LAGRANGE_G1 => {
            let what = "the Lagrange basis in G1";
            let n = 1usize << k;
            let before = ((n - 1) * G1_BYTES) as u64;
            reader.skip(before, what)?;
            parts.g_lagrange = Some(reader.g1_points(n, what)?);
            reader.skip(len - before - (n * G1_BYTES) as u64, what)
        }
        _ => reader.skip(len, "a section that is not used"),
    }
}

/// Compares a section's size with what the header implies, where that depends on the power alone.
fn check_section_size(id: u32, power: u32, got: u64) -> Result<(), SrsError> {
    let n = 1u64 << power;
    let (g1, g2) = (G1_BYTES as u64, G2_BYTES as u64);
    match id {
        TAU_G1 => check_size(id, (2 * n - 1) * g1, got),
        TAU_G2 => check_size(id, n * g2, got),
        4 | 5 => check_size(id, n * g1, got),
        6 => check_size(id, g2, got),
        // The bases of 2^0, 2^1, .. 2^power; since snarkjs 0.4 also that of 2^(power + 1).
        LAGRANGE_G1 if got == (2 * n - 1) * g1 => Ok(()),
        LAGRANGE_G1 => check_size(id, (4 * n - 1) * g1, got),
        7 | 13..=15 => Ok(()),
        _ => Err(SrsError::UnknownSection(id)),
    }
}

fn check_size(id: u32, expected: u64, got: u64) -> Result<(), SrsError> {
    if expected == got { Ok(()) } else { Err(SrsError::SectionSize { id, expected, got }) }
}

fn read_header<R: Read>(reader: &mut HashedReader<R>, len: u64) -> Result<u32, SrsError> {
    let what = "the header";
    // The curve comes before the size: a file of another curve is to be called that.
    let field_bytes = reader.u32(what)?;
    if !(1..=MAX_FIELD_BYTES).contains(&field_bytes) {
        let expected = HEADER_NUMBERS + u64::from(BN254_FIELD_BYTES);
        return Err(SrsError::SectionSize { id: HEADER, expected, got: len });
    }
    let mut prime = vec![0; field_bytes as usize];
    reader.fill(&mut prime, what)?;
    prime.reverse();
    let prime = alloy_primitives::hex::encode(prime);
    if Fq::MODULUS.trim_start_matches("0x") != prime {
        return Err(SrsError::ForeignCurve { prime });
    }
    check_size(HEADER, HEADER_NUMBERS + u64::from(field_bytes), len)?;
    let power = reader.u32(what)?;
    let ceremony = reader.u32(what)?;
    if !(1..=MAX_K).contains(&power) || power > ceremony {
        return Err(SrsError::BadPower { power, ceremony });
    }
    Ok(power)
}

fn finish(parts: Parts, k: u32, blake2b: [u8; 64]) -> Result<Srs, SrsError> {
    let missing = |id, what| SrsError::MissingSection { id, what };
    let power = parts.power.ok_or(missing(HEADER, "header"))?;
    let g = parts.g.ok_or(missing(TAU_G1, "tau powers in G1"))?;
    let [g2, s_g2] = parts.g2.ok_or(missing(TAU_G2, "tau powers in G2"))?;
    check_powers(&g, g2, s_g2)?;
    let g_lagrange = match parts.g_lagrange {
        Some(theirs) => {
            let ours = reorder(&theirs);
            lagrange::check(k, &g, &ours)?;
            ours
        }
        None => g_to_lagrange(g.iter().map(PrimeCurveAffine::to_curve).collect(), k),
    };
    check_tau_outside_domain(&g_lagrange)?;
    let params = params_from_parts(k, g, g_lagrange, g2, s_g2);
    Ok(Srs::new(params, Origin::Ptau { power, blake2b }))
}

/// Brings a Lagrange basis from snarkjs's order of the roots of unity into halo2's. Below 2^6 they are the same.
fn reorder(theirs: &[G1Affine]) -> Vec<G1Affine> {
    let n = theirs.len();
    let mut ours = vec![G1Affine::identity(); n];
    for (i, point) in theirs.iter().enumerate() {
        // The exponent is odd and n a power of two: every place is filled once, and wrapping does no harm.
        ours[i.wrapping_mul(ROOT_EXPONENT) % n] = *point;
    }
    ours
}

#[cfg(test)]
mod tests {
    use halo2curves::{
        bn256::Fr,
        ff::{Field, PrimeField},
    };

    use super::ROOT_EXPONENT;

    #[test]
    fn root_exponent_connects_the_two_roots() {
        // (r - 1) / 2^28, most significant byte first, from r - 1 = -1.
        let mut bytes = (-Fr::ONE).to_repr();
        bytes.reverse();
        let odd_part = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let power = |base: u64| {
            odd_part
                .clone()
                .take(256 - 28)
                .fold(Fr::ONE, |acc, bit| acc.square() * if bit == 1 { Fr::from(base) } else { Fr::ONE })
        };
        assert_eq!(power(7), Fr::ROOT_OF_UNITY);
        assert_eq!(power(5), Fr::ROOT_OF_UNITY.pow_vartime([ROOT_EXPONENT as u64]));
    }
}
