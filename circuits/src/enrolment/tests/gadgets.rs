//! Single gadgets on small sheets, against independent implementations, and with lies.

use super::checker::{assert_violates, violations};
use super::fixture::rng;
use crate::enrolment::EnrolmentCircuit;
use crate::enrolment::encoding::{below, encodes, parity, word_of, zero};
use crate::enrolment::native::{Point, d, order, p, to_le};
use crate::enrolment::point::{Curve, add, double};
use crate::enrolment::sheet::Sheet;
use crate::enrolment::{poseidon, scalar, sha512};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::poseidon::hash_tagged;
use num_bigint::BigUint;
use rand_core::RngCore;
use sha2::{Digest, Sha512};

fn good(sheet: Sheet) {
    assert_violates(&EnrolmentCircuit::from_sheet(sheet), &[]);
}

fn random_integer(seed: u64) -> BigUint {
    let mut bytes = [0; 32];
    rng(seed).fill_bytes(&mut bytes);
    BigUint::from_bytes_le(&bytes)
}

fn hash(message: &[u8]) -> ([u8; 64], Sheet) {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 128 != 112 {
        padded.push(0);
    }
    padded.extend((8 * message.len() as u128).to_be_bytes());
    let mut sheet = Sheet::new();
    let zero = zero(&mut sheet);
    let words: Vec<_> = padded
        .chunks(8)
        .map(|bytes| sheet.sum(&[], Fr::from(u64::from_be_bytes(bytes.try_into().unwrap()))))
        .collect();
    let blocks: Vec<_> = words.chunks(16).map(|block| block.try_into().unwrap()).collect();
    let digest = sha512::digest(&mut sheet, zero, &blocks);
    let bytes = digest.map(|wire| word_of(wire) as u8);
    (bytes, sheet)
}

#[test]
fn sha_512_is_that_of_nist_and_of_another_implementation() {
    let abc = alloy_primitives::hex!(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    );
    let (digest, sheet) = hash(b"abc");
    assert_eq!(digest, abc);
    good(sheet);
    for length in [0, 1, 111, 112, 127, 128, 140, 200] {
        let mut message = vec![0; length];
        rng(length as u64).fill_bytes(&mut message);
        let (digest, sheet) = hash(&message);
        assert_eq!(digest, <[u8; 64]>::from(Sha512::digest(&message)), "{length} bytes");
        good(sheet);
    }
}

#[test]
fn poseidon_is_the_native_one() {
    let mut sheet = Sheet::new();
    let (left, right) = (Fr::from(11), Fr::from(12));
    let wires = [left, right].map(|value| sheet.free(value));
    let out = poseidon::hash(&mut sheet, "ID", wires[0], wires[1]);
    assert_eq!(out.value, hash_tagged("ID", left, right));
    good(sheet);
}

#[test]
fn additions_are_complete() {
    let eighth = (2u32..)
        .filter_map(|y| Point::decode(&to_le(&BigUint::from(y))))
        .map(|point| point.times(order()))
        .find(|point| point.times(&BigUint::from(4u32)) != Point::identity())
        .unwrap();
    let points = [
        Point::identity(),
        Point { x: BigUint::default(), y: p() - 1u32 },
        eighth.times(&BigUint::from(2u32)),
        eighth.clone(),
        Point::base().clone(),
        Point::base().negate(),
        Point::base().times(&random_integer(1)).add(&eighth),
    ];
    let mut sheet = Sheet::new();
    let curve = Curve::new(&mut sheet);
    for a in &points {
        let left = curve.witness(&mut sheet, a);
        let doubled = double(&mut sheet, &left);
        assert_eq!((doubled.x.value, doubled.y.value), {
            let s = a.add(a);
            (s.x, s.y)
        });
        for b in &points {
            let right = curve.witness(&mut sheet, b);
            let right = curve.addend(&mut sheet, &right);
            let sum = add(&mut sheet, &left, &right);
            let expected = a.add(b);
            assert_eq!((sum.x.value, sum.y.value), (expected.x, expected.y));
        }
    }
    good(sheet);
}

#[test]
fn a_point_off_the_curve_is_refused() {
    let mut sheet = Sheet::new();
    let curve = Curve::new(&mut sheet);
    let mut point = Point::base().clone();
    point.x += 1u32;
    curve.witness(&mut sheet, &point);
    let found = violations(&EnrolmentCircuit::from_sheet(sheet));
    assert!(found.contains("reduce: low half") && !found.contains("copy"), "{found:?}");
}

#[test]
fn operands_need_not_be_reduced() {
    // x + p instead of x: another integer, the same residue.
    let mut sheet = Sheet::new();
    let curve = Curve::new(&mut sheet);
    let x = sheet.load(&(p() + 5u32));
    let y = sheet.load(&(d() + p()));
    let product = sheet.multiply(&x, &y);
    assert_eq!(product.value, d() * 5u32 % p());
    sheet.equal_mod_p(&curve.one, &x, &x);
    let five = sheet.load(&BigUint::from(5u32));
    sheet.equal_mod_p(&curve.one, &x, &five);
    good(sheet);
}

