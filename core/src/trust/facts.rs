//! Facts with their decay: what the contract keeps of an operator in one slot, and what it reads from it.
//!
//! With day = time / 86400, h = day / 64, d = day % 64 and `T[d] = floor(2^20 · 2^(d/64))`, a weight w that arrives counts
//! `w · T[d]` in a sum that is halved, rounded down, at each step of h; read is the sum over `T[d]`, rounded down. Halving
//! and rounding down commute with doing it later (`⌊⌊x/2^a⌋/2^b⌋ = ⌊x/2^(a+b)⌋`), so the result depends on the facts and
//! the day alone, however often it was touched in between.

use super::{ONE, Standing};
use alloy_primitives::U256;

/// Days in which a weight halves.
pub const HALF_LIFE_DAYS: u64 = 64;
/// Most that a fault weighs, in whole successes.
pub const MAX_FAULT: u64 = 1000;

const DAY: u64 = 24 * 60 * 60;
const SUM_MAX: u128 = (1 << 80) - 1;
const FAULTS_MAX: u32 = (1 << 24) - 1;

/// T[d] = floor(2^20 · 2^(d/64)), equal to the contract's table.
const SCALE: [u32; 64] = [
    1048576, 1059994, 1071536, 1083205, 1095000, 1106924, 1118977, 1131162, 1143480, 1155931, 1168519,
    1181243, 1194106, 1207109, 1220253, 1233541, 1246974, 1260552, 1274279, 1288155, 1302182, 1316362,
    1330696, 1345186, 1359834, 1374642, 1389611, 1404743, 1420039, 1435503, 1451134, 1466936, 1482910,
    1499058, 1515381, 1531883, 1548564, 1565427, 1582473, 1599705, 1617125, 1634734, 1652535, 1670530,
    1688721, 1707110, 1725699, 1744491, 1763487, 1782690, 1802102, 1821726, 1841563, 1861617, 1881888,
    1902381, 1923096, 1944038, 1965207, 1986606, 2008239, 2030107, 2052214, 2074561,
];

/// What a market settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// A request was paid out against a proof.
    Fulfilled,
    /// A locked request was not served; its collateral was slashed.
    Faulted,
    /// A claimed leaf was proven fraudulent.
    Challenged,
}

/// All that is kept of an operator. Starts at the default; [`Facts::record`] is the only way on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Decayed sum of success weights, in units of 1/([`ONE`] · T[d]); 80 bits.
    pub successes: u128,
    /// Decayed sum of fault weights, challenges included, likewise.
    pub faults: u128,
    /// day / 64 of the latest fact.
    pub half_lives: u16,
    /// Number of fulfilments.
    pub fulfilled: u32,
    /// Number of defaults; 24 bits.
    pub faulted: u32,
    /// Number of fraudulent claims; 24 bits.
    pub challenged: u32,
}

/// The weight of a default or a fraudulent claim: `fee/reference`, rounded down, at least 1 and at most [`MAX_FAULT`].
///
/// `fee` is what fulfilment would have burned, so one default undoes at least what serving the request would have earned.
/// With a zero reference (no contract has one) it is the most.
pub fn fault_weight(fee: u128, reference: u128) -> u64 {
    let most = ONE.saturating_mul(MAX_FAULT);
    let weight = U256::from(fee).wrapping_mul(U256::from(ONE)).checked_div(U256::from(reference));
    weight.and_then(|weight| u64::try_from(weight).ok()).unwrap_or(most).clamp(ONE, most)
}

/// The weight of a fact with a fee, burned or forgone.
pub fn weight_of(fact: Fact, fee: u128, reference: u128) -> u64 {
    match fact {
        Fact::Fulfilled => super::success_weight(fee, reference),
        Fact::Faulted | Fact::Challenged => fault_weight(fee, reference),
    }
}

/// Whole half-lives since 1970; saturates at 2^16 - 1.
fn half_lives_at(time: u64) -> u16 {
    u16::try_from(time / DAY / HALF_LIFE_DAYS).unwrap_or(u16::MAX)
}

fn scale_at(time: u64) -> u128 {
    let d = usize::try_from(time / DAY % HALF_LIFE_DAYS).unwrap_or(0);
    SCALE.get(d).copied().map_or(1, u128::from)
}

impl Facts {
    /// Both sums halved up to the day of `time`. Where time seems to run backwards, nothing is halved.
    #[must_use]
    fn advanced(self, time: u64) -> Self {
        let today = half_lives_at(time);
        let Some(steps) = today.checked_sub(self.half_lives).filter(|steps| *steps > 0) else { return self };
        let halve = |sum: u128| sum.checked_shr(steps.into()).unwrap_or(0);
        Self { successes: halve(self.successes), faults: halve(self.faults), half_lives: today, ..self }
    }

    /// Adds a fact that weighs `weight` on the day of `time`; sums and counters saturate.
    #[must_use]
    pub fn record(self, fact: Fact, weight: u64, time: u64) -> Self {
        let mut facts = self.advanced(time);
        let add =
            |sum: u128| sum.saturating_add(u128::from(weight).saturating_mul(scale_at(time))).min(SUM_MAX);
        match fact {
            Fact::Fulfilled => {
                facts.successes = add(facts.successes);
                facts.fulfilled = facts.fulfilled.saturating_add(1);
            }
            Fact::Faulted => {
                facts.faults = add(facts.faults);
                facts.faulted = facts.faulted.saturating_add(1).min(FAULTS_MAX);
            }
            Fact::Challenged => {
                facts.faults = add(facts.faults);
                facts.challenged = facts.challenged.saturating_add(1).min(FAULTS_MAX);
            }
        }
        facts
    }

