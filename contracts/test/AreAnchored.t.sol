// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../src/types/BatchRef.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";

/// @dev One proof for many leaves says what one proof for each would say, and nothing else passes for one.
contract AreAnchoredTest is BatchWorld {
    function synthetic(uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            leaves[i] = keccak256(abi.encode("leaf", i));
        }
    }

    /// @dev The places whose bit is set, of those below `size`.
    function chosen(uint256 size, uint256 bits) private pure returns (uint32[] memory indices) {
        uint256 count;
        indices = new uint32[](size);
        for (uint256 i; i < size; ++i) {
            if (bits >> (i % 256) & 1 == 1) indices[count++] = uint32(i);
        }
        assembly ("memory-safe") {
            mstore(indices, count)
        }
    }

    function pick(bytes32[] memory leaves, uint32[] memory indices) private pure returns (bytes32[] memory picked) {
        picked = new bytes32[](indices.length);
        for (uint256 i; i < indices.length; ++i) {
            picked[i] = leaves[indices[i]];
        }
    }

    /// @dev What the singles say of all of them.
    function singles(BatchRef memory batch, bytes32[] memory leaves, uint32[] memory indices, bytes32[] memory picked)
        private
        view
        returns (bool all)
    {
        all = indices.length != 0;
        for (uint256 i; i < indices.length; ++i) {
            bytes32[] memory path = ReceiptTreeModel.path(leaves, indices[i]);
            if (!anchor.isAnchored(batch, indices[i], picked[i], path)) all = false;
        }
    }

    function finalBatch(bytes32[] memory leaves) private returns (BatchRef memory batch) {
        batch = refOf(relayer, leaves);
        send(batch);
        vm.warp(START + WINDOW);
    }

    function refused(
        BatchRef memory batch,
        uint32[] memory indices,
        bytes32[] memory picked,
        bytes32[] memory siblings,
        string memory why
    ) private view {
        vm.assertFalse(anchor.areAnchored(batch, indices, picked, siblings), why);
    }

    /// @dev Every set of places of every tree of up to seven leaves.
    function test_every_set_of_places_of_small_trees() public {
        for (uint256 size = 1; size < 8; ++size) {
            vm.warp(START);
            bytes32[] memory leaves = synthetic(size);
            BatchRef memory batch = finalBatch(leaves);
            for (uint256 bits = 1; bits < 2 ** size; ++bits) {
                uint32[] memory indices = chosen(size, bits);
                bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
                vm.assertTrue(anchor.areAnchored(batch, indices, pick(leaves, indices), siblings), "included");
            }
        }
    }

    /// @dev A random tree, random places, and one random fault or none: the answer is that of the singles.
    function test_fuzz_one_proof_says_what_the_singles_say(uint256 size, uint256 bits, uint256 dice) public {
        size = bound(size, 1, 200);
        bytes32[] memory leaves = synthetic(size);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = chosen(size, bits & uint256(keccak256(abi.encode(bits))));
        vm.assume(indices.length != 0);
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        bytes32[] memory picked = pick(leaves, indices);
        uint256 which = dice / 8 % indices.length;
        if (dice % 4 == 1) picked[which] = bytes32(uint256(picked[which]) ^ 1 << (dice / 8 % 256));
        if (dice % 4 == 2) vm.warp(START + WINDOW - 1);
        if (dice % 4 == 3) batch.size = uint32(bound(dice / 8, 0, 300));
        bool expected = singles(batch, leaves, indices, picked);
        vm.assertTrue(anchor.areAnchored(batch, indices, picked, siblings) == expected, "not what the singles say");
        if (dice % 4 == 0) vm.assertTrue(expected, "in order");
    }

    /// @dev For one leaf the proof is its path.
    function test_fuzz_one_leaf_takes_its_path(uint256 size, uint32 index) public {
        size = bound(size, 1, 200);
        index = uint32(index % size);
        bytes32[] memory leaves = synthetic(size);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = new uint32[](1);
        indices[0] = index;
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        vm.assertTrue(anchor.areAnchored(batch, indices, pick(leaves, indices), path), "its path");
    }

    /// @dev Any changed, missing or added word makes it false.
    function test_fuzz_any_change_is_refused(uint256 size, uint256 bits, uint256 dice) public {
        size = bound(size, 2, 100);
        bytes32[] memory leaves = synthetic(size);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = chosen(size, bits & uint256(keccak256(abi.encode(bits))));
        vm.assume(indices.length != 0);
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        bytes32[] memory picked = pick(leaves, indices);
        refused(batch, indices, picked, ReceiptTreeModel.push(siblings, bytes32(dice)), "one more");
        if (siblings.length != 0) {
            uint256 which = dice % siblings.length;
            siblings[which] = bytes32(uint256(siblings[which]) ^ 1);
            refused(batch, indices, picked, siblings, "another sibling");
            siblings[which] = bytes32(uint256(siblings[which]) ^ 1);
            assembly ("memory-safe") {
                mstore(siblings, sub(mload(siblings), 1))
            }
            refused(batch, indices, picked, siblings, "one less");
            assembly ("memory-safe") {
                mstore(siblings, add(mload(siblings), 1))
            }
        }
        uint256 moved = dice % indices.length;
        uint32 place = indices[moved];
        indices[moved] = uint32(uint256(keccak256(abi.encode(dice))) % size);
        if (indices[moved] != place) refused(batch, indices, picked, siblings, "another place");
        indices[moved] = place;
        vm.assertTrue(anchor.areAnchored(batch, indices, picked, siblings), "as it was");
    }

    function test_places_ascend_and_have_one_leaf_each() public {
        bytes32[] memory leaves = synthetic(8);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = chosen(8, 38);
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        bytes32[] memory picked = pick(leaves, indices);
        vm.assertTrue(anchor.areAnchored(batch, indices, picked, siblings), "1, 2 and 5");
        (indices[0], indices[1], picked[0], picked[1]) = (2, 1, leaves[2], leaves[1]);
        refused(batch, indices, picked, siblings, "descending");
        (indices[0], picked[0]) = (1, leaves[1]);
        refused(batch, indices, picked, siblings, "the same place twice");
        refused(batch, chosen(8, 6), picked, siblings, "more leaves than places");
        refused(batch, indices, pick(leaves, chosen(8, 6)), siblings, "more places than leaves");
        indices = chosen(8, 128);
        picked = pick(leaves, indices);
        siblings = ReceiptTreeModel.siblings(leaves, indices);
        indices[0] = 8;
        refused(batch, indices, picked, siblings, "beyond the size");
    }

    /// @dev Nothing was asked, so nothing is said: not even with the root as the only sibling.
    function test_no_leaves_are_not_anchored() public {
        bytes32[] memory leaves = synthetic(4);
        BatchRef memory batch = finalBatch(leaves);
        bytes32[] memory siblings = new bytes32[](0);
        refused(batch, new uint32[](0), new bytes32[](0), siblings, "none");
        refused(batch, new uint32[](0), new bytes32[](0), ReceiptTreeModel.push(siblings, batch.root), "the root");
    }

    /// @dev No node of a tree passes for a leaf, alone or beside a leaf, in a batch of any size that has the same root.
    function test_a_node_is_no_leaf() public {
        bytes32[] memory leaves = synthetic(4);
        bytes32 left = ReceiptTreeModel.node(leaves[0], leaves[1]);
        bytes32 right = ReceiptTreeModel.node(leaves[2], leaves[3]);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = chosen(4, 3);
        bytes32[] memory picked = new bytes32[](2);
        (picked[0], picked[1]) = (left, right);
        refused(batch, indices, picked, new bytes32[](0), "two nodes");
        uint32[] memory one = chosen(4, 1);
        bytes32[] memory node = ReceiptTreeModel.push(new bytes32[](0), left);
        refused(batch, one, node, ReceiptTreeModel.push(new bytes32[](0), right), "a node with its sibling");
        // The data show that the size is wrong, but nobody has to look: the batch of size 2 is another batch.
        batch.size = 2;
        refused(batch, indices, picked, new bytes32[](0), "another size");
    }

    function test_words_that_are_no_places_are_refused() public {
        bytes32[] memory leaves = synthetic(4);
        BatchRef memory batch = finalBatch(leaves);
        uint32[] memory indices = chosen(4, 2);
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        bytes memory call = abi.encodeCall(anchor.areAnchored, (batch, indices, pick(leaves, indices), siblings));
        (bool ok, bytes memory answer) = address(anchor).staticcall(call);
        vm.assertTrue(ok && abi.decode(answer, (bool)), "clean");
        // Behind the selector: batch (4), three offsets, the length, and then the place. Above its 32 bits:
        call[4 + 32 * 8 + 27] = 0x01;
        (ok, answer) = address(anchor).staticcall(call);
        vm.assertFalse(ok && abi.decode(answer, (bool)), "dirty");
    }

    function test_one_void_leaf_makes_it_false_for_sets_with_it() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(6);
        invalid();
        challenge(batch, leaves, 3);
        vm.warp(START + WINDOW);
        for (uint256 bits = 1; bits < 64; ++bits) {
            uint32[] memory indices = chosen(6, bits);
            bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
            bool held = anchor.areAnchored(batch, indices, pick(leaves, indices), siblings);
            vm.assertTrue(held == (bits & 8 == 0), "void leaves are not anchored");
        }
    }

    function test_only_final_batches_count() public {
        bytes32[] memory leaves = synthetic(5);
        BatchRef memory batch = refOf(relayer, leaves);
        uint32[] memory indices = chosen(5, 21);
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        bytes32[] memory picked = pick(leaves, indices);
        refused(batch, indices, picked, siblings, "not anchored");
        send(batch);
        refused(batch, indices, picked, siblings, "pending");
        demand(batch, 1);
        vm.warp(START + WINDOW);
        refused(batch, indices, picked, siblings, "a demand is open");
        anchor.closeDemand(batch, 1);
        refused(batch, indices, picked, siblings, "fallen");
        BatchRef memory other = BatchRef(challenger, batch.root, batch.size, batch.dataCommitment);
        vm.prank(challenger);
        anchor.depositBond{value: SLICE}();
        send(other);
        router.stop();
        vm.warp(START + 3 * WINDOW);
        refused(other, indices, picked, siblings, "frozen");
    }
}
