//! Receipts, batches, blobs, packages and nullifier indices on disk.
//!
//! [`Store`] is what the node needs. One set of rules ([`Ledger`]) runs on two engines: [`RedbStore`], the default, with an
//! fsync per commit, and [`SledStore`], which is faster and survives a killed process, but not every loss of power (see
//! its documentation). The nullifier index is the delicate part: two receipts of one identity with the same (epoch, index)
//! are an equivocation, so an index is durable *before* the proof is made, and one that was reserved is never given out
//! again, whether or not the launch succeeded.

mod batches;
mod blobs;
mod counters;
mod engine;
mod file;
mod ledger;
mod receipts;
mod redb_engine;
mod schema1;
mod sled_engine;

use alloy_primitives::B256;
use nonos_core::batch::{BatchError, BatchRecord};
use nonos_core::field::fr_to_be;
use nonos_core::launch_values::IndexOutOfRange;
use nonos_core::package::{Package, PackageError};
use nonos_core::receipt::{DecodeError, Receipt};
use nonos_core::{BatchId, CapsuleLeaf, Fr, MessageId, Nullifier, ReceiptLeaf};
use std::path::PathBuf;

pub use blobs::Limits;
pub use ledger::Ledger;
pub use redb_engine::RedbStore;
pub use sled_engine::SledStore;

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

/// What became of a batch that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBatch {
    /// It is new and durable.
    Stored(BatchId),
    /// It is stored already.
    Known(BatchId),
}

/// A leaf's place in a stored batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The batch.
    pub batch: BatchId,
    /// Position of the leaf, the first if it is in there twice.
    pub index: u32,
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
    /// A batch whose leaves are not what it says cannot be stored.
    #[error("this batch cannot be stored: {0}")]
    Batch(#[from] BatchError),
    /// A package that is not genuine cannot be stored.
    #[error("this package cannot be stored: {0}")]
    Package(#[from] PackageError),
    /// Larger than a blob may be.
    #[error("this blob cannot be stored: {actual} bytes, a blob has 1 to {limit}")]
    BlobSize {
        /// Its bytes.
        actual: usize,
        /// The limit.
        limit: usize,
    },
    /// The room for blobs or packages is used up. Nothing is thrown away to make room.
    #[error("no room for {what}: {used} bytes are used, {more} more exceed the limit of {limit}")]
    Full {
        /// "blobs" or "packages".
        what: &'static str,
        /// Bytes in use.
        used: u64,
        /// Bytes to be added.
        more: u64,
        /// The limit.
        limit: u64,
    },
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

/// Durable receipts and batches in order of arrival, blobs, packages and nullifier indices. Every method that changes
/// something returns after the change is on disk; one that fails changed nothing.
pub trait Store: Send + Sync {
    /// Stores a verified receipt.
    fn put(&self, receipt: &Receipt) -> Result<Put, StoreError>;

    /// Stores verified receipts with one commit: all of them, or on an error none.
    fn put_all(&self, receipts: &[&Receipt]) -> Result<Vec<Put>, StoreError>;

    /// The receipt with this message id.
    fn get(&self, id: &MessageId) -> Result<Option<Receipt>, StoreError>;

    /// Whether there is a receipt with this message id.
    fn has(&self, id: &MessageId) -> Result<bool, StoreError>;

    /// The receipt that used this nullifier.
    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, StoreError>;

    /// The receipt with this leaf in a batch.
    fn by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<MessageId>, StoreError>;

    /// Up to `limit` receipts of launches that serve this request, in order of arrival, with their arrival numbers.
    fn by_request(&self, request: &B256, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError>;

    /// Up to `limit` receipts whose arrival number is at least `from`, in order, with their numbers.
    fn list(&self, from: u64, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError>;

    /// One past the last arrival number: how many receipts there are.
    fn receipts(&self) -> Result<u64, StoreError>;

    /// Stores a batch and where each of its leaves is.
    fn put_batch(&self, record: &BatchRecord) -> Result<PutBatch, StoreError>;

    /// The batch with this id.
    fn batch(&self, id: &BatchId) -> Result<Option<BatchRecord>, StoreError>;

    /// Up to `limit` batches whose arrival number is at least `from`, in order, with their numbers.
    fn list_batches(&self, from: u64, limit: usize) -> Result<Vec<(u64, BatchId)>, StoreError>;

    /// One past the last arrival number of a batch: how many there are.
    fn batches(&self) -> Result<u64, StoreError>;

    /// Up to `limit` batches that hold this leaf, in the order of their ids: anybody can put anybody's leaf in a batch.
    fn places(&self, leaf: &ReceiptLeaf, limit: usize) -> Result<Vec<Place>, StoreError>;

    /// Keeps bytes under their keccak256.
    fn put_blob(&self, bytes: &[u8]) -> Result<B256, StoreError>;

    /// The bytes with this keccak256.
    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a package that its publisher signed. Of two packages of one capsule the first stays.
    fn put_package(&self, package: &Package) -> Result<CapsuleLeaf, StoreError>;

    /// The encoded package of this capsule.
    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, StoreError>;

    /// Reserves the next index of `counter` in `epoch`. Indices count up from 0; epochs never go back.
    fn reserve(&self, counter: &CounterId, epoch: u64) -> Result<Reserved, StoreError>;
}
