//! Generated jobs of the verification market, from the first bid to the last wei, as data that the Solidity is held to.
//!
//! `opinion_vectors.json` holds two ABI-encoded lists. Forge plays each job on the contracts, bid by bid, and compares who
//! holds the places and who gets what. The cases are a function of a counter; `NONOS_WRITE_VECTORS=1` writes the file anew.

mod pinned;
mod words;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolValue, sol};
use nonos_core::opinion::{
    Attestation, BidError, Bids, Ending, Fate, Terms, Verdict, contest_bond, install_bond,
};
use words::Words;

const JOBS: usize = 64;
const DIGESTS: usize = 16;
/// The base fee's floor of the anchor that forge deploys, and the least bond of its verification market.
const PRICE: u128 = 1_000_000_000;
const LEAST_BOND: u128 = 500_000_000_000_000_000;

sol! {
    /// outcome: 0 taken, 1 holds a place already, 2 not better, 3 above the job's; other: whom it displaced (from 1 on,
    /// 0 for nobody), or the dearest fee.
    struct BidStep { uint256 verifier; uint256 fee; uint256 outcome; uint256 other; }
    struct Said { uint256 verifier; uint256 verdict; }
    struct Got { uint256 verifier; uint256 fate; uint256 amount; }
    /// ending: 0 final, 1 withheld, 2 fraud, 3 unwound; of an install: 4 admitted, 5 proven, 6 rejected, 7 lapsed, 8 unwound.
    struct JobCase {
        uint256 quorum; uint256 maxFee; uint256 stake; uint256 bounty; uint256 chunks;
        BidStep[] bids; Said[] opinions;
        uint256 ending; bool contested; bool late;
        uint256 reserve; uint256 contestBond;
        Got[] got; uint256 poster; uint256 caller; uint256 burned;
    }
    struct DigestCase { Attestation attestation; uint256 chainId; address market; bytes32 digest; }
}

fn verifier(i: u64) -> Address {
    Address::left_padding_from(&(0x10_000 + i).to_be_bytes())
}

fn number(of: Address) -> U256 {
    U256::from_be_slice(of.as_slice()) - U256::from(0x10_000)
}

fn big(value: u128) -> U256 {
    U256::from(value)
}

fn bids(words: &mut Words, terms: &Terms, tries: u64, model: &mut Bids) -> Vec<BidStep> {
    // Few fees, so that some are equal, and some too high.
    let top = terms.maxFee.to::<u128>();
    let step = (top / 4).max(1);
    let mut steps = Vec::new();
    for _ in 0..tries {
        let (who, fee) = (words.below(20), u128::from(words.below(6)) * step);
        let (outcome, other) = match model.bid(verifier(who), fee) {
            Ok(displaced) => (0, displaced.map_or(U256::ZERO, |of| number(of) + U256::ONE)),
            Err(BidError::Twice(_)) => (1, U256::ZERO),
            Err(BidError::NotBetter { worst, .. }) => (2, big(worst)),
            Err(BidError::TooHigh { max, .. }) => (3, big(max)),
        };
        steps.push(BidStep { verifier: U256::from(who), fee: big(fee), outcome: U256::from(outcome), other });
    }
    steps
}

/// Fills what is left of the quorum, so that the job goes on.
fn fill(terms: &Terms, model: &mut Bids, steps: &mut Vec<BidStep>) {
    for who in 20.. {
        if model.places().len() >= usize::from(terms.quorum) {
            return;
        }
        assert_eq!(model.bid(verifier(who), 0), Ok(None));
        steps.push(BidStep {
            verifier: U256::from(who),
            fee: U256::ZERO,
            outcome: U256::ZERO,
            other: U256::ZERO,
        });
    }
}

/// Verdicts of the places: any, all Valid, any with at least one Invalid, or none Invalid and one silent at least.
fn say(words: &mut Words, model: &mut Bids, which: Say) -> Vec<Said> {
    let places: Vec<_> = model.places().iter().map(|bid| bid.verifier).collect();
    let mut said = Vec::new();
    for (i, of) in places.into_iter().enumerate() {
        let verdict = match (which, words.below(3)) {
            (Say::Valid, _) => Verdict::Valid,
            (Say::Invalid, _) if i == 0 => Verdict::Invalid,
            (Say::Silent, _) if i == 0 => Verdict::None,
            (_, 0) => Verdict::None,
            (Say::Silent, _) | (_, 1) => Verdict::Valid,
            _ => Verdict::Invalid,
        };
        if verdict != Verdict::None {
            assert!(model.attest(of, verdict));
            said.push(Said { verifier: number(of), verdict: U256::from(verdict as u8) });
        }
    }
    said
}

#[derive(Clone, Copy)]
enum Say {
    Any,
    Valid,
    Invalid,
    Silent,
}

