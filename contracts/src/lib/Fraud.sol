// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../interfaces/IChallenges.sol";
import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {IVerifierWrapper} from "../interfaces/IVerifierWrapper.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {ReceiptDigest} from "../types/Ids.sol";
import {ReceiptHeader, headerOf} from "../types/ReceiptHeader.sol";
import {Blob} from "./Blob.sol";
import {Bn254Prices} from "./Bn254Prices.sol";
import {ReceiptHeaderLib} from "./ReceiptHeaderLib.sol";
import {ReceiptTree} from "./ReceiptTree.sol";

/// @title Fraud: what the anchor does without its storage: judge what a challenger says against a leaf or a batch
/// @dev Linked and called by delegatecall. With these rules inside, the anchor would not fit EIP-170. Each function returns if the
///      fault is proven beyond doubt, and reverts otherwise: whatever goes wrong on the way, gas included, is no verdict.
library Fraud {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @dev What a challenge needs besides the verifier's gas: probing the precompiles, hashing, and writing the verdict.
    uint256 private constant CHALLENGE_GAS = 450_000;
    /// @dev Length of a compressed point of BLS12-381.
    uint256 private constant POINT = 48;

    /// @dev The leaf is fraudulent: the header not canonical, the key unknown (`verifier` is 0 then), or the proof invalid.
    function requireFraudulent(
        bytes32 batchId,
        uint32 index,
        uint256[21] calldata words,
        ReceiptDigest digest,
        bytes calldata proof,
        ILaunchVerifier verifier
    ) external view {
        ReceiptHeader calldata header = headerOf(words);
        if (!header.isCanonical()) return;
        if (address(verifier) == address(0)) return;
        uint256 required = verifier.verificationGas() * 17 / 16 + CHALLENGE_GAS;
        if (gasleft() < required) revert IVerifierWrapper.InsufficientGas(gasleft(), required);
        if (verifier.verify(proof, header.instances(digest))) revert IChallenges.LeafValid(batchId, index, digest);
        address repriced = Bn254Prices.repriced();
        if (repriced != address(0)) revert IChallenges.PrecompileRepriced(repriced);
    }

    /// @dev The data that a batch in mesh mode commits to are not the leaves under its root.
    function requireMalformed(bytes32 batchId, BatchRef calldata batch, bytes calldata leaves) external pure {
        bytes32 given = keccak256(leaves);
        if (given != batch.dataCommitment) revert IChallenges.OtherData(given, batch.dataCommitment);
        if (leaves.length == uint256(batch.size) * 32 && ReceiptTree.rootOf(leaves) == batch.root) {
            revert IChallenges.DataValid(batchId);
        }
    }

    /// @dev The blob of a batch has `value` at `element`, where no blob of leaves can have it. See
    ///      IChallenges.challengeBlobElement.
    function requireWrongElement(
        bytes32 batchId,
        BatchRef calldata batch,
        uint32 element,
        bytes32 value,
        bytes calldata commitment,
        bytes calldata proof
    ) external view {
        // The points of the elements repeat after the last.
        if (element >= Blob.ELEMENTS) revert IChallenges.ElementOutOfBounds(element, Blob.ELEMENTS);
        uint256 most = element < 2 * uint256(batch.size) ? type(uint128).max : 0;
        if (uint256(value) <= most) revert IChallenges.ElementValid(batchId, element, value);
        _requireOpening(batch.dataCommitment, Blob.pointOf(element), uint256(value), commitment, proof);
    }

    /// @dev The blob of a batch is these leaves, and they are not the ones under its root. See IChallenges.challengeBlob.
    function requireOtherLeaves(
        bytes32 batchId,
        BatchRef calldata batch,
        bytes calldata leaves,
        bytes calldata commitment,
        bytes calldata proof
    ) external view {
        _requireLength("leaves", leaves.length, uint256(batch.size) * 32);
        if (ReceiptTree.rootOf(leaves) == batch.root) revert IChallenges.DataValid(batchId);
        uint256 z = Blob.pointFor(batch.dataCommitment, leaves);
        _requireOpening(batch.dataCommitment, z, Blob.valueOf(leaves, z), commitment, proof);
    }

    function _requireOpening(
        bytes32 versionedHash,
        uint256 z,
        uint256 y,
        bytes calldata commitment,
        bytes calldata proof
    ) private view {
        _requireLength("commitment", commitment.length, POINT);
        _requireLength("proof", proof.length, POINT);
        if (!Blob.opens(versionedHash, z, y, commitment, proof)) {
            revert IChallenges.OpeningRefused(versionedHash, z, y);
        }
    }

    function _requireLength(bytes32 what, uint256 given, uint256 expected) private pure {
        if (given != expected) revert IChallenges.WrongLength(what, given, expected);
    }
}
