// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../src/interfaces/IDuplicates.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {DuplicateWorld} from "./base/DuplicateWorld.sol";

/// @dev The anchor tells fraud from what befalls honest receipts: duplicates, and batches that nobody reveals.
contract FraudOfTest is DuplicateWorld {
    function assertFraud(BatchRef memory batch, uint32 index, bool fraudulent, bool malformed) private view {
        (bool f, bool m) = anchor.fraudOf(idOf(batch), index);
        vm.assertTrue(f == fraudulent, "fraudulent");
        vm.assertTrue(m == malformed, "malformed");
    }

    function test_nothing_is_said_before_anything_is_proven() public {
        (BatchRef memory batch,) = anchorOf(3);
        assertFraud(batch, 0, false, false);
        vm.warp(START + WINDOW);
        assertFraud(batch, 0, false, false);
        batch.size = 4;
        assertFraud(batch, 0, false, false);
    }

    function test_a_proven_leaf_is_fraudulent_early_or_late_and_no_other_is() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        invalid();
        challenge(batch, leaves, 1);
        assertFraud(batch, 1, true, false);
        assertFraud(batch, 0, false, false);
        vm.warp(START + WINDOW);
        challenge(batch, leaves, 2);
        assertFraud(batch, 2, true, false);
        (LeafStatus status,) = anchor.placeStatus(idOf(batch), 2);
        vm.assertEq(uint256(status), uint256(LeafStatus.Final), "though it stays final");
    }

    function test_a_duplicate_is_not_fraudulent_until_it_is_proven_to_be() public {
        (ReceiptHeader memory a, ReceiptHeader memory b) = (twin(0, 1), twin(0, 2));
        IDuplicates.Placed memory first = single(a);
        vm.warp(START + 1);
        IDuplicates.Placed memory second = single(b);
        anchor.challengeDuplicate(second, keccak256(PROOF), first, PROOF);
        assertFraud(second.batch, 0, false, false);
        invalid();
        commit(challenger, idOf(second.batch), 0);
        vm.prank(challenger);
        anchor.challengeLeaf(second.batch, 0, second.path, b, PROOF, SALT);
        assertFraud(second.batch, 0, true, false);
    }

    function test_a_withheld_batch_is_not_malformed() public {
        (BatchRef memory batch,) = anchorOf(3);
        demand(batch, 0);
        vm.warp(block.timestamp + REVEAL + 1);
        anchor.closeDemand(batch, 0);
        assertFraud(batch, 0, false, false);
    }

    function test_false_data_are_malformed_and_no_leaf_is_fraudulent() public {
        bytes32[] memory leaves = leavesOf(3);
        BatchRef memory batch = refOf(relayer, leaves);
        bytes memory data = abi.encodePacked(leaves[0]);
        batch.dataCommitment = keccak256(data);
        send(batch);
        commit(challenger, idOf(batch), type(uint32).max);
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        for (uint32 i; i < 3; ++i) {
            assertFraud(batch, i, false, true);
        }
    }
}
