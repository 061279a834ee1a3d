// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../types/BatchRef.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {IdentityLeaf, OperatorId, VerifierKey} from "../types/Ids.sol";
import {LockAuthorization} from "../types/LockAuthorization.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {IAccounts} from "./IAccounts.sol";
import {ICapsuleRegistry} from "./ICapsuleRegistry.sol";
import {IFeeSchedule} from "./IFeeSchedule.sol";
import {IInputs} from "./IInputs.sol";
import {IOperatorRegistry} from "./IOperatorRegistry.sol";
import {IReceiptAnchor} from "./IReceiptAnchor.sol";
import {ITrustScores} from "./ITrustScores.sol";
import {IVerifierRouter} from "./IVerifierRouter.sol";

/// @title IProofMarket: buy one proven launch
/// @notice A requester signs a ProofRequest, or submits it. An operator locks it: from then on price, relay fee and
///         collateral are set aside, and the request ends in exactly one way. Or one serves it without a lock.
///
///             None --submit--> Open --cancel--> Cancelled
///               |               |  \--expire--> Expired        (only a grace after the lock deadline)
///               |               |
///               |-- fulfilOpen -|-------------------------------------------> Fulfilled
///               \---- lock -----/   (cancel works on None too: it voids a signature)
///                       |
///                     Locked --claim--> Claimed --dropClaim--> Reopened
///                       |                  |                      |
///                       |   fulfilRecorded, from any of the three |      --> Fulfilled: price and collateral to their owners
///                       |            fulfil, fulfilClaimed        |      --> Fulfilled
///                       |---- rescue                              |      --> Rescued (only while Locked)
///                       \---- slash -------+-------- slash -------/      --> Slashed (not while Claimed)
///                                unwind, from any of the three           --> Unwound: everybody gets its own back
///
///         A locked request's input can be demanded, see IInputs: without an answer the lock unwinds, and nobody is slashed.
///
///         Times, all inclusive: a request can be locked up to rampStart + lockTimeout, at the price of that second. The
///         receipt is in time if its batch was anchored, or `verifyNow` recorded it, up to the deadline, rampStart +
///         timeout; finality may come later. From `rescuableFrom` on, which leaves a locker at least half of the time between
///         the two, a lock without a claim can be rescued. A default can be slashed from `slashableAt` on.
///
///         The receipt must show this very request's id, capsule leaf and input hash, the verifier key, and, of a lock, the
///         identity leaf that the operator had when it locked; the payee is the one in the proven header, whoever sends the
///         transaction. The capsule must be disclosed, and the operator of a lock.
///
///         Three ways to be paid. *Batched*: the locker claims with the leaf's place in a batch; the claim is paid once the
///         leaf is final, and reopens the request if it is void. Claims out of one batch are at most half of the bond
///         slice that answers for it, unless the proof is checked on the spot, which it is whenever the batch leaves a
///         challenger less than `grace`, and for every claim on tokens. *Recorded*: `verifyNow` checked the proof, and the price
///         is paid at once. *Open*: likewise, in one transaction with the check, without lock, collateral or liability; a hidden
///         operator can serve so. A request of assurance Recorded is not served by a batch,
///         and one that does not say otherwise not under an install that was only attested.
///
///         *Rescue*: another operator serves what the locker did not. The requester gets price and relay fee back, the rescuer
///         two fifths of the collateral, the rest is burned; so who rescues himself loses more than half of it.
///
///         All amounts of a request are in its payment token, the collateral too. Trust is weighed by ether that was burned:
///         what is paid in tokens adds nothing to a score, and a default in tokens counts like the smallest.
///
///         The protocol fee is the one of the second of the lock, or of the fulfilment without one. A part of it is burned, the
///         rest goes to the treasury. Fee shares, which the requester signs by their hash and who locks has to show, come out of
///         the payee's part.
///
///         A lock makes its operator liable in the registry until it ends, so that a deposit does not leave while one is open.
///         Every lock can be ended by anyone: `fulfil` once its leaf is final, `dropClaim` once that is void, `slash` from
///         `slashableAt` on, or `unwind` if the input was demanded and not shown, `unwind` once the verifier is gone. A hidden operator cannot lock: the lock names it, and the
///         registry refuses one that is not enrolled.
///
/// @dev There is no owner, no pause and no upgrade; the fee schedule has an owner, and a bound. Balances are pulled. Accounts are
///      called by `withdraw` and, last of all, as a request's callback; contracts that sign (ERC-1271) are asked read-only.
///      The contract holds balances, escrow, collateral and the burned sum, which nobody can move.
/// @dev WARNING to requesters: signing is consent to be charged up to maxPrice + relayFee by any lock in time, whenever the
///      balance allows. So is a receipt that is recorded by then, for a grace longer. `cancel` ends that. An unlocked request reserves nothing.
/// @dev `ReceiptAnchor.Record.submitter` of what was recorded through the market is the market.
/// @dev WARNING to operators: fetch and check the input before you lock. Of what vanished afterwards demand to see it, in time
///      and for a bond (IInputs); a lock without a demand, or with one that was answered, is due like any other. Do not rotate your identity leaf while you hold
///      locks: the receipt has to show the leaf of the lock. Have it claimed, or recorded *and settled*, before `rescuableFrom`: `fulfilRecorded` does both at once. Claim only out of
///      a batch of your own, or of a relayer that you trust to answer demands: if it falls, a new receipt is due within the grace. Without a lock
///      the requester may cancel, and others may lock, while your transaction waits. Settle what is recorded or final without
///      delay: after a stop or a removal of the key, anybody can unwind what is not.
interface IProofMarket is IAccounts, IInputs {
    /// @notice How the receipt of a request may be shown (bit 0), and what stands behind its install (bit 1).
    /// @param Batched Out of an anchored batch once final, or recorded; the install was proven on chain.
    /// @param Recorded Only recorded by `verifyNow`: the proof was checked on chain; the install likewise.
    /// @param BatchedAttested As Batched, and an install that verifiers attested serves too (ICapsuleRegistry).
    /// @param RecordedAttested As Recorded, likewise.
    enum Assurance {
        Batched,
        Recorded,
        BatchedAttested,
        RecordedAttested
    }

