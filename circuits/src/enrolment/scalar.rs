//! Scalars: s below the group order, and the challenge modulo it.

use super::encoding::{below, integer_of, little_endian};
use super::native::{limbs, order};
use super::power_of_two;
use super::sheet::{Sheet, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use num_bigint::{BigInt, BigUint};
use num_traits::Zero;

/// Stored with carries that may be negative.
const OFFSET_BITS: u32 = 77;

/// s < L, for the base-256 digits of s.
pub fn canonical(sheet: &mut Sheet, digits: &[Wire]) {
    let [lo, hi] = [0, 16].map(|i| little_endian(sheet, &digits[i..i + 16], 8));
    below(sheet, lo, hi, order());
}

/// h = q·L + c for the 64 little-endian bytes of h and the base-16 digits of c, so that [h]P = [c]P for P of order L.
///
/// c is any 256-bit number of the class; nothing depends on which. With 64-bit limbs and q < 2^325 in five of them, column
/// 2j and column 2j + 1 of the product make one equation, for j = 0 to 3, with carries e_j:
///
/// ```text
/// Σ_{i+m=2j} q_i·L_m + 2^64·Σ_{i+m=2j+1} q_i·L_m + c_j − h_j + e_{j−1} = 2^128·e_j     e_{−1} = e_3 = 0
/// ```
///
/// Each product is below 2^195 and −2^77 ≤ e_j < 2^78 by range check, so all of it is below 2^207 and these are equations between integers. Their sum, weighted by
/// 2^(128 j), is the claim.
pub fn reduce(sheet: &mut Sheet, zero: Wire, hash: &[Wire; 64], digits: &[Wire]) {
    let h = value_of(hash, 8);
    let c = value_of(digits, 4);
    let quotient = if h >= c { (&h - &c) / order() } else { BigUint::zero() };
    let mask = BigUint::from(u64::MAX);
    let q_ints: Vec<BigUint> = (0..5u32).map(|i| (&quotient >> (64 * i)) & &mask).collect();
    let q: Vec<Wire> = q_ints.iter().map(|limb| sheet.range(limb, 5)).collect();
    let order_limbs = limbs(order());
    let half = |value: &BigUint, j: u32| -> BigUint {
        (value >> (128 * j)) & ((BigUint::from(1u32) << 128u32) - 1u32)
    };
    let mut carry: Option<(BigInt, Wire)> = None;
    for j in 0..4usize {
        let mut terms = vec![];
        let mut total = BigInt::from(half(&c, j as u32)) - BigInt::from(half(&h, j as u32));
        for (i, limb) in q.iter().enumerate() {
            let mut coefficient = BigUint::zero();
            for (m, order_limb) in order_limbs.iter().enumerate() {
                match (i + m).checked_sub(2 * j) {
                    Some(0) => coefficient += *order_limb,
                    Some(1) => coefficient += BigUint::from(*order_limb) << 64u32,
                    _ => {}
                }
            }
            if !coefficient.is_zero() {
                terms.push((super::sheet::integer(&coefficient), *limb));
                total += BigInt::from(coefficient) * BigInt::from(q_ints[i].clone());
            }
        }
        if let Some(digits) = digits.get(32 * j..32 * (j + 1)) {
            terms.push((Fr::ONE, little_endian(sheet, digits, 4)));
        }
        terms.push((-Fr::ONE, little_endian(sheet, &hash[16 * j..16 * (j + 1)], 8)));
        let mut constant = Fr::ZERO;
        if let Some((value, wire)) = &carry {
            terms.push((Fr::ONE, *wire));
            constant -= power_of_two(OFFSET_BITS);
            total += value;
        }
        if j < 3 {
            let next: BigInt = total >> 128u32;
            let stored = (&next + (BigInt::from(1) << OFFSET_BITS)).to_biguint().unwrap_or_default();
            let wire = sheet.range(&stored, 6);
            terms.push((-power_of_two(128), wire));
            constant += power_of_two(128 + OFFSET_BITS);
            carry = Some((next, wire));
        }
        sheet.vanishing(zero, &terms, constant);
    }
}

fn value_of(digits: &[Wire], bits: u32) -> BigUint {
    digits.iter().rev().fold(BigUint::zero(), |sum, digit| (sum << bits) + integer_of(*digit))
}
