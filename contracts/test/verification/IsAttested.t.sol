// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {Verdict} from "../../src/types/Job.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Attested finality holds exactly while a full quorum of Valid can be slashed for it, and a challenger has time.
contract IsAttestedTest is VerificationWorld {
    /// @dev Half of three stakes.
    uint256 private constant VALUE = 1.5 ether;

    function ask(uint256 jobId, BatchRef memory batch, bytes32[] memory leaves, uint32 index, uint256 value)
        private
        view
        returns (bool)
    {
        return opinions.isAttested(jobId, batch, index, leaves[index], ReceiptTreeModel.path(leaves, index), value);
    }

    function yes(uint256 jobId, BatchRef memory batch, bytes32[] memory leaves, string memory why) private view {
        vm.assertTrue(ask(jobId, batch, leaves, 2, VALUE), why);
    }

    function no(uint256 jobId, BatchRef memory batch, bytes32[] memory leaves, string memory why) private view {
        vm.assertFalse(ask(jobId, batch, leaves, 2, VALUE), why);
    }

    function test_from_the_floor_until_a_challenger_has_too_little_time() public {
        (uint256 jobId, BatchRef memory b, bytes32[] memory l) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR - 1);
        no(jobId, b, l, "too young");
        vm.warp(START + ATTESTED_FLOOR);
        yes(jobId, b, l, "attested");
        vm.assertFalse(anchor.isAnchored(b, 2, l[2], ReceiptTreeModel.path(l, 2)), "the anchor is as strict as ever");
        vm.warp(START + WINDOW - VERIFICATION_GRACE);
        yes(jobId, b, l, "just in time");
        vm.warp(START + WINDOW - VERIFICATION_GRACE + 1);
        no(jobId, b, l, "no time to challenge");
        vm.warp(START + WINDOW);
        no(jobId, b, l, "final: ask the anchor");
    }

    function test_up_to_half_of_the_stakes() public {
        (uint256 jobId, BatchRef memory b, bytes32[] memory l) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR);
        vm.assertEq(opinions.attestedStake(jobId), VALUE, "half");
        vm.assertFalse(ask(jobId, b, l, 2, VALUE + 1), "a wei more");
        vm.assertFalse(ask(jobId, b, l, 2, 0), "nothing is at stake for nothing");
        vm.assertTrue(ask(jobId, b, l, 0, 1), "little");
    }

    function test_of_that_leaf_at_that_place_of_that_batch_only() public {
        (uint256 jobId, BatchRef memory b, bytes32[] memory l) = attestedJob();
        (BatchRef memory other, bytes32[] memory others) = anchorOf(3);
        // Old enough as well.
        vm.warp(START + 2 * ATTESTED_FLOOR);
        no(jobId, other, others, "another batch");
        no(99, b, l, "no job");
        bytes32[] memory path = ReceiptTreeModel.path(l, 2);
        vm.assertFalse(opinions.isAttested(jobId, b, 1, l[2], path, 1), "another place");
        vm.assertFalse(opinions.isAttested(jobId, b, 2, l[1], path, 1), "another leaf");
        vm.assertFalse(opinions.isAttested(jobId, b, 2, l[2], new bytes32[](0), 1), "no path");
        b.size = 5;
        no(jobId, b, l, "another size");
    }

    function test_not_with_an_opinion_missing_or_against() public {
        (BatchRef memory b, bytes32[] memory l) = anchorOf(4);
        (uint256 missing, uint256 against) = (post(b, 0), post(b, 0));
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, missing, 0);
        }
        fill(against);
        attest(0, missing, Verdict.Valid);
        attest(1, missing, Verdict.Valid);
        attest(0, against, Verdict.Valid);
        attest(1, against, Verdict.Valid);
        attest(2, against, Verdict.Invalid);
        vm.warp(START + ATTESTED_FLOOR);
        no(missing, b, l, "two of three");
        no(against, b, l, "one against");
        vm.assertEq(opinions.attestedStake(missing) + opinions.attestedStake(against), 0, "nothing stands behind it");
    }

    function test_not_with_an_open_demand_and_again_after_the_answer() public {
        (uint256 jobId, BatchRef memory b, bytes32[] memory l) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR);
        demand(b, 0);
        no(jobId, b, l, "open demand");
        reveal(relayer, b, l, 0);
        yes(jobId, b, l, "answered");
        vm.warp(START + WINDOW - 1);
        demand(b, 1);
        reveal(relayer, b, l, 1);
        vm.warp(START + WINDOW);
        yes(jobId, b, l, "finality moved");
    }

    function test_not_of_a_void_leaf_a_fallen_batch_a_slashed_job_or_after_a_stop() public {
        (uint256 jobId, BatchRef memory b, bytes32[] memory l) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR);
        uint256 snapshot = vm.snapshotState();
        prove(b, l, 2);
        no(jobId, b, l, "void");
        vm.assertTrue(ask(jobId, b, l, 1, 1), "the others stand, until somebody slashes");
        opinions.slash(jobId, 2);
        vm.assertFalse(ask(jobId, b, l, 1, 1), "nothing stands behind it any more");
        vm.revertToState(snapshot);
        withhold(b, 0);
        no(jobId, b, l, "fallen");
        vm.revertToState(snapshot);
        router.stop();
        no(jobId, b, l, "stopped");
    }

    function test_installs_attest_no_leaf() public {
        uint256 jobId = confirmedInstall();
        vm.assertEq(opinions.attestedStake(jobId), 0, "not slashable");
    }
}
