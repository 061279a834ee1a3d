// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../src/interfaces/IDuplicates.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";
import {TestVerifier} from "./doubles/TestVerifier.sol";

/// @dev Execution gas of the batch operations with every account and slot cold, as a transaction of its own finds them;
///      without the transaction's own 21,000 and its calldata. The relayer and the sequence are not new.
contract BatchGasTest is BatchWorld {
    /// @dev A launch proof has this length.
    bytes private constant FULL = new bytes(1248);
    uint256 private constant SIZE = 1024;

    function chill() private {
        vm.cool(address(anchor));
        vm.cool(address(router));
        vm.cool(address(wrapper));
        vm.cool(address(generated));
    }

    function synthetic() private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](SIZE);
        for (uint256 i; i < SIZE; ++i) {
            leaves[i] = keccak256(abi.encode("leaf", i));
        }
    }

    /// @dev Tokens of EIP-7623: 4 for a byte that is not 0.
    function tokens(bytes memory data) private pure returns (uint256 count) {
        for (uint256 i; i < data.length; ++i) {
            count += data[i] == 0 ? 1 : 4;
        }
    }

    function test_gas_anchor_1024() public {
        anchorOf(1);
        BatchRef memory batch = refOf(relayer, synthetic());
        bytes memory data = abi.encodeCall(anchor.anchorBatch, (batch.root, batch.size, batch.dataCommitment));
        chill();
        vm.prank(relayer);
        anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
        uint256 gas_ = vm.snapshotGasLastCall("nonos", "anchorBatch of 1,024");
        uint256 transaction = 21_000 + 4 * tokens(data) + gas_;
        vm.assertLe(transaction, 150 * SIZE, "at most 150 gas a receipt, all of the transaction");
    }

    /// @dev The floor price of the calldata covers the work: anchoring with leaves costs what sending them costs.
    function test_gas_anchor_1024_with_leaves() public {
        anchorOf(1);
        bytes memory leaves = abi.encodePacked(synthetic());
        bytes32 root = ReceiptTreeModel.root(synthetic());
        bytes memory data = abi.encodeCall(anchor.anchorBatchWithLeaves, (root, leaves));
        chill();
        vm.prank(relayer);
        anchor.anchorBatchWithLeaves(root, leaves);
        uint256 gas_ = vm.snapshotGasLastCall("nonos", "anchorBatchWithLeaves of 1,024");
        uint256 count = tokens(data);
        vm.assertLe(4 * count + gas_, 10 * count, "below the floor of EIP-7623");
    }

    function test_gas_inclusion_at_1024() public {
        bytes32[] memory leaves = synthetic();
        BatchRef memory batch = refOf(relayer, leaves);
        send(batch);
        vm.warp(START + WINDOW);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 613);
        vm.assertEq(path.length, 10, "ten hashes");
        chill();
        anchor.leafStatus(batch, 613, leaves[613], path);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "leafStatus in 1,024, final"), 15_000, "cold");
        anchor.leafStatus(batch, 613, leaves[613], path);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "leafStatus in 1,024, final, warm"), 12_000, "steady state");
        chill();
        anchor.placeStatus(idOf(batch), 613);
        vm.snapshotGasLastCall("nonos", "placeStatus, final");
    }

    /// @dev 32 of 1,024 leaves, evenly spread: the worst case for one proof.
    function test_gas_32_of_1024() public {
        bytes32[] memory leaves = synthetic();
        BatchRef memory batch = refOf(relayer, leaves);
        send(batch);
        vm.warp(START + WINDOW);
        uint32[] memory indices = new uint32[](32);
        bytes32[] memory picked = new bytes32[](32);
        for (uint32 i; i < 32; ++i) {
            indices[i] = 32 * i + 7;
            picked[i] = leaves[indices[i]];
        }
        bytes32[] memory siblings = ReceiptTreeModel.siblings(leaves, indices);
        vm.assertEq(siblings.length, 160, "five of ten levels are computed");
        chill();
        vm.assertTrue(anchor.areAnchored(batch, indices, picked, siblings), "anchored");
        uint256 gas_ = vm.snapshotGasLastCall("nonos", "areAnchored, 32 of 1,024");
        vm.assertLe(gas_, 32 * 3_000, "less than a third of a single");
        for (uint32 i; i < 32; ++i) {
            indices[i] = 512 + i;
            picked[i] = leaves[512 + i];
        }
        siblings = ReceiptTreeModel.siblings(leaves, indices);
        vm.assertEq(siblings.length, 5, "neighbours share all but the top");
        chill();
        vm.assertTrue(anchor.areAnchored(batch, indices, picked, siblings), "anchored");
        vm.snapshotGasLastCall("nonos", "areAnchored, 32 neighbours of 1,024");
    }

    function test_gas_duplicate() public {
        (BatchRef memory first, bytes32[] memory path, ReceiptHeader memory h) = real(613);
        IDuplicates.Placed memory earlier = IDuplicates.Placed(first, 613, path, h);
        bytes32[] memory leaves = synthetic();
        h = header(613);
        h.outputHash = "another";
        leaves[77] = anchor.leafOf(h, keccak256(FULL));
        IDuplicates.Placed memory later =
            IDuplicates.Placed(refOf(relayer, leaves), 77, ReceiptTreeModel.path(leaves, 77), h);
        send(later.batch);
        chill();
        anchor.challengeDuplicate(later, keccak256(FULL), earlier, FULL);
        vm.snapshotGasLastCall("nonos", "challengeDuplicate in 1,024, proof check excluded");
        h = header(1);
        anchor.verifyNow(h, FULL, publisher, notBefore);
        ReceiptHeader memory other = header(1);
        other.outputHash = "another";
        leaves[77] = anchor.leafOf(other, keccak256(FULL));
        vm.warp(START + 1);
        later = IDuplicates.Placed(refOf(relayer, leaves), 77, ReceiptTreeModel.path(leaves, 77), other);
        send(later.batch);
        chill();
        anchor.challengeRecorded(later, keccak256(FULL), h);
        vm.snapshotGasLastCall("nonos", "challengeRecorded in 1,024");
    }

    function test_gas_bonds() public {
        vm.prank(challenger);
        anchor.depositBond{value: 1 ether}();
        chill();
        vm.prank(challenger);
        anchor.depositBond{value: 1 ether}();
        vm.snapshotGasLastCall("nonos", "depositBond, not the first");
        chill();
        vm.prank(challenger);
        anchor.withdrawBond(1 ether, payable(challenger));
        vm.snapshotGasLastCall("nonos", "withdrawBond");
        (BatchRef memory batch,) = anchorOf(3);
        vm.warp(START + WINDOW + LATE + 1);
        chill();
        anchor.releaseSlice(batch);
        vm.snapshotGasLastCall("nonos", "releaseSlice");
    }

    /// @dev A batch of 1,024 with one leaf that there is a receipt for.
    function real(uint32 index) private returns (BatchRef memory batch, bytes32[] memory path, ReceiptHeader memory h) {
        bytes32[] memory leaves = synthetic();
        h = header(index);
        leaves[index] = anchor.leafOf(h, keccak256(FULL));
        batch = refOf(relayer, leaves);
        path = ReceiptTreeModel.path(leaves, index);
        send(batch);
    }

    function test_gas_challenge() public {
        (BatchRef memory batch, bytes32[] memory path, ReceiptHeader memory h) = real(613);
        generated.tell(TestVerifier.Answer.Zero, 0);
        bytes32 commitment = keccak256(abi.encode(challenger, idOf(batch), uint32(613), SALT));
        chill();
        vm.prank(challenger);
        anchor.commitChallenge(commitment);
        vm.snapshotGasLastCall("nonos", "commitChallenge");
        vm.roll(block.number + 1);
        chill();
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 613, path, h, FULL, SALT);
        vm.snapshotGasLastCall("nonos", "challengeLeaf in 1,024, proof check excluded");
    }

    function test_gas_demand_and_answer() public {
        (BatchRef memory batch, bytes32[] memory path, ReceiptHeader memory h) = real(613);
        uint256 bond = anchor.demandBond();
        chill();
        vm.prank(demander);
        anchor.demandReveal{value: bond}(batch, 613);
        vm.snapshotGasLastCall("nonos", "demandReveal");
        bytes memory data = abi.encodeCall(anchor.revealLeaf, (batch, 613, path, h, FULL));
        chill();
        vm.prank(relayer);
        anchor.revealLeaf(batch, 613, path, h, FULL);
        uint256 gas_ = vm.snapshotGasLastCall("nonos", "revealLeaf in 1,024");
        // Every byte as if it were not 0: proofs are dense.
        vm.assertLe(21_000 + 16 * data.length + gas_, 160_000, "what the bond pays for twice");
        vm.assertLe(21_000 + 40 * data.length, 160_000, "and the floor price");
    }
}
