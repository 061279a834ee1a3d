// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../interfaces/IChallenges.sol";
import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {Fraud} from "../lib/Fraud.sol";
import {ReceiptHeaderLib} from "../lib/ReceiptHeaderLib.sol";
import {ReceiptTree} from "../lib/ReceiptTree.sol";
import {DataMode} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {ReceiptDigest} from "../types/Ids.sol";
import {ReceiptHeader, headerWords} from "../types/ReceiptHeader.sol";
import {Batches} from "./Batches.sol";

/// @title Challenges
/// @notice See IChallenges.
abstract contract Challenges is Batches, IChallenges {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @dev Stands for the whole batch in the commitment to a challenge of its data.
    uint32 private constant WHOLE_BATCH = type(uint32).max;

    /// @inheritdoc IChallenges
    mapping(bytes32 commitment => uint256) public committedIn;

    /// @inheritdoc IChallenges
    function commitChallenge(bytes32 commitment) external {
        uint256 number = committedIn[commitment];
        if (number != 0) revert AlreadyCommitted(commitment, number);
        committedIn[commitment] = block.number;
        emit ChallengeCommitted(commitment, msg.sender);
    }

    /// @inheritdoc IChallenges
    function challengeLeaf(
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes calldata proof,
        bytes32 salt
    ) external {
        (bytes32 batchId, Slot memory slot) = _standing(batch);
        _requireLiable(batchId, slot);
        _useCommitment(batchId, index, salt);
        Verdict verdict = verdicts[_place(batchId, index)];
        if (verdict == Verdict.Void || verdict == Verdict.Refuted) revert LeafAlreadyVoid(batchId, index);
        (ReceiptDigest digest, bytes32 leaf) = _included(batchId, batch, index, path, header, keccak256(proof));
        _requireFraud(batchId, index, header, digest, proof);
        _convict(batchId, index, leaf, slot);
        _slashSlice(batchId, batch.relayer, slot, msg.sender);
    }

    /// @inheritdoc IChallenges
    function challengeData(BatchRef calldata batch, bytes calldata leaves, bytes32 salt) external {
        (bytes32 batchId, Slot memory slot) = _fallible(batch, DataMode.Mesh, salt);
        Fraud.requireMalformed(batchId, batch, leaves);
        _fall(batchId, batch.relayer, slot, msg.sender, MALFORMED);
    }

    /// @inheritdoc IChallenges
    function challengeBlobElement(
        BatchRef calldata batch,
        uint32 element,
        bytes32 value,
        bytes calldata commitment,
        bytes calldata proof,
        bytes32 salt
    ) external {
        (bytes32 batchId, Slot memory slot) = _fallible(batch, DataMode.Blob, salt);
        Fraud.requireWrongElement(batchId, batch, element, value, commitment, proof);
        _fall(batchId, batch.relayer, slot, msg.sender, MALFORMED);
    }

    /// @inheritdoc IChallenges
    function challengeBlob(
        BatchRef calldata batch,
        bytes calldata leaves,
        bytes calldata commitment,
        bytes calldata proof,
        bytes32 salt
    ) external {
        (bytes32 batchId, Slot memory slot) = _fallible(batch, DataMode.Blob, salt);
        Fraud.requireOtherLeaves(batchId, batch, leaves, commitment, proof);
        _fall(batchId, batch.relayer, slot, msg.sender, MALFORMED);
    }

    /// @inheritdoc IChallenges
    function leafOf(ReceiptHeader calldata header, bytes32 proofHash) external view returns (bytes32) {
        return ReceiptTree.leafHash(ReceiptDigest.unwrap(header.digest(address(this))), proofHash);
    }

    /// @dev Computes the leaf of a receipt and reverts unless it is at `index` of the batch.
    function _included(
        bytes32 batchId,
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes32 proofHash
    ) internal view returns (ReceiptDigest digest, bytes32 leaf) {
        digest = header.digest(address(this));
        leaf = ReceiptTree.leafHash(ReceiptDigest.unwrap(digest), proofHash);
        _requireIncluded(batchId, batch, index, leaf, path);
    }

    function _requireNotFinal(bytes32 batchId, Slot memory slot) internal view {
        if (_isFinal(slot)) revert BatchIsFinal(batchId, slot.finalAt);
    }

    /// @dev The wrapper that judges proofs under the header's key, whatever became of the key; 0 if there never was one.
    function _judgeOf(ReceiptHeader calldata header) internal view returns (ILaunchVerifier) {
        return ROUTER.wrapperOf(header.verifierKey);
    }

    /// @dev The verdict of a verifier on the proof for the instances of this very header, whose digest is given.
    function _accepts(
        ILaunchVerifier verifier,
        ReceiptHeader calldata header,
        ReceiptDigest digest,
        bytes calldata proof
    ) internal view returns (bool) {
        return verifier.verify(proof, header.instances(digest));
    }

    /// @dev The batch falls and its slice is slashed for `to`.
    function _fall(bytes32 batchId, address relayer, Slot memory slot, address to, uint8 why) internal {
        slot.fall = why;
        emit BatchFallen(batchId);
        _slashSlice(batchId, relayer, slot, to);
    }

    /// @dev The batch can still fall by its data, which are where `mode` says; the caller committed to it.
    function _fallible(BatchRef calldata batch, DataMode mode, bytes32 salt)
        private
        returns (bytes32 batchId, Slot memory slot)
    {
        (batchId, slot) = _standing(batch);
        if (slot.mode != mode) revert WrongMode(batchId, slot.mode);
        _requireNotFinal(batchId, slot);
        _requireLiable(batchId, slot);
        _useCommitment(batchId, WHOLE_BATCH, salt);
    }

    /// @dev A leaf that is void as a duplicate stays void when its batch is final: its fraud is punished all the same.
    function _convict(bytes32 batchId, uint32 index, bytes32 leaf, Slot memory slot) private {
        bytes32 place = _place(batchId, index);
        bool duplicate = verdicts[place] == Verdict.Duplicate;
        if (!duplicate && _isFinal(slot)) {
            verdicts[place] = Verdict.Refuted;
            emit LeafRefuted(batchId, index, leaf);
        } else {
            verdicts[place] = Verdict.Void;
            if (!duplicate) ++slot.voided;
            emit LeafVoided(batchId, index, leaf);
        }
    }

    /// @dev Takes what is left of the slice, and writes the slot.
    function _slashSlice(bytes32 batchId, address relayer, Slot memory slot, address to) private {
        uint256 slice = slot.slice;
        slot.slice = 0;
        _store(batchId, slot);
        if (slice == 0) return;
        (uint256 reward, uint256 burnt) = _slash(relayer, slice, to);
        emit RelayerSlashed(batchId, relayer, to, reward, burnt);
    }

    function _requireLiable(bytes32 batchId, Slot memory slot) private view {
        uint64 liableUntil = _liableUntil(slot);
        if (block.timestamp > liableUntil) revert NoLongerLiable(batchId, liableUntil, uint64(block.timestamp));
    }

    /// @dev The caller committed to this challenge in an earlier block; the commitment is used up.
    function _useCommitment(bytes32 batchId, uint32 index, bytes32 salt) private {
        bytes32 commitment = keccak256(abi.encode(msg.sender, batchId, index, salt));
        uint256 number = committedIn[commitment];
        if (number == 0) revert NotCommitted(commitment);
        if (number >= block.number) revert CommittedThisBlock(commitment, number);
        delete committedIn[commitment];
    }

    /// @dev Reverts unless the leaf is fraudulent beyond doubt.
    function _requireFraud(
        bytes32 batchId,
        uint32 index,
        ReceiptHeader calldata header,
        ReceiptDigest digest,
        bytes calldata proof
    ) private view {
        Fraud.requireFraudulent(batchId, index, headerWords(header), digest, proof, _judgeOf(header));
    }
}
