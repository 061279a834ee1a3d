//! Gadget: membership in a LeanIMT of at most D levels, and the choice of one value out of several.
//!
//! A LeanIMT skips the levels where a node has no sibling, so a path has any number d ≤ D of siblings. The circuit folds
//! all D levels (those above d with arbitrary siblings) and then lets the prover choose which of the D + 1 nodes on the
//! way is compared with the public root:
//!
//! ```text
//! node_0 = leaf      node_i = bit_i ? P(0; sibling_i, node_{i−1}) : P(0; node_{i−1}, sibling_i)
//! root ∈ {node_0, …, node_D}
//! ```
//!
//! Why the free choice proves nothing false: whatever i the prover picks, root = node_i, so the leaf hangs below the root
//! by an authentic path of i levels. And the leaf cannot be an inner node, or an inner node a leaf: every leaf is
//! computed in this circuit with a tag other than 0, so `P(0; l, r)` is never one. For the same reason i = 0, which is
//! a tree of one leaf, is only provable where the root is a leaf.

use super::opcode::Op;
use super::poseidon::permutation;
use super::sheet::{Sheet, Wire};
use halo2curves::bn256::Fr;

/// Witness of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// D siblings, bottom first; those from `depth` on are arbitrary.
    pub siblings: Vec<Fr>,
    /// D bits: whether our node is the right child.
    pub bits: Vec<bool>,
    /// Levels that count: node `depth` is the root.
    pub depth: usize,
}

/// Constrains `leaf` to be in the tree and returns the root: 100 D + D + 3 rows.
///
/// The leaf must be the hash laid out last: its three output rows carry the first sibling and bit.
pub fn membership(sheet: &mut Sheet, leaf: Wire, path: &Path) -> Wire {
    let mut nodes = vec![leaf];
    let mut node = leaf;
    for (sibling, bit) in path.siblings.iter().zip(&path.bits) {
        node = parent(sheet, node, *sibling, *bit);
        nodes.push(node);
    }
    choose(sheet, &nodes, path.depth)
}

/// One level. The rows of `node` are the last three of the sheet: sibling and bit go beside them, in column b.
fn parent(sheet: &mut Sheet, node: Wire, sibling: Fr, bit: bool) -> Wire {
    assert_eq!(node.row() + 3, sheet.len(), "a Merkle level follows the rows of its node");
    sheet.set_op(node.row(), Op::Merkle);
    sheet.set_b(node.row() + 1, sibling);
    sheet.set_b(node.row() + 2, Fr::from(u64::from(bit)));
    let (left, right) = if bit { (sibling, node.value()) } else { (node.value(), sibling) };
    permutation(sheet, [Fr::zero(), left, right])
}

/// Constrains the result to be one of the candidates: n + 2 rows.
///
/// Column a holds the candidates, column b the choice so far; `exchange` brings the first candidate into b and the
/// last choice out of it.
pub fn choose(sheet: &mut Sheet, candidates: &[Wire], chosen: usize) -> Wire {
    let first = candidates[0];
    let enter = sheet.push_with(first, first.value());
    sheet.set_op(enter.row(), Op::Exchange);
    let mut last = sheet.push_with(first, first.value());
    let mut choice = first.value();
    for (i, candidate) in candidates.iter().enumerate().skip(1) {
        sheet.set_op(last.row(), Op::Mux);
        if i <= chosen {
            choice = candidate.value();
        }
        last = sheet.push_with(*candidate, choice);
    }
    sheet.set_op(last.row(), Op::Exchange);
    sheet.push_with(choice, last.value())
}
