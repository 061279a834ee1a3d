//! Bytes, canonical integers and the encoding of points.
//!
//! Modular arithmetic leaves several integers for one residue; everything that is hashed, published or compared goes
//! through the checks here, which leave exactly one.

use super::field::Element;
use super::native::{limbs, p};
use super::point::{Curve, PointWires};
use super::power_of_two;
use super::sheet::{Piece, Sheet, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::{Field, PrimeField};
use num_bigint::BigUint;

const BYTE: [Piece; 1] = [Piece { bits: 8, position: 0 }];
const SEVEN_BITS: [Piece; 1] = [Piece { bits: 7, position: 0 }];
const BIT: [Piece; 1] = [Piece { bits: 1, position: 0 }];

/// The integer of a wire.
pub fn integer_of(wire: Wire) -> BigUint {
    BigUint::from_bytes_le(wire.value.to_repr().as_ref())
}

/// The integer of a wire that is known to be a word.
pub fn word_of(wire: Wire) -> u64 {
    integer_of(wire).iter_u64_digits().next().unwrap_or(0)
}

/// A cell that is 0: the first thing on a sheet after its instances.
pub fn zero(sheet: &mut Sheet) -> Wire {
    sheet.sum(&[], Fr::ZERO)
}

impl Sheet {
    /// Σ coefficient·wire + constant = 0; `zero` is a cell that is 0.
    pub fn vanishing(&mut self, zero: Wire, terms: &[(Fr, Wire)], constant: Fr) {
        let sum = self.sum(terms, constant);
        self.equal(sum, zero);
    }

    /// Cells of bytes, each below 256.
    pub fn bytes<const N: usize>(&mut self, bytes: &[u8; N]) -> [Wire; N] {
        const { assert!(N.is_multiple_of(2), "bytes are checked in pairs") };
        let mut wires = Vec::with_capacity(N);
        for pair in bytes.chunks(2) {
            let words = self.pieces([pair[0], pair[1]].map(|byte| (u64::from(byte), &BYTE[..])));
            wires.extend(words.map(|word| word.dense));
        }
        std::array::from_fn(|i| wires[i])
    }
}

/// Σ 256^i·bytes[n − 1 − i].
pub fn big_endian(sheet: &mut Sheet, bytes: &[Wire]) -> Wire {
    let terms: Vec<_> =
        bytes.iter().rev().enumerate().map(|(i, byte)| (power_of_two(8 * i as u32), *byte)).collect();
    sheet.sum(&terms, Fr::ZERO)
}

/// Σ 2^(bits·i)·digits[i].
pub fn little_endian(sheet: &mut Sheet, digits: &[Wire], bits: u32) -> Wire {
    let terms: Vec<_> =
        digits.iter().enumerate().map(|(i, digit)| (power_of_two(bits * i as u32), *digit)).collect();
    sheet.sum(&terms, Fr::ZERO)
}

/// lo + 2^128·hi < bound, for lo and hi that are known to be below 2^140, and 2^128 ≤ bound ≤ 2^256.
///
/// With C = bound − 1 = C_lo + 2^128·C_hi:
///
/// ```text
/// C_lo − lo + 2^128·b = d     C_hi − hi − b = e     b < 2^13; d, e < 2^130
/// ```
///
/// All of it is far below r, so these are equations between integers, and C − (lo + 2^128·hi) = d + 2^128·e ≥ 0.
pub fn below(sheet: &mut Sheet, lo: Wire, hi: Wire, bound: &BigUint) {
    let largest = bound - 1u32;
    let top: BigUint = &largest >> 128u32;
    let bottom = &largest - (&top << 128u32);
    let (lo_int, hi_int) = (integer_of(lo), integer_of(hi));
    let one_short = (BigUint::from(1u32) << 128u32) - 1u32;
    let borrow: BigUint =
        if lo_int > bottom { (&lo_int - &bottom + one_short) >> 128u32 } else { BigUint::default() };
    // A value that is not below the bound has no solution; what is written then breaks a lookup or a copy.
    let difference = |a: BigUint, b: BigUint| if a >= b { a - b } else { BigUint::default() };
    let d = difference(&bottom + (&borrow << 128u32), lo_int);
    let e = difference(top.clone(), hi_int + &borrow);
    let [d, e] = [d, e].map(|value| sheet.range(&value, 10));
    let b = sheet.range(&borrow, 1);
    let [bottom, top] = [bottom, top].map(|value| super::sheet::integer(&value));
    let computed = sheet.sum(&[(-Fr::ONE, lo), (power_of_two(128), b)], bottom);
    sheet.equal(computed, d);
    let computed = sheet.sum(&[(-Fr::ONE, hi), (-Fr::ONE, b)], top);
    sheet.equal(computed, e);
}

/// The halves of four limbs of radix 2^64.
fn halves(sheet: &mut Sheet, limbs: &[Wire; 4]) -> [Wire; 2] {
    [0, 2].map(|i| little_endian(sheet, &limbs[i..i + 2], 64))
}

/// What 32 bytes say by RFC 8032, 5.1.2: y, below p, and the sign of x.
pub struct Encoded {
    /// Below p.
    pub y: Element,
    /// 0 or 1.
    pub sign: Wire,
}

/// Splits the encoding of a point; refuses y ≥ p.
pub fn split(sheet: &mut Sheet, bytes: &[Wire; 32]) -> Encoded {
    let last = word_of(bytes[31]);
    let [rest, sign] = sheet.pieces([(last & 127, &SEVEN_BITS[..]), ((last >> 7) & 1, &BIT[..])]);
    let (rest, sign) = (rest.dense, sign.dense);
    let whole = sheet.sum(&[(Fr::ONE, rest), (Fr::from(128), sign)], Fr::ZERO);
    sheet.equal(whole, bytes[31]);
    let mut low = *bytes;
    low[31] = rest;
    let limbs: [Wire; 4] = std::array::from_fn(|i| little_endian(sheet, &low[8 * i..8 * i + 8], 8));
    let [lo, hi] = halves(sheet, &limbs);
    below(sheet, lo, hi, p());
    Encoded { y: Element::from_wires(limbs), sign }
}

/// The lowest bit of the one integer below p that an element stands for.
pub fn parity(sheet: &mut Sheet, curve: &Curve, element: &Element) -> Wire {
    let canonical = &element.value % p();
    let limb = limbs(&canonical)[0];
    let loaded = sheet.load(&canonical);
    sheet.equal_mod_p(&curve.one, element, &loaded);
    let [lo, hi] = halves(sheet, &loaded.limbs);
    below(sheet, lo, hi, p());
    let half = sheet.range(&BigUint::from(limb >> 1), 5);
    let [bit] = sheet.pieces([(limb & 1, &BIT[..])]);
    let whole = sheet.sum(&[(Fr::from(2), half), (Fr::ONE, bit.dense)], Fr::ZERO);
    sheet.equal(whole, loaded.limbs[0]);
    bit.dense
}

/// `bytes` are the RFC 8032 encoding of `point`, or with `negated` that of −`point`; x must not be 0.
///
/// The points with x = 0 are the neutral element and the one of order two. For every other, −x has the other parity.
pub fn encodes(
    sheet: &mut Sheet,
    curve: &Curve,
    zero: Wire,
    bytes: &[Wire; 32],
    point: &PointWires,
    negated: bool,
) {
    let Encoded { y, sign } = split(sheet, bytes);
    sheet.equal_mod_p(&curve.one, &y, &point.y);
    sheet.nonzero_mod_p(&point.x);
    let parity = parity(sheet, curve, &point.x);
    if negated {
        sheet.vanishing(zero, &[(Fr::ONE, parity), (Fr::ONE, sign)], -Fr::ONE);
    } else {
        sheet.equal(parity, sign);
    }
}
