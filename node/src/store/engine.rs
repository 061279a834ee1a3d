//! What a database has to offer: ordered tables of bytes, and commits that are whole and durable.

use std::path::Path;

use super::StoreError;

/// The tables. Keys that are numbers are big-endian, so that their order is the numbers' order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Name -> value: "file" (device and inode), "blocked" (last epoch barred by a restore), bytes used by blobs and packages.
    Meta,
    /// Message id -> receipt.
    Receipts,
    /// Arrival number -> message id.
    Arrivals,
    /// Nullifier -> message id.
    Nullifiers,
    /// Leaf -> message id.
    Leaves,
    /// Request id ‖ arrival number -> message id.
    Requests,
    /// Counter -> latest epoch ‖ next index.
    Indices,
    /// Batch id -> batch record.
    Batches,
    /// Arrival number -> batch id.
    BatchArrivals,
    /// Leaf ‖ batch id -> index.
    Places,
    /// keccak256 -> bytes.
    Blobs,
    /// Capsule leaf -> package.
    Packages,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Meta,
        Self::Receipts,
        Self::Arrivals,
        Self::Nullifiers,
        Self::Leaves,
        Self::Requests,
        Self::Indices,
        Self::Batches,
        Self::BatchArrivals,
        Self::Places,
        Self::Blobs,
        Self::Packages,
    ];

    /// Its name in the file. The number is the schema that introduced its form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "2.meta",
            Self::Receipts => "2.receipts",
            Self::Arrivals => "2.arrivals",
            Self::Nullifiers => "2.nullifiers",
            Self::Leaves => "2.leaves",
            Self::Requests => "2.requests",
            Self::Indices => "2.indices",
            Self::Batches => "2.batches",
            Self::BatchArrivals => "2.batch-arrivals",
            Self::Places => "2.places",
            Self::Blobs => "2.blobs",
            Self::Packages => "2.packages",
        }
    }
}

/// Version of the tables above.
pub const SCHEMA: u32 = 2;

/// An entry to be written; entries are never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub table: Table,
    /// Under which key.
    pub key: Vec<u8>,
    /// What.
    pub value: Vec<u8>,
}

impl Change {
    /// An entry.
    pub fn new(table: Table, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { table, key: key.into(), value: value.into() }
    }
}

/// Key and value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// A database under the [`Ledger`](super::Ledger), which lets one writer in at a time.
pub trait Engine: Send + Sync {
    /// The value under `key`.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` entries whose key starts with `prefix` and is not below `from`, in order.
    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The largest key.
    fn last(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes all changes or none, and returns when they are on disk. After an error either is possible (the refusal may have
    /// come from the last sync), never a part; whoever repeats finds out.
    fn commit(&self, changes: &[Change]) -> Result<(), StoreError>;

    /// Where the database is.
    fn path(&self) -> &Path;
}
