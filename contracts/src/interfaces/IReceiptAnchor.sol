// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Nullifier, PublisherId, ReceiptDigest, VerifierKey} from "../types/Ids.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {IBatches} from "./IBatches.sol";
import {IBonds} from "./IBonds.sol";
import {ICapsuleRegistry} from "./ICapsuleRegistry.sol";
import {IChallenges} from "./IChallenges.sol";
import {IDuplicates} from "./IDuplicates.sol";
import {IOperatorRegistry} from "./IOperatorRegistry.sol";
import {IReveals} from "./IReveals.sol";
import {IVerifierRouter} from "./IVerifierRouter.sol";

/// @title IReceiptAnchor: the final judge of receipts, one by one or in batches
/// @notice `verifyNow` checks one receipt completely and records it for ever under its verifier key and nullifier. Digest,
///         binding and all public instances come from the header; nothing about them is an argument. Batches take a receipt for
///         in order until it is proven not to be: IBonds, IBatches, IChallenges, IDuplicates and IReveals are the other parts
///         of this contract. There is no owner.
///
///         For who builds on receipts. There are two ways to be sure of one, and they differ in time and price:
///
///         | | recorded | final in a batch |
///         |---|---|---|
///         | asked with | `isRecorded` | `leafStatus`, `isAnchored`, `areAnchored`, `placeStatus` |
///         | from | the transaction of `verifyNow` | `finalAt` |
///         | means | proof, roots and times were in order | nobody proved fraud while it could be |
///         | backed by | the verifier | a slice of the relayer's bond: `sliceOf` |
///         | undone by | nothing | nothing |
///         | costs | a proof check | 64 gas to anchor one of 1,024, some 7k to ask |
///
///         `finalAt` is `challengeWindow` after anchoring, and moves to at most two reveal periods after a demand. Late
///         fraud still costs the relayer its slice, for `lateSlash`, but what was final stays.
///
///         Verdicts stay apart: `isProofValid` (header and key alone), `requireAdmitted` (roots and times, now), `isRecorded`
///         and the status of a leaf (anchored). Of a leaf: Unknown (no such batch here; after a reorganisation too), Pending
///         (may become anything; for ever, if the router was stopped first), Final (for ever), Void (for ever; fraudulent, a
///         duplicate, or its batch fell). Only Final is worth anything, and it is a promise about the proof alone.
///
///         What a dApp checks itself, in the numbers of the example in contracts/test/examples:
///         1. The leaf is the header's: computed with `leafOf` from the header that everything else is read from.
///         2. It is Final. Nothing is done for a Pending leaf that could not be undone.
///         3. The header says what is wanted: a verifier key and a publisher that the dApp chose, `flags` that disclose what
///            it reads (a tag is a leaf only if its bit is set), and the request, payee, input or output that it is about.
///         4. The roots were in force at the launch, and the launch is not dated after `anchoredAt`, nor more than
///            `maxReceiptAge` before. A young receipt is asked with `requireAdmitted`, and its place kept, as the market
///            does; when it is final that says ReceiptTooOld, and the history says as much: `operators().rootInfo`,
///            `capsules().installRootInfo`, `capsules().catalogRootInfo`, give or take `inclusionMargin`.
///         5. The nullifier was not counted before, by a leaf or a record, under any verifier key that it trusts. Duplicates
///            can be voided (IDuplicates), but only while somebody looks; and the same receipt can stand in many batches.
///         6. All that depends on one batch, in sum, is at most half of `sliceOf`, or the proof is checked. Where others rely
///            on the same batch the relayer can win more than this dApp sees: large amounts take `verifyNow`.
/// @dev Not checked on chain: the two ed25519 signatures over the digest (nodes check them; the proof already binds the
///      execution key through the digest), the onion key, and the opening of any commitment.
/// @dev WARNING: a record says that a proof verified under `header.verifierKey`, for a capsule in the catalog of
///      `record.publisher`. Anybody can publish, and the router's owner can add verifiers under new keys. Who relies on a
///      record checks with `isRecorded` that it is this header's, and that verifier key and publisher are ones that it
///      trusts. The publisher is no choice of the submitter's: catalog roots are unique to their publisher.
/// @dev WARNING: records are kept by verifier key and nullifier, so that a verifier that accepts anything takes no record of a
///      receipt under another key. The same nullifier can therefore be recorded once under each key that is in use. Who counts
///      work counts records and leaves under the keys that it trusts, and if it trusts several, each nullifier once.
/// @dev WARNING: anybody can send anybody's receipt, first. Then the record is the same but for `submitter`, and the
///      owner's own `verifyNow` reverts with NullifierUsed by an identical digest. A market or callback therefore asks
///      `isRecorded` first, calls `verifyNow` only if the answer is no, and never requires its own call to succeed.
/// @dev WARNING: an install root is proven or attested (ICapsuleRegistry), and both are admitted here. Under an attested one
///      the receipt says that verifiers vouched for the install, and that nobody contested it: it was not proven on chain. Who
///      insists on that requires `capsules().isAttestedRoot(header.installRoot)` to be false.
interface IReceiptAnchor is IBonds, IBatches, IChallenges, IDuplicates, IReveals {
    /// @notice What is kept of a receipt. Everything else follows from the header, which `isRecorded` compares.
    /// @param digest EIP-712 digest of the header.
    /// @param payee Who is to be paid, as proven.
    /// @param recordedAt Unix seconds of the recording block; 0 if there is no such receipt.
    /// @param submitter Who sent the receipt.
    /// @param launchedAt Unix seconds of the launch, as proven.
    /// @param publisher Whose catalog holds the capsule.
    struct Record {
        ReceiptDigest digest;
        address payee;
        uint64 recordedAt;
        address submitter;
        uint64 launchedAt;
        PublisherId publisher;
    }

