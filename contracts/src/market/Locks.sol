// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {Claims} from "../lib/Claims.sol";
import {MarketRules} from "../lib/MarketRules.sol";
import {Pricing} from "../lib/Pricing.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {KeptLock} from "../types/KeptLock.sol";
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
        requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        if (l.state != RequestState.None) revert WrongState(requestId, l.state);
        l.state = RequestState.Open;
        MarketRules.submit(requestId, wordsOf(request), address(anchor), fees);
    }

    /// @inheritdoc IProofMarket
    function cancel(ProofRequest calldata request) external {
        _requireRequester(request);
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        if (l.state > RequestState.Open) revert WrongState(requestId, l.state);
        l.state = RequestState.Cancelled;
        emit RequestCancelled(requestId, msg.sender);
    }

    /// @inheritdoc IProofMarket
    function expire(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
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
        (price,) = _lock(requestId, request, msg.sender, operator, requesterSignature, shares);
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
        uint256 collateral;
        (price, collateral) =
            _lock(requestId, request, authorization.locker, authorization.operatorId, requesterSignature, shares);
        if (price < authorization.minPrice) revert PriceTooLow(requestId, price, authorization.minPrice);
        if (collateral > authorization.maxCollateral) {
            revert CollateralTooHigh(requestId, collateral, authorization.maxCollateral);
        }
    }

    /// @inheritdoc IProofMarket
    function voidNonces(uint256 word, uint256 mask) external {
        usedNonces[msg.sender][word] |= mask;
        emit NoncesVoided(msg.sender, word, mask);
    }

    /// @inheritdoc IProofMarket
    function slash(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        MarketRules.requireSlashable(l, claims[requestId], demands[requestId], requestId, wordsOf(request), _parties());
        l.state = RequestState.Slashed;
        address token = request.paymentToken;
        Pricing.Slash memory parts = Pricing.slash(l.collateral, l.price);
        _burn(token, parts.burned);
        _credit(token, msg.sender, parts.caller);
        OperatorId operator = _release(l);
        emit RequestSlashed(requestId, operator, msg.sender, parts.burned, parts.caller, parts.requester);
        _refund(request, l, parts.requester);
        _fault(l, operator);
    }

    /// @inheritdoc IProofMarket
    function unwind(ProofRequest calldata request) external {
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        _requireHeld(requestId, l);
        Claim storage c = claims[requestId];
        MarketRules.requireUnwindable(l, c, demands[requestId], requestId, wordsOf(request), _parties());
        if (l.state == RequestState.Claimed) Claims.freeSlot(claimedOf, c);
        l.state = RequestState.Unwound;
        _credit(request.paymentToken, l.locker, l.collateral);
        _refund(request, l, 0);
        emit RequestUnwound(requestId, _release(l));
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
    function slashableAt(bytes32 requestId) external view returns (uint256) {
        return MarketRules.slashableAt(locks[requestId], claims[requestId], _parties());
    }

    /// @dev The one way into a lock: everything that is to be asked, then the money.
    function _lock(
        bytes32 requestId,
        ProofRequest calldata request,
        address locker,
        OperatorId operator,
        bytes calldata signature,
        FeeShare[] calldata shares
    ) private returns (uint256 price, uint256 collateral) {
        KeptLock storage l = locks[requestId];
        MarketRules.Engagement memory e =
            MarketRules.engage(requestId, wordsOf(request), _parties(), l.state, locker, operator, signature, shares);
        (price, collateral) = (e.price, e.collateral);
        _takeMoney(request, price, locker, collateral);
        uint64 deadline = _keep(l, request, locker, e);
        emit RequestLocked(requestId, locker, operator, e.leaf, price, collateral, deadline);
    }

    function _takeMoney(ProofRequest calldata request, uint256 price, address locker, uint256 collateral) private {
        address token = request.paymentToken;
        _debit(token, request.requester, price + request.relayFee);
        _debit(token, locker, collateral);
    }

    /// @dev Writes a lock. The rules bound the three amounts to 88 bits and the deadline to a year from now; a requester
    ///      agreed to the fee. In assembly each slot is written once, and not read before.
    function _keep(KeptLock storage l, ProofRequest calldata request, address locker, MarketRules.Engagement memory e)
        private
        returns (uint64 deadline)
    {
        deadline = request.offer.rampStart + request.offer.timeout;
        uint256 locked = uint256(RequestState.Locked);
        uint256 first = uint160(locker) | e.price << 160 | locked << 248;
        uint256 second = e.collateral | uint256(request.relayFee) << 88 | uint256(deadline) << 176 | uint256(e.feeBps)
            << 224 | uint256(MarketRules.extrasOf(request)) << 240;
        IdentityLeaf leaf = e.leaf;
        assembly ("memory-safe") {
            sstore(l.slot, first)
            sstore(add(l.slot, 1), second)
            sstore(add(l.slot, 2), leaf)
        }
    }

    function _requireRequester(ProofRequest calldata request) private view {
        if (msg.sender != request.requester) revert NotRequester(msg.sender, request.requester);
    }
}
