// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IVerificationMarket} from "../interfaces/IVerificationMarket.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {AttestationLib} from "../lib/AttestationLib.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {Pricing} from "../lib/Pricing.sol";
import {Bid, Fate, Job, JobKind, JobState, Terms, Verdict} from "../types/Job.sol";
import {EtherAccounts} from "./EtherAccounts.sol";

/// @title Opinions
/// @notice Bids and attestations, which are the same for every kind of job, and the one place where a job ends. See
///         IVerificationMarket.
abstract contract Opinions is EtherAccounts, IVerificationMarket {
    /// @dev Ending a job credits every verifier in one transaction.
    uint256 private constant MAX_QUORUM = 15;
    /// @dev Furthest attest deadline: nobody should tie up stakes for longer by a slip of the unit.
    uint64 private constant MAX_TERM = 30 days;
    /// @dev Part of the stake that a fine takes.
    uint256 private constant FINE_DIVISOR = 10;

    /// @inheritdoc IVerificationMarket
    IReceiptAnchor public immutable anchor;
    /// @inheritdoc IVerificationMarket
    IVerifierRouter public immutable router;

    /// @inheritdoc IVerificationMarket
    uint256 public jobCount;

    mapping(uint256 jobId => Job) internal jobs;
    mapping(uint256 jobId => mapping(uint256 place => Bid)) private bids;

    /// @dev What becomes of a job's stakes, and of what else its poster put up.
    struct Ending {
        JobState state;
        Fate valid;
        Fate invalid;
        uint256 prize;
        uint256 toPoster;
    }

    /// @dev What a job is about, and what its poster puts up besides the fees.
    struct Subject {
        JobKind kind;
        uint32 chunks;
        uint96 reserve;
        bytes32 batchId;
        bytes32 root;
        bytes32 dataCommitment;
    }

    constructor(IReceiptAnchor anchor_) {
        (anchor, router) = (anchor_, anchor_.router());
    }

    /// @inheritdoc IVerificationMarket
    function bid(uint256 jobId, uint72 fee) external {
        Job storage j = _open(jobId);
        _requireRunning();
        if (block.timestamp > j.biddingEnd) revert BiddingOver(jobId, j.biddingEnd, block.timestamp);
        if (fee > j.maxFee) revert FeeTooHigh(jobId, fee, j.maxFee);
        uint256 count = j.bids;
        if (_placeOf(jobId, msg.sender, count) != count) revert BidTwice(jobId, msg.sender);
        uint256 stake = j.stake;
        uint256 place = count;
        address displaced;
        if (count == j.quorum) {
            place = _worst(jobId, count);
            Bid storage worst = bids[jobId][place];
            if (fee >= worst.fee) revert BidNotBetter(jobId, fee, worst.fee);
            displaced = worst.verifier;
            balanceOf[displaced] += stake;
        } else {
            j.bids = uint8(count + 1);
        }
        _debit(msg.sender, stake);
        uint16 order = j.order;
        // Stops at its end: who undercuts itself that often must not be the last to bid.
        if (order != type(uint16).max) j.order = order + 1;
        bids[jobId][place] = Bid(msg.sender, fee, order, Verdict.None);
        emit BidPlaced(jobId, msg.sender, fee, displaced);
    }

    /// @inheritdoc IVerificationMarket
    function attest(uint256 jobId, Verdict verdict) external {
        _attest(jobId, verdict, msg.sender);
    }

    /// @inheritdoc IVerificationMarket
    function attestFor(uint256 jobId, Verdict verdict, address verifier, uint64 deadline, bytes calldata signature)
        external
    {
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 digest = attestationDigest(jobId, verdict, verifier, deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(verifier, digest, signature)) {
            revert SignatureInvalid(digest, verifier);
        }
        _attest(jobId, verdict, verifier);
    }

    /// @inheritdoc IVerificationMarket
    function domainSeparator() external view returns (bytes32) {
        return AttestationLib.domainSeparator(address(this));
    }

    /// @inheritdoc IVerificationMarket
    function jobOf(uint256 jobId) external view returns (Job memory) {
        return jobs[jobId];
    }

    /// @inheritdoc IVerificationMarket
    function bidsOf(uint256 jobId) external view returns (Bid[] memory list) {
        list = new Bid[](jobs[jobId].bids);
        for (uint256 i; i < list.length; ++i) {
            list[i] = bids[jobId][i];
        }
    }

    /// @inheritdoc IVerificationMarket
    function attestationDigest(uint256 jobId, Verdict verdict, address verifier, uint64 deadline)
        public
        view
        returns (bytes32)
    {
        Job storage j = jobs[jobId];
        return AttestationLib.digest(
            AttestationLib.Attestation({
                jobId: jobId,
                anchor: address(anchor),
                batchId: uint256(j.batchId),
                root: j.root,
                dataCommitment: j.dataCommitment,
                verdict: uint8(verdict),
                verifier: verifier,
                deadline: deadline
            }),
            address(this)
        );
    }

    /// @dev A verifier of this job said Invalid.
    function _disputed(Job storage j) internal virtual;

    /// @dev Checks the terms, takes escrow and reserve from the caller and opens a job. Its id commits to all of it: in whatever
    ///      order a reorganisation leaves the chain, a bid is for the job that its verifier saw.
    function _post(Terms calldata terms, Subject memory subject) internal returns (uint256 jobId) {
        _requireRunning();
        if (terms.quorum == 0 || terms.quorum > MAX_QUORUM) revert BadTerm("quorum", terms.quorum);
        if (terms.stake == 0 || terms.stake < terms.maxFee) revert BadTerm("stake", terms.stake);
        if (terms.biddingEnd < block.timestamp) revert BadTerm("biddingEnd", terms.biddingEnd);
        // Shorter ones make sense only where blocks come when a test wants them to.
        uint256 shortest = isDevelopmentChain() ? 1 : 1 hours;
        if (terms.attestDeadline < terms.biddingEnd + shortest || terms.attestDeadline > block.timestamp + MAX_TERM) {
            revert BadTerm("attestDeadline", terms.attestDeadline);
        }
        _debit(msg.sender, uint256(terms.quorum) * terms.maxFee + subject.reserve);
        jobId = uint256(keccak256(abi.encode(msg.sender, ++jobCount, terms, subject)));
        Job storage j = jobs[jobId];
        (j.poster, j.kind, j.state, j.quorum) = (msg.sender, subject.kind, JobState.Open, terms.quorum);
        (j.maxFee, j.stake, j.biddingEnd, j.attestDeadline) =
        (terms.maxFee, terms.stake, terms.biddingEnd, terms.attestDeadline);
        (j.chunks, j.reserve) = (subject.chunks, subject.reserve);
        (j.batchId, j.root, j.dataCommitment) = (subject.batchId, subject.root, subject.dataCommitment);
    }

    /// @dev Ends a job: every stake, the escrow and what the ending hands over find their owners. Who was silent is fined if it
    ///      had its time to attest.
    function _close(uint256 jobId, Job storage j, Ending memory ending) internal {
        j.state = ending.state;
        Fate absent = _hadItsTime(j) ? Fate.Fined : Fate.Returned;
        uint256 share = j.invalid == 0 ? 0 : ending.prize / j.invalid;
        uint256 toPoster = ending.toPoster + ending.prize - share * j.invalid + uint256(j.quorum) * j.maxFee;
        uint256 count = j.bids;
        uint256 toCaller;
        uint256 burnt;
        for (uint256 i; i < count; ++i) {
            Bid memory b = bids[jobId][i];
            Fate fate = absent;
            if (b.verdict == Verdict.Valid) fate = ending.valid;
            if (b.verdict == Verdict.Invalid) fate = ending.invalid;
            Pricing.Slash memory parts = _partsOf(fate, j);
            uint256 back = j.stake - parts.burned - parts.caller - parts.requester;
            if (fate == Fate.Paid) {
                back += b.fee;
                toPoster -= b.fee;
                if (b.verdict == Verdict.Invalid) back += share;
            }
            (toCaller, burnt, toPoster) = (toCaller + parts.caller, burnt + parts.burned, toPoster + parts.requester);
            if (back != 0) balanceOf[b.verifier] += back;
            emit StakeEnded(jobId, b.verifier, fate, back);
        }
        if (burnt != 0) burned += burnt;
        if (toCaller != 0) balanceOf[msg.sender] += toCaller;
        if (toPoster != 0) balanceOf[j.poster] += toPoster;
        emit JobEnded(jobId, ending.state, msg.sender, toPoster, toCaller, burnt);
    }

    function _debit(address account, uint256 amount) internal {
        _take(balanceOf, address(0), account, amount);
    }

    function _open(uint256 jobId) internal view returns (Job storage j) {
        j = jobs[jobId];
        if (j.state != JobState.Open) revert WrongState(jobId, j.state);
    }

    function _openOf(uint256 jobId, JobKind kind) internal view returns (Job storage j) {
        j = _open(jobId);
        if (j.kind != kind) revert WrongKind(jobId, j.kind);
    }

    function _requireRunning() internal view {
        uint64 stoppedAt = router.stoppedAt();
        if (stoppedAt != 0) revert RouterStopped(stoppedAt);
    }

    /// @dev Whether the router was stopped while something could still be done up to and including `time`.
    function _stoppedBy(uint256 time) internal view returns (bool) {
        uint64 stoppedAt = router.stoppedAt();
        return stoppedAt != 0 && stoppedAt <= time;
    }

    /// @dev Bidding is over and there are too few to attest.
    function _isUnfilled(Job storage j) internal view returns (bool) {
        return block.timestamp > j.biddingEnd && j.bids < j.quorum;
    }

    function _attest(uint256 jobId, Verdict verdict, address verifier) private {
        Job storage j = _open(jobId);
        _requireRunning();
        if (verdict == Verdict.None) revert NoVerdict(jobId);
        if (block.timestamp <= j.biddingEnd) revert BiddingOpen(jobId, j.biddingEnd, block.timestamp);
        if (block.timestamp > j.attestDeadline) revert AttestingOver(jobId, j.attestDeadline, block.timestamp);
        uint256 count = j.bids;
        if (count < j.quorum) revert QuorumMissing(jobId, count, j.quorum);
        uint256 place = _placeOf(jobId, verifier, count);
        if (place == count) revert NotVerifier(jobId, verifier);
        Bid storage b = bids[jobId][place];
        if (b.verdict != Verdict.None) revert AlreadyAttested(jobId, verifier, b.verdict);
        b.verdict = verdict;
        if (verdict == Verdict.Valid) {
            ++j.valid;
        } else {
            ++j.invalid;
            _disputed(j);
        }
        emit Attested(jobId, verifier, verdict);
    }

    /// @dev Place of the verifier's bid; `count` if it has none.
    function _placeOf(uint256 jobId, address verifier, uint256 count) private view returns (uint256 place) {
        while (place < count && bids[jobId][place].verifier != verifier) ++place;
    }

    /// @dev Place of the highest fee; of equal ones the latest. A later bid is lower than what it displaced, not than the rest.
    function _worst(uint256 jobId, uint256 count) private view returns (uint256 place) {
        Bid memory worst = bids[jobId][0];
        for (uint256 i = 1; i < count; ++i) {
            Bid memory b = bids[jobId][i];
            if (b.fee > worst.fee || b.fee == worst.fee && b.order > worst.order) (worst, place) = (b, i);
        }
    }

    /// @dev Whether the verifiers could attest through to the deadline.
    function _hadItsTime(Job storage j) private view returns (bool) {
        return block.timestamp > j.attestDeadline && j.bids == j.quorum && !_stoppedBy(j.attestDeadline);
    }

    /// @dev What is taken of a stake, and for whom; `requester` is the poster.
    function _partsOf(Fate fate, Job storage j) private view returns (Pricing.Slash memory parts) {
        uint256 stake = j.stake;
        if (fate == Fate.Slashed) return Pricing.slash(stake, j.maxFee);
        if (fate == Fate.Fined) stake /= FINE_DIVISOR;
        else if (fate != Fate.Lost) return parts;
        parts.requester = stake / 2;
        parts.burned = stake - parts.requester;
    }
}
