//! Nothing but the proof itself is accepted: every word changed, every instance changed, every length changed.

use alloy_primitives::{B256, U256};
use halo2_proofs::plonk::Circuit;
use halo2curves::{
    bn256::{Fr, G1Affine},
    ff::{Field, PrimeField},
    group::Curve,
};
use nonos_circuits::backend::{
    VerifyError,
    encoding::{PointError, g1_from_be, g1_to_be, scalar_to_be},
    preparse,
    shape::Item,
};
use proptest::prelude::*;

use crate::circuits::{self, MULTIPLY_K, POWER_K, RICH_K, Setup};

/// Scalar field modulus.
const R: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// Base field modulus.
const P: &str = "0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

fn int(text: &str) -> U256 {
    text.parse().unwrap()
}

fn word(proof: &[u8], offset: usize) -> U256 {
    U256::from_be_slice(&proof[offset..offset + 32])
}

fn with_word(proof: &[u8], offset: usize, value: U256) -> Vec<u8> {
    let mut proof = proof.to_vec();
    proof[offset..offset + 32].copy_from_slice(&value.to_be_bytes::<32>());
    proof
}

/// Every other value tried in place of `old`: +1, +r, +p, zero, all ones.
fn other_values(old: U256) -> Vec<U256> {
    let candidates = [
        old.checked_add(U256::ONE),
        old.checked_add(int(R)),
        old.checked_add(int(P)),
        Some(U256::ZERO),
        Some(U256::MAX),
    ];
    candidates.into_iter().flatten().filter(|value| *value != old).collect()
}

/// Changes every word of a proof and expects the exact error.
fn every_word<C: Circuit<Fr>>(setup: &Setup<C>) {
    let (proof, instances) = setup.prove(3);
    let verify = |proof: &[u8]| setup.verifier.verify(proof, &instances);
    let mut offset = 0;
    let mut mutations = 0;
    for item in setup.verifier.shape().items() {
        match item {
            Item::Scalar(evaluation) => {
                for new in other_values(word(&proof, offset)) {
                    let value = B256::from(new);
                    let expected = if new >= int(R) {
                        VerifyError::Scalar { evaluation, offset, value }
                    } else {
                        VerifyError::Rejected
                    };
                    assert_eq!(verify(&with_word(&proof, offset, new)), Err(expected));
                    mutations += 1;
                }
                offset += 32;
            }
            Item::Point(role) => {
                for coordinate in 0..2 {
                    let at = offset + 32 * coordinate;
                    for new in other_values(word(&proof, at)) {
                        let source = if new >= int(P) {
                            PointError::NonCanonical { coordinate, value: B256::from(new) }
                        } else {
                            PointError::NotOnCurve
                        };
                        let expected = VerifyError::Point { role, offset, source };
                        assert_eq!(verify(&with_word(&proof, at, new)), Err(expected));
                        mutations += 1;
                    }
                }
                let here = offset..offset + 64;
                let mut changed = proof.clone();
                changed[here.clone()].fill(0);
                let source = PointError::Identity;
                assert_eq!(verify(&changed), Err(VerifyError::Point { role, offset, source }));
                // Other points of the group: well-formed, but false.
                let old = g1_from_be(proof[here.clone()].try_into().unwrap()).unwrap();
                for other in [-old, G1Affine::generator()] {
                    changed[here.clone()].copy_from_slice(&g1_to_be(&other));
                    assert_eq!(verify(&changed), Err(VerifyError::Rejected));
                }
                mutations += 3;
                offset += 64;
            }
        }
    }
    assert_eq!(offset, proof.len());
    assert!(mutations >= 4 * proof.len() / 32);
}

#[test]
fn every_word_of_a_plain_proof() {
    every_word(&Setup::new(MULTIPLY_K, circuits::multiply));
}

#[test]
fn every_word_of_a_rich_proof() {
    every_word(&Setup::new(RICH_K, circuits::rich));
}

#[test]
fn every_word_of_a_proof_without_instances() {
    every_word(&Setup::new(POWER_K, circuits::boolean));
}

#[test]
fn every_instance() {
    let setup = Setup::new(RICH_K, circuits::rich);
    let (proof, instances) = setup.prove(3);
    for index in 0..instances.len() {
        for value in [instances[index] + Fr::ONE, -instances[index], Fr::ZERO] {
            let mut changed = instances.clone();
            changed[index] = value;
            assert_eq!(setup.verifier.verify(&proof, &changed), Err(VerifyError::Rejected));
        }
    }
    // Moved between columns: the same values in the transcript, another statement.
    let mut swapped = instances.clone();
    swapped.swap(1, 2);
    assert_eq!(setup.verifier.verify(&proof, &swapped), Err(VerifyError::Rejected));
    for wrong in [&instances[..3], &[instances.as_slice(), &[Fr::ZERO]].concat(), &[]] {
        let expected = VerifyError::InstanceCount { expected: 4, got: wrong.len() };
        assert_eq!(setup.verifier.verify(&proof, wrong), Err(expected));
    }
}

#[test]
fn every_length() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let (proof, instances) = setup.prove(3);
    let expected = proof.len();
    let longer = [proof.as_slice(), &[0; 64]].concat();
    for got in (0..expected).chain(expected + 1..=longer.len()) {
        assert_eq!(
            setup.verifier.verify(&longer[..got], &instances),
            Err(VerifyError::ProofLength { expected, got })
        );
    }
}

#[test]
fn proof_of_another_key_or_statement() {
    let setup = Setup::new(MULTIPLY_K, circuits::multiply);
    let (proof, instances) = setup.prove(3);
    let (_, others) = setup.prove(4);
    assert_eq!(setup.verifier.verify(&proof, &others), Err(VerifyError::Rejected));
    // The same circuit at another size: same layout, other key.
    let larger = Setup::new(MULTIPLY_K + 1, circuits::multiply);
    assert_eq!(larger.verifier.proof_len(), proof.len());
    assert_eq!(larger.verifier.verify(&proof, &instances), Err(VerifyError::Rejected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any run of changed bytes is refused, and the pre-parser alone agrees with the verifier about the form.
    #[test]
    fn any_changed_bytes(
        start in any::<prop::sample::Index>(),
        noise in prop::collection::vec(1u8.., 1..80),
    ) {
        let setup = &*circuits::MULTIPLY;
        let (mut proof, instances) = setup.prove(3);
        let start = start.index(proof.len());
        for (byte, noise) in proof[start..].iter_mut().zip(&noise) {
            *byte ^= noise;
        }
        let error = setup.verifier.verify(&proof, &instances).unwrap_err();
        match preparse(setup.verifier.shape(), &proof, &instances) {
            Ok(()) => prop_assert_eq!(error, VerifyError::Rejected),
            Err(form) => prop_assert_eq!(error, form),
        }
    }

    /// Well-formed noise in place of a whole proof is rejected, and never stops the verifier.
    #[test]
    fn well_formed_noise(seed in any::<u64>()) {
        let setup = &*circuits::MULTIPLY;
        let (_, instances) = setup.prove(3);
        let mut scalar = Fr::from(seed) + Fr::DELTA;
        let mut proof = vec![];
        for item in setup.verifier.shape().items() {
            scalar = scalar.square() + Fr::ONE;
            match item {
                Item::Point(_) => {
                    let point = (G1Affine::generator() * scalar).to_affine();
                    proof.extend(g1_to_be(&point));
                }
                Item::Scalar(_) => proof.extend(scalar_to_be(&scalar)),
            }
        }
        prop_assert_eq!(setup.verifier.verify(&proof, &instances), Err(VerifyError::Rejected));
    }
}
