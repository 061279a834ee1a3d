//! Real proofs of the enrolment circuit: round trip, size, every public instance bound, and the pinned key.

mod enrolment_support;

use enrolment_support::enrolment;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_circuits::backend::{Srs, VerifyError};
use nonos_circuits::enrolment::{
    EnrolmentError, EnrolmentProver, INSTANCES, K, WitnessError, pinned_developer_key,
};
use std::sync::OnceLock;

fn prover() -> &'static EnrolmentProver {
    static PROVER: OnceLock<EnrolmentProver> = OnceLock::new();
    PROVER.get_or_init(|| EnrolmentProver::new(Srs::developer(K).unwrap()).unwrap())
}

#[test]
fn an_enrolment_is_proven_and_no_instance_can_be_changed() {
    let witness = enrolment(1);
    let (proof, instance) = prover().prove(&witness, [7; 32]).unwrap();
    assert_eq!(instance, witness.instance().unwrap());
    let verifier = prover().verifier();
    assert_eq!(proof.len(), verifier.proof_len());
    println!("{} bytes", proof.len());
    verifier.verify(&proof, &instance).unwrap();
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -Fr::ONE, Fr::from(1 << 40)] {
            let mut wrong = instance;
            wrong[i] += change;
            let result = verifier.verify(&proof, &wrong);
            assert!(matches!(result, Err(VerifyError::Rejected)), "instance {i}: {result:?}");
        }
    }
    // The instances stand on rows 0 to 5; a seventh would be a constant of the prover's choice on row 6.
    let padded = [&instance[..], &[Fr::ZERO]].concat();
    assert_eq!(
        verifier.verify(&proof, &padded),
        Err(VerifyError::InstanceCount { expected: INSTANCES, got: 7 })
    );
}

#[test]
fn a_signature_of_something_else_is_refused_with_words() {
    let mut witness = enrolment(2);
    witness.digest = enrolment(3).digest;
    let refused = prover().prove(&witness, [7; 32]).unwrap_err();
    assert!(matches!(refused, EnrolmentError::Witness(WitnessError::Signature(_))), "{refused}");
}

#[test]
fn the_verifying_key_is_the_pinned_one() {
    assert_eq!(prover().verifier().key(), pinned_developer_key());
}
