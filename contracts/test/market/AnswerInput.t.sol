// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../../src/interfaces/IInputs.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {InputWorld} from "../base/InputWorld.sol";

/// @dev An answer is the input, in time, by anybody, for the bond; and then the lock goes on as any other.
contract AnswerInputTest is InputWorld {
    function notOpen(bytes32 id, DemandState state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IInputs.NoOpenInputDemand.selector, id, state);
    }

    function sized(uint256 length) private returns (ProofRequest memory r, bytes memory input) {
        input = new bytes(length);
        for (uint256 i; i < length; i += 32) {
            assembly ("memory-safe") {
                mstore(add(add(input, 32), i), not(i))
            }
        }
        assembly ("memory-safe") {
            mstore(input, length)
        }
        r = asking();
        r.inputHash = keccak256(input);
        lock(r);
    }

    function test_whoever_answers_has_the_bond_and_the_input_is_in_the_logs() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        vm.expectEmit(address(market));
        emit IInputs.InputAnswered(id, HELPER, INPUT);
        answer(r);
        IInputs.InputDemand memory d = market.inputDemandOf(id);
        vm.assertEq(uint256(d.state), uint256(DemandState.Answered), "answered");
        vm.assertEq(d.answeredAt, START, "when");
        vm.assertEq(d.bond, bond, "kept for who reads it");
        vm.assertEq(market.balanceOf(HELPER), bond, "the bond");
        assertHeld(0.101 ether + 0.2 ether);
        refusedAnswer(r, INPUT, notOpen(id, DemandState.Answered));
        vm.prank(HELPER);
        market.withdraw(bond, payable(HELPER));
        vm.assertEq(HELPER.balance, bond, "it leaves");
    }

    function test_the_last_second_is_answer_by() public {
        (ProofRequest memory r,) = demanded();
        (ProofRequest memory late, bytes32 id) = demanded();
        vm.warp(START + GRACE);
        answer(r);
        vm.warp(START + GRACE + 1);
        refusedAnswer(
            late,
            INPUT,
            abi.encodeWithSelector(IInputs.InputAnswerTooLate.selector, id, START + GRACE, START + GRACE + 1)
        );
    }

    function test_only_the_input_is_an_answer() public {
        (ProofRequest memory r,) = demanded();
        bytes[3] memory others = [bytes("inpuT"), "", "input "];
        for (uint256 i; i < others.length; ++i) {
            refusedAnswer(
                r,
                others[i],
                abi.encodeWithSelector(IInputs.OtherInput.selector, keccak256(others[i]), keccak256(INPUT))
            );
        }
        answer(r);
    }

    function test_an_empty_input_is_answered_by_nothing() public {
        ProofRequest memory r = asking();
        r.inputHash = keccak256("");
        bytes32 id = lock(r);
        demand(r);
        market.answerInput(r, "");
        assertDemand(id, DemandState.Answered, "answered");
    }

    function test_the_longest_input_is_96_kib() public {
        (ProofRequest memory r, bytes memory input) = sized(MAX_INPUT);
        demand(r);
        market.answerInput(r, input);
        assertDemand(market.requestIdOf(r), DemandState.Answered, "answered");
        (r, input) = sized(MAX_INPUT + 1);
        demand(r);
        refusedAnswer(r, input, abi.encodeWithSelector(IInputs.InputTooLong.selector, MAX_INPUT + 1, MAX_INPUT));
    }

    function test_what_was_not_demanded_is_not_answered() public {
        ProofRequest memory r = asking();
        bytes32 id = market.requestIdOf(r);
        refusedAnswer(r, INPUT, notOpen(id, DemandState.None));
        lock(r);
        refusedAnswer(r, INPUT, notOpen(id, DemandState.None));
        demand(r);
        vm.warp(START + GRACE + 1);
        market.closeInputDemand(id);
        refusedAnswer(r, INPUT, notOpen(id, DemandState.Closed));
    }

    /// @dev The input of one request answers no demand of another, though it is the same.
    function test_an_answer_is_for_one_request() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        (, bytes32 other) = demanded();
        answer(r);
        assertDemand(id, DemandState.Answered, "this one");
        assertDemand(other, DemandState.Open, "not that one");
        vm.assertEq(market.balanceOf(HELPER), bond, "one bond");
    }

    function test_the_lock_goes_on_after_an_answer() public {
        (ProofRequest memory r, bytes32 id) = answered();
        expect(abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id));
        vm.prank(controller);
        market.unwind(r);
        vm.warp(market.slashableAt(id));
        expect(abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id));
        vm.prank(controller);
        market.unwind(r);
        expect(notOpen(id, DemandState.Answered));
        market.closeInputDemand(id);
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "a default like any other");
        assertHeld(0);
    }

    function test_after_an_answer_the_locker_serves() public {
        (ProofRequest memory r, bytes32 id) = answered();
        ReceiptHeader memory h = receipt(r);
        claim(r, h, anchored(h));
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        assertHeld(0);
    }

    /// @dev The locker pays for what it demanded, even if it did not wait for it.
    function test_an_answer_in_time_is_paid_whatever_has_become_of_the_request() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        market.fulfilRecorded(r, proven(receipt(r)), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "served meanwhile");
        answer(r);
        vm.assertEq(market.balanceOf(HELPER), bond, "bond");
        assertHeld(0);
        (r, id) = demanded();
        router.stop();
        market.unwind(r);
        answer(r);
        vm.assertEq(market.balanceOf(HELPER), 2 * bond, "bond");
        assertHeld(0);
    }

    /// @dev A locker that answers itself has its bond back, and nothing more.
    function test_a_locker_that_answers_itself_gains_nothing() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        uint256 before = controller.balance + market.balanceOf(controller);
        demand(r);
        vm.prank(controller);
        market.answerInput(r, INPUT);
        vm.assertEq(controller.balance + market.balanceOf(controller), before, "its own bond");
        vm.warp(market.slashableAt(id));
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "and is slashed as ever");
    }

    function test_an_early_answer_moves_no_rescue() public {
        (ProofRequest memory r, bytes32 id) = answered();
        uint256 from = START + 5 * GRACE / 2 + 1;
        vm.assertEq(market.rescuableFrom(r), from, "the offer's");
        ReceiptHeader memory h = receiptOf(r, OTHER_LEAF_TAG);
        h.launchedAt = START;
        vm.warp(from - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, from, from - 1));
        market.rescue(r, proven(h));
        vm.warp(from);
        market.rescue(r, proven(h));
        assertState(id, IProofMarket.RequestState.Rescued, "rescued");
        assertHeld(0);
    }

    function test_after_an_answer_a_grace_is_the_lockers_alone() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        vm.warp(START + GRACE);
        demand(r);
        vm.warp(START + 2 * GRACE);
        answer(r);
        uint256 from = START + 3 * GRACE;
        vm.assertEq(market.rescuableFrom(r), from, "a grace after the answer");
        ReceiptHeader memory h = receiptOf(r, OTHER_LEAF_TAG);
        h.launchedAt = START;
        vm.warp(from - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, from, from - 1));
        market.rescue(r, proven(h));
        vm.warp(from);
        market.rescue(r, proven(h));
        assertState(id, IProofMarket.RequestState.Rescued, "rescued");
    }

    /// @dev The latest demand, answered in its last second: rescue has the second of the deadline, and the locker a grace.
    function test_the_latest_answer_leaves_a_grace_before_the_deadline() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        vm.warp(START + 2 * GRACE);
        demand(r);
        vm.warp(START + 3 * GRACE);
        answer(r);
        vm.assertEq(market.rescuableFrom(r), market.lockOf(id).deadline, "the deadline");
        vm.warp(START + 4 * GRACE);
        market.rescue(r, proven(receiptOf(r, OTHER_LEAF_TAG)));
        assertState(id, IProofMarket.RequestState.Rescued, "rescued");
    }
}
