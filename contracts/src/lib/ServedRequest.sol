// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {CapsuleLeaf, IdentityLeaf, VerifierKey} from "../types/Ids.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title ServedRequest: whether a receipt header is the one that a request asked for
library ServedRequest {
    /// @dev Both capsule and operator are disclosed, and no other flag is set.
    uint8 private constant DISCLOSED = 3;

    /// @dev Reverts, naming the member, unless the header serves the request by the operator of `leaf`, launched no later
    ///      than `latest`, when it was anchored or recorded.
    function requireServed(
        bytes32 requestId,
        ProofRequest calldata request,
        ReceiptHeader calldata header,
        IdentityLeaf leaf,
        uint64 latest
    ) internal pure {
        _same("requestId", header.requestId, requestId);
        if (header.flags != DISCLOSED) revert IProofMarket.NotDisclosed(header.flags);
        _same("verifierKey", VerifierKey.unwrap(header.verifierKey), VerifierKey.unwrap(request.verifierKey));
        _same("capsule", bytes32(header.capsuleTag), bytes32(CapsuleLeaf.unwrap(request.capsuleLeaf)));
        _same("operator", bytes32(header.operatorTag), bytes32(IdentityLeaf.unwrap(leaf)));
        _same("inputHash", header.inputHash, request.inputHash);
        if (header.launchedAt < request.earliestLaunch || header.launchedAt > latest) {
            revert IProofMarket.LaunchOutOfRange(header.launchedAt, request.earliestLaunch, latest);
        }
        if (header.payee == address(0)) revert IProofMarket.ZeroPayee();
    }

    function _same(bytes32 name, bytes32 actual, bytes32 expected) private pure {
        if (actual != expected) revert IProofMarket.ReceiptMismatch(name, actual, expected);
    }
}
