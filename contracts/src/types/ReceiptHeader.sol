// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Nullifier, VerifierKey} from "./Ids.sol";

/// @notice What an operator claims about one launch, signed and bound by the launch proof. EIP-712 struct; the field
///         order is part of its type hash.
/// @param schema Version of this struct: 1.
/// @param verifierKey Circuit and setup that the proof is for; resolved through the VerifierRouter.
/// @param flags Bit 0: capsuleTag is the capsule leaf itself. Bit 1: operatorTag is the identity leaf itself.
/// @param capsuleTag Capsule leaf, or a commitment to it when bit 0 of flags is clear. Field element.
/// @param catalogRoot Root of the publisher's catalog that holds the capsule leaf. Field element.
/// @param operatorTag Identity leaf, or a commitment to it when bit 1 of flags is clear. Field element.
/// @param operatorRoot Root of the operator tree. Field element.
/// @param installRoot Root of the install tree. Field element.
/// @param stateTag Commitment to the measured state. Field element.
/// @param nullifier Spent by the first receipt that shows it. Field element.
/// @param executionKey ed25519 key made for this launch; signs the digest (checked by nodes, bound by the proof).
/// @param onionNetwork Network of onionKey, 0 if none is named.
/// @param onionKey Onion service public key, 0 if none is named; then it signs the digest too (checked by nodes).
/// @param launchedAt Unix seconds of the launch. epoch = launchedAt / 3600.
/// @param notBeforeBlock Number of a block that was mined before the launch.
/// @param notBeforeHash Hash of that block.
/// @param requestId EIP-712 digest of the request served, or 0.
/// @param payee Who is to be paid.
/// @param inputHash Hash of the input, or 0.
/// @param outputHash Hash of the output, or 0.
/// @param disclosures Merkle root of the salted disclosure leaves, or 0.
struct ReceiptHeader {
    uint16 schema;
    VerifierKey verifierKey;
    uint8 flags;
    uint256 capsuleTag;
    uint256 catalogRoot;
    uint256 operatorTag;
    uint256 operatorRoot;
    uint256 installRoot;
    uint256 stateTag;
    Nullifier nullifier;
    bytes32 executionKey;
    uint8 onionNetwork;
    bytes32 onionKey;
    uint64 launchedAt;
    uint64 notBeforeBlock;
    bytes32 notBeforeHash;
    bytes32 requestId;
    address payee;
    bytes32 inputHash;
    bytes32 outputHash;
    bytes32 disclosures;
}

/// @dev The words of a header, for a linked library: they are copied, where the struct would be taken apart and put together again.
///      A member with dirty bits is refused where it is read, there as here.
function headerWords(ReceiptHeader calldata header) pure returns (uint256[21] calldata words) {
    assembly ("memory-safe") {
        words := header
    }
}

/// @dev The header that these words are.
function headerOf(uint256[21] calldata words) pure returns (ReceiptHeader calldata header) {
    assembly ("memory-safe") {
        header := words
    }
}
