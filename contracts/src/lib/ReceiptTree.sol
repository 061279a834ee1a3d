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
        bool held;
        // Siblings that are not there are read as whatever comes next, and then `next` is not `end`.
        assembly ("memory-safe") {
            let hash := mload(0x40)
            mstore8(hash, 1)
            let left := add(hash, 1)
            let next := path.offset
            for { let last := sub(size, 1) } last { last := shr(1, last) } {
                // 32 for a right node.
                let side := shl(5, and(index, 1))
                // Only the last node of a level can be without a sibling; it moves up as it is.
                if or(side, lt(index, last)) {
                    mstore(add(left, side), leaf)
                    mstore(sub(add(left, 32), side), calldataload(next))
                    next := add(next, 32)
                    leaf := keccak256(hash, 65)
                }
                index := shr(1, index)
            }
            held := and(eq(next, add(path.offset, shl(5, path.length))), eq(leaf, root))
        }
        return held;
    }

    /// @dev Whether all of these leaves are in a tree of `size` leaves under `root`, in strictly ascending order of their
    ///      places, with the nodes that are needed besides: bottom level first, each level from the left. Places and size
    ///      alone decide where each sibling comes from and how many are given.
    function includesAll(
        bytes32 root,
        uint256 size,
        uint32[] calldata indices,
        bytes32[] calldata leaves,
        bytes32[] calldata siblings
    ) internal pure returns (bool) {
        uint256 count = indices.length;
        if (count == 0 || count != leaves.length) return false;
        uint256 list = _listed(size, indices, leaves);
        if (list == 0) return false;
        uint256 next;
        assembly ("memory-safe") {
            next := siblings.offset
        }
        return _folds(root, size, list, list + 64 * count, next, next + 32 * siblings.length);
    }

    /// @dev Writes (place, leaf) pairs behind the free memory, with room for a node's preimage before them. 0 unless the places
    ///      ascend and are below `size`.
    function _listed(uint256 size, uint32[] calldata indices, bytes32[] calldata leaves)
        private
        pure
        returns (uint256 list)
    {
        assembly ("memory-safe") {
            list := add(mload(0x40), 96)
            let to := list
            let least := 0
            for { let i := 0 } lt(i, mul(32, indices.length)) { i := add(i, 32) } {
                let at := calldataload(add(indices.offset, i))
                if or(lt(at, least), iszero(lt(at, size))) {
                    list := 0
                    break
                }
                least := add(at, 1)
                mstore(to, at)
                mstore(add(to, 32), calldataload(add(leaves.offset, i)))
                to := add(to, 64)
            }
        }
    }

    /// @dev Whether the pairs in [list, top) lead to the root with the siblings in [next, end) of calldata, all of them.
    function _folds(bytes32 root, uint256 size, uint256 list, uint256 top, uint256 next, uint256 end)
        private
        pure
        returns (bool held)
    {
        // Each level is written over the one below. Siblings that are not there are read as whatever comes next, and then
        // `next` is not `end`.
        assembly ("memory-safe") {
            mstore8(sub(list, 65), 1)
            for { let last := sub(size, 1) } last { last := shr(1, last) } {
                let to := list
                for { let from := list } lt(from, top) {} {
                    let at := mload(from)
                    let node := mload(add(from, 32))
                    from := add(from, 64)
                    switch and(at, 1)
                    case 0 {
                        // Only the last node of a level can be without a sibling; it moves up as it is.
                        if lt(at, last) {
                            mstore(sub(list, 64), node)
                            switch and(lt(from, top), eq(mload(from), add(at, 1)))
                            case 0 {
                                mstore(sub(list, 32), calldataload(next))
                                next := add(next, 32)
                            }
                            default {
                                mstore(sub(list, 32), mload(add(from, 32)))
                                from := add(from, 64)
                            }
                            node := keccak256(sub(list, 65), 65)
                        }
                    }
                    default {
                        mstore(sub(list, 64), calldataload(next))
                        mstore(sub(list, 32), node)
                        next := add(next, 32)
                        node := keccak256(sub(list, 65), 65)
                    }
                    mstore(to, shr(1, at))
                    mstore(add(to, 32), node)
                    to := add(to, 64)
                }
                top := to
            }
            held := and(eq(next, end), eq(mload(add(list, 32)), root))
        }
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
