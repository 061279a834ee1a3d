//! Second opinions: what a verifier signs, who holds the places of a job, and what becomes of its stakes.
//!
//! The Solidity twins are `contracts/src/market/Opinions.sol` and its parts, which generated cases hold to this model.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolValue, sol};

sol! {
    /// What the poster of a job offers. Amounts in wei, times in Unix seconds, the last ones that count.
    #[derive(Debug, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Terms {
        uint8 quorum;
        uint72 maxFee;
        uint96 stake;
        uint40 biddingEnd;
        uint40 attestDeadline;
    }

    /// What a job is about: kind 0 is a batch, with its bounty as the reserve; kind 1 an install file, with the bond.
    #[derive(Debug, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Subject {
        uint8 kind;
        uint32 chunks;
        uint96 reserve;
        bytes32 batchId;
        bytes32 root;
        bytes32 dataCommitment;
    }

    /// An opinion, as its verifier signs it. Sign [`Attestation::digest`].
    #[derive(Debug, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct Attestation {
        uint256 jobId;
        address anchor;
        uint256 batchId;
        bytes32 root;
        bytes32 dataCommitment;
        uint8 verdict;
        address verifier;
        uint64 deadline;
    }
}

/// The EIP-712 type of an [`Attestation`].
pub const ATTESTATION_TYPE: &str = "Attestation(uint256 jobId,address anchor,uint256 batchId,bytes32 root,\
    bytes32 dataCommitment,uint8 verdict,address verifier,uint64 deadline)";
/// Most verifiers of a job.
pub const MAX_QUORUM: u8 = 15;

impl Attestation {
    /// The digest that the verifier signs, for a verification market on its chain.
    pub fn digest(&self, chain_id: u64, market: Address) -> B256 {
        let hash_of_struct = keccak256([keccak256(ATTESTATION_TYPE).as_slice(), &self.abi_encode()].concat());
        let separator = domain(chain_id, market).separator();
        keccak256([&[0x19, 0x01], separator.as_slice(), hash_of_struct.as_slice()].concat())
    }
}

/// The domain of opinions.
pub fn domain(chain_id: u64, market: Address) -> Eip712Domain {
    Eip712Domain::new(
        Some("NONOS VerificationMarket".into()),
        Some("1".into()),
        Some(U256::from(chain_id)),
        Some(market),
        None,
    )
}

/// Names the job that `poster` opens as the market's `count`-th, the first being 1.
pub fn job_id(poster: Address, count: u64, terms: &Terms, subject: &Subject) -> U256 {
    keccak256((poster, U256::from(count), *terms, *subject).abi_encode()).into()
}

/// Gas of proving one chunk of an install on chain, as contests are priced.
const CHUNK_GAS: u128 = 650_000;

/// Wei that a contest takes at a price of gas, which is the base fee, or the anchor's floor if that is higher.
pub fn contest_bond(chunks: u32, price: u128) -> u128 {
    u128::from(chunks).saturating_mul(CHUNK_GAS * 2).saturating_mul(price)
}

/// Wei that the poster of an install puts up on top of the fees.
pub fn install_bond(least: u128, chunks: u32, price: u128) -> u128 {
    least.saturating_add(contest_bond(chunks, price))
}

/// What a verifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// Nothing yet.
    None = 0,
    /// The subject is in order.
    Valid = 1,
    /// It is not.
    Invalid = 2,
}

/// How a stake ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Given back, without the fee.
    Returned = 0,
    /// Given back, with the fee, and a share of the prize if there is one.
    Paid = 1,
    /// A tenth taken: half of that burned, the rest to the poster.
    Fined = 2,
    /// Taken: a tenth to the caller, at most the highest fee to the poster, the rest, at least half, burned.
    Slashed = 3,
    /// Taken: half burned, the rest to the poster.
    Lost = 4,
}

