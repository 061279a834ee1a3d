// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {JobState, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Too few bids, or a stop before anything was decided: everybody has its own back, and nobody anything else.
contract UnwindTest is VerificationWorld {
    function refused(uint256 jobId) private {
        expect(abi.encodeWithSelector(IVerificationMarket.NothingToUnwind.selector, jobId));
        opinions.unwind(jobId);
    }

    function unwound(uint256 jobId) private {
        vm.prank(anyone);
        opinions.unwind(jobId);
        assertState(jobId, JobState.Unwound);
        vm.assertEq(balance(poster), 10 ether, "poster");
        vm.assertEq(balance(contestant), 10 ether, "contestant");
        for (uint256 i; i < 4; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether, "verifier");
        }
        vm.assertEq(opinions.burned(), 0, "nothing burns");
        assertSettled();
        expect(abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Unwound));
        opinions.unwind(jobId);
    }

    function test_too_few_bids_for_a_batch() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        bid(0, jobId, 0);
        bid(1, jobId, 0);
        vm.warp(BIDDING_END);
        refused(jobId);
        vm.warp(BIDDING_END + 1);
        uint256 snapshot = vm.snapshotState();
        unwound(jobId);
        vm.revertToState(snapshot);
        // However late: nobody was asked for an opinion, so nobody was silent.
        vm.warp(SETTLEABLE);
        unwound(jobId);
    }

    function test_too_few_bids_for_an_install() public {
        uint256 jobId = postInstall();
        bid(0, jobId, 0);
        vm.warp(BIDDING_END);
        refused(jobId);
        vm.warp(BIDDING_END + 1);
        unwound(jobId);
    }

    function test_a_full_job_is_not_unwound() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        vm.warp(SETTLEABLE);
        refused(jobId);
        jobId = post2();
        refused(jobId);
    }

    function post2() private returns (uint256 jobId) {
        vm.warp(START);
        jobId = postInstall();
        fill(jobId);
        vm.warp(CONTEST_END + 1);
    }

    function test_a_stop_before_any_opinion_on_a_batch() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        router.stop();
        unwound(jobId);
    }

    /// @dev A batch that fell while its job was bid for is no use to anybody.
    function test_a_fall_before_any_opinion_on_a_batch() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        demand(batch, 0);
        fill(jobId);
        vm.warp(START + REVEAL + 1);
        anchor.closeDemand(batch, 0);
        uint256 fine = STAKE / 10;
        opinions.unwind(jobId);
        // They had their time, and said nothing: that the batch is withheld is no excuse, see the warning.
        vm.assertEq(balance(verifiers[0]), 10 ether - fine, "silence");
        assertSettled();
    }

    /// @dev A single opinion, and the job waits for what can still be proven.
    function test_an_opinion_on_a_batch_outlasts_a_stop() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        router.stop();
        refused(jobId);
    }

    function test_a_stop_of_an_install_that_was_not_decided() public {
        uint256 jobId = postInstall();
        uint256 snapshot = vm.snapshotState();
        router.stop();
        unwound(jobId);
        vm.revertToState(snapshot);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        router.stop();
        unwound(jobId);
    }

    function test_a_stop_gives_a_contest_bond_back() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END);
        vm.prank(contestant);
        opinions.contest(jobId);
        uint256 until = opinions.jobOf(jobId).contestedUntil;
        uint256 snapshot = vm.snapshotState();
        vm.warp(until);
        router.stop();
        vm.warp(until + 30 days);
        unwound(jobId);
        // A second later it was decided: the poster had not proven anything.
        vm.revertToState(snapshot);
        vm.warp(until + 1);
        router.stop();
        refused(jobId);
        opinions.settle(jobId);
        assertState(jobId, JobState.Rejected);
    }

    /// @dev Confirmed but not admitted: nothing is admitted after a stop.
    function test_a_stop_of_a_confirmed_install() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END + 1);
        refused(jobId);
        router.stop();
        unwound(jobId);
        vm.assertEq(capsules.attestedSize(), 1, "not admitted");
    }

    /// @dev What was proven is decided, whatever was stopped.
    function test_a_proven_install_is_not_unwound() public {
        uint256 jobId = confirmedInstall();
        install(InstallLeaf.unwrap(LEAF));
        router.stop();
        refused(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
    }

    /// @dev After a stop nobody wins by being the one who ends the job: it was not decided, so it ends neutrally or not at all.
    function test_a_contest_that_a_stop_cut_short_takes_no_bond_however_late() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END);
        vm.prank(contestant);
        opinions.contest(jobId);
        uint256 until = opinions.jobOf(jobId).contestedUntil;
        vm.warp(until);
        router.stop();
        vm.warp(until + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, until));
        vm.prank(contestant);
        opinions.settle(jobId);
        opinions.unwind(jobId);
        vm.assertEq(balance(poster), 10 ether, "the poster's bond");
        vm.assertEq(balance(contestant), 10 ether, "the contestant's");
        assertSettled();
    }

    /// @dev An opinion of Invalid is a contest too.
    function test_a_doubt_that_a_stop_cut_short_takes_no_bond_however_late() public {
        uint256 jobId = postInstall();
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        attest(1, jobId, Verdict.Valid);
        attest(2, jobId, Verdict.Valid);
        router.stop();
        vm.warp(uint256(opinions.jobOf(jobId).contestedUntil) + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, BIDDING_END + 1));
        opinions.settle(jobId);
        opinions.unwind(jobId);
        vm.assertEq(balance(poster), 10 ether, "the poster's bond");
        vm.assertEq(balance(verifiers[0]), 10 ether, "and no prize");
        assertSettled();
    }

    /// @dev Nor does a poster get its fees back by a stop that came when verifiers had done their part.
    function test_a_stop_after_a_job_has_lapsed_takes_no_fee_back() public {
        uint256 jobId = postInstall();
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        uint256 snapshot = vm.snapshotState();
        vm.warp(ATTEST_DEADLINE + 1);
        router.stop();
        refused(jobId);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        vm.assertEq(balance(verifiers[1]), 10 ether - STAKE / 10, "silent");
        assertSettled();
        vm.revertToState(snapshot);
        // A second earlier it was not decided: then nobody is paid.
        vm.warp(ATTEST_DEADLINE);
        router.stop();
        vm.warp(ATTEST_DEADLINE + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, ATTEST_DEADLINE));
        opinions.settle(jobId);
        opinions.unwind(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether, "back");
        vm.assertEq(balance(poster), 10 ether, "back");
        assertSettled();
    }

    /// @dev The registry has no stop: a proof decides for as long as nobody has unwound the job.
    function test_a_proof_after_a_stop_still_decides() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END);
        vm.prank(contestant);
        opinions.contest(jobId);
        router.stop();
        vm.warp(uint256(opinions.jobOf(jobId).contestedUntil) + 1);
        install(InstallLeaf.unwrap(LEAF));
        refused(jobId);
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
        assertSettled();
    }

    /// @dev A full tree is a way out of a confirmed job only while there is no other.
    function test_a_stop_before_a_full_tree_is_noticed_pays_nobody() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END + 1);
        vm.mockCall(address(capsules), abi.encodeCall(capsules.attestedSize, ()), abi.encode(1 << 20));
        router.stop();
        expect(abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, CONTEST_END + 1));
        opinions.settle(jobId);
        unwound(jobId);
    }
}
