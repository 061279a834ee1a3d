//! Chunks of different installs, or of different places in one, do not fit together.

use super::fixture::{binary, subject, witnesses};
use crate::install::{CHUNK_BYTES, INSTANCES, InstallWitness, chunks};
use halo2curves::bn256::Fr;
use std::collections::BTreeSet;

fn instances(witnesses: &[InstallWitness]) -> Vec<[Fr; INSTANCES]> {
    witnesses.iter().map(|witness| witness.instance().unwrap()).collect()
}

/// What a verifier asks of a chain.
fn fits(chain: &[[Fr; INSTANCES]]) -> bool {
    let one = Fr::one();
    chain.iter().enumerate().all(|(i, [leaf, position, more, ..])| {
        let last = i + 1 == chain.len();
        *leaf == chain[0][0]
            && *position == Fr::from(i as u64)
            && *more == if last { Fr::zero() } else { one }
    }) && chain.windows(2).all(|pair| pair[0][4] == pair[1][3])
}

#[test]
fn only_the_chunks_of_one_install_in_order_make_a_chain() {
    let bytes = binary(1, 3 * CHUNK_BYTES);
    let chain = instances(&witnesses(&bytes));
    assert_eq!(chain.len(), 4);
    assert!(fits(&chain));
    assert!(!fits(&[chain[0], chain[2], chain[1], chain[3]]), "swapped");
    assert!(!fits(&[chain[0], chain[1], chain[3]]), "left out");
    assert!(!fits(&chain[..3]), "cut off");
    assert!(!fits(&chain[1..]), "without a start");
    // A chunk of another capsule, of another operator, of the same capsule under other terms.
    let mut other = subject(&bytes);
    other.k = Fr::from(100);
    let operator = instances(&chunks(&bytes, other).collect::<Vec<_>>());
    other = subject(&bytes);
    other.terms = Fr::from(97);
    let terms = instances(&chunks(&bytes, other).collect::<Vec<_>>());
    let capsule = instances(&witnesses(&binary(2, 3 * CHUNK_BYTES)));
    for foreign in [operator, terms, capsule] {
        assert!(fits(&foreign));
        for i in 0..4 {
            let mut mixed = chain.clone();
            mixed[i] = foreign[i];
            assert!(!fits(&mixed));
            // Not even if the leaf were not compared.
            mixed[i][0] = chain[0][0];
            assert!(!fits(&mixed));
        }
    }
}

/// The same sponge state under another leaf, at another position or of another secret has another commitment, so a midstate
/// of 200 bytes and the last block do not stand in for the binary.
#[test]
fn commitments_to_one_state_are_all_different() {
    let bytes = binary(3, CHUNK_BYTES + 1);
    let last = witnesses(&bytes).pop().unwrap();
    let mut seen = BTreeSet::new();
    for (k, terms, position) in [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 1, 3)] {
        let mut witness = last.clone();
        (witness.k, witness.terms, witness.position) = (Fr::from(k), Fr::from(terms), position);
        let [.., before, after] = witness.instance().unwrap();
        assert!(seen.insert(before.to_bytes()) && seen.insert(after.to_bytes()));
    }
}
