// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {MarketRules} from "../lib/MarketRules.sol";
import {Pricing} from "../lib/Pricing.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {LockAuthorization} from "../types/LockAuthorization.sol";
import {ProofRequest, wordsOf} from "../types/ProofRequest.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Locks
/// @notice Requests up to their lock, and locks that end without a receipt. See IProofMarket.
abstract contract Locks is MarketBase {
    mapping(address locker => mapping(uint256 word => uint256)) private usedNonces;

    /// @inheritdoc IProofMarket
    function submit(ProofRequest calldata request) external returns (bytes32 requestId) {
        _requireRequester(request);
        MarketRules.requireTerms(wordsOf(request), address(anchor), protocolFeeBps());
        _requireLockable(requestId = requestIdOf(request), request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.None) revert WrongState(requestId, l.state);
        l.state = RequestState.Open;
        MarketRules.announce(requestId, wordsOf(request));
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
        uint256 last = uint256(request.offer.rampStart) + request.offer.lockTimeout + grace;
        if (block.timestamp <= last) revert LockDeadlineAhead(requestId, last, block.timestamp);
        l.state = RequestState.Expired;
        emit RequestExpired(requestId);
    }

    /// @inheritdoc IProofMarket
    function lock(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        OperatorId operator,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price) {
        requestId = requestIdOf(request);
        uint16 feeBps = _agree(requestId, request, requesterSignature, shares);
        (price,) = _lock(requestId, request, msg.sender, operator, feeBps);
    }

    /// @inheritdoc IProofMarket
    function lockFor(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        LockAuthorization calldata authorization,
        bytes calldata lockerSignature,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price) {
        requestId = requestIdOf(request);
        MarketRules.useAuthorization(usedNonces[authorization.locker], requestId, authorization, lockerSignature);
        uint16 feeBps = _agree(requestId, request, requesterSignature, shares);
        price = _lockAuthorized(requestId, request, authorization, feeBps);
    }

    /// @inheritdoc IProofMarket
    function voidNonces(uint256 word, uint256 mask) external {
        usedNonces[msg.sender][word] |= mask;
        emit NoncesVoided(msg.sender, word, mask);
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
        address token = request.paymentToken;
        Pricing.Slash memory parts = Pricing.slash(l.collateral, l.price);
        _burn(token, parts.burned);
        _credit(token, msg.sender, parts.caller);
        emit RequestSlashed(requestId, l.operator, msg.sender, parts.burned, parts.caller, parts.requester);
        _refund(request, l, parts.requester);
        _fault(l);
    }

    /// @inheritdoc IProofMarket
    function unwind(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        _requireHeld(requestId, l);
        bool claimed = l.state == RequestState.Claimed;
        if (!_isVerifierGone(request)) {
            uint256 reopened = claims[requestId].reopenedUntil;
            // What is a default already stays one.
            bool late = block.timestamp > l.deadline && block.timestamp > reopened;
            bool revoked = !capsules.isCapsuleListed(request.publisherId, request.capsuleLeaf);
            if (claimed || late || msg.sender != l.locker || !revoked) revert NothingToUnwind(requestId);
        }
        if (claimed) {
            Claim storage c = claims[requestId];
            (LeafStatus status,) = _batches().placeStatus(c.batchId, c.index);
            if (status == LeafStatus.Final) revert LeafIsFinal(requestId, c.batchId, c.index);
            _freeSlot(c);
        }
        l.state = RequestState.Unwound;
        _credit(request.paymentToken, l.locker, l.collateral);
        emit RequestUnwound(requestId, l.operator);
        _refund(request, l, 0);
        _release(l);
    }

    /// @inheritdoc IProofMarket
    function priceAt(ProofRequest calldata request, uint64 time) external pure returns (uint256) {
        return Pricing.priceAt(request.offer, time);
    }

    /// @inheritdoc IProofMarket
    function collateralOf(ProofRequest calldata request, OperatorId operator) external view returns (uint256) {
        return MarketRules.collateralOf(wordsOf(request), operator, trust, collateralFloorBps);
    }

    /// @inheritdoc IProofMarket
    function isNonceUsed(address locker, uint256 nonce) external view returns (bool) {
        return usedNonces[locker][nonce >> 8] >> (nonce & 0xff) & 1 != 0;
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

    function _lockAuthorized(
        bytes32 requestId,
        ProofRequest calldata request,
        LockAuthorization calldata authorization,
        uint16 feeBps
    ) private returns (uint256 price) {
        uint256 collateral;
        (price, collateral) = _lock(requestId, request, authorization.locker, authorization.operatorId, feeBps);
        if (price < authorization.minPrice) revert PriceTooLow(requestId, price, authorization.minPrice);
        if (collateral > authorization.maxCollateral) {
            revert CollateralTooHigh(requestId, collateral, authorization.maxCollateral);
        }
    }

    /// @dev The one way into a lock, for a request that was agreed to: time, operator, money.
    function _lock(bytes32 requestId, ProofRequest calldata request, address locker, OperatorId operator, uint16 feeBps)
        private
        returns (uint256 price, uint256 collateral)
    {
        _requireLockable(requestId, request);
        // Who locks what cannot be served would only hold the price, and unwind.
        if (!capsules.isCapsuleListed(request.publisherId, request.capsuleLeaf)) revert CapsuleNotListed(requestId);
        price = Pricing.priceAt(request.offer, block.timestamp);
        IdentityLeaf leaf;
        (leaf, collateral) =
            MarketRules.bind(wordsOf(request), operator, locker, operators, trust, collateralFloorBps, TAIL);
        router.resolve(request.verifierKey);
        _debit(request.paymentToken, request.requester, price + request.relayFee);
        _debit(request.paymentToken, locker, collateral);
        // requireTerms and bind bound the three amounts, and requireTerms the deadline to a year from now.
        uint48 deadline = uint48(request.offer.rampStart + request.offer.timeout);
        locks[requestId] = Lock({
            locker: locker,
            price: uint88(price),
            state: RequestState.Locked,
            collateral: uint88(collateral),
            relayFee: uint88(request.relayFee),
            deadline: deadline,
            feeBps: feeBps,
            extras: MarketRules.extrasOf(request),
            operator: operator,
            leaf: leaf
        });
        emit RequestLocked(requestId, locker, operator, leaf, price, collateral, deadline);
    }

    function _requireRequester(ProofRequest calldata request) private view {
        if (msg.sender != request.requester) revert NotRequester(msg.sender, request.requester);
    }

    function _requireLockable(bytes32 requestId, ProofRequest calldata request) private view {
        uint256 last = uint256(request.offer.rampStart) + request.offer.lockTimeout;
        if (block.timestamp > last) revert LockDeadlinePassed(requestId, last, block.timestamp);
    }
}
