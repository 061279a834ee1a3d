//! Every way in which an SRS file can be wrong has its own error.

use alloy_primitives::B256;
use halo2_proofs::poly::commitment::Params;
use halo2curves::{
    bn256::{Fr, G1Affine, G2Affine},
    ff::{Field, PrimeField},
};
use nonos_circuits::backend::{Srs, SrsError, encoding::PointError};
use proptest::prelude::*;

use crate::encoding::outside_subgroup;
use crate::ptau_file::{CONTRIBUTED, PHASE2, Ptau, UNTOUCHED, raw};

const G1: &str = "the tau powers in G1";
const G2: &str = "the tau powers in G2";

fn import(bytes: &[u8]) -> SrsError {
    Srs::from_ptau(bytes, 4).unwrap_err()
}

/// Imports the contributed file after a change.
fn changed(change: impl FnOnce(&mut Ptau)) -> SrsError {
    let mut file = Ptau::parse(CONTRIBUTED);
    change(&mut file);
    import(&file.bytes())
}

/// `SrsError` holds an `io::Error`, so errors are compared by their full text.
#[track_caller]
fn same(got: SrsError, expected: SrsError) {
    assert_eq!(format!("{got:?}"), format!("{expected:?}"));
}

#[test]
fn helper_is_faithful() {
    assert_eq!(Ptau::parse(CONTRIBUTED).bytes(), CONTRIBUTED);
    assert_eq!(Ptau::parse(PHASE2).bytes(), PHASE2);
}

#[test]
fn truncated_anywhere() {
    for end in (0..CONTRIBUTED.len()).step_by(13).chain([CONTRIBUTED.len() - 1]) {
        let error = import(&CONTRIBUTED[..end]);
        assert!(matches!(error, SrsError::Truncated(_)), "at {end}: {error}");
    }
    same(import(&CONTRIBUTED[..3]), SrsError::Truncated("the magic"));
}

#[test]
fn trailing_bytes() {
    same(import(&[CONTRIBUTED, &[0]].concat()), SrsError::Trailing);
}

#[test]
fn other_formats_and_versions() {
    let mut bytes = CONTRIBUTED.to_vec();
    bytes[..4].copy_from_slice(b"zkey");
    same(import(&bytes), SrsError::Magic(*b"zkey"));
    let mut bytes = CONTRIBUTED.to_vec();
    bytes[4] = 2;
    same(import(&bytes), SrsError::Version(2));
}

#[test]
fn foreign_curves() {
    // BLS12-381, as snarkjs writes it: 48-byte field.
    let bls =
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    let mut prime = hex::decode(bls).unwrap();
    prime.reverse();
    let error = changed(|file| {
        let mut header = 48u32.to_le_bytes().to_vec();
        header.extend(&prime);
        header.extend([4, 0, 0, 0, 4, 0, 0, 0]);
        *file.section(1) = header;
    });
    same(error, SrsError::ForeignCurve { prime: bls.into() });
    // The right width, another prime: BN254's scalar field.
    let mut r = (-Fr::ONE).to_repr();
    r[0] += 1;
    let error = changed(|file| file.section(1)[4..36].copy_from_slice(&r));
    r.reverse();
    same(error, SrsError::ForeignCurve { prime: hex::encode(r) });
    let error = changed(|file| file.section(1)[..4].copy_from_slice(&u32::MAX.to_le_bytes()));
    same(error, SrsError::SectionSize { id: 1, expected: 44, got: 44 });
}

#[test]
fn wrong_power() {
    same(Srs::from_ptau(CONTRIBUTED, 5).unwrap_err(), SrsError::PowerTooSmall { power: 4, k: 5 });
    let with_power = |power: u32, ceremony: u32| {
        changed(|file| {
            file.section(1)[36..40].copy_from_slice(&power.to_le_bytes());
            file.section(1)[40..44].copy_from_slice(&ceremony.to_le_bytes());
        })
    };
    same(with_power(5, 5), SrsError::SectionSize { id: 2, expected: 63 * 64, got: 31 * 64 });
    same(with_power(29, 29), SrsError::BadPower { power: 29, ceremony: 29 });
    same(with_power(0, 4), SrsError::BadPower { power: 0, ceremony: 4 });
    same(with_power(4, 3), SrsError::BadPower { power: 4, ceremony: 3 });
}

