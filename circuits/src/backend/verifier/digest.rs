//! The digest that names a verifying key.

use alloy_primitives::{B256, keccak256};
use halo2curves::bn256::G1Affine;
use nonos_core::VerifierKey;

use crate::backend::{
    TRANSCRIPT_VERSION,
    encoding::{g1_to_be, g2_to_be},
    srs::VerifierPoints,
};

const TAG: &[u8] = b"nonos1.verifier-key";

/// Everything that makes a verifier what it is.
pub(super) struct KeyParts<'a> {
    /// log2 of the rows.
    pub k: u32,
    /// Number of values in each instance column.
    pub num_instances: &'a [usize],
    /// G1, G2 and [τ]₂.
    pub points: &'a VerifierPoints,
    /// Commitments to the fixed columns.
    pub fixed: &'a [G1Affine],
    /// Commitments to the permutation polynomials.
    pub permutation: &'a [G1Affine],
    /// halo2's Blake2b hash of the constraint system and of the rest of the key.
    pub transcript_repr: B256,
    /// Hash of the SRS.
    pub srs_hash: B256,
}

impl KeyParts<'_> {
    /// keccak-256 over: tag, transcript version (1 byte), k (4), number of instance columns (4) and their lengths (4
    /// each), G1 (64), G2 (128), [τ]₂ (128), number of fixed commitments (4) and the commitments (64 each), number of
    /// permutation commitments (4) and the commitments (64 each), transcript representative (32), SRS hash (32).
    /// Integers are big-endian; every variable part has its length in front.
    pub fn digest(&self) -> VerifierKey {
        let mut bytes = TAG.to_vec();
        bytes.push(TRANSCRIPT_VERSION);
        bytes.extend(self.k.to_be_bytes());
        put_len(&mut bytes, self.num_instances.len());
        for &count in self.num_instances {
            put_len(&mut bytes, count);
        }
        bytes.extend(g1_to_be(&self.points.g1));
        bytes.extend(g2_to_be(&self.points.g2));
        bytes.extend(g2_to_be(&self.points.s_g2));
        for commitments in [self.fixed, self.permutation] {
            put_len(&mut bytes, commitments.len());
            bytes.extend(commitments.iter().flat_map(g1_to_be));
        }
        bytes.extend(self.transcript_repr);
        bytes.extend(self.srs_hash);
        VerifierKey(keccak256(bytes))
    }
}

/// Lengths are bounded by the number of rows and columns, far below 2^32.
fn put_len(bytes: &mut Vec<u8>, len: usize) {
    bytes.extend((len as u32).to_be_bytes());
}
