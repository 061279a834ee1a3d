//! Batch records, and where each leaf is.

use std::collections::HashSet;

use nonos_core::batch::BatchRecord;
use nonos_core::{BatchId, ReceiptLeaf};

use super::engine::{Change, Engine, Table};
use super::ledger::Ledger;
use super::{Place, PutBatch, StoreError};

impl<E: Engine> Ledger<E> {
    pub(super) fn put_record(&self, record: &BatchRecord) -> Result<PutBatch, StoreError> {
        record.check()?;
        let id = record.id();
        let _writing = self.writing();
        if self.engine.get(Table::Batches, id.bytes())?.is_some() {
            return Ok(PutBatch::Known(id));
        }
        let number = self.next_number(Table::BatchArrivals)?;
        let mut changes = vec![
            Change::new(Table::Batches, *id.bytes(), record.encode()),
            Change::new(Table::BatchArrivals, number.to_be_bytes(), *id.bytes()),
        ];
        let mut seen = HashSet::new();
        for (index, leaf) in (0u32..).zip(&record.leaves) {
            if seen.insert(leaf) {
                let key = [leaf.as_slice(), id.bytes()].concat();
                changes.push(Change::new(Table::Places, key, index.to_be_bytes()));
            }
        }
        self.engine.commit(&changes)?;
        Ok(PutBatch::Stored(id))
    }

    pub(super) fn record(&self, id: &BatchId) -> Result<Option<BatchRecord>, StoreError> {
        let Some(bytes) = self.engine.get(Table::Batches, id.bytes())? else { return Ok(None) };
        let record = BatchRecord::decode(&bytes)
            .map_err(|e| self.corrupt(format!("batch {id} does not decode: {e}")))?;
        if record.id() != *id {
            return Err(self.corrupt(format!("batch {id} is stored under another's id")));
        }
        Ok(Some(record))
    }

    pub(super) fn places_of(&self, leaf: &ReceiptLeaf, limit: usize) -> Result<Vec<Place>, StoreError> {
        let entries = self.engine.scan(Table::Places, leaf.bytes(), leaf.bytes(), limit)?;
        entries
            .iter()
            .map(|(key, index)| {
                let batch = self.word(key.get(32..).unwrap_or_default())?.into();
                let index = index.as_slice().try_into();
                let index = index.map_err(|_| self.corrupt("an index has not four bytes"))?;
                Ok(Place { batch, index: u32::from_be_bytes(index) })
            })
            .collect()
    }
}
