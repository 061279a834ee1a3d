//! Proven installs as the registry takes them: what is sent, cut to calls, and how far an install is.
//!
//! The proofs are made elsewhere, chunk by chunk; what is sent with them is made here.

use alloy::providers::Provider;
use alloy_primitives::{Bytes, U256};
use nonos_core::field::{Fr, fr_to_u256};
use nonos_core::ids::InstallLeaf;

use crate::{
    abi::CapsuleRegistry, abi::capsules::CapsuleRegistry as types, deployment::Deployment, error::ChainError,
};

/// Chunks that fit one transaction with proofs of 7 KiB and 600k gas each: nodes keep none above 128 KiB (geth's pool), and
/// a block's rules allow none above 2^24 gas (EIP-7825).
pub const CHUNKS_PER_CALL: usize = 16;

/// One proven chunk of a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenChunk {
    /// Commitment to the sponge after the chunk: the last public instance of its proof.
    pub state_out: Fr,
    /// Proof.
    pub proof: Bytes,
}

/// Where an install is: the chunk that comes next, and the state in which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the chunk.
    pub position: u64,
    /// Commitment to the sponge before it: the fourth public instance of its proof.
    pub state: Fr,
}

/// The entry of consecutive chunks from `from` on, the last of them the binary's last if they are `complete`.
pub fn entry(leaf: InstallLeaf, from: Place, chunks: &[ProvenChunk], complete: bool) -> types::InstallProof {
    let chunk = |chunk: &ProvenChunk| types::InstallChunk {
        stateOut: fr_to_u256(&chunk.state_out),
        proof: chunk.proof.clone(),
    };
    types::InstallProof {
        leaf: leaf.to_u256(),
        position: from.position,
        stateIn: fr_to_u256(&from.state),
        complete,
        chunks: chunks.iter().map(chunk).collect(),
    }
}

/// The chunks of a binary from `from` to its last, cut to entries that are a transaction each, to be sent in order.
pub fn entries(leaf: InstallLeaf, from: Place, chunks: &[ProvenChunk]) -> Vec<types::InstallProof> {
    let mut place = from;
    let mut left = chunks.len();
    let mut entries = Vec::new();
    for part in chunks.chunks(CHUNKS_PER_CALL) {
        left = left.saturating_sub(part.len());
        entries.push(entry(leaf, place, part, left == 0));
        place.position = place.position.saturating_add(part.len() as u64);
        place.state = part.last().map_or(place.state, |chunk| chunk.state_out);
    }
    entries
}

/// Whether the chunks before `place` were proven on this chain, so that the next transaction may begin there. At position 0
/// nothing needs to have been.
pub async fn is_reached(
    provider: &impl Provider,
    deployment: &Deployment,
    leaf: InstallLeaf,
    place: Place,
) -> Result<bool, ChainError> {
    if place.position == 0 {
        return Ok(true);
    }
    let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, provider);
    let state: U256 = fr_to_u256(&place.state);
    let reached = registry.isInstallReached(leaf.to_u256(), place.position, state).call().await;
    reached.map_err(|error| ChainError::call("reading how far an install is", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(n: u64) -> ProvenChunk {
        ProvenChunk { state_out: Fr::from(n), proof: n.to_be_bytes().into() }
    }

    #[test]
    fn entries_follow_on_each_other_and_the_last_alone_is_complete() {
        let leaf = InstallLeaf::from(Fr::from(7));
        let from = Place { position: 5, state: Fr::from(100) };
        for count in [1, CHUNKS_PER_CALL - 1, CHUNKS_PER_CALL, CHUNKS_PER_CALL + 1, 3 * CHUNKS_PER_CALL] {
            let chunks: Vec<_> = (101..).take(count).map(chunk).collect();
            let cut = entries(leaf, from, &chunks);
            assert_eq!(cut.len(), count.div_ceil(CHUNKS_PER_CALL));
            let (mut position, mut state) = (5, U256::from(100));
            for (i, entry) in cut.iter().enumerate() {
                assert_eq!((entry.leaf, entry.position, entry.stateIn), (U256::from(7), position, state));
                assert_eq!(entry.complete, i + 1 == cut.len());
                position += entry.chunks.len() as u64;
                state = entry.chunks.last().expect("never empty").stateOut;
            }
            assert_eq!(position, 5 + count as u64);
            let sent: Vec<_> = cut.into_iter().flat_map(|entry| entry.chunks).collect();
            assert_eq!(sent.len(), count);
            assert!(sent.iter().zip(&chunks).all(|(a, b)| a.proof == b.proof));
        }
        assert!(entries(leaf, from, &[]).is_empty());
    }
}
