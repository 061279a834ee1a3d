// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DataMode} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {ReceiptDigest} from "../types/Ids.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title IChallenges: fraud proofs of one transaction
/// @notice A leaf is fraudulent if its header is not canonical, its verifier key was never in use, or its proof is invalid
///         under the wrapper that was ever in use under that key; removing the key or stopping the router changes nothing about
///         it. A challenge that shows so voids that leaf alone and slashes the slice of its batch: half, rounded up, is
///         burned, the rest goes to the challenger. Challenging costs nothing but gas and cannot hurt an honest relayer.
/// @dev A challenge is committed to at least one block before, or whoever sees it pending could take the reward.
/// @dev Gas: a challenger's gas limit is never a verdict (the floor is checked before the verifier is called), and neither
///      is a fork that made the BN254 precompiles dearer: before a proof is called invalid, the precompiles must do their
///      work at twice the prices that the wrapper's gas was made for.
/// @dev A batch with its leaves in a blob falls exactly if the blob is not the encoding of leaves under its root (IBatches says
///      which encoding that is). Either the blob is no encoding of `size` leaves: then one of its elements is too large, or stands
///      behind them and is not 0, which `challengeBlobElement` shows. Or it is one, of leaves with another root: then
///      `challengeBlob` shows both. No third way is left. Who has the blob can always do one of the two.
/// @dev A blob in order cannot be convicted. What `challengeBlobElement` shows is a value of the committed polynomial itself.
///      In `challengeBlob` the leaves given have another root, so they are others, and their polynomial differs from the blob's.
///      Two polynomials of degree below 4,096 are equal at 4,095 points at most. The point is a hash of both, so it is not
///      known before they are fixed: each try succeeds with a chance of at most 4,095 / 2^254. Both rest on KZG openings being
///      sound, as does the chain's own use of blobs. The precompile's refusal, whatever its cause, is no verdict.
/// @dev Fraud that is found after the batch is final, while its slice is still locked, slashes the slice; but what was
///      final stays final.
interface IChallenges {
    /// @notice A challenge was committed to.
    event ChallengeCommitted(bytes32 indexed commitment, address indexed by);
    /// @notice A leaf was proven fraudulent before its batch was final, or after it was void as a duplicate, and is void.
    event LeafVoided(bytes32 indexed batchId, uint32 indexed index, bytes32 leaf);
    /// @notice A leaf was proven fraudulent after its batch was final. It stays final; the slice is slashed.
    event LeafRefuted(bytes32 indexed batchId, uint32 indexed index, bytes32 leaf);
    /// @notice A slice was slashed: `reward` went to the challenger's free bond, `burned` to nobody.
    event RelayerSlashed(
        bytes32 indexed batchId, address indexed relayer, address indexed challenger, uint256 reward, uint256 burned
    );
    /// @notice A batch fell: every leaf of it is void.
    event BatchFallen(bytes32 indexed batchId);

    /// @notice This commitment was made before, and is good.
    error AlreadyCommitted(bytes32 commitment, uint256 blockNumber);
    /// @notice This challenge was not committed to by the caller, or with other members or salt.
    error NotCommitted(bytes32 commitment);
    /// @notice The commitment was made in this very block.
    error CommittedThisBlock(bytes32 commitment, uint256 blockNumber);
    /// @notice The leaf is in order: header canonical, key known, proof valid.
    error LeafValid(bytes32 batchId, uint32 index, ReceiptDigest digest);
    /// @notice The leaf was proven fraudulent before; in a challenge of a duplicate, it is void for whatever reason.
    error LeafAlreadyVoid(bytes32 batchId, uint32 index);
    /// @notice The time in which the batch can be challenged is over.
    error NoLongerLiable(bytes32 batchId, uint64 liableUntil, uint64 now_);
    /// @notice The batch is final, so it cannot fall, and no leaf of it be void as a duplicate.
    error BatchIsFinal(bytes32 batchId, uint64 finalAt);
    /// @notice The data given are not what the batch committed to.
    error OtherData(bytes32 given, bytes32 committed);
    /// @notice The committed data are the leaves under the root: the batch is well formed.
    error DataValid(bytes32 batchId);
    /// @notice The data of the batch are elsewhere: another challenge is for its mode. Batches with their leaves in calldata are
    ///         never malformed.
    error WrongMode(bytes32 batchId, DataMode mode);
    /// @notice Leaves, commitment or proof have another length than they must.
    error WrongLength(bytes32 what, uint256 given, uint256 expected);
    /// @notice A blob has no such element.
    error ElementOutOfBounds(uint32 element, uint256 elements);
    /// @notice A blob of leaves can have this value here.
    error ElementValid(bytes32 batchId, uint32 element, bytes32 value);
    /// @notice The point evaluation precompile does not confirm that the blob has the value `y` at `z`: it is another blob, the
    ///         commitment or the proof is wrong, or the gas was not enough.
    error OpeningRefused(bytes32 versionedHash, uint256 z, uint256 y);
    /// @notice A precompile no longer works at twice the prices that the verifiers' gas was made for: an invalid proof cannot
    ///         be told from a dear one, so nobody is slashed.
    error PrecompileRepriced(address precompile);

