//! The bytes of a chunk proof: one proof, one encoding.

use crate::config::Stark;
use crate::error::DecodeError;
use crate::security::Security;
use crate::statement::StateCommitment;
use alloy_sol_types::{SolValue, sol};

/// Version of the encoding, and of the constraints that the inner proof is for.
const VERSION: u8 = 2;
const WHAT: &str = "a chunk proof";
/// ABI words around the inner proof, in bytes.
const FRAME: usize = 32 * 9;

/// Largest encoded chunk proof in bytes, whatever its parameters.
pub fn max_proof_bytes() -> usize {
    FRAME + Security::Proven.max_stark_bytes()
}

sol! {
    struct ChunkProofAbi {
        uint8 version;
        uint8 security;
        uint32 position;
        bytes32 incoming;
        bytes32 outgoing;
        bytes stark;
    }
}

/// The proof of one chunk. What it is about beside this (context, B, length, chunk size) is said by whom it is given to.
#[derive(Clone, PartialEq, Eq)]
pub struct ChunkProof {
    /// Parameters it was made with.
    pub security: Security,
    /// Place in the file, from 0.
    pub position: u32,
    /// Commitment to the state that the chunk starts from.
    pub incoming: StateCommitment,
    /// Commitment to the state that it ends in; B in the last chunk.
    pub outgoing: StateCommitment,
    /// The inner proof.
    pub stark: Vec<u8>,
}

impl std::fmt::Debug for ChunkProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkProof")
            .field("security", &self.security)
            .field("position", &self.position)
            .field("incoming", &self.incoming)
            .field("outgoing", &self.outgoing)
            .field("stark_bytes", &self.stark.len())
            .finish()
    }
}

impl ChunkProof {
    /// ABI bytes.
    pub fn encode(&self) -> Vec<u8> {
        ChunkProofAbi {
            version: VERSION,
            security: self.security.number(),
            position: self.position,
            incoming: self.incoming.0.into(),
            outgoing: self.outgoing.0.into(),
            stark: self.stark.clone().into(),
        }
        .abi_encode()
    }

    /// Strict: refuses bytes over the limit before it allocates, and every encoding but the one that [`Self::encode`] makes.
    /// The inner proof is decoded when it is verified.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let too_large = |max| DecodeError::TooLarge { what: WHAT, actual: bytes.len(), max };
        if bytes.len() > max_proof_bytes() {
            return Err(too_large(max_proof_bytes()));
        }
        let abi = ChunkProofAbi::abi_decode(bytes)
            .map_err(|error| DecodeError::Abi { what: WHAT, error: error.to_string() })?;
        if abi.version != VERSION {
            return Err(DecodeError::Version { what: WHAT, actual: abi.version, known: VERSION });
        }
        let security =
            Security::from_number(abi.security).ok_or(DecodeError::Security { actual: abi.security })?;
        let proof = Self {
            security,
            position: abi.position,
            incoming: StateCommitment(abi.incoming.0),
            outgoing: StateCommitment(abi.outgoing.0),
            stark: abi.stark.to_vec(),
        };
        if proof.stark.len() > security.max_stark_bytes() {
            return Err(too_large(FRAME + security.max_stark_bytes()));
        }
        if proof.encode() != bytes {
            return Err(DecodeError::NotCanonical { what: WHAT });
        }
        Ok(proof)
    }
}

/// Bytes of an inner proof.
pub(crate) fn encode_stark(stark: &Stark) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(stark).map_err(|error| error.to_string())
}

/// Strict: at most as long as the parameters allow, canonical field elements, no trailing bytes, one encoding.
pub(crate) fn decode_stark(bytes: &[u8], security: Security) -> Result<Stark, DecodeError> {
    let max = security.max_stark_bytes();
    if bytes.len() > max {
        return Err(DecodeError::TooLarge { what: "an inner proof", actual: bytes.len(), max });
    }
    let (stark, rest) =
        postcard::take_from_bytes::<Stark>(bytes).map_err(|error| DecodeError::Stark(error.to_string()))?;
    if !rest.is_empty() {
        return Err(DecodeError::Stark(format!("{} bytes behind it", rest.len())));
    }
    if encode_stark(&stark).as_deref() != Ok(bytes) {
        return Err(DecodeError::NotCanonical { what: "an inner proof" });
    }
    Ok(stark)
}
