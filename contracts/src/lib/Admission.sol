// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {PublisherId} from "../types/Ids.sol";
import {ReceiptHeader, headerOf} from "../types/ReceiptHeader.sol";
import {RootInfo} from "../types/RootInfo.sol";
import {BlockHashes} from "./BlockHashes.sol";

/// @title Admission: whether a receipt's roots and times are in order
/// @dev Linked into the anchor and called by delegatecall, like Fraud.
library Admission {
    /// @dev A launch, and how long and how exactly its roots are asked for.
    struct Bounds {
        uint64 launchedAt;
        uint64 maxAge;
        uint64 margin;
    }

    /// @dev "Enrolled, admitted, in time": the three roots and the three times.
    /// @param maxAge Seconds for which a launch can be recorded.
    /// @param margin Seconds by which it may lie outside the life of a root.
    function requireAdmitted(
        uint256[21] calldata words,
        PublisherId publisher,
        bytes calldata notBeforeHeader,
        IOperatorRegistry operators,
        ICapsuleRegistry capsules,
        uint64 maxAge,
        uint64 margin
    ) external view {
        ReceiptHeader calldata header = headerOf(words);
        _requireTimes(header, notBeforeHeader, maxAge);
        Bounds memory bounds = Bounds(header.launchedAt, maxAge, margin);
        _requireRoot("operators", header.operatorRoot, operators.rootInfo(header.operatorRoot), bounds);
        _requireRoot("installs", header.installRoot, capsules.installRootInfo(header.installRoot), bounds);
        _requireRoot("catalog", header.catalogRoot, capsules.catalogRootInfo(publisher, header.catalogRoot), bounds);
    }

    /// @dev The launch falls into the root's life, give or take the inclusion margin: clocks differ, and a root is seen
    ///      superseded only when the transaction that did it is mined. With the receipt's maximal age this bounds the
    ///      use of a superseded root to both together; that is checked by name first, as the remedy is another.
    function _requireRoot(bytes32 tree, uint256 root, RootInfo memory info, Bounds memory bounds) private view {
        (uint64 launchedAt, uint64 margin) = (bounds.launchedAt, bounds.margin);
        if (info.insertedAt == 0) revert IReceiptAnchor.RootUnknown(tree, root);
        if (launchedAt + margin < info.insertedAt) {
            revert IReceiptAnchor.LaunchedBeforeRoot(tree, root, launchedAt, info.insertedAt);
        }
        if (info.supersededAt == 0) return;
        uint64 validUntil = info.supersededAt + bounds.maxAge + margin;
        if (block.timestamp > validUntil) {
            revert IReceiptAnchor.RootStale(tree, root, info.supersededAt, validUntil);
        }
        if (launchedAt > info.supersededAt + margin) {
            revert IReceiptAnchor.LaunchedAfterRoot(tree, root, launchedAt, info.supersededAt);
        }
    }

    /// @dev checkpoint time <= launchedAt <= now <= launchedAt + maxAge, with the checkpoint a block of this chain.
    function _requireTimes(ReceiptHeader calldata header, bytes calldata notBeforeHeader, uint64 maxAge) private view {
        uint64 time = uint64(block.timestamp);
        uint64 launchedAt = header.launchedAt;
        if (launchedAt > time) revert IReceiptAnchor.LaunchedInFuture(launchedAt, time);
        if (time - launchedAt > maxAge) revert IReceiptAnchor.ReceiptTooOld(launchedAt, time - maxAge);
        bytes32 actual = BlockHashes.known(header.notBeforeBlock);
        if (actual == 0) revert IReceiptAnchor.NotBeforeUnknown(header.notBeforeBlock, block.number);
        if (actual != header.notBeforeHash) {
            revert IReceiptAnchor.NotBeforeMismatch(header.notBeforeBlock, header.notBeforeHash, actual);
        }
        bytes32 given = keccak256(notBeforeHeader);
        if (given != actual) revert IReceiptAnchor.WrongBlockHeader(given, actual);
        uint64 checkpoint = BlockHashes.timestamp(notBeforeHeader);
        if (launchedAt < checkpoint) revert IReceiptAnchor.LaunchedBeforeCheckpoint(launchedAt, checkpoint);
    }
}
