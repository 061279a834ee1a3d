//! A verifier has one byte form, and bytes that were changed never pass as the same key.

use alloy_primitives::B256;
use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::Fr;
use nonos_circuits::backend::{
    CodecError, ShapeError, TRANSCRIPT_VERSION, Verifier, VerifierError,
    encoding::{PointError, scalar_to_be},
};

use nonos_core::VerifierKey;

use crate::circuits::{self, MULTIPLY_K, Multiply, POWER_K, Power, RICH_K, Rich, Setup};

const DEVELOPER_FLAG: usize = 9;
const K: usize = 10;

fn roundtrip<C: Circuit<Fr, Params = ()>>(setup: &Setup<C>) {
    let bytes = setup.verifier.to_bytes();
    let read = Verifier::from_bytes::<C>(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.key(), setup.verifier.key());
    assert_eq!(read.shape(), setup.verifier.shape());
    let pinned = Verifier::from_pinned_bytes::<C>(&bytes, setup.verifier.key()).unwrap();
    assert_eq!(pinned.to_bytes(), bytes);
    let (proof, instances) = setup.prove(5);
    assert_eq!(read.verify(&proof, &instances), Ok(()));
}

#[test]
fn reads_what_it_writes() {
    roundtrip(&Setup::new(MULTIPLY_K, circuits::multiply));
    roundtrip(&Setup::new(RICH_K, circuits::rich));
    roundtrip(&Setup::new(POWER_K, circuits::boolean));
}

fn read_multiply(bytes: &[u8]) -> CodecError {
    Verifier::from_bytes::<Multiply>(bytes).unwrap_err()
}

#[test]
fn every_truncation_and_any_trailing_byte() {
    let bytes = Setup::new(MULTIPLY_K, circuits::multiply).verifier.to_bytes();
    for end in 0..bytes.len() {
        assert!(matches!(read_multiply(&bytes[..end]), CodecError::Truncated(_)), "at {end}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(read_multiply(&longer), CodecError::Trailing(1));
}

#[test]
fn changed_header() {
    let bytes = Setup::new(MULTIPLY_K, circuits::multiply).verifier.to_bytes();
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    assert_eq!(read_multiply(&changed(0, b'X')), CodecError::Magic(*b"XONOSvk\x01"));
    assert_eq!(read_multiply(&changed(7, 2)), CodecError::Magic(*b"NONOSvk\x02"));
    let got = TRANSCRIPT_VERSION + 1;
    assert_eq!(read_multiply(&changed(8, got)), CodecError::TranscriptVersion { got });
    for got in [0, 2] {
        let error = read_multiply(&changed(DEVELOPER_FLAG, got));
        assert_eq!(error, CodecError::DeveloperFlag { expected: 1, got });
    }
    assert_eq!(read_multiply(&changed(K + 3, 29)), CodecError::K(29));
    let bad_k = ShapeError::BadK { k: 2, minimum_rows: 8, max: 27 };
    let error = read_multiply(&changed(K + 3, 2));
    assert_eq!(error, CodecError::Verifier(VerifierError::Shape(bad_k)));
    assert!(matches!(read_multiply(&changed(K + 3, 5)), CodecError::Circuit { .. }));
    let columns = CodecError::Count { what: "instance columns", got: 0x0200_0001 };
    assert_eq!(read_multiply(&changed(K + 4, 2)), columns);
    let generator = K + 12;
    let identity = CodecError::Point { what: "G1", source: PointError::Identity };
    let mut bytes_without_g1 = bytes.clone();
    bytes_without_g1[generator..generator + 64].fill(0);
    assert_eq!(read_multiply(&bytes_without_g1), identity);
}

#[test]
fn key_of_another_circuit() {
    let multiply = Setup::new(MULTIPLY_K, circuits::multiply).verifier.to_bytes();
    let error = Verifier::from_bytes::<Rich>(&multiply).unwrap_err();
    let what = "fixed commitments";
    assert_eq!(error, CodecError::Commitments { what, expected: 7, got: 1 });
    // The same columns, another gate.
    let boolean = Setup::new(POWER_K, circuits::boolean).verifier;
    let error = Verifier::from_bytes::<Power<4>>(&boolean.to_bytes()).unwrap_err();
    let CodecError::Circuit { stored, computed } = error else { panic!("{error}") };
    assert_eq!(stored, B256::from(scalar_to_be(&boolean.vk().transcript_repr())));
    assert_ne!(computed, stored);
}

#[test]
fn no_changed_byte_keeps_the_key() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let bytes = setup.verifier.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        if let Ok(verifier) = Verifier::from_bytes::<Multiply>(&changed) {
            assert_ne!(verifier.key(), setup.verifier.key(), "byte {at}");
            assert_eq!(verifier.to_bytes(), changed, "byte {at}");
        }
    }
}

#[test]
fn only_the_pinned_key() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let (pinned, got) = (VerifierKey(B256::repeat_byte(7)), setup.verifier.key());
    let bytes = setup.verifier.to_bytes();
    let error = Verifier::from_pinned_bytes::<Multiply>(&bytes, pinned).unwrap_err();
    assert_eq!(error, CodecError::WrongKey { pinned, got });
    // A huge k is refused by its key, before a domain of that size is built.
    let mut huge = bytes;
    huge[K + 3] = 26;
    let error = Verifier::from_pinned_bytes::<Multiply>(&huge, got).unwrap_err();
    assert!(matches!(error, CodecError::WrongKey { .. }), "{error}");
}