#[test]
fn wrong_sections() {
    let missing = |id: u32| changed(|file| file.sections.retain(|(i, _)| *i != id));
    same(missing(1), SrsError::HeaderNotFirst(2));
    same(missing(2), SrsError::MissingSection { id: 2, what: G1.trim_start_matches("the ") });
    same(missing(3), SrsError::MissingSection { id: 3, what: G2.trim_start_matches("the ") });
    let twice = changed(|file| file.sections.push((2, vec![])));
    same(twice, SrsError::DuplicateSection(2));
    same(changed(|file| file.sections.push((99, vec![]))), SrsError::UnknownSection(99));
    same(changed(|file| file.sections.swap(0, 1)), SrsError::HeaderNotFirst(2));
    let longer = changed(|file| file.section(3).push(0));
    same(longer, SrsError::SectionSize { id: 3, expected: 2048, got: 2049 });
    let empty = Ptau { sections: vec![] };
    same(import(&empty.bytes()), SrsError::MissingSection { id: 1, what: "header" });
}

fn bad_g1(index: usize, source: PointError) -> SrsError {
    SrsError::Point { what: G1, index, source }
}

#[test]
fn malformed_points() {
    let error = changed(|file| file.g1(3)[0] ^= 1);
    same(error, bad_g1(3, PointError::NotOnCurve));
    same(changed(|file| file.g1(15).fill(0)), bad_g1(15, PointError::Identity));
    let value = B256::repeat_byte(0xff);
    let error = changed(|file| file.g1(2)[32..].fill(0xff));
    same(error, bad_g1(2, PointError::NonCanonical { coordinate: 1, value }));
    let error = changed(|file| file.g2(1)[64] ^= 1);
    same(error, SrsError::Point { what: G2, index: 1, source: PointError::NotOnCurve });
    let error = changed(|file| file.g2(1).fill(0));
    same(error, SrsError::Point { what: G2, index: 1, source: PointError::Identity });
}

#[test]
fn point_outside_the_subgroup() {
    let error = changed(|file| file.g2(1).copy_from_slice(&raw(outside_subgroup())));
    let what = "the tau powers in G2";
    same(error, SrsError::Point { what, index: 1, source: PointError::NotInSubgroup });
}

#[test]
fn tampered_powers() {
    // A valid point in the wrong place, at every place.
    for index in 2..16 {
        let error = changed(|file| {
            let other = file.g1(index - 1).to_vec();
            file.g1(index).copy_from_slice(&other);
        });
        same(error, SrsError::NotPowers);
    }
    // Powers of one ceremony beside the G2 points of another.
    let error = changed(|file| {
        *file.section(3) = Ptau::with_tau(4, Fr::from(77)).section(3).clone();
    });
    same(error, SrsError::NotPowers);
    // Correct, but beyond the powers asked for: not looked at, not used.
    let mut file = Ptau::parse(CONTRIBUTED);
    file.g1(20).fill(0);
    assert!(Srs::from_ptau(file.bytes().as_slice(), 4).is_ok());
}

#[test]
fn wrong_generators_and_known_secrets() {
    let other = raw(-G1Affine::generator());
    let error = changed(|file| file.g1(0).copy_from_slice(&other));
    assert_eq!(error.to_string(), "the first G1 point is not the generator (1, 2)");
    let other = raw(-G2Affine::generator());
    let error = changed(|file| file.g2(0).copy_from_slice(&other));
    assert_eq!(error.to_string(), "the first G2 point is not the generator of EIP-197");
    let fresh = import(UNTOUCHED);
    assert_eq!(fresh.to_string(), "tau is 1: this is a fresh ceremony file that nobody has contributed to");
    // tau = a fourth root of unity satisfies every pairing, and everybody knows it.
    let omega = Fr::ROOT_OF_UNITY.pow_vartime([1 << (Fr::S - 2)]);
    same(import(&Ptau::with_tau(4, omega).bytes()), SrsError::TauInDomain);
}

