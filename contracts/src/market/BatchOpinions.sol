// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../interfaces/IVerificationMarket.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {ReceiptTree} from "../lib/ReceiptTree.sol";
import {Batch, BatchState} from "../types/Batch.sol";
import {BatchRef, batchIdOf} from "../types/BatchRef.sol";
import {Fate, Job, JobKind, JobState, Terms} from "../types/Job.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {Opinions} from "./Opinions.sol";

/// @title BatchOpinions
/// @notice Jobs on anchored batches. See IVerificationMarket.
abstract contract BatchOpinions is Opinions {
    /// @inheritdoc IVerificationMarket
    uint64 public immutable attestedFloor;
    /// @inheritdoc IVerificationMarket
    uint64 public immutable grace;

    constructor(uint64 attestedFloor_, uint64 grace_) {
        uint64 window = anchor.times().challengeWindow;
        uint64 shortest = isDevelopmentChain() ? 1 : 1 hours;
        if (attestedFloor_ < shortest || attestedFloor_ > window / 2) {
            revert BadParameter("attestedFloor", attestedFloor_);
        }
        if (grace_ < shortest || grace_ > window / 4) revert BadParameter("grace", grace_);
        (attestedFloor, grace) = (attestedFloor_, grace_);
    }

    /// @inheritdoc IVerificationMarket
    function postBatch(BatchRef calldata batch, Terms calldata terms, uint96 bounty, bytes32 canary)
        external
        returns (uint256 jobId)
    {
        bytes32 batchId = batchIdOf(batch);
        Batch memory b = anchor.batchOf(batchId);
        if (b.state != BatchState.Pending) revert BatchNotPending(batchId, b.state);
        // The window's end, wherever a demand has moved finality to.
        uint256 latest = b.demandableUntil - grace;
        if (terms.attestDeadline > latest) revert AttestingTooLate(batchId, terms.attestDeadline, latest);
        jobId = _post(terms, Subject(JobKind.Batch, 0, bounty, batchId, batch.root, batch.dataCommitment));
        emit BatchJobPosted(jobId, msg.sender, batchId, batch, terms, bounty, canary);
    }

    /// @inheritdoc IVerificationMarket
    function slash(uint256 jobId, uint32 index) external {
        Job storage j = _openOf(jobId, JobKind.Batch);
        (bool fraudulent, bool malformed) = anchor.fraudOf(j.batchId, index);
        if (!fraudulent && !malformed) revert NoFraud(jobId, j.batchId, index);
        _close(jobId, j, Ending(JobState.Slashed, Fate.Slashed, Fate.Paid, j.reserve, 0));
    }

    /// @inheritdoc IVerificationMarket
    function isAttested(
        uint256 jobId,
        BatchRef calldata batch,
        uint32 index,
        bytes32 leaf,
        bytes32[] calldata path,
        uint256 value
    ) external view returns (bool) {
        bytes32 batchId = batchIdOf(batch);
        if (value == 0 || value > attestedStake(jobId) || jobs[jobId].batchId != batchId) return false;
        Batch memory b = anchor.batchOf(batchId);
        if (b.state != BatchState.Pending || b.openDemands != 0) return false;
        if (block.timestamp < b.anchoredAt + attestedFloor || block.timestamp + grace > b.finalAt) return false;
        (LeafStatus status,) = anchor.placeStatus(batchId, index);
        return status == LeafStatus.Pending && ReceiptTree.includes(batch.root, batch.size, index, leaf, path);
    }

    /// @inheritdoc IVerificationMarket
    function attestedStake(uint256 jobId) public view returns (uint256) {
        Job storage j = jobs[jobId];
        if (j.state != JobState.Open || j.kind != JobKind.Batch || j.valid < j.quorum) return 0;
        return uint256(j.valid) * (j.stake / 2);
    }

    /// @inheritdoc IVerificationMarket
    function settleableAt(uint256 jobId) public view returns (uint256) {
        return uint256(anchor.batchOf(jobs[jobId].batchId).finalAt) + grace;
    }

    /// @dev Ends a batch job whose batch can no longer be proven fraudulent in time.
    function _settleBatch(uint256 jobId, Job storage j) internal {
        bytes32 batchId = j.batchId;
        Batch memory b = anchor.batchOf(batchId);
        uint256 from = settleableAt(jobId);
        bool fallen = b.state == BatchState.Fallen;
        // An open demand of a batch that stands can still bring a leaf to light.
        if (block.timestamp < from || b.openDemands != 0 && !fallen) {
            revert TooEarly(jobId, from, block.timestamp);
        }
        _requireNotMalformed(jobId, batchId, fallen);
        bool done = b.state == BatchState.Final;
        // A batch that fell or is frozen tells nothing about who was right. Whoever had looked at all leaves could have
        // answered the demand: so no fee, and no fine either.
        (Fate valid, Fate invalid) = done ? (Fate.Paid, Fate.Fined) : (Fate.Returned, Fate.Returned);
        _close(jobId, j, Ending(JobState.Settled, valid, invalid, 0, j.reserve));
    }

    /// @dev Ends a batch job that nobody gave an opinion in, and that is of no use any more.
    function _unwindBatch(uint256 jobId, Job storage j) internal {
        BatchState state = anchor.batchOf(j.batchId).state;
        bool useless = state == BatchState.Fallen || state == BatchState.Frozen;
        if (!_isUnfilled(j) && (!useless || j.valid + j.invalid != 0)) revert NothingToUnwind(jobId);
        _close(jobId, j, Ending(JobState.Unwound, Fate.Returned, Fate.Returned, 0, j.reserve));
    }

    /// @dev False data are proven fraud: who attested Invalid is to be paid, by `slash`.
    function _requireNotMalformed(uint256 jobId, bytes32 batchId, bool fallen) private view {
        if (!fallen) return;
        (, bool malformed) = anchor.fraudOf(batchId, 0);
        if (malformed) revert SlashInstead(jobId);
    }
}
