// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {Admission} from "../lib/Admission.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {ReceiptHeaderLib} from "../lib/ReceiptHeaderLib.sol";
import {Nullifier, PublisherId, ReceiptDigest, VerifierKey} from "../types/Ids.sol";
import {ReceiptHeader, headerWords} from "../types/ReceiptHeader.sol";
import {Batches} from "./Batches.sol";
import {Duplicates} from "./Duplicates.sol";
import {Reveals} from "./Reveals.sol";

/// @title ReceiptAnchor
/// @notice See IReceiptAnchor.
contract ReceiptAnchor is Reveals, IReceiptAnchor {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @inheritdoc IReceiptAnchor
    IOperatorRegistry public immutable operators;
    /// @inheritdoc IReceiptAnchor
    ICapsuleRegistry public immutable capsules;
    /// @inheritdoc IReceiptAnchor
    uint64 public immutable rootValidity;

    uint64 private immutable MAX_RECEIPT_AGE;

    mapping(VerifierKey key => mapping(Nullifier nullifier => Record)) private records;

    constructor(
        IVerifierRouter router_,
        IOperatorRegistry operators_,
        ICapsuleRegistry capsules_,
        Times memory times_,
        Stakes memory stakes_
    ) Batches(router_, times_.challengeWindow, times_.lateSlash, stakes_) Reveals(times_.revealPeriod) {
        if (times_.maxReceiptAge == 0 || times_.maxReceiptAge > 365 days) {
            revert BadParameter("maxReceiptAge", times_.maxReceiptAge);
        }
        if (times_.inclusionMargin > 365 days) revert BadParameter("inclusionMargin", times_.inclusionMargin);
        if (times_.challengeWindow > 365 days) revert BadParameter("challengeWindow", times_.challengeWindow);
        if (times_.lateSlash == 0 || times_.lateSlash > 365 days) revert BadParameter("lateSlash", times_.lateSlash);
        // Shorter ones make sense only where blocks come when a test wants them to.
        uint64 shortest = isDevelopmentChain() ? 1 : 1 hours;
        if (times_.revealPeriod < shortest || times_.revealPeriod > times_.challengeWindow / MIN_ROUNDS) {
            revert BadParameter("revealPeriod", times_.revealPeriod);
        }
        if (stakes_.slice == 0) revert BadParameter("slice", stakes_.slice);
        if (stakes_.baseFeeFloor == 0 || stakes_.baseFeeFloor > 1e13) {
            revert BadParameter("baseFeeFloor", stakes_.baseFeeFloor);
        }
        if (address(router_).code.length == 0) revert BadParameter("router", uint160(address(router_)));
        if (address(capsules_).code.length == 0) revert BadParameter("capsules", uint160(address(capsules_)));
        uint64 validity = times_.maxReceiptAge + times_.inclusionMargin;
        // A demand at the end of the window moves finality by two reveal periods.
        uint64 longest = times_.challengeWindow + 2 * times_.revealPeriod;
        uint64 delay = operators_.unbondingDelay();
        if (validity + longest >= delay) revert UnbondingTooShort(validity + longest, delay);
        (operators, capsules) = (operators_, capsules_);
        (rootValidity, MAX_RECEIPT_AGE) = (validity, times_.maxReceiptAge);
    }

    /// @inheritdoc IReceiptAnchor
    function verifyNow(
        ReceiptHeader calldata header,
        bytes calldata proof,
        PublisherId publisher,
        bytes calldata notBeforeHeader
    ) external returns (ReceiptDigest digest) {
        Record storage record = _recordFor(header);
        if (record.recordedAt != 0) {
            revert NullifierUsed(header.verifierKey, header.nullifier, record.digest, record.recordedAt);
        }
        _requireAdmitted(header, publisher, notBeforeHeader);
        bool valid;
        (digest, valid) = _verify(header, proof);
        if (!valid) revert ProofInvalid(digest, header.verifierKey);
        _keep(record, header, digest, publisher);
        _report(header, digest, publisher);
    }

    /// @inheritdoc IReceiptAnchor
    function recordOf(VerifierKey key, Nullifier nullifier) external view returns (Record memory) {
        return records[key][nullifier];
    }

    /// @inheritdoc IReceiptAnchor
    function isRecorded(ReceiptHeader calldata header) external view returns (bool) {
        (, uint64 recordedAt) = _recordedAt(header);
        return recordedAt != 0;
    }

    /// @inheritdoc IReceiptAnchor
    function isProofValid(ReceiptHeader calldata header, bytes calldata proof) external view returns (bool valid) {
        (, valid) = _verify(header, proof);
    }

    /// @inheritdoc IReceiptAnchor
    function requireAdmitted(ReceiptHeader calldata header, PublisherId publisher, bytes calldata notBeforeHeader)
        external
        view
    {
        _requireAdmitted(header, publisher, notBeforeHeader);
    }

    /// @inheritdoc IReceiptAnchor
    function digestOf(ReceiptHeader calldata header) external view returns (ReceiptDigest) {
        return header.digest(address(this));
    }

    /// @inheritdoc IReceiptAnchor
    function instancesOf(ReceiptHeader calldata header) external view returns (uint256[10] memory) {
        header.requireCanonical();
        return header.instances(header.digest(address(this)));
    }

    /// @inheritdoc IReceiptAnchor
    function domainSeparator() external view returns (bytes32) {
        return ReceiptHeaderLib.domainSeparator(address(this));
    }

    /// @inheritdoc IReceiptAnchor
    function router() external view returns (IVerifierRouter) {
        return ROUTER;
    }

    /// @inheritdoc IReceiptAnchor
    function times() external view returns (Times memory) {
        return Times({
            maxReceiptAge: MAX_RECEIPT_AGE,
            inclusionMargin: _inclusionMargin(),
            challengeWindow: CHALLENGE_WINDOW,
            revealPeriod: REVEAL_PERIOD,
            lateSlash: LATE_SLASH
        });
    }

    function _inclusionMargin() private view returns (uint64) {
        return rootValidity - MAX_RECEIPT_AGE;
    }

    /// @dev "Proof valid": canonical header, key in use, proof accepted for the instances of this very header.
    function _verify(ReceiptHeader calldata header, bytes calldata proof)
        private
        view
        returns (ReceiptDigest digest, bool valid)
    {
        header.requireCanonical();
        digest = header.digest(address(this));
        valid = _accepts(ROUTER.resolve(header.verifierKey), header, digest, proof);
    }

    /// @inheritdoc Duplicates
    function _recordedAt(ReceiptHeader calldata header) internal view override returns (ReceiptDigest digest, uint64) {
        digest = header.digest(address(this));
        Record storage record = _recordFor(header);
        bool same = ReceiptDigest.unwrap(record.digest) == ReceiptDigest.unwrap(digest);
        return (digest, same ? record.recordedAt : 0);
    }

    /// @dev "Enrolled, admitted, in time". See Admission.
    function _requireAdmitted(ReceiptHeader calldata header, PublisherId publisher, bytes calldata notBeforeHeader)
        private
        view
    {
        Admission.requireAdmitted(
            headerWords(header), publisher, notBeforeHeader, operators, capsules, MAX_RECEIPT_AGE, _inclusionMargin()
        );
    }

    /// @dev The only place for receipts of the header's key and nullifier.
    function _recordFor(ReceiptHeader calldata header) private view returns (Record storage) {
        return records[header.verifierKey][header.nullifier];
    }

    /// @dev Member by member, since a reference cannot be written through at once.
    function _keep(Record storage record, ReceiptHeader calldata header, ReceiptDigest digest, PublisherId publisher)
        private
    {
        record.digest = digest;
        (record.payee, record.recordedAt) = (header.payee, uint64(block.timestamp));
        (record.submitter, record.launchedAt) = (msg.sender, header.launchedAt);
        record.publisher = publisher;
    }

    function _report(ReceiptHeader calldata header, ReceiptDigest digest, PublisherId publisher) private {
        emit ReceiptVerified(
            header.nullifier,
            header.payee,
            header.requestId,
            digest,
            publisher,
            header.capsuleTag,
            header.operatorTag,
            msg.sender,
            header.verifierKey
        );
    }
}
