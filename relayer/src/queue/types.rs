//! What the queue holds: receipts on their way, batches and their states.

use alloy_primitives::{Address, B256, Bytes, U256};
use nonos_core::batch::{BatchRecord, BatchRef};
use nonos_core::{BatchId, ReceiptLeaf};

/// Whose queue it is. A batch id is bound to all three, so a file serves one identity for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The ReceiptAnchor.
    pub anchor: Address,
    /// The account that anchors.
    pub relayer: Address,
}

/// A receipt as its source delivered it, decoded far enough to have a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its leaf: the name under which it is anchored once.
    pub leaf: ReceiptLeaf,
    /// The encoded receipt.
    pub receipt: Bytes,
}

/// A receipt that has not been judged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Place in the order of arrival.
    pub position: u64,
    /// Its leaf.
    pub leaf: ReceiptLeaf,
    /// The encoded receipt.
    pub receipt: Bytes,
}

/// What becomes of a waiting receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It goes into the next batch.
    Accept,
    /// It is forgotten; should it come again, it is judged again.
    Refuse,
}

/// Where a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafState {
    /// Arrived, not judged.
    Waiting,
    /// Verified, in no batch.
    Queued,
    /// In this batch, for ever.
    Batched(u64),
}

/// Where a batch is. See the crate documentation for the arrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum BatchState {
    /// Made; nothing was ever sent.
    Batched = 1,
    /// At least one transaction may be out.
    Submitted = 2,
    /// Seen in the state of a block.
    Mined = 3,
    /// That block has enough successors.
    Confirmed = 4,
    /// Its challenge window is over: the anchor calls it final.
    Final = 5,
    /// Its slice of the bond is free again.
    Released = 6,
    /// A reveal was demanded and not answered: the anchor dropped it.
    Fallen = 7,
    /// The router was stopped before it became final: it never will.
    Frozen = 8,
}

impl BatchState {
    /// Every state, in order.
    pub const ALL: [Self; 8] = [
        Self::Batched,
        Self::Submitted,
        Self::Mined,
        Self::Confirmed,
        Self::Final,
        Self::Released,
        Self::Fallen,
        Self::Frozen,
    ];

    /// Lower-case name, as in metrics and `/v1/status`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batched => "batched",
            Self::Submitted => "submitted",
            Self::Mined => "mined",
            Self::Confirmed => "confirmed",
            Self::Final => "final",
            Self::Released => "released",
            Self::Fallen => "fallen",
            Self::Frozen => "frozen",
        }
    }

    pub(super) fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == value)
    }
}

/// One transaction that was, or was about to be, sent for a batch. The calldata follows from the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Account nonce.
    pub nonce: u64,
    /// Wei per gas.
    pub max_fee: u128,
    /// Priority fee, wei per gas.
    pub tip: u128,
    /// Gas limit.
    pub gas_limit: u64,
    /// Transaction hash.
    pub hash: B256,
    /// Height of the chain when it was made.
    pub at_block: u64,
}

/// A block whose state contains the batch, and what the anchor said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Block number.
    pub number: u64,
    /// Block hash: the sighting counts while this is the chain's block of that number.
    pub hash: B256,
    /// Unix seconds of the block that anchored it.
    pub anchored_at: u64,
    /// Unix seconds from which it is final; a demand moves it.
    pub final_at: u64,
    /// Last second in which its slice can be slashed.
    pub liable_until: u64,
    /// What is locked for it, wei.
    pub slice: U256,
}

/// A batch with everything that is known of it, without its leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Number in this queue, from 1.
    pub sequence: u64,
    /// Where it is.
    pub state: BatchState,
    /// What the anchor hashes into its id.
    pub reference: BatchRef,
    /// Transactions, oldest first; at most [`MAX_ATTEMPTS`], older ones are dropped.
    pub attempts: Vec<Attempt>,
    /// Where it was seen; absent until then, and again when that block vanished.
    pub seen: Option<Sighting>,
    /// Whether the node has the leaves.
    pub published: bool,
}

/// Attempts remembered per batch.
pub const MAX_ATTEMPTS: usize = 32;

impl Batch {
    /// Its id on chain.
    pub fn id(&self) -> BatchId {
        self.reference.id()
    }
}

/// A batch and its leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Number in the queue.
    pub sequence: u64,
    /// What the node is told.
    pub record: BatchRecord,
}

/// How many are where.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// The next arrival that the source is asked for.
    pub cursor: u64,
    /// Receipts not judged yet.
    pub waiting: u64,
    /// Receipts verified and in no batch.
    pub queued: u64,
    /// Leaves ever seen and not refused.
    pub leaves: u64,
    /// Batches by state name.
    pub batches: std::collections::BTreeMap<&'static str, u64>,
}
