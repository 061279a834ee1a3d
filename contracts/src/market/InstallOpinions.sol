// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IVerificationMarket} from "../interfaces/IVerificationMarket.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {requireFieldElement} from "../lib/Field.sol";
import {InstallLeaf} from "../types/Ids.sol";
import {Fate, Job, JobKind, JobState, Terms} from "../types/Job.sol";
import {Opinions} from "./Opinions.sol";

/// @title InstallOpinions
/// @notice Jobs on STARK install files. See IVerificationMarket.
abstract contract InstallOpinions is Opinions {
    /// @dev Some 10 MB of binary: bounds what a contest can cost and how long it can take.
    uint32 private constant MAX_CHUNKS = 4096;
    /// @dev Gas of proving one chunk on chain, its share of the transaction included (measured: 0.6M).
    uint256 private constant CHUNK_GAS = 650_000;
    /// @dev Leaves that the attested tree takes.
    uint256 private constant TREE_CAPACITY = 1 << 20;

    /// @inheritdoc IVerificationMarket
    ICapsuleRegistry public immutable capsules;
    /// @inheritdoc IVerificationMarket
    uint64 public immutable contestWindow;
    /// @inheritdoc IVerificationMarket
    uint64 public immutable answerBase;
    /// @inheritdoc IVerificationMarket
    uint64 public immutable answerPerChunk;
    /// @inheritdoc IVerificationMarket
    uint96 public immutable leastInstallBond;

    uint256 private immutable BASE_FEE_FLOOR;

    constructor(uint64 contestWindow_, uint64 answerBase_, uint64 answerPerChunk_, uint96 leastInstallBond_) {
        (uint64 leastWindow, uint64 leastBase) = isDevelopmentChain() ? (1, 1) : (1 days, 1 hours);
        if (contestWindow_ < leastWindow || contestWindow_ > 30 days) {
            revert BadParameter("contestWindow", contestWindow_);
        }
        if (answerBase_ < leastBase || answerBase_ > 30 days) revert BadParameter("answerBase", answerBase_);
        if (answerPerChunk_ == 0 || answerPerChunk_ > 1 hours) revert BadParameter("answerPerChunk", answerPerChunk_);
        if (leastInstallBond_ == 0) revert BadParameter("leastInstallBond", 0);
        capsules = anchor.capsules();
        address attestor = capsules.attestor();
        if (attestor != address(this) && attestor != address(0)) revert BadParameter("attestor", uint160(attestor));
        (contestWindow, answerBase, answerPerChunk) = (contestWindow_, answerBase_, answerPerChunk_);
        leastInstallBond = leastInstallBond_;
        BASE_FEE_FLOOR = anchor.stakes().baseFeeFloor;
    }

    /// @inheritdoc IVerificationMarket
    function postInstall(InstallLeaf leaf, uint32 chunks, bytes32 fileHash, Terms calldata terms)
        external
        returns (uint256 jobId)
    {
        if (capsules.attestor() != address(this)) revert InstallsOff();
        if (chunks == 0 || chunks > MAX_CHUNKS) revert BadTerm("chunks", chunks);
        requireFieldElement("leaf", InstallLeaf.unwrap(leaf));
        // The registry takes no leaf 0 either: nobody could ever admit it, or prove it.
        if (InstallLeaf.unwrap(leaf) == 0) revert BadTerm("leaf", 0);
        if (capsules.isInstallUsed(leaf) || capsules.isInstallAttested(leaf)) revert InstallKnown(leaf);
        uint256 bond = installBond(chunks);
        if (bond > type(uint96).max) revert BadTerm("bond", bond);
        bytes32 root = bytes32(InstallLeaf.unwrap(leaf));
        jobId = _post(terms, Subject(JobKind.Install, chunks, uint96(bond), 0, root, fileHash));
        emit InstallJobPosted(jobId, msg.sender, leaf, chunks, fileHash, terms, bond);
    }

    /// @inheritdoc IVerificationMarket
    function contest(uint256 jobId) external {
        Job storage j = _openOf(jobId, JobKind.Install);
        _requireRunning();
        if (block.timestamp <= j.attestDeadline) {
            revert TooEarly(jobId, uint256(j.attestDeadline) + 1, block.timestamp);
        }
        if (j.valid < j.quorum) revert NotConfirmed(jobId, j.valid, j.quorum);
        if (j.contestedUntil != 0) revert AlreadyContested(jobId, j.contestedUntil);
        uint256 last = uint256(j.attestDeadline) + contestWindow;
        if (block.timestamp > last) revert ContestTooLate(jobId, last, block.timestamp);
        _requireUnproven(j);
        // However fees rise, nobody's install is dearer to doubt than it was to post.
        uint256 bond = contestBond(j.chunks);
        if (bond > j.reserve) bond = j.reserve;
        _debit(msg.sender, bond);
        (j.contestant, j.contestBond) = (msg.sender, uint96(bond));
        j.contestedUntil = _answerUntil(block.timestamp, j.chunks);
        emit InstallContested(jobId, msg.sender, bond, j.contestedUntil);
    }

    /// @inheritdoc IVerificationMarket
    function admit(uint256 jobId) external {
        Job storage j = _openOf(jobId, JobKind.Install);
        _requireRunning();
        if (j.valid < j.quorum) revert NotConfirmed(jobId, j.valid, j.quorum);
        if (j.contestedUntil != 0) revert AlreadyContested(jobId, j.contestedUntil);
        uint256 from = uint256(j.attestDeadline) + contestWindow + 1;
        if (block.timestamp < from) revert TooEarly(jobId, from, block.timestamp);
        _close(jobId, j, Ending(JobState.Admitted, Fate.Paid, Fate.Returned, 0, j.reserve));
        InstallLeaf leaf = _leafOf(j);
        // Another job can have brought the same leaf: then there is nothing left to do.
        if (!capsules.isInstallAttested(leaf)) capsules.admitAttested(leaf);
    }

    /// @inheritdoc IVerificationMarket
    function contestBond(uint32 chunks) public view returns (uint256) {
        uint256 price = block.basefee > BASE_FEE_FLOOR ? block.basefee : BASE_FEE_FLOOR;
        return chunks * CHUNK_GAS * 2 * price;
    }

    /// @inheritdoc IVerificationMarket
    function installBond(uint32 chunks) public view returns (uint256) {
        return leastInstallBond + contestBond(chunks);
    }

    /// @inheritdoc Opinions
    function _disputed(Job storage j) internal override {
        if (j.kind != JobKind.Install) return;
        _requireUnproven(j);
        // The same for every opinion, and before anybody else can contest.
        j.contestedUntil = _answerUntil(j.attestDeadline, j.chunks);
    }

    /// @dev Ends an install job that is not to be admitted.
    function _settleInstall(uint256 jobId, Job storage j) internal {
        uint256 deadline = j.attestDeadline;
        if (block.timestamp <= deadline) revert TooEarly(jobId, deadline + 1, block.timestamp);
        if (j.bids < j.quorum) revert QuorumMissing(jobId, j.bids, j.quorum);
        if (capsules.isInstallUsed(_leafOf(j))) {
            // What was contested is proven: who was wrong pays for the answer.
            return
                _close(jobId, j, Ending(JobState.Proven, Fate.Paid, Fate.Lost, 0, uint256(j.reserve) + j.contestBond));
        }
        // Who ends the job does not choose how.
        if (_isCutShort(j)) revert RouterStopped(router.stoppedAt());
        if (j.contestedUntil != 0) {
            deadline = j.contestedUntil;
            if (block.timestamp <= deadline) revert TooEarly(jobId, deadline + 1, block.timestamp);
            return _reject(jobId, j);
        }
        if (j.valid == j.quorum && capsules.attestedSize() < TREE_CAPACITY) revert AdmitInstead(jobId);
        _close(jobId, j, Ending(JobState.Settled, Fate.Paid, Fate.Returned, 0, j.reserve));
    }

    /// @dev Ends an install job with too few verifiers, or, after a stop, one that was not decided before it.
    function _unwindInstall(uint256 jobId, Job storage j) internal {
        if (!_isUnfilled(j) && (!_isCutShort(j) || capsules.isInstallUsed(_leafOf(j)))) revert NothingToUnwind(jobId);
        if (j.contestBond != 0) balanceOf[j.contestant] += j.contestBond;
        _close(jobId, j, Ending(JobState.Unwound, Fate.Returned, Fate.Returned, 0, j.reserve));
    }

    /// @dev Half of the poster's bond, rounded up, is burned; the rest goes to the contestant, or to who attested Invalid.
    function _reject(uint256 jobId, Job storage j) private {
        uint256 prize = j.reserve / 2;
        burned += j.reserve - prize;
        if (j.contestant != address(0)) {
            balanceOf[j.contestant] += prize + j.contestBond;
            prize = 0;
        }
        _close(jobId, j, Ending(JobState.Rejected, Fate.Returned, Fate.Paid, prize, 0));
    }

    /// @dev Whether the router was stopped before the job was decided: by the last second for an answer if it is contested, by
    ///      that for opinions if one is missing; a confirmed one is decided by its admission.
    function _isCutShort(Job storage j) private view returns (bool) {
        if (j.contestedUntil != 0) return _stoppedBy(j.contestedUntil);
        return _stoppedBy(j.valid == j.quorum ? block.timestamp : j.attestDeadline);
    }

    /// @dev A proof that is there already answers nobody, and is not to be paid as if it did.
    function _requireUnproven(Job storage j) private view {
        InstallLeaf leaf = _leafOf(j);
        if (capsules.isInstallUsed(leaf)) revert InstallKnown(leaf);
    }

    function _answerUntil(uint256 from, uint256 chunks) private view returns (uint40) {
        return uint40(from + answerBase + chunks * answerPerChunk);
    }

    function _leafOf(Job storage j) private view returns (InstallLeaf) {
        return InstallLeaf.wrap(uint256(j.root));
    }
}
