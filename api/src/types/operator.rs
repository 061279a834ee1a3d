//! Operators as beacons and the chain show them.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An operator that a beacon of the mesh names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorView {
    /// Its ed25519 root key.
    #[schema(value_type = String)]
    pub operator_id: B256,
    /// The peer that is its node.
    pub peer_id: String,
    /// Where that node says it can be reached.
    pub addresses: Vec<String>,
    /// Time in the beacon.
    pub beacon_at: u64,
    /// Score on chain, 0 to 999; null if the chain was not asked yet or keeps no scores.
    pub trust: Option<u16>,
}

/// All operators whose beacon is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Operators {
    /// In the order of their ids.
    pub operators: Vec<OperatorView>,
}

/// A score, read from the chain and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustView {
    /// Whose.
    #[schema(value_type = String)]
    pub operator_id: B256,
    /// 0 to 999.
    pub score: u16,
    /// Block it was read at.
    pub block: u64,
}
