// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {Nullifier} from "../../src/types/Ids.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";
import {ReceiptTreeModel} from "./ReceiptTreeModel.sol";
import {World} from "./World.sol";

/// @dev A world with a bonded relayer, and batches of receipts of which the verifier accepts none or all.
abstract contract BatchWorld is World {
    bytes internal constant PROOF = "a launch proof";
    bytes32 internal constant SALT = "salt";
    address internal relayer = address(0x4e1a);
    address internal challenger = address(0xc4a1);
    address internal demander = address(0xdead);

    function setUp() public virtual override {
        super.setUp();
        vm.deal(relayer, 1000 ether);
        vm.deal(challenger, 100 ether);
        vm.deal(demander, 100 ether);
        vm.prank(relayer);
        anchor.depositBond{value: 10 ether}();
        valid();
    }

    /// @dev Every proof is valid from now on.
    function valid() internal {
        generated.tell(TestVerifier.Answer.One, 0);
    }

    /// @dev No proof is.
    function invalid() internal {
        generated.tell(TestVerifier.Answer.Revert, 0);
    }

    function header(uint256 i) internal view returns (ReceiptHeader memory h) {
        h = goodHeader();
        h.nullifier = Nullifier.wrap(1000 + i);
    }

    function leaf(uint256 i) internal view returns (bytes32) {
        return anchor.leafOf(header(i), keccak256(PROOF));
    }

    function leavesOf(uint256 size) internal view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            leaves[i] = leaf(i);
        }
    }

    function refOf(address by, bytes32[] memory leaves) internal pure returns (BatchRef memory) {
        return BatchRef(by, ReceiptTreeModel.root(leaves), uint32(leaves.length), keccak256(abi.encodePacked(leaves)));
    }

    function idOf(BatchRef memory batch) internal pure returns (bytes32) {
        return keccak256(abi.encode(batch.relayer, batch.root, batch.size, batch.dataCommitment));
    }

    function send(BatchRef memory batch) internal returns (bytes32) {
        vm.prank(batch.relayer);
        return anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
    }

    /// @dev A batch of the relayer's, in order as far as its shape goes.
    function anchorOf(uint256 size) internal returns (BatchRef memory batch, bytes32[] memory leaves) {
        leaves = leavesOf(size);
        batch = refOf(relayer, leaves);
        send(batch);
    }

    function commit(address by, bytes32 batchId, uint32 index) internal {
        vm.prank(by);
        anchor.commitChallenge(keccak256(abi.encode(by, batchId, index, SALT)));
        vm.roll(block.number + 1);
    }

    /// @dev A challenge of the leaf at `index`, committed to in time.
    function challenge(BatchRef memory batch, bytes32[] memory leaves, uint32 index) internal {
        commit(challenger, idOf(batch), index);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        ReceiptHeader memory h = header(index);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, index, path, h, PROOF, SALT);
    }

    function demand(BatchRef memory batch, uint32 index) internal returns (uint256 bond) {
        bond = anchor.demandBond();
        vm.prank(demander);
        anchor.demandReveal{value: bond}(batch, index);
    }

    function reveal(address by, BatchRef memory batch, bytes32[] memory leaves, uint32 index) internal {
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        ReceiptHeader memory h = header(index);
        vm.prank(by);
        anchor.revealLeaf(batch, index, path, h, PROOF);
    }

    function free(address account) internal view returns (uint256 amount) {
        (amount,) = anchor.bondOf(account);
    }

    function locked(address account) internal view returns (uint256 amount) {
        (, amount) = anchor.bondOf(account);
    }

    function assertStatus(BatchRef memory batch, bytes32[] memory leaves, uint32 index, LeafStatus expected)
        internal
        view
    {
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        (LeafStatus status, uint64 anchoredAt, uint64 finalAt) = anchor.leafStatus(batch, index, leaves[index], path);
        vm.assertEq(uint256(status), uint256(expected), "leaf status");
        (LeafStatus place,) = anchor.placeStatus(idOf(batch), index);
        vm.assertEq(uint256(place), uint256(expected), "place status");
        vm.assertEq(
            anchor.isAnchored(batch, index, leaves[index], path) ? 1 : 0,
            expected == LeafStatus.Final ? 1 : 0,
            "anchored means final"
        );
        vm.assertTrue(anchoredAt <= finalAt, "times");
    }
}
