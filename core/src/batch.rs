//! Batches of receipt leaves: the reference that the chain hashes into an id, and the record that carries the leaves.
//!
//! The anchor keeps one slot per batch id and takes the reference back from whoever calls, so the id is known before a
//! batch is sent, and the same batch can be anchored once only.

use crate::ids::{BatchId, BatchRoot, DataCommitment, ReceiptLeaf};
use crate::merkle::{MerkleError, MerkleTree};
use alloy_primitives::{Address, B256, Keccak256, keccak256};
use alloy_sol_types::{SolValue, sol};

sol! {
    /// What a batch is: who anchors it, the root over its leaves, how many there are, and keccak256 of all of them, or the
    /// versioned hash of the blob (EIP-4844) that they are in.
    #[derive(Debug, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct BatchRef {
        address relayer;
        bytes32 root;
        uint32 size;
        bytes32 dataCommitment;
    }

    /// A batch with its leaves, and the anchor it is meant for.
    #[derive(Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    struct BatchRecord {
        uint64 chainId;
        address anchor;
        BatchRef batch;
        bytes32[] leaves;
    }
}

/// Most leaves in one batch: what the anchor takes.
pub const MAX_BATCH_LEAVES: usize = 2048;
/// First byte of the versioned hash of a blob.
const BLOB_VERSION: u8 = 1;
/// Bytes of an encoded [`BatchRef`].
pub const BATCH_REF_BYTES: usize = 4 * 32;
/// Bytes of an encoded record before its first leaf: offset, seven words of the tuple, number of leaves.
const HEAD_BYTES: usize = 9 * 32;
/// Largest encoded record.
pub const MAX_BATCH_BYTES: usize = HEAD_BYTES.saturating_add(MAX_BATCH_LEAVES.saturating_mul(32));

/// Why bytes are no batch, or a batch is not what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// No leaves, or more than allowed.
    #[error("{actual} leaves: a batch has 1 to {MAX_BATCH_LEAVES}")]
    LeafCount {
        /// Leaves found.
        actual: usize,
    },
    /// The bytes cannot be a record, whatever they say.
    #[error(
        "{actual} bytes: a batch record has {HEAD_BYTES} and 32 for each of 1 to {MAX_BATCH_LEAVES} leaves"
    )]
    Length {
        /// Bytes found.
        actual: usize,
    },
    /// Not ABI.
    #[error("not the ABI encoding of a batch: {0}")]
    Abi(String),
    /// ABI, but not the one encoding.
    #[error("not canonical: re-encoding differs from byte {at} (trailing bytes, odd offsets or padding)")]
    NotCanonical {
        /// First byte that differs.
        at: usize,
    },
    /// The size in the reference is not the number of leaves.
    #[error("the reference says {stated} leaves, there are {actual}")]
    Size {
        /// In the reference.
        stated: u32,
        /// Leaves found.
        actual: usize,
    },
    /// The leaves have another root.
    #[error("the leaves have the root {actual}, the reference says {stated}")]
    Root {
        /// In the reference.
        stated: B256,
        /// Of the leaves.
        actual: B256,
    },
    /// The leaves hash to another commitment.
    #[error("the leaves hash to {actual}, the reference commits to {stated}")]
    Commitment {
        /// In the reference.
        stated: B256,
        /// Of the leaves.
        actual: B256,
    },
}

/// `keccak256(leaf_0 ‖ leaf_1 ‖ ..)`: what a batch commits to besides its root.
pub fn data_commitment<'a>(leaves: impl IntoIterator<Item = &'a B256>) -> DataCommitment {
    let mut hasher = Keccak256::new();
    for leaf in leaves {
        hasher.update(leaf);
    }
    hasher.finalize().into()
}

/// Whether a data commitment can be that of a batch with its leaves in a blob.
pub const fn is_versioned_hash(commitment: &B256) -> bool {
    let [version, ..] = commitment.0;
    version == BLOB_VERSION
}

fn tree(leaves: &[B256]) -> Result<MerkleTree, BatchError> {
    let actual = leaves.len();
    if actual > MAX_BATCH_LEAVES {
        return Err(BatchError::LeafCount { actual });
    }
    MerkleTree::new(leaves.iter().copied()).map_err(|_| BatchError::LeafCount { actual })
}

