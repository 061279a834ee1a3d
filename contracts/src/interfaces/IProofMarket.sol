// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../types/BatchRef.sol";
import {IdentityLeaf, OperatorId, VerifierKey} from "../types/Ids.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {ICapsuleRegistry} from "./ICapsuleRegistry.sol";
import {IOperatorRegistry} from "./IOperatorRegistry.sol";
import {IReceiptAnchor} from "./IReceiptAnchor.sol";
import {ITrustScores} from "./ITrustScores.sol";
import {IVerifierRouter} from "./IVerifierRouter.sol";

/// @title IProofMarket: buy one proven launch
/// @notice A requester signs a ProofRequest, or submits it. An operator locks it: from then on price, relay fee and
///         collateral are set aside, and the request ends in exactly one way.
///
///             None --submit--> Open --cancel--> Cancelled
///               |               |  \--expire--> Expired        (only after the lock deadline)
///               |               |
///               \---- lock -----/   (cancel works on None too: it voids a signature)
///                       |
///                     Locked --claim--> Claimed --dropClaim--> Reopened
///                       |                  |                      |
///                       |   fulfilRecorded, from any of the three |      --> Fulfilled: price and collateral to their owners
///                       |                fulfil                   |      --> Fulfilled
///                       \---- slash -------+-------- slash -------/      --> Slashed (not while Claimed)
///                                unwind, from any of the three           --> Unwound: everybody gets its own back
///
///         Times, all inclusive: a request can be locked up to rampStart + lockTimeout, at the price of that second. The
///         receipt is in time if its batch was anchored, or `verifyNow` recorded it, up to the deadline, rampStart +
///         timeout; finality may come later. A default can be slashed from `slashableAt` on.
///
///         The receipt must show this very request's id, capsule leaf and input hash, the verifier key, and the identity
///         leaf that the operator had when it locked; the payee is the one in the proven header, whoever sends the
///         transaction. Capsule and operator must be disclosed.
///
///         Two ways to be paid. *Batched*: the locker claims with the leaf's place in a batch; the claim is paid once the
///         leaf is final, and reopens the request if it is void. Claims out of one batch are at most half of the bond
///         slice that answers for it, unless the proof is checked on the spot, which it is whenever the batch leaves a
///         challenger less than `grace`. *Recorded*: `verifyNow` checked the proof, and the price is paid at once.
///         A request of assurance Recorded takes the second way only.
///
///         A lock makes its operator liable in the registry until it ends, so that a deposit does not leave while one is open.
///         Every lock can be ended by anyone: `fulfil` once its leaf is final, `dropClaim` once that is void, `slash` from
///         `slashableAt` on, `unwind` once the verifier is gone. A hidden operator cannot lock: the lock names it, and the
///         registry refuses one that is not enrolled.
///
/// @dev There is no owner, no pause and no upgrade. Balances are pulled; no function but `withdraw` calls an account.
///      The contract holds balances, escrow, collateral and the burned sum, which nobody can move.
/// @dev WARNING to requesters: signing is consent to be charged up to maxPrice + relayFee by any lock in time, whenever the
///      balance allows. `cancel` ends that. An unlocked request reserves nothing.
/// @dev WARNING to operators: fetch and check the input before you lock. A locked request whose input cannot be had is
///      a default like any other; this version has no data demand. Do not rotate your identity leaf while you hold
///      locks: the receipt has to show the leaf of the lock. Settle what is recorded or final without delay: after a stop
///      or a removal of the key, anybody can unwind what is not.
/// @dev Absent, and refused by name: payment in tokens, callbacks, fee shares. Absent altogether: fulfilment without a
///      lock, rescue by others, authorisation of locks by signature, signatures of contracts (ERC-1271: a contract submits).
interface IProofMarket {
    /// @notice How the receipt of a request may be shown.
    /// @param Batched Out of an anchored batch once final, or recorded.
    /// @param Recorded Only recorded by `verifyNow`: the proof was checked on chain.
    enum Assurance {
        Batched,
        Recorded
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
        Expired
    }

    /// @notice A lock.
    /// @param locker Who put up the collateral, and gets it back.
    /// @param price Price set aside, in wei.
    /// @param state See RequestState.
    /// @param collateral Collateral set aside, in wei.
    /// @param relayFee Relay fee set aside, in wei.
    /// @param deadline Last second of anchoring or recording.
    /// @param operator Whose receipt serves.
    /// @param leaf Identity leaf that the receipt must show.
    struct Lock {
        address locker;
        uint88 price;
        RequestState state;
        uint88 collateral;
        uint88 relayFee;
        uint64 deadline;
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
    /// @param proof Launch proof: on chain, so that anybody can challenge the leaf.
    /// @param notBeforeHeader RLP of the block header whose hash is header.notBeforeHash.
    struct Evidence {
        BatchRef batch;
        uint32 index;
        bytes32[] path;
        ReceiptHeader header;
        bytes proof;
        bytes notBeforeHeader;
    }

    /// @notice An account put ether in.
    event Deposited(address indexed account, uint256 amount);
    /// @notice An account took ether out.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
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
    /// @notice A request was paid. `price` less `protocolFee` went to the payee, `relayFee` to the relayer.
    event RequestFulfilled(
        bytes32 indexed requestId,
        address indexed payee,
        OperatorId indexed operator,
        uint256 price,
        uint256 protocolFee,
        address relayer,
        uint256 relayFee
    );
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
    /// @notice This version pays in ether only.
    error TokenUnsupported(address token);
    /// @notice This version calls nobody.
    error CallbackUnsupported(address callback, uint32 callbackGas);
    /// @notice This version shares no fees.
    error FeeSharesUnsupported(bytes32 feeSharesHash);
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
    /// @notice The enrolment ends before the request's deadline: the receipt could become impossible.
    error EnrolmentTooShort(OperatorId operator, uint64 validUntil, uint256 deadline);
    /// @notice The request is for another operator.
    error OperatorNotNamed(OperatorId operator, OperatorId named);
    /// @notice The operator's trust score is below what the request asks for.
    error TrustTooLow(OperatorId operator, uint16 score, uint16 minTrust);
    /// @notice The account has less than this needs.
    error InsufficientBalance(address account, uint256 balance, uint256 needed);