/// What ended a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The batch is final.
    Final,
    /// The batch fell because a leaf was not shown, or was frozen by a stop.
    Withheld,
    /// The batch was proven fraudulent.
    Fraud,
    /// The install went uncontested.
    Admitted,
    /// The install was proven on chain; `contest_bond` wei were put up against it.
    Proven {
        /// Wei that go to the poster.
        contest_bond: u128,
    },
    /// The install was contested and not proven: by an account, or by verifiers.
    Rejected {
        /// Whether an account contested it, and takes the prize.
        by_account: bool,
    },
    /// An opinion on the install is missing.
    Lapsed,
    /// Too few bids, or a stop.
    Unwound,
}

/// A bid that holds a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Who bids.
    pub verifier: Address,
    /// What it asks, in wei.
    pub fee: u128,
    /// Number of the bid in its job: of equal fees the earlier wins.
    pub order: u16,
    /// What it said.
    pub verdict: Verdict,
}

/// Why a bid is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BidError {
    /// Above what the job offers.
    #[error("a fee of {fee} wei: the job pays at most {max}")]
    TooHigh {
        /// The fee asked for.
        fee: u128,
        /// The highest one.
        max: u128,
    },
    /// The verifier holds a place.
    #[error("{0} holds a place already")]
    Twice(Address),
    /// All places are taken, and none for more.
    #[error("a fee of {fee} wei: all places are taken, the dearest for {worst}")]
    NotBetter {
        /// The fee asked for.
        fee: u128,
        /// The highest fee of those that hold a place.
        worst: u128,
    },
}

/// What one verifier gets when its job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// Who.
    pub verifier: Address,
    /// How its stake ended.
    pub fate: Fate,
    /// Wei: what is left of the stake, fee and prize.
    pub amount: u128,
}

/// Who gets what when a job ends, in wei. A contestant's bond and prize come on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The verifiers, in the order of their places.
    pub verifiers: Vec<Back>,
    /// The poster.
    pub poster: u128,
    /// Whoever ended it.
    pub caller: u128,
    /// Nobody.
    pub burned: u128,
}

/// The bids of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bids {
    quorum: usize,
    max_fee: u128,
    stake: u128,
    places: Vec<Bid>,
    order: u16,
}

impl Bids {
    /// A job without bids.
    pub fn new(terms: &Terms) -> Self {
        Self {
            quorum: terms.quorum.into(),
            max_fee: terms.maxFee.to(),
            stake: terms.stake.to(),
            places: Vec::new(),
            order: 0,
        }
    }

    /// The bids that hold a place.
    pub fn places(&self) -> &[Bid] {
        &self.places
    }

    /// Takes a bid; tells whom it displaced. With all places taken the highest fee makes room, of equal ones the latest.
    pub fn bid(&mut self, verifier: Address, fee: u128) -> Result<Option<Address>, BidError> {
        if fee > self.max_fee {
            return Err(BidError::TooHigh { fee, max: self.max_fee });
        }
        if self.places.iter().any(|bid| bid.verifier == verifier) {
            return Err(BidError::Twice(verifier));
        }
        let bid = Bid { verifier, fee, order: self.order, verdict: Verdict::None };
        let full = self.places.len() >= self.quorum;
        let displaced = match self.places.iter_mut().max_by_key(|bid| (bid.fee, bid.order)) {
            Some(worst) if full => {
                if fee >= worst.fee {
                    return Err(BidError::NotBetter { fee, worst: worst.fee });
                }
                Some(std::mem::replace(worst, bid).verifier)
            }
            _ => {
                self.places.push(bid);
                None
            }
        };
        self.order = self.order.saturating_add(1);
        Ok(displaced)
    }

    /// Notes what a verifier says; false if it holds no place, or has said something.
    pub fn attest(&mut self, verifier: Address, verdict: Verdict) -> bool {
        let silent = |bid: &&mut Bid| bid.verifier == verifier && bid.verdict == Verdict::None;
        match self.places.iter_mut().find(silent) {
            Some(bid) if verdict != Verdict::None => {
                bid.verdict = verdict;
                true
            }
            _ => false,
        }
    }

