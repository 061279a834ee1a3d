// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {CapsuleLeaf, Nullifier, PublisherId, VerifierKey} from "../../src/types/Ids.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {RootInfo} from "../../src/types/RootInfo.sol";

/// @title ReceiptGate: how a dApp relies on receipts
/// @notice An example, not part of the product. Pays a fixed prize for each proven launch of one capsule, to whom the receipt
///         names, once the receipt is final or recorded. Whoever sends it has no say: what is paid follows from the header,
///         and the header from the leaf. The numbers are those of the list in IReceiptAnchor.
contract ReceiptGate {
    /// @dev Bit 0 of `flags`: the capsule tag is the capsule leaf itself.
    uint8 private constant CAPSULE_DISCLOSED = 1;

    IReceiptAnchor public immutable anchor;
    VerifierKey public immutable verifierKey;
    PublisherId public immutable publisher;
    CapsuleLeaf public immutable capsule;
    uint256 public immutable prize;

    mapping(Nullifier nullifier => bool) public counted;
    /// @notice Wei that were paid because of one batch.
    mapping(bytes32 batchId => uint256) public paidFor;
    mapping(address account => uint256) public balanceOf;

    error NotFinal(bytes32 batchId, uint32 index);
    error NotRecorded(Nullifier nullifier);
    error LengthsDiffer(uint256 places, uint256 headers, uint256 proofHashes);
    error OtherVerifierKey(VerifierKey actual);
    error OtherPublisher(PublisherId actual);
    error OtherCapsule(uint8 flags, uint256 capsuleTag);
    error RootNotInForce(bytes32 tree, uint256 root, uint64 launchedAt);
    error LaunchOutOfRange(uint64 launchedAt, uint64 anchoredAt);
    error AlreadyCounted(Nullifier nullifier);
    error BatchExhausted(bytes32 batchId, uint256 total, uint256 cap);
    error PaymentFailed(address to, uint256 amount);

    /// @param anchor_ Whose word counts.
    /// @param verifierKey_ The circuit and setup that this dApp trusts; nobody can put another one in its place.
    /// @param publisher_ Whose catalog admits the capsule, and under which policies.
    /// @param capsule_ The capsule whose launches are paid.
    /// @param prize_ Wei for each.
    constructor(
        IReceiptAnchor anchor_,
        VerifierKey verifierKey_,
        PublisherId publisher_,
        CapsuleLeaf capsule_,
        uint256 prize_
    ) payable {
        (anchor, verifierKey, publisher, capsule, prize) = (anchor_, verifierKey_, publisher_, capsule_, prize_);
    }

    /// @notice Pays for a receipt in a batch. Anyone, from finality until the slice is released.
    function collect(
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes32 proofHash
    ) external {
        // 1: the leaf is computed from the header that the rest is read from. 2: only Final counts.
        bytes32 leaf = anchor.leafOf(header, proofHash);
        (LeafStatus status, uint64 anchoredAt,) = anchor.leafStatus(batch, index, leaf, path);
        bytes32 batchId = anchor.batchIdFor(batch);
        if (status != LeafStatus.Final) revert NotFinal(batchId, index);
        _requireOurs(header, anchoredAt);
        _payFor(batchId, header);
    }

    /// @notice Pays for many receipts of one batch, with one proof of inclusion. All or none.
    function collectMany(
        BatchRef calldata batch,
        uint32[] calldata indices,
        bytes32[] calldata siblings,
        ReceiptHeader[] calldata headers,
        bytes32[] calldata proofHashes
    ) external {
        uint256 count = indices.length;
        if (count != headers.length || count != proofHashes.length) {
            revert LengthsDiffer(count, headers.length, proofHashes.length);
        }
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = anchor.leafOf(headers[i], proofHashes[i]);
        }
        bytes32 batchId = anchor.batchIdFor(batch);
        if (!anchor.areAnchored(batch, indices, leaves, siblings)) {
            revert NotFinal(batchId, count == 0 ? 0 : indices[0]);
        }
        uint64 anchoredAt = anchor.batchOf(batchId).anchoredAt;
        for (uint256 i; i < count; ++i) {
            _requireOurs(headers[i], anchoredAt);
            _payFor(batchId, headers[i]);
        }
    }

    /// @notice Pays for a receipt that `verifyNow` recorded. Anyone, at once: nothing of it is believed, so no batch answers
    ///         for it, and roots and times were checked then.
    function collectRecorded(ReceiptHeader calldata header) external {
        if (!anchor.isRecorded(header)) revert NotRecorded(header.nullifier);
        PublisherId actual = anchor.recordOf(header.verifierKey, header.nullifier).publisher;
        if (PublisherId.unwrap(actual) != PublisherId.unwrap(publisher)) revert OtherPublisher(actual);
        _requireCapsule(header);
        _count(header);
    }

    function withdraw() external {
        uint256 amount = balanceOf[msg.sender];
        balanceOf[msg.sender] = 0;
        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert PaymentFailed(msg.sender, amount);
    }

    /// @dev 3 and 4. A batch becomes final when `requireAdmitted` says "too old" already, so this looks the history up: the
    ///      roots were in force when the launch is dated, and that is not after anchoring, nor long before.
    function _requireOurs(ReceiptHeader calldata header, uint64 anchoredAt) private view {
        _requireCapsule(header);
        uint64 launchedAt = header.launchedAt;
        if (launchedAt > anchoredAt || anchoredAt - launchedAt > anchor.times().maxReceiptAge) {
            revert LaunchOutOfRange(launchedAt, anchoredAt);
        }
        _requireInForce("operators", header.operatorRoot, launchedAt, anchor.operators().rootInfo(header.operatorRoot));
        _requireInForce(
            "installs", header.installRoot, launchedAt, anchor.capsules().installRootInfo(header.installRoot)
        );
        RootInfo memory catalog = anchor.capsules().catalogRootInfo(publisher, header.catalogRoot);
        _requireInForce("catalog", header.catalogRoot, launchedAt, catalog);
    }

    function _requireCapsule(ReceiptHeader calldata header) private view {
        if (VerifierKey.unwrap(header.verifierKey) != VerifierKey.unwrap(verifierKey)) {
            revert OtherVerifierKey(header.verifierKey);
        }
        bool disclosed = header.flags & CAPSULE_DISCLOSED != 0;
        if (!disclosed || header.capsuleTag != CapsuleLeaf.unwrap(capsule)) {
            revert OtherCapsule(header.flags, header.capsuleTag);
        }
    }

    function _requireInForce(bytes32 tree, uint256 root, uint64 launchedAt, RootInfo memory info) private view {
        uint64 margin = anchor.times().inclusionMargin;
        bool late = info.supersededAt != 0 && launchedAt > info.supersededAt + margin;
        if (info.insertedAt == 0 || late || launchedAt + margin < info.insertedAt) {
            revert RootNotInForce(tree, root, launchedAt);
        }
    }

    /// @dev 6. All that is paid because of one batch stays at or below half of what its relayer has at stake for it. That is
    ///      nothing once it was slashed, as then nobody has a reason to look at the other leaves, and once it was released.
    function _payFor(bytes32 batchId, ReceiptHeader calldata header) private {
        uint256 total = paidFor[batchId] + prize;
        uint256 cap = anchor.sliceOf(batchId) / 2;
        if (total > cap) revert BatchExhausted(batchId, total, cap);
        paidFor[batchId] = total;
        _count(header);
    }

    /// @dev 5. A nullifier counts once here, in a leaf or recorded, whatever else stands on chain.
    function _count(ReceiptHeader calldata header) private {
        if (counted[header.nullifier]) revert AlreadyCounted(header.nullifier);
        counted[header.nullifier] = true;
        balanceOf[header.payee] += prize;
    }
}
