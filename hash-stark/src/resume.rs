//! What has to be kept between two chunks to go on later.

use crate::error::DecodeError;
use crate::statement::StateCommitment;
use alloy_sol_types::{SolValue, sol};
use zeroize::Zeroize;

const VERSION: u8 = 1;
const WHAT: &str = "a saved state";
/// Bytes of an encoded state.
const BYTES: usize = 32 * 5;

sol! {
    struct ResumeStateAbi {
        uint8 version;
        bytes32 install;
        uint32 position;
        bytes32 blinding;
        bytes32 commitment;
    }
}

/// Where a prover stands between two chunks. The sponge's state is not in it: it is computed from the binary, and has to open
/// the commitment. The blinding is a secret: who has it can test guesses of the binary against the published commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeState {
    /// Fingerprint of the install and the parameters.
    pub(crate) install: [u8; 32],
    /// Position of the next chunk.
    pub(crate) position: u32,
    /// Blinding of the commitment that the next chunk starts from.
    pub(crate) blinding: [u8; 32],
    /// That commitment.
    pub(crate) commitment: StateCommitment,
}

impl Drop for ResumeState {
    fn drop(&mut self) {
        self.blinding.zeroize();
    }
}

impl std::fmt::Debug for ResumeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResumeState").field("position", &self.position).finish_non_exhaustive()
    }
}

impl ResumeState {
    /// Position of the next chunk.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// ABI bytes. Keep them like a key.
    pub fn encode(&self) -> Vec<u8> {
        ResumeStateAbi {
            version: VERSION,
            install: self.install.into(),
            position: self.position,
            blinding: self.blinding.into(),
            commitment: self.commitment.0.into(),
        }
        .abi_encode()
    }

    /// Strict: exactly what [`Self::encode`] makes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BYTES {
            return Err(DecodeError::TooLarge { what: WHAT, actual: bytes.len(), max: BYTES });
        }
        let abi = ResumeStateAbi::abi_decode(bytes)
            .map_err(|error| DecodeError::Abi { what: WHAT, error: error.to_string() })?;
        if abi.version != VERSION {
            return Err(DecodeError::Version { what: WHAT, actual: abi.version, known: VERSION });
        }
        let state = Self {
            install: abi.install.0,
            position: abi.position,
            blinding: abi.blinding.0,
            commitment: StateCommitment(abi.commitment.0),
        };
        if state.encode() != bytes {
            return Err(DecodeError::NotCanonical { what: WHAT });
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_encoding_is_refused() {
        let state = ResumeState {
            install: [1; 32],
            position: 7,
            blinding: [2; 32],
            commitment: StateCommitment([3; 32]),
        };
        let bytes = state.encode();
        assert_eq!(bytes.len(), BYTES);
        assert_eq!(ResumeState::decode(&bytes), Ok(state));
        let mut newer = bytes.clone();
        newer[31] = 2;
        assert_eq!(
            ResumeState::decode(&newer),
            Err(DecodeError::Version { what: WHAT, actual: 2, known: 1 })
        );
        let mut dirty = bytes.clone();
        dirty[64] = 1;
        assert!(ResumeState::decode(&dirty).is_err());
        assert!(matches!(
            ResumeState::decode(&[&bytes[..], &[0]].concat()),
            Err(DecodeError::TooLarge { .. })
        ));
        assert!(matches!(ResumeState::decode(&bytes[1..]), Err(DecodeError::Abi { .. })));
    }
}
