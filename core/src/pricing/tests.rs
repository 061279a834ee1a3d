//! Prices against exact 256-bit arithmetic, over all of the integer ranges.

use super::*;
use proptest::prelude::*;

fn wide_time() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), (0u64..100).prop_map(|x| u64::MAX - x)]
}

fn wide_amount() -> impl Strategy<Value = u128> {
    prop_oneof![Just(0), Just(u128::MAX), any::<u128>(), any::<u64>().prop_map(u128::from)]
}

fn wide_length() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(1), Just(u32::MAX), any::<u32>(), 0u32..1000]
}

fn valid_offer() -> impl Strategy<Value = Offer> {
    (wide_amount(), wide_amount(), wide_time(), prop::array::uniform3(wide_length())).prop_map(
        |(a, b, start, mut lengths)| {
            lengths.sort();
            let [ramp_length, lock_timeout, timeout] = lengths;
            let ramp_start = start.min(u64::MAX - u64::from(timeout));
            Offer { min_price: a.min(b), max_price: a.max(b), ramp_start, ramp_length, lock_timeout, timeout }
        },
    )
}

/// The definition in unbounded integers.
fn model(o: &Offer, t: u64) -> U256 {
    let [min, max, start, t] =
        [U256::from(o.min_price), U256::from(o.max_price), U256::from(o.ramp_start), U256::from(t)];
    let [ramp, lock] = [o.ramp_length, o.lock_timeout].map(U256::from);
    if t > start + lock {
        U256::ZERO
    } else if t <= start {
        min
    } else if t >= start + ramp {
        max
    } else {
        min + (max - min) * (t - start) / ramp
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn price_equals_the_definition(o in valid_offer(), t in wide_time(), near in 0u64..=u64::from(u32::MAX)) {
        prop_assert_eq!(o.validate(), Ok(()));
        for t in [t, o.ramp_start, o.ramp_start.saturating_add(near), o.ramp_start.saturating_add(near % (u64::from(o.ramp_length) + 2)),
                  o.lock_deadline(), o.lock_deadline().saturating_add(1)] {
            prop_assert_eq!(U256::from(o.price_at(t)), model(&o, t), "at {}", t);
        }
    }

    #[test]
    fn price_stays_between_its_bounds_and_never_falls_before_the_deadline(o in valid_offer(), a in any::<u64>(), b in any::<u64>()) {
        let (a, b) = (a.min(b).min(o.lock_deadline()), a.max(b).min(o.lock_deadline()));
        prop_assert!(o.price_at(a) <= o.price_at(b));
        prop_assert!(o.min_price <= o.price_at(a) && o.price_at(b) <= o.max_price);
        if let Some(late) = o.lock_deadline().checked_add(1) { prop_assert_eq!(o.price_at(late), 0); }
    }

    #[test]
    fn nothing_overflows_for_terms_that_no_contract_accepts(min_price in wide_amount(), max_price in wide_amount(), ramp_start in wide_time(),
        ramp_length in wide_length(), lock_timeout in wide_length(), timeout in wide_length(), t in wide_time()) {
        let o = Offer { min_price, max_price, ramp_start, ramp_length, lock_timeout, timeout };
        prop_assert!(o.price_at(t) <= min_price.max(max_price));
        let expected = if min_price > max_price { Err(OfferError::Prices { min: min_price, max: max_price }) }
            else if ramp_length > lock_timeout || lock_timeout > timeout { Err(OfferError::Order { ramp: ramp_length, lock: lock_timeout, timeout }) }
            else if ramp_start.checked_add(timeout.into()).is_none() { Err(OfferError::Overflow { start: ramp_start, timeout }) }
            else { Ok(()) };
        prop_assert_eq!(o.validate(), expected);
    }

    #[test]
    fn the_first_time_at_a_price_is_the_first(o in valid_offer(), target in wide_amount()) {
        match o.first_time_at(target) {
            None => prop_assert!(o.price_at(o.lock_deadline()) < target),
            Some(0) => prop_assert!(o.price_at(0) >= target),
            Some(t) => { prop_assert!(o.price_at(t) >= target); prop_assert!(o.price_at(t - 1) < target); }
        }
    }

    #[test]
    fn collateral_is_the_exact_ceiling(base in wide_amount(), score in 0u16..=1000, max_price in wide_amount(), bps in 0u16..=10_000) {
        let c = required_collateral(base, score, max_price, bps);
        let (by_trust, floor) = (U256::from(base) * U256::from(2000 - score), U256::from(max_price) * U256::from(bps));
        let (thousand, bps) = (U256::from(1000), U256::from(BPS));
        prop_assert!(c * thousand >= by_trust && c * bps >= floor, "never too little");
        if c > U256::ZERO {
            let less = c - U256::from(1);
            prop_assert!(less * thousand < by_trust || less * bps < floor, "never one too many");
        }
    }
}

#[test]
fn a_worked_ramp() {
    let o = Offer {
        min_price: 100,
        max_price: 200,
        ramp_start: 1000,
        ramp_length: 30,
        lock_timeout: 60,
        timeout: 120,
    };
    let prices = [0, 1000, 1001, 1015, 1029, 1030, 1060, 1061].map(|t| o.price_at(t));
    assert_eq!(prices, [100, 100, 103, 150, 196, 200, 200, 0]);
    assert_eq!((o.lock_deadline(), o.deadline()), (1060, 1120));
}

#[test]
fn collateral_runs_from_twice_the_base_to_the_base_and_stops_at_the_floor() {
    let c = |score, floor| required_collateral(1000, score, 50_000, floor);
    assert_eq!(
        [c(0, 0), c(500, 0), c(1000, 0), c(u16::MAX, 0)].map(|x| x.to::<u64>()),
        [2000, 1500, 1000, 1000]
    );
    assert_eq!(c(1000, 500).to::<u64>(), 2500);
    assert_eq!(required_collateral(1, 999, 0, 0).to::<u64>(), 2, "1.001 rounds up");
    assert_eq!(required_collateral(u128::MAX, 0, 0, 0), U256::from(u128::MAX) * U256::from(2));
}
