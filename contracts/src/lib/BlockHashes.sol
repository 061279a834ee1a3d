// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title BlockHashes: what this chain still knows about its own blocks
/// @dev BLOCKHASH reaches 256 blocks back, the history contract of EIP-2935 8,191.
library BlockHashes {
    /// @dev System contract of EIP-2935.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @dev Header items in front of the difficulty have fixed sizes: list prefix 3, five hashes of 33 bytes and the
    ///      beneficiary of 21, logs bloom 259.
    uint256 private constant DIFFICULTY_OFFSET = 3 + 5 * 33 + 21 + 259;

    /// @notice The block header is not the RLP of a post-merge block header with a timestamp.
    error MalformedBlockHeader(uint256 length);

    /// @dev Hash of block `height`, or 0 if the chain does not know it (yet, or any more).
    function known(uint256 height) internal view returns (bytes32 hash) {
        if (height >= block.number) return 0;
        hash = blockhash(height);
        if (hash != 0) return hash;
        assembly ("memory-safe") {
            mstore(0, height)
            let ok := staticcall(gas(), HISTORY, 0, 32, 0, 32)
            if and(ok, eq(returndatasize(), 32)) { hash := mload(0) }
        }
    }

    /// @dev Timestamp inside an RLP block header. The caller compares keccak256(header) with a known block hash, so
    ///      this only has to be right for real headers and to stay inside the bytes for all others.
    function timestamp(bytes calldata header) internal pure returns (uint64) {
        if (header.length <= DIFFICULTY_OFFSET || header[0] != 0xf9) revert MalformedBlockHeader(header.length);
        uint256 offset = DIFFICULTY_OFFSET;
        // difficulty, number, gas limit, gas used
        for (uint256 i; i < 4; ++i) {
            (, offset) = readInteger(header, offset);
        }
        (uint256 value,) = readInteger(header, offset);
        if (value > type(uint64).max) revert MalformedBlockHeader(header.length);
        return uint64(value);
    }

    /// @dev RLP integer of at most 32 bytes at `offset`, and the offset behind it.
    function readInteger(bytes calldata header, uint256 offset) private pure returns (uint256 value, uint256 next) {
        if (offset >= header.length) revert MalformedBlockHeader(header.length);
        // Below the length of calldata, plus 128 at most.
        unchecked {
            uint256 first = uint8(header[offset]);
            if (first < 0x80) return (first, offset + 1);
            uint256 size = first - 0x80;
            next = offset + 1 + size;
            if (size > 32 || next > header.length) revert MalformedBlockHeader(header.length);
            // The word that begins with it; what follows is shifted out, all of it if the size is 0.
            assembly ("memory-safe") {
                value := shr(sub(256, shl(3, size)), calldataload(add(header.offset, add(offset, 1))))
            }
        }
    }
}
