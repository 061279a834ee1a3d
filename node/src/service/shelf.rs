//! The store as other peers see it.

use std::sync::Arc;

use alloy_primitives::B256;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};

use crate::mesh::{Library, LibraryError};
use crate::store::{Store, StoreError};

/// [`Library`] over a store.
pub struct Shelf(pub Arc<dyn Store>);

fn failed(error: StoreError) -> LibraryError {
    LibraryError(error.to_string())
}

impl Library for Shelf {
    fn receipt(&self, id: &MessageId) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.0.get(id).map_err(failed)?.map(|receipt| receipt.encode()))
    }

    fn receipt_by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        match self.0.by_leaf(leaf).map_err(failed)? {
            Some(id) => self.receipt(&id),
            None => Ok(None),
        }
    }

    fn batch(&self, id: &BatchId) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.0.batch(id).map_err(failed)?.map(|record| record.encode()))
    }

    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, LibraryError> {
        self.0.blob(hash).map_err(failed)
    }

    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        self.0.package(capsule).map_err(failed)
    }

    fn recent(&self, limit: usize) -> Result<Vec<MessageId>, LibraryError> {
        let end = self.0.receipts().map_err(failed)?;
        let page = self.0.list(end.saturating_sub(limit as u64), limit).map_err(failed)?;
        Ok(page.into_iter().rev().map(|(_, id)| id).collect())
    }

    fn missing(&self, ids: &[MessageId]) -> Result<Vec<MessageId>, LibraryError> {
        let mut missing = Vec::new();
        for id in ids {
            if !self.0.has(id).map_err(failed)? {
                missing.push(*id);
            }
        }
        Ok(missing)
    }

    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, LibraryError> {
        self.0.by_nullifier(nullifier).map_err(failed)
    }
}
