// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../../src/interfaces/IChallenges.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ReceiptDigest} from "../../src/types/Ids.sol";
import {Terms, Verdict} from "../../src/types/Job.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {LaunchVerifier} from "../../src/verifier/LaunchVerifier.sol";
import {VerifierRouter} from "../../src/verifier/VerifierRouter.sol";
import {Receipt} from "../RealProof.t.sol";
import {BatchWorld} from "../base/BatchWorld.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";

/// @dev With the real verifier and a receipt that `nonos launch` wrote: who called it valid cannot be slashed; who called it
///      valid with one bit of its proof changed is.
contract RealOpinionTest is BatchWorld {
    address private constant VERIFIER = address(0x7e);
    IVerificationMarket private opinions;
    ReceiptHeader private launched;
    bytes private launchProof;

    function setUp() public override {
        super.setUp();
        bytes memory encoded = vm.parseJsonBytes(vm.readFile("core/tests/launch_receipt.json"), ".receipt");
        Receipt memory receipt = abi.decode(encoded, (Receipt));
        (launched, launchProof) = (receipt.header, receipt.launchProof);
        vm.chainId(receipt.chainId);
        router = new VerifierRouter(address(this), address(0), list(new LaunchVerifier()));
        // The digest contains the anchor's address: the anchor of this test stands where the receipt's stood.
        vm.etch(receipt.anchor, address(newAnchor(times(), stakes())).code);
        anchor = IReceiptAnchor(receipt.anchor);
        vm.prank(relayer);
        anchor.depositBond{value: 10 ether}();
        factory.create(hex"5f5ff3");
        bytes memory code = vm.getCode("VerificationMarket.sol:VerificationMarket");
        IVerificationMarket.Parameters memory p =
            IVerificationMarket.Parameters(1 days, 6 hours, 2 days, 1 days, 60, 0.5 ether);
        opinions = IVerificationMarket(factory.create(bytes.concat(code, abi.encode(anchor, p))));
        vm.deal(VERIFIER, 1 ether);
        vm.startPrank(VERIFIER);
        opinions.deposit{value: 1 ether}();
        vm.stopPrank();
    }

    /// @dev A batch with the receipt in the middle, and a job of one verifier, who vouches for it.
    function vouched(bytes memory proof) private returns (uint256 jobId, BatchRef memory batch, bytes32[] memory path) {
        bytes32[] memory leaves = new bytes32[](3);
        (leaves[0], leaves[1]) = (bytes32("first"), anchor.leafOf(launched, keccak256(proof)));
        leaves[2] = bytes32("last");
        batch = refOf(relayer, leaves);
        path = ReceiptTreeModel.path(leaves, 1);
        send(batch);
        uint40 time = uint40(block.timestamp);
        jobId = opinions.postBatch(batch, Terms(1, 0, 1 ether, time, time + 1 hours), 0, 0);
        vm.startPrank(VERIFIER);
        opinions.bid(jobId, 0);
        vm.warp(block.timestamp + 1);
        opinions.attest(jobId, Verdict.Valid);
        vm.stopPrank();
        commit(challenger, idOf(batch), 1);
    }

    function test_vouching_for_a_real_receipt_is_safe() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory path) = vouched(launchProof);
        ReceiptDigest digest = anchor.digestOf(launched);
        ReceiptHeader memory h = launched;
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafValid.selector, idOf(batch), 1, digest));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, launchProof, SALT);
        vm.expectRevert(abi.encodeWithSelector(IVerificationMarket.NoFraud.selector, jobId, idOf(batch), 1));
        opinions.slash(jobId, 1);
        vm.warp(opinions.settleableAt(jobId));
        opinions.settle(jobId);
        vm.assertEq(opinions.balanceOf(VERIFIER), 1 ether, "back");
    }

    function test_vouching_for_a_changed_one_is_not() public {
        bytes memory proof = launchProof;
        proof[100] ^= 0x01;
        (uint256 jobId, BatchRef memory batch, bytes32[] memory path) = vouched(proof);
        ReceiptHeader memory h = launched;
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, proof, SALT);
        opinions.slash(jobId, 1);
        vm.assertEq(opinions.balanceOf(VERIFIER), 0, "slashed");
        vm.assertEq(opinions.burned(), 0.9 ether, "no fee, so all but the tenth burns");
    }
}
