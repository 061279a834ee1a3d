// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IRequestCallback} from "../interfaces/IRequestCallback.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {IdentityLeaf, OperatorId, ReceiptDigest} from "../types/Ids.sol";
import {LockAuthorization} from "../types/LockAuthorization.sol";
import {ProofRequest, requestOf} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {Pricing} from "./Pricing.sol";
import {ProofRequestLib} from "./ProofRequestLib.sol";
import {ServedRequest} from "./ServedRequest.sol";

/// @title MarketRules: what the market does without its storage: judge requests, signatures and receipts, and tell callbacks
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

    /// @dev What a callback needs besides its gas: the call itself, and the event if it fails.
    uint256 private constant CALLBACK_OVERHEAD = 20_000;

    /// @dev See IProofMarket.requireTerms.
    function requireTerms(uint256[25] calldata words, address anchor, uint16 feeBps) external view {
        _requireTerms(requestOf(words), anchor, feeBps);
    }

    /// @dev Terms and shares are in order, and the requester agreed: by submitting, or by a signature that is brought now and
    ///      spent with what it is brought for.
    function requireAgreed(
        bytes32 requestId,
        uint256[25] calldata words,
        address anchor,
        uint16 feeBps,
        IProofMarket.RequestState state,
        bytes calldata signature,
        FeeShare[] calldata shares
    ) external {
        ProofRequest calldata r = requestOf(words);
        _requireTerms(r, anchor, feeBps);
        _requireShares(r.feeSharesHash, shares);
        if (shares.length != 0) emit IProofMarket.FeeSharesStated(requestId, shares);
        if (state == IProofMarket.RequestState.Open) return;
        if (state != IProofMarket.RequestState.None) revert IProofMarket.WrongState(requestId, state);
        if (signature.length == 0) revert IProofMarket.NotSubmitted(requestId);
        ProofRequestLib.requireSigned(requestId, signature, r.requester);
        emit IProofMarket.RequestSubmitted(requestId, r.requester, r);
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

    /// @dev The header serves the request by an operator that may, though it did not lock; 0 is a hidden one, which serves where
    ///      nobody is named and no trust asked for.
    function requireProvided(
        bytes32 requestId,
        uint256[25] calldata words,
        ReceiptHeader calldata header,
        uint64 latest,
        IOperatorRegistry operators,
        ITrustScores trust
    ) external view returns (OperatorId operator) {
        ProofRequest calldata r = requestOf(words);
        ServedRequest.requireServed(requestId, r, header, latest);
        if (ServedRequest.isOperatorHidden(header)) {
            if (OperatorId.unwrap(r.operatorId) != 0 || r.minTrust != 0) {
                revert IProofMarket.NotDisclosed(header.flags);
            }
            return operator;
        }
        operator = operators.originOf(IdentityLeaf.wrap(header.operatorTag)).operator;
        _requireTrusted(r, operator, trust);
    }

    /// @dev The locker controls an operator that may serve the request for as long as a receipt can be due. Makes it liable for the lock, and
    ///      gives its leaf, and the collateral at its score of today. A reentrance is not possible: the registry calls nobody.
    function bind(
        uint256[25] calldata words,
        OperatorId operator,
        address locker,
        IOperatorRegistry operators,
        ITrustScores trust,
        uint256 floorBps,
        uint256 tail
    ) external returns (IdentityLeaf leaf, uint256 collateral) {
        ProofRequest calldata r = requestOf(words);
        IOperatorRegistry.Operator memory o = operators.raiseLiability(operator);
        if (o.controller != locker) revert IProofMarket.NotController(operator, locker, o.controller);
        // A batch that falls late makes a new receipt due, long after the deadline.
        uint256 needed = uint256(r.offer.rampStart) + r.offer.timeout + tail;
        if (o.validUntil < needed) revert IProofMarket.EnrolmentTooShort(operator, o.validUntil, needed);
        _requireTrusted(r, operator, trust);
        collateral = _collateralOf(r, operator, trust, floorBps);
        if (collateral > type(uint88).max) revert IProofMarket.AmountTooLarge("collateral", collateral);
        leaf = o.leaf;
    }

    /// @dev See IProofMarket.collateralOf.
    function collateralOf(uint256[25] calldata words, OperatorId operator, ITrustScores trust, uint256 floorBps)
        external
        view
        returns (uint256)
    {
        return _collateralOf(requestOf(words), operator, trust, floorBps);
    }

    /// @dev Tells everybody of a request. See IProofMarket.RequestSubmitted.
    function announce(bytes32 requestId, uint256[25] calldata words) external {
        ProofRequest calldata r = requestOf(words);
        emit IProofMarket.RequestSubmitted(requestId, r.requester, r);
    }

    /// @dev Tells the callback, last of all. Who settles cannot starve it: with less gas than it is due, nothing is settled.
    function tell(uint256[25] calldata words, bytes32 requestId, ReceiptDigest receipt, bytes32 outputHash) external {
        ProofRequest calldata r = requestOf(words);
        address callback = r.callback;
        uint256 forwarded = r.callbackGas;
        uint256 required = forwarded * 64 / 63 + CALLBACK_OVERHEAD;
        if (gasleft() < required) revert IProofMarket.CallbackGasMissing(requestId, gasleft(), required);
        bytes memory data = abi.encodeCall(IRequestCallback.onRequestServed, (requestId, receipt, outputHash));
        bool ok;
        // Copies nothing back, so that the callee cannot make the caller pay for its return data.
        assembly ("memory-safe") {
            ok := call(forwarded, callback, 0, add(data, 32), mload(data), 0, 0)
        }
        if (!ok) emit IProofMarket.CallbackFailed(requestId, callback);
    }

    /// @dev Lock.extras of a request.
    function extrasOf(ProofRequest calldata r) internal pure returns (uint8 extras) {
        if (r.paymentToken != address(0)) extras = IN_TOKEN;
        if (r.callback != address(0)) extras |= CALLBACK;
        if (r.feeSharesHash != 0) extras |= SHARES;
    }

    function _requireTerms(ProofRequest calldata r, address anchor, uint16 feeBps) private view {
        if (r.anchor != anchor) revert IProofMarket.WrongAnchor(r.anchor, anchor);
        if (r.requester == address(0)) revert IProofMarket.ZeroRequester();
        // Without code a token's transfers would seem to succeed.
        if (r.paymentToken != address(0) && r.paymentToken.code.length == 0) {
            revert IProofMarket.TokenWithoutCode(r.paymentToken);
        }
        if ((r.callback == address(0)) != (r.callbackGas == 0) || r.callbackGas > MAX_CALLBACK_GAS) {
            revert IProofMarket.CallbackGasOutOfBounds(r.callback, r.callbackGas, MAX_CALLBACK_GAS);
        }
        if (r.assurance > LAST_ASSURANCE) revert IProofMarket.UnknownAssurance(r.assurance, LAST_ASSURANCE);
        if (feeBps > r.maxProtocolFeeBps) revert IProofMarket.ProtocolFeeTooHigh(feeBps, r.maxProtocolFeeBps);
        if (r.offer.minPrice > r.offer.maxPrice) {
            revert IProofMarket.PricesOutOfOrder(r.offer.minPrice, r.offer.maxPrice);
        }
        if (r.offer.rampLength > r.offer.lockTimeout || r.offer.lockTimeout > r.offer.timeout) {
            revert IProofMarket.TimesOutOfOrder(r.offer.rampLength, r.offer.lockTimeout, r.offer.timeout);
        }
        uint256 deadline = uint256(r.offer.rampStart) + r.offer.timeout;
        if (deadline > block.timestamp + MAX_TERM) {
            revert IProofMarket.DeadlineTooFar(deadline, block.timestamp + MAX_TERM);
        }
        if (r.offer.maxPrice > type(uint88).max) revert IProofMarket.AmountTooLarge("maxPrice", r.offer.maxPrice);
        if (r.relayFee > type(uint88).max) revert IProofMarket.AmountTooLarge("relayFee", r.relayFee);
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

    /// @dev The request allows this operator, and its score of today.
    function _requireTrusted(ProofRequest calldata r, OperatorId operator, ITrustScores trust) private view {
        OperatorId named = r.operatorId;
        if (OperatorId.unwrap(named) != 0 && OperatorId.unwrap(named) != OperatorId.unwrap(operator)) {
            revert IProofMarket.OperatorNotNamed(operator, named);
        }
        uint16 minTrust = r.minTrust;
        if (minTrust == 0) return;
        uint16 score = trust.scoreOf(operator);
        if (score < minTrust) revert IProofMarket.TrustTooLow(operator, score, minTrust);
    }

    function _collateralOf(ProofRequest calldata r, OperatorId operator, ITrustScores trust, uint256 floorBps)
        private
        view
        returns (uint256)
    {
        return Pricing.requiredCollateral(r.baseCollateral, trust.scoreOf(operator), r.offer.maxPrice, floorBps);
    }
}
