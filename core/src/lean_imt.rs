//! LeanIMT over `P(0; l, r)`: the operator, install and catalog trees (Privacy & Scaling Explorations, `@zk-kit/lean-imt`).
//!
//! A binary tree without padding: a node that has no right sibling is its own parent. Roots equal those of
//! `@zk-kit/lean-imt.sol` after the same calls.

use crate::field::Fr;
use crate::poseidon::hash2;
use halo2curves::ff::Field;
use std::collections::HashMap;

/// Why a tree refused an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeanImtError {
    /// Zero marks a removed leaf.
    #[error("a leaf cannot be zero: zero marks a removed leaf")]
    ZeroLeaf,
    /// The leaf is in the tree.
    #[error("this leaf is already in the tree, at index {index}")]
    LeafExists {
        /// Where it is.
        index: usize,
    },
    /// No leaf was ever inserted at the index.
    #[error("no leaf at index {index}: the tree has {size}")]
    Unset {
        /// The index asked for.
        index: usize,
        /// Leaves in the tree, removed ones included.
        size: usize,
    },
    /// The leaf at the index was removed.
    #[error("the leaf at index {index} was removed (expired or exited)")]
    Removed {
        /// The index asked for.
        index: usize,
    },
}

/// An append-only tree whose leaves can be replaced or zeroed; keeps every node.
#[derive(Clone, Debug, Default)]
pub struct LeanImt {
    /// `levels[0]` are the leaves, each further level is half as long, rounded up, until one node is left.
    levels: Vec<Vec<Fr>>,
    index_of: HashMap<Fr, usize>,
}

/// The siblings of a leaf up to the root, bottom first; levels without a sibling are absent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct LeanPath {
    /// Sibling nodes.
    pub siblings: Vec<Fr>,
    /// For each sibling: whether our node is the right child. As long as `siblings`.
    pub index_bits: Vec<bool>,
}

impl LeanImt {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree of leaves in order.
    pub fn from_leaves<L: Into<Fr>>(leaves: impl IntoIterator<Item = L>) -> Result<Self, LeanImtError> {
        let mut tree = Self::new();
        for leaf in leaves {
            tree.insert(leaf)?;
        }
        Ok(tree)
    }

    /// Number of leaves ever inserted.
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }

    /// Whether nothing was ever inserted.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Levels between a leaf and the root: ceil(log2(len)).
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The root; zero while the tree is empty, as in the contract.
    pub fn root(&self) -> Fr {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or(Fr::ZERO)
    }

    /// The leaf at an index, zero if it was removed.
    pub fn leaf(&self, index: usize) -> Option<Fr> {
        self.node(0, index)
    }

    /// All leaves in order; removed ones are zero.
    pub fn leaves(&self) -> &[Fr] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Where a leaf is.
    pub fn index_of(&self, leaf: impl Into<Fr>) -> Option<usize> {
        self.index_of.get(&leaf.into()).copied()
    }

    fn node(&self, level: usize, index: usize) -> Option<Fr> {
        self.levels.get(level)?.get(index).copied()
    }

    fn check_new(&self, leaf: Fr) -> Result<(), LeanImtError> {
        match self.index_of.get(&leaf) {
            Some(index) => Err(LeanImtError::LeafExists { index: *index }),
            None => Ok(()),
        }
    }

    /// Appends a leaf and gives its index.
    pub fn insert(&mut self, leaf: impl Into<Fr>) -> Result<usize, LeanImtError> {
        let leaf = leaf.into();
        if leaf == Fr::ZERO {
            return Err(LeanImtError::ZeroLeaf);
        }
        self.check_new(leaf)?;
        let index = self.len();
        self.index_of.insert(leaf, index);
        self.set(index, leaf);
        Ok(index)
    }

    /// Replaces a leaf; zero removes it. A removed leaf stays removed.
    pub fn update(&mut self, index: usize, leaf: impl Into<Fr>) -> Result<(), LeanImtError> {
        let leaf = leaf.into();
        let old = self.leaf(index).ok_or(LeanImtError::Unset { index, size: self.len() })?;
        if old == Fr::ZERO {
            return Err(LeanImtError::Removed { index });
        }
        if leaf != Fr::ZERO {
            self.check_new(leaf)?;
            self.index_of.insert(leaf, index);
        }
        self.index_of.remove(&old);
        self.set(index, leaf);
        Ok(())
    }

    /// Zeroes a leaf.
    pub fn remove(&mut self, index: usize) -> Result<(), LeanImtError> {
        self.update(index, Fr::ZERO)
    }

    /// Writes a leaf (at most one past the end) and recomputes its ancestors.
    fn set(&mut self, index: usize, leaf: Fr) {
        let (mut level, mut index, mut node) = (0usize, index, leaf);
        loop {
            match self.levels.get_mut(level) {
                Some(nodes) => match nodes.get_mut(index) {
                    Some(slot) => *slot = node,
                    None => nodes.push(node),
                },
                None => self.levels.push(vec![node]),
            }
            // The level with one node is the top: writing it ends the walk.
            if self.levels.get(level).is_none_or(|nodes| nodes.len() == 1) {
                return;
            }
            let pair = index & !1;
            let left = self.node(level, pair).unwrap_or(Fr::ZERO);
            node = match self.node(level, pair | 1) {
                Some(right) => hash2(Fr::ZERO, left, right),
                None => left,
            };
            index >>= 1;
            level = level.saturating_add(1);
        }
    }

    /// The path of a live leaf.
    pub fn prove(&self, index: usize) -> Result<LeanPath, LeanImtError> {
        match self.leaf(index) {
            None => return Err(LeanImtError::Unset { index, size: self.len() }),
            Some(leaf) if leaf == Fr::ZERO => return Err(LeanImtError::Removed { index }),
            Some(_) => {}
        }
        let mut path = LeanPath::default();
        let mut at = index;
        for nodes in self.levels.iter().take(self.depth()) {
            if let Some(sibling) = nodes.get(at ^ 1) {
                path.siblings.push(*sibling);
                path.index_bits.push(at & 1 == 1);
            }
            at >>= 1;
        }
        Ok(path)
    }
}

impl LeanPath {
    /// The root that this path gives for a leaf.
    pub fn root(&self, leaf: impl Into<Fr>) -> Fr {
        self.siblings.iter().zip(&self.index_bits).fold(leaf.into(), |node, (sibling, right)| {
            if *right { hash2(Fr::ZERO, *sibling, node) } else { hash2(Fr::ZERO, node, *sibling) }
        })
    }

    /// Whether the path is well formed and leads from the leaf to the root.
    pub fn verify(&self, leaf: impl Into<Fr>, root: impl Into<Fr>) -> bool {
        self.siblings.len() == self.index_bits.len() && self.root(leaf) == root.into()
    }

    /// The direction bits as an integer, lowest level in bit 0: zk-kit's `proof.index`. Bits from 128 on are dropped.
    pub fn packed_index(&self) -> u128 {
        self.index_bits.iter().take(128).rev().fold(0, |acc, bit| (acc << 1) | u128::from(*bit))
    }
}

#[cfg(test)]
mod tests;