    /// @notice Commits to a challenge. A commitment is used once and does not expire.
    /// @param commitment keccak256(abi.encode(challenger, batchId, index, salt)); for `challengeData`,
    ///        `challengeBlob` and `challengeBlobElement` the index is 2^32 - 1.
    function commitChallenge(bytes32 commitment) external;

    /// @notice Proves a leaf fraudulent. The commitment was made in an earlier block.
    /// @param batch The batch.
    /// @param index Place of the leaf.
    /// @param path Inclusion path of the leaf, bottom first.
    /// @param header The header in the leaf.
    /// @param proof The proof in the leaf.
    /// @param salt Salt of the commitment.
    function challengeLeaf(
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that the data that a batch commits to are not the leaves under its root. The batch falls, the slice
    ///         is slashed as in a challenge. Only in mesh mode, and before the batch is final.
    /// @param batch The batch.
    /// @param leaves The data: keccak256 of them is the commitment.
    /// @param salt Salt of the commitment, whose index is 2^32 - 1.
    function challengeData(BatchRef calldata batch, bytes calldata leaves, bytes32 salt) external;

    /// @notice Proves that the blob of a batch has an element that no blob of leaves has: a number of 2^128 or more, or anything
    ///         but 0 behind the elements of the leaves. The batch falls as in `challengeData`. Only in blob mode, and before the
    ///         batch is final.
    /// @param batch The batch.
    /// @param element Number of the element: below 4,096.
    /// @param value Its value.
    /// @param commitment KZG commitment of the blob, 48 bytes.
    /// @param proof KZG proof of the value at w^bitreverse(element), 48 bytes; w is EIP-4844's 4,096th root of unity.
    /// @param salt Salt of the commitment, whose index is 2^32 - 1.
    function challengeBlobElement(
        BatchRef calldata batch,
        uint32 element,
        bytes32 value,
        bytes calldata commitment,
        bytes calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that the blob of a batch is these leaves, and that they have another root. The batch falls as in
    ///         `challengeData`. Only in blob mode, and before the batch is final.
    /// @param batch The batch.
    /// @param leaves What the blob decodes to: `batch.size` leaves.
    /// @param commitment KZG commitment of the blob, 48 bytes.
    /// @param proof KZG proof of the blob's value at z = keccak256(abi.encode(versioned hash, keccak256(leaves))) mod r, 48 bytes;
    ///        r is the order of the BLS12-381 scalar field.
    /// @param salt Salt of the commitment, whose index is 2^32 - 1.
    function challengeBlob(
        BatchRef calldata batch,
        bytes calldata leaves,
        bytes calldata commitment,
        bytes calldata proof,
        bytes32 salt
    ) external;

    /// @notice Block in which a commitment was made; 0 if it was not, or is used up.
    function committedIn(bytes32 commitment) external view returns (uint256);

    /// @notice Leaf of a receipt: keccak256(0x00 || digest of the header || proofHash).
    /// @param header The receipt's header.
    /// @param proofHash keccak256 of its proof.
    function leafOf(ReceiptHeader calldata header, bytes32 proofHash) external view returns (bytes32);
}
