// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {Claims} from "../lib/Claims.sol";
import {MarketRules} from "../lib/MarketRules.sol";
import {Pricing} from "../lib/Pricing.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {OperatorId, ReceiptDigest} from "../types/Ids.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {ProofRequest, wordsOf} from "../types/ProofRequest.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Settlements
/// @notice Requests that end with a receipt. See IProofMarket.
abstract contract Settlements is MarketBase {
    /// @dev Bit of `assurance`: only a recorded receipt serves.
    uint8 private constant RECORDED = 1;

    /// @dev What a claimed receipt has to tell: kept for requests with a callback only.
    struct Outcome {
        ReceiptDigest receipt;
        bytes32 outputHash;
    }

    mapping(bytes32 requestId => Outcome) private outcomes;

    /// @inheritdoc IProofMarket
    function claim(ProofRequest calldata request, Evidence calldata evidence) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Locked) revert WrongState(requestId, l.state);
        if (msg.sender != l.locker) revert NotLocker(requestId, msg.sender, l.locker);
        if (request.assurance & RECORDED != 0) revert RecordRequired(requestId);
        ReceiptDigest digest =
            Claims.take(claimedOf, l, claims[requestId], requestId, wordsOf(request), evidence, anchor, grace);
        l.state = RequestState.Claimed;
        if (l.extras & MarketRules.CALLBACK != 0) outcomes[requestId] = Outcome(digest, evidence.header.outputHash);
    }

    /// @inheritdoc IProofMarket
    function fulfil(bytes32 requestId) external {
        Lock storage l = locks[requestId];
        Claim storage c = _requireFinal(requestId, l);
        if (l.extras != 0) revert RequestNeeded(requestId);
        _pay(requestId, l, address(0), c.payee, c.relayer, _noShares());
    }

    /// @inheritdoc IProofMarket
    function fulfilMany(bytes32[] calldata requestIds) external returns (uint256 paid) {
        for (uint256 i; i < requestIds.length; ++i) {
            bytes32 requestId = requestIds[i];
            Lock storage l = locks[requestId];
            if (l.state != RequestState.Claimed || l.extras != 0) continue;
            Claim storage c = claims[requestId];
            if (_statusOf(c) != LeafStatus.Final) continue;
            _pay(requestId, l, address(0), c.payee, c.relayer, _noShares());
            ++paid;
        }
    }

    /// @inheritdoc IProofMarket
    function fulfilClaimed(ProofRequest calldata request, FeeShare[] calldata shares) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        Claim storage c = _requireFinal(requestId, l);
        MarketRules.requireShares(request.feeSharesHash, shares);
        _pay(requestId, l, request.paymentToken, c.payee, c.relayer, shares);
        if (request.callback != address(0)) {
            Outcome storage o = outcomes[requestId];
            MarketRules.tell(wordsOf(request), requestId, o.receipt, o.outputHash);
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
        if (!fallen) trust.recordChallenged(l.operator, _forgone(l));
    }

    /// @inheritdoc IProofMarket
    function fulfilRecorded(ProofRequest calldata request, Proven calldata receipt, FeeShare[] calldata shares)
        external
    {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        _requireHeld(requestId, l);
        (uint64 recordedAt, address submitter) = Claims.recordedBy(anchor, requestId, wordsOf(request), receipt, l.leaf);
        Claim storage c = claims[requestId];
        uint64 last = c.reopenedUntil > l.deadline ? c.reopenedUntil : l.deadline;
        if (recordedAt > last) revert TooLate(requestId, recordedAt, last);
        MarketRules.requireShares(request.feeSharesHash, shares);
        if (l.state == RequestState.Claimed) _freeSlot(c);
        _pay(requestId, l, request.paymentToken, receipt.header.payee, submitter, shares);
        _tellOf(request, requestId, receipt.header);
    }

    /// @inheritdoc IProofMarket
    function fulfilOpen(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        Proven calldata receipt,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price) {
        requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        l.feeBps = _agree(requestId, request, requesterSignature, shares);
        (uint64 recordedAt, address submitter) = Claims.recorded(anchor, wordsOf(request), receipt);
        price = _open(requestId, l, request, receipt.header, recordedAt);
        _pay(requestId, l, request.paymentToken, receipt.header.payee, submitter, shares);
        _tellOf(request, requestId, receipt.header);
    }

    /// @inheritdoc IProofMarket
    function rescue(ProofRequest calldata request, Proven calldata receipt) external {
        bytes32 requestId = requestIdOf(request);
        Lock storage l = locks[requestId];
        if (l.state != RequestState.Locked) revert WrongState(requestId, l.state);
        uint256 from = Pricing.rescuableFrom(request.offer);
        if (from > l.deadline || block.timestamp < from) revert NotRescuable(requestId, from, block.timestamp);
        if (_isVerifierGone(request)) revert UnwindInstead(requestId);
        (uint64 recordedAt,) = Claims.recorded(anchor, wordsOf(request), receipt);
        if (recordedAt > l.deadline) revert TooLate(requestId, recordedAt, l.deadline);
        OperatorId rescuer = _provider(requestId, request, receipt.header, recordedAt);
        OperatorId operator = l.operator;
        // A hidden operator might be the very one that is rescued.
        if (OperatorId.unwrap(rescuer) == 0) revert NotDisclosed(receipt.header.flags);
        if (OperatorId.unwrap(rescuer) == OperatorId.unwrap(operator)) revert LockersOwnReceipt(requestId, operator);
        l.state = RequestState.Rescued;
        (uint256 reward, uint256 burnt) = Pricing.rescue(l.collateral);
        _burn(request.paymentToken, burnt);
        _credit(request.paymentToken, receipt.header.payee, reward);
        emit RequestRescued(requestId, receipt.header.payee, operator, rescuer, reward, burnt);
        _refund(request, l, 0);
        _fault(l);
        _tellOf(request, requestId, receipt.header);
    }

    /// @inheritdoc IProofMarket
    function rescuableFrom(ProofRequest calldata request) external pure returns (uint256) {
        return Pricing.rescuableFrom(request.offer);
    }

    /// @dev Takes the price of the recording from the requester. Nobody locked: there is no collateral, and nobody is liable.
    function _open(
        bytes32 requestId,
        Lock storage l,
        ProofRequest calldata request,
        ReceiptHeader calldata header,
        uint64 recordedAt
    ) private returns (uint256 price) {
        // Nobody is paid by those who sign after the verifier was stopped or removed.
        router.resolve(request.verifierKey);
        uint256 last = uint256(request.offer.rampStart) + request.offer.lockTimeout;
        if (recordedAt > last) revert LockDeadlinePassed(requestId, last, recordedAt);
        if (block.timestamp > last + grace) revert LockDeadlinePassed(requestId, last + grace, block.timestamp);
        l.operator = _provider(requestId, request, header, recordedAt);
        price = Pricing.priceAt(request.offer, recordedAt);
        _debit(request.paymentToken, request.requester, price + request.relayFee);
        (l.price, l.relayFee, l.extras) = (uint88(price), uint88(request.relayFee), MarketRules.extrasOf(request));
    }

    /// @dev Pays everybody: price less the fee and the shares to the payee, relay fee to the relayer, collateral to the locker.
    function _pay(
        bytes32 requestId,
        Lock storage l,
        address token,
        address payee,
        address relayer,
        FeeShare[] calldata shares
    ) private {
        RequestState before = l.state;
        l.state = RequestState.Fulfilled;
        (uint256 price, uint256 relayFee) = (l.price, l.relayFee);
        (uint256 fee, uint256 burnt) = _feeOf(l);
        OperatorId operator = l.operator;
        uint256 shared;
        for (uint256 i; i < shares.length; ++i) {
            uint256 share = price * shares[i].bps / Pricing.BPS;
            shared += share;
            _credit(token, shares[i].recipient, share);
        }
        _credit(token, payee, price - fee - shared);
        if (relayFee != 0) _credit(token, relayer, relayFee);
        _burn(token, burnt);
        if (fee != burnt) _credit(token, TREASURY, fee - burnt);
        emit RequestFulfilled(requestId, payee, operator, price, fee, relayer, relayFee);
        if (before > RequestState.Open) {
            _credit(token, l.locker, l.collateral);
            _release(l);
        }
        if (OperatorId.unwrap(operator) != 0) trust.recordFulfilled(operator, token == address(0) ? burnt : 0);
    }

    function _tellOf(ProofRequest calldata request, bytes32 requestId, ReceiptHeader calldata header) private {
        if (request.callback != address(0)) {
            ReceiptDigest digest = Claims.digestOf(header, anchor);
            MarketRules.tell(wordsOf(request), requestId, digest, header.outputHash);
        }
    }

    /// @dev Who served the request without having locked it.
    function _provider(bytes32 requestId, ProofRequest calldata request, ReceiptHeader calldata header, uint64 latest)
        private
        view
        returns (OperatorId)
    {
        return MarketRules.requireProvided(requestId, wordsOf(request), header, latest, operators, trust);
    }

    /// @dev The claim of a request whose claimed leaf is final.
    function _requireFinal(bytes32 requestId, Lock storage l) private view returns (Claim storage c) {
        if (l.state != RequestState.Claimed) revert WrongState(requestId, l.state);
        c = claims[requestId];
        if (_statusOf(c) != LeafStatus.Final) revert LeafNotFinal(requestId, c.batchId, c.index);
    }

    function _statusOf(Claim storage c) private view returns (LeafStatus status) {
        (status,) = _batches().placeStatus(c.batchId, c.index);
    }

    function _noShares() private pure returns (FeeShare[] calldata shares) {
        assembly ("memory-safe") {
            shares.offset := 0
            shares.length := 0
        }
    }
}
