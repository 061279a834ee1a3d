//! The market's and the anchor's state, as the agents read it.

use alloy_primitives::{Address, B256, Bytes, TxHash, U256};
use nonos_core::batch::BatchRef;
use nonos_core::opinion::Terms;
use nonos_core::receipt::ReceiptHeader;
use nonos_core::request::ProofRequest;
use serde::{Deserialize, Serialize};

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, Unix seconds.
    pub timestamp: u64,
}

/// A request as its event shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// EIP-712 digest of the request, as the contract states it.
    pub id: B256,
    /// The request.
    pub request: ProofRequest,
    /// The block of the event.
    pub block: u64,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// The market has not heard of it.
    Unknown,
    /// Submitted; nobody has locked it.
    Open,
    /// Somebody owes a receipt.
    Locked(Lock),
    /// Paid; the lock as it was.
    Fulfilled(Lock),
    /// The locker lost its collateral.
    Slashed(Lock),
    /// Taken back before anybody locked it.
    Cancelled,
    /// Nobody locked it in time.
    Expired,
    /// Ended neutrally: the verifier was stopped or removed, or the capsule revoked.
    Unwound(Lock),
    /// Another operator served it; the locker lost its collateral.
    Rescued(Lock),
}

impl RequestState {
    /// One word for people.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Locked(Lock { claim: None, .. }) => "locked",
            Self::Locked(_) => "claimed",
            Self::Fulfilled(_) => "fulfilled",
            Self::Slashed(_) => "slashed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Unwound(_) => "unwound",
            Self::Rescued(_) => "rescued",
        }
    }

    /// Whether nothing can happen any more.
    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Fulfilled(_)
                | Self::Slashed(_)
                | Self::Cancelled
                | Self::Expired
                | Self::Unwound(_)
                | Self::Rescued(_)
        )
    }
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Who locked.
    pub locker: Address,
    /// For which operator.
    pub operator: B256,
    /// What is escrowed for the locker, in wei.
    pub price: u128,
    /// What the locker has at stake, in wei.
    pub collateral: u128,
    /// Last second for an anchored leaf.
    pub deadline: u64,
    /// Last second in which nobody else may serve it.
    pub alone_until: u64,
    /// Last second for a record: later than the deadline after a dropped claim.
    pub record_until: u64,
    /// The claim was dropped: there is no second one.
    pub reopened: bool,
    /// First second in which the lock can be slashed; 0 while a claim stands, or after its end.
    pub slash_from: u64,
    /// The claim that takes the one slot.
    pub claim: Option<Claim>,
}

/// A claim on an anchored leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The batch.
    pub batch: B256,
    /// Place of the leaf.
    pub index: u32,
    /// What the anchor says of it.
    pub state: LeafState,
    /// When the batch becomes final, Unix seconds.
    pub final_at: u64,
}

/// The anchor's word on a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeafState {
    /// No such batch.
    Unknown,
    /// Anchored, still open to challenges.
    Pending,
    /// Stands for good.
    Final,
    /// Challenged, or its batch fell.
    Void,
}

/// A batch as its event shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchoredBatch {
    /// keccak256(abi.encode(relayer, root, size, commitment)).
    pub id: B256,
    /// What it hashes.
    pub batch: BatchRef,
    /// When it becomes final, Unix seconds.
    pub final_at: u64,
    /// The block of the event.
    pub block: u64,
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchStanding {
    /// Not anchored, or reorganised away.
    Unknown,
    /// Can be challenged.
    Pending {
        /// When it becomes final, as things stand.
        final_at: u64,
        /// Last second in which a leaf can be demanded.
        demandable_until: u64,
    },
    /// Stands for good.
    Final,
    /// The router was stopped before it was final.
    Frozen,
    /// Every leaf of it is void.
    Fallen,
}

/// Where the demand for a leaf stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nobody demanded it.
    None,
    /// Waits for an answer.
    Open {
        /// Who demanded.
        by: Address,
        /// Last second for an answer.
        deadline: u64,
    },
    /// It was revealed.
    Answered,
    /// It was not, and the batch fell.
    Closed,
}

/// A leaf that somebody revealed on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// The batch.
    pub batch: B256,
    /// Place of the leaf.
    pub index: u32,
    /// The header.
    pub header: ReceiptHeader,
    /// The proof.
    pub proof: Bytes,
}

/// A job on a batch, as its event shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedJob {
    /// Commits to poster, terms and batch.
    pub id: B256,
    /// The batch.
    pub batch: B256,
    /// What is offered.
    pub terms: Terms,
}

/// State of a job of the verification market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// There is none, or it was reorganised away.
    Unknown,
    /// Goes on.
    Open,
    /// Too few bids, or a stop.
    Unwound,
    /// Its time is over without proven fraud.
    Settled,
    /// Fraud was proven.
    Slashed,
    /// One of the ends of a job on an install.
    Other,
}

/// A place of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who holds it.
    pub verifier: Address,
    /// What it asks, in wei.
    pub fee: u128,
    /// Whether it gave its opinion.
    pub said: bool,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStanding {
    /// Its state.
    pub state: JobState,
    /// The places that are taken.
    pub places: Vec<Place>,
    /// From when it can be settled, as things stand.
    pub settleable_at: u64,
}

/// What a market demands before it lets somebody lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// What the account has free in the market, in wei.
    pub free: U256,
    /// What this lock takes out of it, in wei.
    pub collateral: U256,
    /// The operator's trust score.
    pub score: u16,
}

/// A mined, successful transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mined {
    /// Its hash.
    pub hash: TxHash,
    /// Its block.
    pub block: u64,
    /// Gas used.
    pub gas: u64,
}
