// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {FIELD_MODULUS} from "../src/lib/Field.sol";
import {Batch, BatchState} from "../src/types/Batch.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {Nullifier, VerifierKey} from "../src/types/Ids.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";
import {TestVerifier, TestWrapper} from "./doubles/TestVerifier.sol";

/// @dev A fraudulent leaf is voided alone and costs its relayer a slice; an honest one cannot be touched.
contract ChallengeLeafTest is BatchWorld {
    function digest(uint256 i) private view returns (bytes32) {
        return bytes32(abi.encodePacked(anchor.digestOf(header(i))));
    }

    /// @dev A batch whose single leaf has this header.
    function anchorOne(ReceiptHeader memory h) private returns (BatchRef memory batch) {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = anchor.leafOf(h, keccak256(PROOF));
        batch = refOf(relayer, leaves);
        send(batch);
    }

    function challengeOne(BatchRef memory batch, ReceiptHeader memory h) private {
        commit(challenger, idOf(batch), 0);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 0, new bytes32[](0), h, PROOF, SALT);
    }

    function test_an_invalid_proof_voids_its_leaf_alone() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        invalid();
        commit(challenger, idOf(batch), 2);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 2);
        ReceiptHeader memory h = header(2);
        vm.expectEmit(address(anchor));
        emit IChallenges.LeafVoided(idOf(batch), 2, leaves[2]);
        vm.expectEmit(address(anchor));
        emit IChallenges.RelayerSlashed(idOf(batch), relayer, challenger, SLICE / 2, SLICE / 2);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 2, path, h, PROOF, SALT);
        assertStatus(batch, leaves, 2, LeafStatus.Void);
        assertStatus(batch, leaves, 1, LeafStatus.Pending);
        vm.assertEq(free(challenger), SLICE / 2, "reward");
        vm.assertEq(anchor.burned(), SLICE / 2, "burned");
        vm.assertEq(locked(relayer), 0, "slashed");
        vm.assertEq(free(relayer), 9 ether, "the rest of the bond is the relayer's");
        vm.warp(START + WINDOW);
        assertStatus(batch, leaves, 2, LeafStatus.Void);
        assertStatus(batch, leaves, 3, LeafStatus.Final);
        vm.warp(START + WINDOW + LATE + 1);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoSlice.selector, idOf(batch)));
        anchor.releaseSlice(batch);
    }

    function test_an_honest_leaf_cannot_be_touched() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        commit(challenger, idOf(batch), 2);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 2);
        ReceiptHeader memory h = header(2);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafValid.selector, idOf(batch), 2, digest(2)));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 2, path, h, PROOF, SALT);
        vm.assertEq(locked(relayer), SLICE, "not slashed");
    }

    /// @dev The leaf says which header and which proof: no other ones can be put in their place.
    function test_another_header_or_proof_is_not_the_leaf() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        invalid();
        bytes32 id = idOf(batch);
        commit(challenger, id, 2);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 2);
        ReceiptHeader memory h = header(2);
        ReceiptHeader memory other = header(3);
        vm.startPrank(challenger);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, id, 2, leaves[3]));
        anchor.challengeLeaf(batch, 2, path, other, PROOF, SALT);
        bytes32 forged = anchor.leafOf(h, keccak256("another proof"));
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, id, 2, forged));
        anchor.challengeLeaf(batch, 2, path, h, "another proof", SALT);
        BatchRef memory elsewhere = refOf(relayer, leavesOf(3));
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchUnknown.selector, idOf(elsewhere)));
        anchor.challengeLeaf(elsewhere, 2, path, h, PROOF, SALT);
    }

    function test_a_leaf_is_voided_once_and_the_slice_slashed_once() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(5);
        invalid();
        challenge(batch, leaves, 2);
        bytes32 id = idOf(batch);
        commit(challenger, id, 2);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 2);
        ReceiptHeader memory h = header(2);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafAlreadyVoid.selector, id, 2));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 2, path, h, PROOF, SALT);
        challenge(batch, leaves, 4);
        assertStatus(batch, leaves, 4, LeafStatus.Void);
        vm.assertEq(anchor.batchOf(id).voided, 2, "two voids");
        vm.assertEq(free(challenger), SLICE / 2, "one reward");
        vm.assertEq(free(relayer), 9 ether, "no other batch pays for it");
    }

    /// @dev Half is burned, rounded up: who challenges itself loses half at least.
    function test_self_challenge_loses_half() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(1);
        invalid();
        bytes32 id = idOf(batch);
        commit(relayer, id, 0);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 0);
        ReceiptHeader memory h = header(0);
        vm.prank(relayer);
        anchor.challengeLeaf(batch, 0, path, h, PROOF, SALT);
        vm.assertEq(free(relayer), 10 ether - (SLICE + 1) / 2, "half is gone");
    }

    function test_a_challenge_is_committed_to_in_an_earlier_block() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(2);
        invalid();
        bytes32 id = idOf(batch);
        bytes32 commitment = keccak256(abi.encode(challenger, id, uint32(1), SALT));
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        vm.startPrank(challenger);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, commitment));
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        anchor.commitChallenge(commitment);
        vm.assertEq(anchor.committedIn(commitment), block.number, "committed");
        vm.expectRevert(abi.encodeWithSelector(IChallenges.CommittedThisBlock.selector, commitment, block.number));
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        uint256 number = block.number;
        vm.roll(number + 1);
        // Another salt, place or account is another commitment.
        bytes32 other = keccak256(abi.encode(challenger, id, uint32(1), bytes32("other")));
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, other));
        anchor.challengeLeaf(batch, 1, path, h, PROOF, "other");
        vm.stopPrank();
        // Whoever sees the challenge pending has not committed to it.
        bytes32 thief = keccak256(abi.encode(demander, id, uint32(1), SALT));
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, thief));
        vm.prank(demander);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        // Sending somebody's commitment again does not make it younger.
        vm.expectRevert(abi.encodeWithSelector(IChallenges.AlreadyCommitted.selector, commitment, number));
        vm.prank(demander);
        anchor.commitChallenge(commitment);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        vm.assertEq(anchor.committedIn(commitment), 0, "used up");
    }

    function test_a_header_that_no_node_accepts_is_fraud() public {
        for (uint256 i; i < 12; ++i) {
            ReceiptHeader memory h = header(i);
            if (i == 0) h.schema = 2;
            if (i == 1) h.flags = 4;
            if (i == 2) h.onionNetwork = 4;
            if (i == 3) h.onionNetwork = 1;
            if (i == 4) h.onionKey = "key";
            if (i == 5) h.capsuleTag = FIELD_MODULUS;
            if (i == 6) h.catalogRoot = FIELD_MODULUS;
            if (i == 7) h.operatorTag = type(uint256).max;
            if (i == 8) h.operatorRoot = FIELD_MODULUS;
            if (i == 9) h.installRoot = FIELD_MODULUS;
            if (i == 10) h.stateTag = FIELD_MODULUS;
            if (i == 11) h.nullifier = Nullifier.wrap(FIELD_MODULUS);
            if (i > 8) {
                vm.prank(relayer);
                anchor.depositBond{value: SLICE}();
            }
            BatchRef memory batch = anchorOne(h);
            challengeOne(batch, h);
            (LeafStatus status,) = anchor.placeStatus(idOf(batch), 0);
            vm.assertEq(uint256(status), uint256(LeafStatus.Void), "void, though every proof is valid");
        }
    }

    /// @dev Both forms of the rule agree on any header.
    function test_fuzz_canonical_is_one_rule(uint256[8] memory words, uint16 schema, uint8 flags, uint8 network)
        public
    {
        ReceiptHeader memory h = header(0);
        (h.schema, h.flags, h.onionNetwork) = (schema % 3, flags % 8, network % 6);
        h.onionKey = bytes32(words[0] % 2);
        h.capsuleTag = edge(words[1], h.capsuleTag);
        h.catalogRoot = edge(words[2], h.catalogRoot);
        h.operatorTag = edge(words[3], h.operatorTag);
        h.operatorRoot = edge(words[4], h.operatorRoot);
        h.installRoot = edge(words[5], h.installRoot);
        h.stateTag = edge(words[6], h.stateTag);
        h.nullifier = Nullifier.wrap(edge(words[7], 7));
        bool canonical;
        try anchor.instancesOf(h) {
            canonical = true;
        } catch {}
        BatchRef memory batch = anchorOne(h);
        commit(challenger, idOf(batch), 0);
        vm.prank(challenger);
        bool fraud;
        try anchor.challengeLeaf(batch, 0, new bytes32[](0), h, PROOF, SALT) {
            fraud = true;
        } catch {}
        vm.assertTrue(fraud != canonical, "refused by the one iff fraud to the other");
    }

    function edge(uint256 dice, uint256 good) private pure returns (uint256) {
        if (dice % 16 == 0) return FIELD_MODULUS;
        return dice % 16 == 1 ? FIELD_MODULUS - 1 : good;
    }

    function test_a_key_that_never_was_is_fraud() public {
        ReceiptHeader memory h = header(0);
        h.verifierKey = VerifierKey.wrap("nobody's circuit");
        BatchRef memory batch = anchorOne(h);
        challengeOne(batch, h);
        vm.assertEq(free(challenger), SLICE / 2, "slashed");
    }

    /// @dev Removal and stop do not turn honest leaves into fraud, nor fraud into honest leaves.
    function test_the_wrapper_judges_after_removal_and_stop() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        for (uint256 i; i < 2; ++i) {
            if (i == 0) router.remove(KEY);
            else router.stop();
            valid();
            uint32 index = uint32(i);
            bytes32 id = idOf(batch);
            commit(challenger, id, index);
            bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
            ReceiptHeader memory h = header(index);
            vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafValid.selector, id, index, digest(index)));
            vm.prank(challenger);
            anchor.challengeLeaf(batch, index, path, h, PROOF, SALT);
            invalid();
            vm.prank(challenger);
            anchor.challengeLeaf(batch, index, path, h, PROOF, SALT);
            assertStatus(batch, leaves, index, LeafStatus.Void);
        }
    }

    /// @dev Whatever the gas limit: an honest leaf ends in LeafValid or in another revert, and is never slashed.
    function test_a_gas_limit_is_never_a_verdict() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        generated.tell(TestVerifier.Answer.Heavy, 0);
        commit(challenger, idOf(batch), 1);
        bytes memory call =
            abi.encodeCall(anchor.challengeLeaf, (batch, 1, ReceiptTreeModel.path(leaves, 1), header(1), PROOF, SALT));
        bool judged;
        for (uint256 gas_ = 50_000; gas_ < 1_500_000; gas_ += 10_007) {
            vm.prank(challenger);
            (bool ok, bytes memory reason) = address(anchor).call{gas: gas_}(call);
            vm.assertFalse(ok, "an honest leaf was slashed");
            if (reason.length >= 4 && bytes4(reason) == IChallenges.LeafValid.selector) judged = true;
        }
        vm.assertTrue(judged, "with enough gas there is a verdict");
        vm.expectPartialRevert(IVerifierWrapper.InsufficientGas.selector);
        vm.prank(challenger);
        (bool sent,) = address(anchor).call{gas: 700_000}(call);
        vm.assertTrue(sent, "refused by name");
    }

    /// @dev A precompile that a fork made dearer: an invalid proof cannot be told from a dear one, so nobody is slashed.
    function test_repriced_precompiles_suspend_slashing() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        invalid();
        commit(challenger, idOf(batch), 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        for (uint160 i = 5; i <= 8; ++i) {
            // As if it ran out of whatever gas it is given.
            vm.mockCallRevert(address(i), "", "");
            vm.expectRevert(abi.encodeWithSelector(IChallenges.PrecompileRepriced.selector, address(i)));
            vm.prank(challenger);
            anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
            vm.clearMockedCalls();
        }
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        assertStatus(batch, leaves, 1, LeafStatus.Void);
    }

    function test_fraud_found_late_slashes_and_leaves_finality_alone() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        vm.warp(START + WINDOW + LATE);
        invalid();
        vm.expectEmit(address(anchor));
        emit IChallenges.LeafRefuted(idOf(batch), 1, leaves[1]);
        this.challengeExternally(batch, leaves, 1);
        assertStatus(batch, leaves, 1, LeafStatus.Final);
        vm.assertEq(free(challenger), SLICE / 2, "slashed all the same");
        commit(challenger, idOf(batch), 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafAlreadyVoid.selector, idOf(batch), 1));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
    }

    function challengeExternally(BatchRef memory batch, bytes32[] memory leaves, uint32 index) external {
        bytes32[] memory path = ReceiptTreeModel.path(leaves, index);
        ReceiptHeader memory h = header(index);
        vm.prank(challenger);
        anchor.commitChallenge(keccak256(abi.encode(challenger, idOf(batch), index, SALT)));
        vm.roll(block.number + 1);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, index, path, h, PROOF, SALT);
    }

    function test_liability_ends_at_its_second() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        bytes32 id = idOf(batch);
        invalid();
        commit(challenger, id, 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        uint64 liableUntil = START + WINDOW + LATE;
        vm.warp(liableUntil + 1);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NoLongerLiable.selector, id, liableUntil, liableUntil + 1));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        vm.warp(liableUntil);
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 1, path, h, PROOF, SALT);
        vm.assertEq(anchor.sliceOf(id), 0, "slashed in the last second");
    }

    function test_void_before_finality_by_one_second() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        invalid();
        vm.warp(START + WINDOW - 1);
        challenge(batch, leaves, 0);
        assertStatus(batch, leaves, 0, LeafStatus.Void);
        vm.warp(START + WINDOW);
        challenge(batch, leaves, 1);
        assertStatus(batch, leaves, 1, LeafStatus.Final);
    }

    function test_frozen_leaves_can_be_voided_while_liable() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(3);
        router.stop();
        invalid();
        vm.warp(START + WINDOW + 1);
        challenge(batch, leaves, 1);
        assertStatus(batch, leaves, 1, LeafStatus.Void);
    }

    function badData(uint256 size) private returns (BatchRef memory batch, bytes memory data) {
        bytes32[] memory leaves = leavesOf(size);
        batch = refOf(relayer, leaves);
        leaves[0] = bytes32("not the leaf");
        data = abi.encodePacked(leaves);
        batch.dataCommitment = keccak256(data);
        send(batch);
    }

    function test_data_that_do_not_belong_to_the_root_make_the_batch_fall() public {
        (BatchRef memory batch, bytes memory data) = badData(4);
        bytes32 id = idOf(batch);
        commit(challenger, id, type(uint32).max);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.OtherData.selector, keccak256("x"), batch.dataCommitment));
        vm.prank(challenger);
        anchor.challengeData(batch, "x", SALT);
        vm.expectEmit(address(anchor));
        emit IChallenges.BatchFallen(id);
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        assertStatus(batch, leavesOf(4), 3, LeafStatus.Void);
        (, bool fallen) = anchor.placeStatus(id, 3);
        vm.assertTrue(fallen, "fallen");
        vm.assertEq(uint256(anchor.batchOf(id).state), uint256(BatchState.Fallen), "state");
        vm.assertEq(free(challenger), SLICE / 2, "reward");
        vm.warp(START + 1000 * WINDOW);
        assertStatus(batch, leavesOf(4), 3, LeafStatus.Void);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoSlice.selector, id));
        anchor.releaseSlice(batch);
        commit(challenger, id, 3);
        ReceiptHeader memory h = header(3);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchHasFallen.selector, id));
        vm.prank(challenger);
        anchor.challengeLeaf(batch, 3, new bytes32[](0), h, PROOF, SALT);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, id, START));
        send(batch);
    }

    function test_data_of_another_length_make_the_batch_fall() public {
        bytes32[] memory leaves = leavesOf(4);
        bytes[3] memory wrong = [bytes(""), abi.encodePacked(leaves, leaves[0]), abi.encodePacked(leaves, hex"00")];
        for (uint256 i; i < wrong.length; ++i) {
            BatchRef memory batch = refOf(relayer, leaves);
            batch.dataCommitment = keccak256(wrong[i]);
            send(batch);
            commit(challenger, idOf(batch), type(uint32).max);
            vm.prank(challenger);
            anchor.challengeData(batch, wrong[i], SALT);
            (, bool fallen) = anchor.placeStatus(idOf(batch), 0);
            vm.assertTrue(fallen, "fallen");
        }
    }

    function test_data_in_order_cannot_be_challenged() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(40);
        bytes32 id = idOf(batch);
        commit(challenger, id, type(uint32).max);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.DataValid.selector, id));
        vm.prank(challenger);
        anchor.challengeData(batch, abi.encodePacked(leaves), SALT);
    }

    function test_data_are_challenged_before_finality_only() public {
        (BatchRef memory batch, bytes memory data) = badData(4);
        bytes32 id = idOf(batch);
        commit(challenger, id, type(uint32).max);
        vm.warp(START + WINDOW);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, id, START + WINDOW));
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        vm.warp(START + WINDOW - 1);
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        Batch memory b = anchor.batchOf(id);
        vm.assertEq(uint256(b.state), uint256(BatchState.Fallen), "fell in the last second");
    }
}
