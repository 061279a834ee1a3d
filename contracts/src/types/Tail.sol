// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";

/// @dev A dynamic struct for a linked library: the calldata from where it begins to their end, copied as they are, where the compiler
///      would take the struct apart and put it together again. The offsets in it count from its beginning, so they hold there
///      too; where they point to is checked where they are followed. One that points in front of the struct finds other words there
///      than here: so each is followed in the library alone, and here only the head is read. What comes after the struct is copied
///      along, and not read.
function tailOf(IProofMarket.Proven calldata receipt) pure returns (bytes calldata tail) {
    assembly ("memory-safe") {
        tail.offset := receipt
        tail.length := sub(calldatasize(), receipt)
    }
}

/// @dev The receipt that this is the tail of.
function provenOf(bytes calldata tail) pure returns (IProofMarket.Proven calldata receipt) {
    assembly ("memory-safe") {
        receipt := tail.offset
    }
}

/// @dev As `tailOf`.
function tailOfEvidence(IProofMarket.Evidence calldata evidence) pure returns (bytes calldata tail) {
    assembly ("memory-safe") {
        tail.offset := evidence
        tail.length := sub(calldatasize(), evidence)
    }
}

/// @dev The evidence that this is the tail of.
function evidenceOf(bytes calldata tail) pure returns (IProofMarket.Evidence calldata evidence) {
    assembly ("memory-safe") {
        evidence := tail.offset
    }
}
