// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../types/BatchRef.sol";
import {Nullifier, ReceiptDigest, VerifierKey} from "../types/Ids.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title IDuplicates: one receipt for each nullifier
/// @notice Two receipts of one nullifier are two uses of what an operator may use once. The first that was anchored, or
///         recorded by `verifyNow`, counts; a leaf with another receipt that was anchored after it is void. Nobody is slashed:
///         a relayer cannot know what others anchor in the same block. Nothing is paid, so nothing is committed to before.
/// @dev What decides is fixed when the leaf is anchored: only what is before it can void it. Before means: recorded in an
///      earlier second; or anchored in an earlier second, by an earlier batch of that second, or at a lower place of the same
///      batch. What is anchored or recorded after a leaf does not touch it, whoever does it and whatever keys it has. So
///      nobody takes back what it anchored.
/// @dev Only the operator itself can make a duplicate. The earlier receipt's proof is checked here (a record's was), under
///      the same verifier key as the later one's: a nullifier that somebody copied into a leaf of its own voids nothing, and
///      neither does what a verifier accepts that was added under another key.
/// @dev The same receipt twice, that is twice the same digest, is no duplicate, whatever the proofs: whoever copies a
///      receipt, or anchors it once more because it did not see the first, changes nothing about either leaf. Both stand, both
///      say the same, and both name the same payee and request.
/// @dev Only before the later leaf's batch is final. What is final is final.
/// @dev WARNING: of two final leaves with one nullifier and one verifier key, nobody proved the later one a duplicate while
///      it could be. A receipt recorded after a leaf with its nullifier was anchored stands beside it. Who must not count an
///      operator's work twice keeps the nullifiers that it has counted, of leaves and records alike.
interface IDuplicates {
    /// @notice A receipt header and the place in a batch where its leaf is.
    /// @param batch The batch.
    /// @param index Place of the leaf.
    /// @param path Inclusion path of the leaf, bottom first.
    /// @param header The header in the leaf.
    struct Placed {
        BatchRef batch;
        uint32 index;
        bytes32[] path;
        ReceiptHeader header;
    }

    /// @notice A leaf is void, because another receipt of its nullifier was before it.
    /// @param digest Digest of the receipt in the leaf.
    /// @param first Digest of the receipt before it.
    event DuplicateVoided(
        bytes32 indexed batchId,
        uint32 indexed index,
        Nullifier indexed nullifier,
        ReceiptDigest digest,
        ReceiptDigest first
    );

    /// @notice The two receipts have different nullifiers.
    error OtherNullifier(Nullifier later, Nullifier earlier);
    /// @notice The two receipts are for different circuits or setups, so one is no duplicate of the other.
    error OtherVerifierKey(VerifierKey later, VerifierKey earlier);
    /// @notice It is the same receipt twice: both stand.
    error SameReceipt(ReceiptDigest digest);
    /// @notice The leaf that is said to be earlier is the very same leaf, or was anchored after the other.
    error NotEarlier(bytes32 batchId, uint32 index, uint64 anchoredAt, bytes32 laterId, uint32 laterIndex);
    /// @notice The record was not made in a second before the leaf was anchored.
    error RecordedTooLate(ReceiptDigest digest, uint64 recordedAt, uint64 anchoredAt);
    /// @notice The earlier leaf proves nothing: its key never was in use, or its proof is invalid. Challenge that one.
    error EarlierUnproven(bytes32 batchId, uint32 index, ReceiptDigest digest);
    /// @notice No such receipt is recorded; another one may be, under its key and nullifier.
    error ReceiptNotRecorded(ReceiptDigest digest);

    /// @notice Voids a leaf by a leaf before it that has another receipt of the same nullifier. Anyone, before the later
    ///         leaf's batch is final. Both batches stand, and neither leaf is void.
    /// @param later The leaf to be void.
    /// @param laterProofHash keccak256 of the proof in it.
    /// @param earlier The leaf before it.
    /// @param earlierProof The proof in that one, which must be valid.
    function challengeDuplicate(
        Placed calldata later,
        bytes32 laterProofHash,
        Placed calldata earlier,
        bytes calldata earlierProof
    ) external;

    /// @notice Voids a leaf by a record of another receipt of the same nullifier, made in an earlier second than the leaf was
    ///         anchored. Anyone, before the leaf's batch is final.
    /// @param later The leaf to be void.
    /// @param laterProofHash keccak256 of the proof in it.
    /// @param recorded The header that was recorded.
    function challengeRecorded(Placed calldata later, bytes32 laterProofHash, ReceiptHeader calldata recorded) external;
}
