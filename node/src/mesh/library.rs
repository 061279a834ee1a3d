//! What the node has on its shelves: the answers to other peers' questions.

use alloy_primitives::B256;
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};

/// The shelves could not be read. Says nothing about whether the thing is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the node's library cannot be read: {0}")]
pub struct LibraryError(pub String);

/// The node's store as the mesh sees it. Called by blocking threads, never by the swarm task; an answer must be what was
/// asked for, because the asking peer checks it and punishes a wrong one.
pub trait Library: Send + Sync + 'static {
    /// The bytes of a receipt.
    fn receipt(&self, id: &MessageId) -> Result<Option<Vec<u8>>, LibraryError>;

    /// The bytes of the receipt with this batch leaf.
    fn receipt_by_leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<Vec<u8>>, LibraryError>;

    /// The encoded record of a batch, by its id.
    fn batch(&self, id: &BatchId) -> Result<Option<Vec<u8>>, LibraryError>;

    /// A blob (at most [`super::exchange::MAX_BLOB_BYTES`]), by its keccak256.
    fn blob(&self, hash: &B256) -> Result<Option<Vec<u8>>, LibraryError>;

    /// The signed package of a capsule.
    fn package(&self, capsule: &CapsuleLeaf) -> Result<Option<Vec<u8>>, LibraryError>;

    /// A piece of the STARK install or digest proof with this context and this hash; of any with this context if the hash is
    /// zero.
    fn proof(&self, context: &B256, hash: &B256, piece: u32) -> Result<Option<Vec<u8>>, LibraryError>;

    /// Up to `limit` receipts that came last, newest first.
    fn recent(&self, limit: usize) -> Result<Vec<MessageId>, LibraryError>;

    /// Those of `ids` that are not stored.
    fn missing(&self, ids: &[MessageId]) -> Result<Vec<MessageId>, LibraryError>;

    /// The verified receipt that used this nullifier.
    fn by_nullifier(&self, nullifier: &Nullifier) -> Result<Option<MessageId>, LibraryError>;
}
