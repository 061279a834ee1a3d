//! The Grain LFSR that fixes Poseidon's constants (Poseidon, USENIX 2021, appendix E), over BN254's scalar field.

use crate::field::{Fr, fr_from_be, fr_reduce};
use alloy_primitives::B256;

/// Bits of the field modulus: candidates are drawn with this many bits.
const FIELD_BITS: usize = 254;
/// Outputs that the specification throws away before the first one is used.
const WARM_UP: usize = 160;

/// The 80-bit register. Bit 0 of `state` is the oldest bit.
pub(crate) struct Grain {
    state: u128,
}

impl Grain {
    /// Seeds the register as the reference script does: prime field (1), S-box x^alpha (0), n, t, R_F, R_P, thirty ones.
    pub(crate) fn new(width: u16, full_rounds: u16, partial_rounds: u16) -> Self {
        let fields: [(u128, u32); 7] = [
            (1, 2),
            (0, 4),
            (FIELD_BITS as u128, 12),
            (width.into(), 12),
            (full_rounds.into(), 10),
            (partial_rounds.into(), 10),
            ((1 << 30) - 1, 30),
        ];
        let mut bits = Vec::with_capacity(80);
        for (value, len) in fields {
            bits.extend((0..len).rev().map(|i| value.wrapping_shr(i) & 1));
        }
        let state = bits.iter().rev().fold(0, |acc: u128, bit| acc.wrapping_shl(1) | bit);
        let mut grain = Self { state };
        for _ in 0..WARM_UP {
            grain.step();
        }
        grain
    }

    /// Clocks the register once and gives the new bit.
    fn step(&mut self) -> u8 {
        let tap = |i: u32| self.state.wrapping_shr(i) & 1;
        let new = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
        self.state = self.state.wrapping_shr(1) | new.wrapping_shl(79);
        u8::from(new == 1)
    }

    /// The next output bit: pairs are drawn, the first of a pair says whether the second is used.
    fn bit(&mut self) -> u8 {
        loop {
            let keep = self.step();
            let bit = self.step();
            if keep == 1 {
                return bit;
            }
        }
    }

    /// 254 output bits as a big-endian integer.
    fn integer(&mut self) -> [u8; 32] {
        let mut bytes = [0u8; 32];
        // 256 - 254 leading zero bits.
        for (i, byte) in bytes.iter_mut().enumerate() {
            let bits = if i == 0 { 6 } else { 8 };
            for _ in 0..bits {
                *byte = byte.wrapping_shl(1) | self.bit();
            }
        }
        bytes
    }

    /// A field element by rejection sampling: the rule for round constants.
    pub(crate) fn element(&mut self) -> Fr {
        loop {
            if let Ok(x) = fr_from_be(&self.integer()) {
                return x;
            }
        }
    }

    /// A field element by reduction: the rule for the matrix.
    fn reduced(&mut self) -> Fr {
        fr_reduce(B256::from(self.integer()))
    }

    /// The Cauchy matrix m[i][j] = 1 / (x_i + y_j), drawn again until all its x, y and sums are usable.
    pub(crate) fn mds(&mut self) -> [[Fr; 3]; 3] {
        loop {
            let xs: [Fr; 3] = std::array::from_fn(|_| self.reduced());
            let ys: [Fr; 3] = std::array::from_fn(|_| self.reduced());
            let sums = xs.map(|x| ys.map(|y| x + y));
            let inverses = sums.map(|row| row.map(|s| Option::<Fr>::from(s.invert())));
            if let [[Some(a), Some(b), Some(c)], [Some(d), Some(e), Some(f)], [Some(g), Some(h), Some(i)]] =
                inverses
            {
                let all: std::collections::HashSet<Fr> = xs.into_iter().chain(ys).collect();
                if all.len() == 6 {
                    return [[a, b, c], [d, e, f], [g, h, i]];
                }
            }
        }
    }
}
