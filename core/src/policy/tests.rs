//! Policy against a naive bit-by-bit model.

use super::*;
use crate::field::fr_to_u256;
use proptest::prelude::*;

fn bit(words: &[u64; 8], i: usize) -> bool {
    words[i / 64] >> (i % 64) & 1 == 1
}

fn measurement() -> impl Strategy<Value = Fr> {
    (1u64..6).prop_map(Fr::from)
}

/// Masks that are often full or empty, so that subset relations are hit as well as missed.
fn mask() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(u64::MAX), 2 => Just(0), 1 => any::<u64>(), 1 => (0u32..64).prop_map(|i| 1 << i)]
}

fn policy() -> impl Strategy<Value = Policy> {
    (
        prop_oneof![Just(0u128), any::<u128>(), (0u32..128).prop_map(|i| 1 << i)],
        0u8..=4,
        prop::array::uniform8(mask()),
        mask(),
        prop_oneof![Just(MEMORY_PAGES_BOUND - 1), 0..MEMORY_PAGES_BOUND],
        0u8..=4,
        prop::collection::hash_set(measurement(), 0..=4),
    )
        .prop_map(
            |(
                required_cpu,
                min_isolation,
                allowed_syscalls,
                allowed_caps,
                max_memory_pages,
                max_network,
                set,
            )| Policy {
                required_cpu,
                min_isolation,
                allowed_syscalls,
                allowed_caps,
                max_memory_pages,
                max_network,
                measurements: set.into_iter().collect(),
            },
        )
}

fn state() -> impl Strategy<Value = State> {
    (
        prop_oneof![2 => Just(u128::MAX), 1 => any::<u128>()],
        0u8..=4,
        prop::array::uniform8(
            prop_oneof![6 => Just(0u64), 1 => any::<u64>(), 1 => (0u32..64).prop_map(|i| 1 << i)],
        ),
        prop_oneof![4 => Just(0u64), 1 => any::<u64>()],
        prop_oneof![Just(0), 0..MEMORY_PAGES_BOUND],
        0u8..=4,
        measurement(),
    )
        .prop_map(|(cpu, isolation, syscalls, caps, memory_pages, network, measurement)| State {
            cpu,
            isolation,
            syscalls,
            caps,
            memory_pages,
            network,
            measurement,
        })
}

/// Every condition of the State Gate, one bit at a time, over the packed words where the circuit reads them.
fn naive_admits(p: &Policy, s: &State) -> bool {
    let pw = p.words().map(|w| fr_to_u256(&w));
    let sw = s.words().map(|w| fr_to_u256(&w));
    let subset =
        |a: U256, b: U256, bits: std::ops::Range<usize>| bits.into_iter().all(|i| !a.bit(i) || b.bit(i));
    subset(pw[0], sw[0], 0..132)
        && subset(sw[1], pw[1], 0..192)
        && subset(sw[2], pw[2], 0..192)
        && subset(sw[3], pw[3], 0..196)
        && sw[0] >> 132 <= pw[0] >> 132
        && (pw[4].is_zero() || p.measurements.iter().any(|m| fr_to_u256(m) == sw[4]))
}

