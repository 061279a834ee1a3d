//! Receipts as the node answers about them.

use alloy_primitives::B256;
use nonos_core::receipt::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of a receipt that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// New: it is on disk now, and told to the mesh.
    Stored,
    /// The same bytes were on disk already.
    Known,
    /// Another receipt with the same nullifier came first; this one was not kept.
    Repeated,
}

/// Answer to a receipt that passed all verdicts. When this arrives, the receipt is durable (or known to be).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptAccepted {
    /// keccak256 of the receipt's bytes.
    #[schema(value_type = String)]
    pub message_id: B256,
    /// What became of it.
    pub outcome: Outcome,
    /// With `repeated`: the receipt that came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub first: Option<B256>,
    /// Its leaf in a batch.
    #[schema(value_type = String)]
    pub leaf: B256,
}

/// One receipt in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptEntry {
    /// Arrival number at this node: counts up without gaps, and is never reused.
    pub number: u64,
    /// keccak256 of the receipt's bytes.
    #[schema(value_type = String)]
    pub message_id: B256,
}

/// A page of receipts in the order of their arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptList {
    /// The page.
    pub receipts: Vec<ReceiptEntry>,
    /// `from` of the next page: one past the last number listed, or what was asked for if nothing is there yet.
    pub next: u64,
}

/// One receipt, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// keccak256 of the receipt's bytes.
    #[schema(value_type = String)]
    pub message_id: B256,
    /// Its leaf in a batch.
    #[schema(value_type = String)]
    pub leaf: B256,
    /// EIP-712 digest of its header.
    #[schema(value_type = String)]
    pub digest: B256,
    /// Every field, named as in the EIP-712 type; `/raw` has the octets that are signed and hashed.
    #[schema(value_type = Object)]
    pub receipt: Receipt,
}

impl From<Receipt> for ReceiptView {
    fn from(receipt: Receipt) -> Self {
        Self {
            message_id: receipt.message_id().into(),
            leaf: receipt.leaf().into(),
            digest: receipt.digest().into(),
            receipt,
        }
    }
}
