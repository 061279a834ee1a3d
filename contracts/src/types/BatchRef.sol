// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice Names a batch by what it commits to. The chain stores one slot under `batchIdOf`, so callers hand these back.
/// @param relayer Who anchored the batch and answers for it with a slice of its bond.
/// @param root RFC 9162 root over the leaves keccak256(0x00 || headerDigest || keccak256(proof)).
/// @param size Number of leaves; at least 1.
/// @param dataCommitment keccak256(leaf_0 || leaf_1 || ..) over the 32-byte leaves; the blob's versioned hash if they are in one.
struct BatchRef {
    address relayer;
    bytes32 root;
    uint32 size;
    bytes32 dataCommitment;
}

/// @dev keccak256(abi.encode(relayer, root, size, dataCommitment)). A struct of static members stands in calldata as it would
///      be encoded; one with dirty bits names no batch.
function batchIdOf(BatchRef calldata batch) pure returns (bytes32 batchId) {
    assembly ("memory-safe") {
        let free := mload(0x40)
        calldatacopy(free, batch, 128)
        batchId := keccak256(free, 128)
    }
}
