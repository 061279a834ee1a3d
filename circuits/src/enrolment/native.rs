//! edwards25519 in plain integers: what the witness, the tables and the tests compute with.
//!
//! Nothing here is constant-time: points and digits of a signature are public or become part of a witness that is in
//! memory anyway. Scalars that sign never come here.

use num_bigint::BigUint;
use num_traits::{One, Zero};
use std::sync::OnceLock;

/// p = 2^255 − 19.
pub fn p() -> &'static BigUint {
    static CELL: OnceLock<BigUint> = OnceLock::new();
    CELL.get_or_init(|| (BigUint::one() << 255u32) - 19u32)
}

/// L = 2^252 + 27742317777372353535851937790883648493, the order of the base point.
pub fn order() -> &'static BigUint {
    static CELL: OnceLock<BigUint> = OnceLock::new();
    CELL.get_or_init(|| {
        (BigUint::one() << 252u32) + BigUint::from(27_742_317_777_372_353_535_851_937_790_883_648_493u128)
    })
}

/// d = −121665/121666.
pub fn d() -> &'static BigUint {
    static CELL: OnceLock<BigUint> = OnceLock::new();
    CELL.get_or_init(|| neg(&mul(&BigUint::from(121_665u32), &inv(&BigUint::from(121_666u32)))))
}

/// √−1, as RFC 8032 names it: 2^((p−1)/4).
fn root_of_minus_one() -> &'static BigUint {
    static CELL: OnceLock<BigUint> = OnceLock::new();
    CELL.get_or_init(|| BigUint::from(2u32).modpow(&((p() - 1u32) >> 2u32), p()))
}

/// a·b mod p.
pub fn mul(a: &BigUint, b: &BigUint) -> BigUint {
    a * b % p()
}

/// −a mod p.
pub fn neg(a: &BigUint) -> BigUint {
    (p() - a % p()) % p()
}

/// a^−1 mod p; 0 for 0.
pub fn inv(a: &BigUint) -> BigUint {
    a.modpow(&(p() - 2u32), p())
}

/// A point (x, y) of −x² + y² = 1 + d·x²·y².
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Below p.
    pub x: BigUint,
    /// Below p.
    pub y: BigUint,
}

impl Point {
    /// The neutral element (0, 1).
    pub fn identity() -> Self {
        Point { x: BigUint::zero(), y: BigUint::one() }
    }

    /// The base point B: y = 4/5, x even.
    pub fn base() -> &'static Point {
        static CELL: OnceLock<Point> = OnceLock::new();
        CELL.get_or_init(|| {
            let y = mul(&BigUint::from(4u32), &inv(&BigUint::from(5u32)));
            Point::from_y(y, false).unwrap_or_else(Point::identity)
        })
    }

    /// The sum; complete on the curve.
    pub fn add(&self, other: &Point) -> Point {
        let (xx, yy) = (mul(&self.x, &other.x), mul(&self.y, &other.y));
        let product = mul(d(), &mul(&xx, &yy));
        let x = mul(&self.x, &other.y) + mul(&self.y, &other.x);
        let y = xx + yy;
        Point { x: mul(&x, &inv(&(&product + 1u32))), y: mul(&y, &inv(&(p() + 1u32 - &product))) }
    }

    /// −(x, y) = (−x, y).
    pub fn negate(&self) -> Point {
        Point { x: neg(&self.x), y: self.y.clone() }
    }

    /// [scalar]P.
    pub fn times(&self, scalar: &BigUint) -> Point {
        let mut sum = Point::identity();
        for i in (0..scalar.bits()).rev() {
            sum = sum.add(&sum);
            if scalar.bit(i) {
                sum = sum.add(self);
            }
        }
        sum
    }

    /// d·x·y, which an addition takes beside the point.
    pub fn t(&self) -> BigUint {
        mul(d(), &mul(&self.x, &self.y))
    }

    /// RFC 8032 encoding.
    pub fn encode(&self) -> [u8; 32] {
        let mut bytes = to_le(&self.y);
        bytes[31] |= u8::from(self.x.bit(0)) << 7;
        bytes
    }

    /// RFC 8032 decoding: refuses y ≥ p, y without an x, and x = 0 with the sign bit set.
    pub fn decode(bytes: &[u8; 32]) -> Option<Point> {
        let sign = bytes[31] >> 7 == 1;
        let mut bytes = *bytes;
        bytes[31] &= 0x7f;
        let y = BigUint::from_bytes_le(&bytes);
        if &y >= p() {
            return None;
        }
        Point::from_y(y, sign)
    }

    fn from_y(y: BigUint, sign: bool) -> Option<Point> {
        let yy = mul(&y, &y);
        let u = (&yy + p() - 1u32) % p();
        let v = (mul(d(), &yy) + 1u32) % p();
        // p = 5 mod 8: (u/v)^((p+3)/8) is a root of u/v or of −u/v.
        let ratio = mul(&u, &inv(&v));
        let mut x = ratio.modpow(&((p() + 3u32) >> 3u32), p());
        if mul(&x, &x) != ratio {
            x = mul(&x, root_of_minus_one());
        }
        if mul(&x, &x) != ratio || (x.is_zero() && sign) {
            return None;
        }
        if x.bit(0) != sign {
            x = neg(&x);
        }
        Some(Point { x, y })
    }
}

/// 32 little-endian bytes of a value below 2^256; higher bits are dropped.
pub fn to_le(value: &BigUint) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (slot, byte) in bytes.iter_mut().zip(value.to_bytes_le()) {
        *slot = byte;
    }
    bytes
}

/// Four 64-bit limbs, least significant first.
pub fn limbs(value: &BigUint) -> [u64; 4] {
    let bytes = to_le(value);
    std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;

    #[test]
    fn multiples_of_the_base_point_are_those_of_dalek() {
        for seed in 0..4u8 {
            let key = SigningKey::from_bytes(&[seed; 32]);
            let scalar = BigUint::from_bytes_le(&key.to_scalar_bytes()[..]);
            let mut clamped = to_le(&scalar);
            clamped[0] &= 248;
            clamped[31] = (clamped[31] & 63) | 64;
            let point = Point::base().times(&BigUint::from_bytes_le(&clamped));
            assert_eq!(point.encode(), key.verifying_key().to_bytes());
            assert_eq!(Point::decode(&point.encode()), Some(point.clone()));
            assert_eq!(point.times(order()), Point::identity());
        }
    }

    #[test]
    fn encodings_that_rfc_8032_excludes_are_refused() {
        let mut minus_zero = Point::identity().encode();
        minus_zero[31] |= 0x80;
        assert_eq!(Point::decode(&minus_zero), None);
        for offset in 0..19u32 {
            assert_eq!(Point::decode(&to_le(&(p() + offset))), None, "y = p + {offset}");
        }
        let mut off_curve = [0; 32];
        off_curve[0] = 2;
        assert_eq!(Point::decode(&off_curve), None);
    }
}
