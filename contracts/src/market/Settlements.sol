// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptBatches} from "../interfaces/IReceiptBatches.sol";
import {Claims} from "../lib/Claims.sol";
import {MarketRules} from "../lib/MarketRules.sol";
import {Pricing} from "../lib/Pricing.sol";
import {FeeShare} from "../types/FeeShare.sol";
import {OperatorId, ReceiptDigest} from "../types/Ids.sol";
import {KeptLock} from "../types/KeptLock.sol";
import {LeafStatus} from "../types/LeafStatus.sol";
import {ProofRequest, wordsOf} from "../types/ProofRequest.sol";
import {tailOf, tailOfEvidence} from "../types/Tail.sol";
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
        KeptLock storage l = locks[requestId];
        if (l.state != RequestState.Locked) revert WrongState(requestId, l.state);
        if (msg.sender != l.locker) revert NotLocker(requestId, msg.sender, l.locker);
        if (request.assurance & RECORDED != 0) revert RecordRequired(requestId);
        ReceiptDigest digest = Claims.take(
            claimedOf, l, claims[requestId], requestId, wordsOf(request), tailOfEvidence(evidence), anchor, grace
        );
        l.state = RequestState.Claimed;
        if (l.extras & MarketRules.CALLBACK != 0) outcomes[requestId] = Outcome(digest, evidence.header.outputHash);
    }

    /// @inheritdoc IProofMarket
    function fulfil(bytes32 requestId) external {
        KeptLock storage l = locks[requestId];
        Claim storage c = _requireFinal(requestId, l);
        if (l.extras != 0) revert RequestNeeded(requestId);
        _pay(requestId, l, address(0), c.payee, c.relayer, _noShares());
    }

    /// @inheritdoc IProofMarket
    function fulfilMany(bytes32[] calldata requestIds) external returns (uint256 paid) {
        for (uint256 i; i < requestIds.length; ++i) {
            bytes32 requestId = requestIds[i];
            KeptLock storage l = locks[requestId];
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
        KeptLock storage l = locks[requestId];
        Claim storage c = _requireFinal(requestId, l);
        MarketRules.requireShares(request.feeSharesHash, shares);
        _pay(requestId, l, request.paymentToken, c.payee, c.relayer, shares);
        if (request.callback != address(0)) {
            Outcome storage o = outcomes[requestId];
            Claims.tell(wordsOf(request), requestId, o.receipt, o.outputHash);
        }
    }

    /// @inheritdoc IProofMarket
    function dropClaim(bytes32 requestId) external {
        KeptLock storage l = locks[requestId];
        if (l.state != RequestState.Claimed) revert WrongState(requestId, l.state);
        l.state = RequestState.Reopened;
        bool fallen = Claims.drop(claimedOf, claims[requestId], requestId, _parties());
        if (!fallen) trust.recordChallenged(_operatorOf(l), _forgone(l));
    }

    /// @inheritdoc IProofMarket
    function fulfilRecorded(ProofRequest calldata request, Proven calldata receipt, FeeShare[] calldata shares)
        external
    {
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        _requireHeld(requestId, l);
        Claim storage c = claims[requestId];
        address submitter = Claims.requireRecorded(l, c, requestId, wordsOf(request), tailOf(receipt), anchor);
        MarketRules.requireShares(request.feeSharesHash, shares);
        if (l.state == RequestState.Claimed) Claims.freeSlot(claimedOf, c);
        _pay(requestId, l, request.paymentToken, receipt.header.payee, submitter, shares);
        _tellOf(request, requestId, receipt);
    }

    /// @inheritdoc IProofMarket
    function fulfilOpen(
        ProofRequest calldata request,
        bytes calldata requesterSignature,
        Proven calldata receipt,
        FeeShare[] calldata shares
    ) external returns (bytes32 requestId, uint256 price) {
        requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        l.feeBps = MarketRules.requireAgreed(
            requestId, wordsOf(request), address(anchor), fees, l.state, requesterSignature, shares
        );
        address submitter;
        (price,, submitter) = Claims.open(l, requestId, wordsOf(request), tailOf(receipt), _parties());
        // Nobody locked: there is no collateral, and nobody is liable.
        _debit(request.paymentToken, request.requester, price + request.relayFee);
        _pay(requestId, l, request.paymentToken, receipt.header.payee, submitter, shares);
        _tellOf(request, requestId, receipt);
    }

    /// @inheritdoc IProofMarket
    function rescue(ProofRequest calldata request, Proven calldata receipt) external {
        bytes32 requestId = requestIdOf(request);
        KeptLock storage l = locks[requestId];
        (OperatorId operator, OperatorId rescuer) =
            Claims.rescue(l, demands[requestId], requestId, wordsOf(request), tailOf(receipt), _parties());
        l.state = RequestState.Rescued;
        (uint256 reward, uint256 burnt) = Pricing.rescue(l.collateral);
        _burn(request.paymentToken, burnt);
        _credit(request.paymentToken, receipt.header.payee, reward);
        emit RequestRescued(requestId, receipt.header.payee, operator, rescuer, reward, burnt);
        _refund(request, l, 0);
        _fault(l, operator);
        _tellOf(request, requestId, receipt);
    }

    /// @inheritdoc IProofMarket
    function rescuableFrom(ProofRequest calldata request) external view returns (uint256) {
        return MarketRules.rescuableFrom(demands[requestIdOf(request)], wordsOf(request), grace);
    }

    /// @dev Pays everybody: price less the fee and the shares to the payee, relay fee to the relayer, collateral to the locker.
    function _pay(
        bytes32 requestId,
        KeptLock storage l,
        address token,
        address payee,
        address relayer,
        FeeShare[] calldata shares
    ) private {
        l.state = RequestState.Fulfilled;
        (uint256 price, uint256 relayFee) = (l.price, l.relayFee);
        (uint256 fee, uint256 burnt) = _feeOf(l);
        address locker = l.locker;
        OperatorId operator = locker == address(0) ? _operatorOf(l) : _release(l);
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
        if (locker != address(0)) _credit(token, locker, l.collateral);
        if (OperatorId.unwrap(operator) != 0) trust.recordFulfilled(operator, token == address(0) ? burnt : 0);
    }

    function _tellOf(ProofRequest calldata request, bytes32 requestId, Proven calldata receipt) private {
        if (request.callback == address(0)) return;
        Claims.tellOf(wordsOf(request), requestId, tailOf(receipt), anchor);
    }

    /// @dev The claim of a request whose claimed leaf is final.
    function _requireFinal(bytes32 requestId, KeptLock storage l) private view returns (Claim storage c) {
        if (l.state != RequestState.Claimed) revert WrongState(requestId, l.state);
        c = claims[requestId];
        if (_statusOf(c) != LeafStatus.Final) revert LeafNotFinal(requestId, c.batchId, c.index);
    }

    function _statusOf(Claim storage c) private view returns (LeafStatus status) {
        (status,) = IReceiptBatches(address(anchor)).placeStatus(c.batchId, c.index);
    }

    function _noShares() private pure returns (FeeShare[] calldata shares) {
        assembly ("memory-safe") {
            shares.offset := 0
            shares.length := 0
        }
    }
}
