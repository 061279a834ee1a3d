//! Key generation and proving refuse what halo2-axiom lets through or panics on; keys are pinned.

use alloy_primitives::b256;
use halo2_proofs::circuit::Value;
use halo2curves::{bn256::Fr, ff::Field};
use nonos_circuits::backend::{self, KeygenError, ProveError, ShapeError, Srs, Verifier, VerifierError};

use crate::circuits::{self, MULTIPLY_K, Multiply, POWER_K, Power, RICH_K, Rich, Setup};

#[test]
fn verifier_keys_are_pinned() {
    let multiply = Setup::new(MULTIPLY_K, circuits::multiply).verifier;
    let rich = Setup::new(RICH_K, circuits::rich).verifier;
    let expected = b256!("0x93175f12ad5495f20bef926ecdb6fc347c6920e9a6b64f8b07b0e729939dc332");
    assert_eq!(multiply.key().0, expected);
    let expected = b256!("0x4e0757abd9381887f305fe9a28389f05d72cca2e8cf4fb3cf83fb13d2fc83569");
    assert_eq!(rich.key().0, expected);
}

#[test]
fn key_depends_on_size_and_instance_counts() {
    let setup = Setup::new(RICH_K, circuits::rich);
    let key = setup.verifier.key();
    let vk = setup.pk.get_vk();
    let other = Verifier::new(&setup.srs, vk, &[3, 1]).unwrap();
    assert_ne!(other.key(), key);
    assert_ne!(Setup::new(RICH_K + 1, circuits::rich).verifier.key(), key);
}

#[test]
fn verifier_refuses_what_does_not_fit() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let new = |srs: &Srs, counts: &[usize]| Verifier::new(srs, setup.pk.get_vk(), counts);
    let columns = ShapeError::InstanceColumns { expected: 1, got: 2 };
    assert_eq!(new(&setup.srs, &[1, 1]).unwrap_err(), VerifierError::Shape(columns));
    let rows = ShapeError::TooManyInstances { column: 0, count: 11, usable: 10, k: MULTIPLY_K };
    assert_eq!(new(&setup.srs, &[11]).unwrap_err(), VerifierError::Shape(rows));
    let larger = Srs::developer(MULTIPLY_K + 1).unwrap();
    let size = VerifierError::SrsSize { srs: MULTIPLY_K + 1, key: MULTIPLY_K };
    assert_eq!(new(&larger, &[1]).unwrap_err(), size);
}

#[test]
fn constraint_degree_is_not_capped_silently() {
    let srs = Srs::developer(POWER_K).unwrap();
    let error = backend::keygen(&srs, &Power::<7>).unwrap_err();
    let KeygenError::Shape(shape) = error else { panic!("{error}") };
    assert_eq!(shape, ShapeError::DegreeCapped { needed: 7, degree: 5 });
}

#[test]
fn too_few_rows() {
    let srs = Srs::developer(2).unwrap();
    let error = backend::keygen(&srs, &Power::<3>).unwrap_err();
    assert!(matches!(error, KeygenError::Halo2(_, 2)), "{error}");
}

/// A quotient of lower degree than the constraint system has a zero piece, whose commitment is infinity.
#[test]
fn zero_quotient_piece_is_an_error() {
    let srs = Srs::developer(POWER_K).unwrap();
    let pk = backend::keygen(&srs, &Power::<2>).unwrap();
    let error = backend::prove_seeded(&srs, &pk, Power::<2>, &[], [1; 32]).unwrap_err();
    assert!(error.to_string().contains("the transcript refuses the point at infinity"), "{error}");
}

#[test]
fn witness_that_is_not_in_a_table_is_an_error() {
    let setup = Setup::new(RICH_K, circuits::rich);
    // The circuit's own values are always in the table, so leave the witness out altogether.
    let (_, instances) = circuits::rich(1);
    let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
    let error = backend::prove_seeded(&setup.srs, &setup.pk, Rich { x: None }, &columns, [1; 32]);
    let Err(ProveError::Witness(message)) = error else { panic!("{error:?}") };
    assert!(message.contains("No Value::unknown() in advice column"), "{message}");
}

#[test]
fn proving_refuses_wrong_sizes() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let circuit = Multiply { a: Value::known(Fr::ONE), b: Value::known(Fr::ONE) };
    let prove = |srs: &Srs, instances: &[&[Fr]]| {
        backend::prove_seeded(srs, &setup.pk, circuit.clone(), instances, [1; 32]).unwrap_err()
    };
    let larger = Srs::developer(MULTIPLY_K + 1).unwrap();
    let error = prove(&larger, &[&[Fr::ONE]]);
    assert!(matches!(error, ProveError::SrsSize { srs: 5, key: 4 }), "{error}");
    let error = prove(&setup.srs, &[&[Fr::ONE; 11]]);
    assert!(matches!(error, ProveError::Shape(ShapeError::TooManyInstances { .. })), "{error}");
    let error = prove(&setup.srs, &[]);
    let ProveError::Shape(shape) = error else { panic!("{error}") };
    assert_eq!(shape, ShapeError::InstanceColumns { expected: 1, got: 0 });
}