fn job(words: &mut Words, kind: u64) -> JobCase {
    let quorum = 1 + words.below(15) as u8;
    let max_fee = words.below(10_000_000_000_000_000);
    let stake = max_fee.max(1) + words.below(100_000_000_000_000_000);
    let terms = Terms {
        quorum,
        maxFee: U256::from(max_fee).to(),
        stake: U256::from(stake).to(),
        biddingEnd: Default::default(),
        attestDeadline: Default::default(),
    };
    let mut model = Bids::new(&terms);
    let tries = words.below(40);
    let mut steps = bids(words, &terms, tries, &mut model);
    let unwound = kind == 3 || kind == 8;
    if unwound {
        // One bid is missing at least: what the last ones tried is forgotten.
        while model.places().len() >= usize::from(quorum) {
            steps.pop();
            model = Bids::new(&terms);
            for step in &steps {
                let _ = model.bid(verifier(step.verifier.to()), step.fee.to());
            }
        }
    } else {
        fill(&terms, &mut model, &mut steps);
    }
    let (contested, late) = (kind == 5 || kind == 6 && words.below(2) == 0, words.below(2) == 0);
    let which = match kind {
        3 | 8 => None,
        0..=2 => Some(Say::Any),
        4 | 5 => Some(Say::Valid),
        6 if contested => Some(Say::Valid),
        6 => Some(Say::Invalid),
        _ => Some(Say::Silent),
    };
    let opinions = which.map_or_else(Vec::new, |which| say(words, &mut model, which));
    let chunks = if kind < 4 { 0 } else { 1 + words.below(4096) as u32 };
    let bounty = if kind < 4 { words.below(1_000_000_000_000_000_000).into() } else { 0 };
    let reserve = if kind < 4 { bounty } else { install_bond(LEAST_BOND, chunks, PRICE) };
    let against = if contested { contest_bond(chunks, PRICE) } else { 0 };
    // Fraud can be proven before the verifiers' time is over; everything else comes after it.
    let had_time = !unwound && (kind != 2 || late);
    let ending = match kind {
        0 => Ending::Final,
        1 => Ending::Withheld,
        2 => Ending::Fraud,
        4 => Ending::Admitted,
        5 => Ending::Proven { contest_bond: against },
        6 => Ending::Rejected { by_account: contested },
        7 => Ending::Lapsed,
        _ => Ending::Unwound,
    };
    let payout = model.end(ending, reserve, had_time);
    let paid = payout
        .verifiers
        .iter()
        .fold(payout.poster + payout.caller + payout.burned, |sum, got| sum + got.amount);
    let prize = if kind == 6 && contested { reserve / 2 } else { 0 };
    let bond = if kind == 5 { against } else { 0 };
    let put = u128::from(quorum) * u128::from(max_fee)
        + model.places().len() as u128 * u128::from(stake)
        + reserve
        + bond;
    assert_eq!(paid + prize, put, "every wei finds an owner");
    let got = payout.verifiers.iter().map(|got| Got {
        verifier: number(got.verifier),
        fate: U256::from(got.fate as u8),
        amount: big(got.amount),
    });
    JobCase {
        quorum: U256::from(quorum),
        maxFee: U256::from(max_fee),
        stake: U256::from(stake),
        bounty: big(bounty),
        chunks: U256::from(chunks),
        bids: steps,
        opinions,
        ending: U256::from(kind),
        contested,
        late,
        reserve: big(reserve),
        contestBond: big(against),
        got: got.collect(),
        poster: big(payout.poster),
        caller: big(payout.caller),
        burned: big(payout.burned),
    }
}

fn jobs(words: &mut Words) -> Bytes {
    let jobs: Vec<_> = (0..JOBS as u64).map(|i| job(words, i % 9)).collect();
    for fate in [Fate::Returned, Fate::Paid, Fate::Fined, Fate::Slashed, Fate::Lost] {
        // Lost needs an Invalid on an install that is proven after all, which Contest.t.sol has.
        let met = jobs.iter().flat_map(|job| &job.got).any(|got| got.fate == U256::from(fate as u8));
        assert_eq!(met, fate != Fate::Lost, "{fate:?}");
    }
    for outcome in 0..4 {
        assert!(jobs.iter().flat_map(|job| &job.bids).any(|bid| bid.outcome == U256::from(outcome)));
    }
    jobs.abi_encode().into()
}

fn digests(words: &mut Words) -> Bytes {
    let case = |_| {
        let attestation = Attestation {
            jobId: words.number(),
            anchor: words.address(),
            batchId: words.number(),
            root: words.word(),
            dataCommitment: words.word(),
            verdict: words.below(3) as u8,
            verifier: words.address(),
            deadline: words.wide(64).to(),
        };
        let (chain, market) = (words.wide(63).to::<u64>(), words.address());
        let digest = attestation.digest(chain, market);
        DigestCase { attestation, chainId: U256::from(chain), market, digest }
    };
    (0..DIGESTS).map(case).collect::<Vec<_>>().abi_encode().into()
}

#[test]
fn generated_jobs_never_change() {
    let words = &mut Words(0);
    pinned::assert_pinned("opinion_vectors.json", [("jobs", jobs(words)), ("digests", digests(words))]);
}