proptest! {
    #[test]
    fn admits_agrees_with_the_bit_model(p in policy(), s in state()) {
        prop_assert_eq!(p.admits(&s).is_ok(), naive_admits(&p, &s));
    }

    #[test]
    fn a_state_cut_to_the_policy_is_admitted_and_each_excess_is_named(p in policy(), s in state()) {
        let mut s = s;
        s.cpu |= p.required_cpu;
        s.isolation = s.isolation.max(p.min_isolation);
        for (have, allowed) in s.syscalls.iter_mut().zip(p.allowed_syscalls) { *have &= allowed; }
        s.caps &= p.allowed_caps;
        s.memory_pages = s.memory_pages.min(p.max_memory_pages);
        s.network = s.network.min(p.max_network);
        if let Some(m) = p.measurements.first() { s.measurement = *m; }
        prop_assert_eq!(p.admits(&s), Ok(()));

        if p.required_cpu != 0 {
            let lowest = p.required_cpu & p.required_cpu.wrapping_neg();
            let bad = State { cpu: s.cpu & !lowest, ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Cpu { missing: lowest }));
        }
        if let Some(i) = (0..512).find(|i| !bit(&p.allowed_syscalls, *i)) {
            let mut bad = s;
            bad.syscalls[i / 64] |= 1 << (i % 64);
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Syscall { number: i as u16 }));
        }
        if p.max_network < 4 {
            let bad = State { network: 4, ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Network { allowed: p.max_network, actual: 4 }));
        }
        if p.min_isolation > 0 {
            let bad = State { isolation: 0, ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Isolation { required: p.min_isolation, actual: 0 }));
        }
        if p.allowed_caps != u64::MAX {
            let bad = State { caps: u64::MAX, ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Caps { excess: !p.allowed_caps }));
        }
        if p.max_memory_pages < MEMORY_PAGES_BOUND - 1 {
            let actual = p.max_memory_pages + 1;
            let bad = State { memory_pages: actual, ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Memory { allowed: p.max_memory_pages, actual }));
        }
        if !p.measurements.is_empty() {
            let bad = State { measurement: Fr::from(77), ..s };
            prop_assert_eq!(p.admits(&bad), Err(PolicyViolation::Measurement { actual: U256::from(77) }));
        }
    }

    #[test]
    fn packed_words_hold_every_field_at_its_place(p in policy(), s in state()) {
        let w = s.words().map(|w| fr_to_u256(&w));
        let low = |x: U256, bits: usize| x & ((U256::from(1) << bits) - U256::from(1));
        prop_assert_eq!(low(w[0], 128), U256::from(s.cpu));
        prop_assert_eq!(low(w[0] >> 128, 4), U256::from(thermometer(s.isolation)));
        prop_assert_eq!(w[0] >> 132, U256::from(s.memory_pages));
        for i in 0..512 {
            let (word, at) = match i { 0..192 => (1, i), 192..384 => (2, i - 192), _ => (3, i - 384) };
            prop_assert_eq!(w[word].bit(at), bit(&s.syscalls, i));
        }
        prop_assert_eq!(low(w[3] >> 128, 64), U256::from(s.caps));
        prop_assert_eq!(w[3] >> 192, U256::from(thermometer(s.network)));
        prop_assert!(w[1].bit_len() <= 192 && w[2].bit_len() <= 192);
        prop_assert_eq!(w[4], fr_to_u256(&s.measurement));
        // Same packing on both sides: a policy with the state's numbers has the state's words.
        let twin = Policy {
            required_cpu: s.cpu, min_isolation: s.isolation, allowed_syscalls: s.syscalls, allowed_caps: s.caps,
            max_memory_pages: s.memory_pages, max_network: s.network, measurements: p.measurements.clone(),
        };
        prop_assert_eq!(&twin.words()[..4], &s.words()[..4]);
        prop_assert_eq!(twin.words()[4], p.words()[4]);
    }

    #[test]
    fn stricter_means_admitting_no_more(p in policy(), floor in policy(), s in state()) {
        prop_assert!(p.is_at_least_as_strict_as(&p));
        if p.is_at_least_as_strict_as(&floor) && p.admits(&s).is_ok() {
            prop_assert_eq!(floor.admits(&s), Ok(()));
        }
        let widest = State { cpu: p.required_cpu, isolation: p.min_isolation, syscalls: p.allowed_syscalls, caps: p.allowed_caps,
            memory_pages: p.max_memory_pages, network: p.max_network, measurement: Fr::from(1000) };
        // The widest states of p decide: p is as strict as the floor iff the floor admits all of them.
        let witnesses: Vec<State> = if p.measurements.is_empty() { vec![widest] }
            else { p.measurements.iter().map(|m| State { measurement: *m, ..widest }).collect() };
        for w in &witnesses { prop_assert_eq!(p.admits(w), Ok(())); }
        prop_assert_eq!(p.is_at_least_as_strict_as(&floor), witnesses.iter().all(|w| floor.admits(w).is_ok()));
    }

    #[test]
    fn hash_separates_policies(p in policy(), q in policy()) {
        prop_assert_eq!(p == q, p.hash() == q.hash());
    }
}

#[test]
fn domains_are_enforced() {
    let ok = Policy {
        required_cpu: 0,
        min_isolation: 4,
        allowed_syscalls: [0; 8],
        allowed_caps: 0,
        max_memory_pages: MEMORY_PAGES_BOUND - 1,
        max_network: 4,
        measurements: vec![Fr::from(1), Fr::from(2)],
    };
    assert_eq!(ok.validate(), Ok(()));
    let cases = [
        (Policy { min_isolation: 5, ..ok.clone() }, PolicyError::Isolation(5)),
        (Policy { max_network: 255, ..ok.clone() }, PolicyError::Network(255)),
        (Policy { max_memory_pages: 1 << 24, ..ok.clone() }, PolicyError::MemoryPages(1 << 24)),
        (
            Policy { measurements: (1u64..6).map(Fr::from).collect(), ..ok.clone() },
            PolicyError::TooManyMeasurements(5),
        ),
        (Policy { measurements: vec![Fr::from(1), Fr::ZERO], ..ok.clone() }, PolicyError::ZeroMeasurement(1)),
        (
            Policy { measurements: vec![Fr::from(1), Fr::from(1)], ..ok.clone() },
            PolicyError::RepeatedMeasurement(1),
        ),
    ];
    for (bad, expected) in cases {
        assert_eq!(bad.validate(), Err(expected));
    }
}

#[test]
fn padding_repeats_the_last_measurement() {
    let [a, b] = [3u64, 4].map(Fr::from);
    let p = Policy {
        required_cpu: 0,
        min_isolation: 0,
        allowed_syscalls: [0; 8],
        allowed_caps: 0,
        max_memory_pages: 0,
        max_network: 0,
        measurements: vec![a, b],
    };
    assert_eq!(p.padded_measurements(), Some([a, b, b, b]));
    assert_eq!(p.words()[4], hash_many("MSET", &[a, b, b, b]));
    assert_eq!(Policy { measurements: vec![], ..p }.words()[4], Fr::ZERO);
}
