//! A library in memory, honest or lying.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use alloy_primitives::{B256, keccak256};
use nonos_core::receipt::Receipt;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};
use nonos_node::mesh::{Library, LibraryError};

#[derive(Default)]
pub struct MemoryLibrary {
    shelves: Mutex<Shelves>,
    /// Answers with something else than was asked for.
    pub lies: AtomicBool,
}

/// Where a piece of a proof stands among the things.
fn piece_name(context: &B256, piece: u32) -> B256 {
    keccak256([context.as_slice(), &piece.to_be_bytes()].concat())
}

#[derive(Default)]
struct Shelves {
    receipts: Vec<(MessageId, ReceiptLeaf, Nullifier, Vec<u8>)>,
    things: HashMap<B256, Vec<u8>>,
}

impl MemoryLibrary {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn put(&self, receipt: &Receipt) {
        let nullifier = Nullifier::try_from(receipt.header.nullifier).unwrap();
        let one = (receipt.message_id(), receipt.leaf(), nullifier, receipt.encode());
        self.shelves.lock().unwrap().receipts.push(one);
    }

    pub fn put_blob(&self, bytes: &[u8]) -> B256 {
        let hash = keccak256(bytes);
        self.put_as(hash, bytes);
        hash
    }

    pub fn put_as(&self, name: B256, bytes: &[u8]) {
        self.shelves.lock().unwrap().things.insert(name, bytes.to_vec());
    }

    /// The pieces of a proof, from 0 up.
    pub fn put_proof(&self, context: B256, pieces: &[Vec<u8>]) {
        for (piece, bytes) in (0..).zip(pieces) {
            self.put_as(piece_name(&context, piece), bytes);
        }
    }

    pub fn ids(&self) -> Vec<MessageId> {
        self.shelves.lock().unwrap().receipts.iter().map(|(id, ..)| *id).collect()
    }

    pub fn has_all(&self, receipts: &[Receipt]) -> bool {
        let ids = self.ids();
        receipts.iter().all(|receipt| ids.contains(&receipt.message_id()))
    }

    fn bend(&self, found: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, LibraryError> {
        Ok(if self.lies.load(Ordering::Relaxed) { Some(b"something else".to_vec()) } else { found })
    }
}

impl Library for MemoryLibrary {
    fn receipt(&self, id: &MessageId) -> Result<Option<Vec<u8>>, LibraryError> {
        let shelves = self.shelves.lock().unwrap();
        self.bend(shelves.receipts.iter().find(|one| one.0 == *id).map(|one| one.3.clone()))
    }

    fn receipt_by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        let shelves = self.shelves.lock().unwrap();
        self.bend(shelves.receipts.iter().find(|one| one.1 == *leaf).map(|one| one.3.clone()))
    }

    fn batch(&self, id: &BatchId) -> Result<Option<Vec<u8>>, LibraryError> {
        self.blob(&id.0)
    }

    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, LibraryError> {
        self.bend(self.shelves.lock().unwrap().things.get(hash).cloned())
    }

    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, LibraryError> {
        self.blob(&(*capsule).into())
    }

    fn proof(&self, context: &B256, _: &B256, piece: u32) -> Result<Option<Vec<u8>>, LibraryError> {
        self.blob(&piece_name(context, piece))
    }

    fn recent(&self, limit: usize) -> Result<Vec<MessageId>, LibraryError> {
        Ok(self.ids().into_iter().rev().take(limit).collect())
    }

    fn missing(&self, ids: &[MessageId]) -> Result<Vec<MessageId>, LibraryError> {
        let have = self.ids();
        Ok(ids.iter().filter(|id| !have.contains(id)).copied().collect())
    }

    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, LibraryError> {
        let shelves = self.shelves.lock().unwrap();
        Ok(shelves.receipts.iter().find(|one| one.2 == *nullifier).map(|one| one.0))
    }
}
