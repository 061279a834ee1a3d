// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Fate, Job, JobKind, JobState, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev A contest, by anybody or by an opinion, ends with a proof on chain or with the job, and who was wrong pays.
contract ContestTest is VerificationWorld {
    uint256 private jobId;
    uint256 private bond;
    uint256 private contestBond;

    function setUp() public override {
        super.setUp();
        jobId = postInstall();
        bond = opinions.installBond(CHUNKS);
        contestBond = opinions.contestBond(CHUNKS);
        fill(jobId);
    }

    function contest() private {
        vm.prank(contestant);
        opinions.contest(jobId);
    }

    function refused(bytes memory reason) private {
        expect(reason);
        contest();
    }

    /// @dev Confirmed and contested in the first second.
    function contested() private returns (uint256 until) {
        attestAll(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        contest();
        return ATTEST_DEADLINE + 1 + ANSWER_BASE + uint256(CHUNKS) * ANSWER_PER_CHUNK;
    }

    function test_a_contest_takes_a_bond_and_sets_a_deadline() public {
        attestAll(jobId);
        vm.warp(CONTEST_END);
        uint64 until = uint64(CONTEST_END + ANSWER_BASE + uint256(CHUNKS) * ANSWER_PER_CHUNK);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.InstallContested(jobId, contestant, contestBond, until);
        contest();
        Job memory j = opinions.jobOf(jobId);
        vm.assertTrue(j.contestant == contestant && j.contestBond == contestBond, "who and what");
        vm.assertEq(j.contestedUntil, until, "until");
        vm.assertEq(balance(contestant), 10 ether - contestBond, "set aside");
        refused(abi.encodeWithSelector(IVerificationMarket.AlreadyContested.selector, jobId, until));
    }

    function test_the_window_opens_after_attesting_and_closes_for_good() public {
        attestAll(jobId);
        vm.warp(ATTEST_DEADLINE);
        refused(
            abi.encodeWithSelector(
                IVerificationMarket.TooEarly.selector, jobId, uint256(ATTEST_DEADLINE) + 1, ATTEST_DEADLINE
            )
        );
        vm.warp(CONTEST_END + 1);
        refused(
            abi.encodeWithSelector(IVerificationMarket.ContestTooLate.selector, jobId, CONTEST_END, CONTEST_END + 1)
        );
        router.stop();
        refused(abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, CONTEST_END + 1));
    }

    function test_only_a_confirmed_install_needs_a_contest() public {
        attest(0, jobId, Verdict.Valid);
        vm.warp(ATTEST_DEADLINE + 1);
        refused(abi.encodeWithSelector(IVerificationMarket.NotConfirmed.selector, jobId, 1, 3));
        vm.warp(START);
        (BatchRef memory batch,) = anchorOf(4);
        jobId = post(batch, 0);
        refused(abi.encodeWithSelector(IVerificationMarket.WrongKind.selector, jobId, JobKind.Batch));
    }

    function test_a_contest_needs_its_bond() public {
        attestAll(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), anyone, 0, contestBond));
        vm.prank(anyone);
        opinions.contest(jobId);
    }

    /// @dev Fees rise after the install was posted: a doubt costs no more than the poster put up itself.
    function test_a_contest_is_never_dearer_than_the_posters_bond() public {
        attestAll(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        vm.fee(500 gwei);
        vm.assertTrue(opinions.contestBond(CHUNKS) > bond, "dear");
        contest();
        vm.assertEq(balance(contestant), 10 ether - bond, "as much as the poster");
        vm.warp(uint256(opinions.jobOf(jobId).contestedUntil) + 1);
        opinions.settle(jobId);
        vm.assertEq(balance(contestant), 10 ether + bond / 2, "all of it back");
        assertSettled();
    }

    /// @dev Proven in time: the contest paid for it, twice. No stake is touched.
    function test_an_answered_contest_pays_the_poster() public {
        uint256 until = contested();
        vm.warp(until);
        install(InstallLeaf.unwrap(LEAF));
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
        vm.assertEq(balance(contestant), 10 ether - contestBond, "paid for being wrong");
        vm.assertEq(balance(poster), 10 ether + contestBond - fees(), "the bond back, and the contestant's");
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether + feeOf(i), "paid");
        }
        vm.assertFalse(capsules.isInstallAttested(LEAF), "in the proven tree only");
        assertSettled();
    }

    /// @dev Not proven in time: half of the bond burns, half is the contestant's. Verifiers lose the fee, and no stake.
    function test_an_unanswered_contest_takes_the_bond() public {
        uint256 until = contested();
        vm.warp(until);
        expect(abi.encodeWithSelector(IVerificationMarket.TooEarly.selector, jobId, until + 1, until));
        opinions.settle(jobId);
        vm.warp(until + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Rejected);
        vm.assertEq(balance(poster), 10 ether - bond, "the bond is gone, the fees are back");
        vm.assertEq(balance(contestant), 10 ether + bond / 2, "its own, and half of the poster's");
        vm.assertEq(opinions.burned(), bond - bond / 2, "half burns");
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether, "no fee, no fine");
        }
        assertSettled();
        expect(abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Rejected));
        opinions.admit(jobId);
    }

    /// @dev Until somebody ends the job, a late proof still counts: the leaf is proven, whoever doubted it.
    function test_a_late_proof_counts_until_the_job_is_ended() public {
        uint256 until = contested();
        vm.warp(until + 1);
        install(InstallLeaf.unwrap(LEAF));
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
    }

    /// @dev An opinion of Invalid is a contest with the stake as its bond.
    function test_an_invalid_that_is_refuted_loses_its_stake() public {
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        vm.warp(ATTEST_DEADLINE + 1);
        refused(abi.encodeWithSelector(IVerificationMarket.NotConfirmed.selector, jobId, 1, 3));
        install(InstallLeaf.unwrap(LEAF));
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.StakeEnded(jobId, verifiers[1], Fate.Lost, 0);
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
        uint256 fine = STAKE / 10;
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "right");
        vm.assertEq(balance(verifiers[1]), 9 ether, "wrong");
        vm.assertEq(balance(verifiers[2]), 10 ether - fine, "silent");
        vm.assertEq(balance(poster), 10 ether - feeOf(0) + STAKE / 2 + fine / 2, "half of what was taken");
        vm.assertEq(opinions.burned(), STAKE / 2 + fine / 2, "and half burns");
        assertSettled();
    }

    function test_an_invalid_that_is_not_refuted_shares_the_bond() public {
        attest(0, jobId, Verdict.Invalid);
        attest(1, jobId, Verdict.Invalid);
        attest(2, jobId, Verdict.Valid);
        uint256 until = ATTEST_DEADLINE + ANSWER_BASE + uint256(CHUNKS) * ANSWER_PER_CHUNK;
        vm.assertEq(opinions.jobOf(jobId).contestedUntil, until, "from the deadline on");
        vm.warp(until + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Rejected);
        uint256 share = bond / 2 / 2;
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0) + share, "fee and share");
        vm.assertEq(balance(verifiers[1]), 10 ether + feeOf(1) + share, "fee and share");
        vm.assertEq(balance(verifiers[2]), 10 ether, "neither");
        assertSettled();
    }

    function fees() private pure returns (uint256) {
        return uint256(feeOf(0)) + feeOf(1) + feeOf(2);
    }

    /// @dev A poster proves its install first and waits for doubts: there is nothing left to doubt.
    function test_a_contest_of_what_is_proven_costs_nothing() public {
        attestAll(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        install(InstallLeaf.unwrap(LEAF));
        expect(abi.encodeWithSelector(IVerificationMarket.InstallKnown.selector, LEAF));
        contest();
        opinions.settle(jobId);
        vm.assertEq(balance(contestant), 10 ether, "its bond");
        assertSettled();
    }

    /// @dev Nor does it take a stake by a proof that was there before the opinion.
    function test_invalid_is_not_said_of_what_is_proven() public {
        install(InstallLeaf.unwrap(LEAF));
        expect(abi.encodeWithSelector(IVerificationMarket.InstallKnown.selector, LEAF));
        attest(0, jobId, Verdict.Invalid);
        attest(0, jobId, Verdict.Valid);
    }
}