    /// @notice Where a request stands. None is also what the chain says of a signed request it has not seen.
    enum RequestState {
        None,
        Open,
        Locked,
        Claimed,
        Reopened,
        Fulfilled,
        Slashed,
        Unwound,
        Cancelled,
        Expired,
        Rescued
    }

    /// @notice A lock. Of a request that was fulfilled without one: price, state, relay fee, fee, operator and leaf.
    /// @param locker Who put up the collateral, and gets it back; 0 if nobody locked.
    /// @param price Price set aside, in the request's token.
    /// @param state See RequestState.
    /// @param collateral Collateral set aside, likewise.
    /// @param relayFee Relay fee set aside, likewise.
    /// @param deadline Last second of anchoring or recording.
    /// @param feeBps Protocol fee in basis points of the price.
    /// @param extras What its settlement has to look up in the request: 1 a token, 2 a callback, 4 fee shares.
    /// @param operator Whose receipt serves; 0 for a hidden one, which has no lock.
    /// @param leaf Identity leaf that the receipt must show, or showed; 0 for a hidden one.
    struct Lock {
        address locker;
        uint88 price;
        RequestState state;
        uint88 collateral;
        uint88 relayFee;
        uint48 deadline;
        uint16 feeBps;
        uint8 extras;
        OperatorId operator;
        IdentityLeaf leaf;
    }

    /// @notice A claim. There is at most one per request, ever.
    /// @param payee Who is paid, as proven.
    /// @param index Place of the leaf in the batch.
    /// @param reopenedUntil Last second in which a recording is in time after the claim was dropped; 0 before.
    /// @param relayer Who anchored the batch.
    /// @param taken What the claim takes of the batch's half slice, in wei; 0 if its proof was checked on chain.
    /// @param batchId Which batch.
    struct Claim {
        address payee;
        uint32 index;
        uint64 reopenedUntil;
        address relayer;
        uint88 taken;
        bytes32 batchId;
    }

    /// @notice What a claim is made with.
    /// @param batch The batch.
    /// @param index Place of the leaf.
    /// @param path RFC 9162 path of the leaf.
    /// @param header Receipt header.
    /// @param proof Launch proof: on chain, so that anybody can challenge the leaf. Decoders differ in what they take: here pass
    ///        padding that is dirty or missing, and offsets to what is in front of the struct. Who cannot read it demands the leaf.
    /// @param notBeforeHeader RLP of the block header whose hash is header.notBeforeHash.
    struct Evidence {
        BatchRef batch;
        uint32 index;
        bytes32[] path;
        ReceiptHeader header;
        bytes proof;
        bytes notBeforeHeader;
    }

