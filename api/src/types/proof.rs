//! Installs and digest proofs made by the STARK, as a node keeps them.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProofState {
    /// Verified, and kept for whoever asks.
    Kept,
    /// Coming in from the mesh; each chunk is verified when it arrives.
    Fetching,
    /// The last try to fetch it failed.
    Failed,
    /// Not here.
    Absent,
}

/// What a file proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProofKind {
    /// An operator holds the binary of the capsule in its install leaf.
    Install,
    /// A publisher's hidden commitment is one to the SHA3-512 of a real binary.
    DigestProof,
}

/// One file, by its context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofView {
    /// The install leaf, or what a digest proof carries in its place.
    #[schema(value_type = String)]
    pub context: B256,
    /// Whether it is there.
    pub state: ProofState,
    /// What it proves; null unless it is kept, as all that follows but the counts.
    pub kind: Option<ProofKind>,
    /// The commitment to the binary's digest, if it is shown.
    #[schema(value_type = Option<String>)]
    pub commitment: Option<B256>,
    /// What hides the commitment, if it is hidden.
    #[schema(value_type = Option<String>)]
    pub blinded: Option<B256>,
    /// Bytes of the binary.
    pub length: Option<u64>,
    /// Chunks verified.
    pub verified: u32,
    /// Chunks of the file; 0 if that is not known yet.
    pub chunks: u32,
    /// Bits of security of the whole file, by conjecture.
    pub conjectured_bits: Option<u32>,
    /// Bits of security of the whole file, by proof.
    pub proven_bits: Option<u32>,
    /// Bytes of the file.
    pub bytes: Option<u64>,
    /// keccak256 of the file.
    #[schema(value_type = Option<String>)]
    pub hash: Option<B256>,
    /// Where it is on the node's machine.
    pub path: Option<String>,
    /// Why the last try failed.
    pub reason: Option<String>,
}

impl ProofView {
    /// A file that is not here.
    pub fn absent(context: B256) -> Self {
        Self {
            context,
            state: ProofState::Absent,
            kind: None,
            commitment: None,
            blinded: None,
            length: None,
            verified: 0,
            chunks: 0,
            conjectured_bits: None,
            proven_bits: None,
            bytes: None,
            hash: None,
            path: None,
            reason: None,
        }
    }
}
