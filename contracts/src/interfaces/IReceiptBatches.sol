// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../types/BatchRef.sol";
import {LeafStatus} from "../types/LeafStatus.sol";

/// @title IReceiptBatches: what a market asks of the anchor about batches
/// @notice Part of the anchor. Inclusion is checked once, when a leaf is claimed; from then on the batch and the index
///         name it, and its status is two loads away.
interface IReceiptBatches {
    /// @notice Status of a leaf that the path proves to be at `index` of the batch. Reverts if the path does not; Unknown
    ///         if no such batch is anchored.
    /// @return status See LeafStatus.
    /// @return anchoredAt Unix seconds of the anchoring block.
    /// @return finalAt Unix seconds from which the batch is final, as things stand; a demand moves it.
    function leafStatus(BatchRef calldata batch, uint32 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (LeafStatus status, uint64 anchoredAt, uint64 finalAt);

    /// @notice Status of a place in a batch, for who has checked inclusion before.
    /// @return status See LeafStatus.
    /// @return fallen Whether the whole batch fell: then Void says nothing against the leaf itself.
    function placeStatus(bytes32 batchId, uint32 index) external view returns (LeafStatus status, bool fallen);

    /// @notice What was proven of a place by who challenged it, for who vouched for the batch. Both are for ever.
    /// @dev A duplicate is no fraud, nor is a demand that was not answered: who looked at every receipt of the batch and found
    ///      each in order could not prevent either.
    /// @return fraudulent Whether the leaf at this place was proven fraudulent, before its batch was final or after.
    /// @return malformed Whether the batch fell because the data that it commits to are not the leaves under its root.
    function fraudOf(bytes32 batchId, uint32 index) external view returns (bool fraudulent, bool malformed);

    /// @notice Slice of the relayer's bond that answers for the batch, in wei; 0 once released or slashed.
    function sliceOf(bytes32 batchId) external view returns (uint256);
}