    /// @notice A receipt that may have been recorded before, or is to be now.
    /// @param header Receipt header.
    /// @param proof Launch proof; not read if it is recorded.
    /// @param notBeforeHeader RLP of the block header whose hash is header.notBeforeHash; likewise.
    struct Proven {
        ReceiptHeader header;
        bytes proof;
        bytes notBeforeHeader;
    }

    /// @notice The chain saw a request for the first time: submitted, or signed and locked. Once per request that is ever
    ///         locked, so these are all that an index needs.
    event RequestSubmitted(bytes32 indexed requestId, address indexed requester, ProofRequest request);
    /// @notice The requester withdrew a request that was not locked.
    event RequestCancelled(bytes32 indexed requestId, address indexed requester);
    /// @notice A submitted request passed its lock deadline.
    event RequestExpired(bytes32 indexed requestId);
    /// @notice An operator took a request.
    event RequestLocked(
        bytes32 indexed requestId,
        address indexed locker,
        OperatorId indexed operator,
        IdentityLeaf leaf,
        uint256 price,
        uint256 collateral,
        uint64 deadline
    );
    /// @notice The locker claimed with a leaf of a batch.
    event RequestClaimed(bytes32 indexed requestId, bytes32 indexed batchId, uint32 index, bytes32 leaf, address payee);
    /// @notice The claimed leaf is void; the request waits for a recording until `reopenedUntil`.
    event ClaimDropped(bytes32 indexed requestId, bytes32 indexed batchId, uint32 index, uint64 reopenedUntil);
    /// @notice A request was paid. `price` less `protocolFee` went to the payee and those who share, `relayFee` to the relayer.
    event RequestFulfilled(
        bytes32 indexed requestId,
        address indexed payee,
        OperatorId indexed operator,
        uint256 price,
        uint256 protocolFee,
        address relayer,
        uint256 relayFee
    );
    /// @notice Who gets parts of the price, as the settlement of a lock has to repeat.
    event FeeSharesStated(bytes32 indexed requestId, FeeShare[] shares);
    /// @notice Another operator served a lock: it got `reward` of the collateral, `burned` of it was burned, the requester got
    ///         price and relay fee back.
    event RequestRescued(
        bytes32 indexed requestId,
        address indexed payee,
        OperatorId indexed operator,
        OperatorId rescuer,
        uint256 reward,
        uint256 burned
    );
    /// @notice A locker voided nonces: the set bits of `mask` in word `word`, bit i being nonce 256 * word + i.
    event NoncesVoided(address indexed locker, uint256 word, uint256 mask);
    /// @notice The callback of a settled request reverted, or ran out of its gas.
    event CallbackFailed(bytes32 indexed requestId, address indexed callback);
    /// @notice A default was slashed: the parts sum to the collateral. The requester also got price and relay fee back.
    event RequestSlashed(
        bytes32 indexed requestId,
        OperatorId indexed operator,
        address indexed caller,
        uint256 burned,
        uint256 callerReward,
        uint256 requesterShare
    );
    /// @notice A lock was undone; everybody got its own back.
    event RequestUnwound(bytes32 indexed requestId, OperatorId indexed operator);

    /// @notice The request names another anchor than this market's.
    error WrongAnchor(address given, address anchor);
    /// @notice Nothing is deployed at the payment token's address.
    error TokenWithoutCode(address token);
    /// @notice A callback needs gas, up to this bound; no callback, none.
    error CallbackGasOutOfBounds(address callback, uint32 callbackGas, uint32 max);
    /// @notice These are not the fee shares that the request names by their hash (0: none).
    error OtherFeeShares(bytes32 given, bytes32 feeSharesHash);
    /// @notice More fee shares than a settlement should have to pay.
    error TooManyFeeShares(uint256 count, uint256 max);
    /// @notice A fee share is for nobody, or nothing.
    error EmptyFeeShare(uint256 index);
    /// @notice The fee shares are more of the price than they may be.
    error FeeSharesTooHigh(uint256 bps, uint256 maxBps);
    /// @notice The assurance is none of Assurance.
    error UnknownAssurance(uint8 assurance, uint8 last);
    /// @notice The request has no requester.
    error ZeroRequester();
    /// @notice The price would fall over time.
    error PricesOutOfOrder(uint256 minPrice, uint256 maxPrice);
    /// @notice Not rampLength <= lockTimeout <= timeout.
    error TimesOutOfOrder(uint32 rampLength, uint32 lockTimeout, uint32 timeout);
    /// @notice The deadline is further away than a year: a time in milliseconds, perhaps.
    error DeadlineTooFar(uint256 deadline, uint256 latest);
    /// @notice No launch before the deadline would serve: nobody could.
    error LaunchAfterDeadline(uint64 earliestLaunch, uint256 deadline);
    /// @notice An amount does not fit 88 bits (309 million ether).
    error AmountTooLarge(bytes32 name, uint256 amount);
    /// @notice The market's protocol fee is above what the requester accepts.
    error ProtocolFeeTooHigh(uint16 protocolFeeBps, uint16 maxProtocolFeeBps);

