//! Honest proofs of every kind of circuit verify, and have the length that the shape predicts.

use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::Fr;
use nonos_circuits::backend::VerifyError;

use crate::circuits::{self, MULTIPLY_K, POWER_K, RICH_K, Setup};

fn accepts<C: Circuit<Fr>>(setup: &Setup<C>) {
    for x in [1, 2] {
        let (proof, instances) = setup.prove(x);
        assert_eq!(proof.len(), setup.verifier.proof_len());
        assert_eq!(setup.verifier.verify(&proof, &instances), Ok(()));
    }
}

#[test]
fn plain_circuit() {
    accepts(&Setup::new(MULTIPLY_K, circuits::multiply));
}

#[test]
fn circuit_with_lookups_phases_and_rotations() {
    accepts(&Setup::new(RICH_K, circuits::rich));
}

#[test]
fn circuit_without_instances_or_copies() {
    accepts(&Setup::new(POWER_K, circuits::boolean));
}

#[test]
fn proofs_of_one_seed_differ_but_both_verify() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let ((first, instances), (second, _)) = (setup.prove(3), setup.prove(3));
    assert_ne!(first, second, "halo2-axiom draws one blinding polynomial from the thread's generator");
    assert_eq!(setup.verifier.verify(&second, &instances), Ok(()));
}

#[test]
fn false_statement_is_rejected() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let (circuit, _) = circuits::multiply(5);
    let wrong = [Fr::from(61)];
    let proof =
        nonos_circuits::backend::prove_seeded(&setup.srs, &setup.pk, circuit, &[&wrong], [9; 32]).unwrap();
    assert_eq!(setup.verifier.verify(&proof, &wrong), Err(VerifyError::Rejected));
}