fn canonical<T>(again: &[u8], bytes: &[u8], value: T) -> Result<T, BatchError> {
    if again == bytes {
        return Ok(value);
    }
    let at = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(BatchError::NotCanonical { at })
}

impl BatchRef {
    /// keccak256(abi.encode(relayer, root, size, dataCommitment)).
    pub fn id(&self) -> BatchId {
        keccak256(self.encode()).into()
    }

    /// The root, typed.
    pub fn batch_root(&self) -> BatchRoot {
        self.root.into()
    }

    /// The ABI encoding: four words.
    pub fn encode(&self) -> Vec<u8> {
        self.abi_encode()
    }

    /// Decodes strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, BatchError> {
        let batch = Self::abi_decode_validate(bytes).map_err(|e| BatchError::Abi(e.to_string()))?;
        let batch = canonical(&batch.encode(), bytes, batch)?;
        let actual = usize::try_from(batch.size).unwrap_or(usize::MAX);
        if actual == 0 || actual > MAX_BATCH_LEAVES {
            return Err(BatchError::LeafCount { actual });
        }
        Ok(batch)
    }
}

impl BatchRecord {
    /// The batch that `relayer` makes of these leaves.
    pub fn new(
        chain_id: u64,
        anchor: Address,
        relayer: Address,
        leaves: impl IntoIterator<Item = ReceiptLeaf>,
    ) -> Result<Self, BatchError> {
        let leaves: Vec<B256> = leaves.into_iter().map(B256::from).collect();
        let root = tree(&leaves)?.root();
        let size = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        let batch = BatchRef { relayer, root, size, dataCommitment: data_commitment(&leaves).into() };
        Ok(Self { chainId: chain_id, anchor, batch, leaves })
    }

    /// Names the batch.
    pub fn id(&self) -> BatchId {
        self.batch.id()
    }

    /// The tree over the leaves: its paths prove inclusion.
    pub fn tree(&self) -> Result<MerkleTree, BatchError> {
        tree(&self.leaves)
    }

    /// Position of a leaf; the first one if it was put in twice.
    pub fn index_of(&self, leaf: &ReceiptLeaf) -> Option<usize> {
        self.leaves.iter().position(|found| found == leaf.bytes())
    }

    /// The inclusion path of leaf `index`, bottom first.
    pub fn path(&self, index: usize) -> Result<Vec<B256>, MerkleError> {
        MerkleTree::new(self.leaves.iter().copied())?.path(index)
    }

    /// Checks that size, root and commitment are those of the leaves. What a blob holds is not known here: a commitment that can
    /// be a blob's is taken as one. Root and size fix the leaves, and what is not in order on chain makes the batch fall there.
    pub fn check(&self) -> Result<(), BatchError> {
        let root = self.tree()?.root();
        let actual = self.leaves.len();
        if usize::try_from(self.batch.size).ok() != Some(actual) {
            return Err(BatchError::Size { stated: self.batch.size, actual });
        }
        if root != self.batch.root {
            return Err(BatchError::Root { stated: self.batch.root, actual: root });
        }
        let commitment = B256::from(data_commitment(&self.leaves));
        if commitment != self.batch.dataCommitment && !is_versioned_hash(&self.batch.dataCommitment) {
            return Err(BatchError::Commitment { stated: self.batch.dataCommitment, actual: commitment });
        }
        Ok(())
    }

    /// The ABI encoding (`abi.encode(record)`).
    pub fn encode(&self) -> Vec<u8> {
        self.abi_encode()
    }

    /// Decodes strictly: length, canonical form, and that the leaves are the batch's.
    pub fn decode(bytes: &[u8]) -> Result<Self, BatchError> {
        // The one encoding of n leaves has one length: anything else is refused before it is parsed.
        let actual = bytes.len();
        let body = actual.checked_sub(HEAD_BYTES).ok_or(BatchError::Length { actual })?;
        if body == 0 || !body.is_multiple_of(32) || actual > MAX_BATCH_BYTES {
            return Err(BatchError::Length { actual });
        }
        let record = Self::abi_decode_validate(bytes).map_err(|e| BatchError::Abi(e.to_string()))?;
        let record = canonical(&record.encode(), bytes, record)?;
        record.check()?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests;