    /// @notice The caller is not the requester.
    error NotRequester(address caller, address requester);
    /// @notice The caller is not the locker.
    error NotLocker(bytes32 requestId, address caller, address locker);
    /// @notice The request is not in a state for this.
    error WrongState(bytes32 requestId, RequestState state);
    /// @notice No signature was given, and the request was not submitted.
    error NotSubmitted(bytes32 requestId);
    /// @notice The lock deadline has passed.
    error LockDeadlinePassed(bytes32 requestId, uint256 lockDeadline, uint256 now_);
    /// @notice The lock deadline has not passed.
    error LockDeadlineAhead(bytes32 requestId, uint256 lockDeadline, uint256 now_);
    /// @notice The caller does not control the operator.
    error NotController(OperatorId operator, address caller, address controller);
    /// @notice The capsule is not in the publisher's catalog: nobody could serve the request.
    error CapsuleNotListed(bytes32 requestId);
    /// @notice The enrolment ends while a receipt can be due still: the deadline, the window with two reveal periods, the grace.
    error EnrolmentTooShort(OperatorId operator, uint64 validUntil, uint256 needed);
    /// @notice The request is for another operator.
    error OperatorNotNamed(OperatorId operator, OperatorId named);
    /// @notice The operator's trust score is below what the request asks for.
    error TrustTooLow(OperatorId operator, uint16 score, uint16 minTrust);

    /// @notice A signature of a key has 65 bytes: r, s, v.
    error SignatureLength(uint256 length);
    /// @notice v is neither 27 nor 28.
    error SignatureParity(uint8 v);
    /// @notice s is above half the group order: another form of a signature that exists already.
    error SignatureHighS(bytes32 s);
    /// @notice Somebody else signed, or something else was signed: another chain or market, or a changed member.
    error SignatureInvalid(address recovered, address signer);
    /// @notice The contract that should have signed says that it did not (ERC-1271), or cannot say.
    error SignatureRefused(address signer, bytes32 digest);
    /// @notice The authorisation is for another request.
    error OtherRequest(bytes32 authorized, bytes32 requestId);
    /// @notice The authorisation names no locker.
    error ZeroLocker();
    /// @notice The authorisation's last second has passed.
    error AuthorizationExpired(uint64 deadline, uint256 now_);
    /// @notice The nonce served before, or was voided.
    error NonceUsed(address locker, uint256 nonce);
    /// @notice The price is below what the locker authorised.
    error PriceTooLow(bytes32 requestId, uint256 price, uint256 minPrice);
    /// @notice The collateral is above what the locker authorised.
    error CollateralTooHigh(bytes32 requestId, uint256 collateral, uint256 maxCollateral);

