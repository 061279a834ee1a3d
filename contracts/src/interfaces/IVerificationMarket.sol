// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchState} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {InstallLeaf} from "../types/Ids.sol";
import {Bid, Fate, Job, JobKind, JobState, Terms, Verdict} from "../types/Job.sol";
import {ICapsuleRegistry} from "./ICapsuleRegistry.sol";
import {IEtherAccounts} from "./IEtherAccounts.sol";
import {IReceiptAnchor} from "./IReceiptAnchor.sol";
import {IVerifierRouter} from "./IVerifierRouter.sol";

/// @title IVerificationMarket: paid and bonded second opinions
/// @notice Somebody posts a job: on an anchored batch, or on a STARK install file. Verifiers bid with a stake; the `quorum`
///         lowest fees win, and who won says Valid or Invalid.
///
///             None -> Open --too few bids, or a stop--> Unwound       everybody has its own back
///                      |
///              batch:  |---- fraud proven, slash -----> Slashed       Valid loses the stake, Invalid is paid
///                      |---- time over, settle -------> Settled       Valid is paid, Invalid is fined
///                      |
///              install:|---- window over, admit ------> Admitted      the leaf is in the attested tree
///                      |---- proven on chain, settle -> Proven        Valid is paid, Invalid loses the stake
///                      |---- contested, unanswered ---> Rejected      the poster loses the bond
///                      \---- an opinion is missing ---> Settled       who gave one is paid
///
///         Who won and says nothing up to the deadline is fined a tenth of its stake, however the job ends; unless the job
///         ended, or the router was stopped, before the deadline.
///
///         *Valid, of a batch,* says: the data are the leaves under the root, and of every leaf the header is canonical, the
///         key was in use at some time, and the proof is valid. It says nothing about duplicates, roots and times. It is
///         false exactly if the anchor can be shown so (`challengeLeaf`, `challengeData`, `challengeBlob`, `challengeBlobElement`),
///         and then whoever said it loses its stake. It stays slashable, and unpaid, until the batch is final, wherever a
///         demand has moved that, and `grace` longer, so that fraud that was proven in the last second is punished too.
///
///         *Invalid, of a batch,* is paid only if fraud is proven, and `slash` called, before the job is settled, and fined if
///         the batch becomes final: whoever has found a fraudulent leaf has what it takes to prove it.
///
///         If the batch falls because a demand was not answered, or is frozen by a stop, nobody is right or wrong: stakes
///         go back, nobody is paid. Who looked at all leaves could have answered the demand, and been paid half of its bond.
///
///         *Valid, of an install,* says: the file verifies for this leaf, has this many chunks, and its link proof holds.
///         No contract can check that. So the leaf is admitted only if, moreover, nobody contested it for `contestWindow`. A
///         contest costs a bond, which pays the poster twice for proving the install on chain (ICapsuleRegistry.
///         admitInstalls); if it does not, the job is rejected. Silence of a poster is no evidence against who attested.
///
///         *Invalid, of an install,* is a contest with the stake as its bond: it says that the poster cannot prove this
///         install. That is more than "the file is wrong".
///
///         A canary: who posts a job can promise a bounty to those who say Invalid, for a leaf that it knows, or will show, to
///         be fraudulent. It is shown like any fraud, by `challengeLeaf`, and punishes who said Valid without looking like any
///         fraud. `canary` is a commitment to it, published and read by nobody here: keccak256(abi.encode(salt, index,
///         leaf)), so that it can be told later from a mistake. A canary that is not shown hurts nobody, and its bounty goes back.
/// @dev WARNING to verifiers: look before you bid. Batch and file are pinned by hashes, so what you checked is what you judge, and
///      nobody can withhold it any more. Do not bid on what you could not get: silence costs a tenth. Do not bid on an install
///      whose file is wrong, unless you would wager that nobody can prove it: the operator may well have the binary.
///      Nor on a batch with a leaf under a key whose verifier you do not know: the router's owner can add code that changes its mind.
///      A job's id commits to its poster, terms and subject, so a bid is for nothing else, whatever becomes of the chain.
///      Keep header and proof of every leaf until the job is settled, and answer demands: a batch that falls pays no fee.
///      Say Invalid before you prove it: once fraud is proven anybody can end the job, and who has not spoken is not paid.
/// @dev WARNING to posters on batches: offer less, in fees and bounty, than half of the batch's slice, or a relayer can forge a
///      leaf to be paid for finding it. A batch whose slice is gone was convicted before: look at it first.
/// @dev WARNING to who relies on `isAttested`. (0) Everything that IReceiptAnchor says of a final leaf: the opinion is about proofs
///      alone. A duplicate is void later and nobody is slashed: keep nullifiers. (1) Verifiers can be one person, and the poster, and the relayer. What stands behind
///      the opinion is `attestedStake`, the part that is burned even if the culprit catches itself. (2) All values that depend
///      on a batch add up, yours and others'; nothing is reserved here, because whoever could reserve could use it up. Take a
///      fraction, or jobs of your own. (3) Publish header and proof of the leaf, in the transaction that relies on it at the
///      latest, as the ProofMarket's claim does: fraud in what nobody has cannot be proven, and a relayer can let its batch
///      fall after a reveal period, after which nobody is slashed. (4) Opinions end what they began: once the batch is final, ask
///      the anchor. ReceiptAnchor itself knows nothing of this contract.
/// @dev WARNING to who relies on attested installs: an install nobody held is admitted if the poster's verifiers, who risk
///      nothing but fees, say Valid, and *nobody in the world contests it in time*. One watcher is enough, and it needs no proof: a
///      file that is missing or wrong, or an operator that it doubts, and a contest decide the matter on chain. It wins half of
///      a bond that is no smaller than its own. Who does not trust that there is one takes roots of the proven tree only.
/// @dev WARNING to who contests: the contest is lost to a proof, whatever the file was. A file can be hidden to be contested, one
///      proof answers every job on its leaf, and a poster that sees a contest coming can be first with its own, at half its bond.
/// @dev WARNING to posters of installs: a false Invalid pays half of its stake for the proof that it makes you give. Set it so
///      that this covers the gas.
/// @dev There is no owner, no pause and no upgrade. Balances are pulled; no function but `withdraw` calls an account, other than a
///      static call for an ERC-1271 signature. After a stop of the router nothing begins, `isAttested` is false, nothing is
///      admitted, and what was not decided before ends neutrally. A false Valid stays slashable even then, for as long as it would
///      have been, since somebody may have relied on it.
/// @dev Opinions are public once sent. Who copies one shares its risk, and, if it is Invalid, its bounty.
interface IVerificationMarket is IEtherAccounts {
    /// @notice Construction parameters, in seconds and wei.
    /// @param attestedFloor Least age of a batch for `isAttested`: an hour, outside development chains, to half the window.
    /// @param grace Least time left to a challenger for `isAttested`, and time to slash after finality: an hour, outside
    ///        development chains, to a quarter of the window.
    /// @param contestWindow Time to contest an install: a day, outside development chains, to 30 days.
    /// @param answerBase Time to answer a contest, an hour, outside development chains, to 30 days,
    /// @param answerPerChunk and for each chunk: a second to an hour.
    /// @param leastInstallBond What a poster of an install puts up on top of the price of a contest; not 0.
    struct Parameters {
        uint64 attestedFloor;
        uint64 grace;
        uint64 contestWindow;
        uint64 answerBase;
        uint64 answerPerChunk;
        uint96 leastInstallBond;
    }

