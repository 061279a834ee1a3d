// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {Pricing} from "../lib/Pricing.sol";
import {ProofRequestLib} from "../lib/ProofRequestLib.sol";
import {ReceiptHeaderLib} from "../lib/ReceiptHeaderLib.sol";
import {ServedRequest} from "../lib/ServedRequest.sol";
import {batchIdOf} from "../types/BatchRef.sol";
import {IdentityLeaf, OperatorId, PublisherId, ReceiptDigest} from "../types/Ids.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";

/// @title ProofMarket
/// @notice See IProofMarket.
contract ProofMarket is IProofMarket {
    using ProofRequestLib for ProofRequest;
    using ReceiptHeaderLib for ReceiptHeader;

    /// @dev Furthest deadline of a lock: nobody should tie up collateral for longer by a slip of the unit.
    uint256 private constant MAX_TERM = 365 days;
    /// @dev Bounds of the construction parameters.
    uint256 private constant MAX_PROTOCOL_FEE_BPS = 1000;
    uint256 private constant MAX_GRACE = 30 days;

    /// @inheritdoc IProofMarket
    IReceiptAnchor public immutable anchor;
    /// @inheritdoc IProofMarket
    IOperatorRegistry public immutable operators;
    /// @inheritdoc IProofMarket
    ICapsuleRegistry public immutable capsules;
    /// @inheritdoc IProofMarket
    IVerifierRouter public immutable router;
    /// @inheritdoc IProofMarket
    ITrustScores public immutable trust;
    /// @inheritdoc IProofMarket
    uint16 public immutable protocolFeeBps;
    /// @inheritdoc IProofMarket
    uint16 public immutable collateralFloorBps;
    /// @inheritdoc IProofMarket
    uint64 public immutable grace;
    /// @inheritdoc IProofMarket
    uint64 public immutable challengeWindow;

    /// @inheritdoc IProofMarket
    uint256 public burned;
    /// @inheritdoc IProofMarket
    mapping(address account => uint256) public balanceOf;
    /// @inheritdoc IProofMarket
    mapping(bytes32 batchId => uint256) public claimedOf;

    mapping(bytes32 requestId => Lock) private locks;
    mapping(bytes32 requestId => Claim) private claims;

    constructor(
        IReceiptAnchor anchor_,
        ITrustScores trust_,
        uint16 protocolFeeBps_,
        uint16 collateralFloorBps_,
        uint64 grace_
    ) {
        if (protocolFeeBps_ > MAX_PROTOCOL_FEE_BPS) {
            revert BadParameter("protocolFeeBps", protocolFeeBps_);
        }
        if (collateralFloorBps_ == 0 || collateralFloorBps_ > Pricing.BPS) {
            revert BadParameter("collateralFloorBps", collateralFloorBps_);
        }
        if (grace_ == 0 || grace_ > MAX_GRACE) revert BadParameter("grace", grace_);
        if (trust_.reporter() != address(this)) revert BadParameter("trust", uint160(trust_.reporter()));
        (anchor, trust) = (anchor_, trust_);
        (operators, capsules, router) = (anchor_.operators(), anchor_.capsules(), anchor_.router());
        if (operators.reporter() != address(this)) revert BadParameter("operators", uint160(operators.reporter()));
        (protocolFeeBps, collateralFloorBps, grace) = (protocolFeeBps_, collateralFloorBps_, grace_);
        challengeWindow = anchor_.times().challengeWindow;
    }

    /// @inheritdoc IProofMarket
    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc IProofMarket
    function withdraw(uint256 amount, address payable to) external {
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed(to, amount);
    }

    /// @inheritdoc IProofMarket
    function submit(ProofRequest calldata request) external returns (bytes32 requestId) {
        _requireRequester(request);
        requireTerms(request);
        _requireLockable(requestId = requestIdOf(request), request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.None) revert WrongState(requestId, l.state);
        l.state = RequestState.Open;
        emit RequestSubmitted(requestId, request.requester, request);
    }

    /// @inheritdoc IProofMarket
    function cancel(ProofRequest calldata request) external {
        _requireRequester(request);
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        if (l.state > RequestState.Open) revert WrongState(requestId, l.state);
        l.state = RequestState.Cancelled;
        emit RequestCancelled(requestId, msg.sender);
    }

    /// @inheritdoc IProofMarket
    function expire(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Open) revert WrongState(requestId, l.state);
        uint256 last = uint256(request.offer.rampStart) + request.offer.lockTimeout;
        if (block.timestamp <= last) revert LockDeadlineAhead(requestId, last, block.timestamp);
        l.state = RequestState.Expired;
        emit RequestExpired(requestId);
    }

    /// @inheritdoc IProofMarket
    function lock(ProofRequest calldata request, bytes calldata requesterSignature, OperatorId operator)
        external
        returns (bytes32 requestId, uint256 price)
    {
        requireTerms(request);
        _requireLockable(requestId = requestIdOf(request), request);
        _requireConsent(requestId, request, requesterSignature);
        price = Pricing.priceAt(request.offer, block.timestamp);
        IdentityLeaf leaf = _bindOperator(request, operator);
        router.resolve(request.verifierKey);
        uint256 collateral = _collateral(request, operator);
        _debit(request.requester, price + request.relayFee);
        _debit(msg.sender, collateral);
        // requireTerms and _collateral bound the three amounts and the deadline.
        uint64 deadline = request.offer.rampStart + request.offer.timeout;
        locks[requestId] = Lock({
            locker: msg.sender,
            price: uint88(price),
            state: RequestState.Locked,
            collateral: uint88(collateral),
            relayFee: uint88(request.relayFee),
            deadline: deadline,
            operator: operator,
            leaf: leaf
        });
        emit RequestLocked(requestId, msg.sender, operator, leaf, price, collateral, deadline);
    }

    /// @inheritdoc IProofMarket
    function claim(ProofRequest calldata request, Evidence calldata evidence) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Locked) revert WrongState(requestId, l.state);
        if (msg.sender != l.locker) revert NotLocker(requestId, msg.sender, l.locker);
        if (request.assurance != uint8(Assurance.Batched)) revert RecordRequired(requestId);
        bytes32 leaf = _leafOf(evidence);
        bytes32 batchId = batchIdOf(evidence.batch);
        (uint64 anchoredAt, uint88 taken) = _takeSlot(requestId, l.price, batchId, leaf, evidence);
        if (anchoredAt > l.deadline) revert TooLate(requestId, anchoredAt, l.deadline);
        ServedRequest.requireServed(requestId, request, evidence.header, l.leaf, anchoredAt);
        anchor.requireAdmitted(evidence.header, request.publisherId, evidence.notBeforeHeader);
        l.state = RequestState.Claimed;
        claims[requestId] = Claim({
            payee: evidence.header.payee,
            index: evidence.index,
            reopenedUntil: 0,
            relayer: evidence.batch.relayer,
            taken: taken,
            batchId: batchId
        });
        emit RequestClaimed(requestId, batchId, evidence.index, leaf, evidence.header.payee);
    }

    /// @inheritdoc IProofMarket
    function fulfil(bytes32 requestId) external {
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Claimed) revert WrongState(requestId, l.state);
        Claim storage c = claims[requestId];
        if (_statusOf(c) != LeafStatus.Final) revert LeafNotFinal(requestId, c.batchId, c.index);
        _pay(requestId, l, c.payee, c.relayer);
    }

    /// @inheritdoc IProofMarket
    function fulfilMany(bytes32[] calldata requestIds) external returns (uint256 paid) {
        for (uint256 i; i < requestIds.length; ++i) {
            bytes32 requestId = requestIds[i];
            Lock storage l = locks[requestId];
            if (l.state != RequestState.Claimed) continue;
            Claim storage c = claims[requestId];
            if (_statusOf(c) != LeafStatus.Final) continue;
            _pay(requestId, l, c.payee, c.relayer);
            ++paid;
        }
    }

    /// @inheritdoc IProofMarket
    function dropClaim(bytes32 requestId) external {
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Claimed) revert WrongState(requestId, l.state);
        Claim storage c = claims[requestId];
        (LeafStatus status, bool fallen) = _batches().placeStatus(c.batchId, c.index);
        if (status != LeafStatus.Void) revert LeafNotVoid(requestId, c.batchId, c.index);
        l.state = RequestState.Reopened;
        c.reopenedUntil = uint64(block.timestamp) + grace;
        _freeSlot(c);
        emit ClaimDropped(requestId, c.batchId, c.index, c.reopenedUntil);
        if (!fallen) trust.recordChallenged(l.operator, _protocolFee(l.price));
    }

    /// @inheritdoc IProofMarket
    function fulfilRecorded(ProofRequest calldata request, ReceiptHeader calldata header) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        _requireHeld(requestId, l);
        if (!anchor.isRecorded(header)) revert NotRecorded(requestId);
        IReceiptAnchor.Record memory record = anchor.recordOf(header.nullifier);
        if (PublisherId.unwrap(record.publisher) != PublisherId.unwrap(request.publisherId)) {
            revert ReceiptMismatch(
                "publisher", PublisherId.unwrap(record.publisher), PublisherId.unwrap(request.publisherId)
            );
        }
        Claim storage c = claims[requestId];
        uint64 last = c.reopenedUntil > l.deadline ? c.reopenedUntil : l.deadline;
        if (record.recordedAt > last) revert TooLate(requestId, record.recordedAt, last);
        ServedRequest.requireServed(requestId, request, header, l.leaf, record.recordedAt);
        if (l.state == RequestState.Claimed) _freeSlot(c);
        _pay(requestId, l, header.payee, record.submitter);
    }

    /// @inheritdoc IProofMarket
    function slash(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        uint256 from = slashableAt(requestId);
        if (from == 0) revert WrongState(requestId, l.state);
        if (block.timestamp < from) revert NotSlashable(requestId, from, block.timestamp);
        if (_isVerifierGone(request)) revert UnwindInstead(requestId);
        l.state = RequestState.Slashed;
        OperatorId operator = l.operator;
        uint256 price = l.price;
        Pricing.Slash memory parts = Pricing.slash(l.collateral, price);
        burned += parts.burned;
        balanceOf[msg.sender] += parts.caller;
        balanceOf[request.requester] += parts.requester + price + l.relayFee;
        emit RequestSlashed(requestId, operator, msg.sender, parts.burned, parts.caller, parts.requester);
        operators.lowerLiability(operator);
        trust.recordFaulted(operator, _protocolFee(price));
    }

    /// @inheritdoc IProofMarket
    function unwind(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        _requireHeld(requestId, l);
        bool claimed = l.state == RequestState.Claimed;
        if (!_isVerifierGone(request)) {
            bool revoked = !capsules.isCapsuleListed(request.publisherId, request.capsuleLeaf);
            if (claimed || msg.sender != l.locker || !revoked) revert NothingToUnwind(requestId);
        }
        if (claimed) {
            Claim storage c = claims[requestId];
            if (_statusOf(c) == LeafStatus.Final) revert LeafIsFinal(requestId, c.batchId, c.index);
            _freeSlot(c);
        }
        l.state = RequestState.Unwound;
        balanceOf[l.locker] += l.collateral;
        balanceOf[request.requester] += uint256(l.price) + l.relayFee;
        emit RequestUnwound(requestId, l.operator);
        operators.lowerLiability(l.operator);
    }

    /// @inheritdoc IProofMarket
    function domainSeparator() external view returns (bytes32) {
        return ProofRequestLib.domainSeparator(address(this));
    }

    /// @inheritdoc IProofMarket
    function priceAt(ProofRequest calldata request, uint64 time) external pure returns (uint256) {
        return Pricing.priceAt(request.offer, time);
    }

    /// @inheritdoc IProofMarket
    function collateralOf(ProofRequest calldata request, OperatorId operator) external view returns (uint256) {
        return Pricing.requiredCollateral(
            request.baseCollateral, trust.scoreOf(operator), request.offer.maxPrice, collateralFloorBps
        );
    }

    /// @inheritdoc IProofMarket
    function stateOf(bytes32 requestId) external view returns (RequestState) {
        return locks[requestId].state;
    }

    /// @inheritdoc IProofMarket
    function lockOf(bytes32 requestId) external view returns (Lock memory) {
        return locks[requestId];
    }

    /// @inheritdoc IProofMarket
    function claimOf(bytes32 requestId) external view returns (Claim memory) {
        return claims[requestId];
    }

    /// @inheritdoc IProofMarket
    function requestIdOf(ProofRequest calldata request) public view returns (bytes32) {
        return request.id(address(this));
    }

    /// @inheritdoc IProofMarket
    function slashableAt(bytes32 requestId) public view returns (uint256) {
        Lock storage l = locks[requestId];
        if (l.state == RequestState.Locked) return uint256(l.deadline) + challengeWindow + grace + 1;
        if (l.state != RequestState.Reopened) return 0;
        uint256 closed = uint256(l.deadline) + challengeWindow;
        uint256 reopened = claims[requestId].reopenedUntil;
        return (closed > reopened ? closed : reopened) + grace + 1;
    }

    /// @inheritdoc IProofMarket
    function requireTerms(ProofRequest calldata r) public view {
        if (r.anchor != address(anchor)) revert WrongAnchor(r.anchor, address(anchor));
        if (r.requester == address(0)) revert ZeroRequester();
        if (r.paymentToken != address(0)) revert TokenUnsupported(r.paymentToken);
        if (r.callback != address(0) || r.callbackGas != 0) revert CallbackUnsupported(r.callback, r.callbackGas);
        if (r.feeSharesHash != 0) revert FeeSharesUnsupported(r.feeSharesHash);
        if (r.assurance > uint8(type(Assurance).max)) revert UnknownAssurance(r.assurance, uint8(type(Assurance).max));
        if (protocolFeeBps > r.maxProtocolFeeBps) revert ProtocolFeeTooHigh(protocolFeeBps, r.maxProtocolFeeBps);
        if (r.offer.minPrice > r.offer.maxPrice) revert PricesOutOfOrder(r.offer.minPrice, r.offer.maxPrice);
        if (r.offer.rampLength > r.offer.lockTimeout || r.offer.lockTimeout > r.offer.timeout) {
            revert TimesOutOfOrder(r.offer.rampLength, r.offer.lockTimeout, r.offer.timeout);
        }
        uint256 deadline = uint256(r.offer.rampStart) + r.offer.timeout;
        if (deadline > block.timestamp + MAX_TERM) revert DeadlineTooFar(deadline, block.timestamp + MAX_TERM);
        _requireAmount("maxPrice", r.offer.maxPrice);
        _requireAmount("relayFee", r.relayFee);
    }

    /// @dev Pays everybody: price less the burned fee to the payee, relay fee to the relayer, collateral to the locker.
    function _pay(bytes32 requestId, Lock storage l, address payee, address relayer) private {
        l.state = RequestState.Fulfilled;
        (uint256 price, uint256 relayFee) = (l.price, l.relayFee);
        uint256 fee = _protocolFee(price);
        OperatorId operator = l.operator;
        balanceOf[payee] += price - fee;
        balanceOf[l.locker] += l.collateral;
        if (relayFee != 0) balanceOf[relayer] += relayFee;
        if (fee != 0) burned += fee;
        emit RequestFulfilled(requestId, payee, operator, price, fee, relayer, relayFee);
        operators.lowerLiability(operator);
        trust.recordFulfilled(operator, fee);
    }

    /// @dev Checks the leaf and takes room in the batch's slice. If the batch leaves a challenger less than the grace, the
    ///      proof is checked here instead, and nothing of the slice is taken.
    function _takeSlot(bytes32 requestId, uint88 price, bytes32 batchId, bytes32 leaf, Evidence calldata evidence)
        private
        returns (uint64, uint88)
    {
        (LeafStatus status, uint64 anchoredAt, uint64 finalAt) =
            _batches().leafStatus(evidence.batch, evidence.index, leaf, evidence.path);
        if (status == LeafStatus.Unknown) revert BatchUnknown(batchId);
        if (status == LeafStatus.Void) revert LeafIsVoid(batchId, evidence.index);
        if (status == LeafStatus.Final || finalAt < block.timestamp + grace) {
            if (!anchor.isProofValid(evidence.header, evidence.proof)) {
                revert ClaimProofInvalid(requestId, evidence.header.verifierKey);
            }
            return (anchoredAt, 0);
        }
        uint256 claimed = claimedOf[batchId] + price;
        uint256 cap = _batches().sliceOf(batchId) / 2;
        if (claimed > cap) revert SliceExhausted(batchId, claimed, cap);
        claimedOf[batchId] = claimed;
        return (anchoredAt, price);
    }

    /// @dev Gives back what a claim that will not be paid took of its batch's slice.
    function _freeSlot(Claim storage c) private {
        if (c.taken == 0) return;
        claimedOf[c.batchId] -= c.taken;
        c.taken = 0;
    }

    function _debit(address account, uint256 amount) private {
        uint256 balance = balanceOf[account];
        if (balance < amount) revert InsufficientBalance(account, balance, amount);
        balanceOf[account] = balance - amount;
    }

    /// @dev The requester agreed: by submitting, or by a signature that this lock brings and that is spent with it.
    function _requireConsent(bytes32 requestId, ProofRequest calldata request, bytes calldata signature) private {
        RequestState state = locks[requestId].state;
        if (state == RequestState.Open) return;
        if (state != RequestState.None) revert WrongState(requestId, state);
        if (signature.length == 0) revert NotSubmitted(requestId);
        ProofRequestLib.requireSigned(requestId, signature, request.requester);
        emit RequestSubmitted(requestId, request.requester, request);
    }

    /// @dev The caller controls an operator that may serve the request through to its deadline. Makes it liable for the lock,
    ///      and returns its leaf. A reentrance is not possible: the registry calls nobody.
    function _bindOperator(ProofRequest calldata request, OperatorId operator) private returns (IdentityLeaf) {
        if (OperatorId.unwrap(request.operatorId) != 0) {
            if (OperatorId.unwrap(request.operatorId) != OperatorId.unwrap(operator)) {
                revert OperatorNotNamed(operator, request.operatorId);
            }
        }
        IOperatorRegistry.Operator memory o = operators.raiseLiability(operator);
        if (o.controller != msg.sender) revert NotController(operator, msg.sender, o.controller);
        uint256 deadline = uint256(request.offer.rampStart) + request.offer.timeout;
        if (o.validUntil < deadline) revert EnrolmentTooShort(operator, o.validUntil, deadline);
        return o.leaf;
    }

    /// @dev Collateral at the operator's score of today, which must be what the request asks for.
    function _collateral(ProofRequest calldata request, OperatorId operator) private view returns (uint256 collateral) {
        uint16 score = trust.scoreOf(operator);
        if (score < request.minTrust) revert TrustTooLow(operator, score, request.minTrust);
        collateral =
            Pricing.requiredCollateral(request.baseCollateral, score, request.offer.maxPrice, collateralFloorBps);
        _requireAmount("collateral", collateral);
    }

    /// @dev The request holds escrow and collateral.
    function _requireHeld(bytes32 requestId, Lock storage l) private view {
        RequestState state = l.state;
        if (state != RequestState.Locked && state != RequestState.Claimed && state != RequestState.Reopened) {
            revert WrongState(requestId, state);
        }
    }

    function _requireRequester(ProofRequest calldata request) private view {
        if (msg.sender != request.requester) revert NotRequester(msg.sender, request.requester);
    }

    function _requireLockable(bytes32 requestId, ProofRequest calldata request) private view {
        uint256 last = uint256(request.offer.rampStart) + request.offer.lockTimeout;
        if (block.timestamp > last) revert LockDeadlinePassed(requestId, last, block.timestamp);
    }

    function _requireAmount(bytes32 name, uint256 amount) private pure {
        if (amount > type(uint88).max) revert AmountTooLarge(name, amount);
    }

    /// @dev Batch leaf of a canonical header and its proof: keccak256(0x00 || digest || keccak256(proof)).
    function _leafOf(Evidence calldata evidence) private view returns (bytes32) {
        evidence.header.requireCanonical();
        ReceiptDigest digest = evidence.header.digest(address(anchor));
        return keccak256(abi.encodePacked(bytes1(0), ReceiptDigest.unwrap(digest), keccak256(evidence.proof)));
    }

    function _statusOf(Claim storage c) private view returns (LeafStatus status) {
        (status,) = _batches().placeStatus(c.batchId, c.index);
    }

    /// @dev The judge of this request's proofs is gone for good.
    function _isVerifierGone(ProofRequest calldata request) private view returns (bool) {
        return router.stopped() || router.removed(request.verifierKey);
    }

    function _protocolFee(uint256 price) private view returns (uint256) {
        return price * protocolFeeBps / Pricing.BPS;
    }

    function _batches() private view returns (IReceiptBatches) {
        return IReceiptBatches(address(anchor));
    }
}
