//! What agents ask of their node. A trait, so that tests need no node and agents no HTTP.

use crate::chain::LeafState;
use crate::error::NodeError;
use alloy_primitives::{B256, Bytes, keccak256};
use async_trait::async_trait;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::Receipt;
use nonos_core::{CapsuleLeaf, MessageId, ReceiptLeaf};

/// A batch that holds a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The batch.
    pub batch: BatchRef,
    /// Place of the leaf.
    pub index: u32,
    /// Siblings, bottom first.
    pub path: Vec<B256>,
    /// When the batch was anchored, Unix seconds.
    pub anchored_at: u64,
    /// When it becomes final.
    pub final_at: u64,
    /// Whether the node saw it pending, final or void.
    pub status: LeafState,
}

/// A node's word on a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofVerdict {
    /// It verifies under a key that the node pins.
    Valid,
    /// It does not, for this reason.
    Invalid(String),
    /// The node cannot say: a key that it does not hold.
    Unknown(String),
}

/// The input with this keccak256, if node or mesh have it; nobody has to keep the empty one.
pub async fn input(node: &dyn Node, hash: B256) -> Result<Option<Bytes>, NodeError> {
    match hash == keccak256([]) {
        true => Ok(Some(Bytes::new())),
        false => node.blob(hash).await,
    }
}

/// The node's HTTP API, as far as agents use it.
#[async_trait]
pub trait Node: Send + Sync {
    /// Stores and gossips a receipt. Posting it again changes nothing.
    async fn post_receipt(&self, receipt: &Receipt) -> Result<MessageId, NodeError>;

    /// Receipts that name this request.
    async fn receipts_of(&self, request: B256) -> Result<Vec<Receipt>, NodeError>;

    /// The receipt with this leaf; the node asks the mesh if it has none.
    async fn receipt_of_leaf(&self, leaf: ReceiptLeaf) -> Result<Option<Receipt>, NodeError>;

    /// A batch that holds this receipt, if the node knows one.
    async fn inclusion(&self, id: MessageId) -> Result<Option<Inclusion>, NodeError>;

    /// The leaves of a batch; the node asks the mesh if it has none.
    async fn leaves(&self, batch: B256) -> Result<Option<Vec<B256>>, NodeError>;

    /// The verdict "proof valid" of the node's verifier.
    async fn proof_verdict(&self, receipt: &Receipt) -> Result<ProofVerdict, NodeError>;

    /// Stores bytes under their keccak256.
    async fn put_blob(&self, bytes: Bytes) -> Result<B256, NodeError>;

    /// Bytes by their keccak256; the node asks the mesh if it has none.
    async fn blob(&self, hash: B256) -> Result<Option<Bytes>, NodeError>;

    /// The encoded package of a capsule; the node asks the mesh if it has none.
    async fn package(&self, capsule: CapsuleLeaf) -> Result<Option<Bytes>, NodeError>;
}
