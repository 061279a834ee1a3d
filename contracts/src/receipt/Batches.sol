// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../interfaces/IBatches.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {Blob} from "../lib/Blob.sol";
import {ReceiptTree} from "../lib/ReceiptTree.sol";
import {Batch, BatchState, DataMode} from "../types/Batch.sol";
import {BatchRef, batchIdOf} from "../types/BatchRef.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {Bonds} from "./Bonds.sol";

/// @title Batches
/// @notice See IBatches.
abstract contract Batches is Bonds, IBatches {
    /// @dev All that is kept of a batch, in one slot. Members that its name commits to are handed in with each call.
    ///      `anchored` is its place in time: Unix seconds, and the low 16 bits of its number.
    struct Slot {
        uint64 anchored;
        uint48 finalAt;
        uint96 slice;
        uint16 openDemands;
        uint16 voided;
        uint8 fall;
        DataMode mode;
    }

    /// @dev 64 KiB of leaves, half of what nodes relay in one transaction: `challengeData` hands all of them in.
    uint256 internal constant MAX_SIZE_MESH = 2048;
    /// @dev Two of the 4,096 elements of a blob each.
    uint256 internal constant MAX_SIZE_BLOB = 2048;
    /// @dev 1.3M gas at the calldata price of EIP-7623.
    uint256 internal constant MAX_SIZE_CALLDATA = 1024;
    /// @dev Why a batch fell, in its slot; 0 while it stands. A demand was not answered, or the committed data are not the leaves
    ///      under the root.
    uint8 internal constant WITHHELD = 1;
    uint8 internal constant MALFORMED = 2;

    /// @dev The router of the anchor.
    IVerifierRouter internal immutable ROUTER;
    uint64 internal immutable CHALLENGE_WINDOW;
    uint64 internal immutable LATE_SLASH;
    uint96 internal immutable SLICE;
    uint64 internal immutable BASE_FEE_FLOOR;

    uint64 private sequence;
    mapping(bytes32 batchId => Slot) private slots;
    /// @dev Places of batches that a challenge succeeded against.
    mapping(bytes32 place => Verdict) internal verdicts;

    /// @dev What a challenge proved of a place: that it is fraudulent, when its batch was final (Refuted: the leaf stays) or
    ///      before (Void); or that it has a second receipt of a nullifier. From Void on, the leaf is void.
    enum Verdict {
        None,
        Refuted,
        Void,
        Duplicate
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
    function anchorBatchInBlob(bytes32 root, uint32 size, bytes32 dataCommitment, uint256 blobIndex)
        external
        returns (bytes32 batchId)
    {
        if (size == 0 || size > MAX_SIZE_BLOB) revert BatchSizeOutOfBounds(size, MAX_SIZE_BLOB);
        bytes32 versionedHash = blobhash(blobIndex);
        if (versionedHash != dataCommitment || !Blob.isKzg(versionedHash)) revert NoBlob(blobIndex, versionedHash);
        return _anchor(root, size, dataCommitment, DataMode.Blob);
    }

    /// @inheritdoc IBatches
    function releaseSlice(BatchRef calldata batch) external {
        (bytes32 batchId, Slot memory slot) = _known(batch);
        if (slot.slice == 0) revert NoSlice(batchId);
        uint64 liableUntil = _liableUntil(slot);
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
    function batchOf(bytes32 batchId) external view returns (Batch memory batch) {
        Slot memory slot = _load(batchId);
        if (slot.anchored == 0) return batch;
        batch = Batch({
            state: _state(slot),
            mode: slot.mode,
            anchoredAt: _anchoredAt(slot),
            demandableUntil: _demandableUntil(slot),
            finalAt: slot.finalAt,
            liableUntil: _liableUntil(slot),
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
        _requireIncluded(batchId, batch, index, leaf, path);
        Slot memory slot = _load(batchId);
        return (_placeStatus(slot, batchId, index), _anchoredAt(slot), slot.finalAt);
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

    /// @inheritdoc IBatches
    function areAnchored(
        BatchRef calldata batch,
        uint32[] calldata indices,
        bytes32[] calldata leaves,
        bytes32[] calldata siblings
    ) external view returns (bool) {
        if (!ReceiptTree.includesAll(batch.root, batch.size, indices, leaves, siblings)) {
            return false;
        }
        bytes32 batchId = batchIdOf(batch);
        Slot memory slot = _load(batchId);
        if (slot.anchored == 0 || !_isFinal(slot)) return false;
        if (slot.voided == 0) return true;
        for (uint256 i; i < indices.length; ++i) {
            if (_isVoid(batchId, indices[i])) return false;
        }
        return true;
    }

    /// @inheritdoc IReceiptBatches
    function placeStatus(bytes32 batchId, uint32 index) external view returns (LeafStatus status, bool fallen) {
        Slot memory slot = _load(batchId);
        return (_placeStatus(slot, batchId, index), _fell(slot));
    }

    /// @inheritdoc IReceiptBatches
    function fraudOf(bytes32 batchId, uint32 index) external view returns (bool fraudulent, bool malformed) {
        Verdict verdict = verdicts[_place(batchId, index)];
        return (verdict == Verdict.Void || verdict == Verdict.Refuted, slots[batchId].fall == MALFORMED);
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
        if (mode == DataMode.Calldata) return MAX_SIZE_CALLDATA;
        return mode == DataMode.Mesh ? MAX_SIZE_MESH : MAX_SIZE_BLOB;
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
        if (slot.anchored == 0) revert BatchUnknown(batchId);
    }

    /// @dev As `_known`, and it did not fall.
    function _standing(BatchRef calldata batch) internal view returns (bytes32 batchId, Slot memory slot) {
        (batchId, slot) = _known(batch);
        if (_fell(slot)) revert BatchHasFallen(batchId);
    }

    /// @dev Reverts unless the path proves the leaf to be at `index` of the batch.
    function _requireIncluded(
        bytes32 batchId,
        BatchRef calldata batch,
        uint32 index,
        bytes32 leaf,
        bytes32[] calldata path
    ) internal pure {
        if (!ReceiptTree.includes(batch.root, batch.size, index, leaf, path)) {
            revert NotIncluded(batchId, index, leaf);
        }
    }

    /// @dev Once true, always true: demands are taken before `finalAt` only, nothing else moves it, and a stop counts
    ///      from its own time on.
    function _isFinal(Slot memory slot) internal view returns (bool) {
        if (_fell(slot) || slot.openDemands != 0 || block.timestamp < slot.finalAt) return false;
        uint64 stoppedAt = ROUTER.stoppedAt();
        return stoppedAt == 0 || slot.finalAt <= stoppedAt;
    }

    /// @dev Unix seconds of the anchoring block.
    function _anchoredAt(Slot memory slot) internal pure returns (uint64) {
        return slot.anchored >> 16;
    }

    /// @dev Last second in which a leaf of the batch can be demanded.
    function _demandableUntil(Slot memory slot) internal view returns (uint64) {
        return _anchoredAt(slot) + CHALLENGE_WINDOW - 1;
    }

    /// @dev Last second in which the slice of the batch can be slashed.
    function _liableUntil(Slot memory slot) internal view returns (uint64) {
        return slot.finalAt + LATE_SLASH;
    }

    function _requireRunning() internal view {
        uint64 stoppedAt = _stoppedAt();
        if (stoppedAt != 0) revert RouterStopped(stoppedAt);
    }

    function _fell(Slot memory slot) internal pure returns (bool) {
        return slot.fall != 0;
    }

    /// @dev Whether the place itself is void, whatever became of its batch.
    function _isVoid(bytes32 batchId, uint32 index) internal view returns (bool) {
        return verdicts[_place(batchId, index)] >= Verdict.Void;
    }

    /// @dev Names one place of one batch.
    function _place(bytes32 batchId, uint32 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(batchId, index));
    }

    function _anchor(bytes32 root, uint32 size, bytes32 dataCommitment, DataMode mode)
        private
        returns (bytes32 batchId)
    {
        _requireRunning();
        batchId = keccak256(abi.encode(msg.sender, root, size, dataCommitment));
        uint64 anchored = slots[batchId].anchored;
        if (anchored != 0) revert BatchExists(batchId, anchored >> 16);
        _lock(msg.sender, SLICE);
        uint64 finalAt = uint64(block.timestamp) + CHALLENGE_WINDOW;
        uint64 number = sequence++;
        _store(batchId, Slot(uint64(block.timestamp << 16 | uint16(number)), uint48(finalAt), SLICE, 0, 0, 0, mode));
        emit BatchAnchored(batchId, msg.sender, number, root, size, dataCommitment, mode, finalAt);
    }

    function _stoppedAt() private view returns (uint64) {
        return ROUTER.stoppedAt();
    }

    function _placeStatus(Slot memory slot, bytes32 batchId, uint32 index) private view returns (LeafStatus) {
        if (slot.anchored == 0) return LeafStatus.Unknown;
        if (_fell(slot) || slot.voided != 0 && _isVoid(batchId, index)) return LeafStatus.Void;
        return _isFinal(slot) ? LeafStatus.Final : LeafStatus.Pending;
    }

    function _state(Slot memory slot) private view returns (BatchState) {
        if (_fell(slot)) return BatchState.Fallen;
        if (_isFinal(slot)) return BatchState.Final;
        uint64 stoppedAt = _stoppedAt();
        return stoppedAt != 0 && slot.finalAt > stoppedAt ? BatchState.Frozen : BatchState.Pending;
    }
}
