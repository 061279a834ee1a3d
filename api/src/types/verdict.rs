//! Verdicts on a receipt, kept apart because they rest on different things.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// Positive, negative, or null where it could not be reached: an unreachable chain says nothing about a receipt.
    pub ok: Option<bool>,
    /// Why.
    pub reason: String,
}

/// All verdicts on one receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReply {
    /// keccak256 of the bytes; null if they are no receipt.
    #[schema(value_type = Option<String>)]
    pub message_id: Option<B256>,
    /// Its leaf in a batch; null if the bytes are no receipt.
    #[schema(value_type = Option<String>)]
    pub leaf: Option<B256>,
    /// The proof and the signatures hold: receipt and pinned verifying key alone.
    pub proof_valid: Verdict,
    /// The trees are the chain's: enrolled operator, admitted install, catalog of the mesh.
    pub admitted: Verdict,
    /// Launched recently and not in the future.
    pub fresh: Verdict,
    /// With `mesh=true`: what peers say. Nothing follows from it here; it shows whether the mesh agrees.
    #[serde(default)]
    pub mesh: Vec<PeerVerdict>,
}

impl VerifyReply {
    /// All three positive.
    pub fn all_positive(&self) -> bool {
        [&self.proof_valid, &self.admitted, &self.fresh].iter().all(|verdict| verdict.ok == Some(true))
    }
}

/// A peer's verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerVerdict {
    /// Who says so.
    pub peer_id: String,
    /// Its "proof valid".
    pub proof_valid: Option<bool>,
    /// Its "admitted".
    pub admitted: Option<bool>,
    /// Its "fresh".
    pub fresh: Option<bool>,
    /// Why it did not answer, where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