    /// The decayed weights on the day of `time`.
    pub fn standing(&self, time: u64) -> Standing {
        let facts = self.advanced(time);
        let read = |sum: u128| {
            let weight = sum.checked_div(scale_at(time)).unwrap_or(0);
            u64::try_from(weight).unwrap_or(u64::MAX)
        };
        Standing { successes: read(facts.successes), faults: read(facts.faults) }
    }

    /// The score on the day of `time`.
    pub fn score(&self, time: u64) -> u16 {
        self.standing(time).score()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Vec<(Fact, u64, u64)>> {
        let fact = prop_oneof![Just(Fact::Fulfilled), Just(Fact::Faulted), Just(Fact::Challenged)];
        let weight = prop_oneof![Just(0), Just(ONE), 0..=ONE * MAX_FAULT];
        prop::collection::vec((fact, weight, 0u64..400 * DAY), 0..20)
    }

    #[test]
    fn the_table_is_its_definition() {
        for (d, t) in SCALE.iter().enumerate() {
            // f64 has 52 bits for these 21: the floor is exact unless a value were within 2^-31 of an integer.
            let exact = (20.0 + d as f64 / 64.0).exp2();
            assert_eq!(f64::from(*t), exact.floor(), "T[{d}]");
        }
    }

    #[test]
    fn a_weight_reads_back_whole_on_its_day_and_half_after_64_days() {
        for day in 0..200u64 {
            let facts = Facts::default().record(Fact::Fulfilled, ONE, day * DAY + 5);
            assert_eq!(facts.standing(day * DAY + DAY - 1).successes, ONE, "day {day}");
            assert_eq!(facts.standing((day + 64) * DAY).successes, ONE / 2, "64 days after day {day}");
            let week = facts.standing((day + 7) * DAY).successes;
            assert!((926_900..=927_100).contains(&week), "0.927 after a week, not {week}");
        }
        let facts = Facts::default().record(Fact::Faulted, ONE * MAX_FAULT, 0);
        assert_eq!(facts.standing(u64::MAX), Standing::default(), "everything is forgotten in the end");
    }

    #[test]
    fn faults_weigh_by_value_within_bounds() {
        assert_eq!(fault_weight(0, 10), ONE);
        assert_eq!(fault_weight(25, 10), ONE * 5 / 2);
        assert_eq!(fault_weight(u128::MAX, 10), ONE * MAX_FAULT);
        assert_eq!(fault_weight(10_001, 10), ONE * MAX_FAULT);
        assert_eq!(fault_weight(1, 0), ONE * MAX_FAULT);
        for fee in [0, 1, 9, 10, 11, 1000] {
            let (fault, success) = (fault_weight(fee, 10), weight_of(Fact::Fulfilled, fee, 10));
            assert!(fault >= success, "a default undoes what serving would have earned");
        }
    }

    proptest! {
        #[test]
        fn touching_in_between_changes_nothing(list in facts(), touches in prop::collection::vec(0u64..900 * DAY, 0..10), at in 400 * DAY..1000 * DAY) {
            let mut list = list;
            list.sort_by_key(|(_, _, time)| *time);
            let (mut rarely, mut often) = (Facts::default(), Facts::default());
            let mut touches = touches;
            touches.sort_unstable();
            for (fact, weight, time) in list {
                for touch in touches.iter().filter(|touch| **touch <= time) {
                    often = often.advanced(*touch);
                }
                rarely = rarely.record(fact, weight, time);
                often = often.record(fact, weight, time);
            }
            for touch in touches.into_iter().filter(|touch| *touch <= at) {
                often = often.advanced(touch);
            }
            prop_assert_eq!(rarely.standing(at), often.standing(at));
            prop_assert_eq!(rarely.advanced(at), often.advanced(at));
        }

        #[test]
        fn weights_only_fall_between_facts(list in facts(), a in 400 * DAY..2000 * DAY, b in 400 * DAY..2000 * DAY) {
            let mut list = list;
            list.sort_by_key(|(_, _, time)| *time);
            let facts = list.into_iter().fold(Facts::default(), |f, (fact, weight, time)| f.record(fact, weight, time));
            let (early, late) = (facts.standing(a.min(b)), facts.standing(a.max(b)));
            prop_assert!(early.successes >= late.successes && early.faults >= late.faults);
        }

        #[test]
        fn any_order_of_facts_within_a_day_is_the_same(list in facts(), day in 0u64..500) {
            let record = |f: Facts, (fact, weight, _): &(Fact, u64, u64)| f.record(*fact, *weight, day * DAY);
            let forward = list.iter().fold(Facts::default(), record);
            let backward = list.iter().rev().fold(Facts::default(), record);
            prop_assert_eq!(forward, backward);
        }

        #[test]
        fn nothing_overflows(successes in 0..=SUM_MAX, faults in 0..=SUM_MAX, half_lives in any::<u16>(), weight in any::<u64>(), time in any::<u64>()) {
            let facts = Facts { successes, faults, half_lives, fulfilled: u32::MAX, faulted: FAULTS_MAX, challenged: FAULTS_MAX };
            for fact in [Fact::Fulfilled, Fact::Faulted, Fact::Challenged] {
                let next = facts.record(fact, weight, time);
                prop_assert!(next.successes <= SUM_MAX && next.faults <= SUM_MAX);
                prop_assert!(next.faulted <= FAULTS_MAX && next.challenged <= FAULTS_MAX);
                prop_assert!(next.score(time) < 1000);
            }
        }
    }
}
