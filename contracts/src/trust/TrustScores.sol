// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {Score} from "../lib/Score.sol";
import {OperatorId} from "../types/Ids.sol";

/// @title TrustScores
/// @notice See ITrustScores.
contract TrustScores is ITrustScores {
    /// @inheritdoc ITrustScores
    address public immutable reporter;
    /// @inheritdoc ITrustScores
    uint128 public immutable referenceFee;

    mapping(OperatorId operator => Facts) private facts;

    /// @param reporter_ The market; it may not exist yet, as it names this contract in turn.
    /// @param referenceFee_ F, in wei.
    constructor(address reporter_, uint128 referenceFee_) {
        if (reporter_ == address(0)) revert BadParameter("reporter", 0);
        if (referenceFee_ == 0) revert BadParameter("referenceFee", 0);
        (reporter, referenceFee) = (reporter_, referenceFee_);
    }

    modifier onlyReporter() {
        if (msg.sender != reporter) revert NotReporter(msg.sender, reporter);
        _;
    }

    /// @inheritdoc ITrustScores
    function recordFulfilled(OperatorId operator, uint256 burnedFee) external onlyReporter {
        uint64 weight = Score.successWeight(burnedFee, referenceFee);
        Facts memory f = _advanced(operator);
        f.successes = Score.add(f.successes, weight, block.timestamp);
        if (f.fulfilled != type(uint32).max) ++f.fulfilled;
        _store(operator, f, Fact.Fulfilled, burnedFee, weight);
    }

    /// @inheritdoc ITrustScores
    function recordFaulted(OperatorId operator, uint256 forgoneFee) external onlyReporter {
        uint64 weight = Score.faultWeight(forgoneFee, referenceFee);
        Facts memory f = _advanced(operator);
        f.faults = Score.add(f.faults, weight, block.timestamp);
        if (f.faulted != type(uint24).max) ++f.faulted;
        _store(operator, f, Fact.Faulted, forgoneFee, weight);
    }

    /// @inheritdoc ITrustScores
    function recordChallenged(OperatorId operator, uint256 forgoneFee) external onlyReporter {
        uint64 weight = Score.faultWeight(forgoneFee, referenceFee);
        Facts memory f = _advanced(operator);
        f.faults = Score.add(f.faults, weight, block.timestamp);
        if (f.challenged != type(uint24).max) ++f.challenged;
        _store(operator, f, Fact.Challenged, forgoneFee, weight);
    }

    /// @inheritdoc ITrustScores
    function scoreOf(OperatorId operator) external view returns (uint16) {
        Standing memory s = standingOf(operator);
        return Score.score(s.successes, s.faults);
    }

    /// @inheritdoc ITrustScores
    function standingOf(OperatorId operator) public view returns (Standing memory) {
        Facts memory f = _advanced(operator);
        return
            Standing({
                successes: Score.read(f.successes, block.timestamp), faults: Score.read(f.faults, block.timestamp)
            });
    }

    /// @inheritdoc ITrustScores
    function factsOf(OperatorId operator) external view returns (Facts memory) {
        return facts[operator];
    }

    /// @dev The operator's facts with both sums halved up to today.
    function _advanced(OperatorId operator) private view returns (Facts memory f) {
        f = facts[operator];
        uint16 today = Score.halfLivesAt(block.timestamp);
        // Time does not run backwards on a chain; where it seems to, nothing is halved.
        if (today <= f.halfLives) return f;
        uint16 steps = today - f.halfLives;
        (f.successes, f.faults, f.halfLives) = (f.successes >> steps, f.faults >> steps, today);
    }

    function _store(OperatorId operator, Facts memory f, Fact fact, uint256 fee, uint64 weight) private {
        facts[operator] = f;
        emit FactRecorded(operator, fact, fee, weight, uint64(block.timestamp));
    }
}
