//! The store as other peers see it.

use std::sync::Arc;

use alloy_primitives::B256;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};

use crate::install::ProofLibrary;
use crate::mesh::{Library, LibraryError};
use crate::store::{Store, StoreError};

/// [`Library`] over a store and a folder of proofs.
pub struct Shelf {
    pub store: Arc<dyn Store>,
    pub proofs: Arc<ProofLibrary>,
}

fn failed(error: StoreError) -> LibraryError {
    LibraryError(error.to_string())
}

impl Library for Shelf {
    fn receipt(&self, id: &MessageId) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.store.get(id).map_err(failed)?.map(|receipt| receipt.encode()))
    }

    fn receipt_by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        match self.store.by_leaf(leaf).map_err(failed)? {
            Some(id) => self.receipt(&id),
            None => Ok(None),
        }
    }

    fn batch(&self, id: &BatchId) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(self.store.batch(id).map_err(failed)?.map(|record| record.encode()))
    }

    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, LibraryError> {
        self.store.blob(hash).map_err(failed)
    }

    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        self.store.package(capsule).map_err(failed)
    }

    fn proof(&self, context: &B256, hash: &B256, piece: u32) -> Result<Option<Vec<u8>>, LibraryError> {
        let hash = Some(*hash).filter(|hash| !hash.is_zero());
        self.proofs.piece(&context.0, hash, piece).map_err(|error| LibraryError(error.to_string()))
    }

    fn recent(&self, limit: usize) -> Result<Vec<MessageId>, LibraryError> {
        let end = self.store.receipts().map_err(failed)?;
        let page = self.store.list(end.saturating_sub(limit as u64), limit).map_err(failed)?;
        Ok(page.into_iter().rev().map(|(_, id)| id).collect())
    }

    fn missing(&self, ids: &[MessageId]) -> Result<Vec<MessageId>, LibraryError> {
        let mut missing = Vec::new();
        for id in ids {
            if !self.store.has(id).map_err(failed)? {
                missing.push(*id);
            }
        }
        Ok(missing)
    }

    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, LibraryError> {
        self.store.by_nullifier(nullifier).map_err(failed)
    }
}
