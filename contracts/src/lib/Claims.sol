// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../interfaces/IInputs.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {IRequestCallback} from "../interfaces/IRequestCallback.sol";
import {batchIdOf} from "../types/BatchRef.sol";
import {IdentityLeaf, OperatorId, PublisherId, ReceiptDigest} from "../types/Ids.sol";
import {KeptLock} from "../types/KeptLock.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {Parties} from "../types/Parties.sol";
import {ProofRequest, requestOf} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {evidenceOf, provenOf} from "../types/Tail.sol";
import {MarketRules} from "./MarketRules.sol";
import {Pricing} from "./Pricing.sol";
import {ReceiptHeaderLib} from "./ReceiptHeaderLib.sol";
import {ServedRequest} from "./ServedRequest.sol";

/// @title Claims: receipts, as the anchor has them, against requests, and callbacks told of them
/// @dev Linked and called by delegatecall, like MarketRules.
library Claims {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @dev What a callback needs besides its gas: the call itself, and the event if it fails.
    uint256 private constant CALLBACK_OVERHEAD = 20_000;

    /// @dev Judges what a locker claims with, and keeps it in `c`. If the batch leaves a challenger less than the grace, or the
    ///      price is in a token, of which nobody knows what it is worth beside the slice, the proof is checked here instead,
    ///      and nothing of the slice is taken. See IProofMarket.claim.
    /// @param evidence The tail of the IProofMarket.Evidence.
    function take(
        mapping(bytes32 batchId => uint256) storage claimedOf,
        KeptLock storage l,
        IProofMarket.Claim storage c,
        bytes32 requestId,
        uint256[25] calldata request,
        bytes calldata evidence,
        IReceiptAnchor anchor,
        uint64 grace
    ) external returns (ReceiptDigest digest) {
        IProofMarket.Evidence calldata e = evidenceOf(evidence);
        digest = _digestOf(e.header, anchor);
        bytes32 leaf = keccak256(abi.encodePacked(bytes1(0), ReceiptDigest.unwrap(digest), keccak256(e.proof)));
        c.batchId = batchIdOf(e.batch);
        uint64 anchoredAt = _back(claimedOf, l, c, requestId, leaf, e, anchor, grace);
        _requireServing(l, requestId, requestOf(request), e, anchoredAt, anchor);
        _keep(c, requestId, leaf, e);
    }

    /// @dev The locker's receipt is recorded, before or now, and in time. Gives who had it recorded.
    /// @param receipt The tail of the IProofMarket.Proven.
    function requireRecorded(
        KeptLock storage l,
        IProofMarket.Claim storage c,
        bytes32 requestId,
        uint256[25] calldata request,
        bytes calldata receipt,
        IReceiptAnchor anchor
    ) external returns (address submitter) {
        uint64 recordedAt;
        (recordedAt, submitter) = _recorded(anchor, requestOf(request), provenOf(receipt));
        ServedRequest.requireServedBy(requestId, requestOf(request), provenOf(receipt).header, l.leaf, recordedAt);
        (uint64 last, uint64 reopenedUntil) = (l.deadline, c.reopenedUntil);
        if (reopenedUntil > last) last = reopenedUntil;
        if (recordedAt > last) revert IProofMarket.TooLate(requestId, recordedAt, last);
    }

    /// @dev A request that nobody locked is served now, by a receipt that is recorded, before or now, and in time. Writes what it
    ///      comes to into `l`. See IProofMarket.fulfilOpen.
    /// @param receipt The tail of the IProofMarket.Proven.
    function open(
        KeptLock storage l,
        bytes32 requestId,
        uint256[25] calldata request,
        bytes calldata receipt,
        Parties calldata p
    ) external returns (uint256 price, OperatorId operator, address submitter) {
        uint64 recordedAt;
        (recordedAt, submitter) = _recorded(p.anchor, requestOf(request), provenOf(receipt));
        _requireOpen(requestId, requestOf(request), recordedAt, p);
        operator = MarketRules.provider(requestId, requestOf(request), provenOf(receipt).header, recordedAt, p);
        price = Pricing.priceAt(requestOf(request).offer, recordedAt);
        (l.price, l.relayFee) = (uint88(price), uint88(requestOf(request).relayFee));
        l.extras = MarketRules.extrasOf(requestOf(request));
        if (OperatorId.unwrap(operator) != 0) l.leaf = IdentityLeaf.wrap(provenOf(receipt).header.operatorTag);
    }

    /// @dev Another operator served a lock, late and in time. The locker's operator is not liable any more. See IProofMarket.rescue.
    /// @param receipt The tail of the IProofMarket.Proven.
    function rescue(
        KeptLock storage l,
        IInputs.InputDemand storage d,
        bytes32 requestId,
        uint256[25] calldata request,
        bytes calldata receipt,
        Parties calldata p
    ) external returns (OperatorId operator, OperatorId rescuer) {
        _requireRescuable(l, d, requestId, requestOf(request), p);
        (uint64 recordedAt,) = _recorded(p.anchor, requestOf(request), provenOf(receipt));
        if (recordedAt > l.deadline) revert IProofMarket.TooLate(requestId, recordedAt, l.deadline);
        ReceiptHeader calldata header = provenOf(receipt).header;
        rescuer = MarketRules.provider(requestId, requestOf(request), header, recordedAt, p);
        // A hidden operator might be the very one that is rescued.
        if (OperatorId.unwrap(rescuer) == 0) revert IProofMarket.NotDisclosed(header.flags);
        operator = p.operators.lowerLiability(l.leaf);
        if (OperatorId.unwrap(rescuer) == OperatorId.unwrap(operator)) {
            revert IProofMarket.LockersOwnReceipt(requestId, operator);
        }
    }

    /// @dev A claimed leaf turned out void: another receipt is due. Gives whether the batch fell, which says nothing against the
    ///      leaf itself. See IProofMarket.dropClaim.
    function drop(
        mapping(bytes32 batchId => uint256) storage claimedOf,
        IProofMarket.Claim storage c,
        bytes32 requestId,
        Parties calldata p
    ) external returns (bool fallen) {
        LeafStatus status;
        (bytes32 batchId, uint32 index) = (c.batchId, c.index);
        (status, fallen) = IReceiptBatches(address(p.anchor)).placeStatus(batchId, index);
        if (status != LeafStatus.Void) revert IProofMarket.LeafNotVoid(requestId, batchId, index);
        uint64 reopenedUntil = uint64(block.timestamp + p.grace);
        c.reopenedUntil = reopenedUntil;
        _freeSlot(claimedOf, c);
        emit IProofMarket.ClaimDropped(requestId, batchId, index, reopenedUntil);
    }

    /// @dev Gives back what a claim that will not be paid took of its batch's slice.
    function freeSlot(mapping(bytes32 batchId => uint256) storage claimedOf, IProofMarket.Claim storage c) external {
        _freeSlot(claimedOf, c);
    }

    /// @dev Tells the callback that this receipt served the request.
    /// @param receipt The tail of the IProofMarket.Proven.
    function tellOf(uint256[25] calldata request, bytes32 requestId, bytes calldata receipt, IReceiptAnchor anchor)
        external
    {
        ReceiptHeader calldata header = provenOf(receipt).header;
        _tell(requestOf(request), requestId, _digestOf(header, anchor), header.outputHash);
    }

    /// @dev Likewise, of a receipt that was claimed.
    function tell(uint256[25] calldata request, bytes32 requestId, ReceiptDigest receipt, bytes32 outputHash) external {
        _tell(requestOf(request), requestId, receipt, outputHash);
    }

    /// @dev The request could still be locked when the receipt was recorded, and the receipt is brought within the grace.
    function _requireOpen(bytes32 requestId, ProofRequest calldata r, uint64 recordedAt, Parties calldata p)
        private
        view
    {
        // Nobody is paid by those who sign after the verifier was stopped or removed.
        p.router.resolve(r.verifierKey);
        uint256 last = uint256(r.offer.rampStart) + r.offer.lockTimeout;
        if (recordedAt > last) revert IProofMarket.LockDeadlinePassed(requestId, last, recordedAt);
        if (block.timestamp > last + p.grace) {
            revert IProofMarket.LockDeadlinePassed(requestId, last + p.grace, block.timestamp);
        }
    }

    function _requireRescuable(
        KeptLock storage l,
        IInputs.InputDemand storage d,
        bytes32 requestId,
        ProofRequest calldata r,
        Parties calldata p
    ) private view {
        if (l.state != IProofMarket.RequestState.Locked) {
            revert IProofMarket.WrongState(requestId, l.state);
        }
        uint256 from = MarketRules.firstRescue(d, r, p.grace);
        if (from > l.deadline || block.timestamp < from) {
            revert IProofMarket.NotRescuable(requestId, from, block.timestamp);
        }
        if (MarketRules.isVerifierGone(r, p)) revert IProofMarket.UnwindInstead(requestId);
    }

    function _freeSlot(mapping(bytes32 batchId => uint256) storage claimedOf, IProofMarket.Claim storage c) private {
        if (c.taken == 0) return;
        claimedOf[c.batchId] -= c.taken;
        c.taken = 0;
    }

    /// @dev Last of all. Who settles cannot starve the callback: with less gas than it is due, nothing is settled.
    function _tell(ProofRequest calldata r, bytes32 requestId, ReceiptDigest receipt, bytes32 outputHash) private {
        address callback = r.callback;
        uint256 forwarded = r.callbackGas;
        uint256 required = forwarded * 64 / 63 + CALLBACK_OVERHEAD;
        if (gasleft() < required) revert IProofMarket.CallbackGasMissing(requestId, gasleft(), required);
        bytes memory data = abi.encodeCall(IRequestCallback.onRequestServed, (requestId, receipt, outputHash));
        bool ok;
        // Copies nothing back, so that the callee cannot make the caller pay for its return data.
        assembly ("memory-safe") {
            ok := call(forwarded, callback, 0, add(data, 32), mload(data), 0, 0)
        }
        if (!ok) emit IProofMarket.CallbackFailed(requestId, callback);
    }

    /// @dev Digest of a header, which is canonical.
    function _digestOf(ReceiptHeader calldata header, IReceiptAnchor anchor) private view returns (ReceiptDigest) {
        header.requireCanonical();
        return header.digest(address(anchor));
    }

    /// @dev What stands behind a leaf of a batch: room in the slice, or its proof. Gives when the leaf was anchored: in time.
    function _back(
        mapping(bytes32 batchId => uint256) storage claimedOf,
        KeptLock storage l,
        IProofMarket.Claim storage c,
        bytes32 requestId,
        bytes32 leaf,
        IProofMarket.Evidence calldata e,
        IReceiptAnchor anchor,
        uint64 grace
    ) private returns (uint64 anchoredAt) {
        bool contestable;
        (anchoredAt, contestable) = _place(c.batchId, leaf, e, anchor, grace);
        if (contestable && l.extras & MarketRules.IN_TOKEN == 0) {
            _reserve(claimedOf, c, l.price, anchor);
        } else if (!anchor.isProofValid(e.header, e.proof)) {
            revert IProofMarket.ClaimProofInvalid(requestId, e.header.verifierKey);
        }
        if (anchoredAt > l.deadline) revert IProofMarket.TooLate(requestId, anchoredAt, l.deadline);
    }

    /// @dev The receipt in the leaf serves the lock, and is admitted.
    function _requireServing(
        KeptLock storage l,
        bytes32 requestId,
        ProofRequest calldata r,
        IProofMarket.Evidence calldata e,
        uint64 anchoredAt,
        IReceiptAnchor anchor
    ) private view {
        ServedRequest.requireServedBy(requestId, r, e.header, l.leaf, anchoredAt);
        anchor.requireAdmitted(e.header, r.publisherId, e.notBeforeHeader);
        ServedRequest.requireInstall(r, e.header, anchor);
    }

    /// @dev When the leaf was anchored, and whether a challenger has the grace at least to prove it wrong.
    function _place(
        bytes32 batchId,
        bytes32 leaf,
        IProofMarket.Evidence calldata e,
        IReceiptAnchor anchor,
        uint64 grace
    ) private view returns (uint64 anchoredAt, bool contestable) {
        LeafStatus status;
        uint64 finalAt;
        (status, anchoredAt, finalAt) = IReceiptBatches(address(anchor)).leafStatus(e.batch, e.index, leaf, e.path);
        if (status == LeafStatus.Unknown) revert IProofMarket.BatchUnknown(batchId);
        if (status == LeafStatus.Void) revert IProofMarket.LeafIsVoid(batchId, e.index);
        contestable = status != LeafStatus.Final && finalAt >= block.timestamp + grace;
    }

    function _keep(IProofMarket.Claim storage c, bytes32 requestId, bytes32 leaf, IProofMarket.Evidence calldata e)
        private
    {
        address payee = e.header.payee;
        (c.payee, c.index, c.relayer) = (payee, e.index, e.batch.relayer);
        emit IProofMarket.RequestClaimed(requestId, c.batchId, e.index, leaf, payee);
    }

    /// @dev Takes room in the half slice that backs what was not checked.
    function _reserve(
        mapping(bytes32 batchId => uint256) storage claimedOf,
        IProofMarket.Claim storage c,
        uint88 price,
        IReceiptAnchor anchor
    ) private {
        bytes32 batchId = c.batchId;
        uint256 claimed = claimedOf[batchId] + price;
        uint256 cap = IReceiptBatches(address(anchor)).sliceOf(batchId) / 2;
        if (claimed > cap) revert IProofMarket.SliceExhausted(batchId, claimed, cap);
        claimedOf[batchId] = claimed;
        c.taken = price;
    }

    /// @dev When the receipt was recorded, and by whom: now and by the caller, if it was not before.
    function _recorded(IReceiptAnchor anchor, ProofRequest calldata r, IProofMarket.Proven calldata receipt)
        private
        returns (uint64, address)
    {
        ReceiptHeader calldata header = receipt.header;
        ServedRequest.requireInstall(r, header, anchor);
        IReceiptAnchor.Record memory record = anchor.recordOf(header.verifierKey, header.nullifier);
        // If another receipt of the nullifier is recorded, it is `verifyNow` that says so.
        if (record.recordedAt == 0 || !_same(record.digest, header.digest(address(anchor)))) {
            anchor.verifyNow(header, receipt.proof, r.publisherId, receipt.notBeforeHeader);
            return (uint64(block.timestamp), msg.sender);
        }
        (bytes32 actual, bytes32 expected) = (PublisherId.unwrap(record.publisher), PublisherId.unwrap(r.publisherId));
        if (actual != expected) revert IProofMarket.ReceiptMismatch("publisher", actual, expected);
        return (record.recordedAt, record.submitter);
    }

    function _same(ReceiptDigest a, ReceiptDigest b) private pure returns (bool) {
        return ReceiptDigest.unwrap(a) == ReceiptDigest.unwrap(b);
    }
}