    /// @notice Time bounds, in seconds.
    /// @param maxReceiptAge Oldest launch that is still recorded.
    /// @param inclusionMargin Time that a transaction may need to be included; also how far a launch may lie outside the
    ///        life of the roots that it names.
    /// @param challengeWindow Time from anchoring a batch to its finality, if no leaf of it is demanded.
    /// @param revealPeriod Time to answer a demand, and then at least as much to challenge the answer. At most an eighth
    ///        of the challenge window; at least an hour outside development chains.
    /// @param lateSlash Time after finality for which a slice stays locked.
    struct Times {
        uint64 maxReceiptAge;
        uint64 inclusionMargin;
        uint64 challengeWindow;
        uint64 revealPeriod;
        uint64 lateSlash;
    }

    /// @notice A receipt was verified and recorded.
    event ReceiptVerified(
        Nullifier indexed nullifier,
        address indexed payee,
        bytes32 indexed requestId,
        ReceiptDigest digest,
        PublisherId publisher,
        uint256 capsuleTag,
        uint256 operatorTag,
        address submitter,
        VerifierKey verifierKey
    );

    /// @notice The nullifier was spent by an earlier receipt under this verifier key. If `by` is the digest of the receipt
    ///         sent, somebody was faster with the very same one, and nothing is lost.
    error NullifierUsed(VerifierKey key, Nullifier nullifier, ReceiptDigest by, uint64 recordedAt);
    /// @notice The root never was a root of this tree ("operators", "installs" or "catalog").
    error RootUnknown(bytes32 tree, uint256 root);
    /// @notice The root was superseded too long ago.
    error RootStale(bytes32 tree, uint256 root, uint64 supersededAt, uint64 validUntil);
    /// @notice The launch is dated more than the inclusion margin after the root was superseded: nobody can have
    ///         launched under it.
    error LaunchedAfterRoot(bytes32 tree, uint256 root, uint64 launchedAt, uint64 supersededAt);
    /// @notice The launch is dated more than the inclusion margin before the root existed.
    error LaunchedBeforeRoot(bytes32 tree, uint256 root, uint64 launchedAt, uint64 insertedAt);
    /// @notice The chain does not know the block hash: the block is in the future, or too old.
    error NotBeforeUnknown(uint64 blockNumber, uint256 currentBlock);
    /// @notice The block has another hash: the header was made for another chain or a reorganised block.
    error NotBeforeMismatch(uint64 blockNumber, bytes32 given, bytes32 actual);
    /// @notice The block header given is not the one whose hash the receipt names.
    error WrongBlockHeader(bytes32 given, bytes32 expected);
    /// @notice The launch is dated before the block that it names as earlier.
    error LaunchedBeforeCheckpoint(uint64 launchedAt, uint64 checkpoint);
    /// @notice The launch is dated in the future.
    error LaunchedInFuture(uint64 launchedAt, uint64 now_);
    /// @notice The launch is too long ago.
    error ReceiptTooOld(uint64 launchedAt, uint64 oldest);
    /// @notice The proof does not verify under this header.
    error ProofInvalid(ReceiptDigest digest, VerifierKey key);
    /// @notice Root validity plus challenge window plus two reveal periods must be shorter than the unbonding delay, or
    ///         who exits could not be held to a receipt that is still accepted.
    error UnbondingTooShort(uint256 needed, uint256 unbondingDelay);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Verifies a receipt and records it. Anyone. One record per verifier key and nullifier, for ever. Reverts
    ///         with NullifierUsed if it is recorded already, even by the very same receipt: ask `isRecorded` first.
    /// @param header The receipt header.
    /// @param proof The launch proof.
    /// @param publisher Publisher whose catalog has, or had, `header.catalogRoot`. There is exactly one; naming another is
    ///        RootUnknown.
    /// @param notBeforeHeader RLP of the block header whose hash is `header.notBeforeHash`: gives the checkpoint time.
    /// @return digest EIP-712 digest of the header.
    function verifyNow(
        ReceiptHeader calldata header,
        bytes calldata proof,
        PublisherId publisher,
        bytes calldata notBeforeHeader
    ) external returns (ReceiptDigest digest);

