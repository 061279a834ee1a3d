//! Arithmetic modulo p = 2^255 − 19 with four limbs of radix 2^64.
//!
//! # Why the gates speak about integers
//!
//! Every limb is range-checked to 65 bits (five chunks of 13), or is an entry of the fixed table, or a copy of either. A
//! sum of products is the pair (lo, hi) of [`super::gates`]; [`Sum`] carries a bound for the absolute value of each half
//! and asserts what follows when it is reduced:
//!
//! ```text
//! |lo| + 19·2^78 + 2^206 + 2^130 < r/2     and     |hi| + 2^78 + 2^205 + 2^130 < r/2
//! ```
//!
//! With q, e < 2^78 by range check, both equations of `reduce` then hold over the integers, not only modulo r. Together they
//! say lo + 2^128·hi = q·p + o with o = o0 + 2^64·o1 + 2^128·o2 + 2^192·o3, so the sum of products is o modulo p, or 0 where
//! there is no remainder. The values are not unique modulo p; [`super::encoding`] makes them so where bytes are compared.
//!
//! Every honest quotient and carry fits: |lo + 2^128·hi| < 2^77·p and |lo| + 19·2^77 < 2^204 are asserted too.

use super::native::{limbs, p};
use super::sheet::{Sheet, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::PrimeField;
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

/// Range-checked bits of a limb.
pub const LIMB_BITS: u32 = 65;
/// Chunks of a limb.
const LIMB_CHUNKS: usize = 5;
/// Chunks of quotient and carry: 78 bits.
const SMALL_CHUNKS: usize = 6;
/// Quotient and carry are stored with 2^77 added.
pub const OFFSET_BITS: u32 = 77;

/// A field element: limbs that are range-checked, and the integer that they stand for.
#[derive(Clone, Debug)]
pub struct Element {
    /// Least significant first.
    pub limbs: [Wire; 4],
    /// The limbs as integers.
    ints: [BigInt; 4],
    /// Σ limb·2^(64 i), not necessarily below p.
    pub value: BigUint,
}

impl Element {
    /// An element out of limbs that are range-checked elsewhere: [`Sheet::load`], the lookup table, sums of eight bytes.
    ///
    /// # Panics
    /// If a limb has more than 65 bits, which [`Sum`] relies on: gadgets hand over only what they have checked.
    pub fn from_wires(limbs: [Wire; 4]) -> Self {
        let ints = limbs.map(|wire| BigInt::from_bytes_le(Sign::Plus, wire.value.to_repr().as_ref()));
        assert!(ints.iter().all(|limb| limb.bits() <= u64::from(LIMB_BITS)), "a limb has more than 65 bits");
        let value: BigInt = ints.iter().rev().fold(BigInt::zero(), |sum, limb| (sum << 64u32) + limb);
        Element { limbs, ints, value: value.to_biguint().unwrap_or_default() }
    }
}

/// A sum of products under construction, as two halves.
#[derive(Clone, Debug)]
pub struct Sum {
    lo: BigInt,
    hi: BigInt,
    lo_bound: BigInt,
    hi_bound: BigInt,
    started: bool,
}

impl Sheet {
    /// A new element with the value's four 64-bit limbs.
    pub fn load(&mut self, value: &BigUint) -> Element {
        let limbs = limbs(value);
        Element::from_wires(limbs.map(|limb| self.range(&BigUint::from(limb), LIMB_CHUNKS)))
    }

    /// The empty sum.
    pub fn sum_of_products(&mut self) -> Sum {
        self.sum_from(0)
    }

    /// A sum that starts from a small constant.
    pub fn sum_from(&mut self, constant: i64) -> Sum {
        let (lo, zero) = (BigInt::from(constant), BigInt::zero());
        let started = constant != 0;
        if started {
            self.sum(&[], signed(&lo));
        }
        Sum { lo_bound: lo.abs(), lo, hi: zero.clone(), hi_bound: zero, started }
    }

    /// Adds sig·a·b + tau·a. Nothing else may be written to the sheet's arithmetic between this and the reduction.
    pub fn add_product(&mut self, sum: &mut Sum, (sig, tau): (i64, i64), a: &Element, b: &Element) {
        let (lo, hi) = halves(&a.ints, &b.ints);
        let limb = BigInt::one() << LIMB_BITS;
        let largest: [BigInt; 4] = std::array::from_fn(|_| limb.clone());
        let (lo_bound, hi_bound) = halves(&largest, &largest);
        let linear = |ints: &[BigInt]| &ints[0] + (&ints[1] << 64u32);
        sum.lo += lo * sig + linear(&a.ints[..2]) * tau;
        sum.hi += hi * sig + linear(&a.ints[2..]) * tau;
        let linear_bound = linear(&largest[..2]) * tau.abs();
        sum.lo_bound += lo_bound * sig.abs() + &linear_bound;
        sum.hi_bound += hi_bound * sig.abs() + linear_bound;
        let sums = [signed(&sum.lo), signed(&sum.hi)];
        let factors = [sig, tau].map(|factor| signed(&BigInt::from(factor)));
        self.product(&a.limbs, &b.limbs, factors[0], factors[1], sum.started, sums);
        sum.started = true;
    }

    /// The sum modulo p.
    pub fn reduce(&mut self, sum: Sum) -> Element {
        let value = &sum.lo + (&sum.hi << 128u32);
        let remainder = value.mod_floor(&BigInt::from(p().clone())).to_biguint().unwrap_or_default();
        let out = self.load(&remainder);
        self.reduce_to(&sum, Some(&out));
        out
    }

    /// The sum is 0 modulo p.
    pub fn vanish(&mut self, sum: Sum) {
        self.reduce_to(&sum, None);
    }

    fn reduce_to(&mut self, sum: &Sum, out: Option<&Element>) {
        sum.check_bounds();
        let modulus = BigInt::from(p().clone());
        let remainder = out.map_or_else(BigInt::zero, |out| BigInt::from(out.value.clone()));
        let quotient = (&sum.lo + (&sum.hi << 128u32) - &remainder).div_floor(&modulus);
        let low = &remainder % (BigInt::one() << 128u32);
        let carry: BigInt = (&sum.lo + &quotient * 19 - low) >> 128u32;
        let offset = BigInt::one() << OFFSET_BITS;
        // A sum that does not vanish, or an operand out of range, gives a carry that breaks the gate or the lookup.
        let small = |value: BigInt| (value + &offset).to_biguint().unwrap_or_default();
        let quotient = self.range(&small(quotient), SMALL_CHUNKS);
        let carry = self.range(&small(carry), SMALL_CHUNKS);
        self.reduction(quotient, carry, out.map(|out| &out.limbs));
    }

    /// a·b mod p.
    pub fn multiply(&mut self, a: &Element, b: &Element) -> Element {
        let mut sum = self.sum_of_products();
        self.add_product(&mut sum, (1, 0), a, b);
        self.reduce(sum)
    }

    /// a = b mod p; `one` is the element 1.
    pub fn equal_mod_p(&mut self, one: &Element, a: &Element, b: &Element) {
        let mut sum = self.sum_of_products();
        self.add_product(&mut sum, (1, 0), a, one);
        self.add_product(&mut sum, (-1, 0), b, one);
        self.vanish(sum);
    }

    /// a ≠ 0 mod p: some inverse exists with a·inverse − 1 = 0.
    pub fn nonzero_mod_p(&mut self, a: &Element) {
        let inverse = self.load(&super::native::inv(&(&a.value % p())));
        let mut sum = self.sum_from(-1);
        self.add_product(&mut sum, (1, 0), a, &inverse);
        self.vanish(sum);
    }
}

impl Sum {
    /// The inequalities of the module's documentation.
    fn check_bounds(&self) {
        let power = |bits: u32| BigInt::one() << bits;
        let half = BigInt::from_bytes_be(Sign::Plus, &nonos_core::field::MODULUS.to_be_bytes::<32>()) >> 1u32;
        let small = power(OFFSET_BITS + 1);
        let limbs = power(LIMB_BITS) + (power(LIMB_BITS) << 64u32);
        assert!(&self.lo_bound + &small * 19 + (&small << 128u32) + &limbs < half, "the low half may wrap");
        assert!(&self.hi_bound + &small + (&small << 127u32) + &limbs < half, "the high half may wrap");
        let largest = &self.lo_bound + (&self.hi_bound << 128u32) + (&limbs << 129u32);
        let modulus = BigInt::from(p().clone());
        assert!(largest < modulus << OFFSET_BITS, "an honest quotient may not fit");
        assert!(
            (&self.lo_bound + &small * 19 + &limbs) >> 128u32 < power(OFFSET_BITS),
            "an honest carry may not fit"
        );
    }
}

/// lo and hi of [`super::gates`].
fn halves(a: &[BigInt; 4], b: &[BigInt; 4]) -> (BigInt, BigInt) {
    let t = |i: usize, j: usize| &a[i] * &b[j];
    let lo = t(0, 0)
        + (t(1, 3) + t(2, 2) + t(3, 1)) * 38
        + ((t(0, 1) + t(1, 0) + (t(2, 3) + t(3, 2)) * 38) << 64u32);
    let hi = t(0, 2) + t(1, 1) + t(2, 0) + t(3, 3) * 38 + ((t(0, 3) + t(1, 2) + t(2, 1) + t(3, 0)) << 64u32);
    (lo, hi)
}

/// A signed integer as a field element.
pub fn signed(value: &BigInt) -> Fr {
    let magnitude = super::sheet::integer(value.magnitude());
    if value.is_negative() { -magnitude } else { magnitude }
}

/// The element of a small constant, for which a wire of each limb is at hand.
pub fn constant_element(sheet: &mut Sheet, value: &BigUint) -> Element {
    Element::from_wires(limbs(value).map(|limb| sheet.sum(&[], Fr::from(limb))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2curves::ff::Field;

    #[test]
    fn the_halves_are_the_product_modulo_p() {
        let a = (BigUint::one() << 255u32) - 20u32;
        let b = BigUint::from(3u32).modpow(&BigUint::from(1000u32), p());
        let ints = |v: &BigUint| limbs(v).map(BigInt::from);
        let (lo, hi) = halves(&ints(&a), &ints(&b));
        let modulus = BigInt::from(p().clone());
        assert_eq!((lo + (hi << 128u32)).mod_floor(&modulus), BigInt::from(a * b).mod_floor(&modulus));
    }

    #[test]
    fn an_element_is_the_integer_of_its_limbs() {
        let mut sheet = Sheet::new();
        let value = p() - 1u32;
        assert_eq!(sheet.load(&value).value, value);
        assert_eq!(constant_element(&mut sheet, &BigUint::from(7u32)).value, BigUint::from(7u32));
        assert_eq!(signed(&BigInt::from(-1)), -Fr::ONE);
    }
}
