// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title ReceiptTree: the keccak Merkle tree of receipts, RFC 9162 in shape and verification
/// @dev Leaves carry the tag 0x00 and nodes 0x01 in their preimages, and index and size determine the length of a path, so
///      neither a node nor a shortened path passes for a leaf. Equal to nonos_core::merkle.
library ReceiptTree {
    /// @dev keccak256(0x00 || digest || proofHash).
    function leafHash(bytes32 digest, bytes32 proofHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0), digest, proofHash));
    }

    /// @dev Whether `path` leads from `leaf` at `index` to the root of a tree of `size` leaves (RFC 9162, 2.1.3.2).
    function includes(bytes32 root, uint256 size, uint256 index, bytes32 leaf, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        bool held = true;
        assembly ("memory-safe") {
            let hash := mload(0x40)
            mstore8(hash, 1)
            let left := add(hash, 1)
            let right := add(hash, 33)
            let next := path.offset
            let end := add(next, mul(path.length, 32))
            for { let last := sub(size, 1) } last { last := shr(1, last) } {
                let odd := and(index, 1)
                // Only the last node of a level can be without a sibling; it moves up as it is.
                if or(odd, lt(index, last)) {
                    if eq(next, end) {
                        held := 0
                        break
                    }
                    let sibling := calldataload(next)
                    next := add(next, 32)
                    switch odd
                    case 0 {
                        mstore(left, leaf)
                        mstore(right, sibling)
                    }
                    default {
                        mstore(left, sibling)
                        mstore(right, leaf)
                    }
                    leaf := keccak256(hash, 65)
                }
                index := shr(1, index)
            }
            held := and(held, and(eq(next, end), eq(leaf, root)))
        }
        return held;
    }

    /// @dev Root of concatenated leaves; `leaves.length` is a multiple of 32 and not 0.
    function rootOf(bytes calldata leaves) internal pure returns (bytes32 root) {
        uint256 count = leaves.length / 32;
        // Each level is written over the one below: the parent of 2i and 2i + 1 goes to i.
        assembly ("memory-safe") {
            let hash := mload(0x40)
            let level := add(hash, 96)
            calldatacopy(level, leaves.offset, mul(count, 32))
            mstore8(hash, 1)
            for {} gt(count, 1) {} {
                let pairs := shr(1, count)
                let from := level
                let to := level
                for { let end := add(level, mul(pairs, 32)) } lt(to, end) { to := add(to, 32) } {
                    mcopy(add(hash, 1), from, 64)
                    mstore(to, keccak256(hash, 65))
                    from := add(from, 64)
                }
                if and(count, 1) { mstore(to, mload(from)) }
                count := sub(count, pairs)
            }
            root := mload(level)
        }
    }
}
