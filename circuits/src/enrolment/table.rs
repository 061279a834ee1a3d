//! The lookup table: one function per key, `value = function(argument)`.
//!
//! | key | argument | value |
//! |---|---|---|
//! | [`RANGE`] | 0 … 2^13 − 1 | 0 |
//! | [`spread_key`]`(n)`, n = 1 … 13 | 0 … 2^n − 1 | the argument with a zero between its bits: bit i goes to bit 2i |
//! | [`BASE`]` + l` | 0 … 255 | limb l of [argument]B |
//! | [`KEY_POINT`]` + l` | 0 … 15 | 0, plus the cell of column t on that row: limb l of [argument]N, a witness |
//!
//! Limbs 0 to 3 are x, 4 to 7 y, 8 to 11 t = d·x·y, of 64 bits, least significant first. Rows beyond are (0, 0, 0), which
//! is a row of RANGE.

use super::native::{Point, limbs};
use halo2curves::bn256::Fr;
use nonos_core::field::fr_from_u128;

/// Bits of a range-checked chunk.
pub const CHUNK_BITS: usize = 13;
/// Key of the range check.
pub const RANGE: u64 = 0;
/// First key of the multiples of the base point, one per limb.
pub const BASE: u64 = 16;
/// First key of the multiples of the key point, one per limb.
pub const KEY_POINT: u64 = 32;
/// Bits of a digit of s.
pub const BASE_WINDOW: usize = 8;
/// Bits of a digit of the challenge.
pub const KEY_WINDOW: usize = 4;
/// Limbs of an addend: x, y and d·x·y.
pub const POINT_LIMBS: usize = 12;

/// The key under which n-bit pieces are spread.
pub const fn spread_key(bits: usize) -> u64 {
    bits as u64
}

/// Bit i goes to bit 2i.
pub fn spread(value: u64) -> u128 {
    (0..64).fold(0, |sum, i| sum | (u128::from((value >> i) & 1) << (2 * i)))
}

/// One row: key, argument, fixed part of the value.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which function.
    pub key: u64,
    /// Its argument.
    pub argument: u64,
    /// Its value.
    pub value: Fr,
}

/// The limbs of a point and of d·x·y.
pub fn point_limbs(point: &Point) -> [u64; POINT_LIMBS] {
    let [x, y, t] = [limbs(&point.x), limbs(&point.y), limbs(&point.t())];
    std::array::from_fn(|i| [x, y, t][i / 4][i % 4])
}

/// [0]P, [1]P, …
pub fn multiples(point: &Point, count: usize) -> Vec<Point> {
    std::iter::successors(Some(Point::identity()), |last| Some(last.add(point))).take(count).collect()
}

/// The rows whose values are fixed.
pub fn fixed_entries() -> Vec<Entry> {
    let range = (0..1 << CHUNK_BITS).map(|argument| Entry { key: RANGE, argument, value: Fr::zero() });
    let spreads = (1..=CHUNK_BITS).flat_map(|bits| {
        (0..1u64 << bits).map(move |argument| Entry {
            key: spread_key(bits),
            argument,
            value: fr_from_u128(spread(argument)),
        })
    });
    let multiples: Vec<_> = multiples(Point::base(), 1 << BASE_WINDOW).iter().map(point_limbs).collect();
    let base = (0..POINT_LIMBS).flat_map(|limb| {
        let of = |(argument, limbs): (usize, &[u64; POINT_LIMBS])| Entry {
            key: BASE + limb as u64,
            argument: argument as u64,
            value: Fr::from(limbs[limb]),
        };
        multiples.iter().enumerate().map(of).collect::<Vec<_>>()
    });
    range.chain(spreads).chain(base).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn spreading_puts_bits_on_even_places() {
        assert_eq!(spread(0b1011), 0b1000101);
        assert_eq!(spread(u64::MAX), u128::MAX / 3);
    }

    #[test]
    fn no_key_has_an_argument_twice() {
        let entries = fixed_entries();
        let distinct: BTreeSet<_> = entries.iter().map(|entry| (entry.key, entry.argument)).collect();
        assert_eq!(distinct.len(), entries.len());
        assert_eq!(entries.len(), 8192 + 16382 + 3072);
    }
}
