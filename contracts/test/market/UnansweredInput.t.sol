// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CapsuleHash} from "../../src/poseidon/CapsuleHash.sol";
import {IInputs} from "../../src/interfaces/IInputs.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {InputWorld} from "../base/InputWorld.sol";

/// @dev A demand that nobody answers: the lock is neutral, the bond goes back, and a claim ends the one but not the other.
contract UnansweredInputTest is InputWorld {
    uint256 private constant NEVER = type(uint256).max;

    function nothing(bytes32 id) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id);
    }

    function refusedUnwind(ProofRequest memory r, address by, bytes memory reason) private {
        expect(reason);
        vm.prank(by);
        market.unwind(r);
    }

    function assertNeutral(bytes32 id) private view {
        assertState(id, IProofMarket.RequestState.Unwound, "unwound");
        vm.assertEq(market.balanceOf(requester), 10 ether, "requester");
        vm.assertEq(market.burned(), 0, "nothing burned");
        ITrustScores.Facts memory f = trust.factsOf(operator);
        vm.assertEq(f.fulfilled + f.faulted + f.challenged, 0, "no facts");
        vm.assertEq(operators.liabilitiesOf(operator).open, 0, "not liable");
    }

    function test_the_locker_unwinds_a_second_after_the_last_answer() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        refusedUnwind(r, controller, nothing(id));
        vm.warp(START + GRACE);
        refusedUnwind(r, controller, nothing(id));
        vm.warp(START + GRACE + 1);
        vm.prank(controller);
        market.unwind(r);
        assertNeutral(id);
        vm.assertEq(market.balanceOf(controller), 10 ether, "collateral");
        assertHeld(bond);
        market.closeInputDemand(id);
        vm.assertEq(market.balanceOf(controller), 10 ether + bond, "and the bond");
        assertHeld(0);
    }

    function test_a_closed_demand_was_not_answered_either() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        market.closeInputDemand(id);
        vm.assertEq(market.rescuableFrom(r), NEVER, "no rescue");
        vm.prank(controller);
        market.unwind(r);
        assertNeutral(id);
        assertHeld(0);
    }

    /// @dev The locker may have found the input, and be about to settle what it made of it: until a default could be slashed
    ///      nobody takes that from it, least of all the requester that kept quiet.
    function test_until_it_could_be_slashed_the_locker_alone_unwinds() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        refusedUnwind(r, requester, nothing(id));
        refusedUnwind(r, ANYONE, nothing(id));
        uint256 from = market.slashableAt(id);
        vm.assertEq(from, market.lockOf(id).deadline + WINDOW + GRACE + 1, "as ever");
        vm.warp(from - 1);
        refusedUnwind(r, requester, nothing(id));
        vm.warp(from);
        vm.prank(requester);
        market.unwind(r);
        assertNeutral(id);
    }

    function test_the_locker_unwinds_after_the_deadline_too() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        vm.warp(market.lockOf(id).deadline + 1);
        vm.prank(controller);
        market.unwind(r);
        assertNeutral(id);
    }

    function test_nobody_is_slashed_for_an_input_that_nobody_showed() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        uint256 from = market.slashableAt(id);
        vm.warp(from - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotSlashable.selector, id, from, from - 1));
        market.slash(r);
        vm.warp(from);
        expect(abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
        market.slash(r);
        market.closeInputDemand(id);
        expect(abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
        market.slash(r);
        market.unwind(r);
        assertNeutral(id);
    }

    function test_the_bond_goes_back_once_by_anybody_and_not_a_second_early() public {
        (, bytes32 id) = demanded();
        vm.warp(START + GRACE);
        expect(abi.encodeWithSelector(IInputs.InputAnswerOpen.selector, id, START + GRACE, START + GRACE));
        market.closeInputDemand(id);
        vm.warp(START + GRACE + 1);
        uint256 before = market.balanceOf(controller);
        vm.expectEmit(address(market));
        emit IInputs.InputDemandClosed(id, controller, bond);
        vm.prank(ANYONE);
        market.closeInputDemand(id);
        vm.assertEq(market.balanceOf(controller), before + bond, "the locker's");
        vm.assertEq(market.balanceOf(ANYONE), 0, "and not the caller's");
        assertDemand(id, DemandState.Closed, "closed");
        vm.assertEq(market.inputDemandOf(id).answeredAt, 0, "never answered");
        expect(abi.encodeWithSelector(IInputs.NoOpenInputDemand.selector, id, DemandState.Closed));
        market.closeInputDemand(id);
        assertHeld(0.101 ether + 0.2 ether);
    }

    function test_what_was_never_demanded_is_not_closed() public {
        (, bytes32 id) = lockedAsking();
        vm.warp(START + GRACE + 1);
        expect(abi.encodeWithSelector(IInputs.NoOpenInputDemand.selector, id, DemandState.None));
        market.closeInputDemand(id);
        expect(abi.encodeWithSelector(IInputs.NoOpenInputDemand.selector, bytes32("unknown"), DemandState.None));
        market.closeInputDemand("unknown");
    }

    function test_the_bond_goes_back_whatever_has_become_of_the_request() public {
        uint256 state = vm.snapshotState();
        for (uint256 end; end < 4; ++end) {
            (ProofRequest memory r, bytes32 id) = demanded();
            if (end == 0) {
                market.fulfilRecorded(r, proven(receipt(r)), NO_SHARES);
            } else if (end == 1) {
                router.stop();
                market.unwind(r);
            } else {
                ReceiptHeader memory h = receipt(r);
                BatchRef memory batch = anchored(h);
                claim(r, h, batch);
                voidLeaf(h, batch);
                market.dropClaim(id);
                if (end == 3) {
                    vm.warp(market.slashableAt(id));
                    vm.prank(ANYONE);
                    market.slash(r);
                }
            }
            if (end != 3) vm.warp(START + GRACE + 1);
            uint256 before = market.balanceOf(controller);
            market.closeInputDemand(id);
            vm.assertEq(market.balanceOf(controller), before + bond, "bond");
            assertHeld(end == 2 ? 0.101 ether + 0.2 ether : 0);
            vm.revertToState(state);
        }
    }

    function test_no_rescue_while_a_demand_is_open_or_not_answered() public {
        ProofRequest memory r = asking();
        bytes32 id = lock(r);
        vm.warp(START + 2 * GRACE);
        demand(r);
        vm.assertEq(market.rescuableFrom(r), NEVER, "open");
        vm.warp(START + 5 * GRACE / 2 + 1);
        ReceiptHeader memory h = receiptOf(r, OTHER_LEAF_TAG);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, NEVER, block.timestamp));
        market.rescue(r, proven(h));
        vm.warp(START + 3 * GRACE + 1);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, NEVER, block.timestamp));
        market.rescue(r, proven(h));
        market.closeInputDemand(id);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, NEVER, block.timestamp));
        market.rescue(r, proven(h));
    }

    function test_a_locker_that_finds_the_input_is_paid() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        ReceiptHeader memory h = receipt(r);
        claim(r, h, anchored(h));
        (ProofRequest memory late, bytes32 lateId) = unanswered();
        market.fulfilRecorded(late, proven(receipt(late)), NO_SHARES);
        assertState(lateId, IProofMarket.RequestState.Fulfilled, "though nobody answered");
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "while it was open");
    }

    function test_a_claim_after_the_last_answer_is_paid_too() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        ReceiptHeader memory h = receipt(r);
        claim(r, h, anchored(h));
        refusedUnwind(r, controller, nothing(id));
        vm.warp(block.timestamp + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    /// @dev Who claims had the input: what is left of a dropped claim is a lock like any other.
    function test_a_claim_ends_neutrality() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        refusedUnwind(r, controller, nothing(id));
        voidLeaf(h, batch);
        market.dropClaim(id);
        refusedUnwind(r, controller, nothing(id));
        market.closeInputDemand(id);
        refusedUnwind(r, controller, nothing(id));
        vm.warp(market.slashableAt(id));
        refusedUnwind(r, controller, nothing(id));
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "slashed");
    }

    function test_a_stop_or_a_removal_unwinds_by_anybody_as_ever() public {
        uint256 state = vm.snapshotState();
        for (uint256 i; i < 4; ++i) {
            (ProofRequest memory r, bytes32 id) = demanded();
            if (i % 2 == 1) vm.warp(START + GRACE + 1);
            if (i < 2) router.stop();
            else router.remove(KEY);
            vm.prank(ANYONE);
            market.unwind(r);
            assertNeutral(id);
            assertHeld(bond);
            vm.warp(START + GRACE + 1);
            market.closeInputDemand(id);
            assertHeld(0);
            vm.revertToState(state);
        }
    }

    function test_a_stop_unwinds_a_claim_with_a_demand() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        ReceiptHeader memory h = receipt(r);
        claim(r, h, anchored(h));
        router.stop();
        vm.prank(ANYONE);
        market.unwind(r);
        assertNeutral(id);
    }

    /// @dev A revoked capsule frees the locker in time, with a demand or without.
    function test_a_revocation_frees_the_locker_of_an_answered_demand() public {
        (ProofRequest memory r, bytes32 id) = answered();
        uint256[] memory siblings = new uint256[](1);
        siblings[0] = CapsuleHash.publisherLeaf(publisher);
        vm.prank(publisherAccount);
        capsules.revoke(publisher, capsule, siblings);
        vm.warp(market.lockOf(id).deadline + 1);
        refusedUnwind(r, controller, nothing(id));
        vm.warp(market.lockOf(id).deadline);
        vm.prank(controller);
        market.unwind(r);
        assertNeutral(id);
    }

    function test_a_request_ends_once() public {
        (ProofRequest memory r, bytes32 id) = unanswered();
        vm.prank(controller);
        market.unwind(r);
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Unwound);
        refusedUnwind(r, controller, over);
        ReceiptHeader memory h = receipt(r);
        expect(over);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        bytes memory signature = sign(r);
        expect(over);
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    /// @dev Who stops everything takes no bond, and holds none up.
    function test_after_a_stop_bonds_leave() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        (ProofRequest memory other,) = demanded();
        router.stop();
        market.unwind(r);
        market.unwind(other);
        answer(other);
        vm.warp(START + GRACE + 1);
        market.closeInputDemand(id);
        vm.prank(requester);
        market.withdraw(10 ether, payable(requester));
        vm.prank(controller);
        market.withdraw(10 ether + bond, payable(controller));
        vm.prank(HELPER);
        market.withdraw(bond, payable(HELPER));
        vm.assertEq(address(market).balance, 0, "empty");
    }
}
