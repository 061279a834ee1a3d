// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Pricing} from "../../src/lib/Pricing.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {JobState, Terms, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Poster, verifiers, relayer, challenger, contestant and caller are one person. Whatever it does with itself it pays for,
///      and what others stake on its opinion is never more than what burns.
contract SelfDealingTest is VerificationWorld {
    /// @dev What the one person has here and in the anchor.
    function wealth() private view returns (uint256 sum) {
        sum = balance(poster) + balance(contestant) + balance(anyone);
        for (uint256 i; i < 4; ++i) {
            sum += balance(verifiers[i]);
        }
        sum += free(relayer) + locked(relayer) + free(challenger) + locked(challenger);
    }

    function slashAll(uint256 jobId, uint32 index) private {
        vm.prank(anyone);
        opinions.slash(jobId, index);
    }

    /// @dev Forge a leaf, vouch for it, take the value that others gave for it, and be the first to catch oneself.
    function test_catching_oneself_costs_more_than_what_could_be_won() public {
        uint256 before = wealth();
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR);
        uint256 value = opinions.attestedStake(jobId);
        vm.assertTrue(value != 0, "something could be won");
        prove(batch, leaves, 1);
        slashAll(jobId, 1);
        vm.assertTrue(before - wealth() >= value + SLICE / 2, "burned: at least that, and half of the slice");
    }

    /// @dev Of any stake and fee at least half burns, and the poster has at most one maxFee of it.
    function test_fuzz_at_least_half_of_a_slashed_stake_burns(uint96 stake, uint72 maxFee) public pure {
        vm.assume(stake != 0 && stake >= maxFee);
        Pricing.Slash memory parts = Pricing.slash(stake, maxFee);
        vm.assertEq(parts.burned + parts.caller + parts.requester, stake, "nothing is lost or made");
        vm.assertTrue(parts.burned >= stake - stake / 2, "half, rounded up");
        vm.assertTrue(parts.caller == stake / 10 && parts.requester <= maxFee, "the rest");
    }

    /// @dev A canary of one's own batch that oneself sees: bounty and fees go round, the slice does not.
    function test_earning_ones_own_bounty_wins_nothing() public {
        uint256 before = wealth();
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        for (uint256 i; i < QUORUM; ++i) {
            attest(i, jobId, Verdict.Invalid);
        }
        prove(batch, leaves, 0);
        slashAll(jobId, 0);
        vm.assertEq(opinions.burned(), 0, "nobody was wrong here");
        vm.assertEq(before - wealth(), SLICE / 2, "but in the anchor");
    }

    function test_paying_oneself_for_an_honest_batch_wins_nothing() public {
        uint256 before = wealth();
        (uint256 jobId,,) = attestedJob();
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(wealth(), before, "as before");
    }

    function test_silence_and_false_alarms_of_ones_own_burn() public {
        uint256 before = wealth();
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        vm.assertEq(before - wealth(), 3 * STAKE / 20, "half of three fines");
    }

    /// @dev To contest one's own install keeps nobody else from it that matters: it ends with the proof, or with half of the bond.
    function test_contesting_oneself_burns_half_of_the_bond() public {
        uint256 jobId = confirmedInstall();
        uint256 before = wealth();
        uint256 held = 3 * uint256(STAKE) + 3 * uint256(MAX_FEE) + opinions.jobOf(jobId).reserve;
        vm.warp(CONTEST_END);
        vm.prank(contestant);
        opinions.contest(jobId);
        vm.warp(uint256(opinions.jobOf(jobId).contestedUntil) + 1);
        opinions.settle(jobId);
        uint256 bond = opinions.installBond(CHUNKS);
        vm.assertEq(before + held - wealth(), bond - bond / 2, "half of the bond");
    }

    /// @dev Verifiers that doubt their own poster's install: the stake of who was wrong burns by half.
    function test_doubting_oneself_burns_half_of_the_stake() public {
        uint256 before = wealth();
        uint256 jobId = postInstall();
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        attest(1, jobId, Verdict.Valid);
        attest(2, jobId, Verdict.Valid);
        install(InstallLeaf.unwrap(LEAF));
        vm.warp(ATTEST_DEADLINE + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
        vm.assertEq(before - wealth(), STAKE / 2, "half");
    }

    /// @dev The odd wei burns, whichever way a stake ends.
    function test_the_odd_wei_burns() public {
        Terms memory t = terms();
        // A tenth of it is odd too.
        t.stake = 0.1 ether + 11;
        vm.startPrank(poster);
        uint256 jobId = opinions.postInstall(LEAF, CHUNKS, FILE, t);
        vm.stopPrank();
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        attest(1, jobId, Verdict.Valid);
        install(InstallLeaf.unwrap(LEAF));
        vm.warp(ATTEST_DEADLINE + 1);
        opinions.settle(jobId);
        vm.assertEq(opinions.burned(), 0.05 ether + 6 + 0.005 ether + 1, "both halves, rounded up");
    }

    /// @dev A relayer that lets its batch fall to save fees of its poster's pays half of a slice for them.
    function test_letting_a_batch_fall_costs_more_than_the_fees() public {
        (uint256 jobId, BatchRef memory batch,) = attestedJob();
        uint256 fees = 3 * uint256(MAX_FEE);
        uint256 burned = anchor.burned();
        withhold(batch, 0);
        vm.assertTrue(anchor.burned() - burned > fees, "half of the slice");
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether, "and no verifier lost a wei");
        }
    }

    /// @dev The poster of a job that others verify lazily has at most maxFee of each of them.
    function test_hunting_lazy_verifiers_is_no_business_at_the_price_of_a_slice() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        Terms memory t = terms();
        (t.quorum, t.maxFee) = (3, 0.01 ether);
        vm.prank(poster);
        uint256 jobId = opinions.postBatch(batch, t, 0, 0);
        fill(jobId);
        attestAll(jobId);
        prove(batch, leaves, 0);
        slashAll(jobId, 0);
        uint256 won = balance(poster) - 10 ether + balance(anyone);
        vm.assertTrue(won < SLICE / 2, "three tenths and three fees are less than what the relayer lost");
    }
}
