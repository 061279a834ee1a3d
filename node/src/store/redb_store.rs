//! [`Store`] on redb: five tables, one durable commit per change.

use std::path::{Path, PathBuf};

use nonos_core::launch_values::{IndexOutOfRange, RECEIPTS_PER_EPOCH};
use nonos_core::receipt::Receipt;
use nonos_core::{MessageId, Nullifier};
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use super::file::{self, failed};
use super::{CounterId, Put, Reserved, Store, StoreError};

/// Version of the tables below.
const SCHEMA: u32 = 1;

/// "schema" -> u32, "file" -> device and inode, "blocked" -> last epoch barred by a restore.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("nonos.meta");
/// Message id -> receipt bytes.
const RECEIPTS: TableDefinition<[u8; 32], &[u8]> = TableDefinition::new("receipts");
/// Arrival number -> message id.
const ARRIVALS: TableDefinition<u64, [u8; 32]> = TableDefinition::new("arrivals");
/// Nullifier -> message id.
const NULLIFIERS: TableDefinition<[u8; 32], [u8; 32]> = TableDefinition::new("nullifiers");
/// Identity leaf -> (latest epoch, next index).
const INDICES: TableDefinition<[u8; 32], (u64, u16)> = TableDefinition::new("indices");

/// "A restore was noticed, and the epoch it bars is not known yet": no launch happens in this epoch.
const UNDECIDED: u64 = u64::MAX;

/// Receipts and indices in one redb file.
pub struct RedbStore {
    database: Database,
    path: PathBuf,
}

impl RedbStore {
    /// Opens the store at `path`, or creates it if nothing is there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.try_exists().map_err(failed("cannot open", path))? {
            file::create(path, initialise)?;
        }
        let store = Self { database: file::open(path)?, path: path.to_owned() };
        store.check_schema()?;
        store.notice_restore()?;
        Ok(store)
    }

    fn read(&self) -> Result<ReadTransaction, StoreError> {
        self.database.begin_read().map_err(self.failed("cannot read"))
    }

    /// Runs `change` and commits it with an fsync.
    fn write<T>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.database.begin_write().map_err(self.failed("cannot write"))?;
        let result = change(&transaction)?;
        transaction.commit().map_err(self.failed("cannot commit to"))?;
        Ok(result)
    }

    fn failed<E: std::fmt::Display>(&self, action: &'static str) -> impl FnOnce(E) -> StoreError {
        failed(action, &self.path)
    }

    fn corrupt(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Corrupt { path: self.path.clone(), reason: reason.into() }
    }

    fn check_schema(&self) -> Result<(), StoreError> {
        let transaction = self.read()?;
        let meta = match transaction.open_table(META) {
            Ok(meta) => meta,
            Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
                return Err(StoreError::Foreign(self.path.clone()));
            }
            Err(error) => return Err(self.failed("cannot read")(error)),
        };
        let entry = meta.get("schema").map_err(self.failed("cannot read"))?;
        let bytes = entry.ok_or_else(|| self.corrupt("it states no schema"))?;
        let bytes = bytes.value().try_into().map_err(|_| self.corrupt("its schema is no number"))?;
        match u32::from_be_bytes(bytes) {
            SCHEMA => Ok(()),
            found => Err(StoreError::Schema { path: self.path.clone(), found, expected: SCHEMA }),
        }
    }

    /// Compares the file's identity with the recorded one; after a restore the next epoch asked for is barred.
    fn notice_restore(&self) -> Result<(), StoreError> {
        let identity = file::identity(&self.path)?;
        let transaction = self.read()?;
        let meta = transaction.open_table(META).map_err(self.failed("cannot read"))?;
        let recorded = meta.get("file").map_err(self.failed("cannot read"))?;
        if recorded.is_some_and(|r| r.value() == identity) {
            return Ok(());
        }
        drop((meta, transaction));
        self.write(|transaction| {
            let mut meta = transaction.open_table(META).map_err(self.failed("cannot write"))?;
            meta.insert("file", &identity[..]).map_err(self.failed("cannot write"))?;
            meta.insert("blocked", &UNDECIDED.to_be_bytes()[..]).map_err(self.failed("cannot write"))?;
            Ok(())
        })
    }

    fn next_index(
        &self,
        transaction: &WriteTransaction,
        counter: &CounterId,
        epoch: u64,
    ) -> Result<Reserved, StoreError> {
        let mut indices = transaction.open_table(INDICES).map_err(self.failed("cannot write"))?;
        let last = indices.get(counter.0).map_err(self.failed("cannot read"))?;
        let index = match last.map(|entry| entry.value()) {
            Some((latest, _)) if latest > epoch => return Err(StoreError::EpochPast { epoch, latest }),
            Some((latest, next)) if latest == epoch => next,
            _ => 0,
        };
        if index >= RECEIPTS_PER_EPOCH {
            return Err(IndexOutOfRange { epoch, index }.into());
        }
        indices.insert(counter.0, (epoch, index + 1)).map_err(self.failed("cannot write"))?;
        Ok(Reserved { epoch, index })
    }

    /// Bars the epoch in which a restored store is first used; later epochs are safe.
    fn check_restored(&self, transaction: &WriteTransaction, epoch: u64) -> Result<(), StoreError> {
        let mut meta = transaction.open_table(META).map_err(self.failed("cannot write"))?;
        let blocked = {
            let entry = meta.get("blocked").map_err(self.failed("cannot read"))?;
            let Some(entry) = entry else { return Ok(()) };
            let bytes = entry.value().try_into().map_err(|_| self.corrupt("`blocked` is no number"))?;
            u64::from_be_bytes(bytes)
        };
        let barred = if blocked == UNDECIDED { epoch } else { blocked };
        if blocked == UNDECIDED {
            meta.insert("blocked", &barred.to_be_bytes()[..]).map_err(self.failed("cannot write"))?;
        }
        if epoch <= barred {
            return Err(StoreError::Restored { epoch, usable_from: barred + 1 });
        }
        Ok(())
    }
}