/// Violations when `bytes` are claimed to encode `point`.
fn encoding(bytes: [u8; 32], point: &Point, negated: bool) -> Vec<String> {
    let mut sheet = Sheet::new();
    let zero = zero(&mut sheet);
    let curve = Curve::new(&mut sheet);
    let wires = sheet.bytes(&bytes);
    let point = curve.witness(&mut sheet, point);
    encodes(&mut sheet, &curve, zero, &wires, &point, negated);
    violations(&EnrolmentCircuit::from_sheet(sheet)).into_iter().collect()
}

#[test]
fn a_point_has_one_encoding() {
    let none: [String; 0] = [];
    for seed in 0..6 {
        let point = Point::base().times(&random_integer(seed));
        assert_eq!(encoding(point.encode(), &point, false), none);
        assert_eq!(encoding(point.negate().encode(), &point, true), none);
        let mut other_sign = point.encode();
        other_sign[31] ^= 0x80;
        assert_eq!(encoding(other_sign, &point, false), ["copy"]);
        assert_eq!(encoding(other_sign, &point.negate(), false), none);
        assert_eq!(encoding(point.encode(), &point, true), ["copy"]);
    }
    // y + p fits 255 bits for y below 19: the range of y alone notices.
    for y in (0u32..19).map(BigUint::from) {
        let Some(point) = Point::decode(&to_le(&y)).filter(|point| point.x != BigUint::default()) else {
            continue;
        };
        assert_eq!(encoding(point.encode(), &point, false), none);
        let mut bytes = to_le(&(y + p()));
        bytes[31] |= point.encode()[31] & 0x80;
        assert_eq!(encoding(bytes, &point, false), ["copy"]);
    }
    // x = 0 has no sign to tell: refused whatever the bit says.
    for point in [Point::identity(), Point { x: BigUint::default(), y: p() - 1u32 }] {
        assert_eq!(encoding(point.encode(), &point, false), ["reduce: high half", "reduce: low half"]);
    }
}

#[test]
fn the_parity_is_that_of_the_reduced_integer() {
    // p + 1 is odd + odd; its residue 1 is odd too, but p + 2 is odd and 2 is even.
    for value in
        [BigUint::from(1u32), BigUint::from(2u32), p() + 1u32, p() + 2u32, p() - 1u32, BigUint::default()]
    {
        let mut sheet = Sheet::new();
        let curve = Curve::new(&mut sheet);
        let element = sheet.load(&value);
        let bit = parity(&mut sheet, &curve, &element);
        assert_eq!(bit.value, Fr::from(u64::from((&value % p()).bit(0))));
        good(sheet);
    }
}

#[test]
fn below_is_exact_at_the_bound() {
    for bound in [order(), p()] {
        for (value, fits) in
            [(bound - 1u32, true), (bound.clone(), false), (bound + 1u32, false), (BigUint::default(), true)]
        {
            let mut sheet = Sheet::new();
            let mask = (BigUint::from(1u32) << 128u32) - 1u32;
            let halves = [&value & &mask, &value >> 128u32]
                .map(|half| sheet.free(crate::enrolment::sheet::integer(&half)));
            below(&mut sheet, halves[0], halves[1], bound);
            let found: Vec<_> = violations(&EnrolmentCircuit::from_sheet(sheet)).into_iter().collect();
            assert_eq!(found.is_empty(), fits, "{value} below {bound}: {found:?}");
        }
    }
}

#[test]
fn below_takes_halves_of_more_than_128_bits() {
    // The same number as 5 + 2^128·7, written with a lower half that overflows.
    let mut sheet = Sheet::new();
    let lo = sheet.free(Fr::from(5) + crate::enrolment::power_of_two(128) * Fr::from(7));
    let hi = sheet.free(Fr::ZERO);
    below(&mut sheet, lo, hi, order());
    good(sheet);
}

#[test]
fn a_hash_is_reduced_to_its_class() {
    for seed in 0..4u64 {
        let mut hash = [0xff; 64];
        if seed > 0 {
            rng(seed).fill_bytes(&mut hash);
        }
        let residue = BigUint::from_bytes_le(&hash) % order();
        for (c, fits) in [(residue.clone(), true), (&residue + order(), true), (&residue + 1u32, false)] {
            let mut sheet = Sheet::new();
            let zero = zero(&mut sheet);
            let bytes = sheet.bytes(&hash);
            let digits: Vec<_> = to_le(&c)
                .iter()
                .flat_map(|byte| [byte & 15, byte >> 4])
                .map(|digit| sheet.free(Fr::from(u64::from(digit))))
                .collect();
            scalar::reduce(&mut sheet, zero, &bytes, &digits);
            let found: Vec<_> = violations(&EnrolmentCircuit::from_sheet(sheet)).into_iter().collect();
            assert_eq!(found.is_empty(), fits, "{found:?}");
        }
    }
}
