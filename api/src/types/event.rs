//! The event stream.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something happened at the node. One server-sent event each: its data is this object, its name is `type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A receipt was stored.
    Receipt {
        /// keccak256 of its bytes.
        #[schema(value_type = String)]
        message_id: B256,
        /// Its leaf in a batch.
        #[schema(value_type = String)]
        leaf: B256,
    },
    /// A batch record was stored.
    Batch {
        /// Names the batch.
        #[schema(value_type = String)]
        batch_id: B256,
    },
    /// A batch was seen on chain.
    Anchored {
        /// Names the batch.
        #[schema(value_type = String)]
        batch_id: B256,
        /// The anchoring block.
        block: u64,
        /// When it becomes final unless it is challenged.
        final_at: u64,
    },
    /// A peer came or went.
    Peer {
        /// Its name in the mesh.
        peer_id: String,
        /// Came, or went.
        connected: bool,
    },
    /// A beacon named an operator.
    Operator {
        /// Its root key.
        #[schema(value_type = String)]
        operator_id: B256,
        /// Its peer.
        peer_id: String,
    },
    /// The chain moved on, was reorganised, or stopped answering.
    Chain {
        /// Last block taken in.
        head: u64,
        /// Whether it answers.
        reachable: bool,
    },
    /// This reader was too slow: events were dropped, and lists have to be read again from their cursors.
    Lag {
        /// How many.
        missed: u64,
    },
}

impl Event {
    /// Its `type`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Receipt { .. } => "receipt",
            Self::Batch { .. } => "batch",
            Self::Anchored { .. } => "anchored",
            Self::Peer { .. } => "peer",
            Self::Operator { .. } => "operator",
            Self::Chain { .. } => "chain",
            Self::Lag { .. } => "lag",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_object_with_a_type() {
        let event = Event::Anchored { batch_id: B256::repeat_byte(1), block: 2, final_at: 3 };
        let json = serde_json::to_value(&event).unwrap();
        let id = format!("0x{}", "01".repeat(32));
        assert_eq!(json, serde_json::json!({ "type": "anchored", "batchId": id, "block": 2, "finalAt": 3 }));
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
        assert_eq!(event.name(), "anchored");
    }
}
