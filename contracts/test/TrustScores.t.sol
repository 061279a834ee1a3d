// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ITrustScores} from "../src/interfaces/ITrustScores.sol";
import {Score} from "../src/lib/Score.sol";
import {TrustScores} from "../src/trust/TrustScores.sol";
import {OperatorId} from "../src/types/Ids.sol";
import {Test} from "./base/Test.sol";

/// @dev Scores follow from facts alone, halve in 64 days, and nobody but the market reports.
contract TrustScoresTest is Test {
    uint128 private constant F = 0.001 ether;
    OperatorId private constant OPERATOR = OperatorId.wrap("operator");
    TrustScores private scores;

    function setUp() public {
        vm.warp(1_800_000_000);
        scores = new TrustScores(address(this), F);
    }

    function test_only_the_market_reports() public {
        bytes memory reason = abi.encodeWithSelector(ITrustScores.NotReporter.selector, address(5), address(this));
        vm.startPrank(address(5));
        vm.expectRevert(reason);
        scores.recordFulfilled(OPERATOR, F);
        vm.expectRevert(reason);
        scores.recordFaulted(OPERATOR, F);
        vm.expectRevert(reason);
        scores.recordChallenged(OPERATOR, F);
        vm.stopPrank();
        vm.assertEq(scores.scoreOf(OPERATOR), 0, "unknown");
    }

    function test_parameters_are_bounded() public {
        vm.expectRevert(abi.encodeWithSelector(ITrustScores.BadParameter.selector, bytes32("reporter"), 0));
        new TrustScores(address(0), F);
        vm.expectRevert(abi.encodeWithSelector(ITrustScores.BadParameter.selector, bytes32("referenceFee"), 0));
        new TrustScores(address(1), 0);
    }

    function test_worked_scores() public {
        scores.recordFulfilled(OPERATOR, F);
        vm.assertEq(scores.scoreOf(OPERATOR), 39, "1000 * 2/3 * 1/17");
        for (uint256 i = 1; i < 16; ++i) {
            scores.recordFulfilled(OPERATOR, F * 5);
        }
        vm.assertEq(scores.scoreOf(OPERATOR), 472, "1000 * 17/18 * 16/32: a success weighs at most one");
        scores.recordFaulted(OPERATOR, 0);
        vm.assertEq(scores.scoreOf(OPERATOR), 386, "1000 * 17/22 * 16/32");
        scores.recordChallenged(OPERATOR, 10 * F);
        vm.assertEq(scores.scoreOf(OPERATOR), 137, "1000 * 17/62 * 16/32");
        ITrustScores.Facts memory f = scores.factsOf(OPERATOR);
        vm.assertEq(f.fulfilled, 16, "fulfilled");
        vm.assertEq(f.faulted, 1, "faulted");
        vm.assertEq(f.challenged, 1, "challenged");
    }

    function test_a_success_weighs_the_fee_that_it_burned() public {
        scores.recordFulfilled(OPERATOR, 0);
        scores.recordFulfilled(OPERATOR, F / 3);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 333_333, "a third, rounded down");
        scores.recordFulfilled(OPERATOR, type(uint256).max);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 1_333_333, "one at most");
    }

    function test_a_fault_weighs_by_value_between_one_and_a_thousand() public {
        uint256[5] memory fees = [uint256(0), F, 25 * F / 10, 1000 * uint256(F), type(uint256).max];
        uint256[5] memory weights = [uint256(1e6), 1e6, 2.5e6, 1000e6, 1000e6];
        for (uint256 i; i < 5; ++i) {
            OperatorId o = OperatorId.wrap(bytes32(i));
            scores.recordFaulted(o, fees[i]);
            vm.assertEq(scores.standingOf(o).faults, weights[i], "fault");
            vm.assertEq(Score.faultWeight(fees[i], F), weights[i], "library");
        }
    }

    function test_weights_halve_in_64_days_by_whole_days() public {
        uint256 midnight = block.timestamp / 1 days * 1 days;
        vm.warp(midnight);
        scores.recordFulfilled(OPERATOR, F);
        vm.warp(midnight + 1 days - 1);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 1e6, "whole to the end of the day");
        vm.warp(midnight + 1 days);
        uint256 next = scores.standingOf(OPERATOR).successes;
        vm.assertTrue(next < 1e6 && next > 0.989e6, "a day less");
        vm.warp(midnight + 64 days);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 0.5e6, "half");
        vm.warp(midnight + 128 days);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 0.25e6, "a quarter");
        vm.warp(midnight + 100 * 365 days);
        vm.assertEq(scores.standingOf(OPERATOR).successes, 0, "forgotten");
        vm.assertEq(scores.scoreOf(OPERATOR), 0, "like nobody");
    }

    /// @dev A fact of weight 0 touches the slot and changes nothing, on any day.
    function test_fuzz_touching_in_between_changes_nothing(uint64[8] memory fees, uint32[8] memory waits, uint8 touched)
        public
    {
        OperatorId often = OperatorId.wrap("often");
        for (uint256 i; i < 8; ++i) {
            scores.recordFulfilled(OPERATOR, fees[i]);
            scores.recordFulfilled(often, fees[i]);
            vm.warp(block.timestamp + waits[i] % 100 days);
            if (touched >> i & 1 == 1) scores.recordFulfilled(often, 0);
            vm.warp(block.timestamp + waits[i] % 37 days);
        }
        ITrustScores.Standing memory a = scores.standingOf(OPERATOR);
        ITrustScores.Standing memory b = scores.standingOf(often);
        vm.assertEq(a.successes, b.successes, "touched or not");
        vm.assertEq(scores.scoreOf(OPERATOR), scores.scoreOf(often), "score");
    }

    /// @dev Everything is recomputed from the events: weight and time are in them.
    function test_the_event_carries_what_recomputing_needs() public {
        vm.expectEmit(address(scores));
        emit ITrustScores.FactRecorded(OPERATOR, ITrustScores.Fact.Faulted, 7 * F, 7e6, uint64(block.timestamp));
        scores.recordFaulted(OPERATOR, 7 * F);
    }

    function test_the_table_is_its_definition() public pure {
        // T[d] = floor(2^20 * 2^(d/64)): T[d]^4 <= 2^80 * 2^(d/16) < (T[d]+1)^4 at the multiples of 16, where the
        // right side is an integer; rising in between; the whole table is compared with the core's by generated cases.
        for (uint256 d; d < 64; d += 16) {
            uint256 t = Score.scaleAt(d * 1 days);
            uint256 exact = 2 ** (80 + d / 16);
            vm.assertTrue(t ** 4 <= exact && exact < (t + 1) ** 4, "fourth roots of two");
        }
        for (uint256 d = 1; d < 64; ++d) {
            vm.assertTrue(Score.scaleAt((d - 1) * 1 days) < Score.scaleAt(d * 1 days), "rising");
        }
        vm.assertEq(Score.scaleAt(64 days), 2 ** 20, "begins again");
        vm.assertEq(Score.scaleAt(63 days + 86_399), 2_074_561, "last");
    }

    function test_fuzz_scores_are_bounded(uint80 s, uint80 f) public pure {
        vm.assertTrue(Score.score(s, f) < 1000, "never 1000");
        vm.assertTrue(Score.score(s, f) >= Score.score(s, uint256(f) + 1), "a fault never helps");
        vm.assertTrue(Score.score(uint256(s) + 1, f) >= Score.score(s, f), "a success never hurts");
    }
}
