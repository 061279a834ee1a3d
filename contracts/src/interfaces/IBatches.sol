// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Batch, DataMode} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {IReceiptBatches} from "./IReceiptBatches.sol";

/// @title IBatches: many receipts under one root
/// @notice A relayer anchors the root of a tree of receipts and locks a slice of its bond for it. Nothing is proven then:
///         the batch can be challenged through a window (IChallenges, IReveals), and is final after it. A batch is named by
///         keccak256(abi.encode(relayer, root, size, dataCommitment)), so its relayer knows the name before it sends, and the
///         same batch cannot be anchored twice, whatever becomes of transactions in reorganisations and restarts.
/// @dev WARNING: a leaf is a hash. Who relies on one computes it with `leafOf` from the header that it relies on, and never
///      takes it from somebody else: in a batch of a dishonest relayer, what passes for a leaf can be any 32 bytes.
/// @dev WARNING: final says that nobody proved the leaf fraudulent while it could be. It says nothing about the receipt's
///      roots and times (`requireAdmitted`), its nullifier standing in another final leaf or in a record (IDuplicates), or its
///      verifier key having been removed since. Amounts that depend on one batch, all claims together, stay at or below half of `sliceOf`: what is burned
///      if the relayer is caught is then never less than what it could win.
/// @dev A router stop freezes finality: a batch that was not final by then never is.
interface IBatches is IReceiptBatches {
    /// @notice What a relayer answers with, fixed for ever.
    /// @param slice Wei of bond locked for each batch.
    /// @param baseFeeFloor Lowest base fee, in wei, at which the bond of a demand is priced.
    struct Stakes {
        uint96 slice;
        uint64 baseFeeFloor;
    }

    /// @notice A batch was anchored; a slice of the relayer's bond is locked for it.
    /// @param sequence Number of the batch: the first is 0, none is left out.
    /// @param finalAt Unix seconds from which it is final if nobody demands a leaf.
    event BatchAnchored(
        bytes32 indexed batchId,
        address indexed relayer,
        uint64 indexed sequence,
        bytes32 root,
        uint32 size,
        bytes32 dataCommitment,
        DataMode mode,
        uint64 finalAt
    );
    /// @notice The leaves of a batch in calldata mode, 32 bytes each, so that they can be read from the logs alone.
    event BatchLeaves(bytes32 indexed batchId, bytes leaves);
    /// @notice A slice went back to its relayer's free bond.
    event SliceReleased(bytes32 indexed batchId, address indexed relayer, uint256 amount);

    /// @notice No such batch was anchored: wrong members, another relayer, or reorganised away.
    error BatchUnknown(bytes32 batchId);
    /// @notice This very batch was anchored before. Nothing is lost: it stands under the same id.
    error BatchExists(bytes32 batchId, uint64 anchoredAt);
    /// @notice The batch is empty, or larger than its data mode allows.
    error BatchSizeOutOfBounds(uint256 size, uint256 max);
    /// @notice The leaves are not a whole number of 32-byte words.
    error LeavesMalformed(uint256 length);
    /// @notice The leaves have another root.
    error RootMismatch(bytes32 given, bytes32 computed);
    /// @notice Under this number the transaction has no blob, or another than the batch commits to, or one whose hash is not of a
    ///         KZG commitment.
    error NoBlob(uint256 blobIndex, bytes32 versionedHash);
    /// @notice The batch fell.
    error BatchHasFallen(bytes32 batchId);
    /// @notice The path does not prove the leaf to be at this place of the batch.
    error NotIncluded(bytes32 batchId, uint32 index, bytes32 leaf);
    /// @notice There is no slice any more: released or slashed before.
    error NoSlice(bytes32 batchId);
    /// @notice The batch can still be slashed: up to and including `liableUntil`, and while demands are open.
    error StillLiable(bytes32 batchId, uint64 liableUntil, uint16 openDemands);
    /// @notice The router was stopped, so no batch can become final any more.
    error RouterStopped(uint64 stoppedAt);

