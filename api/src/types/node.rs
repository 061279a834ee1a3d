//! The node itself, its peers, its readiness.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a node is and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeInfo {
    /// Version of the program.
    pub version: String,
    /// Its name in the mesh; null without a mesh.
    pub peer_id: Option<String>,
    /// Where the mesh listens, as multiaddrs.
    pub listen: Vec<String>,
    /// The operator that its beacon names; null if it sends none.
    #[schema(value_type = Option<String>)]
    pub operator: Option<B256>,
    /// The verifying key it pins.
    #[schema(value_type = String)]
    pub verifier_key: B256,
    /// The deployment it serves.
    pub chain: ChainInfo,
    /// Receipts on disk.
    pub receipts: u64,
    /// Batch records on disk.
    pub batches: u64,
}

/// The deployment a node serves, and how it sees the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainInfo {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// ReceiptAnchor.
    #[schema(value_type = String)]
    pub anchor: Address,
    /// OperatorRegistry.
    #[schema(value_type = String)]
    pub operator_registry: Address,
    /// CapsuleRegistry.
    #[schema(value_type = String)]
    pub capsule_registry: Address,
    /// Whether the last question to the chain was answered.
    pub reachable: bool,
    /// Number of the last block whose events were taken in.
    pub head: Option<u64>,
    /// Its time.
    pub head_time: Option<u64>,
    /// Why the chain could not be followed, if it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One connected peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its name in the mesh.
    pub peer_id: String,
    /// Where it is connected from or to.
    pub addresses: Vec<String>,
    /// The operator its beacon names.
    #[schema(value_type = Option<String>)]
    pub operator: Option<B256>,
    /// That operator's score on chain, 0 to 999.
    pub trust: Option<u16>,
}

/// All connected peers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Peers {
    /// In no particular order.
    pub peers: Vec<Peer>,
}

/// Whether a node can do its work, and what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ready {
    /// All of the below.
    pub ready: bool,
    /// The store answers.
    pub store: bool,
    /// The mesh listens, or is switched off.
    pub listeners: bool,
    /// The chain answers, or is configured off.
    pub chain: bool,
}
