// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev The tree of RFC 9162 by its definition (2.1.1, 2.1.3.1), recursive, with our node hash: what the contract's loops
///      are compared with.
library ReceiptTreeModel {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"01", left, right));
    }

    /// @dev MTH of leaves[from..to).
    function root(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 middle = from + split(to - from);
        return node(root(leaves, from, middle), root(leaves, middle, to));
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return root(leaves, 0, leaves.length);
    }

    /// @dev PATH(index, leaves).
    function path(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory) {
        return path(leaves, index, 0, leaves.length);
    }

    function path(bytes32[] memory leaves, uint256 index, uint256 from, uint256 to)
        private
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + split(to - from);
        return index < middle
            ? push(path(leaves, index, from, middle), root(leaves, middle, to))
            : push(path(leaves, index, middle, to), root(leaves, from, middle));
    }

    /// @dev What proves several leaves at once: of each level, bottom first, the nodes from the left that are siblings of nodes
    ///      above a leaf and are not above one themselves.
    function siblings(bytes32[] memory leaves, uint32[] memory indices) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](0);
        for (uint256 width = 1; width < leaves.length; width *= 2) {
            for (uint256 from; from < leaves.length; from += width) {
                if (above(from, width, indices)) continue;
                uint256 sibling = from ^ width;
                if (sibling >= leaves.length || !above(sibling, width, indices)) continue;
                uint256 to = from + width < leaves.length ? from + width : leaves.length;
                list = push(list, root(leaves, from, to));
            }
        }
    }

    /// @dev Whether one of the places is in [from, from + width).
    function above(uint256 from, uint256 width, uint32[] memory indices) private pure returns (bool) {
        for (uint256 i; i < indices.length; ++i) {
            if (indices[i] >= from && indices[i] < from + width) return true;
        }
        return false;
    }

    /// @dev The largest power of two below n.
    function split(uint256 n) private pure returns (uint256 k) {
        for (k = 1; 2 * k < n; k *= 2) {}
    }

    function push(bytes32[] memory list, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = last;
    }
}
