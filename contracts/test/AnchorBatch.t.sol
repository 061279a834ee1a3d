// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IBonds} from "../src/interfaces/IBonds.sol";
import {Batch, BatchState, DataMode} from "../src/types/Batch.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";

/// @dev A batch is anchored once, under a name known before, for a slice of bond, and is final after its window.
contract AnchorBatchTest is BatchWorld {
    function joined(bytes32[] memory leaves) private pure returns (bytes memory) {
        return abi.encodePacked(leaves);
    }

    function test_a_batch_is_kept_and_reported() public {
        bytes32[] memory leaves = leavesOf(5);
        BatchRef memory batch = refOf(relayer, leaves);
        vm.expectEmit(address(anchor));
        emit IBatches.BatchAnchored(
            idOf(batch), relayer, 0, batch.root, 5, batch.dataCommitment, DataMode.Mesh, START + WINDOW
        );
        bytes32 id = send(batch);
        vm.assertEq(id, idOf(batch), "the name is known before");
        vm.assertEq(id, anchor.batchIdFor(batch), "and the contract says the same");
        Batch memory b = anchor.batchOf(id);
        vm.assertEq(uint256(b.state), uint256(BatchState.Pending), "state");
        vm.assertEq(uint256(b.mode), uint256(DataMode.Mesh), "mode");
        vm.assertEq(b.anchoredAt, START, "anchored");
        vm.assertEq(b.demandableUntil, START + WINDOW - 1, "demandable");
        vm.assertEq(b.finalAt, START + WINDOW, "final");
        vm.assertEq(b.liableUntil, START + WINDOW + LATE, "liable");
        vm.assertEq(b.slice, SLICE, "slice");
        vm.assertEq(anchor.sliceOf(id), SLICE, "slice alone");
        vm.assertEq(b.openDemands + b.voided, 0, "no faults");
        vm.assertEq(anchor.batchCount(), 1, "count");
    }

    function test_the_same_batch_is_anchored_once() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        vm.warp(START + 5);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, idOf(batch), START));
        send(batch);
        // Not by the other way in either: the name says nothing about the mode.
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, idOf(batch), START));
        vm.prank(relayer);
        anchor.anchorBatchWithLeaves(batch.root, joined(leaves));
        vm.assertEq(locked(relayer), SLICE, "one slice");
        vm.assertEq(anchor.batchCount(), 1, "one batch");
    }

    /// @dev Nobody can take a relayer's name: it contains the sender.
    function test_the_same_leaves_by_another_relayer_are_another_batch() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        vm.prank(challenger);
        anchor.depositBond{value: SLICE}();
        BatchRef memory other = refOf(challenger, leaves);
        vm.assertTrue(idOf(batch) != send(other), "another name");
        vm.assertEq(locked(challenger), SLICE, "its own slice");
        vm.assertEq(anchor.batchCount(), 2, "two batches");
    }

    function test_every_member_of_a_batch_is_part_of_its_name() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        for (uint256 i; i < 4; ++i) {
            BatchRef memory other = BatchRef(batch.relayer, batch.root, batch.size, batch.dataCommitment);
            if (i == 0) other.relayer = challenger;
            if (i == 1) other.root = bytes32(uint256(other.root) ^ 1);
            if (i == 2) other.size = 3;
            if (i == 3) other.dataCommitment = 0;
            vm.expectRevert(abi.encodeWithSelector(IBatches.BatchUnknown.selector, idOf(other)));
            anchor.releaseSlice(other);
            vm.assertFalse(anchor.isAnchored(other, 1, leaves[1], path), "not this batch");
        }
    }

    function test_dirty_words_name_no_batch() public {
        (BatchRef memory batch,) = anchorOf(4);
        vm.warp(START + WINDOW + LATE + 1);
        bytes memory call = abi.encodeCall(anchor.releaseSlice, (batch));
        for (uint256 i; i < 3; i += 2) {
            bytes memory dirty = bytes.concat(call);
            dirty[4 + 32 * i] = 0x80;
            (bool ok,) = address(anchor).call(dirty);
            vm.assertFalse(ok, "dirty word accepted");
        }
        (bool clean,) = address(anchor).call(call);
        vm.assertTrue(clean, "the clean one passes");
    }

    function test_sizes_are_bounded() public {
        vm.startPrank(relayer);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 0, 2048));
        anchor.anchorBatch("root", 0, "data");
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 2049, 2048));
        anchor.anchorBatch("root", 2049, "data");
        anchor.anchorBatch("root", 2048, "data");
        anchor.anchorBatch("root", 1, "data");
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 0, 1024));
        anchor.anchorBatchWithLeaves(0, "");
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 1025, 1024));
        anchor.anchorBatchWithLeaves(0, new bytes(1025 * 32));
        vm.expectRevert(abi.encodeWithSelector(IBatches.LeavesMalformed.selector, 33));
        anchor.anchorBatchWithLeaves(0, new bytes(33));
        vm.assertEq(anchor.maxSize(DataMode.Mesh), 2048, "mesh");
        vm.assertEq(anchor.maxSize(DataMode.Calldata), 1024, "calldata");
    }

    function test_leaves_on_chain_are_checked_and_logged() public {
        bytes32[] memory leaves = leavesOf(7);
        BatchRef memory batch = refOf(relayer, leaves);
        vm.expectRevert(abi.encodeWithSelector(IBatches.RootMismatch.selector, bytes32("another root"), batch.root));
        anchor.anchorBatchWithLeaves("another root", joined(leaves));
        vm.expectEmit(address(anchor));
        emit IBatches.BatchLeaves(idOf(batch), joined(leaves));
        vm.prank(relayer);
        bytes32 id = anchor.anchorBatchWithLeaves(batch.root, joined(leaves));
        vm.assertEq(id, idOf(batch), "the same name as in mesh mode");
        vm.assertEq(uint256(anchor.batchOf(id).mode), uint256(DataMode.Calldata), "mode");
    }

    function test_finality_comes_at_its_second() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        vm.warp(START + WINDOW - 1);
        assertStatus(batch, leaves, 2, LeafStatus.Pending);
        vm.warp(START + WINDOW);
        assertStatus(batch, leaves, 2, LeafStatus.Final);
        vm.assertEq(uint256(anchor.batchOf(idOf(batch)).state), uint256(BatchState.Final), "state");
    }

    function test_what_was_not_anchored_is_unknown() public view {
        bytes32[] memory leaves = leavesOf(3);
        BatchRef memory batch = refOf(relayer, leaves);
        (LeafStatus status, uint64 anchoredAt, uint64 finalAt) =
            anchor.leafStatus(batch, 0, leaves[0], ReceiptTreeModel.path(leaves, 0));
        vm.assertEq(uint256(status) + anchoredAt + finalAt, 0, "a true path in a batch that is not there");
        vm.assertEq(anchor.batchOf(idOf(batch)).anchoredAt, 0, "no batch");
        (status,) = anchor.placeStatus(idOf(batch), 0);
        vm.assertEq(uint256(status), uint256(LeafStatus.Unknown), "no place");
    }

    function test_a_stop_freezes_what_is_not_final() public {
        (BatchRef memory first, bytes32[] memory leaves) = anchorOf(3);
        vm.warp(START + 10);
        (BatchRef memory second, bytes32[] memory more) = anchorOf(4);
        // The first becomes final in the very second of the stop, the second ten seconds later.
        vm.warp(START + WINDOW);
        router.stop();
        assertStatus(first, leaves, 1, LeafStatus.Final);
        vm.warp(START + WINDOW + 10);
        assertStatus(second, more, 1, LeafStatus.Pending);
        vm.warp(START + 1000 * WINDOW);
        assertStatus(first, leaves, 1, LeafStatus.Final);
        assertStatus(second, more, 1, LeafStatus.Pending);
        vm.assertEq(uint256(anchor.batchOf(idOf(second)).state), uint256(BatchState.Frozen), "frozen");
        BatchRef memory third = refOf(relayer, leavesOf(5));
        vm.expectRevert(abi.encodeWithSelector(IBatches.RouterStopped.selector, START + WINDOW));
        send(third);
        // Neutral: both slices come back.
        anchor.releaseSlice(first);
        anchor.releaseSlice(second);
        vm.assertEq(free(relayer), 10 ether, "everything is back");
    }

    function test_a_slice_comes_back_when_nobody_can_claim_it() public {
        (BatchRef memory batch,) = anchorOf(3);
        uint64 liableUntil = START + WINDOW + LATE;
        vm.warp(liableUntil);
        vm.expectRevert(abi.encodeWithSelector(IBatches.StillLiable.selector, idOf(batch), liableUntil, 0));
        anchor.releaseSlice(batch);
        vm.warp(liableUntil + 1);
        vm.expectEmit(address(anchor));
        emit IBatches.SliceReleased(idOf(batch), relayer, SLICE);
        vm.prank(challenger);
        anchor.releaseSlice(batch);
        vm.assertEq(free(relayer), 10 ether, "free again");
        vm.assertEq(locked(relayer), 0, "nothing locked");
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoSlice.selector, idOf(batch)));
        anchor.releaseSlice(batch);
        vm.assertEq(anchor.sliceOf(idOf(batch)), 0, "no slice");
    }

    function test_anchoring_takes_a_whole_slice() public {
        BatchRef memory batch = refOf(challenger, leavesOf(2));
        vm.prank(challenger);
        anchor.depositBond{value: SLICE - 1}();
        vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, challenger, SLICE - 1, SLICE));
        send(batch);
        vm.prank(challenger);
        anchor.depositBond{value: 1}();
        send(batch);
        vm.assertEq(free(challenger), 0, "all of it");
    }

    /// @dev Both loops of the contract against the recursive definition, at every size and place, and nothing else passes.
    function test_fuzz_inclusion_holds_iff_the_leaf_is_there(uint256 seed, uint256 dice) public {
        uint256 size = bound(seed, 1, 40);
        uint32 index = uint32(bound(dice, 0, size - 1));
        bytes32[] memory leaves = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
        BatchRef memory batch = refOf(relayer, leaves);
        vm.prank(relayer);
        anchor.anchorBatchWithLeaves(batch.root, joined(leaves));
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        vm.warp(START + WINDOW);
        vm.assertTrue(anchor.isAnchored(batch, index, leaves[index], path), "the leaf is there");

        for (uint32 i; i < size + 2; ++i) {
            if (i != index) vm.assertFalse(anchor.isAnchored(batch, i, leaves[index], path), "at another place");
        }
        vm.assertFalse(anchor.isAnchored(batch, index, keccak256("other"), path), "another leaf");
        bytes32[] memory longer = new bytes32[](path.length + 1);
        bytes32[] memory shorter = new bytes32[](path.length == 0 ? 0 : path.length - 1);
        for (uint256 i; i < path.length; ++i) {
            longer[i] = path[i];
            if (i < shorter.length) shorter[i] = path[i];
            path[i] = ~path[i];
            vm.assertFalse(anchor.isAnchored(batch, index, leaves[index], path), "another sibling");
            path[i] = ~path[i];
        }
        vm.assertFalse(anchor.isAnchored(batch, index, leaves[index], longer), "a longer path");
        if (path.length != 0) {
            vm.assertFalse(anchor.isAnchored(batch, index, leaves[index], shorter), "a shorter path");
        }
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, idOf(batch), index, leaves[index]));
        anchor.leafStatus(batch, index, leaves[index], longer);
    }

    /// @dev Every node of the tree, handed in as a leaf with the rest of its path, at every place.
    function test_a_node_never_passes_for_a_leaf() public {
        for (uint256 size = 2; size <= 9; ++size) {
            (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(size);
            vm.warp(block.timestamp + WINDOW);
            for (uint256 i; i < size; ++i) {
                bytes32[] memory path = ReceiptTreeModel.path(leaves, i);
                bytes32 reached = leaves[i];
                uint256 index = i;
                uint256 last = size - 1;
                for (uint256 used; used < path.length; last >>= 1) {
                    if (index & 1 == 1 || index < last) {
                        reached = index & 1 == 1
                            ? ReceiptTreeModel.node(path[used], reached)
                            : ReceiptTreeModel.node(reached, path[used]);
                        ++used;
                        bytes32[] memory rest = new bytes32[](path.length - used);
                        for (uint256 j; j < rest.length; ++j) {
                            rest[j] = path[used + j];
                        }
                        for (uint32 place; place < size; ++place) {
                            bool passes = anchor.isAnchored(batch, place, reached, rest);
                            vm.assertFalse(passes, "a node passed for a leaf");
                        }
                    }
                    index >>= 1;
                }
            }
        }
    }
}
