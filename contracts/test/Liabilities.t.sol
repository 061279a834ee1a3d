// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {OperatorRegistry} from "../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, OperatorId} from "../src/types/Ids.sol";
import {World} from "./base/World.sol";

/// @dev No deposit leaves while a lock is open, nor sooner than the delay after the last one ended; and no later enrolment
///      holds an earlier one's. The market's part is in market/Liable.t.sol.
contract LiabilitiesTest is World {
    address private constant STRANGER = address(0x5);
    address private constant REPORTER = address(0x4e9);
    uint64 private constant EXIT = START + 1 days;
    IdentityLeaf private constant LEAF = IdentityLeaf.wrap(1001);

    function setUp() public override {
        super.setUp();
        operators = newOperators(REPORTER);
        enrol(operator, 1001, 1);
    }

    function raise() private {
        vm.prank(REPORTER);
        operators.raiseLiability(operator);
    }

    function lower() private {
        vm.prank(REPORTER);
        vm.assertEq(OperatorId.unwrap(operators.lowerLiability(LEAF)), OperatorId.unwrap(operator), "whose leaf it is");
    }

    function exit(uint64 time, uint256 depth) private {
        vm.warp(time);
        vm.prank(controller);
        operators.exit(operator, new uint256[](depth));
    }

    function held(uint32 seq, uint64 until) private {
        vm.assertEq(operators.releaseOf(operator, seq).availableAt, until, "as the view says");
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.Unbonding.selector, operator, seq, until, until - 1));
        operators.releaseDeposit(operator, seq);
        vm.warp(until);
        uint256 before = operators.balanceOf(controller);
        operators.releaseDeposit(operator, seq);
        vm.assertEq(operators.balanceOf(controller) - before, DEPOSIT, "released in that very second");
    }

    function open(uint64 count) private view returns (bytes memory) {
        return abi.encodeWithSelector(IOperatorRegistry.LiabilitiesOpen.selector, operator, count);
    }

    function test_only_the_reporter_reports() public {
        bytes memory refusal = abi.encodeWithSelector(IOperatorRegistry.NotReporter.selector, controller, REPORTER);
        vm.startPrank(controller);
        vm.expectRevert(refusal);
        operators.raiseLiability(operator);
        vm.expectRevert(refusal);
        operators.lowerLiability(LEAF);
        vm.stopPrank();
    }

    function test_only_the_enrolled_become_liable_and_only_what_is_open_ends() public {
        vm.startPrank(REPORTER);
        OperatorId unknown = OperatorId.wrap("nobody");
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, unknown));
        operators.raiseLiability(unknown);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoLiability.selector, operator));
        operators.lowerLiability(LEAF);
        IOperatorRegistry.Operator memory o = operators.raiseLiability(operator);
        vm.assertEq(IdentityLeaf.unwrap(o.leaf), 1001, "the operator's state comes back");
        vm.assertEq(o.controller, controller, "its controller");
        vm.stopPrank();
        exit(EXIT, 0);
        vm.prank(REPORTER);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, operator));
        operators.raiseLiability(operator);
        lower();
    }

    function test_an_open_liability_holds_the_deposit() public {
        raise();
        raise();
        exit(EXIT, 0);
        vm.warp(EXIT + 1000 days);
        vm.expectRevert(open(2));
        operators.releaseDeposit(operator, 1);
        lower();
        vm.assertEq(operators.liabilitiesOf(operator).endedAt, block.timestamp, "one ended");
        vm.expectRevert(open(1));
        operators.releaseDeposit(operator, 1);
        lower();
        vm.assertEq(operators.liabilitiesOf(operator).open, 0, "none");
        vm.assertEq(operators.liabilitiesOf(operator).endedAt, EXIT + 1000 days, "just now");
        held(1, EXIT + 1000 days + UNBONDING);
    }

    function test_the_delay_runs_from_the_later_of_exit_and_the_last_end() public {
        raise();
        vm.warp(START + 10);
        lower();
        exit(EXIT, 0);
        held(1, EXIT + UNBONDING);
    }

    function test_a_liability_that_ends_after_the_exit_prolongs_the_delay() public {
        raise();
        exit(EXIT, 0);
        vm.warp(EXIT + 1);
        lower();
        held(1, EXIT + 1 + UNBONDING);
    }

    function test_an_expired_operators_deposit_waits_too_but_the_bounty_does_not() public {
        raise();
        uint64 expiry = operators.operatorOf(operator).validUntil + 1;
        vm.warp(expiry);
        vm.prank(STRANGER);
        operators.expire(operator, new uint256[](0));
        vm.assertEq(operators.balanceOf(STRANGER), BOUNTY, "bounty at once");
        vm.warp(expiry + UNBONDING);
        vm.expectRevert(open(1));
        operators.releaseDeposit(operator, 1);
        lower();
        vm.warp(expiry + 2 * UNBONDING);
        operators.releaseDeposit(operator, 1);
        vm.assertEq(operators.balanceOf(controller), DEPOSIT - BOUNTY, "the rest");
    }

    function test_rotation_carries_liabilities_along() public {
        raise();
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 2001, 2);
        vm.prank(controller);
        operators.rotate(e, "", new uint256[](0));
        vm.assertEq(operators.liabilitiesOf(operator).open, 1, "still liable");
        exit(EXIT, 0);
        vm.expectRevert(open(1));
        operators.releaseDeposit(operator, 2);
        vm.warp(EXIT + 9);
        lower();
        held(2, EXIT + 9 + UNBONDING);
    }

    /// @dev Who left with locks open comes back when they ended: what a later enrolment owes never holds an earlier deposit.
    function test_nobody_comes_back_before_its_liabilities_ended() public {
        raise();
        exit(EXIT, 0);
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 1002, 2);
        vm.prank(controller);
        vm.expectRevert(open(1));
        operators.enrol{value: DEPOSIT}(e, "");
        lower();
        enrol(operator, 1002, 2);
    }

    function test_a_later_enrolment_does_not_delay_an_earlier_deposit() public {
        raise();
        exit(EXIT, 0);
        vm.warp(EXIT + 7);
        lower();
        vm.warp(EXIT + 8);
        enrol(operator, 1002, 2);
        raise();
        vm.warp(EXIT + 9);
        lower();
        raise();
        exit(EXIT + 10, 1);
        held(1, EXIT + 7 + UNBONDING);
        vm.expectRevert(open(1));
        operators.releaseDeposit(operator, 2);
        lower();
        held(2, EXIT + 7 + 2 * UNBONDING);
    }
}
