//! The keccak Merkle tree of batches and disclosures: RFC 9162 shape and verification, tagged nodes, index bound.
//!
//! Leaves enter already hashed with the tag 0x00 (receipt and disclosure leaves differ in what they hash); inner nodes
//! are `keccak256(0x01 ‖ l ‖ r)`, so a node never passes for a leaf. Inclusion is checked against an index and a tree
//! size, so a commutative reordering or a shortened path is refused.

use alloy_primitives::{B256, Keccak256};

/// Tag byte of a leaf's preimage.
pub const LEAF_TAG: u8 = 0x00;
/// Tag byte of an inner node's preimage.
pub const NODE_TAG: u8 = 0x01;

/// Why an inclusion proof was refused, or a tree could not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// There is no root of nothing.
    #[error("a tree needs at least one leaf")]
    Empty,
    /// The index is outside the tree.
    #[error("index {index} is outside a tree of {size} leaves")]
    Index {
        /// The index asked for or claimed.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The path is not as long as index and size demand.
    #[error("a path of {actual} nodes cannot prove leaf {index} of {size}: it takes {expected}")]
    PathLength {
        /// The claimed index.
        index: u64,
        /// The claimed size.
        size: u64,
        /// Length for this index and size.
        expected: usize,
        /// Length of the path.
        actual: usize,
    },
    /// The path leads elsewhere.
    #[error("the path leads to {actual}, not to the root {expected}: wrong leaf, index, or batch")]
    Root {
        /// The root to be met.
        expected: B256,
        /// Where the path led.
        actual: B256,
    },
}

/// `keccak256(0x01 ‖ l ‖ r)`.
pub fn node(l: &B256, r: &B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update([NODE_TAG]);
    hasher.update(l);
    hasher.update(r);
    hasher.finalize()
}

/// `keccak256(0x00 ‖ parts)`.
pub(crate) fn leaf(parts: &[&[u8]]) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update([LEAF_TAG]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// A tree that keeps its levels: building costs n - 1 hashes, a path none.
///
/// Pairing neighbours and moving an odd last node up unchanged gives the shape of RFC 9162 section 2.1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleTree {
    levels: Vec<Vec<B256>>,
    root: B256,
}

impl MerkleTree {
    /// Builds the tree of leaves that are already hashed (`ReceiptLeaf`, disclosure leaves).
    pub fn new(leaves: impl IntoIterator<Item = impl Into<B256>>) -> Result<Self, MerkleError> {
        let mut levels: Vec<Vec<B256>> = Vec::new();
        let mut level: Vec<B256> = leaves.into_iter().map(Into::into).collect();
        loop {
            match level.as_slice() {
                [] => return Err(MerkleError::Empty),
                [root] => {
                    let root = *root;
                    levels.push(level);
                    return Ok(Self { levels, root });
                }
                nodes => {
                    let parents = nodes.chunks(2).filter_map(|pair| match pair {
                        [l, r] => Some(node(l, r)),
                        [odd] => Some(*odd),
                        _ => None,
                    });
                    let parents = parents.collect();
                    levels.push(std::mem::replace(&mut level, parents));
                }
            }
        }
    }

    /// Number of leaves.
    pub fn size(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// The root.
    pub const fn root(&self) -> B256 {
        self.root
    }

    /// The leaves.
    pub fn leaves(&self) -> &[B256] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The inclusion path of a leaf, bottom first.
    pub fn path(&self, index: usize) -> Result<Vec<B256>, MerkleError> {
        if index >= self.size() {
            return Err(MerkleError::Index { index: index as u64, size: self.size() as u64 });
        }
        let siblings = self.levels.iter().enumerate().filter_map(|(level, nodes)| {
            let at = index.checked_shr(u32::try_from(level).ok()?)?;
            nodes.get(at ^ 1).copied()
        });
        Ok(siblings.collect())
    }
}

/// Path length of leaf `index` in a tree of `size` leaves, `index < size`.
pub fn path_len(index: u64, size: u64) -> usize {
    let mut last = size.saturating_sub(1);
    let mut at = index;
    let mut len = 0usize;
    while last > 0 {
        // A sibling exists unless we are the last node of an odd level.
        if at & 1 == 1 || at < last {
            len = len.saturating_add(1);
        }
        at >>= 1;
        last >>= 1;
    }
    len
}

/// Verifies inclusion as RFC 9162 section 2.1.3.2 does.
pub fn verify_inclusion(
    leaf: &B256,
    index: u64,
    size: u64,
    path: &[B256],
    root: &B256,
) -> Result<(), MerkleError> {
    let actual = root_from_path(leaf, index, size, path)?;
    if actual == *root { Ok(()) } else { Err(MerkleError::Root { expected: *root, actual }) }
}

/// The root that a leaf and its path give at an index in a tree of `size` leaves.
pub fn root_from_path(leaf: &B256, index: u64, size: u64, path: &[B256]) -> Result<B256, MerkleError> {
    if index >= size {
        return Err(MerkleError::Index { index, size });
    }
    let expected = path_len(index, size);
    if path.len() != expected {
        return Err(MerkleError::PathLength { index, size, expected, actual: path.len() });
    }
    let (mut at, mut last, mut hash) = (index, size.saturating_sub(1), *leaf);
    let mut siblings = path.iter();
    while last > 0 {
        if (at & 1 == 1 || at < last)
            && let Some(sibling) = siblings.next()
        {
            hash = if at & 1 == 1 { node(sibling, &hash) } else { node(&hash, sibling) };
        }
        at >>= 1;
        last >>= 1;
    }
    Ok(hash)
}

#[cfg(test)]
mod tests;
