// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IReveals} from "../src/interfaces/IReveals.sol";
import {Batch, BatchState, Demand, DemandState} from "../src/types/Batch.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";

/// @dev A leaf is shown on demand or its batch falls, and demanding stalls nothing for long.
contract RevealTest is BatchWorld {
    function test_a_demand_is_kept_and_reported() public {
        (BatchRef memory batch,) = anchorOf(5);
        vm.warp(START + WINDOW - 1);
        uint256 bond = anchor.demandBond();
        uint64 deadline = START + WINDOW - 1 + REVEAL;
        vm.expectEmit(address(anchor));
        emit IReveals.RevealDemanded(idOf(batch), 3, demander, deadline, deadline + REVEAL, bond);
        vm.prank(demander);
        anchor.demandReveal{value: bond + 7}(batch, 3);
        Demand memory d = anchor.demandOf(idOf(batch), 3);
        vm.assertEq(uint256(d.state), uint256(DemandState.Open), "open");
        vm.assertEq(d.demander, demander, "whose");
        vm.assertEq(d.deadline, deadline, "deadline");
        vm.assertEq(d.bond, bond, "bond");
        vm.assertEq(free(demander), 7, "what was too much is free bond");
        Batch memory b = anchor.batchOf(idOf(batch));
        vm.assertEq(b.openDemands, 1, "one open");
        vm.assertEq(b.finalAt, deadline + REVEAL, "finality moved");
        vm.assertEq(b.liableUntil, deadline + REVEAL + LATE, "and with it liability");
    }

    function test_the_bond_follows_the_base_fee_above_a_floor() public {
        (BatchRef memory batch,) = anchorOf(5);
        vm.fee(0);
        uint256 floorBond = anchor.demandBond();
        vm.fee(FEE_FLOOR);
        vm.assertEq(anchor.demandBond(), floorBond, "the floor");
        vm.fee(30 * uint256(FEE_FLOOR));
        vm.assertEq(anchor.demandBond(), 30 * floorBond, "the base fee");
        vm.expectRevert(
            abi.encodeWithSelector(IReveals.DemandBondTooSmall.selector, 30 * floorBond - 1, 30 * floorBond)
        );
        vm.prank(demander);
        anchor.demandReveal{value: 30 * floorBond - 1}(batch, 0);
    }

    function test_an_early_demand_does_not_move_finality() public {
        (BatchRef memory batch,) = anchorOf(5);
        demand(batch, 0);
        vm.assertEq(anchor.batchOf(idOf(batch)).finalAt, START + WINDOW, "as it was");
    }

    function test_demands_are_taken_through_the_first_window_only() public {
        (BatchRef memory batch,) = anchorOf(5);
        vm.warp(START + WINDOW - 1);
        demand(batch, 0);
        // The batch is not final now, and for longer; but nobody can go on demanding for ever.
        vm.warp(START + WINDOW);
        uint256 bond = anchor.demandBond();
        vm.expectRevert(
            abi.encodeWithSelector(IReveals.DemandTooLate.selector, idOf(batch), START + WINDOW - 1, START + WINDOW)
        );
        vm.prank(demander);
        anchor.demandReveal{value: bond}(batch, 1);
    }

    function test_demands_that_make_no_sense_are_refused() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        bytes32 id = idOf(batch);
        uint256 bond = demand(batch, 4);
        vm.deal(address(this), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(IReveals.IndexOutOfBounds.selector, 5, 5));
        anchor.demandReveal{value: bond}(batch, 5);
        vm.expectRevert(abi.encodeWithSelector(IReveals.AlreadyDemanded.selector, id, 4));
        anchor.demandReveal{value: bond}(batch, 4);
        reveal(relayer, batch, leaves, 4);
        vm.expectRevert(abi.encodeWithSelector(IReveals.AlreadyDemanded.selector, id, 4));
        anchor.demandReveal{value: bond}(batch, 4);
        BatchRef memory unknown = refOf(challenger, leaves);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchUnknown.selector, idOf(unknown)));
        anchor.demandReveal{value: bond}(unknown, 1);
        router.stop();
        vm.expectRevert(abi.encodeWithSelector(IBatches.RouterStopped.selector, START));
        anchor.demandReveal{value: bond}(batch, 1);
    }

    function test_an_answer_splits_the_bond_and_shows_the_receipt() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        uint256 bond = demand(batch, 3);
        vm.warp(START + REVEAL);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 3);
        ReceiptHeader memory h = header(3);
        vm.expectEmit(address(anchor));
        emit IReveals.LeafRevealed(idOf(batch), 3, address(0x0b), leaves[3], h, PROOF);
        vm.prank(address(0x0b));
        anchor.revealLeaf(batch, 3, path, h, PROOF);
        vm.assertEq(free(address(0x0b)), bond / 2, "who answers");
        vm.assertEq(free(relayer), 9 ether + bond - bond / 2, "the relayer");
        vm.assertEq(free(demander), 0, "not the demander");
        vm.assertEq(anchor.batchOf(idOf(batch)).openDemands, 0, "none open");
        vm.expectRevert(abi.encodeWithSelector(IReveals.NoOpenDemand.selector, idOf(batch), 3));
        anchor.revealLeaf(batch, 3, path, h, PROOF);
        vm.expectRevert(abi.encodeWithSelector(IReveals.NoOpenDemand.selector, idOf(batch), 3));
        anchor.closeDemand(batch, 3);
    }

    /// @dev Demanding and answering oneself costs half of the bond each time.
    function test_stalling_by_ones_own_demands_costs() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        uint256 bond = demand(batch, 3);
        reveal(demander, batch, leaves, 3);
        vm.assertEq(free(demander), bond / 2, "half is gone");
    }

    function test_answers_have_the_leaf_and_come_in_time() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        bytes32 id = idOf(batch);
        demand(batch, 3);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 3);
        ReceiptHeader memory h = header(3);
        ReceiptHeader memory other = header(2);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, id, 3, leaves[2]));
        anchor.revealLeaf(batch, 3, path, other, PROOF);
        vm.expectRevert(abi.encodeWithSelector(IReveals.NoOpenDemand.selector, id, 2));
        anchor.revealLeaf(batch, 2, path, other, PROOF);
        vm.expectRevert(
            abi.encodeWithSelector(IReveals.RevealStillOpen.selector, id, 3, START + REVEAL, START + REVEAL)
        );
        vm.warp(START + REVEAL);
        anchor.closeDemand(batch, 3);
        vm.warp(START + REVEAL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IReveals.RevealTooLate.selector, id, 3, START + REVEAL, START + REVEAL + 1)
        );
        anchor.revealLeaf(batch, 3, path, h, PROOF);
    }

    /// @dev A proof that fits no transaction could not be challenged: it does not count as an answer.
    function test_a_proof_of_any_length_is_no_answer() public {
        bytes memory longest = new bytes(8192);
        bytes memory tooLong = new bytes(8193);
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = anchor.leafOf(header(0), keccak256(longest));
        leaves[1] = anchor.leafOf(header(1), keccak256(tooLong));
        BatchRef memory batch = refOf(relayer, leaves);
        send(batch);
        demand(batch, 0);
        demand(batch, 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        vm.expectRevert(abi.encodeWithSelector(IReveals.ProofTooLong.selector, 8193, 8192));
        anchor.revealLeaf(batch, 1, path, h, tooLong);
        path = ReceiptTreeModel.path(leaves, 0);
        h = header(0);
        anchor.revealLeaf(batch, 0, path, h, longest);
    }

    function test_without_an_answer_the_batch_falls() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        bytes32 id = idOf(batch);
        uint256 bond = demand(batch, 3);
        demand(batch, 1);
        vm.warp(START + REVEAL + 1);
        vm.expectEmit(address(anchor));
        emit IReveals.DemandClosed(id, 3, demander, bond);
        vm.expectEmit(address(anchor));
        emit IChallenges.BatchFallen(id);
        vm.expectEmit(address(anchor));
        emit IChallenges.RelayerSlashed(id, relayer, demander, SLICE / 2, SLICE / 2);
        anchor.closeDemand(batch, 3);
        vm.assertEq(free(demander), bond + SLICE / 2, "bond and reward");
        assertStatus(batch, leaves, 0, LeafStatus.Void);
        // The other demand lost its object: it can be closed, not answered.
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchHasFallen.selector, id));
        anchor.revealLeaf(batch, 1, path, h, PROOF);
        anchor.closeDemand(batch, 1);
        vm.assertEq(free(demander), 2 * bond + SLICE / 2, "both bonds, one reward");
        vm.assertEq(anchor.batchOf(id).openDemands, 0, "none open");
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchHasFallen.selector, id));
        vm.prank(demander);
        anchor.demandReveal{value: bond}(batch, 2);
    }

    /// @dev Bonds of a batch that fell for another reason do not wait for the deadline.
    function test_bonds_come_back_at_once_when_the_batch_fell() public {
        bytes32[] memory leaves = leavesOf(4);
        BatchRef memory batch = refOf(relayer, leaves);
        batch.dataCommitment = keccak256("");
        send(batch);
        uint256 bond = demand(batch, 2);
        commit(challenger, idOf(batch), type(uint32).max);
        vm.prank(challenger);
        anchor.challengeData(batch, "", SALT);
        anchor.closeDemand(batch, 2);
        vm.assertEq(free(demander), bond, "back");
    }

    function test_an_open_demand_holds_finality_and_slice() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        demand(batch, 3);
        vm.warp(START + WINDOW + LATE + 100 days);
        assertStatus(batch, leaves, 0, LeafStatus.Pending);
        vm.expectRevert(abi.encodeWithSelector(IBatches.StillLiable.selector, idOf(batch), START + WINDOW + LATE, 1));
        anchor.releaseSlice(batch);
        anchor.closeDemand(batch, 3);
        assertStatus(batch, leaves, 0, LeafStatus.Void);
    }

    /// @dev An answer in the last second leaves a whole reveal period to challenge it.
    function test_a_late_answer_can_be_challenged() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        vm.warp(START + WINDOW - 1);
        demand(batch, 3);
        vm.warp(START + WINDOW - 1 + REVEAL);
        reveal(relayer, batch, leaves, 3);
        vm.warp(START + WINDOW - 1 + 2 * REVEAL - 1);
        assertStatus(batch, leaves, 3, LeafStatus.Pending);
        invalid();
        challenge(batch, leaves, 3);
        assertStatus(batch, leaves, 3, LeafStatus.Void);
        vm.warp(START + WINDOW - 1 + 2 * REVEAL);
        assertStatus(batch, leaves, 2, LeafStatus.Final);
    }

    function test_a_void_leaf_and_a_demand_together() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        uint256 bond = demand(batch, 3);
        invalid();
        challenge(batch, leaves, 3);
        vm.warp(START + REVEAL + 1);
        anchor.closeDemand(batch, 3);
        assertStatus(batch, leaves, 0, LeafStatus.Void);
        vm.assertEq(free(demander), bond, "the slice was gone");
        vm.assertEq(uint256(anchor.batchOf(idOf(batch)).state), uint256(BatchState.Fallen), "fallen all the same");
    }

    /// @dev 256 open at a time, so that answering stays possible; each answer makes room for the next.
    function test_open_demands_are_capped() public {
        bytes32[] memory leaves = new bytes32[](300);
        for (uint256 i; i < 300; ++i) {
            leaves[i] = i < 2 ? leaf(i) : bytes32(i);
        }
        BatchRef memory batch = refOf(relayer, leaves);
        send(batch);
        for (uint32 i; i < 256; ++i) {
            demand(batch, i);
        }
        uint256 bond = anchor.demandBond();
        vm.expectRevert(abi.encodeWithSelector(IReveals.TooManyDemands.selector, idOf(batch), 256));
        vm.prank(demander);
        anchor.demandReveal{value: bond}(batch, 256);
        reveal(relayer, batch, leaves, 1);
        demand(batch, 256);
        vm.assertEq(anchor.batchOf(idOf(batch)).openDemands, 256, "full again");
    }

    /// @dev A relayer that demands its own leaves, to keep others from demanding one, runs out of leaves first.
    function test_demands_cannot_be_used_up() public pure {
        uint256 rounds = WINDOW / REVEAL;
        vm.assertTrue(rounds >= 8, "as the constructor demands");
        vm.assertTrue(256 * 8 >= 2048, "every place of the largest batch fits");
    }
}
