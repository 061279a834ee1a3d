// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {batchIdOf} from "../types/BatchRef.sol";
import {IdentityLeaf, PublisherId, ReceiptDigest} from "../types/Ids.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {requestOf} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {MarketRules} from "./MarketRules.sol";
import {ReceiptHeaderLib} from "./ReceiptHeaderLib.sol";
import {ServedRequest} from "./ServedRequest.sol";

/// @title Claims: receipts, as the anchor has them, against requests
/// @dev Linked and called by delegatecall, like MarketRules.
library Claims {
    using ReceiptHeaderLib for ReceiptHeader;

    /// @dev Judges what a locker claims with, and keeps it in `c`. If the batch leaves a challenger less than the grace, or the
    ///      price is in a token, of which nobody knows what it is worth beside the slice, the proof is checked here instead,
    ///      and nothing of the slice is taken. See IProofMarket.claim.
    function take(
        mapping(bytes32 batchId => uint256) storage claimedOf,
        IProofMarket.Lock storage l,
        IProofMarket.Claim storage c,
        bytes32 requestId,
        uint256[25] calldata request,
        IProofMarket.Evidence calldata e,
        IReceiptAnchor anchor,
        uint64 grace
    ) external returns (ReceiptDigest digest) {
        digest = digestOf(e.header, anchor);
        bytes32 leaf = keccak256(abi.encodePacked(bytes1(0), ReceiptDigest.unwrap(digest), keccak256(e.proof)));
        c.batchId = batchIdOf(e.batch);
        (uint64 anchoredAt, bool open) = _place(c.batchId, leaf, e, anchor, grace);
        if (open && l.extras & MarketRules.IN_TOKEN == 0) {
            _reserve(claimedOf, c, l.price, anchor);
        } else if (!anchor.isProofValid(e.header, e.proof)) {
            revert IProofMarket.ClaimProofInvalid(requestId, e.header.verifierKey);
        }
        if (anchoredAt > l.deadline) revert IProofMarket.TooLate(requestId, anchoredAt, l.deadline);
        ServedRequest.requireServedBy(requestId, requestOf(request), e.header, l.leaf, anchoredAt);
        anchor.requireAdmitted(e.header, requestOf(request).publisherId, e.notBeforeHeader);
        ServedRequest.requireInstall(requestOf(request), e.header, anchor);
        _keep(c, requestId, leaf, e);
    }

    /// @dev When the receipt was recorded, and by whom: now and by the caller, if it was not before.
    function recorded(IReceiptAnchor anchor, uint256[25] calldata request, IProofMarket.Proven calldata receipt)
        external
        returns (uint64 recordedAt, address submitter)
    {
        return _recorded(anchor, request, receipt);
    }

    /// @dev As `recorded`, and the receipt serves the request with the locker's leaf.
    function recordedBy(
        IReceiptAnchor anchor,
        bytes32 requestId,
        uint256[25] calldata request,
        IProofMarket.Proven calldata receipt,
        IdentityLeaf leaf
    ) external returns (uint64 recordedAt, address submitter) {
        (recordedAt, submitter) = _recorded(anchor, request, receipt);
        ServedRequest.requireServedBy(requestId, requestOf(request), receipt.header, leaf, recordedAt);
    }

    /// @dev Digest of a header, which is canonical.
    function digestOf(ReceiptHeader calldata header, IReceiptAnchor anchor) public view returns (ReceiptDigest) {
        header.requireCanonical();
        return header.digest(address(anchor));
    }

    /// @dev When the leaf was anchored, and whether a challenger has the grace at least to prove it wrong.
    function _place(
        bytes32 batchId,
        bytes32 leaf,
        IProofMarket.Evidence calldata e,
        IReceiptAnchor anchor,
        uint64 grace
    ) private view returns (uint64 anchoredAt, bool open) {
        LeafStatus status;
        uint64 finalAt;
        (status, anchoredAt, finalAt) = IReceiptBatches(address(anchor)).leafStatus(e.batch, e.index, leaf, e.path);
        if (status == LeafStatus.Unknown) revert IProofMarket.BatchUnknown(batchId);
        if (status == LeafStatus.Void) revert IProofMarket.LeafIsVoid(batchId, e.index);
        open = status != LeafStatus.Final && finalAt >= block.timestamp + grace;
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

    function _recorded(IReceiptAnchor anchor, uint256[25] calldata request, IProofMarket.Proven calldata receipt)
        private
        returns (uint64, address)
    {
        ServedRequest.requireInstall(requestOf(request), receipt.header, anchor);
        PublisherId publisher = requestOf(request).publisherId;
        if (anchor.isRecorded(receipt.header)) return _recordOf(anchor, publisher, receipt.header);
        anchor.verifyNow(receipt.header, receipt.proof, publisher, receipt.notBeforeHeader);
        return (uint64(block.timestamp), msg.sender);
    }

    /// @dev The receipt, which is recorded, came out of the catalog of this publisher.
    function _recordOf(IReceiptAnchor anchor, PublisherId publisher, ReceiptHeader calldata header)
        private
        view
        returns (uint64 recordedAt, address submitter)
    {
        IReceiptAnchor.Record memory record = anchor.recordOf(header.nullifier);
        bytes32 actual = PublisherId.unwrap(record.publisher);
        if (actual != PublisherId.unwrap(publisher)) {
            revert IProofMarket.ReceiptMismatch("publisher", actual, PublisherId.unwrap(publisher));
        }
        return (record.recordedAt, record.submitter);
    }
}
