// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../interfaces/IBatches.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {ReceiptTree} from "../lib/ReceiptTree.sol";
import {Batch, BatchState, DataMode} from "../types/Batch.sol";
import {BatchRef, batchIdOf} from "../types/BatchRef.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {Bonds} from "./Bonds.sol";

/// @title Batches
/// @notice See IBatches.
abstract contract Batches is Bonds, IBatches {
    /// @dev All that is kept of a batch, in one slot. Members that its name commits to are handed in with each call.
    struct Slot {
        uint48 anchoredAt;
        uint48 finalAt;
        uint96 slice;
        uint16 openDemands;
        uint16 voided;
        bool fallen;
        DataMode mode;
    }

    /// @dev 64 KiB of leaves, half of what nodes relay in one transaction: `challengeData` hands all of them in.
    uint256 internal constant MAX_SIZE_MESH = 2048;
    /// @dev 1.3M gas at the calldata price of EIP-7623.
    uint256 internal constant MAX_SIZE_CALLDATA = 1024;

    /// @dev The router of the anchor.
    IVerifierRouter internal immutable ROUTER;
    uint64 internal immutable CHALLENGE_WINDOW;
    uint64 internal immutable LATE_SLASH;
    uint96 internal immutable SLICE;
    uint64 internal immutable BASE_FEE_FLOOR;

    uint64 private sequence;
    mapping(bytes32 batchId => Slot) private slots;
    /// @dev Places of batches that were proven fraudulent, before or after their batch was final.
    mapping(bytes32 place => Verdict) internal verdicts;

    /// @dev What a challenge proved of a place.
    enum Verdict {
        None,
        Void,
        Refuted
    }

    constructor(IVerifierRouter router_, uint64 challengeWindow, uint64 lateSlash, Stakes memory stakes_) {
        (ROUTER, CHALLENGE_WINDOW, LATE_SLASH) = (router_, challengeWindow, lateSlash);
        (SLICE, BASE_FEE_FLOOR) = (stakes_.slice, stakes_.baseFeeFloor);
    }

    /// @inheritdoc IBatches
    function anchorBatch(bytes32 root, uint32 size, bytes32 dataCommitment) external returns (bytes32 batchId) {
        if (size == 0 || size > MAX_SIZE_MESH) revert BatchSizeOutOfBounds(size, MAX_SIZE_MESH);
        return _anchor(root, size, dataCommitment, DataMode.Mesh);
    }

    /// @inheritdoc IBatches
    function anchorBatchWithLeaves(bytes32 root, bytes calldata leaves) external returns (bytes32 batchId) {
        if (leaves.length % 32 != 0) revert LeavesMalformed(leaves.length);
        uint256 size = leaves.length / 32;
        if (size == 0 || size > MAX_SIZE_CALLDATA) revert BatchSizeOutOfBounds(size, MAX_SIZE_CALLDATA);
        bytes32 computed = ReceiptTree.rootOf(leaves);
        if (computed != root) revert RootMismatch(root, computed);
        batchId = _anchor(root, uint32(size), keccak256(leaves), DataMode.Calldata);
        emit BatchLeaves(batchId, leaves);
    }

    /// @inheritdoc IBatches
    function releaseSlice(BatchRef calldata batch) external {
        (bytes32 batchId, Slot memory slot) = _known(batch);
        if (slot.slice == 0) revert NoSlice(batchId);
        uint64 liableUntil = slot.finalAt + LATE_SLASH;
        if (block.timestamp <= liableUntil || slot.openDemands != 0) {
            revert StillLiable(batchId, liableUntil, slot.openDemands);
        }
        uint256 slice = slot.slice;
        slot.slice = 0;
        _store(batchId, slot);
        _unlock(batch.relayer, slice);
        emit SliceReleased(batchId, batch.relayer, slice);
    }

    /// @inheritdoc IBatches
    function batchOf(bytes32 batchId) external view returns (Batch memory) {
        Slot memory slot = _load(batchId);
        if (slot.anchoredAt == 0) return Batch(BatchState.Unknown, DataMode.Mesh, 0, 0, 0, 0, 0, 0, 0);
        return Batch({
            state: _state(slot),
            mode: slot.mode,
            anchoredAt: slot.anchoredAt,
            demandableUntil: slot.anchoredAt + CHALLENGE_WINDOW - 1,
            finalAt: slot.finalAt,
            liableUntil: slot.finalAt + LATE_SLASH,
            slice: slot.slice,
            openDemands: slot.openDemands,
            voided: slot.voided
        });
    }

    /// @inheritdoc IReceiptBatches
    function leafStatus(BatchRef calldata batch, uint32 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (LeafStatus status, uint64 anchoredAt, uint64 finalAt)
    {
        bytes32 batchId = batchIdOf(batch);
        if (!ReceiptTree.includes(batch.root, batch.size, index, leaf, path)) revert NotIncluded(batchId, index, leaf);
        Slot memory slot = _load(batchId);
        return (_placeStatus(slot, batchId, index), slot.anchoredAt, slot.finalAt);
    }

    /// @inheritdoc IBatches
    function isAnchored(BatchRef calldata batch, uint32 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        bytes32 batchId = batchIdOf(batch);
        return ReceiptTree.includes(batch.root, batch.size, index, leaf, path)
            && _placeStatus(_load(batchId), batchId, index) == LeafStatus.Final;
    }

    /// @inheritdoc IReceiptBatches
    function placeStatus(bytes32 batchId, uint32 index) external view returns (LeafStatus status, bool fallen) {
        Slot memory slot = _load(batchId);
        return (_placeStatus(slot, batchId, index), slot.fallen);
    }

    /// @inheritdoc IReceiptBatches
    function sliceOf(bytes32 batchId) external view returns (uint256) {
        return slots[batchId].slice;
    }

    /// @inheritdoc IBatches
    function batchIdFor(BatchRef calldata batch) external pure returns (bytes32) {
        return batchIdOf(batch);
    }

    /// @inheritdoc IBatches
    function batchCount() external view returns (uint64) {
        return sequence;
    }

    /// @inheritdoc IBatches
    function maxSize(DataMode mode) external pure returns (uint256) {
        return mode == DataMode.Mesh ? MAX_SIZE_MESH : MAX_SIZE_CALLDATA;
    }

    /// @inheritdoc IBatches
    function stakes() external view returns (Stakes memory) {
        return Stakes({slice: SLICE, baseFeeFloor: BASE_FEE_FLOOR});
    }

    /// @dev The slot of a batch; all zero if there is none.
    function _load(bytes32 batchId) internal view returns (Slot memory) {
        return slots[batchId];
    }

    function _store(bytes32 batchId, Slot memory slot) internal {
        slots[batchId] = slot;
    }

    /// @dev The batch's name and slot, if it was anchored.
    function _known(BatchRef calldata batch) internal view returns (bytes32 batchId, Slot memory slot) {
        batchId = batchIdOf(batch);
        slot = _load(batchId);
        if (slot.anchoredAt == 0) revert BatchUnknown(batchId);
    }

    /// @dev As `_known`, and it did not fall.
    function _standing(BatchRef calldata batch) internal view returns (bytes32 batchId, Slot memory slot) {
        (batchId, slot) = _known(batch);
        if (slot.fallen) revert BatchHasFallen(batchId);
    }

    /// @dev Once true, always true: demands are taken before `finalAt` only, nothing else moves it, and a stop counts
    ///      from its own time on.
    function _isFinal(Slot memory slot) internal view returns (bool) {
        if (slot.fallen || slot.openDemands != 0 || block.timestamp < slot.finalAt) return false;
        uint64 stoppedAt = ROUTER.stoppedAt();
        return stoppedAt == 0 || slot.finalAt <= stoppedAt;
    }

    /// @dev Names one place of one batch.
    function _place(bytes32 batchId, uint32 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(batchId, index));
    }

    function _anchor(bytes32 root, uint32 size, bytes32 dataCommitment, DataMode mode)
        private
        returns (bytes32 batchId)
    {
        uint64 stoppedAt = ROUTER.stoppedAt();
        if (stoppedAt != 0) revert RouterStopped(stoppedAt);
        batchId = keccak256(abi.encode(msg.sender, root, size, dataCommitment));
        uint64 anchoredAt = slots[batchId].anchoredAt;
        if (anchoredAt != 0) revert BatchExists(batchId, anchoredAt);
        _lock(msg.sender, SLICE);
        uint64 finalAt = uint64(block.timestamp) + CHALLENGE_WINDOW;
        _store(batchId, Slot(uint48(block.timestamp), uint48(finalAt), SLICE, 0, 0, false, mode));
        emit BatchAnchored(batchId, msg.sender, sequence++, root, size, dataCommitment, mode, finalAt);
    }

    function _placeStatus(Slot memory slot, bytes32 batchId, uint32 index) private view returns (LeafStatus) {
        if (slot.anchoredAt == 0) return LeafStatus.Unknown;
        if (slot.fallen) return LeafStatus.Void;
        if (slot.voided != 0 && verdicts[_place(batchId, index)] == Verdict.Void) return LeafStatus.Void;
        return _isFinal(slot) ? LeafStatus.Final : LeafStatus.Pending;
    }

    function _state(Slot memory slot) private view returns (BatchState) {
        if (slot.fallen) return BatchState.Fallen;
        if (_isFinal(slot)) return BatchState.Final;
        uint64 stoppedAt = ROUTER.stoppedAt();
        return stoppedAt != 0 && slot.finalAt > stoppedAt ? BatchState.Frozen : BatchState.Pending;
    }
}
