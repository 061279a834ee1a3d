// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../interfaces/IDuplicates.sol";
import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {ReceiptHeaderLib} from "../lib/ReceiptHeaderLib.sol";
import {Nullifier, ReceiptDigest, VerifierKey} from "../types/Ids.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {Challenges} from "./Challenges.sol";

/// @title Duplicates
/// @notice See IDuplicates.
abstract contract Duplicates is Challenges, IDuplicates {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @inheritdoc IDuplicates
    function challengeDuplicate(
        Placed calldata later,
        bytes32 laterProofHash,
        Placed calldata earlier,
        bytes calldata earlierProof
    ) external {
        (bytes32 laterId, Slot memory laterSlot) = _challengeable(later);
        (bytes32 batchId, Slot memory slot) = _unvoided(earlier);
        if (!_isBefore(slot, laterSlot, batchId == laterId, earlier.index, later.index)) {
            revert NotEarlier(batchId, earlier.index, _anchoredAt(slot), laterId, later.index);
        }
        ReceiptDigest first = _digestIn(batchId, earlier, keccak256(earlierProof));
        _requireProven(batchId, earlier, first, earlierProof);
        _void(laterId, laterSlot, later, laterProofHash, earlier.header, first);
    }

    /// @inheritdoc IDuplicates
    function challengeRecorded(Placed calldata later, bytes32 laterProofHash, ReceiptHeader calldata recorded)
        external
    {
        (bytes32 laterId, Slot memory laterSlot) = _challengeable(later);
        (ReceiptDigest first, uint64 recordedAt) = _recordedAt(recorded);
        if (recordedAt == 0) revert ReceiptNotRecorded(first);
        uint64 anchoredAt = _anchoredAt(laterSlot);
        if (recordedAt >= anchoredAt) revert RecordedTooLate(first, recordedAt, anchoredAt);
        _void(laterId, laterSlot, later, laterProofHash, recorded, first);
    }

    /// @dev The header's digest, and when exactly this receipt was recorded: 0 if it was not.
    function _recordedAt(ReceiptHeader calldata header) internal view virtual returns (ReceiptDigest, uint64);

    /// @dev Voids `later`, if it is in its batch and has another receipt of the nullifier and key that `header` has.
    function _void(
        bytes32 batchId,
        Slot memory slot,
        Placed calldata later,
        bytes32 proofHash,
        ReceiptHeader calldata header,
        ReceiptDigest first
    ) private {
        ReceiptDigest digest = _digestIn(batchId, later, proofHash);
        Nullifier nullifier = later.header.nullifier;
        if (Nullifier.unwrap(nullifier) != Nullifier.unwrap(header.nullifier)) {
            revert OtherNullifier(nullifier, header.nullifier);
        }
        if (VerifierKey.unwrap(later.header.verifierKey) != VerifierKey.unwrap(header.verifierKey)) {
            revert OtherVerifierKey(later.header.verifierKey, header.verifierKey);
        }
        if (ReceiptDigest.unwrap(digest) == ReceiptDigest.unwrap(first)) revert SameReceipt(digest);
        verdicts[_place(batchId, later.index)] = Verdict.Duplicate;
        ++slot.voided;
        _store(batchId, slot);
        emit DuplicateVoided(batchId, later.index, nullifier, digest, first);
    }

    /// @dev As `_unvoided`, and its batch is not final.
    function _challengeable(Placed calldata leaf) private view returns (bytes32 batchId, Slot memory slot) {
        (batchId, slot) = _unvoided(leaf);
        _requireNotFinal(batchId, slot);
    }

    /// @dev The leaf's batch, which stands, and in which its place is not void.
    function _unvoided(Placed calldata leaf) private view returns (bytes32 batchId, Slot memory slot) {
        (batchId, slot) = _standing(leaf.batch);
        if (_isVoid(batchId, leaf.index)) revert LeafAlreadyVoid(batchId, leaf.index);
    }

    /// @dev The digest of the header, whose leaf with this proof is at its place.
    function _digestIn(bytes32 batchId, Placed calldata leaf, bytes32 proofHash)
        private
        view
        returns (ReceiptDigest d)
    {
        (d,) = _included(batchId, leaf.batch, leaf.index, leaf.path, leaf.header, proofHash);
    }

    /// @dev Whoever made this receipt had the secret behind its nullifier. Lack of gas only ever makes this revert.
    function _requireProven(bytes32 batchId, Placed calldata leaf, ReceiptDigest digest, bytes calldata proof)
        private
        view
    {
        ReceiptHeader calldata header = leaf.header;
        header.requireCanonical();
        ILaunchVerifier verifier = _judgeOf(header);
        if (address(verifier) == address(0) || !_accepts(verifier, header, digest, proof)) {
            revert EarlierUnproven(batchId, leaf.index, digest);
        }
    }

    /// @dev Order on chain. Fewer than 2^15 batches are anchored in a second, so the low bits of their numbers tell the order
    ///      of two that were.
    function _isBefore(Slot memory a, Slot memory b, bool sameBatch, uint32 index, uint32 laterIndex)
        private
        pure
        returns (bool)
    {
        if (sameBatch) return index < laterIndex;
        if (_anchoredAt(a) != _anchoredAt(b)) return a.anchored < b.anchored;
        unchecked {
            return uint16(b.anchored - a.anchored) < 2 ** 15;
        }
    }
}
