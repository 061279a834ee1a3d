//! Real proofs of the launch circuit: round trip, size, every public instance bound, and the pinned key.

mod launch_support;

use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use launch_support::launch;
use nonos_circuits::backend::{Srs, Verifier, VerifyError};
use nonos_circuits::launch::{
    INSTANCES, K, LaunchCircuit, LaunchError, LaunchProver, LaunchWitness, WitnessError, pinned_developer_key,
};
use nonos_core::policy::{PolicyViolation, State};
use std::sync::OnceLock;

fn prover() -> &'static LaunchProver {
    static PROVER: OnceLock<LaunchProver> = OnceLock::new();
    PROVER.get_or_init(|| LaunchProver::new(Srs::developer(K).unwrap()).unwrap())
}

#[test]
fn a_launch_is_proven_in_1248_bytes_and_no_instance_can_be_changed() {
    let witness = launch(1);
    let (proof, instance) = prover().prove(&witness, [7; 32]).unwrap();
    assert_eq!(instance, witness.instance().unwrap());
    assert_eq!(proof.len(), 1248);
    let verifier = prover().verifier();
    assert_eq!(verifier.proof_len(), 1248);
    verifier.verify(&proof, &instance).unwrap();
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -Fr::ONE, -instance[i], Fr::from(1 << 40)] {
            let mut wrong = instance;
            wrong[i] += change;
            if wrong != instance {
                let result = verifier.verify(&proof, &wrong);
                assert!(matches!(result, Err(VerifyError::Rejected)), "instance {i}: {result:?}");
            }
        }
    }
    let mut swapped = instance;
    swapped.swap(2, 4);
    assert!(verifier.verify(&proof, &swapped).is_err(), "the tags are not interchangeable");
}

#[test]
fn a_verifier_takes_exactly_ten_instances() {
    // The circuit's zero stands on row 10: an eleventh instance would be a zero of the prover's choice.
    let (proof, instance) = prover().prove(&launch(7), [8; 32]).unwrap();
    let verifier = prover().verifier();
    let padded = [&instance[..], &[Fr::ZERO]].concat();
    let wrong_count = |got| Err(VerifyError::InstanceCount { expected: INSTANCES, got });
    assert_eq!(verifier.verify(&proof, &padded), wrong_count(11));
    assert_eq!(verifier.verify(&proof, &instance[..9]), wrong_count(9));
}

#[test]
fn proofs_of_one_launch_differ_and_do_not_serve_another() {
    let (first, second) = (launch(2), launch(3));
    let (proof, instance) = prover().prove(&first, [1; 32]).unwrap();
    let (again, _) = prover().prove(&first, [2; 32]).unwrap();
    assert_ne!(proof, again, "blinded");
    let verifier = prover().verifier();
    verifier.verify(&again, &instance).unwrap();
    assert!(verifier.verify(&proof, &second.instance().unwrap()).is_err());
}

#[test]
fn disclosed_launches_show_the_leaves_themselves() {
    let mut witness = launch(4);
    witness.capsule_salt = Fr::ZERO;
    witness.operator_salt = Fr::ZERO;
    let (proof, instance) = prover().prove(&witness, [3; 32]).unwrap();
    let leaves = witness.leaves();
    assert_eq!(
        (instance[2], instance[4], instance[9]),
        (leaves.capsule.fr(), leaves.identity.fr(), Fr::from(3))
    );
    prover().verifier().verify(&proof, &instance).unwrap();
}

#[test]
fn a_launch_that_breaks_its_policy_is_refused_in_words() {
    let witness = launch(5);
    let state = State { memory_pages: 257, ..witness.state };
    let broken = LaunchWitness { state, ..witness };
    let error = prover().prove(&broken, [4; 32]).unwrap_err();
    let expected = WitnessError::Refused(PolicyViolation::Memory { allowed: 256, actual: 257 });
    assert!(matches!(&error, LaunchError::Witness(e) if *e == expected), "{error}");
}

#[test]
fn the_key_does_not_depend_on_the_witness_and_is_the_pinned_one() {
    let srs = Srs::developer(K).unwrap();
    let key = nonos_circuits::backend::keygen(&srs, &LaunchCircuit::new(&launch(6))).unwrap();
    let verifier = Verifier::new(&srs, key.get_vk(), &[INSTANCES]).unwrap();
    assert_eq!(verifier.key(), prover().verifier().key());
    assert_eq!(
        verifier.key(),
        pinned_developer_key(),
        "the circuit changed: pin the new key and regenerate the contract"
    );
    assert!(verifier.is_developer());
}

#[test]
fn an_srs_that_is_too_small_is_refused_and_a_larger_one_is_cut() {
    let small = LaunchProver::new(Srs::developer(K - 1).unwrap());
    assert!(matches!(small, Err(LaunchError::Srs(_))));
    let large = LaunchProver::new(Srs::developer(K + 1).unwrap()).unwrap();
    assert_eq!(large.verifier().key(), pinned_developer_key());
}
