//! A batch gives exactly the results of single verifications and names every bad proof.

use halo2curves::{bn256::Fr, ff::Field};
use nonos_circuits::backend::VerifyError;
use proptest::prelude::*;

use crate::circuits::{self, MULTIPLY_K, Multiply, RICH_K, Rich, Setup};

type Entry = (Vec<u8>, Vec<Fr>);

fn proofs(setup: &Setup<Multiply>, count: u64) -> Vec<Entry> {
    (0..count).map(|x| setup.prove(x + 1)).collect()
}

fn borrowed(entries: &[Entry]) -> Vec<(&[u8], &[Fr])> {
    entries.iter().map(|(proof, instances)| (proof.as_slice(), instances.as_slice())).collect()
}

#[test]
fn empty_and_honest_batches() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    assert_eq!(setup.verifier.verify_batch(&[]), []);
    // More than are combined at once.
    let one = setup.prove(1);
    let many = vec![(one.0.as_slice(), one.1.as_slice()); 70];
    assert_eq!(setup.verifier.verify_batch(&many), vec![Ok(()); 70]);
    let mut many = many;
    let wrong = [one.1[0] + Fr::ONE];
    many[69].1 = &wrong;
    let mut expected = vec![Ok(()); 70];
    expected[69] = Err(VerifyError::Rejected);
    assert_eq!(setup.verifier.verify_batch(&many), expected);
}

#[test]
fn each_kind_of_fault_is_named_in_place() {
    let setup = Setup::<Rich>::new(RICH_K, circuits::rich);
    let honest = setup.prove(1);
    let mut entries = vec![honest.clone(); 6];
    entries[1].1[3] += Fr::ONE;
    entries[2].0.push(0);
    entries[3].1.pop();
    let len = honest.0.len();
    entries[4].0[len - 1] ^= 1;
    let results = setup.verifier.verify_batch(&borrowed(&entries));
    assert_eq!(results[0], Ok(()));
    assert_eq!(results[1], Err(VerifyError::Rejected));
    assert_eq!(results[2], Err(VerifyError::ProofLength { expected: len, got: len + 1 }));
    assert_eq!(results[3], Err(VerifyError::InstanceCount { expected: 4, got: 3 }));
    assert!(matches!(results[4], Err(VerifyError::Point { .. })));
    assert_eq!(results[5], Ok(()));
}

/// Two false proofs whose errors would cancel in an unweighted sum must not hide each other.
#[test]
fn errors_do_not_cancel() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let (proof, instances) = setup.prove(1);
    let (plus, minus) = ([instances[0] + Fr::ONE], [instances[0] - Fr::ONE]);
    let batch = [(proof.as_slice(), &plus[..]), (proof.as_slice(), &minus[..])];
    assert_eq!(setup.verifier.verify_batch(&batch), [Err(VerifyError::Rejected); 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn batch_equals_singles(faults in prop::collection::vec(0u8..6, 1..12)) {
        let setup = &*circuits::MULTIPLY;
        let mut entries = proofs(setup, faults.len() as u64);
        for ((proof, instances), fault) in entries.iter_mut().zip(&faults) {
            match fault {
                0 => instances[0] += Fr::ONE,
                1 => proof[70] ^= 1,
                2 => proof.truncate(100),
                _ => {}
            }
        }
        let batch = borrowed(&entries);
        let singles: Vec<_> = batch.iter().map(|(p, i)| setup.verifier.verify(p, i)).collect();
        prop_assert_eq!(setup.verifier.verify_batch(&batch), singles);
    }
}