    /// @notice A member of the header is not what the request and its lock ask for.
    error ReceiptMismatch(bytes32 name, bytes32 actual, bytes32 expected);
    /// @notice The receipt hides the capsule, or an operator that must be disclosed here: a locker's, a rescuer's, or one that
    ///         the request names or wants trusted.
    error NotDisclosed(uint8 flags);
    /// @notice The header names nobody to pay.
    error ZeroPayee();
    /// @notice The launch was before the request allows it, or after the receipt was anchored.
    error LaunchOutOfRange(uint64 launchedAt, uint64 earliest, uint64 latest);
    /// @notice The install behind the receipt was attested and not proven on chain, and the request does not take that.
    error InstallOnlyAttested(uint256 installRoot);
    /// @notice The request takes a recorded receipt only.
    error RecordRequired(bytes32 requestId);
    /// @notice No such batch is anchored.
    error BatchUnknown(bytes32 batchId);
    /// @notice The leaf was proven fraudulent, or its batch fell.
    error LeafIsVoid(bytes32 batchId, uint32 index);
    /// @notice The claimed leaf is not final yet.
    error LeafNotFinal(bytes32 requestId, bytes32 batchId, uint32 index);
    /// @notice The claimed leaf is not void.
    error LeafNotVoid(bytes32 requestId, bytes32 batchId, uint32 index);
    /// @notice The claimed leaf is final: the request is to be fulfilled, not unwound.
    error LeafIsFinal(bytes32 requestId, bytes32 batchId, uint32 index);
    /// @notice The receipt came after the deadline.
    error TooLate(bytes32 requestId, uint64 when, uint64 deadline);
    /// @notice Claims out of this batch would exceed half of the slice that answers for it: use `verifyNow`.
    error SliceExhausted(bytes32 batchId, uint256 claimed, uint256 cap);
    /// @notice The proof does not verify.
    error ClaimProofInvalid(bytes32 requestId, VerifierKey key);
    /// @notice The settlement needs the request: it has a token, a callback or fee shares. Use `fulfilClaimed`.
    error RequestNeeded(bytes32 requestId);
    /// @notice Too little gas is left to give the callback its due.
    error CallbackGasMissing(bytes32 requestId, uint256 available, uint256 required);
    /// @notice The time is the locker's still; for good (2^256 - 1) if the input was demanded and not shown.
    error NotRescuable(bytes32 requestId, uint256 rescuableFrom, uint256 now_);
    /// @notice The receipt is of the operator that locked: it is to be fulfilled, not rescued.
    error LockersOwnReceipt(bytes32 requestId, OperatorId operator);
    /// @notice The lock cannot be slashed yet.
    error NotSlashable(bytes32 requestId, uint256 slashableAt, uint256 now_);
    /// @notice The verifier was stopped or removed, or the input was demanded and not shown: the lock is to be unwound, nobody is
    ///         slashed, and nothing demanded.
    error UnwindInstead(bytes32 requestId);
    /// @notice The verifier is in use, the capsule listed, the input shown or not demanded; or it is for the locker alone to say
    ///         otherwise, or too late: nothing to unwind.
    error NothingToUnwind(bytes32 requestId);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Puts a request on chain. Requester only. Reserves nothing. For contracts that do not sign (ERC-1271).
    /// @return requestId EIP-712 digest of the request.
    function submit(ProofRequest calldata request) external returns (bytes32 requestId);

    /// @notice Withdraws a request that is not locked, submitted or signed. Requester only.
    function cancel(ProofRequest calldata request) external;

    /// @notice Marks a submitted request as expired, `grace` after its lock deadline. Anyone.
    function expire(ProofRequest calldata request) external;

    /// @notice Takes a request for an enrolled operator that the caller controls, which becomes liable for it (the registry
    ///         refuses one that is not enrolled). Sets aside the price of this second and the relay
    ///         fee out of the requester's balance, and the collateral out of the caller's.
    /// @param request The request.
    /// @param requesterSignature r || s || v over the request's id, s in the lower half; of a contract, what it calls valid
    ///        (ERC-1271); empty if it was submitted.
    /// @param operator Whose receipt will serve.
    /// @param shares The fee shares that the request names by their hash.
    /// @return requestId The request's id.
    /// @return price Price set aside.
    function lock(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        OperatorId operator,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price);

    /// @notice As `lock`, for a locker that authorised it by signature. Anyone.
    function lockFor(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        LockAuthorization calldata authorization,
        bytes calldata lockerSignature,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price);

    /// @notice Voids the caller's nonces 256 * word + i for the set bits i of `mask`, used or not.
    function voidNonces(uint256 word, uint256 mask) external;

    /// @notice Claims a locked request with an anchored receipt. Locker only, once per request. The receipt must be admitted
    ///         now, so claim within the anchor's maxReceiptAge of the launch.
    function claim(ProofRequest calldata request, Evidence calldata evidence) external;

    /// @notice Pays a claimed request in ether, without callback and shares, whose leaf is final. Anyone.
    function fulfil(bytes32 requestId) external;

    /// @notice Pays any claimed request whose leaf is final. Anyone.
    function fulfilClaimed(ProofRequest calldata request, FeeShare[] calldata shares) external;

    /// @notice Pays those of the requests that `fulfil` would pay, and passes over the others. Anyone.
    /// @return paid How many were paid.
    function fulfilMany(bytes32[] calldata requestIds) external returns (uint256 paid);

    /// @notice Frees a request from a claim whose leaf is void. Anyone. The locker has `grace` from now, and never less
    ///         than to the deadline, to have a receipt recorded. If the leaf itself was proven fraudulent, or to hold a
    ///         second receipt of a nullifier, which only who has the operator's secret can make, that is a fact against the
    ///         operator; if the batch fell, it is not.
    function dropClaim(bytes32 requestId) external;