/// Creates every table, states the schema and records the file's identity: renaming keeps device and inode.
fn initialise(database: &Database, path: &Path) -> Result<(), StoreError> {
    let identity = file::identity(path)?;
    let transaction = database.begin_write().map_err(failed("cannot create", path))?;
    let filled = (|| -> Result<(), redb::Error> {
        transaction.open_table(RECEIPTS)?;
        transaction.open_table(ARRIVALS)?;
        transaction.open_table(NULLIFIERS)?;
        transaction.open_table(INDICES)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert("schema", &SCHEMA.to_be_bytes()[..])?;
        meta.insert("file", &identity[..])?;
        Ok(())
    })();
    filled.map_err(failed("cannot create", path))?;
    transaction.commit().map_err(failed("cannot create", path))
}

impl Store for RedbStore {
    fn put(&self, receipt: &Receipt) -> Result<Put, StoreError> {
        receipt.check_form()?;
        let (bytes, id) = (receipt.encode(), receipt.message_id());
        let nullifier = receipt.header.nullifier.to_be_bytes::<32>();
        self.write(|transaction| {
            let io = |e: redb::StorageError| self.failed("cannot write")(e);
            let table = |e: TableError| self.failed("cannot write")(e);
            let mut nullifiers = transaction.open_table(NULLIFIERS).map_err(table)?;
            let first = nullifiers.get(nullifier).map_err(io)?.map(|first| first.value());
            match first {
                Some(first) if first == *id.bytes() => return Ok(Put::Known(id)),
                Some(first) => return Ok(Put::Repeated { first: first.into() }),
                None => nullifiers.insert(nullifier, *id.bytes()).map_err(io)?,
            };
            let mut receipts = transaction.open_table(RECEIPTS).map_err(table)?;
            receipts.insert(*id.bytes(), &bytes[..]).map_err(io)?;
            let mut arrivals = transaction.open_table(ARRIVALS).map_err(table)?;
            let number = arrivals.last().map_err(io)?.map_or(0, |(last, _)| last.value() + 1);
            arrivals.insert(number, *id.bytes()).map_err(io)?;
            Ok(Put::Stored(id))
        })
    }

    fn get(&self, id: &MessageId) -> Result<Option<Receipt>, StoreError> {
        let transaction = self.read()?;
        let receipts = transaction.open_table(RECEIPTS).map_err(self.failed("cannot read"))?;
        let Some(entry) = receipts.get(*id.bytes()).map_err(self.failed("cannot read"))? else {
            return Ok(None);
        };
        let receipt = Receipt::decode(entry.value())
            .map_err(|e| self.corrupt(format!("receipt {id} does not decode: {e}")))?;
        if receipt.message_id() != *id {
            return Err(self.corrupt(format!("receipt {id} is stored under another's id")));
        }
        Ok(Some(receipt))
    }

    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, StoreError> {
        let transaction = self.read()?;
        let table = transaction.open_table(NULLIFIERS).map_err(self.failed("cannot read"))?;
        let entry = table.get(nullifier.to_be()).map_err(self.failed("cannot read"))?;
        Ok(entry.map(|id| id.value().into()))
    }

    fn list(&self, from: u64, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError> {
        let transaction = self.read()?;
        let arrivals = transaction.open_table(ARRIVALS).map_err(self.failed("cannot read"))?;
        let range = arrivals.range(from..).map_err(self.failed("cannot read"))?;
        range
            .take(limit)
            .map(|entry| {
                let (number, id) = entry.map_err(self.failed("cannot read"))?;
                Ok((number.value(), id.value().into()))
            })
            .collect()
    }

    fn reserve(&self, counter: &CounterId, epoch: u64) -> Result<Reserved, StoreError> {
        self.write(|transaction| match self.check_restored(transaction, epoch) {
            // Committed, not rolled back: the bar must be durable.
            Err(barred) => Ok(Err(barred)),
            Ok(()) => self.next_index(transaction, counter, epoch).map(Ok),
        })?
    }
}

#[cfg(test)]
#[path = "redb_store_tests.rs"]
mod tests;