#[test]
fn tampered_lagrange_basis() {
    let prepared = |change: fn(&mut Vec<u8>)| {
        let mut file = Ptau::parse(PHASE2);
        change(file.section(12));
        import(&file.bytes())
    };
    // The basis of 2^4, which is imported, begins after those of 1, 2, 4 and 8.
    let swapped = prepared(|section| section.copy_within(16 * 64..17 * 64, 15 * 64));
    same(swapped, SrsError::WrongLagrange);
    let moved = prepared(|section| section.rotate_left(64));
    same(moved, SrsError::WrongLagrange);
    let what = "the Lagrange basis in G1";
    let source = PointError::NotOnCurve;
    same(prepared(|section| section[15 * 64] ^= 1), SrsError::Point { what, index: 0, source });
    let shorter = prepared(|section| section.truncate(254 * 64));
    same(shorter, SrsError::SectionSize { id: 12, expected: 255 * 64, got: 254 * 64 });
}

/// The developer SRS of 2^3 powers as a halo2 file.
fn halo2_file() -> Vec<u8> {
    let mut file = vec![];
    Srs::developer(3).unwrap().params().write(&mut file).unwrap();
    file
}

fn halo2(change: impl FnOnce(&mut Vec<u8>)) -> SrsError {
    let mut file = halo2_file();
    change(&mut file);
    Srs::from_halo2(file.as_slice()).unwrap_err()
}

#[test]
fn halo2_files() {
    let point = |i: usize| 4 + 64 * i..4 + 64 * (i + 1);
    let copy = |file: &mut Vec<u8>, from: usize, to: usize| {
        file.copy_within(point(from), point(to).start);
    };
    same(halo2(|file| file[3] = 1), SrsError::BadK { k: 0x0100_0003 });
    same(halo2(|file| file[0] = 0), SrsError::BadK { k: 0 });
    for end in (0..halo2_file().len()).step_by(29) {
        let error = halo2(|file| file.truncate(end));
        assert!(matches!(error, SrsError::Truncated(_)), "at {end}: {error}");
    }
    same(halo2(|file| file.push(0)), SrsError::Trailing);
    same(halo2(|file| copy(file, 3, 4)), SrsError::NotPowers);
    for index in 8..16 {
        let other = if index == 8 { 9 } else { 8 };
        same(halo2(|file| copy(file, other, index)), SrsError::WrongLagrange);
    }
    same(halo2(|file| file[point(5)].fill(0)), bad_g1(5, PointError::Identity));
    // halo2's own reader takes points off the curve.
    same(halo2(|file| file[point(5).start] ^= 1), bad_g1(5, PointError::NotOnCurve));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A changed byte either changes nothing that is used, or is refused; it never makes another SRS.
    #[test]
    fn any_changed_byte_of_a_ceremony(at in any::<prop::sample::Index>(), noise in 1u8..) {
        let mut bytes = CONTRIBUTED.to_vec();
        bytes[at.index(CONTRIBUTED.len())] ^= noise;
        let original = Srs::from_ptau(CONTRIBUTED, 4).unwrap();
        if let Ok(srs) = Srs::from_ptau(bytes.as_slice(), 4) {
            prop_assert_eq!(srs.hash(), original.hash());
            prop_assert_ne!(srs.origin(), original.origin());
        }
    }

    /// Every byte of a halo2 file is used.
    #[test]
    fn any_changed_byte_of_a_halo2_file(at in any::<prop::sample::Index>(), noise in 1u8..) {
        let mut bytes = halo2_file();
        let at = at.index(bytes.len());
        bytes[at] ^= noise;
        prop_assert!(Srs::from_halo2(bytes.as_slice()).is_err());
    }
}
