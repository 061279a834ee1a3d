//! The rules of the store, on any engine: one writer at a time, who reads, decides, and commits once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::B256;
use nonos_core::batch::BatchRecord;
use nonos_core::package::Package;
use nonos_core::receipt::Receipt;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};

use super::engine::{Engine, Table};
use super::{CounterId, Limits, Place, Put, PutBatch, Reserved, Store, StoreError};

/// [`Store`] on an engine.
pub struct Ledger<E> {
    pub(super) engine: E,
    pub(super) limits: Limits,
    writer: Mutex<()>,
}

impl<E: Engine> Ledger<E> {
    pub(super) fn new(engine: E) -> Self {
        Self { engine, limits: Limits::default(), writer: Mutex::new(()) }
    }

    /// The same with other limits for blobs and packages.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The right to write. What a writer reads cannot change before it commits.
    pub(super) fn writing(&self) -> MutexGuard<'_, ()> {
        // A writer that panicked had not committed, or had committed whole: nothing is half done.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn corrupt(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Corrupt { path: self.engine.path().to_owned(), reason: reason.into() }
    }

    /// One past the largest number that is a key of `table`.
    pub(super) fn next_number(&self, table: Table) -> Result<u64, StoreError> {
        match self.engine.last(table)? {
            Some(key) => Ok(self.number(&key)?.saturating_add(1)),
            None => Ok(0),
        }
    }

    pub(super) fn number(&self, bytes: &[u8]) -> Result<u64, StoreError> {
        let bytes = bytes.try_into().map_err(|_| self.corrupt("a number has not eight bytes"))?;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(super) fn word(&self, bytes: &[u8]) -> Result<B256, StoreError> {
        B256::try_from(bytes).map_err(|_| self.corrupt("a name has not 32 bytes"))
    }

    /// A page of a table that maps arrival numbers to names.
    pub(super) fn page(&self, table: Table, from: u64, limit: usize) -> Result<Vec<(u64, B256)>, StoreError> {
        let entries = self.engine.scan(table, &[], &from.to_be_bytes(), limit)?;
        entries.iter().map(|(key, value)| Ok((self.number(key)?, self.word(value)?))).collect()
    }
}

impl<E: Engine> Store for Ledger<E> {
    fn put(&self, receipt: &Receipt) -> Result<Put, StoreError> {
        let mut puts = self.put_receipts(&[receipt])?;
        puts.pop().ok_or_else(|| self.corrupt("a receipt had no outcome"))
    }

    fn put_all(&self, receipts: &[&Receipt]) -> Result<Vec<Put>, StoreError> {
        self.put_receipts(receipts)
    }

    fn get(&self, id: &MessageId) -> Result<Option<Receipt>, StoreError> {
        self.receipt(id)
    }

    fn has(&self, id: &MessageId) -> Result<bool, StoreError> {
        Ok(self.engine.get(Table::Receipts, id.bytes())?.is_some())
    }

    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, StoreError> {
        self.message_id(Table::Nullifiers, &nullifier.to_be())
    }

    fn by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<MessageId>, StoreError> {
        self.message_id(Table::Leaves, leaf.bytes())
    }

    fn by_request(&self, request: &B256, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError> {
        self.receipts_of_request(request, limit)
    }

    fn list(&self, from: u64, limit: usize) -> Result<Vec<(u64, MessageId)>, StoreError> {
        let page = self.page(Table::Arrivals, from, limit)?;
        Ok(page.into_iter().map(|(number, id)| (number, id.into())).collect())
    }

    fn receipts(&self) -> Result<u64, StoreError> {
        self.next_number(Table::Arrivals)
    }

    fn put_batch(&self, record: &BatchRecord) -> Result<PutBatch, StoreError> {
        self.put_record(record)
    }

    fn batch(&self, id: &BatchId) -> Result<Option<BatchRecord>, StoreError> {
        self.record(id)
    }

    fn list_batches(&self, from: u64, limit: usize) -> Result<Vec<(u64, BatchId)>, StoreError> {
        let page = self.page(Table::BatchArrivals, from, limit)?;
        Ok(page.into_iter().map(|(number, id)| (number, id.into())).collect())
    }

    fn batches(&self) -> Result<u64, StoreError> {
        self.next_number(Table::BatchArrivals)
    }

    fn places(&self, leaf: &ReceiptLeaf, limit: usize) -> Result<Vec<Place>, StoreError> {
        self.places_of(leaf, limit)
    }

    fn put_blob(&self, bytes: &[u8]) -> Result<B256, StoreError> {
        self.keep_blob(bytes)
    }

    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, StoreError> {
        self.engine.get(Table::Blobs, hash.as_slice())
    }

    fn put_package(&self, package: &Package) -> Result<CapsuleLeaf, StoreError> {
        self.keep_package(package)
    }

    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, StoreError> {
        self.engine.get(Table::Packages, &capsule.to_be())
    }

    fn reserve(&self, counter: &CounterId, epoch: u64) -> Result<Reserved, StoreError> {
        self.reserve_index(counter, epoch)
    }
}
