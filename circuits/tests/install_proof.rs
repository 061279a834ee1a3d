//! Real proofs of the install circuit: round trip, size, every public instance bound, and the pinned key.

use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_circuits::backend::{Srs, VerifyError};
use nonos_circuits::install::{
    INSTANCES, InstallError, InstallProver, InstallWitness, K, Subject, WitnessError, chunks,
    pinned_developer_key,
};
use nonos_core::capsule::digest_commitment;
use sha3::{Digest, Sha3_512};
use std::sync::OnceLock;

fn prover() -> &'static InstallProver {
    static PROVER: OnceLock<InstallProver> = OnceLock::new();
    PROVER.get_or_init(|| InstallProver::new(Srs::developer(K).unwrap()).unwrap())
}

fn witness(binary: &[u8]) -> InstallWitness {
    let salt = [7; 32];
    let commitment = digest_commitment(&Sha3_512::digest(binary).into(), &salt);
    let subject = Subject { k: Fr::from(5), terms: Fr::from(6), commitment, salt };
    chunks(binary, subject).next().unwrap()
}

#[test]
fn a_chunk_is_proven_and_no_instance_can_be_changed() {
    let witness = witness(b"a capsule of a few bytes");
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
    let padded = [&instance[..], &[Fr::ZERO]].concat();
    let refused = Err(VerifyError::InstanceCount { expected: INSTANCES, got: INSTANCES + 1 });
    assert_eq!(verifier.verify(&proof, &padded), refused);
}

#[test]
fn another_binary_is_refused_with_words() {
    let mut witness = witness(b"a capsule");
    witness.bytes[3] ^= 1;
    let refused = prover().prove(&witness, [7; 32]).unwrap_err();
    assert!(matches!(refused, InstallError::Witness(WitnessError::Commitment { .. })), "{refused}");
}

#[test]
fn the_verifying_key_is_the_pinned_one() {
    assert_eq!(prover().verifier().key(), pinned_developer_key());
}