    /// @notice A job on a batch was posted.
    event BatchJobPosted(
        uint256 indexed jobId,
        address indexed poster,
        bytes32 indexed batchId,
        BatchRef batch,
        Terms terms,
        uint256 bounty,
        bytes32 canary
    );
    /// @notice A job on an install file was posted.
    event InstallJobPosted(
        uint256 indexed jobId,
        address indexed poster,
        InstallLeaf indexed leaf,
        uint32 chunks,
        bytes32 fileHash,
        Terms terms,
        uint256 bond
    );
    /// @notice A verifier holds a place; `displaced` (0 if nobody) has lost one and has its stake back.
    event BidPlaced(uint256 indexed jobId, address indexed verifier, uint256 fee, address displaced);
    /// @notice A verifier gave its opinion.
    event Attested(uint256 indexed jobId, address indexed verifier, Verdict verdict);
    /// @notice Somebody contested an install, which now has to be proven up to `contestedUntil`.
    event InstallContested(uint256 indexed jobId, address indexed contestant, uint256 bond, uint64 contestedUntil);
    /// @notice A stake ended; `back` is what its verifier got, fee and prize included.
    event StakeEnded(uint256 indexed jobId, address indexed verifier, Fate fate, uint256 back);
    /// @notice A job ended. Of stakes, escrow and bounty or bond, `toPoster` and `toCaller` were credited, `burned` to nobody.
    ///         What a rejected poster's bond lost, and what contestants have back, is not in it.
    event JobEnded(
        uint256 indexed jobId,
        JobState state,
        address indexed caller,
        uint256 toPoster,
        uint256 toCaller,
        uint256 burned
    );

    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);
    /// @notice A term of the job is outside its bounds.
    error BadTerm(bytes32 name, uint256 value);
    /// @notice The router was stopped: nothing begins any more, and an install job that was not decided before is to be unwound.
    error RouterStopped(uint64 stoppedAt);
    /// @notice The batch is not one that an opinion could still be given on in time: unknown, final, fallen or frozen.
    error BatchNotPending(bytes32 batchId, BatchState state);
    /// @notice Opinions would come too late to be of use before the end of the batch's window.
    error AttestingTooLate(bytes32 batchId, uint256 attestDeadline, uint256 latest);
    /// @notice The registry names another attestor, or none.
    error InstallsOff();
    /// @notice The leaf is in one of the registry's trees already: no job is needed, and once it is proven there is no doubt.
    error InstallKnown(InstallLeaf leaf);
    /// @notice The job is not open: there is none, or it has ended.
    error WrongState(uint256 jobId, JobState state);
    /// @notice The job is of the other kind.
    error WrongKind(uint256 jobId, JobKind kind);
    /// @notice Bids are taken up to and including `biddingEnd`.
    error BiddingOver(uint256 jobId, uint256 biddingEnd, uint256 now_);
    /// @notice Opinions are taken after `biddingEnd`.
    error BiddingOpen(uint256 jobId, uint256 biddingEnd, uint256 now_);
    /// @notice The fee is above what the job offers.
    error FeeTooHigh(uint256 jobId, uint256 fee, uint256 maxFee);
    /// @notice The verifier holds a place already. Who was displaced may come back.
    error BidTwice(uint256 jobId, address verifier);
    /// @notice All places are taken, and none for a higher fee.
    error BidNotBetter(uint256 jobId, uint256 fee, uint256 worst);
    /// @notice Valid or Invalid are to be said.
    error NoVerdict(uint256 jobId);
    /// @notice Opinions are taken up to and including the deadline.
    error AttestingOver(uint256 jobId, uint256 attestDeadline, uint256 now_);
    /// @notice The job has too few bids: nothing comes of it.
    error QuorumMissing(uint256 jobId, uint256 bids, uint256 quorum);
    /// @notice The account holds no place.
    error NotVerifier(uint256 jobId, address account);
    /// @notice The verifier gave its opinion before.
    error AlreadyAttested(uint256 jobId, address verifier, Verdict verdict);
    /// @notice The signature is of no use any more.
    error SignatureExpired(uint64 deadline, uint256 now_);
    /// @notice Somebody else signed, or something else was signed, or a high s; or the verifier's contract does not say so.
    error SignatureInvalid(bytes32 digest, address verifier);
    /// @notice Neither this place nor the data of the batch were proven fraudulent.
    error NoFraud(uint256 jobId, bytes32 batchId, uint32 index);
    /// @notice It is not time yet, or the batch has open demands.
    error TooEarly(uint256 jobId, uint256 from, uint256 now_);
    /// @notice The batch was proven malformed: the job is to be slashed.
    error SlashInstead(uint256 jobId);
    /// @notice The install is confirmed and not contested: it is to be admitted, in time.
    error AdmitInstead(uint256 jobId);
    /// @notice The job has its quorum, or its time is not over, and there was no stop before it was decided; or it has opinions
    ///         that are to be settled.
    error NothingToUnwind(uint256 jobId);
    /// @notice Not every winner said Valid.
    error NotConfirmed(uint256 jobId, uint256 valid, uint256 quorum);
    /// @notice The install is contested.
    error AlreadyContested(uint256 jobId, uint256 contestedUntil);
    /// @notice The time to contest is over.
    error ContestTooLate(uint256 jobId, uint256 last, uint256 now_);

    /// @notice Asks for opinions on a batch that is not final. Sets quorum x maxFee + bounty aside.
    /// @param batch The batch.
    /// @param terms Terms. Opinions are due `grace` before the end of the batch's window.
    /// @param bounty Shared by who says Invalid, if fraud is proven; else the poster's.
    /// @param canary Commitment to a leaf that the poster will show to be fraudulent; 0 if there is none. Only published.
    function postBatch(BatchRef calldata batch, Terms calldata terms, uint96 bounty, bytes32 canary)
        external
        returns (uint256 jobId);

    /// @notice Asks for opinions on a STARK install file, and then for the admission of its leaf. Sets quorum x maxFee +
    ///         `installBond` aside.
    /// @param leaf J = P(INST; k, L).
    /// @param chunks Chunks that `admitInstalls` takes for a binary of this length: 1 to 4,096.
    /// @param fileHash keccak256 of the file.
    /// @param terms Terms.
    function postInstall(InstallLeaf leaf, uint32 chunks, bytes32 fileHash, Terms calldata terms)
        external
        returns (uint256 jobId);

    /// @notice Bids for a place; locks the job's stake. With all places taken, a lower fee displaces the highest, of equal ones
    ///         the latest, whose stake is free at once.
    function bid(uint256 jobId, uint72 fee) external;

    /// @notice Gives the caller's opinion, once and for all. Invalid is refused of an install that is proven on chain.
    function attest(uint256 jobId, Verdict verdict) external;

    /// @notice Gives a verifier's opinion by its signature (65 bytes, low s; ERC-1271 where it has code). Anyone.
    /// @param deadline Last second in which the signature is of use.
    function attestFor(uint256 jobId, Verdict verdict, address verifier, uint64 deadline, bytes calldata signature)
        external;

    /// @notice Ends a batch job on proven fraud. Anyone, for a tenth of the stakes that are taken.
    /// @param index Place that was proven fraudulent; any, if the data were.
    function slash(uint256 jobId, uint32 index) external;

    /// @notice Contests a confirmed install that is not proven. Takes `contestBond` of the caller's balance, but at most the
    ///         poster's bond. Anyone, once.
    function contest(uint256 jobId) external;

    /// @notice Ends an install job that was confirmed and not contested: its leaf is admitted. Anyone.
    function admit(uint256 jobId) external;

    /// @notice Ends a job in every other way that takes time; not an install job that a stop left undecided. Anyone.
    function settle(uint256 jobId) external;

    /// @notice Ends a job with too few bids, or, after a stop, one that was not decided; everybody has its own back. Anyone. An
    ///         install job is decided in the last second for an answer if it is contested, in that for opinions if one is missing.
    function unwind(uint256 jobId) external;

    /// @notice Attested finality: the path proves the leaf to be at `index` of the batch, the batch is pending without open
    ///         demands, the place not void, the router not stopped, every winner of the job said Valid, the batch is at least
    ///         `attestedFloor` old and not final for another `grace`, and `value` is at most `attestedStake`. Never reverts on
    ///         a wrong path. False once the batch is final: then ask the anchor. False for the value 0. Read the warnings above.
    function isAttested(
        uint256 jobId,
        BatchRef calldata batch,
        uint32 index,
        bytes32 leaf,
        bytes32[] calldata path,
        uint256 value
    ) external view returns (bool);

    /// @notice Wei that are burned at least if fraud is proven: half of the stakes, while every winner of a batch job said
    ///         Valid and can be slashed; else 0. The other half can come back to the culprit through poster and caller.
    function attestedStake(uint256 jobId) external view returns (uint256);

    /// @notice From when a batch job with opinions can be settled, as things stand; a demand moves it.
    function settleableAt(uint256 jobId) external view returns (uint256);

    /// @notice Wei that a contest takes in this block: chunks x 650,000 gas x 2 x max(base fee, the anchor's floor).
    function contestBond(uint32 chunks) external view returns (uint256);

    /// @notice Wei that a poster puts up for an install in this block: `leastInstallBond` + `contestBond`.
    function installBond(uint32 chunks) external view returns (uint256);

    /// @notice A job; all zero if there is none.
    function jobOf(uint256 jobId) external view returns (Job memory);

    /// @notice The bids that hold a place.
    function bidsOf(uint256 jobId) external view returns (Bid[] memory);

    /// @notice EIP-712 digest of an opinion. For an install batchId is 0, root the leaf and dataCommitment the file's hash.
    function attestationDigest(uint256 jobId, Verdict verdict, address verifier, uint64 deadline)
        external
        view
        returns (bytes32);

    /// @notice EIP-712 domain separator on the present chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Number of jobs so far.
    function jobCount() external view returns (uint256);

    /// @notice The anchor whose batches are judged.
    function anchor() external view returns (IReceiptAnchor);

    /// @notice The anchor's router, whose stop ends everything neutrally.
    function router() external view returns (IVerifierRouter);

    /// @notice The anchor's capsule registry, to whose attested tree installs are admitted.
    function capsules() external view returns (ICapsuleRegistry);

    /// @notice See Parameters.
    function attestedFloor() external view returns (uint64);

    /// @notice See Parameters.
    function grace() external view returns (uint64);

    /// @notice See Parameters.
    function contestWindow() external view returns (uint64);

    /// @notice See Parameters.
    function answerBase() external view returns (uint64);

    /// @notice See Parameters.
    function answerPerChunk() external view returns (uint64);

    /// @notice See Parameters.
    function leastInstallBond() external view returns (uint96);
}
