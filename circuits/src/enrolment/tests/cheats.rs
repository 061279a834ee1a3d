//! The whole statement with one lie: the constraint that stands for the broken rule notices.

use super::checker::{assert_violates, violations};
use super::fixture::{rng, witness};
use crate::enrolment::native::{Point, order, p, to_le};
use crate::enrolment::{EnrolmentCircuit, EnrolmentWitness, WitnessError};
use alloy_primitives::B256;
use ed25519_dalek::SigningKey;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::signature::SignatureError;
use num_bigint::BigUint;
use sha2::{Digest, Sha512};

/// An equation modulo p does not hold: the point that the circuit computes is another than the signature's R, mostly.
const EQUATION: [&str; 2] = ["reduce: high half", "reduce: low half"];

const INVALID: Result<[Fr; 6], WitnessError> =
    Err(WitnessError::Signature(SignatureError::Invalid { role: "enrolment" }));

fn scalar(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_le(bytes)
}

/// The secret scalar of the key that signed `witness(seed)`.
fn secret(seed: u64) -> (BigUint, [u8; 32]) {
    use rand_core::RngCore;
    let mut bytes = [0; 32];
    rng(seed).fill_bytes(&mut bytes);
    let key = SigningKey::from_bytes(&bytes);
    let mut clamped = key.to_scalar_bytes();
    clamped[0] &= 248;
    clamped[31] = (clamped[31] & 63) | 64;
    (scalar(&clamped) % order(), key.verifying_key().to_bytes())
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> BigUint {
    scalar(&Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize()) % order()
}

/// Signs with a chosen R = [r]B + `torsion`, for a key that is A + `offset`: whatever RFC 8032 would not do.
fn sign(witness: &mut EnrolmentWitness, secret: &BigUint, r: &BigUint, point: &Point) {
    let encoded = point.encode();
    let c = challenge(&encoded, &witness.key, &witness.message());
    let s = (r + c * secret) % order();
    witness.signature[..32].copy_from_slice(&encoded);
    witness.signature[32..].copy_from_slice(&to_le(&s));
}

/// A point of order eight.
fn torsion() -> Point {
    (2u32..)
        .filter_map(|y| Point::decode(&to_le(&BigUint::from(y))))
        .map(|point| point.times(order()))
        .find(|point| point.times(&BigUint::from(4u32)) != Point::identity())
        .unwrap()
}

#[test]
fn another_message_key_or_signature_breaks_the_equation() {
    let good = witness(1);
    let mut liars = vec![
        EnrolmentWitness { digest: B256::repeat_byte(9), ..good.clone() },
        EnrolmentWitness { k: good.k + Fr::ONE, ..good.clone() },
        EnrolmentWitness { meta: good.meta + Fr::ONE, ..good.clone() },
        EnrolmentWitness { signature: witness(2).signature, ..good.clone() },
        EnrolmentWitness { key: witness(2).key, ..good.clone() },
    ];
    for bit in [256, 300, 500] {
        let mut liar = good.clone();
        liar.signature[bit / 8] ^= 1 << (bit % 8);
        liars.push(liar);
    }
    for liar in liars {
        let found = violations(&EnrolmentCircuit::new(&liar));
        assert!(EQUATION.iter().all(|name| found.contains(*name)), "{found:?}");
        // The parity of x may differ as well.
        assert!(found.iter().all(|name| EQUATION.contains(&name.as_str()) || name == "copy"), "{found:?}");
        assert_eq!(liar.instance(), INVALID);
    }
}

#[test]
fn the_other_sign_of_r_is_noticed_by_the_parity() {
    let mut liar = witness(1);
    liar.signature[31] ^= 0x80;
    // The challenge is of the honest R, so that only the sign is wrong.
    let mut inputs = witness(1).inputs();
    inputs.r[31] ^= 0x80;
    let found = violations(&EnrolmentCircuit::from_inputs(&inputs));
    assert!(found.contains("copy"), "{found:?}");
    assert_eq!(liar.instance(), INVALID);
}

#[test]
fn s_plus_the_group_order_is_refused_by_the_range_of_s_alone() {
    let mut liar = witness(1);
    let s = scalar(&liar.signature[32..]) + order();
    liar.signature[32..].copy_from_slice(&to_le(&s));
    assert_violates(&EnrolmentCircuit::new(&liar), &["copy"]);
    assert_eq!(liar.instance(), INVALID);
}

#[test]
fn a_key_with_a_component_of_small_order_is_refused_though_the_equation_holds() {
    let (secret, _) = secret(3);
    let mut liar = witness(3);
    liar.key = Point::base().times(&secret).add(&torsion()).encode();
    // [c]A loses the torsion if 8 divides c: one in eight nonces.
    let mut r = BigUint::from(77u32);
    loop {
        let point = Point::base().times(&r);
        if challenge(&point.encode(), &liar.key, &liar.message()).clone() % 8u32 == BigUint::default() {
            sign(&mut liar, &secret, &r, &point);
            break;
        }
        r += 1u32;
    }
    // dalek's strict verification accepts it: the equation holds and neither point is of small order itself.
    assert_eq!(liar.instance(), Err(WitnessError::KeyOrder));
    let found = violations(&EnrolmentCircuit::new(&liar));
    assert!(EQUATION.iter().all(|name| found.contains(*name)), "{found:?}");
}

#[test]
fn a_key_of_small_order_is_refused() {
    for key in [
        torsion(),
        torsion().times(&BigUint::from(2u32)),
        Point { x: BigUint::default(), y: p() - 1u32 },
        Point::identity(),
    ] {
        let mut liar = witness(4);
        liar.key = key.encode();
        let mut r = BigUint::from(5u32);
        loop {
            let point = Point::base().times(&r);
            if challenge(&point.encode(), &liar.key, &liar.message()) % 8u32 == BigUint::default() {
                sign(&mut liar, &BigUint::default(), &r, &point);
                break;
            }
            r += 1u32;
        }
        assert_eq!(liar.instance(), INVALID);
        let found = violations(&EnrolmentCircuit::new(&liar));
        assert!(found.contains("reduce: low half"), "{found:?}");
    }
}

#[test]
fn r_of_small_order_is_refused() {
    // R = (0, 1), s = c·a: the equation holds.
    let (secret, key) = secret(5);
    let mut liar = witness(5);
    assert_eq!(liar.key, key);
    sign(&mut liar, &secret, &BigUint::default(), &Point::identity());
    assert_eq!(liar.instance(), INVALID);
    // Only x·inverse = 1 has no solution.
    assert_violates(&EnrolmentCircuit::new(&liar), &EQUATION);
}

#[test]
fn a_leaf_of_another_secret_is_refused_by_the_hash_alone() {
    let good = witness(6);
    let mut inputs = good.inputs();
    inputs.k += Fr::ONE;
    assert_violates(&EnrolmentCircuit::from_inputs(&inputs), &["copy"]);
    let mut inputs = good.inputs();
    inputs.meta += Fr::ONE;
    assert_violates(&EnrolmentCircuit::from_inputs(&inputs), &["copy"]);
}

#[test]
fn the_leaf_has_one_encoding_in_the_message() {
    // leaf + r, signed as such: everything but the range of the leaf holds.
    use nonos_core::enrolment::MESSAGE_TAG;
    let modulus = BigUint::from_bytes_be(&nonos_core::field::MODULUS.to_be_bytes::<32>());
    let (secret, _) = secret(7);
    let good = witness(7);
    let mut inputs = good.inputs();
    let leaf = BigUint::from_bytes_be(&inputs.leaf) + modulus;
    inputs.leaf.copy_from_slice(&leaf.to_bytes_be());
    let message = [&MESSAGE_TAG[..], &inputs.leaf, &inputs.digest].concat();
    let r = BigUint::from(99u32);
    inputs.r = Point::base().times(&r).encode();
    let c = challenge(&inputs.r, &good.key, &message);
    inputs.s = to_le(&((r + &c * secret) % order()));
    inputs.challenge = to_le(&c);
    assert_violates(&EnrolmentCircuit::from_inputs(&inputs), &["copy"]);
}

#[test]
fn the_challenge_may_be_any_member_of_its_class_and_nothing_else() {
    let good = witness(8);
    let mut inputs = good.inputs();
    let c = scalar(&inputs.challenge);
    inputs.challenge = to_le(&(&c + order()));
    let circuit = EnrolmentCircuit::from_inputs(&inputs);
    assert_violates(&circuit, &[]);
    assert_eq!(circuit.instance(), good.instance().unwrap());
    // A challenge of the prover's choice, and the s that goes with it.
    let (secret, _) = secret(8);
    let wanted = BigUint::from(1u32);
    inputs.challenge = to_le(&wanted);
    let r = BigUint::from(3u32);
    inputs.r = Point::base().times(&r).encode();
    inputs.s = to_le(&((r + wanted * secret) % order()));
    let found = violations(&EnrolmentCircuit::from_inputs(&inputs));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["copy"], "the congruence alone");
}

#[test]
fn garbage_is_laid_out_without_a_panic_and_refused() {
    for seed in 0..3u8 {
        let liar = EnrolmentWitness {
            k: Fr::ZERO,
            meta: Fr::ZERO,
            key: [255 - seed; 32],
            digest: B256::repeat_byte(seed),
            signature: [255 - 100 * seed; 64],
        };
        assert!(liar.instance().is_err());
        assert!(!violations(&EnrolmentCircuit::new(&liar)).is_empty());
    }
}
