// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {OperatorId} from "../types/Ids.sol";

/// @title ITrustScores: settled facts about operators, and the score that follows from them
/// @notice Only the one market reports, and only what it settled: a fulfilment with the protocol fee that it burned, a
///         default, a claim that was proven fraudulent. There is no owner, nobody writes a score, and nothing is merged.
///
///         score = floor(1000 * (s+1)/(s+4f+2) * s/(s+16)), 0 to 999, with s the weight of successes and f the weight of
///         faults. A success weighs min(1, burned fee / F): requester addresses cost nothing, burned fees cannot be had
///         back. A fault weighs by value: the fee that fulfilment would have burned over F, at least 1 and at most 1,000.
///
///         Weights halve in 64 days, by whole days since 1970 (UTC), both kinds alike. Exactly: with day = time / 86400,
///         h = day / 64, d = day % 64 and T[d] = floor(2^20 * 2^(d/64)), what is kept is a sum in which a weight w counts
///         w * T[d], halved (rounded down) at each step of h; what is read is that sum over T[d], rounded down. Halving
///         and rounding down commute with doing it later, so the result is a pure function of the facts and the day,
///         however often it was touched in between.
/// @dev Amounts of weight have six decimals. `nonos_core::trust` computes the same, bit by bit.
/// @dev WARNING: a score says that somebody burned fees for work that was proven, not that the operator will serve you.
///      Whoever relies on it for a value V compares V with the collateral, which a score can only halve.
interface ITrustScores {
    /// @notice What the market settled.
    /// @param Fulfilled A request was paid out against a proof.
    /// @param Faulted A locked request was not served by its locker; its collateral was slashed, or went to a rescuer in part.
    /// @param Challenged A claimed leaf was proven fraudulent.
    enum Fact {
        Fulfilled,
        Faulted,
        Challenged
    }

    /// @notice All that is kept of an operator: one slot.
    /// @param successes Decayed sum of success weights, in units of 1 / (10^6 * T[d]).
    /// @param faults Decayed sum of fault weights, likewise; challenges included.
    /// @param halfLives day / 64 of the latest fact.
    /// @param fulfilled Number of fulfilments.
    /// @param faulted Number of defaults.
    /// @param challenged Number of fraudulent claims.
    struct Facts {
        uint80 successes;
        uint80 faults;
        uint16 halfLives;
        uint32 fulfilled;
        uint24 faulted;
        uint24 challenged;
    }

    /// @notice Decayed weights of today, with six decimals.
    struct Standing {
        uint64 successes;
        uint64 faults;
    }

    /// @notice A fact was recorded. These alone, in order, recompute every score.
    /// @param fee Protocol fee burned, or that fulfilment would have burned, in wei.
    /// @param weight What the fact weighs on its day, with six decimals.
    /// @param time Unix seconds.
    event FactRecorded(OperatorId indexed operator, Fact indexed fact, uint256 fee, uint64 weight, uint64 time);

    /// @notice Only the market reports.
    error NotReporter(address caller, address reporter);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Records a fulfilment. Market only.
    /// @param burnedFee Protocol fee that it burned, in wei.
    function recordFulfilled(OperatorId operator, uint256 burnedFee) external;

    /// @notice Records a default. Market only.
    /// @param forgoneFee Protocol fee that fulfilment would have burned, in wei.
    function recordFaulted(OperatorId operator, uint256 forgoneFee) external;

    /// @notice Records a fraudulent claim; weighs like a default. Market only.
    /// @param forgoneFee Protocol fee that payment would have burned, in wei.
    function recordChallenged(OperatorId operator, uint256 forgoneFee) external;

    /// @notice The operator's score today, 0 to 999; 0 for an operator without facts.
    function scoreOf(OperatorId operator) external view returns (uint16);

    /// @notice The operator's decayed weights today.
    function standingOf(OperatorId operator) external view returns (Standing memory);

    /// @notice What is kept of the operator.
    function factsOf(OperatorId operator) external view returns (Facts memory);

    /// @notice The one market.
    function reporter() external view returns (address);

    /// @notice F: burned fee at which a success weighs 1, in wei.
    function referenceFee() external view returns (uint128);
}
