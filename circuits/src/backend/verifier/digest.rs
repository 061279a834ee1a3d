//! The digest that names a verifying key.

use alloy_primitives::{B256, keccak256};
use nonos_core::VerifierKey;

use crate::backend::{
    TRANSCRIPT_VERSION, VerifyingKey,
    encoding::{g1_to_be, g2_to_be, scalar_to_be},
    srs::VerifierPoints,
};

const TAG: &[u8] = b"nonos1.verifier-key";

/// keccak-256 over: tag, transcript version (1 byte), k (4), number of instance columns (4) and their lengths (4 each),
/// G1 (64), G2 (128), [τ]₂ (128), number of fixed commitments (4) and the commitments (64 each), number of permutation
/// commitments (4) and the commitments (64 each), `transcript_repr` (32: halo2's Blake2b hash of the constraint system
/// and of all of the key), SRS hash (32). Integers are big-endian; every variable part has its length in front.
pub(super) fn verifier_key(
    vk: &VerifyingKey,
    points: &VerifierPoints,
    srs_hash: &B256,
    num_instances: &[usize],
) -> VerifierKey {
    let mut bytes = TAG.to_vec();
    bytes.push(TRANSCRIPT_VERSION);
    bytes.extend(vk.get_domain().k().to_be_bytes());
    put_len(&mut bytes, num_instances.len());
    for &count in num_instances {
        put_len(&mut bytes, count);
    }
    bytes.extend(g1_to_be(&points.g1));
    bytes.extend(g2_to_be(&points.g2));
    bytes.extend(g2_to_be(&points.s_g2));
    for commitments in [vk.fixed_commitments(), vk.permutation().commitments()] {
        put_len(&mut bytes, commitments.len());
        for commitment in commitments {
            bytes.extend(g1_to_be(commitment));
        }
    }
    bytes.extend(scalar_to_be(&vk.transcript_repr()));
    bytes.extend(srs_hash);
    VerifierKey(keccak256(bytes))
}

/// Lengths are bounded by the number of rows and columns, far below 2^32.
fn put_len(bytes: &mut Vec<u8>, len: usize) {
    bytes.extend((len as u32).to_be_bytes());
}
