// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IFeeSchedule} from "../interfaces/IFeeSchedule.sol";
import {IInputs} from "../interfaces/IInputs.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {DemandState} from "../types/Batch.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {KeptLock} from "../types/KeptLock.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {LockAuthorization} from "../types/LockAuthorization.sol";
import {Parties} from "../types/Parties.sol";
import {Offer, ProofRequest, requestOf} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {Pricing} from "./Pricing.sol";
import {ProofRequestLib} from "./ProofRequestLib.sol";
import {ServedRequest} from "./ServedRequest.sol";

/// @title MarketRules: what the market decides by: requests, signatures, operators, shares, and locks that end without a receipt
/// @dev Linked and called by delegatecall, so `address(this)`, `msg.sender` and events are the market's. With these rules inside
///      it would not fit EIP-170.
library MarketRules {
    /// @dev Bits of Lock.extras: what a settlement has to look up in the request.
    uint8 internal constant IN_TOKEN = 1;
    uint8 internal constant CALLBACK = 2;
    uint8 internal constant SHARES = 4;
    /// @dev Furthest deadline of a lock: nobody should tie up collateral for longer by a slip of the unit.
    uint256 internal constant MAX_TERM = 365 days;
    /// @dev Last value of Assurance.
    uint8 internal constant LAST_ASSURANCE = 3;
    /// @dev Most gas of a callback: who settles pays for it.
    uint32 internal constant MAX_CALLBACK_GAS = 500_000;
    /// @dev Most fee shares, and most of the price that they may be together: the rest, with the largest protocol fee off, is
    ///      two fifths at least.
    uint256 internal constant MAX_SHARES = 8;
    uint256 internal constant MAX_SHARES_BPS = 5_000;

    /// @dev What a lock comes to.
    struct Engagement {
        uint256 price;
        uint256 collateral;
        uint16 feeBps;
        IdentityLeaf leaf;
    }

    /// @dev See IProofMarket.requireTerms.
    function requireTerms(uint256[25] calldata words, address anchor, IFeeSchedule fees) external view {
        _requireTerms(requestOf(words), anchor, fees.current());
    }

    /// @dev A request that can still be locked, from its requester: in order, and published.
    function submit(bytes32 requestId, uint256[25] calldata words, address anchor, IFeeSchedule fees) external {
        ProofRequest calldata r = requestOf(words);
        _requireTerms(r, anchor, fees.current());
        _requireLockable(requestId, r);
        _announce(requestId, r);
    }

    /// @dev Terms and shares are in order, and the requester agreed: by submitting, or by a signature that is brought now and
    ///      spent with what it is brought for. Gives the fee that holds now.
    function requireAgreed(
        bytes32 requestId,
        uint256[25] calldata words,
        address anchor,
        IFeeSchedule fees,
        IProofMarket.RequestState state,
        bytes calldata signature,
        FeeShare[] calldata shares
    ) external returns (uint16 feeBps) {
        feeBps = fees.current();
        _requireAgreed(requestId, requestOf(words), anchor, feeBps, state, signature, shares);
    }

    /// @dev A request is locked now: agreed to as in `requireAgreed`, in time, for a capsule that is listed and a verifier in use, by the
    ///      operator's controller. Makes the operator liable. A reentrance is not possible: a contract that signs is asked
    ///      read-only, and the registry calls nobody.
    function engage(
        bytes32 requestId,
        uint256[25] calldata words,
        Parties calldata p,
        IProofMarket.RequestState state,
        address locker,
        OperatorId operator,
        bytes calldata signature,
        FeeShare[] calldata shares
    ) external returns (Engagement memory e) {
        ProofRequest calldata r = requestOf(words);
        e.feeBps = p.fees.current();
        _requireAgreed(requestId, r, address(p.anchor), e.feeBps, state, signature, shares);
        _requireLockable(requestId, r);
        // Who locks what cannot be served would only hold the price, and unwind.
        if (!p.capsules.isCapsuleListed(r.publisherId, r.capsuleLeaf)) revert IProofMarket.CapsuleNotListed(requestId);
        e.price = Pricing.priceAt(r.offer, block.timestamp);
        (e.leaf, e.collateral) = _bind(r, p, locker, operator);
        p.router.resolve(r.verifierKey);
    }

    /// @dev Reverts unless these are the shares that the hash names, and shares that can be paid.
    function requireShares(bytes32 feeSharesHash, FeeShare[] calldata shares) external pure {
        _requireShares(feeSharesHash, shares);
    }

    /// @dev Reverts unless the locker authorised a lock of this request, and still does; uses up the nonce.
    /// @param used The locker's nonces: bit i of word w is nonce 256 * w + i.
    function useAuthorization(
        mapping(uint256 word => uint256) storage used,
        bytes32 requestId,
        LockAuthorization calldata a,
        bytes calldata signature
    ) external {
        if (a.requestId != requestId) revert IProofMarket.OtherRequest(a.requestId, requestId);
        if (a.locker == address(0)) revert IProofMarket.ZeroLocker();
        if (block.timestamp > a.deadline) revert IProofMarket.AuthorizationExpired(a.deadline, block.timestamp);
        ProofRequestLib.requireSigned(ProofRequestLib.digest(a, address(this)), signature, a.locker);
        (uint256 word, uint256 bit) = (a.nonce >> 8, 1 << (a.nonce & 0xff));
        uint256 bits = used[word];
        if (bits & bit != 0) revert IProofMarket.NonceUsed(a.locker, a.nonce);
        used[word] = bits | bit;
    }

    /// @dev See IProofMarket.slashableAt.
    function slashableAt(KeptLock storage l, IProofMarket.Claim storage c, Parties calldata p)
        external
        view
        returns (uint256)
    {
        return _slashableAt(l, c, p);
    }

    /// @dev The lock is a default that can be slashed now. See IProofMarket.slash.
    function requireSlashable(
        KeptLock storage l,
        IProofMarket.Claim storage c,
        IInputs.InputDemand storage d,
        bytes32 requestId,
        uint256[25] calldata words,
        Parties calldata p
    ) external view {
        uint256 from = _slashableAt(l, c, p);
        if (from == 0) revert IProofMarket.WrongState(requestId, l.state);
        if (block.timestamp < from) revert IProofMarket.NotSlashable(requestId, from, block.timestamp);
        if (_isNeutral(l, d) || isVerifierGone(requestOf(words), p)) revert IProofMarket.UnwindInstead(requestId);
    }

    /// @dev The lock, which has not ended, can be undone now. See IProofMarket.unwind.
    function requireUnwindable(
        KeptLock storage l,
        IProofMarket.Claim storage c,
        IInputs.InputDemand storage d,
        bytes32 requestId,
        uint256[25] calldata words,
        Parties calldata p
    ) external view {
        ProofRequest calldata r = requestOf(words);
        if (!isVerifierGone(r, p) && !_isNeutralFor(l, c, d, p) && !_isRevokedFor(l, c, r, p)) {
            revert IProofMarket.NothingToUnwind(requestId);
        }
        if (l.state != IProofMarket.RequestState.Claimed) return;
        (LeafStatus status,) = IReceiptBatches(address(p.anchor)).placeStatus(c.batchId, c.index);
        if (status == LeafStatus.Final) revert IProofMarket.LeafIsFinal(requestId, c.batchId, c.index);
    }

    /// @dev See IProofMarket.rescuableFrom.
    function rescuableFrom(IInputs.InputDemand storage d, uint256[25] calldata words, uint256 grace)
        external
        view
        returns (uint256)
    {
        return firstRescue(d, requestOf(words), grace);
    }

    /// @dev See IProofMarket.collateralOf.
    function collateralOf(uint256[25] calldata words, OperatorId operator, ITrustScores trust, uint16 floorBps)
        external
        view
        returns (uint256)
    {
        return _collateralOf(requestOf(words), trust.scoreOf(operator), floorBps);
    }

    /// @dev Lock.extras of a request.
    function extrasOf(ProofRequest calldata r) internal pure returns (uint8 extras) {
        if (r.paymentToken != address(0)) extras = IN_TOKEN;
        if (r.callback != address(0)) extras |= CALLBACK;
        if (r.feeSharesHash != 0) extras |= SHARES;
    }

    /// @dev First second of a rescue: the offer's, but an answer to a demand gives the locker a grace to itself, and what is not
    ///      answered gives it all of the time.
    function firstRescue(IInputs.InputDemand storage d, ProofRequest calldata r, uint256 grace)
        internal
        view
        returns (uint256 from)
    {
        from = Pricing.rescuableFrom(r.offer);
        DemandState state = d.state;
        if (state == DemandState.None) return from;
        if (state != DemandState.Answered) return type(uint256).max;
        uint256 served = d.answeredAt + grace;
        if (served > from) from = served;
    }

    /// @dev The judge of this request's proofs is gone for good.
    function isVerifierGone(ProofRequest calldata r, Parties calldata p) internal view returns (bool) {
        return p.router.stopped() || p.router.removed(r.verifierKey);
    }

    /// @dev The header serves the request by an operator that may, though it did not lock; 0 is a hidden one, which serves where
    ///      nobody is named and no trust asked for.
    function provider(
        bytes32 requestId,
        ProofRequest calldata r,
        ReceiptHeader calldata header,
        uint64 latest,
        Parties calldata p
    ) internal view returns (OperatorId operator) {
        ServedRequest.requireServed(requestId, r, header, latest);
        if (ServedRequest.isOperatorHidden(header)) {
            if (OperatorId.unwrap(r.operatorId) != 0 || r.minTrust != 0) {
                revert IProofMarket.NotDisclosed(header.flags);
            }
            return operator;
        }
        operator = p.operators.originOf(IdentityLeaf.wrap(header.operatorTag)).operator;
        _requireNamed(r, operator);
        if (r.minTrust != 0) _requireTrusted(r, operator, p.trust.scoreOf(operator));
    }

    function _requireTerms(ProofRequest calldata r, address anchor, uint16 feeBps) private view {
        if (r.anchor != anchor) revert IProofMarket.WrongAnchor(r.anchor, anchor);
        if (r.requester == address(0)) revert IProofMarket.ZeroRequester();
        // Without code a token's transfers would seem to succeed.
        address token = r.paymentToken;
        if (token != address(0) && token.code.length == 0) revert IProofMarket.TokenWithoutCode(token);
        (address callback, uint32 callbackGas) = (r.callback, r.callbackGas);
        if ((callback == address(0)) != (callbackGas == 0) || callbackGas > MAX_CALLBACK_GAS) {
            revert IProofMarket.CallbackGasOutOfBounds(callback, callbackGas, MAX_CALLBACK_GAS);
        }
        if (r.assurance > LAST_ASSURANCE) revert IProofMarket.UnknownAssurance(r.assurance, LAST_ASSURANCE);
        if (feeBps > r.maxProtocolFeeBps) revert IProofMarket.ProtocolFeeTooHigh(feeBps, r.maxProtocolFeeBps);
        (uint128 minPrice, uint128 maxPrice) = (r.offer.minPrice, r.offer.maxPrice);
        if (minPrice > maxPrice) revert IProofMarket.PricesOutOfOrder(minPrice, maxPrice);
        if (maxPrice > type(uint88).max) revert IProofMarket.AmountTooLarge("maxPrice", maxPrice);
        _requireTimes(r.offer, r.earliestLaunch);
        if (r.relayFee > type(uint88).max) revert IProofMarket.AmountTooLarge("relayFee", r.relayFee);
        // The members that nothing above has read: reading refuses dirty bits, so that what is published can be decoded.
        (r.minTrust, r.baseCollateral);
    }

    function _requireTimes(Offer calldata offer, uint64 earliestLaunch) private view {
        (uint32 rampLength, uint32 lockTimeout, uint32 timeout) = (offer.rampLength, offer.lockTimeout, offer.timeout);
        if (rampLength > lockTimeout || lockTimeout > timeout) {
            revert IProofMarket.TimesOutOfOrder(rampLength, lockTimeout, timeout);
        }
        unchecked {
            (uint256 deadline, uint256 latest) = (uint256(offer.rampStart) + timeout, block.timestamp + MAX_TERM);
            if (deadline > latest) revert IProofMarket.DeadlineTooFar(deadline, latest);
            if (earliestLaunch > deadline) revert IProofMarket.LaunchAfterDeadline(earliestLaunch, deadline);
        }
    }

    function _requireShares(bytes32 feeSharesHash, FeeShare[] calldata shares) private pure {
        bytes32 given = shares.length == 0 ? bytes32(0) : keccak256(abi.encode(shares));
        if (given != feeSharesHash) revert IProofMarket.OtherFeeShares(given, feeSharesHash);
        if (shares.length > MAX_SHARES) revert IProofMarket.TooManyFeeShares(shares.length, MAX_SHARES);
        uint256 sum;
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].recipient == address(0) || shares[i].bps == 0) revert IProofMarket.EmptyFeeShare(i);
            sum += shares[i].bps;
        }
        if (sum > MAX_SHARES_BPS) revert IProofMarket.FeeSharesTooHigh(sum, MAX_SHARES_BPS);
    }

    function _requireAgreed(
        bytes32 requestId,
        ProofRequest calldata r,
        address anchor,
        uint16 feeBps,
        IProofMarket.RequestState state,
        bytes calldata signature,
        FeeShare[] calldata shares
    ) private {
        _requireTerms(r, anchor, feeBps);
        _requireShares(r.feeSharesHash, shares);
        if (shares.length != 0) emit IProofMarket.FeeSharesStated(requestId, shares);
        if (state == IProofMarket.RequestState.Open) return;
        if (state != IProofMarket.RequestState.None) revert IProofMarket.WrongState(requestId, state);
        if (signature.length == 0) revert IProofMarket.NotSubmitted(requestId);
        ProofRequestLib.requireSigned(requestId, signature, r.requester);
        _announce(requestId, r);
    }

    /// @dev Tells everybody of a request; see IProofMarket.RequestSubmitted. The event's data are the 25 words, copied: encoded member
    ///      by member they would be the same and cost 3k gas more. Terms are required before, so no bit of them is dirty.
    function _announce(bytes32 requestId, ProofRequest calldata r) private {
        (bytes32 topic, address requester) = (IProofMarket.RequestSubmitted.selector, r.requester);
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, r, 800)
            log3(data, 800, topic, requestId, requester)
        }
    }

    /// @dev The locker demanded an input that nobody showed in time, and did not claim.
    function _isNeutral(KeptLock storage l, IInputs.InputDemand storage d) private view returns (bool) {
        if (l.state != IProofMarket.RequestState.Locked) return false;
        DemandState state = d.state;
        return state == DemandState.Closed || state == DemandState.Open && block.timestamp > d.answerBy;
    }

    /// @dev The lock is neutral, and the caller may say so: up to when it could be slashed otherwise the locker alone, who may have
    ///      found the input, and be about to settle what it made of it.
    function _isNeutralFor(
        KeptLock storage l,
        IProofMarket.Claim storage c,
        IInputs.InputDemand storage d,
        Parties calldata p
    ) private view returns (bool) {
        return _isNeutral(l, d) && (msg.sender == l.locker || block.timestamp >= _slashableAt(l, c, p));
    }

    /// @dev The capsule is not listed any more, and the caller is the locker, neither claiming nor in default: what is a default
    ///      already stays one.
    function _isRevokedFor(
        KeptLock storage l,
        IProofMarket.Claim storage c,
        ProofRequest calldata r,
        Parties calldata p
    ) private view returns (bool) {
        if (msg.sender != l.locker || l.state == IProofMarket.RequestState.Claimed) return false;
        if (block.timestamp > l.deadline && block.timestamp > c.reopenedUntil) return false;
        return !p.capsules.isCapsuleListed(r.publisherId, r.capsuleLeaf);
    }

    function _slashableAt(KeptLock storage l, IProofMarket.Claim storage c, Parties calldata p)
        private
        view
        returns (uint256)
    {
        IProofMarket.RequestState state = l.state;
        uint256 closed = l.deadline + p.challengeWindow;
        if (state == IProofMarket.RequestState.Locked) return closed + p.grace + 1;
        if (state != IProofMarket.RequestState.Reopened) return 0;
        uint256 reopened = c.reopenedUntil;
        return (closed > reopened ? closed : reopened) + p.grace + 1;
    }

    function _requireLockable(bytes32 requestId, ProofRequest calldata r) private view {
        uint256 last;
        unchecked {
            last = uint256(r.offer.rampStart) + r.offer.lockTimeout;
        }
        if (block.timestamp > last) revert IProofMarket.LockDeadlinePassed(requestId, last, block.timestamp);
    }

    /// @dev The locker controls an operator that may serve the request for as long as a receipt can be due. Gives its leaf, and the
    ///      collateral at its score of today.
    function _bind(ProofRequest calldata r, Parties calldata p, address locker, OperatorId operator)
        private
        returns (IdentityLeaf leaf, uint256 collateral)
    {
        IOperatorRegistry.Operator memory o = p.operators.raiseLiability(operator);
        if (o.controller != locker) revert IProofMarket.NotController(operator, locker, o.controller);
        // A batch that falls late makes a new receipt due, long after the deadline.
        uint256 needed;
        unchecked {
            needed = uint256(r.offer.rampStart) + r.offer.timeout + p.tail;
        }
        if (o.validUntil < needed) revert IProofMarket.EnrolmentTooShort(operator, o.validUntil, needed);
        _requireNamed(r, operator);
        uint16 score = p.trust.scoreOf(operator);
        _requireTrusted(r, operator, score);
        collateral = _collateralOf(r, score, p.floorBps);
        if (collateral > type(uint88).max) revert IProofMarket.AmountTooLarge("collateral", collateral);
        leaf = o.leaf;
    }

    /// @dev The request allows this operator.
    function _requireNamed(ProofRequest calldata r, OperatorId operator) private pure {
        OperatorId named = r.operatorId;
        if (OperatorId.unwrap(named) != 0 && OperatorId.unwrap(named) != OperatorId.unwrap(operator)) {
            revert IProofMarket.OperatorNotNamed(operator, named);
        }
    }

    /// @dev The request allows this score.
    function _requireTrusted(ProofRequest calldata r, OperatorId operator, uint16 score) private pure {
        uint16 minTrust = r.minTrust;
        if (score < minTrust) revert IProofMarket.TrustTooLow(operator, score, minTrust);
    }

    function _collateralOf(ProofRequest calldata r, uint16 score, uint16 floorBps) private pure returns (uint256) {
        return Pricing.requiredCollateral(r.baseCollateral, score, r.offer.maxPrice, floorBps);
    }
}
