//! Batches, inclusion in them, blobs and packages.

use alloy_primitives::{Address, B256};
use nonos_core::batch::{BatchRecord, BatchRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::receipt::Outcome;

/// Where a batch stands on chain, as far as this node has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchStatus {
    /// Known from the mesh or its relayer; no such batch is on chain.
    Announced,
    /// Anchored, still open to challenges.
    Pending,
    /// Anchored, and its challenge window is over. A single leaf may have been voided: the contract's `leafStatus` tells.
    Final,
    /// The verifier was stopped before it became final: it never will.
    Frozen,
    /// Fallen: none of its leaves counts.
    Fallen,
    /// The chain cannot be asked; times are as last seen.
    Unknown,
}

/// Answer to a batch that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchAccepted {
    /// keccak256 of relayer, root, size and data commitment.
    #[schema(value_type = String)]
    pub batch_id: B256,
    /// `stored` or `known`.
    pub outcome: Outcome,
}

/// One batch in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchEntry {
    /// Arrival number at this node.
    pub number: u64,
    /// Names the batch.
    #[schema(value_type = String)]
    pub batch_id: B256,
}

/// A page of batches in the order of their arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchList {
    /// The page.
    pub batches: Vec<BatchEntry>,
    /// `from` of the next page.
    pub next: u64,
}

/// One batch with its leaves and its standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// Names the batch.
    #[schema(value_type = String)]
    pub batch_id: B256,
    /// The chain it is meant for.
    pub chain_id: u64,
    /// The anchor it is meant for.
    #[schema(value_type = String)]
    pub anchor: Address,
    /// What the contract takes back from callers: relayer, root, size, dataCommitment.
    #[schema(value_type = Object)]
    pub batch: BatchRef,
    /// Its leaves, in order.
    #[schema(value_type = Vec<String>)]
    pub leaves: Vec<B256>,
    /// Where it stands.
    pub status: BatchStatus,
    /// Time of the anchoring block; null before.
    pub anchored_at: Option<u64>,
    /// When it becomes, or became, final; null before it is anchored.
    pub final_at: Option<u64>,
}

impl BatchView {
    /// The record that was handed in, for its codec and its tree.
    pub fn record(&self) -> BatchRecord {
        BatchRecord {
            chainId: self.chain_id,
            anchor: self.anchor,
            batch: self.batch,
            leaves: self.leaves.clone(),
        }
    }
}

/// A receipt's place in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Inclusion {
    /// What the contract takes back from callers: relayer, root, size, dataCommitment.
    #[schema(value_type = Object)]
    pub batch: BatchRef,
    /// Names the batch.
    #[schema(value_type = String)]
    pub batch_id: B256,
    /// Position of the leaf.
    pub index: u32,
    /// The leaf.
    #[schema(value_type = String)]
    pub leaf: B256,
    /// Inclusion path, bottom first.
    #[schema(value_type = Vec<String>)]
    pub path: Vec<B256>,
    /// Where the batch stands.
    pub status: BatchStatus,
    /// Time of the anchoring block; null before.
    pub anchored_at: Option<u64>,
    /// When it becomes, or became, final; null before it is anchored.
    pub final_at: Option<u64>,
}

/// Answer to a blob that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlobStored {
    /// keccak256 of its bytes: the `inputHash` of a receipt whose input it is.
    #[schema(value_type = String)]
    pub hash: B256,
    /// Bytes.
    pub size: u64,
}

/// Answer to a package that was handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackageStored {
    /// Its capsule's leaf.
    #[schema(value_type = String)]
    pub capsule_leaf: B256,
    /// Bytes.
    pub size: u64,
}