    /// @notice A member of the header is not what the request and its lock ask for.
    error ReceiptMismatch(bytes32 name, bytes32 actual, bytes32 expected);
    /// @notice The receipt hides the capsule or the operator; both must be disclosed here.
    error NotDisclosed(uint8 flags);
    /// @notice The header names nobody to pay.
    error ZeroPayee();
    /// @notice The launch was before the request allows it, or after the receipt was anchored.
    error LaunchOutOfRange(uint64 launchedAt, uint64 earliest, uint64 latest);
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
    /// @notice The anchor has no record of this receipt.
    error NotRecorded(bytes32 requestId);
    /// @notice The lock cannot be slashed yet.
    error NotSlashable(bytes32 requestId, uint256 slashableAt, uint256 now_);
    /// @notice The verifier was stopped or removed: the lock is to be unwound, nobody is slashed.
    error UnwindInstead(bytes32 requestId);
    /// @notice The verifier is in use and the capsule listed (or the caller is not the locker): nothing to unwind.
    error NothingToUnwind(bytes32 requestId);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Adds the value sent to the caller's balance.
    function deposit() external payable;

    /// @notice Pays `amount` of the caller's balance out to `to`. Always possible for what is not set aside.
    function withdraw(uint256 amount, address payable to) external;

    /// @notice Puts a request on chain. Requester only. Reserves nothing. Needed by contracts, which cannot sign.
    /// @return requestId EIP-712 digest of the request.
    function submit(ProofRequest calldata request) external returns (bytes32 requestId);

    /// @notice Withdraws a request that is not locked, submitted or signed. Requester only.
    function cancel(ProofRequest calldata request) external;

    /// @notice Marks a submitted request as expired after its lock deadline. Anyone.
    function expire(ProofRequest calldata request) external;

    /// @notice Takes a request for an enrolled operator that the caller controls, which becomes liable for it (the registry
    ///         refuses one that is not enrolled). Sets aside the price of this second and the relay
    ///         fee out of the requester's balance, and the collateral out of the caller's.
    /// @param request The request.
    /// @param requesterSignature r || s || v over the request's id, s in the lower half; empty if it was submitted.
    /// @param operator Whose receipt will serve.
    /// @return requestId The request's id.
    /// @return price Price set aside, in wei.
    function lock(ProofRequest calldata request, bytes calldata requesterSignature, OperatorId operator)
        external
        returns (bytes32 requestId, uint256 price);

    /// @notice Claims a locked request with an anchored receipt. Locker only, once per request. The receipt must be admitted
    ///         now, so claim within the anchor's maxReceiptAge of the launch.
    function claim(ProofRequest calldata request, Evidence calldata evidence) external;

    /// @notice Pays a claimed request whose leaf is final. Anyone.
    function fulfil(bytes32 requestId) external;

    /// @notice Pays those of the requests that are claimed with a final leaf, and passes over the others. Anyone.
    /// @return paid How many were paid.
    function fulfilMany(bytes32[] calldata requestIds) external returns (uint256 paid);

    /// @notice Frees a request from a claim whose leaf is void. Anyone. The locker has `grace` from now, and never less
    ///         than to the deadline, to have a receipt recorded. If the leaf itself was proven fraudulent, or to hold a
    ///         second receipt of a nullifier, which only who has the operator's secret can make, that is a fact against the
    ///         operator; if the batch fell, it is not.
    function dropClaim(bytes32 requestId) external;

    /// @notice Pays a request whose receipt `verifyNow` recorded in time, whether or not another is claimed. Anyone.
    function fulfilRecorded(ProofRequest calldata request, ReceiptHeader calldata header) external;

    /// @notice Slashes the collateral of a request that was not served. Anyone, from `slashableAt` on. At least half is
    ///         burned, a tenth goes to the caller, the rest to the requester up to the price; price and relay fee go back
    ///         to the requester.
    function slash(ProofRequest calldata request) external;

    /// @notice Undoes a lock when its verifier was removed or the router stopped (anyone), or when its capsule is not listed
    ///         any more (the locker, as long as it has not claimed). Not if a claimed leaf is final.
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

    /// @notice First second from which a locked request can be slashed; 0 if it holds no lock or a claim.
    function slashableAt(bytes32 requestId) external view returns (uint256);

    /// @notice State of a request.
    function stateOf(bytes32 requestId) external view returns (RequestState);

    /// @notice The lock of a request; kept after it ended.
    function lockOf(bytes32 requestId) external view returns (Lock memory);

    /// @notice The claim of a request; kept after it ended.
    function claimOf(bytes32 requestId) external view returns (Claim memory);

    /// @notice Sum of the prices that are, or were, paid out of a batch without the proof being checked on chain, in wei.
    function claimedOf(bytes32 batchId) external view returns (uint256);

    /// @notice Balance that an account can withdraw, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Sum that was burned, in wei: protocol fees, and parts of slashes. It stays here for good.
    function burned() external view returns (uint256);

    /// @notice Protocol fee in basis points of the price, rounded down, wholly burned.
    function protocolFeeBps() external view returns (uint16);

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
