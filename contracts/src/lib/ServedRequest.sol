// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {CapsuleLeaf, IdentityLeaf, VerifierKey} from "../types/Ids.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title ServedRequest: whether a receipt header is the one that a request asked for
library ServedRequest {
    /// @dev Bit of `assurance`: an attested install serves.
    uint8 private constant ATTESTED = 2;
    /// @dev Bits of a header's flags.
    uint8 private constant CAPSULE_DISCLOSED = 1;
    uint8 private constant OPERATOR_DISCLOSED = 2;

    /// @dev The header serves the request with the locker's leaf, launched no later than `latest`, when it was anchored or
    ///      recorded.
    function requireServedBy(
        bytes32 requestId,
        ProofRequest calldata r,
        ReceiptHeader calldata header,
        IdentityLeaf leaf,
        uint64 latest
    ) internal pure {
        if (isOperatorHidden(header)) revert IProofMarket.NotDisclosed(header.flags);
        _requireSame("operator", bytes32(header.operatorTag), bytes32(IdentityLeaf.unwrap(leaf)));
        requireServed(requestId, r, header, latest);
    }

    /// @dev The receipt's install is of a kind that the request takes: proven on chain, unless it says that attested is enough.
    function requireInstall(ProofRequest calldata r, ReceiptHeader calldata header, IReceiptAnchor anchor)
        internal
        view
    {
        if (r.assurance & ATTESTED == 0 && anchor.capsules().isAttestedRoot(header.installRoot)) {
            revert IProofMarket.InstallOnlyAttested(header.installRoot);
        }
    }

    function isOperatorHidden(ReceiptHeader calldata header) internal pure returns (bool) {
        return header.flags & OPERATOR_DISCLOSED == 0;
    }

    /// @dev Everything that a receipt must show but its operator; names the member that is wrong.
    function requireServed(bytes32 requestId, ProofRequest calldata r, ReceiptHeader calldata header, uint64 latest)
        internal
        pure
    {
        if (header.flags & CAPSULE_DISCLOSED == 0) revert IProofMarket.NotDisclosed(header.flags);
        _requireSame("requestId", header.requestId, requestId);
        _requireSame("verifierKey", VerifierKey.unwrap(header.verifierKey), VerifierKey.unwrap(r.verifierKey));
        _requireSame("capsule", bytes32(header.capsuleTag), bytes32(CapsuleLeaf.unwrap(r.capsuleLeaf)));
        _requireSame("inputHash", header.inputHash, r.inputHash);
        if (header.launchedAt < r.earliestLaunch || header.launchedAt > latest) {
            revert IProofMarket.LaunchOutOfRange(header.launchedAt, r.earliestLaunch, latest);
        }
        if (header.payee == address(0)) revert IProofMarket.ZeroPayee();
    }

    function _requireSame(bytes32 name, bytes32 actual, bytes32 expected) private pure {
        if (actual != expected) revert IProofMarket.ReceiptMismatch(name, actual, expected);
    }
}
