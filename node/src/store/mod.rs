//! Receipts and nullifier indices on disk.
//!
//! [`Store`] is what the node needs; [`RedbStore`] implements it on redb with one fsync per commit. The nullifier
//! index is the delicate part: two receipts of one identity with the same (epoch, index) are an equivocation, so an
//! index is durable *before* the proof is made, and one that was reserved is never given out again, whether or not
//! the launch succeeded.

mod file;
mod redb_store;

use nonos_core::field::fr_to_be;
use nonos_core::launch_values::IndexOutOfRange;
use nonos_core::receipt::{DecodeError, Receipt};
use nonos_core::{Fr, MessageId, Nullifier};
use std::path::PathBuf;

pub use redb_store::RedbStore;

/// What became of a receipt that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new and durable.
    Stored(MessageId),
    /// The same bytes are stored already.
    Known(MessageId),
    /// Another receipt with the same nullifier is stored; a receipt counts once, so this one was ignored.
    Repeated {
        /// The receipt that came first.
        first: MessageId,
    },
}

/// Whose nullifier indices are counted: a circuit secret, under whatever leaf it is enrolled. A nullifier depends on the
/// secret alone, so an identity renewed with the same secret goes on counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CounterId(pub [u8; 32]);

impl CounterId {
    /// keccak256("nonos1.counter" ‖ k).
    pub fn of(k: &Fr) -> Self {
        Self(alloy_primitives::keccak256([b"nonos1.counter".as_slice(), &fr_to_be(k)].concat()).0)
    }
}

/// A nullifier index that belongs to one launch, durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// Hours since 1970.
    pub epoch: u64,
    /// Below 1,024, given out once.
    pub index: u16,
}

/// Storage failures.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not written by this program.
    #[error("{0} is not a receipt store (no redb file, or another program's)")]
    Foreign(PathBuf),
    /// Written by another version.
    #[error("{path} has store schema {found}, this program reads schema {expected}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema it states.
        found: u32,
        /// The schema read here.
        expected: u32,
    },
    /// The file is damaged. It was not changed.
    #[error("{path} is damaged ({reason}); it was left as it is, restore it from a backup or move it away")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// Another process has it open.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// A receipt that is not in its canonical form cannot be stored.
    #[error("this receipt cannot be stored: {0}")]
    Receipt(#[from] DecodeError),
    /// All indices of the epoch are used.
    #[error(transparent)]
    Exhausted(#[from] IndexOutOfRange),
    /// The epoch lies before one that was used already.
    #[error(
        "epoch {epoch} is before epoch {latest}, in which this identity launched already: the clock went back"
    )]
    EpochPast {
        /// The epoch asked for.
        epoch: u64,
        /// The latest epoch used.
        latest: u64,
    },
    /// The file is a copy: indices used after the copy was taken are unknown.
    #[error(
        "the store was restored or moved: indices of epoch {epoch} may have been used by the original, launch again from epoch {usable_from} on"
    )]
    Restored {
        /// The epoch asked for.
        epoch: u64,
        /// The first epoch that is safe.
        usable_from: u64,
    },
    /// The database or the system refused.
    #[error("{action} {path}: {reason}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The answer.
        reason: String,
    },
}

/// Durable receipts in order of arrival, and nullifier indices. Every method that changes something returns after
/// the change is on disk.
pub trait Store: Send + Sync {
    /// Stores a verified receipt.
    fn put(&self, receipt: &Receipt) -> Result<Put, StoreError>;

    /// The receipt with this message id.
    fn get(&self, id: &MessageId) -> Result<Option<Receipt>, StoreError>;

    /// The receipt that used this nullifier.
    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, StoreError>;

    /// Up to `limit` receipts whose arrival number is at least `from`, in order, with their numbers.
    fn list(&self, from: u64, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError>;

    /// Reserves the next index of `counter` in `epoch`. Indices count up from 0; epochs never go back.
    fn reserve(&self, counter: &CounterId, epoch: u64) -> Result<Reserved, StoreError>;
}
