//! What an operator remembers of a request: enough to go on after a kill at any point, and not to do anything twice.

use crate::error::TableError;
use crate::table::{Entries, Table};
use alloy_primitives::{B256, Bytes};
use nonos_core::MessageId;
use nonos_core::receipt::{DecodeError, Receipt};
use nonos_core::request::ProofRequest;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

/// Jobs that are not over: what every look at the chain goes through.
const ACTIVE: Entries = TableDefinition::new("operator.active");
/// Jobs that are over, for people and for reorganisations.
const ENDED: Entries = TableDefinition::new("operator.ended");

/// How far a job is. The contract's state decides what is done next; this says what we did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Not locked; waiting for the price.
    Watching,
    /// A lock was, or is about to be, sent.
    Locking,
    /// Locked by us; a receipt is owed.
    Owing,
    /// There is a receipt; it waits for a batch, or for its claim to become final.
    Proven,
    /// Nothing is left to do.
    Over(Outcome),
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// We were paid.
    Paid,
    /// Somebody else locked it.
    Lost,
    /// Cancelled, expired, or vanished before anybody locked it.
    Gone,
    /// We looked at it and do not serve it.
    Refused,
    /// Our collateral was slashed.
    Slashed,
    /// Ended neutrally.
    Unwound,
    /// Somebody else served what we had locked, and our collateral is gone.
    Rescued,
}

impl Outcome {
    /// One word for people and metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Lost => "lost",
            Self::Gone => "gone",
            Self::Refused => "refused",
            Self::Slashed => "slashed",
            Self::Unwound => "unwound",
            Self::Rescued => "rescued",
        }
    }
}

impl Stage {
    /// One word for people and metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::Locking => "locking",
            Self::Owing => "owing",
            Self::Proven => "proven",
            Self::Over(outcome) => outcome.word(),
        }
    }
}

/// One request, as this operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The request's id.
    pub id: B256,
    /// The request.
    pub request: ProofRequest,
    /// The requester's signature, where the request was handed over and not submitted.
    #[serde(default)]
    pub signature: Bytes,
    /// How far it is.
    pub stage: Stage,
    /// Block in which it was seen, and after its end the block in which that was seen.
    pub block: u64,
    /// From when its price is worth having, Unix seconds.
    pub worth_from: u64,
    /// Launches begun.
    pub attempts: u32,
    /// The encoded receipt, once there is one.
    pub receipt: Option<Bytes>,
    /// Its name, once the node has it.
    pub posted: Option<MessageId>,
    /// The market refused a claim: `verifyNow` instead.
    pub claim_refused: bool,
    /// Receipts that could not be recorded any more, so that they are not found again.
    #[serde(default)]
    pub discarded: Vec<MessageId>,
    /// A trial run went well.
    pub tried: bool,
    /// Failures in a row.
    pub failures: u32,
    /// Unix seconds before which it is left alone, after a failure.
    pub retry_at: u64,
    /// The last failure, for people.
    pub trouble: Option<String>,
}

impl Job {
    /// A request that is worth watching.
    pub fn new(id: B256, request: ProofRequest, block: u64, worth_from: u64) -> Self {
        // Such a request takes a recorded receipt only: there is nothing to claim.
        let claim_refused = request.needs_record();
        Self {
            id,
            request,
            signature: Bytes::new(),
            stage: Stage::Watching,
            block,
            worth_from,
            attempts: 0,
            receipt: None,
            posted: None,
            claim_refused,
            discarded: Vec::new(),
            tried: false,
            failures: 0,
            retry_at: 0,
            trouble: None,
        }
    }

    /// The receipt.
    pub fn decoded(&self) -> Result<Option<Receipt>, DecodeError> {
        self.receipt.as_ref().map(|bytes| Receipt::decode(bytes)).transpose()
    }

    /// Locked by us, without a receipt.
    pub const fn owes(&self) -> bool {
        matches!(self.stage, Stage::Locking | Stage::Owing)
    }

    /// Over or not.
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over(_))
    }
}

/// The durable job table.
#[derive(Debug)]
pub struct Jobs<'a>(pub &'a Table);

impl Jobs<'_> {
    /// The job of a request.
    pub fn get(&self, id: B256) -> Result<Option<Job>, TableError> {
        match self.0.get(ACTIVE, id.0)? {
            Some(job) => Ok(Some(job)),
            None => self.0.get(ENDED, id.0),
        }
    }

    /// Remembers a job, durably. Its new place is written first: after a crash between the two, [`Jobs::active`] has it
    /// once more, and the contract's state ends it again.
    pub fn put(&self, job: &Job) -> Result<(), TableError> {
        let (to, from) = if job.is_over() { (ENDED, ACTIVE) } else { (ACTIVE, ENDED) };
        self.0.put(to, job.id.0, job)?;
        self.0.remove(from, job.id.0)
    }

    /// Jobs that are not over.
    pub fn active(&self) -> Result<Vec<Job>, TableError> {
        self.0.all(ACTIVE, |_: &Job| true)
    }

    /// Jobs that are over.
    pub fn ended(&self) -> Result<Vec<Job>, TableError> {
        self.0.all(ENDED, |_: &Job| true)
    }

    /// Jobs whose end was seen in or after `block`: after a reorganisation they may not be over.
    pub fn ended_since(&self, block: u64) -> Result<Vec<Job>, TableError> {
        self.0.all(ENDED, |job: &Job| job.block >= block)
    }
}
