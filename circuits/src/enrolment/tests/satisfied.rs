//! Honest enrolments satisfy the circuit.

use super::fixture::witness;
use crate::enrolment::{EnrolmentCircuit, K};
use crate::mock::mock;

#[test]
fn an_honest_enrolment_satisfies_every_constraint() {
    let witness = witness(1);
    let circuit = EnrolmentCircuit::new(&witness);
    println!("rows in use: {:?}", circuit.sheet().usage());
    assert_eq!(circuit.instance(), witness.instance().unwrap());
    if let Err(failures) = mock(K, &circuit, &circuit.instance()) {
        panic!("{} failures: {:#?}", failures.len(), &failures[..failures.len().min(8)]);
    }
}
