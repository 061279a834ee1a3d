// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Terms, Verdict} from "../../src/types/Job.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Execution gas of every operation in the steady state: accounts that have a balance; addresses and slots cold, as a
///      transaction of its own finds them; without the transaction's own 21,000 and its calldata. Jobs of three verifiers.
contract VerificationGasTest is VerificationWorld {
    function setUp() public override {
        super.setUp();
        // Caller and burned sum are not empty, the tree has leaves.
        fund(anyone, 1 ether);
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        prove(batch, leaves, 0);
        opinions.slash(jobId, 0);
        vm.startPrank(address(opinions));
        for (uint256 i; i < 6; ++i) {
            capsules.admitAttested(InstallLeaf.wrap(100 + i));
        }
        vm.stopPrank();
        vm.warp(START);
        vm.prank(relayer);
        anchor.depositBond{value: 10 ether}();
    }

    function cold() private {
        vm.cool(address(opinions));
        vm.cool(address(anchor));
        vm.cool(address(router));
        vm.cool(address(capsules));
    }

    function fresh(uint256 size) private returns (BatchRef memory batch, bytes32[] memory leaves) {
        return anchorOf(size);
    }

    function test_gas_posts() public {
        (BatchRef memory batch,) = fresh(5);
        Terms memory t = terms();
        cold();
        vm.prank(poster);
        opinions.postBatch(batch, t, 0.1 ether, "canary");
        vm.snapshotGasLastCall("nonos", "verification: post on a batch");
        cold();
        vm.prank(poster);
        opinions.postInstall(LEAF, CHUNKS, FILE, t);
        vm.snapshotGasLastCall("nonos", "verification: post on an install");
    }

    function test_gas_bids_and_opinions() public {
        (BatchRef memory batch,) = fresh(5);
        uint256 jobId = post(batch, 0);
        bid(0, jobId, 9);
        cold();
        bid(1, jobId, 8);
        vm.snapshotGasLastCall("nonos", "verification: bid for a free place");
        bid(2, jobId, 8);
        cold();
        bid(3, jobId, 7);
        vm.snapshotGasLastCall("nonos", "verification: bid that displaces another, of 3");
        vm.warp(BIDDING_END + 1);
        attest(1, jobId, Verdict.Valid);
        cold();
        attest(2, jobId, Verdict.Valid);
        vm.snapshotGasLastCall("nonos", "verification: attest");
        uint64 deadline = uint64(ATTEST_DEADLINE);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(VERIFIER_KEY + 3, opinions.attestationDigest(jobId, Verdict.Valid, verifiers[3], deadline));
        cold();
        opinions.attestFor(jobId, Verdict.Valid, verifiers[3], deadline, abi.encodePacked(r, s, v));
        vm.snapshotGasLastCall("nonos", "verification: attest by signature");
    }

    /// @dev A job of fifteen verifiers, all places taken: the dearest bid, and the dearest end.
    function test_gas_of_the_largest_job() public {
        (BatchRef memory batch, bytes32[] memory leaves) = fresh(5);
        Terms memory t = terms();
        t.quorum = 15;
        vm.prank(poster);
        uint256 jobId = opinions.postBatch(batch, t, 0, 0);
        for (uint256 i; i < 15; ++i) {
            address verifier = address(uint160(0x2000 + i));
            fund(verifier, 2 ether);
            vm.prank(verifier);
            opinions.bid(jobId, 5);
        }
        cold();
        bid(0, jobId, 4);
        vm.snapshotGasLastCall("nonos", "verification: bid that displaces another, of 15");
        vm.warp(BIDDING_END + 1);
        attest(0, jobId, Verdict.Valid);
        for (uint256 i; i < 14; ++i) {
            vm.prank(address(uint160(0x2000 + i)));
            opinions.attest(jobId, Verdict.Valid);
        }
        uint256 snapshot = vm.snapshotState();
        prove(batch, leaves, 0);
        cold();
        vm.prank(anyone);
        opinions.slash(jobId, 0);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "verification: slash 15"), 500_000, "fits any block");
        vm.revertToState(snapshot);
        vm.warp(SETTLEABLE);
        cold();
        opinions.settle(jobId);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "verification: settle 15"), 500_000, "fits any block");
    }

    function test_gas_ends_of_a_batch_job() public {
        (BatchRef memory batch, bytes32[] memory leaves) = fresh(5);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attestAll(jobId);
        vm.warp(START + ATTESTED_FLOOR);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 3);
        cold();
        vm.assertTrue(opinions.isAttested(jobId, batch, 3, leaves[3], path, 1 ether), "attested");
        vm.snapshotGasLastCall("nonos", "verification: isAttested");
        uint256 snapshot = vm.snapshotState();
        prove(batch, leaves, 3);
        cold();
        vm.prank(anyone);
        opinions.slash(jobId, 3);
        vm.snapshotGasLastCall("nonos", "verification: slash 3");
        vm.revertToState(snapshot);
        vm.warp(SETTLEABLE);
        cold();
        opinions.settle(jobId);
        vm.snapshotGasLastCall("nonos", "verification: settle 3");
    }

    function test_gas_ends_of_an_install_job() public {
        uint256 jobId = confirmedInstall();
        vm.warp(CONTEST_END);
        uint256 snapshot = vm.snapshotState();
        cold();
        vm.prank(contestant);
        opinions.contest(jobId);
        vm.snapshotGasLastCall("nonos", "verification: contest");
        vm.revertToState(snapshot);
        vm.warp(CONTEST_END + 1);
        cold();
        opinions.admit(jobId);
        vm.snapshotGasLastCall("nonos", "verification: admit, as leaf 8");
    }

    function test_gas_unwind() public {
        (BatchRef memory batch,) = fresh(5);
        uint256 jobId = post(batch, 0);
        bid(0, jobId, 0);
        vm.warp(BIDDING_END + 1);
        cold();
        opinions.unwind(jobId);
        vm.snapshotGasLastCall("nonos", "verification: unwind one bid");
    }
}
