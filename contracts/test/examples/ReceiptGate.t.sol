// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../../src/interfaces/IBatches.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {CapsuleLeaf, Nullifier, PublisherId, VerifierKey} from "../../src/types/Ids.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {DuplicateWorld} from "../base/DuplicateWorld.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {ReceiptGate} from "./ReceiptGate.sol";

/// @dev The example pays for final receipts of its capsule, once each, and for nothing else.
contract ReceiptGateTest is DuplicateWorld {
    uint256 private constant PRIZE = 0.1 ether;

    ReceiptGate private gate;
    CapsuleLeaf private capsule;

    function setUp() public override {
        super.setUp();
        capsule = capsules.leafOf(entry(1));
        gate = new ReceiptGate(anchor, KEY, publisher, capsule, PRIZE);
        vm.deal(address(gate), 10 ether);
    }

    function launch(uint256 i) private view returns (ReceiptHeader memory h) {
        h = header(i);
        h.capsuleTag = CapsuleLeaf.unwrap(capsule);
    }

    /// @dev A batch of these launches, final.
    function finalBatch(ReceiptHeader[] memory headers)
        private
        returns (BatchRef memory batch, bytes32[] memory leaves)
    {
        leaves = new bytes32[](headers.length);
        for (uint256 i; i < headers.length; ++i) {
            leaves[i] = leafFor(headers[i]);
        }
        batch = refOf(relayer, leaves);
        send(batch);
        vm.warp(block.timestamp + WINDOW);
    }

    function one(ReceiptHeader memory h) private returns (BatchRef memory batch) {
        ReceiptHeader[] memory headers = new ReceiptHeader[](1);
        headers[0] = h;
        (batch,) = finalBatch(headers);
    }

    function collect(BatchRef memory batch, ReceiptHeader memory h) private {
        gate.collect(batch, 0, new bytes32[](0), h, keccak256(PROOF));
    }

    function refused(ReceiptHeader memory h, bytes memory reason) private {
        vm.warp(START);
        BatchRef memory batch = one(h);
        vm.expectRevert(reason);
        collect(batch, h);
    }

    function test_a_final_receipt_pays_whom_it_names() public {
        ReceiptHeader memory h = launch(0);
        BatchRef memory batch = one(h);
        vm.warp(START + WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.NotFinal.selector, idOf(batch), 0));
        collect(batch, h);
        vm.warp(START + WINDOW);
        vm.prank(demander);
        collect(batch, h);
        vm.assertEq(gate.balanceOf(h.payee), PRIZE, "the payee, not the sender");
        vm.assertEq(gate.balanceOf(demander), 0, "not the sender");
        vm.prank(h.payee);
        gate.withdraw();
        vm.assertEq(h.payee.balance, PRIZE, "pulled");
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.AlreadyCounted.selector, Nullifier.wrap(1000)));
        collect(batch, h);
    }

    function test_a_changed_header_is_no_leaf() public {
        ReceiptHeader memory h = launch(0);
        BatchRef memory batch = one(h);
        h.payee = demander;
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, idOf(batch), 0, leafFor(h)));
        collect(batch, h);
    }

    function test_only_what_the_gate_trusts_counts() public {
        ReceiptHeader memory h = launch(0);
        h.verifierKey = VerifierKey.wrap("other");
        refused(h, abi.encodeWithSelector(ReceiptGate.OtherVerifierKey.selector, h.verifierKey));
        h = launch(0);
        h.flags = 2;
        refused(h, abi.encodeWithSelector(ReceiptGate.OtherCapsule.selector, 2, h.capsuleTag));
        h = launch(0);
        h.capsuleTag ^= 1;
        refused(h, abi.encodeWithSelector(ReceiptGate.OtherCapsule.selector, 1, h.capsuleTag));
        h = launch(0);
        h.operatorRoot = 5;
        refused(h, abi.encodeWithSelector(ReceiptGate.RootNotInForce.selector, bytes32("operators"), 5, h.launchedAt));
        h = launch(0);
        h.installRoot = 6;
        refused(h, abi.encodeWithSelector(ReceiptGate.RootNotInForce.selector, bytes32("installs"), 6, h.launchedAt));
        h = launch(0);
        h.catalogRoot = 7;
        refused(h, abi.encodeWithSelector(ReceiptGate.RootNotInForce.selector, bytes32("catalog"), 7, h.launchedAt));
    }

    /// @dev In force up to the margin after it was superseded, and from the margin before it was there.
    function test_roots_are_those_of_the_launch() public {
        ReceiptHeader memory h = launch(0);
        vm.warp(START + 10);
        install(3002);
        bool[2] memory late = [false, true];
        for (uint256 i; i < 2; ++i) {
            ReceiptHeader memory old = launch(i);
            old.installRoot = h.installRoot;
            old.launchedAt = START + 10 + MARGIN + (late[i] ? 1 : 0);
            vm.warp(START + 1 days);
            BatchRef memory batch = one(old);
            if (late[i]) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        ReceiptGate.RootNotInForce.selector, bytes32("installs"), old.installRoot, old.launchedAt
                    )
                );
            }
            collect(batch, old);
        }
        for (uint256 i; i < 2; ++i) {
            ReceiptHeader memory early = launch(2 + i);
            early.launchedAt = START + 10 - MARGIN - (late[i] ? 1 : 0);
            vm.warp(START + 10);
            BatchRef memory batch = one(early);
            if (late[i]) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        ReceiptGate.RootNotInForce.selector, bytes32("installs"), early.installRoot, early.launchedAt
                    )
                );
            }
            collect(batch, early);
        }
    }

    function test_a_launch_is_dated_before_anchoring_and_not_long_before() public {
        ReceiptHeader memory h = launch(0);
        h.launchedAt = START + 1;
        refused(h, abi.encodeWithSelector(ReceiptGate.LaunchOutOfRange.selector, START + 1, START));
        h.launchedAt = START - MARGIN;
        vm.warp(START - MARGIN + MAX_AGE + 1);
        BatchRef memory batch = one(h);
        vm.expectRevert(
            abi.encodeWithSelector(ReceiptGate.LaunchOutOfRange.selector, START - MARGIN, START - MARGIN + MAX_AGE + 1)
        );
        collect(batch, h);
        h.outputHash = "another";
        vm.warp(START - MARGIN + MAX_AGE);
        collect(one(h), h);
    }

    function test_another_publishers_catalog_does_not_count() public {
        ReceiptGate other = new ReceiptGate(anchor, KEY, PublisherId.wrap("another"), capsule, PRIZE);
        ReceiptHeader memory h = launch(0);
        BatchRef memory batch = one(h);
        vm.expectRevert(
            abi.encodeWithSelector(ReceiptGate.RootNotInForce.selector, bytes32("catalog"), h.catalogRoot, h.launchedAt)
        );
        other.collect(batch, 0, new bytes32[](0), h, keccak256(PROOF));
        vm.warp(START);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.OtherPublisher.selector, publisher));
        other.collectRecorded(h);
    }

    /// @dev Nobody challenged in time, and one receipt was recorded after the other's leaf: still, each counts once.
    function test_a_nullifier_counts_once_whatever_stands() public {
        ReceiptHeader[] memory headers = new ReceiptHeader[](2);
        (headers[0], headers[1]) = (launch(0), launch(0));
        headers[1].outputHash = "another";
        ReceiptHeader memory third = launch(0);
        third.outputHash = "a third";
        (BatchRef memory batch, bytes32[] memory leaves) = finalBatch(headers);
        vm.warp(START + 1);
        anchor.verifyNow(third, PROOF, publisher, notBefore);
        vm.warp(START + WINDOW);
        gate.collect(batch, 1, ReceiptTreeModel.path(leaves, 1), headers[1], keccak256(PROOF));
        bytes memory again = abi.encodeWithSelector(ReceiptGate.AlreadyCounted.selector, Nullifier.wrap(1000));
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 0);
        vm.expectRevert(again);
        gate.collect(batch, 0, path, headers[0], keccak256(PROOF));
        vm.expectRevert(again);
        gate.collectRecorded(third);
        vm.assertEq(gate.balanceOf(headers[0].payee), PRIZE, "one prize");
    }

    function test_a_duplicate_is_not_paid() public {
        ReceiptHeader memory h = launch(0);
        Pair memory p = two(h);
        anchor.challengeDuplicate(placedAlone(p.second, p.later), keccak256(PROOF), placedAlone(p.first, h), PROOF);
        vm.warp(START + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.NotFinal.selector, idOf(p.second), 0));
        collect(p.second, p.later);
        collect(p.first, h);
    }

    struct Pair {
        BatchRef first;
        BatchRef second;
        ReceiptHeader later;
    }

    function two(ReceiptHeader memory h) private returns (Pair memory p) {
        p.first = single(h).batch;
        p.later = launch(0);
        p.later.outputHash = "another";
        p.second = single(p.later).batch;
    }

    function test_a_recorded_receipt_is_paid_at_once() public {
        ReceiptHeader memory h = launch(0);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.NotRecorded.selector, Nullifier.wrap(1000)));
        gate.collectRecorded(h);
        vm.prank(demander);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        gate.collectRecorded(h);
        vm.assertEq(gate.balanceOf(h.payee), PRIZE, "paid");
    }

    function many(uint256 count)
        private
        returns (BatchRef memory batch, uint32[] memory indices, bytes32[] memory siblings, ReceiptHeader[] memory hs)
    {
        ReceiptHeader[] memory all = new ReceiptHeader[](20);
        for (uint256 i; i < 20; ++i) {
            all[i] = launch(i);
        }
        bytes32[] memory leaves;
        (batch, leaves) = finalBatch(all);
        (indices, hs) = (new uint32[](count), new ReceiptHeader[](count));
        for (uint32 i; i < count; ++i) {
            indices[i] = 3 * i + 1;
            hs[i] = all[3 * i + 1];
        }
        siblings = ReceiptTreeModel.siblings(leaves, indices);
    }

    function hashes(uint256 count) private pure returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = keccak256(PROOF);
        }
    }

    function test_many_are_paid_with_one_proof() public {
        (BatchRef memory batch, uint32[] memory indices, bytes32[] memory siblings, ReceiptHeader[] memory hs) = many(4);
        gate.collectMany(batch, indices, siblings, hs, hashes(4));
        vm.assertEq(gate.balanceOf(hs[0].payee), 4 * PRIZE, "four");
        vm.assertEq(gate.paidFor(idOf(batch)), 4 * PRIZE, "because of this batch");
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.LengthsDiffer.selector, 4, 4, 3));
        gate.collectMany(batch, indices, siblings, hs, hashes(3));
        hs[2].payee = demander;
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.NotFinal.selector, idOf(batch), 1));
        gate.collectMany(batch, indices, siblings, hs, hashes(4));
    }

    /// @dev With the slice at 1 ether, five prizes of 0.1 are half of it.
    function test_a_batch_pays_at_most_half_its_slice() public {
        (BatchRef memory batch, uint32[] memory indices, bytes32[] memory siblings, ReceiptHeader[] memory hs) = many(6);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.BatchExhausted.selector, idOf(batch), 0.6 ether, 0.5 ether));
        gate.collectMany(batch, indices, siblings, hs, hashes(6));
        vm.assertEq(gate.balanceOf(hs[0].payee), 0, "all or none");
    }

    /// @dev Who lost its slice by one leaf has nothing more to lose by another, and nobody earns by finding it.
    function test_nothing_is_paid_without_a_slice_behind_it() public {
        ReceiptHeader[] memory headers = new ReceiptHeader[](2);
        (headers[0], headers[1]) = (launch(0), launch(1));
        (BatchRef memory batch, bytes32[] memory leaves) = finalBatch(headers);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        vm.warp(START + WINDOW - 1);
        commit(challenger, idOf(batch), 1);
        invalid();
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, headers[1], PROOF, SALT);
        valid();
        vm.warp(START + WINDOW);
        path = ReceiptTreeModel.path(leaves, 0);
        bytes memory nothing = abi.encodeWithSelector(ReceiptGate.BatchExhausted.selector, idOf(batch), PRIZE, 0);
        vm.expectRevert(nothing);
        gate.collect(batch, 0, path, headers[0], keccak256(PROOF));
        vm.warp(START);
        batch = one(launch(2));
        vm.warp(START + WINDOW + LATE + 1);
        anchor.releaseSlice(batch);
        ReceiptHeader memory h = launch(2);
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.BatchExhausted.selector, idOf(batch), PRIZE, 0));
        collect(batch, h);
    }

    function test_nothing_is_collected_from_a_fallen_batch() public {
        ReceiptHeader memory h = launch(0);
        BatchRef memory batch = single(h).batch;
        demand(batch, 0);
        vm.warp(START + REVEAL + 1);
        anchor.closeDemand(batch, 0);
        vm.warp(START + 2 * WINDOW);
        (LeafStatus status,) = anchor.placeStatus(idOf(batch), 0);
        vm.assertEq(uint256(status), uint256(LeafStatus.Void), "void");
        vm.expectRevert(abi.encodeWithSelector(ReceiptGate.NotFinal.selector, idOf(batch), 0));
        collect(batch, h);
    }
}
