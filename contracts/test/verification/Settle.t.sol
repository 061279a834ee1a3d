// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Fate, JobState, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev A batch job ends when nothing can be proven in time any more: Valid is paid, Invalid and silence are fined.
contract SettleTest is VerificationWorld {
    uint256 private constant FINE = STAKE / 10;

    function early(uint256 jobId, uint256 from) private {
        expect(abi.encodeWithSelector(IVerificationMarket.TooEarly.selector, jobId, from, block.timestamp));
        opinions.settle(jobId);
    }

    function test_valid_is_paid_when_the_batch_is_final_and_not_before() public {
        (uint256 jobId,,) = attestedJob();
        vm.assertEq(opinions.settleableAt(jobId), SETTLEABLE, "from");
        vm.warp(SETTLEABLE - 1);
        early(jobId, SETTLEABLE);
        vm.warp(SETTLEABLE);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.StakeEnded(jobId, verifiers[0], Fate.Paid, STAKE + feeOf(0));
        vm.prank(anyone);
        opinions.settle(jobId);
        uint256 fees;
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether + feeOf(i), "stake and fee");
            fees += feeOf(i);
        }
        vm.assertEq(balance(poster), 10 ether - fees, "what was not asked for went back");
        vm.assertEq(opinions.burned(), 0, "nothing burns");
        assertState(jobId, JobState.Settled);
        assertSettled();
        expect(abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Settled));
        opinions.settle(jobId);
    }

    function test_an_invalid_that_nobody_proved_and_silence_are_fined() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        vm.assertEq(balance(verifiers[1]), 10 ether - FINE, "false alarm");
        vm.assertEq(balance(verifiers[2]), 10 ether - FINE, "silence");
        vm.assertEq(balance(poster), 10 ether - feeOf(0) + FINE, "the bounty, two fees, half of the fines");
        vm.assertEq(opinions.burned(), FINE, "half burns");
        assertSettled();
    }

    /// @dev Whose fault it was nobody knows: not the verifiers', so no stake is touched but for silence.
    function test_a_withheld_batch_pays_nobody_and_fines_no_opinion() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        vm.warp(ATTEST_DEADLINE + 1);
        withhold(batch, 1);
        early(jobId, SETTLEABLE);
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether, "no fee, no fine");
        vm.assertEq(balance(verifiers[1]), 10 ether, "no fee, no fine");
        vm.assertEq(balance(verifiers[2]), 10 ether - FINE, "silence");
        vm.assertEq(balance(poster), 10 ether + FINE / 2, "everything back");
        assertSettled();
    }

    /// @dev A demand in the last second moves everything; an answered one must not be waited for any longer than that.
    function test_open_demands_are_waited_for() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + WINDOW - 1);
        demand(batch, 0);
        uint256 from = START + WINDOW - 1 + 2 * REVEAL + VERIFICATION_GRACE;
        uint256 snapshot = vm.snapshotState();
        reveal(relayer, batch, leaves, 0);
        vm.warp(from - 1);
        early(jobId, from);
        vm.warp(from);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        vm.revertToState(snapshot);
        // Not answered and not closed: anybody can close it, and then the batch has fallen.
        vm.warp(from);
        early(jobId, from);
        anchor.closeDemand(batch, 0);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether, "unpaid");
        assertSettled();
    }

    /// @dev A batch that fell has nothing more to show: demands that nobody closes hold nobody's stake.
    function test_a_fallen_batch_is_not_waited_for() public {
        (uint256 jobId, BatchRef memory batch,) = attestedJob();
        demand(batch, 0);
        withhold(batch, 1);
        vm.assertEq(anchor.batchOf(idOf(batch)).openDemands, 1, "one is still open");
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether, "back");
        assertSettled();
    }

    /// @dev After a stop the batch never becomes final, so nobody is right; who was silent had no time, or had it.
    function test_a_stop_pays_nobody_and_keeps_stakes_as_long_as_ever() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < 2; ++i) {
            vm.warp(ATTEST_DEADLINE + i);
            router.stop();
            vm.warp(SETTLEABLE - 1);
            early(jobId, SETTLEABLE);
            vm.warp(SETTLEABLE);
            opinions.settle(jobId);
            vm.assertEq(balance(verifiers[0]), 10 ether, "no fee");
            vm.assertEq(balance(verifiers[1]), 10 ether, "no fine");
            vm.assertEq(balance(verifiers[2]), 10 ether - i * FINE, "fined if the stop came after the deadline");
            assertSettled();
            vm.revertToState(snapshot);
        }
    }

    /// @dev A batch that was final before the stop is final after it.
    function test_a_stop_after_finality_changes_nothing() public {
        (uint256 jobId,,) = attestedJob();
        vm.warp(START + WINDOW);
        router.stop();
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
    }

    function test_no_job_cannot_be_settled() public {
        expect(abi.encodeWithSelector(IVerificationMarket.WrongState.selector, 5, JobState.None));
        opinions.settle(5);
    }
}
