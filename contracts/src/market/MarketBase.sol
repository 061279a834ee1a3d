// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IFeeSchedule} from "../interfaces/IFeeSchedule.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {MarketRules} from "../lib/MarketRules.sol";
import {Pricing} from "../lib/Pricing.sol";
import {ProofRequestLib} from "../lib/ProofRequestLib.sol";
import {OperatorId} from "../types/Ids.sol";
import {KeptLock} from "../types/KeptLock.sol";
import {Parties} from "../types/Parties.sol";
import {ProofRequest, wordsOf} from "../types/ProofRequest.sol";
import {Accounts} from "./Accounts.sol";

/// @title MarketBase
/// @notice What all parts of the market share: whom it asks, what it keeps of a request, and consent. See IProofMarket.
abstract contract MarketBase is Accounts, IProofMarket {
    using ProofRequestLib for ProofRequest;

    /// @dev Bounds of the construction parameters.
    uint256 private constant MAX_GRACE = 30 days;
    uint256 private constant MAX_PROTOCOL_FEE_BPS = 1000;

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
    IFeeSchedule public immutable fees;
    /// @inheritdoc IProofMarket
    uint16 public immutable collateralFloorBps;
    /// @inheritdoc IProofMarket
    uint64 public immutable grace;
    /// @inheritdoc IProofMarket
    uint64 public immutable challengeWindow;

    /// @dev Seconds after the deadline in which a claimed leaf can still turn out void and a receipt be due anew.
    uint64 internal immutable TAIL;
    address internal immutable TREASURY;
    uint256 internal immutable BURNED_BPS;

    /// @inheritdoc IProofMarket
    mapping(bytes32 batchId => uint256) public claimedOf;

    mapping(bytes32 requestId => KeptLock) internal locks;
    mapping(bytes32 requestId => Claim) internal claims;
    mapping(bytes32 requestId => InputDemand) internal demands;

    constructor(
        IReceiptAnchor anchor_,
        ITrustScores trust_,
        IFeeSchedule fees_,
        uint16 collateralFloorBps_,
        uint64 grace_
    ) {
        if (collateralFloorBps_ == 0 || collateralFloorBps_ > Pricing.BPS) {
            revert BadParameter("collateralFloorBps", collateralFloorBps_);
        }
        if (grace_ == 0 || grace_ > MAX_GRACE) revert BadParameter("grace", grace_);
        if (fees_.maxFeeBps() > MAX_PROTOCOL_FEE_BPS) revert BadParameter("fees", fees_.maxFeeBps());
        if (trust_.reporter() != address(this)) revert BadParameter("trust", uint160(trust_.reporter()));
        (anchor, trust, fees) = (anchor_, trust_, fees_);
        (operators, capsules, router) = (anchor_.operators(), anchor_.capsules(), anchor_.router());
        if (operators.reporter() != address(this)) revert BadParameter("operators", uint160(operators.reporter()));
        (collateralFloorBps, grace) = (collateralFloorBps_, grace_);
        IReceiptAnchor.Times memory t = anchor_.times();
        challengeWindow = t.challengeWindow;
        TAIL = t.challengeWindow + 2 * t.revealPeriod + grace_;
        TREASURY = fees_.treasury();
        BURNED_BPS = TREASURY == address(0) ? Pricing.BPS : fees_.burnedBps();
    }

    /// @inheritdoc IProofMarket
    function domainSeparator() external view returns (bytes32) {
        return ProofRequestLib.domainSeparator(address(this));
    }

    /// @inheritdoc IProofMarket
    function stateOf(bytes32 requestId) external view returns (RequestState) {
        return locks[requestId].state;
    }

    /// @inheritdoc IProofMarket
    function lockOf(bytes32 requestId) external view returns (Lock memory lock_) {
        KeptLock storage l = locks[requestId];
        (lock_.locker, lock_.price, lock_.state) = (l.locker, l.price, l.state);
        (lock_.collateral, lock_.relayFee, lock_.deadline) = (l.collateral, l.relayFee, l.deadline);
        (lock_.feeBps, lock_.extras, lock_.leaf) = (l.feeBps, l.extras, l.leaf);
        lock_.operator = _operatorOf(l);
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
    function requireTerms(ProofRequest calldata request) external view {
        MarketRules.requireTerms(wordsOf(request), address(anchor), fees);
    }

    /// @inheritdoc IProofMarket
    function protocolFeeBps() external view returns (uint16) {
        return fees.current();
    }

    /// @dev The request holds escrow and collateral.
    function _requireHeld(bytes32 requestId, KeptLock storage l) internal view {
        RequestState state = l.state;
        if (state != RequestState.Locked && state != RequestState.Claimed && state != RequestState.Reopened) {
            revert WrongState(requestId, state);
        }
    }

    /// @dev Price and relay fee of the lock go back to the requester, and `more` with them.
    function _refund(ProofRequest calldata request, KeptLock storage l, uint256 more) internal {
        _credit(request.paymentToken, request.requester, uint256(l.price) + l.relayFee + more);
    }

    /// @dev The lock ended without a receipt of its operator, and that is a fact.
    function _fault(KeptLock storage l, OperatorId operator) internal {
        trust.recordFaulted(operator, _forgone(l));
    }

    /// @dev The operator of the lock is not liable for it any more.
    function _release(KeptLock storage l) internal returns (OperatorId operator) {
        return operators.lowerLiability(l.leaf);
    }

    /// @dev Whose leaf the lock has; 0 if none.
    function _operatorOf(KeptLock storage l) internal view returns (OperatorId) {
        return operators.originOf(l.leaf).operator;
    }

    /// @dev Protocol fee of the lock's price, and the part of it that is burned.
    function _feeOf(KeptLock storage l) internal view returns (uint256 fee, uint256 burnt) {
        fee = uint256(l.price) * l.feeBps / Pricing.BPS;
        burnt = (fee * BURNED_BPS + Pricing.BPS - 1) / Pricing.BPS;
    }

    /// @dev What a default or a fraud weighs by. Anybody can make a token: fees in tokens weigh nothing.
    function _forgone(KeptLock storage l) internal view returns (uint256 burnt) {
        if (l.extras & MarketRules.IN_TOKEN == 0) (, burnt) = _feeOf(l);
    }

    function _parties() internal view returns (Parties memory) {
        return
            Parties(anchor, fees, capsules, operators, router, trust, collateralFloorBps, challengeWindow, grace, TAIL);
    }
}