    /// @notice Pays a locked request for a receipt that is recorded in time, before or now, whether or not another is claimed.
    ///         Anyone; the relay fee is for who had it recorded.
    function fulfilRecorded(ProofRequest calldata request, Proven calldata receipt, FeeShare[] calldata shares) external;

    /// @notice Pays a request that nobody locked, at the price of the second of the recording, which is now if `verifyNow` did
    ///         not record the receipt before. Anyone; the relay fee is for who had it recorded.
    function fulfilOpen(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        Proven calldata receipt,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price);

    /// @notice Ends a lock with the receipt of another operator, recorded before or now, up to the lock's deadline. Never, if
    ///         `rescuableFrom` is after it; so not while a demand for the input is open, or if it was not answered. Anyone, from
    ///         `rescuableFrom` on.
    function rescue(ProofRequest calldata request, Proven calldata receipt) external;

    /// @notice Slashes the collateral of a request that was not served. Anyone, from `slashableAt` on. At least half is
    ///         burned, a tenth goes to the caller, the rest to the requester up to the price; price and relay fee go back
    ///         to the requester.
    function slash(ProofRequest calldata request) external;

    /// @notice Undoes a lock when its verifier was removed or the router stopped (anyone), or when its capsule is not listed
    ///         any more (the locker, as long as no claim of it stands and it is in time), or when its input was demanded and not shown,
    ///         and nothing was claimed (the locker; from `slashableAt` on anyone). Not if a claimed leaf is final.
    function unwind(ProofRequest calldata request) external;

    /// @notice EIP-712 digest of a request under this market and chain.
    function requestIdOf(ProofRequest calldata request) external view returns (bytes32);

    /// @notice EIP-712 domain separator on the present chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Reverts with the reason unless the terms are ones that this market takes now.
    function requireTerms(ProofRequest calldata request) external view;

    /// @notice Price at a time; 0 after the lock deadline.
    function priceAt(ProofRequest calldata request, uint64 time) external pure returns (uint256);

    /// @notice Collateral that an operator would put up now.
    function collateralOf(ProofRequest calldata request, OperatorId operator) external view returns (uint256);

    /// @notice First second in which a lock of this request can be rescued; none can if that is after its deadline. A demand for the
    ///         input moves it: to a grace after the answer, or, open or not answered, to 2^256 - 1.
    function rescuableFrom(ProofRequest calldata request) external view returns (uint256);

    /// @notice Whether a locker's nonce served, or was voided.
    function isNonceUsed(address locker, uint256 nonce) external view returns (bool);

    /// @notice First second from which a locked request can be slashed, or, if it is neutral, unwound by anybody; 0 if it holds no
    ///         lock or a claim.
    function slashableAt(bytes32 requestId) external view returns (uint256);

    /// @notice State of a request.
    function stateOf(bytes32 requestId) external view returns (RequestState);

    /// @notice The lock of a request; kept after it ended.
    function lockOf(bytes32 requestId) external view returns (Lock memory);

    /// @notice The claim of a request; kept after it ended.
    function claimOf(bytes32 requestId) external view returns (Claim memory);

    /// @notice Sum of the prices that are, or were, paid out of a batch without the proof being checked on chain, in wei.
    function claimedOf(bytes32 batchId) external view returns (uint256);

    /// @notice Protocol fee that holds now, in basis points of the price, rounded down.
    function protocolFeeBps() external view returns (uint16);

    /// @notice Where the protocol fee comes from.
    function fees() external view returns (IFeeSchedule);

    /// @notice Least collateral in basis points of maxPrice.
    function collateralFloorBps() external view returns (uint16);

    /// @notice Seconds that the locker has after a dropped claim, a challenger at least has after a claim, and that pass
    ///         between the last possible recording and a slash.
    function grace() external view returns (uint64);

    /// @notice The anchor's challenge window, in seconds.
    function challengeWindow() external view returns (uint64);

    /// @notice Where receipts are anchored and recorded.
    function anchor() external view returns (IReceiptAnchor);

    /// @notice Where operators are enrolled.
    function operators() external view returns (IOperatorRegistry);

    /// @notice Where capsules are listed.
    function capsules() external view returns (ICapsuleRegistry);

    /// @notice Where verifier keys are resolved.
    function router() external view returns (IVerifierRouter);

    /// @notice Where facts go.
    function trust() external view returns (ITrustScores);
}
