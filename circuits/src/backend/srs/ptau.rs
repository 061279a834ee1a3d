//! Import of a snarkjs powers-of-tau file (`.ptau`).
//!
//! Format (snarkjs `powersoftau_utils.js`, all little-endian): `"ptau"`, version u32 = 1, number of sections u32, then
//! sections as id u32, length u64, data. Header (1): field bytes u32 = 32, base field prime, power u32, ceremony power u32.
//! Then [τ^i]₁ (2) for i < 2·2^power - 1, [τ^i]₂ (3), [ατ^i]₁ (4), [βτ^i]₁ (5), [β]₂ (6), contributions (7), and, if prepared
//! for phase 2, Lagrange forms (12 to 15). Only (1), (2) and (3) matter for KZG.

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
    params_from_parts,
    raw::HashedReader,
};
use crate::backend::encoding::{G1_BYTES, G2_BYTES};

const HEADER: u32 = 1;
const TAU_G1: u32 = 2;
const TAU_G2: u32 = 3;
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
    if let Some(expected) = section_size(id, power)? {
        check_size(id, expected, len)?;
    }
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
        _ => reader.skip(len, "a section that is not used"),
    }
}

/// Size that the header implies; `None` where it depends on more than the power.
fn section_size(id: u32, power: u32) -> Result<Option<u64>, SrsError> {
    let n = 1u64 << power;
    let (g1, g2) = (G1_BYTES as u64, G2_BYTES as u64);
    match id {
        TAU_G1 => Ok(Some((2 * n - 1) * g1)),
        TAU_G2 => Ok(Some(n * g2)),
        4 | 5 => Ok(Some(n * g1)),
        6 => Ok(Some(g2)),
        7 | 12..=15 => Ok(None),
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
    let g_lagrange = g_to_lagrange(g.iter().map(PrimeCurveAffine::to_curve).collect(), k);
    check_tau_outside_domain(&g_lagrange)?;
    let params = params_from_parts(k, g, g_lagrange, g2, s_g2);
    Ok(Srs::new(params, Origin::Ptau { power, blake2b }))
}