    /// @notice Anchors a batch whose leaves the mesh has. Locks a slice of the caller's free bond.
    /// @param root RFC 9162 root of the leaves.
    /// @param size Number of leaves: 1 to `maxSize(Mesh)`.
    /// @param dataCommitment keccak256 of the concatenated leaves.
    /// @return batchId Name of the batch.
    function anchorBatch(bytes32 root, uint32 size, bytes32 dataCommitment) external returns (bytes32 batchId);

    /// @notice Anchors a batch with its leaves. Root and commitment are computed from them, so such a batch is never malformed.
    ///         The calldata price of EIP-7623 is higher than all of the work, which is thus free.
    /// @param root Root of the leaves: compared with the computed one, so that a mistake is found before it costs a slice.
    /// @param leaves Concatenated leaves: 1 to `maxSize(Calldata)`.
    /// @return batchId Name of the batch.
    function anchorBatchWithLeaves(bytes32 root, bytes calldata leaves) external returns (bytes32 batchId);

    /// @notice Anchors a batch whose leaves are in a blob of this transaction (EIP-4844): leaf i is in field elements 2i (its first
    ///         16 bytes) and 2i + 1 (its last 16 bytes), each as a big-endian number below 2^128, and all other elements are 0.
    ///         Root and size are not compared with the blob, which no contract can read; a batch whose blob is not the encoding of
    ///         its leaves can be made to fall: `challengeBlob`, `challengeBlobElement`.
    /// @dev Nodes keep a blob for 18 days at least. Who may want to challenge later, or to serve the leaves, keeps it itself.
    /// @param root RFC 9162 root of the leaves.
    /// @param size Number of leaves: 1 to `maxSize(Blob)`.
    /// @param dataCommitment Versioned hash of the blob. Compared with the one that is there: blobs are chosen by who sends the
    ///        transaction, and that need not be the caller, which answers for the batch.
    /// @param blobIndex Number of the blob in this transaction; the first is 0.
    /// @return batchId Name of the batch.
    function anchorBatchInBlob(bytes32 root, uint32 size, bytes32 dataCommitment, uint256 blobIndex)
        external
        returns (bytes32 batchId);

    /// @notice Returns the slice of a batch that can no longer be slashed to its relayer's free bond. Anyone.
    function releaseSlice(BatchRef calldata batch) external;

    /// @notice What is known of a batch; all zero if there is none.
    function batchOf(bytes32 batchId) external view returns (Batch memory);

    /// @notice Whether the path proves the leaf to be at `index` of the batch, the batch is final and the leaf not void.
    ///         Never reverts on a wrong path.
    function isAnchored(BatchRef calldata batch, uint32 index, bytes32 leaf, bytes32[] calldata path)
        external
        view
        returns (bool);

    /// @notice Whether `isAnchored` holds for each of these leaves, with one proof for all: nodes above several of them are
    ///         computed once, and siblings that are computed are not given. False if there is no leaf, or they are not in
    ///         ascending order of their places. Never reverts on a wrong proof; does not say which leaf was wrong.
    /// @param batch The batch.
    /// @param indices Places of the leaves, strictly ascending.
    /// @param leaves The leaves, in the same order.
    /// @param siblings Nodes that are needed besides: bottom level first, each level from the left. For one leaf, its path.
    function areAnchored(
        BatchRef calldata batch,
        uint32[] calldata indices,
        bytes32[] calldata leaves,
        bytes32[] calldata siblings
    ) external view returns (bool);

    /// @notice Name of a batch: keccak256(abi.encode(relayer, root, size, dataCommitment)).
    function batchIdFor(BatchRef calldata batch) external pure returns (bytes32);

    /// @notice Number of batches anchored so far.
    function batchCount() external view returns (uint64);

    /// @notice Largest number of leaves of a batch: what a transaction that every node relays can hold with the evidence of
    ///         every fault.
    function maxSize(DataMode mode) external pure returns (uint256);

    /// @notice What a relayer answers with.
    function stakes() external view returns (Stakes memory);
}
