// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../../src/interfaces/IDuplicates.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Nullifier} from "../../src/types/Ids.sol";
import {Fate, JobKind, JobState, Verdict} from "../../src/types/Job.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Whoever said Valid of a batch that the anchor was shown to be fraudulent loses its stake, and nobody else does.
contract SlashTest is VerificationWorld {
    uint256 private constant TENTH = STAKE / 10;

    function slash(uint256 jobId, uint32 index) private {
        vm.prank(anyone);
        opinions.slash(jobId, index);
    }

    function noFraud(uint256 jobId, BatchRef memory batch, uint32 index) private {
        expect(abi.encodeWithSelector(IVerificationMarket.NoFraud.selector, jobId, idOf(batch), index));
        slash(jobId, index);
    }

    function test_a_false_valid_loses_the_stake() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        noFraud(jobId, batch, 2);
        prove(batch, leaves, 2);
        noFraud(jobId, batch, 1);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.StakeEnded(jobId, verifiers[0], Fate.Slashed, 0);
        slash(jobId, 2);
        vm.assertEq(balance(anyone), 3 * TENTH, "a tenth of each to the caller");
        vm.assertEq(balance(poster), 10 ether + 3 * MAX_FEE, "the fees, and at most as much of each stake");
        vm.assertEq(opinions.burned(), 3 * (STAKE - TENTH - MAX_FEE), "the rest burns");
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 9 ether, "gone");
        }
        assertState(jobId, JobState.Slashed);
        assertSettled();
        expect(abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Slashed));
        slash(jobId, 2);
    }

    /// @dev The bounty of a canary goes to who saw it, the fee too; who looked away pays.
    function test_who_saw_the_canary_shares_the_bounty() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 0.5 ether + 1);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        attest(2, jobId, Verdict.Invalid);
        prove(batch, leaves, 3);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.StakeEnded(jobId, verifiers[1], Fate.Paid, STAKE + feeOf(1) + 0.25 ether);
        slash(jobId, 3);
        vm.assertEq(balance(verifiers[0]), 9 ether, "did not look");
        vm.assertEq(balance(verifiers[1]), 10 ether + feeOf(1) + 0.25 ether, "looked");
        vm.assertEq(balance(verifiers[2]), 10 ether + feeOf(2) + 0.25 ether, "looked");
        vm.assertEq(
            balance(poster), 10 ether - 0.5 ether - feeOf(1) - feeOf(2) + MAX_FEE, "paid two, had the odd wei back"
        );
        assertSettled();
    }

    /// @dev A bounty that nobody earned is the poster's again.
    function test_a_bounty_without_a_taker_goes_back() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        attestAll(jobId);
        prove(batch, leaves, 3);
        slash(jobId, 3);
        vm.assertEq(balance(poster), 10 ether + 3 * MAX_FEE, "all of it");
        assertSettled();
    }

    /// @dev Fraud that is proven before the deadline ends the job for who had not spoken yet; after it, silence is fined too.
    function test_silence_is_fined_after_the_deadline_only() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        prove(batch, leaves, 0);
        vm.warp(ATTEST_DEADLINE);
        uint256 snapshot = vm.snapshotState();
        slash(jobId, 0);
        vm.assertEq(opinions.burned(), 0, "nobody is fined");
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether, "back");
        }
        assertSettled();
        vm.revertToState(snapshot);
        vm.warp(ATTEST_DEADLINE + 1);
        slash(jobId, 0);
        vm.assertEq(opinions.burned(), 3 * TENTH / 2, "half of a tenth burns");
        vm.assertEq(balance(poster), 10 ether + 3 * TENTH / 2, "half is the poster's");
        assertSettled();
    }

    function test_fraud_ends_a_job_that_is_still_bid_for() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        bid(0, jobId, 1);
        prove(batch, leaves, 0);
        slash(jobId, 0);
        vm.assertEq(balance(poster), 10 ether, "everything back");
        vm.assertEq(balance(verifiers[0]), 10 ether, "everything back");
        assertSettled();
    }

    /// @dev Data that are not the leaves: whoever looked knew.
    function test_false_data_are_fraud() public {
        bytes32[] memory leaves = leavesOf(4);
        BatchRef memory batch = refOf(relayer, leaves);
        leaves[3] = "something else";
        bytes memory data = abi.encodePacked(leaves);
        batch.dataCommitment = keccak256(data);
        send(batch);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        commit(challenger, idOf(batch), type(uint32).max);
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        (bool fraudulent, bool malformed) = anchor.fraudOf(idOf(batch), 0);
        vm.assertTrue(!fraudulent && malformed, "malformed, no place");
        vm.warp(SETTLEABLE);
        expect(abi.encodeWithSelector(IVerificationMarket.SlashInstead.selector, jobId));
        opinions.settle(jobId);
        slash(jobId, 0);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
        vm.assertEq(balance(verifiers[1]), 10 ether + feeOf(1), "paid");
        assertSettled();
    }

    /// @dev What relayer, poster or operator can do to a batch of good receipts slashes nobody.
    function test_a_withheld_reveal_is_no_fraud() public {
        (uint256 jobId, BatchRef memory batch,) = attestedJob();
        withhold(batch, 1);
        for (uint32 i; i < 5; ++i) {
            noFraud(jobId, batch, i);
        }
        noFraud(jobId, batch, type(uint32).max);
    }

    function test_a_duplicate_is_no_fraud() public {
        ReceiptHeader memory first = header(0);
        ReceiptHeader memory second = header(0);
        second.outputHash = "another";
        bytes32[] memory leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (anchor.leafOf(first, keccak256(PROOF)), anchor.leafOf(second, keccak256(PROOF)));
        BatchRef memory batch = refOf(relayer, leaves);
        send(batch);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attestAll(jobId);
        anchor.challengeDuplicate(
            IDuplicates.Placed(batch, 1, ReceiptTreeModel.path(leaves, 1), second),
            keccak256(PROOF),
            IDuplicates.Placed(batch, 0, ReceiptTreeModel.path(leaves, 0), first),
            PROOF
        );
        noFraud(jobId, batch, 1);
        // Unless it is fraudulent as well: being a duplicate hides nothing.
        invalid();
        commit(challenger, idOf(batch), 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, second, PROOF, SALT);
        slash(jobId, 1);
        assertState(jobId, JobState.Slashed);
    }

    /// @dev The last second in which a leaf can be voided is before finality; the slash may come later still, up to settlement.
    function test_fraud_of_the_last_second_is_punished() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + WINDOW - 1);
        prove(batch, leaves, 2);
        vm.warp(SETTLEABLE - 1);
        expect(abi.encodeWithSelector(IVerificationMarket.TooEarly.selector, jobId, SETTLEABLE, SETTLEABLE - 1));
        opinions.settle(jobId);
        slash(jobId, 2);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
    }

    /// @dev A leaf that stays final because its fraud was found late was no more valid for that.
    function test_a_refuted_leaf_is_fraud() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + WINDOW + 1);
        prove(batch, leaves, 2);
        (bool fraudulent,) = anchor.fraudOf(idOf(batch), 2);
        vm.assertTrue(fraudulent, "refuted");
        slash(jobId, 2);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
    }

    /// @dev Hiding a leaf until the window is over does not help: finality moves, and with it the stake.
    function test_a_demand_keeps_the_stake_slashable() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + WINDOW - 1);
        demand(batch, 2);
        uint256 finalAt = START + WINDOW - 1 + 2 * REVEAL;
        vm.assertEq(opinions.settleableAt(jobId), finalAt + VERIFICATION_GRACE, "moved");
        vm.warp(START + WINDOW - 1 + REVEAL);
        reveal(relayer, batch, leaves, 2);
        vm.warp(finalAt - 1);
        prove(batch, leaves, 2);
        slash(jobId, 2);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
    }

    /// @dev Somebody may have relied on it before the stop.
    function test_a_stop_does_not_save_a_false_valid() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        router.stop();
        expect(abi.encodeWithSelector(IVerificationMarket.NothingToUnwind.selector, jobId));
        opinions.unwind(jobId);
        prove(batch, leaves, 2);
        slash(jobId, 2);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
    }

    function test_every_job_on_the_batch_can_be_slashed() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        (uint256 a, uint256 b) = (post(batch, 0), post(batch, 0));
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, a, 0);
        }
        fill(b);
        attestAll(a);
        attestAll(b);
        prove(batch, leaves, 0);
        slash(a, 0);
        slash(b, 0);
        vm.assertEq(balance(verifiers[0]), 8 ether, "each stake");
        assertSettled();
    }

    function test_an_install_is_not_slashed() public {
        uint256 jobId = confirmedInstall();
        expect(abi.encodeWithSelector(IVerificationMarket.WrongKind.selector, jobId, JobKind.Install));
        slash(jobId, 0);
    }

    /// @dev Of an unknown batch nothing was proven.
    function test_nothing_is_known_of_what_is_not_there() public view {
        (bool fraudulent, bool malformed) = anchor.fraudOf("no batch", 7);
        vm.assertFalse(fraudulent || malformed, "nothing");
    }
}
