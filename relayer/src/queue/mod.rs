//! The durable queue: every receipt and every batch of this relayer, in one redb file.
//!
//! Every method that changes something is one commit with one fsync: it happened whole or not at all, whatever kills the
//! process. Leaves are never forgotten, so that none gets into a second batch.

mod batches;
mod check;
mod codec;
mod error;
mod file;
mod receipts;
mod tables;
mod types;

use std::path::Path;

use alloy_primitives::Address;
use redb::{ReadableTable, ReadableTableMetadata, TableError, WriteTransaction};

pub use check::Checked;
pub use error::QueueError;
pub use types::{
    Arrival, Attempt, Batch, BatchState, Counts, Identity, Judgement, LeafState, MAX_ATTEMPTS, Record,
    Sighting, Waiting,
};

use file::{Fault, QueueFile};
use tables::{BATCH_LEAVES, BATCHES, BY_STATE, LEAVES, META, QUEUED, RECEIPTS, SCHEMA, UNPUBLISHED, WAITING};

/// The queue file of one relayer. Share it by `Arc`; methods block on the disk.
pub struct Queue {
    file: QueueFile,
    identity: Identity,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("path", &self.file.path()).field("identity", &self.identity).finish()
    }
}

impl Queue {
    /// Opens the queue at `path`, or creates it. Refuses a file of another identity.
    pub fn open(path: &Path, identity: Identity) -> Result<Self, QueueError> {
        let file = QueueFile::open(path, |transaction| initialise(transaction, &identity))?;
        let queue = Self { file, identity };
        queue.check_schema()?;
        queue.check_identity()?;
        Ok(queue)
    }

    /// Whose queue it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How many are where.
    pub fn counts(&self) -> Result<Counts, QueueError> {
        self.file.read(|transaction| {
            let mut counts = Counts {
                cursor: number(&transaction.open_table(META)?, "cursor")?,
                waiting: transaction.open_table(WAITING)?.len()?,
                queued: transaction.open_table(QUEUED)?.len()?,
                leaves: transaction.open_table(LEAVES)?.len()?,
                ..Counts::default()
            };
            let by_state = transaction.open_table(BY_STATE)?;
            for state in BatchState::ALL {
                let range = (state as u8, 0)..(state as u8 + 1, 0);
                let count = by_state.range(range)?.count();
                counts.batches.insert(state.name(), count as u64);
            }
            Ok(counts)
        })
    }

    fn check_schema(&self) -> Result<(), QueueError> {
        let path = self.file.path().to_owned();
        let found = self.file.read(|transaction| {
            let meta = match transaction.open_table(META) {
                Ok(meta) => meta,
                Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
                    return Err(QueueError::Foreign(path.clone()).into());
                }
                Err(error) => return Err(error.into()),
            };
            Ok(meta.get("schema")?.and_then(|bytes| bytes.value().try_into().ok()).map(u32::from_be_bytes))
        })?;
        match found {
            Some(SCHEMA) => Ok(()),
            Some(found) => Err(QueueError::Schema { path, found, expected: SCHEMA }),
            None => Err(self.file.corrupt("it states no schema")),
        }
    }

    fn check_identity(&self) -> Result<(), QueueError> {
        let found = self.file.read(|transaction| {
            let meta = transaction.open_table(META)?;
            Ok(meta.get("identity")?.map(|bytes| bytes.value().to_vec()))
        })?;
        let found = found.and_then(|bytes| decode_identity(&bytes));
        let found = found.ok_or_else(|| self.file.corrupt("it names no owner"))?;
        if found == self.identity {
            return Ok(());
        }
        Err(QueueError::OtherIdentity {
            path: self.file.path().to_owned(),
            found_chain: found.chain_id,
            found_anchor: found.anchor,
            found_relayer: found.relayer,
            chain: self.identity.chain_id,
            anchor: self.identity.anchor,
            relayer: self.identity.relayer,
        })
    }
}

/// Creates every table and states schema and owner.
fn initialise(transaction: &WriteTransaction, identity: &Identity) -> Result<(), Fault> {
    transaction.open_table(LEAVES)?;
    transaction.open_table(RECEIPTS)?;
    transaction.open_table(WAITING)?;
    transaction.open_table(QUEUED)?;
    transaction.open_table(BATCHES)?;
    transaction.open_table(BATCH_LEAVES)?;
    transaction.open_table(BY_STATE)?;
    transaction.open_table(UNPUBLISHED)?;
    let mut meta = transaction.open_table(META)?;
    meta.insert("schema", &SCHEMA.to_be_bytes()[..])?;
    meta.insert("identity", &encode_identity(identity)[..])?;
    Ok(())
}

fn encode_identity(identity: &Identity) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&identity.chain_id.to_be_bytes());
    bytes[8..28].copy_from_slice(identity.anchor.as_slice());
    bytes[28..].copy_from_slice(identity.relayer.as_slice());
    bytes
}

fn decode_identity(bytes: &[u8]) -> Option<Identity> {
    let bytes: &[u8; 48] = bytes.try_into().ok()?;
    Some(Identity {
        chain_id: u64::from_be_bytes(bytes[..8].try_into().ok()?),
        anchor: Address::from_slice(&bytes[8..28]),
        relayer: Address::from_slice(&bytes[28..]),
    })
}

/// A counter in [`META`]; 0 until it is written first.
fn number(meta: &impl ReadableTable<&'static str, &'static [u8]>, name: &str) -> Result<u64, Fault> {
    let bytes = meta.get(name)?;
    Ok(bytes.and_then(|bytes| bytes.value().try_into().ok()).map_or(0, u64::from_be_bytes))
}

#[cfg(test)]
mod tests;
