// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {InternalLeanIMT, LeanIMTData} from "@zk-kit/lean-imt.sol/InternalLeanIMT.sol";
import {RootInfo} from "../types/RootInfo.sol";
import {requireFieldElement} from "./Field.sol";

/// @title HistoricTree: a LeanIMT that remembers its roots and never takes a leaf twice
/// @dev Leaf order and hash are @zk-kit's: parent = P(0; left, right), a node without a right sibling moves up as it is.
///      Root 0 (the empty tree, or one whose only leaf was removed) is never recorded, so it is never valid.
///      `append` and `set` change leaves only; the caller ends its transaction step with `advance`.
library HistoricTree {
    using InternalLeanIMT for LeanIMTData;

    /// @param tree Leaves and side nodes.
    /// @param recordedRoot The root that is current, as of the last `advance`.
    /// @param roots Life of every root that was current after some `advance`.
    /// @param retired Leaves that were in the tree and are not any more.
    struct Tree {
        LeanIMTData tree;
        uint256 recordedRoot;
        mapping(uint256 root => RootInfo) roots;
        mapping(uint256 leaf => bool) retired;
    }

    /// @notice The leaf 0 marks a removed leaf and cannot be inserted.
    error ZeroLeaf();
    /// @notice The leaf is in the tree, or was and has been removed: either way it is not accepted again.
    error LeafUsed(uint256 leaf);
    /// @notice The leaf to replace or remove is not in the tree.
    error LeafUnknown(uint256 leaf);
    /// @notice The tree holds as many leaves as the circuit's depth allows.
    error TreeFull(uint256 capacity);
    /// @notice The Merkle path has the wrong length for this leaf: it was made for another tree size.
    error WrongSiblingCount(uint256 given, uint256 expected);

    /// @dev Appends `leaf` at index `size`.
    function append(Tree storage self, uint256 leaf, uint256 maxDepth) internal returns (uint256 index) {
        requireNew(self, leaf);
        index = self.tree.size;
        if (index >> maxDepth != 0) revert TreeFull(1 << maxDepth);
        self.tree._insert(leaf);
    }

    /// @dev Puts `newLeaf` (0 to remove) where `oldLeaf` is and retires `oldLeaf`. `siblings` are the nodes beside its
    ///      path, from the leaf up, levels without a sibling left out.
    function set(Tree storage self, uint256 oldLeaf, uint256 newLeaf, uint256[] calldata siblings)
        internal
        returns (uint256 index)
    {
        if (newLeaf != 0) requireNew(self, newLeaf);
        if (oldLeaf == 0 || !self.tree._has(oldLeaf)) revert LeafUnknown(oldLeaf);
        index = self.tree._indexOf(oldLeaf);
        uint256 expected = siblingCount(index, self.tree.size, self.tree.depth);
        if (siblings.length != expected) revert WrongSiblingCount(siblings.length, expected);
        self.tree._update(oldLeaf, newLeaf, siblings);
        self.retired[oldLeaf] = true;
    }

    /// @dev Records the tree's root as current and the one before as superseded now.
    function advance(Tree storage self) internal returns (uint256 newRoot) {
        uint256 oldRoot = self.recordedRoot;
        newRoot = self.tree._root();
        if (newRoot == oldRoot) return newRoot;
        if (oldRoot != 0) self.roots[oldRoot].supersededAt = uint64(block.timestamp);
        if (newRoot != 0) self.roots[newRoot] = RootInfo({insertedAt: uint64(block.timestamp), supersededAt: 0});
        self.recordedRoot = newRoot;
    }

    /// @dev The leaf can still be accepted: canonical, not 0, never used.
    function requireNew(Tree storage self, uint256 leaf) internal view {
        requireFieldElement("leaf", leaf);
        if (leaf == 0) revert ZeroLeaf();
        if (isUsed(self, leaf)) revert LeafUsed(leaf);
    }

    /// @dev Whether the leaf is in the tree now.
    function isPresent(Tree storage self, uint256 leaf) internal view returns (bool) {
        return self.tree._has(leaf);
    }

    /// @dev Whether the leaf is, or ever was, in the tree.
    function isUsed(Tree storage self, uint256 leaf) internal view returns (bool) {
        return self.tree._has(leaf) || self.retired[leaf];
    }

    /// @dev Number of siblings that a path from `index` has in a LeanIMT of `size` leaves.
    function siblingCount(uint256 index, uint256 size, uint256 depth) internal pure returns (uint256 count) {
        uint256 last = size - 1;
        for (uint256 level; level < depth; ++level) {
            uint256 position = index >> level;
            if (position & 1 == 1 || position != last >> level) ++count;
        }
    }
}
