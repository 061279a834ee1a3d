// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Demand} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title IReveals: show the receipt behind a leaf, or the batch falls
/// @notice A leaf whose header and proof nobody has cannot be challenged. So anybody may demand to see them, for a bond that
///         pays twice for the answer. Anybody may answer: half of the bond goes to whoever does, half to the relayer. Without
///         an answer the batch falls, the slice is slashed as in a challenge, and the demander has its bond back.
/// @dev Demands cannot stall a batch for ever: they are taken through the first challenge window only, and one moves
///      `finalAt` to at most two reveal periods from then, one to answer and one to challenge the answer. A demander cannot
///      recover its bond by answering itself. A relayer cannot keep others from demanding by demanding itself: each place
///      is demanded once, whoever does it, and all places of the largest batch can be demanded one after the other.
interface IReveals {
    /// @notice Somebody demands to see a leaf. `finalAt` is the batch's new one.
    event RevealDemanded(
        bytes32 indexed batchId,
        uint32 indexed index,
        address indexed demander,
        uint64 deadline,
        uint64 finalAt,
        uint256 bond
    );
    /// @notice The demand was answered; header and proof are here so that anybody can challenge them.
    event LeafRevealed(
        bytes32 indexed batchId,
        uint32 indexed index,
        address indexed by,
        bytes32 leaf,
        ReceiptHeader header,
        bytes proof
    );
    /// @notice The demand was not answered, or lost its object because the batch fell; the bond went back.
    event DemandClosed(bytes32 indexed batchId, uint32 indexed index, address indexed demander, uint256 bond);

    /// @notice Demands are taken up to and including `until`.
    error DemandTooLate(bytes32 batchId, uint64 until, uint64 now_);
    /// @notice The batch has no such place.
    error IndexOutOfBounds(uint32 index, uint32 size);
    /// @notice This place was demanded before.
    error AlreadyDemanded(bytes32 batchId, uint32 index);
    /// @notice As many demands are open as a batch can have at a time.
    error TooManyDemands(bytes32 batchId, uint16 open);
    /// @notice The value sent does not cover the bond at the present base fee.
    error DemandBondTooSmall(uint256 sent, uint256 required);
    /// @notice There is no open demand for this place.
    error NoOpenDemand(bytes32 batchId, uint32 index);
    /// @notice The time to answer is over.
    error RevealTooLate(bytes32 batchId, uint32 index, uint64 deadline, uint64 now_);
    /// @notice The time to answer is not over.
    error RevealStillOpen(bytes32 batchId, uint32 index, uint64 deadline, uint64 now_);
    /// @notice The proof is longer than what a challenger could hand in.
    error ProofTooLong(uint256 length, uint256 max);

    /// @notice Demands to see the receipt at `index`. What is sent above the bond goes to the caller's free bond. Not after
    ///         the router was stopped: then nothing becomes final, and nobody has to answer for more.
    function demandReveal(BatchRef calldata batch, uint32 index) external payable;

    /// @notice Answers an open demand within its deadline. Anyone.
    /// @param batch The batch.
    /// @param index The place demanded.
    /// @param path Inclusion path of the leaf, bottom first.
    /// @param header The header in the leaf.
    /// @param proof The proof in the leaf; at most 8,192 bytes.
    function revealLeaf(
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes calldata proof
    ) external;

    /// @notice Ends a demand that was not answered in time: the batch falls. If it fell before, only returns the bond. Anyone.
    function closeDemand(BatchRef calldata batch, uint32 index) external;

    /// @notice The demand for a place of a batch.
    function demandOf(bytes32 batchId, uint32 index) external view returns (Demand memory);

    /// @notice Wei that a demand takes in this block: revealGas x 2 x max(base fee, floor).
    function demandBond() external view returns (uint256);
}
