// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {JobKind, JobState, Verdict} from "../../src/types/Job.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev A confirmed install that nobody contested is admitted to the attested tree, and every other install job ends too.
contract AdmitTest is VerificationWorld {
    function refused(uint256 jobId, bytes memory reason) private {
        expect(reason);
        opinions.admit(jobId);
    }

    function early(uint256 jobId, uint256 from) private view returns (bytes memory) {
        return abi.encodeWithSelector(IVerificationMarket.TooEarly.selector, jobId, from, block.timestamp);
    }

    function test_a_confirmed_install_is_admitted_after_the_window() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END);
        refused(jobId, early(jobId, CONTEST_END + 1));
        vm.warp(CONTEST_END + 1);
        vm.prank(anyone);
        opinions.admit(jobId);
        assertState(jobId, JobState.Admitted);
        vm.assertTrue(capsules.isInstallAttested(LEAF), "in the attested tree");
        vm.assertFalse(capsules.isInstallUsed(LEAF), "and not in the proven one");
        uint256 fees;
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether + feeOf(i), "paid");
            fees += feeOf(i);
        }
        vm.assertEq(balance(poster), 10 ether - fees, "the bond is back");
        assertSettled();
        refused(jobId, abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Admitted));
    }

    /// @dev The whole way: a receipt under the attested root passes the anchor, and says so by its root.
    function test_a_receipt_under_the_attested_root_is_admitted_and_known_for_it() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END + 1);
        opinions.admit(jobId);
        ReceiptHeader memory h = header(1);
        h.installRoot = capsules.attestedRoot();
        h.launchedAt = uint64(block.timestamp);
        anchor.requireAdmitted(h, publisher, notBefore);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        vm.assertTrue(anchor.isRecorded(h), "recorded");
        vm.assertTrue(capsules.isAttestedRoot(h.installRoot), "and not proven on chain");
        h.installRoot = capsules.installRoot();
        anchor.requireAdmitted(h, publisher, notBefore);
        vm.assertFalse(capsules.isAttestedRoot(h.installRoot), "proven on chain");
    }

    function test_nothing_else_is_admitted() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 onBatch = post(batch, 0);
        refused(onBatch, abi.encodeWithSelector(IVerificationMarket.WrongKind.selector, onBatch, JobKind.Batch));
        uint256 jobId = postInstall();
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Valid);
        refused(jobId, abi.encodeWithSelector(IVerificationMarket.NotConfirmed.selector, jobId, 2, 3));
        attest(2, jobId, Verdict.Valid);
        vm.warp(CONTEST_END);
        uint256 snapshot = vm.snapshotState();
        vm.prank(contestant);
        opinions.contest(jobId);
        uint256 until = opinions.jobOf(jobId).contestedUntil;
        vm.warp(CONTEST_END + 1);
        refused(jobId, abi.encodeWithSelector(IVerificationMarket.AlreadyContested.selector, jobId, until));
        vm.revertToState(snapshot);
        vm.warp(CONTEST_END + 1);
        router.stop();
        refused(jobId, abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, CONTEST_END + 1));
    }

    /// @dev Two jobs for one leaf: the first admits it, the second ends as well and admits nothing.
    function test_a_leaf_that_another_job_brought_is_no_obstacle() public {
        (uint256 a, uint256 b) = (postInstall(), postInstall());
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, a, 0);
        }
        fill(b);
        attestAll(a);
        attestAll(b);
        vm.warp(CONTEST_END + 1);
        opinions.admit(a);
        opinions.admit(b);
        vm.assertEq(capsules.attestedSize(), 2, "once");
        assertState(b, JobState.Admitted);
        assertSettled();
    }

    /// @dev A missing opinion: no admission, but nothing is held either.
    function test_an_install_without_its_quorum_lapses() public {
        uint256 jobId = postInstall();
        fill(jobId);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Valid);
        vm.warp(ATTEST_DEADLINE);
        expect(early(jobId, uint256(ATTEST_DEADLINE) + 1));
        opinions.settle(jobId);
        vm.warp(ATTEST_DEADLINE + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Settled);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        vm.assertEq(balance(verifiers[2]), 10 ether - STAKE / 10, "silent");
        vm.assertEq(balance(poster), 10 ether - feeOf(0) - feeOf(1) + STAKE / 20, "bond, one fee, half of the fine");
        assertSettled();
    }

    function test_too_few_bids_are_unwound_and_not_settled() public {
        uint256 jobId = postInstall();
        bid(0, jobId, 0);
        vm.warp(ATTEST_DEADLINE + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.QuorumMissing.selector, jobId, 1, 3));
        opinions.settle(jobId);
    }

    function test_a_confirmed_install_is_not_settled_past_its_admission() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.AdmitInstead.selector, jobId));
        opinions.settle(jobId);
        // But when the tree is full nothing can be admitted, and nobody's stake is held for it.
        vm.mockCall(address(capsules), abi.encodeCall(capsules.attestedSize, ()), abi.encode(1 << 20));
        opinions.settle(jobId);
        assertState(jobId, JobState.Settled);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        assertSettled();
    }

    /// @dev Proven without any contest: the poster did more than it had to.
    function test_an_install_that_is_proven_anyhow_pays_everybody() public {
        uint256 jobId = confirmedInstall();
        install(InstallLeaf.unwrap(LEAF));
        vm.warp(ATTEST_DEADLINE + 1);
        opinions.settle(jobId);
        assertState(jobId, JobState.Proven);
        vm.assertEq(balance(verifiers[0]), 10 ether + feeOf(0), "paid");
        assertSettled();
    }

    function test_the_registry_takes_leaves_from_the_market_only() public {
        expect(abi.encodeWithSelector(ICapsuleRegistry.NotAttestor.selector, anyone, address(opinions)));
        vm.prank(anyone);
        capsules.admitAttested(LEAF);
    }

    /// @dev The anchor knows no root that neither tree ever had.
    function test_an_unknown_root_stays_unknown() public {
        ReceiptHeader memory h = header(1);
        h.installRoot = 12345;
        expect(abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("installs"), 12345));
        anchor.requireAdmitted(h, publisher, notBefore);
    }
}
