// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Timelock} from "../../src/access/Timelock.sol";
import {IFeeSchedule} from "../../src/interfaces/IFeeSchedule.sol";
import {IOwned} from "../../src/interfaces/IOwned.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {VerifierKey} from "../../src/types/Ids.sol";
import {VerifierRouter} from "../../src/verifier/VerifierRouter.sol";
import {AdminWorld} from "../base/AdminWorld.sol";
import {TestVerifier, TestWrapper} from "../doubles/TestVerifier.sol";

/// @dev What the owner of a production deployment does takes the delay, in the open; what the guardian does takes none.
contract TimelockTest is AdminWorld {
    VerifierKey private constant OTHER = VerifierKey.wrap(bytes32("other circuit"));
    TestWrapper private second;
    bytes private addSecond;

    function setUp() public override {
        super.setUp();
        second = new TestWrapper(address(new TestVerifier()), OTHER, true);
        addSecond = abi.encodeCall(IVerifierRouter.add, (second));
    }

    function test_a_verifier_is_added_through_the_timelock() public {
        propose(timelock, address(router), addSecond);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyUnset.selector, OTHER));
        router.resolve(OTHER);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        execute(timelock, address(router), addSecond);
        vm.assertEq(address(router.resolve(OTHER)), address(second), "in use");
        vm.assertEq(address(router.resolve(KEY)), address(wrapper), "beside the first");
    }

    function test_nothing_is_executed_before_the_delay() public {
        uint256 start = block.timestamp;
        bytes32 id = propose(timelock, address(router), addSecond);
        notReady(id, timelock, address(router), addSecond);
        vm.warp(start + TIMELOCK_DELAY - 1);
        notReady(id, timelock, address(router), addSecond);
        vm.warp(start + TIMELOCK_DELAY);
        execute(timelock, address(router), addSecond);
        // Done is done.
        notReady(id, timelock, address(router), addSecond);
    }

    function test_nothing_is_executed_that_was_not_proposed() public {
        propose(timelock, address(router), addSecond);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        bytes memory other = abi.encodeCall(IOwned.renounceOwnership, ());
        notReady(timelock.hashOperation(address(router), 0, other, 0, 0), timelock, address(router), other);
    }

    function test_a_proposal_cannot_ask_for_less_than_the_delay() public {
        vm.prank(PROPOSER);
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockInsufficientDelay.selector, TIMELOCK_DELAY - 1, TIMELOCK_DELAY
            )
        );
        timelock.schedule(address(router), 0, addSecond, 0, 0, TIMELOCK_DELAY - 1);
    }

    function test_a_cancelled_proposal_is_gone() public {
        bytes32 id = propose(timelock, address(router), addSecond);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(PROPOSER);
        timelock.cancel(id);
        notReady(id, timelock, address(router), addSecond);
    }

    function test_what_waits_meanwhile_meets_the_guardians_stop() public {
        propose(timelock, address(router), addSecond);
        vm.prank(GUARDIAN);
        router.stop();
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
        timelock.execute(address(router), 0, addSecond, 0, 0);
    }

    function test_the_guardian_bars_a_proposed_key_at_once() public {
        propose(timelock, address(router), addSecond);
        vm.prank(GUARDIAN);
        router.remove(OTHER);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, OTHER));
        timelock.execute(address(router), 0, addSecond, 0, 0);
    }

    function test_a_fee_takes_both_delays() public {
        uint256 start = block.timestamp;
        carryOut(address(fees), abi.encodeCall(IFeeSchedule.schedule, (1000)));
        vm.warp(start + TIMELOCK_DELAY + FEE_DELAY - 1);
        vm.assertEq(fees.current(), 250, "a second before");
        vm.warp(start + TIMELOCK_DELAY + FEE_DELAY);
        vm.assertEq(fees.current(), 1000, "in that second");
    }

    function test_the_guardian_retracts_a_fee_at_once() public {
        carryOut(address(fees), abi.encodeCall(IFeeSchedule.schedule, (1000)));
        vm.prank(GUARDIAN);
        fees.retract();
        vm.warp(block.timestamp + FEE_DELAY);
        vm.assertEq(fees.current(), 250, "unchanged");
    }

    function test_a_refused_call_says_why() public {
        bytes memory tooHigh = abi.encodeCall(IFeeSchedule.schedule, (1001));
        propose(timelock, address(fees), tooHigh);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.FeeTooHigh.selector, 1001, 1000));
        timelock.execute(address(fees), 0, tooHigh, 0, 0);
    }

    function test_ownership_comes_to_the_timelock_in_two_steps() public {
        VerifierRouter fresh = new VerifierRouter(address(this), GUARDIAN, list(wrapper));
        bytes memory accept = abi.encodeCall(IOwned.acceptOwnership, ());
        fresh.offerOwnership(address(timelock));
        propose(timelock, address(fresh), accept);
        vm.assertEq(fresh.owner(), address(this), "not by the offer, nor by the proposal");
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        fresh.add(second);
        execute(timelock, address(fresh), accept);
        vm.assertEq(fresh.owner(), address(timelock), "by the acceptance");
        vm.assertEq(fresh.successor(), address(0), "the offer is used up");
        vm.expectRevert(notOwner(address(this), address(timelock)));
        fresh.offerOwnership(address(this));
    }

    function test_a_withdrawn_offer_cannot_be_accepted() public {
        VerifierRouter fresh = new VerifierRouter(address(this), GUARDIAN, list(wrapper));
        bytes memory accept = abi.encodeCall(IOwned.acceptOwnership, ());
        fresh.offerOwnership(address(timelock));
        propose(timelock, address(fresh), accept);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        fresh.offerOwnership(address(0));
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotSuccessor.selector, address(timelock), address(0)));
        timelock.execute(address(fresh), 0, accept, 0, 0);
        vm.assertEq(fresh.owner(), address(this), "the owner stays");
    }

    function test_an_offer_to_another_takes_the_place_of_the_first() public {
        VerifierRouter fresh = new VerifierRouter(address(this), GUARDIAN, list(wrapper));
        fresh.offerOwnership(STRANGER);
        fresh.offerOwnership(address(timelock));
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotSuccessor.selector, STRANGER, address(timelock)));
        fresh.acceptOwnership();
    }

    function test_the_timelock_hands_over_and_is_owner_no_more() public {
        carryOut(address(router), abi.encodeCall(IOwned.offerOwnership, (STRANGER)));
        vm.assertEq(router.owner(), address(timelock), "until it is accepted");
        vm.prank(STRANGER);
        router.acceptOwnership();
        propose(timelock, address(router), addSecond);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(EXECUTOR);
        vm.expectRevert(notOwner(address(timelock), STRANGER));
        timelock.execute(address(router), 0, addSecond, 0, 0);
    }

    function test_renounced_is_for_good_and_the_guardian_stays() public {
        carryOut(address(router), abi.encodeCall(IOwned.renounceOwnership, ()));
        vm.assertEq(router.owner(), address(0), "no owner");
        propose(timelock, address(router), addSecond);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(EXECUTOR);
        vm.expectRevert(notOwner(address(timelock), address(0)));
        timelock.execute(address(router), 0, addSecond, 0, 0);
        vm.prank(GUARDIAN);
        router.stop();
        vm.assertTrue(router.stopped(), "by the guardian");
    }

    function test_nobody_is_over_the_timelock() public view {
        bytes32 admin = timelock.DEFAULT_ADMIN_ROLE();
        address[5] memory others = [address(this), PROPOSER, EXECUTOR, GUARDIAN, address(0)];
        for (uint256 i; i < others.length; ++i) {
            vm.assertFalse(timelock.hasRole(admin, others[i]), "no admin but itself");
        }
        vm.assertTrue(timelock.hasRole(admin, address(timelock)), "itself");
    }

    function test_the_delay_changes_by_an_operation_that_waits_for_it() public {
        bytes memory shorter = abi.encodeCall(TimelockController.updateDelay, (0));
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, PROPOSER));
        timelock.updateDelay(0);
        bytes32 id = propose(timelock, address(timelock), shorter);
        notReady(id, timelock, address(timelock), shorter);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        execute(timelock, address(timelock), shorter);
        vm.assertEq(timelock.getMinDelay(), 0, "after the delay");
        // What holds on its own: the fee's delay is not the timelock's.
        uint256 start = block.timestamp;
        bytes memory call = abi.encodeCall(IFeeSchedule.schedule, (1000));
        vm.prank(PROPOSER);
        timelock.schedule(address(fees), 0, call, 0, 0, 0);
        execute(timelock, address(fees), call);
        vm.warp(start + FEE_DELAY - 1);
        vm.assertEq(fees.current(), 250, "the fee waits all the same");
    }

    function test_an_open_timelock_is_executed_by_anyone_and_used_by_nobody_else() public {
        Timelock open = newTimelock(address(0));
        VerifierRouter fresh = new VerifierRouter(address(open), GUARDIAN, list(wrapper));
        bytes32 role = open.PROPOSER_ROLE();
        vm.prank(STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, STRANGER, role)
        );
        open.schedule(address(fresh), 0, addSecond, 0, 0, TIMELOCK_DELAY);
        bytes32 id = propose(open, address(fresh), addSecond);
        notReady(id, open, address(fresh), addSecond);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        vm.prank(STRANGER);
        open.execute(address(fresh), 0, addSecond, 0, 0);
        vm.assertEq(address(fresh.resolve(OTHER)), address(second), "in use");
    }

    function notReady(bytes32 id, Timelock t, address target, bytes memory data) private {
        bytes32 ready = bytes32(1 << uint256(TimelockController.OperationState.Ready));
        vm.prank(EXECUTOR);
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, id, ready));
        t.execute(target, 0, data, 0, 0);
    }
}
