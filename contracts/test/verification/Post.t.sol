// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../../src/lib/Field.sol";
import {BatchState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Job, JobKind, JobState, Terms} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev A job has bounded terms, is about something that an opinion is of use for, and is paid for in advance.
contract PostTest is VerificationWorld {
    function refused(BatchRef memory batch, Terms memory t, bytes memory reason) private {
        expect(reason);
        vm.prank(poster);
        opinions.postBatch(batch, t, 0, 0);
    }

    function badTerm(bytes32 name, uint256 value) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IVerificationMarket.BadTerm.selector, name, value);
    }

    function refusedInstall(InstallLeaf leaf, uint32 chunks, bytes memory reason) private {
        expect(reason);
        vm.prank(poster);
        opinions.postInstall(leaf, chunks, FILE, terms());
    }

    function test_a_batch_job_sets_fees_and_bounty_aside() public {
        (BatchRef memory batch,) = anchorOf(4);
        bytes memory subject = abi.encode(0, 0, 0.5 ether, idOf(batch), batch.root, batch.dataCommitment);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.BatchJobPosted(
            named(1, subject), poster, idOf(batch), batch, terms(), 0.5 ether, "canary"
        );
        uint256 jobId = post(batch, 0.5 ether);
        vm.assertEq(balance(poster), 10 ether - 0.53 ether, "three fees and the bounty");
        Job memory j = opinions.jobOf(jobId);
        vm.assertEq(j.poster, poster, "poster");
        vm.assertTrue(j.kind == JobKind.Batch && j.state == JobState.Open, "open");
        vm.assertTrue(j.quorum == QUORUM && j.maxFee == MAX_FEE && j.stake == STAKE, "amounts");
        vm.assertTrue(j.biddingEnd == BIDDING_END && j.attestDeadline == ATTEST_DEADLINE, "times");
        vm.assertEq(j.reserve, 0.5 ether, "bounty");
        vm.assertTrue(j.batchId == idOf(batch) && j.root == batch.root, "batch");
        vm.assertTrue(j.dataCommitment == batch.dataCommitment, "data");
        subject = abi.encode(0, 0, 0, idOf(batch), batch.root, batch.dataCommitment);
        vm.assertEq(post(batch, 0), named(2, subject), "as many jobs as anybody pays for");
        vm.assertEq(opinions.jobCount(), 2, "count");
    }

    /// @dev A job's name commits to who posted it as which, and to all of it.
    function named(uint256 number, bytes memory subject) private view returns (uint256) {
        return uint256(keccak256(bytes.concat(abi.encode(poster, number, terms()), subject)));
    }

    function test_terms_are_bounded() public {
        (BatchRef memory batch,) = anchorOf(4);
        Terms memory t = terms();
        t.quorum = 0;
        refused(batch, t, badTerm("quorum", 0));
        t.quorum = 16;
        refused(batch, t, badTerm("quorum", 16));
        t = terms();
        t.stake = MAX_FEE - 1;
        refused(batch, t, badTerm("stake", MAX_FEE - 1));
        (t.stake, t.maxFee) = (0, 0);
        refused(batch, t, badTerm("stake", 0));
        t = terms();
        t.biddingEnd = uint40(START - 1);
        refused(batch, t, badTerm("biddingEnd", START - 1));
        t = terms();
        t.attestDeadline = t.biddingEnd;
        refused(batch, t, badTerm("attestDeadline", t.biddingEnd));
        vm.prank(poster);
        expect(badTerm("attestDeadline", START + 30 days + 1));
        t.attestDeadline = uint40(START + 30 days + 1);
        opinions.postInstall(LEAF, CHUNKS, FILE, t);
    }

    /// @dev A minute is no time to attest in, where a minute is a minute.
    function test_verifiers_have_an_hour_outside_development_chains() public {
        (BatchRef memory batch,) = anchorOf(4);
        vm.chainId(1);
        Terms memory t = terms();
        t.attestDeadline = t.biddingEnd + 1 hours - 1;
        refused(batch, t, badTerm("attestDeadline", t.attestDeadline));
        t.attestDeadline += 1;
        vm.prank(poster);
        opinions.postBatch(batch, t, 0, 0);
    }

    function test_opinions_must_come_in_time_for_challengers() public {
        (BatchRef memory batch,) = anchorOf(4);
        Terms memory t = terms();
        uint40 latest = uint40(START + WINDOW - 1 - VERIFICATION_GRACE);
        t.attestDeadline = latest + 1;
        refused(
            batch,
            t,
            abi.encodeWithSelector(IVerificationMarket.AttestingTooLate.selector, idOf(batch), latest + 1, latest)
        );
        t.attestDeadline = latest;
        vm.prank(poster);
        opinions.postBatch(batch, t, 0, 0);
    }

    function test_only_a_pending_batch_is_worth_an_opinion() public {
        (BatchRef memory batch,) = anchorOf(4);
        BatchRef memory none = batch;
        none.size = 5;
        refused(none, terms(), notPending(none, BatchState.Unknown));
        none.size = 4;
        uint256 snapshot = vm.snapshotState();
        withhold(batch, 0);
        refused(batch, terms(), notPending(batch, BatchState.Fallen));
        vm.revertToState(snapshot);
        vm.warp(START + WINDOW);
        refused(batch, terms(), notPending(batch, BatchState.Final));
        vm.warp(START);
        router.stop();
        refused(batch, terms(), notPending(batch, BatchState.Frozen));
    }

    function notPending(BatchRef memory batch, BatchState state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IVerificationMarket.BatchNotPending.selector, idOf(batch), state);
    }

    function test_who_cannot_pay_cannot_post() public {
        (BatchRef memory batch,) = anchorOf(4);
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), anyone, 0, 0.03 ether));
        vm.prank(anyone);
        opinions.postBatch(batch, terms(), 0, 0);
    }

    function test_an_install_job_sets_fees_and_bond_aside() public {
        uint256 bond = LEAST_BOND + uint256(CHUNKS) * 650_000 * 2 * FEE_FLOOR;
        vm.assertEq(opinions.installBond(CHUNKS), bond, "bond");
        bytes memory subject = abi.encode(1, CHUNKS, bond, 0, LEAF, FILE);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.InstallJobPosted(named(1, subject), poster, LEAF, CHUNKS, FILE, terms(), bond);
        uint256 jobId = postInstall();
        vm.assertEq(balance(poster), 10 ether - 0.03 ether - bond, "three fees and the bond");
        Job memory j = opinions.jobOf(jobId);
        vm.assertTrue(j.kind == JobKind.Install && j.state == JobState.Open, "open");
        vm.assertTrue(j.batchId == 0 && j.dataCommitment == FILE && j.chunks == CHUNKS, "what");
        vm.assertEq(uint256(j.root), InstallLeaf.unwrap(LEAF), "leaf");
        vm.assertEq(j.reserve, bond, "bond");
    }

    /// @dev The price of a contest follows the base fee, above the anchor's floor.
    function test_a_contest_costs_twice_the_answer() public {
        vm.fee(50 gwei);
        vm.assertEq(opinions.contestBond(3), 3 * 650_000 * 2 * 50 gwei, "base fee");
        vm.fee(1);
        vm.assertEq(opinions.contestBond(3), 3 * 650_000 * 2 * FEE_FLOOR, "floor");
    }

    function test_an_install_that_is_none_or_known_is_refused() public {
        refusedInstall(LEAF, 0, badTerm("chunks", 0));
        refusedInstall(LEAF, 4097, badTerm("chunks", 4097));
        refusedInstall(InstallLeaf.wrap(0), 1, badTerm("leaf", 0));
        InstallLeaf large = InstallLeaf.wrap(FIELD_MODULUS);
        refusedInstall(large, 1, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS));
        refusedInstall(
            InstallLeaf.wrap(3001),
            1,
            abi.encodeWithSelector(IVerificationMarket.InstallKnown.selector, InstallLeaf.wrap(3001))
        );
        vm.prank(address(opinions));
        capsules.admitAttested(LEAF);
        refusedInstall(LEAF, 1, abi.encodeWithSelector(IVerificationMarket.InstallKnown.selector, LEAF));
        vm.fee(type(uint64).max);
        uint256 bond = opinions.installBond(4096);
        refusedInstall(InstallLeaf.wrap(5), 4096, badTerm("bond", bond));
    }

    function test_a_registry_without_this_attestor_takes_no_installs() public {
        vm.mockCall(address(capsules), abi.encodeCall(capsules.attestor, ()), abi.encode(address(0)));
        refusedInstall(LEAF, 1, abi.encodeWithSelector(IVerificationMarket.InstallsOff.selector));
    }

    function test_nothing_is_posted_after_a_stop() public {
        router.stop();
        refusedInstall(LEAF, 1, abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, START));
    }
}
