//! Trust scores: a pure function of settled successes and faults, equal to the contract's in every bit.
//!
//! `score = floor( 1000 · (s+1)/(s+4f+2) · s/(s+16) )`. s and f are fixed-point numbers of six decimals, because a success
//! weighs at most one, by the protocol fee it burned, and a fault weighs by value. One floor, at the very end.

mod facts;

pub use facts::{Fact, Facts, HALF_LIFE_DAYS, MAX_FAULT, fault_weight, weight_of};

use alloy_primitives::U256;

/// Fixed-point one.
pub const ONE: u64 = 1_000_000;
/// Upper bound of a score. It is approached, never reached.
pub const MAX_SCORE: u16 = 1000;

/// Weighed successes and faults of one operator or verifier, in units of 1/[`ONE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Sum of success weights.
    pub successes: u64,
    /// Sum of fault weights.
    pub faults: u64,
}

/// The weight of a success: `min(1, burned/reference)`, rounded down. `burned` and `reference` are token amounts.
///
/// Only burned fees count: requester addresses cost nothing, burned fees cannot be had back. A zero reference gives
/// zero: an unset parameter must not make every success a full one.
pub fn success_weight(burned: u128, reference: u128) -> u64 {
    if reference == 0 {
        return 0;
    }
    if burned >= reference {
        return ONE;
    }
    let weight = U256::from(burned).wrapping_mul(U256::from(ONE)).checked_div(U256::from(reference));
    weight.and_then(|w| u64::try_from(w).ok()).unwrap_or(ONE)
}

impl Standing {
    /// The score, 0 to 999: with S = s·10^6, F = f·10^6, U = 10^6 it is
    /// `floor( 1000·(S+U)·S / ((S+4F+2U)·(S+16U)) )`, all in 256-bit integers.
    pub fn score(&self) -> u16 {
        let [s, f, u] = [self.successes, self.faults, ONE].map(U256::from);
        let times = |x: U256, n: u64| x.wrapping_mul(U256::from(n));
        let plus = |x: U256, y: U256| x.wrapping_add(y);
        // Factors are below 2^67 and 2^78: no product comes near 2^256.
        let numerator = times(plus(s, u).wrapping_mul(s), 1000);
        let odds = plus(plus(s, times(f, 4)), times(u, 2));
        let denominator = odds.wrapping_mul(plus(s, times(u, 16)));
        let score = numerator.checked_div(denominator).unwrap_or(U256::ZERO);
        u16::try_from(score).unwrap_or(MAX_SCORE)
    }

    /// Adds a success; saturates.
    #[must_use]
    pub const fn with_success(self, weight: u64) -> Self {
        Self { successes: self.successes.saturating_add(weight), ..self }
    }

    /// Adds a fault; saturates.
    #[must_use]
    pub const fn with_fault(self, weight: u64) -> Self {
        Self { faults: self.faults.saturating_add(weight), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn standing(s: u64, f: u64) -> Standing {
        Standing { successes: s * ONE, faults: f * ONE }
    }

    #[test]
    fn worked_values() {
        // 1000·(s+1)/(s+4f+2)·s/(s+16) by hand.
        let cases = [
            (0, 0, 0),      // nothing known
            (1, 0, 39),     // 1000·2/3·1/17 = 39.2
            (16, 0, 472),   // 1000·17/18·16/32 = 472.2
            (100, 0, 853),  // 1000·101/102·100/116 = 853.6
            (100, 10, 613), // 1000·101/142·100/116 = 613.1
            (0, 5, 0),
            (10_000, 0, 998), // 998.3
        ];
        for (s, f, expected) in cases {
            assert_eq!(standing(s, f).score(), expected, "s = {s}, f = {f}");
        }
        assert_eq!(Standing { successes: u64::MAX, faults: 0 }.score(), 999, "never reaches 1000");
    }

    #[test]
    fn success_weight_is_capped_and_needs_a_reference() {
        assert_eq!(success_weight(0, 10), 0);
        assert_eq!(success_weight(1, 3), 333_333);
        assert_eq!(success_weight(10, 10), ONE);
        assert_eq!(success_weight(u128::MAX, 1), ONE);
        assert_eq!(success_weight(u128::MAX - 1, u128::MAX), ONE - 1);
        assert_eq!(success_weight(u128::MAX, 0), 0);
    }

    proptest! {
        #[test]
        fn score_is_the_floor_of_the_exact_rational(s in any::<u64>(), f in any::<u64>()) {
            let score = Standing { successes: s, faults: f }.score();
            let [x, s, f, u] = [u64::from(score), s, f, ONE].map(U256::from);
            let n = |k: u64| U256::from(k);
            let numerator = n(1000) * (s + u) * s;
            let denominator = (s + n(4) * f + n(2) * u) * (s + n(16) * u);
            prop_assert!(x * denominator <= numerator && numerator < (x + n(1)) * denominator);
            prop_assert!(score < MAX_SCORE);
        }

        #[test]
        fn success_never_lowers_and_fault_never_raises(s in any::<u64>(), f in any::<u64>(), w in any::<u64>()) {
            let before = Standing { successes: s, faults: f };
            prop_assert!(before.with_success(w).score() >= before.score());
            prop_assert!(before.with_fault(w).score() <= before.score());
        }
    }
}
