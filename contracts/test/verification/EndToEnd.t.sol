// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {JobState, Verdict} from "../../src/types/Job.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";
import {AttestedBuyer} from "../examples/AttestedBuyer.sol";

/// @dev A buyer pays early on the word of verifiers. The word was false; what it published convicts them, and they lose more
///      than was paid. The verifier here takes a proof for exactly the receipt that it was made for.
contract EndToEndTest is VerificationWorld {
    AttestedBuyer private buyer;

    function setUp() public override {
        super.setUp();
        generated.tell(TestVerifier.Answer.Statement, 0);
        buyer = new AttestedBuyer(anchor, opinions);
        vm.deal(address(buyer), 5 ether);
    }

    /// @dev A proof that the verifier takes.
    function proofOf(ReceiptHeader memory h) private view returns (bytes memory) {
        return abi.encodePacked(anchor.instancesOf(h));
    }

    function anchored(ReceiptHeader[2] memory headers, bytes[2] memory proofs)
        private
        returns (BatchRef memory batch, bytes32[] memory leaves)
    {
        leaves = new bytes32[](2);
        for (uint256 i; i < 2; ++i) {
            leaves[i] = anchor.leafOf(headers[i], keccak256(proofs[i]));
        }
        batch = refOf(relayer, leaves);
        send(batch);
    }

    function test_verifiers_that_vouched_for_a_forged_receipt_are_slashed_for_what_the_buyer_published() public {
        ReceiptHeader[2] memory headers = [header(0), header(1)];
        bytes[2] memory proofs = [proofOf(headers[0]), proofOf(headers[0])];
        // Receipt 1 is forged: its proof is another one's.
        (BatchRef memory batch, bytes32[] memory leaves) = anchored(headers, proofs);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attestAll(jobId);
        vm.warp(START + ATTESTED_FLOOR);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        uint256 price = 1.5 ether;
        buyer.pay(jobId, AttestedBuyer.Evidence(batch, 1, path, headers[1], proofs[1]), price);
        vm.assertEq(headers[1].payee.balance, price, "paid before the batch is final");
        // Anybody reads the proof from the buyer's transaction.
        commit(challenger, idOf(batch), 1);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, headers[1], proofs[1], SALT);
        vm.prank(anyone);
        opinions.slash(jobId, 1);
        assertState(jobId, JobState.Slashed);
        uint256 lost;
        for (uint256 i; i < QUORUM; ++i) {
            lost += 10 ether - balance(verifiers[i]);
        }
        vm.assertEq(lost, 3 * uint256(STAKE), "every stake");
        vm.assertTrue(opinions.burned() >= price, "burned: more than was paid on their word");
        assertSettled();
    }

    function test_honest_verifiers_are_paid_and_the_buyer_did_not_wait() public {
        ReceiptHeader[2] memory headers = [header(0), header(1)];
        bytes[2] memory proofs = [proofOf(headers[0]), proofOf(headers[1])];
        (BatchRef memory batch, bytes32[] memory leaves) = anchored(headers, proofs);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        for (uint256 i; i < QUORUM; ++i) {
            attest(i, jobId, Verdict.Valid);
        }
        vm.warp(START + ATTESTED_FLOOR);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        buyer.pay(jobId, AttestedBuyer.Evidence(batch, 1, path, headers[1], proofs[1]), 1 ether);
        path = ReceiptTreeModel.path(leaves, 0);
        // No more than what stands behind it, in sum.
        vm.expectRevert(AttestedBuyer.NotAttested.selector);
        buyer.pay(jobId, AttestedBuyer.Evidence(batch, 0, path, headers[0], proofs[0]), 0.5 ether + 1);
        vm.warp(SETTLEABLE);
        opinions.settle(jobId);
        (LeafStatus status,) = anchor.placeStatus(idOf(batch), 1);
        vm.assertEq(uint256(status), uint256(LeafStatus.Final), "final");
        for (uint256 i; i < QUORUM; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether + feeOf(i), "paid");
        }
    }
}