    /// @notice The record under a verifier key and a nullifier; all zero if there is none.
    function recordOf(VerifierKey key, Nullifier nullifier) external view returns (Record memory);

    /// @notice Whether exactly this receipt was verified and recorded. What a dApp asks before it relies on any member.
    function isRecorded(ReceiptHeader calldata header) external view returns (bool);

    /// @notice Whether the proof is valid under this header and the verifier in use under its key. Says nothing about
    ///         enrolment, admission, times or repetition. Reverts if the header is not canonical or the key not in use.
    function isProofValid(ReceiptHeader calldata header, bytes calldata proof) external view returns (bool);

    /// @notice Reverts with the reason unless the roots are valid now and at the launch, and the times are in order.
    function requireAdmitted(ReceiptHeader calldata header, PublisherId publisher, bytes calldata notBeforeHeader)
        external
        view;

    /// @notice EIP-712 digest of a header under this anchor and chain.
    function digestOf(ReceiptHeader calldata header) external view returns (ReceiptDigest);

    /// @notice Public instances of the launch circuit for a header, in circuit order. Reverts if it is not canonical.
    function instancesOf(ReceiptHeader calldata header) external view returns (uint256[10] memory);

    /// @notice EIP-712 domain separator on the present chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Seconds for which a superseded root stays valid: maxReceiptAge + inclusionMargin.
    function rootValidity() external view returns (uint64);

    /// @notice Time bounds.
    function times() external view returns (Times memory);

    /// @notice Where verifier keys are resolved.
    function router() external view returns (IVerifierRouter);

    /// @notice Where operator roots are looked up.
    function operators() external view returns (IOperatorRegistry);

    /// @notice Where catalog and install roots are looked up.
    function capsules() external view returns (ICapsuleRegistry);
}
