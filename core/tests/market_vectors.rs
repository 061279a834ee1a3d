//! Generated cases of the market's arithmetic, as data that the Solidity is held to: ids, prices, collateral, scores.
//!
//! `market_vectors.json` holds two ABI-encoded lists, which forge decodes and recomputes. The cases are a function of a
//! counter; `NONOS_WRITE_VECTORS=1` writes the file anew.

mod pinned;
mod words;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolValue;
use nonos_core::pricing::{required_collateral, rescue};
use nonos_core::request::{Offer, ProofRequest};
use nonos_core::trust::{Fact, Facts, MAX_FAULT, ONE, weight_of};
use words::Words;

const CASES: usize = 32;
const DAY: u64 = 24 * 60 * 60;

fn request(words: &mut Words) -> ProofRequest {
    let mut lengths = [0; 3].map(|_| words.wide(32).to::<u32>());
    lengths.sort_unstable();
    let [ramp_length, lock_timeout, timeout] = lengths;
    let mut prices = [0; 2].map(|_| words.wide(128).to::<u128>());
    prices.sort_unstable();
    ProofRequest {
        requester: words.address(),
        salt: words.number(),
        anchor: words.address(),
        verifierKey: words.word(),
        publisherId: words.word(),
        capsuleLeaf: words.number(),
        inputHash: words.word(),
        inputLocatorHash: words.word(),
        earliestLaunch: words.wide(64).to(),
        assurance: words.below(256) as u8,
        minTrust: words.below(1001) as u16,
        operatorId: words.word(),
        paymentToken: words.address(),
        offer: Offer {
            minPrice: prices[0],
            maxPrice: prices[1],
            rampStart: words.wide(64).to(),
            rampLength: ramp_length,
            lockTimeout: lock_timeout,
            timeout,
        },
        baseCollateral: words.wide(128).to(),
        relayFee: words.wide(128).to(),
        maxProtocolFeeBps: words.wide(16).to(),
        feeSharesHash: words.word(),
        callback: words.address(),
        callbackGas: words.wide(32).to(),
    }
}

/// (request, chain, market, id, time, price then, score, floorBps, collateral)
fn requests(words: &mut Words) -> Bytes {
    let mut cases = Vec::new();
    for i in 0..CASES {
        let request = request(words);
        let chain = words.wide(63).to::<u64>();
        let market = words.address();
        let offer = request.price_terms();
        let time = match i % 4 {
            0 => offer.ramp_start,
            1 => offer.lock_deadline(),
            2 => offer.lock_deadline().saturating_add(1),
            _ => offer.ramp_start.saturating_add(words.below(u64::from(offer.ramp_length).max(1))),
        };
        let (score, floor) = (words.below(1001) as u16, words.below(10_001) as u16);
        let collateral = required_collateral(request.baseCollateral, score, request.offer.maxPrice, floor);
        let (from, reward) = (U256::from(offer.rescuable_from()), rescue(collateral).0);
        let (id, price) = (request.id(chain, market).0, U256::from(request.price_at(time)));
        let [chain, time, score, floor] =
            [chain, time, score.into(), floor.into()].map(|x: u64| U256::from(x));
        cases.push((request, chain, market, id, time, price, score, floor, collateral, from, reward));
    }
    cases.abi_encode().into()
}

/// (steps of (fact, fee, time), time of reading, reference fee, successes, faults, score)
fn facts(words: &mut Words) -> Bytes {
    let mut cases = Vec::new();
    for _ in 0..CASES {
        let reference = words.wide(96).to::<u128>().max(1);
        let mut time = 1_700_000_000 + words.below(400 * DAY);
        let (mut facts, mut steps) = (Facts::default(), Vec::new());
        for _ in 0..words.below(12) {
            time += words.below(90 * DAY);
            let kind = words.below(6);
            let fact = match kind {
                0 => Fact::Faulted,
                1 => Fact::Challenged,
                _ => Fact::Fulfilled,
            };
            let kind: u64 = match fact {
                Fact::Fulfilled => 0,
                Fact::Faulted => 1,
                Fact::Challenged => 2,
            };
            let fee = (words.wide(20) * U256::from(reference) / U256::from(1000)).to::<u128>();
            let weight = weight_of(fact, fee, reference);
            assert!(weight <= ONE * MAX_FAULT);
            facts = facts.record(fact, weight, time);
            steps.push((U256::from(kind), U256::from(fee), U256::from(time)));
        }
        time += words.below(200 * DAY);
        let standing = facts.standing(time);
        let values =
            [standing.successes, standing.faults, facts.score(time).into()].map(|x: u64| U256::from(x));
        let [successes, faults, score] = values;
        cases.push((steps, U256::from(time), U256::from(reference), successes, faults, score));
    }
    cases.abi_encode().into()
}

#[test]
fn generated_cases_never_change() {
    let words = &mut Words(0);
    pinned::assert_pinned("market_vectors.json", [("requests", requests(words)), ("facts", facts(words))]);
}