    /// Who gets what. `reserve` is the poster's bounty or bond; `had_time` says that the verifiers could attest through to the
    /// deadline, so that silence is fined.
    pub fn end(&self, ending: Ending, reserve: u128, had_time: bool) -> Payout {
        let prize = match ending {
            Ending::Fraud => reserve,
            Ending::Rejected { .. } => reserve / 2,
            _ => 0,
        };
        // A contestant's prize leaves by itself, and half of the bond, rounded up, is gone.
        let shared = if let Ending::Rejected { by_account: true } = ending { 0 } else { prize };
        let invalid = self.places.iter().filter(|bid| bid.verdict == Verdict::Invalid).count();
        let share = shared.checked_div(u128::try_from(invalid).unwrap_or(u128::MAX)).unwrap_or(0);
        let given = share.saturating_mul(u128::try_from(invalid).unwrap_or(u128::MAX));
        let kept = match ending {
            Ending::Fraud | Ending::Rejected { .. } => shared.saturating_sub(given),
            Ending::Proven { contest_bond } => reserve.saturating_add(contest_bond),
            _ => reserve,
        };
        let escrow = self.max_fee.saturating_mul(u128::try_from(self.quorum).unwrap_or(u128::MAX));
        let mut payout = Payout {
            verifiers: Vec::new(),
            poster: kept.saturating_add(escrow),
            caller: 0,
            burned: match ending {
                Ending::Rejected { .. } => reserve.saturating_sub(prize),
                _ => 0,
            },
        };
        for bid in &self.places {
            let fate = fate(ending, bid.verdict, had_time);
            let taken = self.taken(fate);
            let mut amount =
                self.stake.saturating_sub(taken.iter().fold(0, |sum, part| sum.saturating_add(*part)));
            let [burned, caller, poster] = taken;
            payout.burned = payout.burned.saturating_add(burned);
            payout.caller = payout.caller.saturating_add(caller);
            payout.poster = payout.poster.saturating_add(poster);
            if fate == Fate::Paid {
                amount = amount.saturating_add(bid.fee);
                payout.poster = payout.poster.saturating_sub(bid.fee);
                if bid.verdict == Verdict::Invalid {
                    amount = amount.saturating_add(share);
                }
            }
            payout.verifiers.push(Back { verifier: bid.verifier, fate, amount });
        }
        payout
    }

    /// What a fate takes of a stake: burned, for the caller, for the poster.
    fn taken(&self, fate: Fate) -> [u128; 3] {
        let halves = |sum: u128| [sum.saturating_sub(sum / 2), 0, sum / 2];
        match fate {
            Fate::Returned | Fate::Paid => [0; 3],
            Fate::Fined => halves(self.stake / 10),
            Fate::Lost => halves(self.stake),
            Fate::Slashed => {
                let caller = self.stake / 10;
                let poster = (self.stake / 2).saturating_sub(caller).min(self.max_fee);
                [self.stake.saturating_sub(caller).saturating_sub(poster), caller, poster]
            }
        }
    }
}

/// How the stake of who said `verdict` ends.
fn fate(ending: Ending, verdict: Verdict, had_time: bool) -> Fate {
    let (valid, invalid) = match ending {
        Ending::Final => (Fate::Paid, Fate::Fined),
        Ending::Fraud => (Fate::Slashed, Fate::Paid),
        Ending::Proven { .. } => (Fate::Paid, Fate::Lost),
        Ending::Rejected { .. } => (Fate::Returned, Fate::Paid),
        Ending::Admitted | Ending::Lapsed => (Fate::Paid, Fate::Returned),
        Ending::Withheld | Ending::Unwound => (Fate::Returned, Fate::Returned),
    };
    match verdict {
        Verdict::Valid => valid,
        Verdict::Invalid => invalid,
        Verdict::None if had_time => Fate::Fined,
        Verdict::None => Fate::Returned,
    }
}
