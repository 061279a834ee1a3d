// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {Blob} from "../src/lib/Blob.sol";
import {Batch, BatchState, DataMode} from "../src/types/Batch.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {BlobWorld} from "./base/BlobWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";

/// @dev A batch with its leaves in a blob falls exactly if the blob is not the encoding of leaves under its root; everything
///      else is as with any batch. Against blobs, commitments and proofs that another implementation made.
contract BlobTest is BlobWorld {
    uint32 private constant WHOLE = type(uint32).max;
    bytes32 private constant VERSIONED = bytes32(uint256(1) << 248 | 0xb10b);

    // Anchoring.

    function test_a_batch_in_a_blob_is_kept_and_reported() public {
        Case memory c = caseOf("three leaves");
        BatchRef memory batch = BatchRef(relayer, c.root, c.size, c.versionedHash);
        blobs(bytes32("other"), c.versionedHash);
        vm.expectEmit(address(anchor));
        emit IBatches.BatchAnchored(idOf(batch), relayer, 0, c.root, 3, c.versionedHash, DataMode.Blob, START + WINDOW);
        vm.prank(relayer);
        bytes32 id = anchor.anchorBatchInBlob(c.root, 3, c.versionedHash, 1);
        vm.assertEq(id, idOf(batch), "the name is known before");
        Batch memory b = anchor.batchOf(id);
        vm.assertEq(uint256(b.mode), uint256(DataMode.Blob), "mode");
        vm.assertEq(uint256(b.state), uint256(BatchState.Pending), "state");
        vm.assertEq(b.anchoredAt, START, "anchored");
        vm.assertEq(b.finalAt, START + WINDOW, "final");
        vm.assertEq(b.slice, SLICE, "slice");
        vm.assertEq(anchor.maxSize(DataMode.Blob), 2048, "size");
        (bool fraudulent, bool malformed) = anchor.fraudOf(id, 0);
        vm.assertFalse(fraudulent || malformed, "nothing is proven");
    }

    function test_the_blob_is_one_of_this_transaction() public {
        blobs(VERSIONED, bytes32(uint256(2) << 248 | 0xb10b));
        vm.startPrank(relayer);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoBlob.selector, 2, 0));
        anchor.anchorBatchInBlob("root", 1, VERSIONED, 2);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoBlob.selector, type(uint256).max, 0));
        anchor.anchorBatchInBlob("root", 1, VERSIONED, type(uint256).max);
        // Another version is not the hash of a KZG commitment.
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoBlob.selector, 1, bytes32(uint256(2) << 248 | 0xb10b)));
        anchor.anchorBatchInBlob("root", 1, bytes32(uint256(2) << 248 | 0xb10b), 1);
        anchor.anchorBatchInBlob("root", 1, VERSIONED, 0);
        vm.blobhashes(new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoBlob.selector, 0, 0));
        anchor.anchorBatchInBlob("root", 2, 0, 0);
    }

    function test_sizes_are_bounded() public {
        blobs(VERSIONED, VERSIONED);
        vm.startPrank(relayer);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 0, 2048));
        anchor.anchorBatchInBlob("root", 0, VERSIONED, 0);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchSizeOutOfBounds.selector, 2049, 2048));
        anchor.anchorBatchInBlob("root", 2049, VERSIONED, 0);
        anchor.anchorBatchInBlob("root", 2048, VERSIONED, 0);
        anchor.anchorBatchInBlob("root", 1, VERSIONED, 1);
    }

    /// @dev The name says nothing about the mode, so a batch has the one in which it was anchored first.
    function test_a_batch_has_one_mode() public {
        blobs(VERSIONED, VERSIONED);
        vm.startPrank(relayer);
        bytes32 id = anchor.anchorBatchInBlob("root", 5, VERSIONED, 0);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, id, START));
        anchor.anchorBatch("root", 5, VERSIONED);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, id, START));
        anchor.anchorBatchInBlob("root", 5, VERSIONED, 1);
        id = anchor.anchorBatch("root", 6, VERSIONED);
        vm.expectRevert(abi.encodeWithSelector(IBatches.BatchExists.selector, id, START));
        anchor.anchorBatchInBlob("root", 6, VERSIONED, 0);
        vm.assertEq(uint256(anchor.batchOf(id).mode), uint256(DataMode.Mesh), "mesh");
        vm.assertEq(locked(relayer), 2 * SLICE, "two slices");
    }

    function test_a_stop_and_a_missing_slice_refuse() public {
        blobs(VERSIONED, VERSIONED);
        vm.expectPartialRevert(bytes4(keccak256("FreeBondTooSmall(address,uint256,uint256)")));
        vm.prank(challenger);
        anchor.anchorBatchInBlob("root", 5, VERSIONED, 0);
        router.stop();
        vm.expectRevert(abi.encodeWithSelector(IBatches.RouterStopped.selector, START));
        vm.prank(relayer);
        anchor.anchorBatchInBlob("root", 5, VERSIONED, 0);
    }

    // What is in order stands.

    function test_a_blob_in_order_cannot_be_made_to_fall() public {
        string[3] memory names = ["three leaves", "one leaf", "full"];
        for (uint256 i; i < names.length; ++i) {
            Case memory c = caseOf(names[i]);
            BatchRef memory batch = put(c);
            commit(challenger, idOf(batch), WHOLE);
            vm.prank(challenger);
            vm.expectRevert(abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(batch)));
            anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
            refuseEveryElement(c, batch);
            refuseOtherLeaves(c, batch);
            LeafStatus status;
            (status,) = anchor.placeStatus(idOf(batch), 0);
            vm.assertEq(uint256(status), uint256(LeafStatus.Pending), "stands");
        }
    }

    /// @dev The elements as they are, and as somebody says they are.
    function refuseEveryElement(Case memory c, BatchRef memory batch) private {
        for (uint256 k; k < c.elements.length; ++k) {
            Element memory e = c.elements[k];
            bytes memory call = elementCall(batch, e.index, e.value, c.commitment, e.proof);
            refused(call, abi.encodeWithSelector(IChallenges.ElementValid.selector, idOf(batch), e.index, e.value));
            // Whatever it is, it is not this.
            bytes32[4] memory others = [
                bytes32(uint256(1) << 128),
                bytes32(uint256(e.value) | uint256(1) << 128),
                // The same number once more around the field, which is no encoding of it.
                bytes32(uint256(e.value) + Blob.MODULUS),
                bytes32(type(uint256).max)
            ];
            for (uint256 i; i < others.length; ++i) {
                call = elementCall(batch, e.index, others[i], c.commitment, e.proof);
                refused(call, opening(c.versionedHash, Blob.pointOf(e.index), uint256(others[i])));
            }
            // The points repeat after 4,096: what is in the leaves is not behind them under another number.
            for (uint32 round = 1; round < 4; ++round) {
                uint32 again = e.index + 4096 * round;
                call = elementCall(batch, again, e.value, c.commitment, e.proof);
                refused(call, abi.encodeWithSelector(IChallenges.ElementOutOfBounds.selector, again, 4096));
            }
        }
    }

    /// @dev Any one bit of any leaf is another polynomial.
    function refuseOtherLeaves(Case memory c, BatchRef memory batch) private {
        uint256[3] memory places = [0, c.leaves.length / 2, c.leaves.length - 1];
        for (uint256 i; i < places.length; ++i) {
            bytes memory other = flip(c.leaves, places[i]);
            uint256 z = pointFor(c.versionedHash, other);
            refused(blobCall(batch, other, c.commitment, c.proof), opening(c.versionedHash, z, modelValue(other, z)));
        }
    }

    // Evaluation, against the model.

    function test_points_are_the_roots_of_unity_in_bit_reversed_order() public view {
        for (uint256 i; i < 4096; i += i < 64 ? 1 : 61) {
            vm.assertEq(Blob.pointOf(i), modelPoint(i), "point");
        }
        vm.assertEq(Blob.pointOf(4095), modelPoint(4095), "the last");
        vm.assertEq(Blob.pointOf(1), Blob.MODULUS - 1, "-1 comes second");
    }

    function valueOf(bytes calldata leaves, uint256 z) external pure returns (uint256 value, uint256 dirty) {
        value = Blob.valueOf(leaves, z);
        // Once more, with the memory that is used full of something else.
        assembly ("memory-safe") {
            let dust := mload(0x40)
            for { let i := 0 } lt(i, 0x24000) { i := add(i, 32) } { mstore(add(dust, i), not(i)) }
        }
        dirty = Blob.valueOf(leaves, z);
    }

    function test_the_value_is_that_of_the_formula() public view {
        string[5] memory names = ["three leaves", "one leaf", "full", "wide element", "tail"];
        for (uint256 i; i < names.length; ++i) {
            Case memory c = caseOf(names[i]);
            (uint256 value, uint256 dirty) = this.valueOf(c.leaves, c.z);
            vm.assertEq(value, modelValue(c.leaves, c.z), "the model's");
            vm.assertEq(dirty, value, "whatever is in memory");
            // Of these two the blob is not what it decodes to.
            if (i < 3) vm.assertEq(value, c.y, "the library's");
            else vm.assertTrue(value != c.y, "another polynomial");
            vm.assertEq(c.z, pointFor(c.versionedHash, c.leaves), "point");
        }
    }

    function test_fuzz_every_size_has_the_value_of_the_formula(uint256 size, uint256 seed, uint256 z) public view {
        size = 1 + size % 70;
        z = z % Blob.MODULUS;
        vm.assume(power(z, 4096) != 1);
        bytes memory leaves = randomLeaves(size, seed);
        (uint256 value, uint256 dirty) = this.valueOf(leaves, z);
        vm.assertEq(value, modelValue(leaves, z), "the model's");
        vm.assertEq(dirty, value, "whatever is in memory");
    }

    function test_sizes_around_powers_of_two() public view {
        uint256[10] memory sizes = [uint256(127), 128, 129, 511, 513, 1023, 1024, 1025, 2047, 2048];
        for (uint256 i; i < sizes.length; ++i) {
            bytes memory leaves = randomLeaves(sizes[i], i);
            uint256 z = pointFor(0, leaves);
            (uint256 value,) = this.valueOf(leaves, z);
            vm.assertEq(value, modelValue(leaves, z), "the model's");
        }
    }

    /// @dev At a root of unity the value is the element itself; the formula has none there.
    function test_at_a_root_of_unity_the_value_is_the_element() public view {
        bytes memory leaves = randomLeaves(5, 1);
        for (uint256 i; i < 12; ++i) {
            uint256 element;
            if (i < 10) {
                assembly ("memory-safe") {
                    element := shr(128, mload(add(add(leaves, 32), mul(i, 16))))
                }
            }
            (uint256 value,) = this.valueOf(leaves, modelPoint(i));
            vm.assertEq(value, element, "element");
        }
    }

    // What is not falls.

    function test_a_blob_of_other_leaves_makes_the_batch_fall() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = put(c);
        bytes32 id = idOf(batch);
        commit(challenger, id, WHOLE);
        vm.expectEmit(address(anchor));
        emit IChallenges.BatchFallen(id);
        vm.expectEmit(address(anchor));
        emit IChallenges.RelayerSlashed(id, relayer, challenger, SLICE / 2, SLICE / 2);
        vm.prank(challenger);
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        assertFallen(batch);
    }

    function test_a_full_blob_of_other_leaves_makes_the_batch_fall() public {
        Case memory c = caseOf("full");
        c.root = bytes32(uint256(c.root) ^ 1);
        BatchRef memory batch = put(c);
        commit(challenger, idOf(batch), WHOLE);
        vm.prank(challenger);
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        assertFallen(batch);
    }

    function test_one_other_leaf_makes_the_batch_fall() public {
        Case memory c = caseOf("one leaf");
        c.root = bytes32(uint256(c.root) + 1);
        BatchRef memory batch = put(c);
        commit(challenger, idOf(batch), WHOLE);
        vm.prank(challenger);
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        assertFallen(batch);
    }

    /// @dev The element is 2^128, one more than the largest half of a leaf.
    function test_an_element_that_is_too_large_makes_the_batch_fall() public {
        Case memory c = caseOf("wide element");
        Element memory e = c.elements[0];
        vm.assertEq(e.value, bytes32(uint256(1) << 128), "the smallest that is too large");
        BatchRef memory batch = put(c);
        // Of its leaves nothing can be said: what the relayer says that they are is under the root.
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        refused(call, abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(batch)));
        vm.expectEmit(address(anchor));
        emit IChallenges.BatchFallen(idOf(batch));
        vm.prank(challenger);
        anchor.challengeBlobElement(batch, e.index, e.value, c.commitment, e.proof, SALT);
        assertFallen(batch);
        // Under another root neither, since no leaves are this blob.
        c.root = bytes32(uint256(c.root) ^ 1);
        batch = put(c);
        call = blobCall(batch, c.leaves, c.commitment, c.proof);
        refused(call, opening(c.versionedHash, c.z, modelValue(c.leaves, c.z)));
        succeed(batch, elementCall(batch, e.index, e.value, c.commitment, e.proof));
    }

    function test_anything_behind_the_leaves_makes_the_batch_fall() public {
        Case memory c = caseOf("tail");
        Element memory e = c.elements[0];
        vm.assertEq(e.index, 4095, "the last element");
        BatchRef memory batch = put(c);
        commit(challenger, idOf(batch), WHOLE);
        vm.prank(challenger);
        anchor.challengeBlobElement(batch, e.index, e.value, c.commitment, e.proof, SALT);
        assertFallen(batch);
    }

    /// @dev What belongs to the last leaf of one size is behind the leaves of a smaller one.
    function test_the_leaves_end_where_the_size_says() public {
        Case memory c = caseOf("three leaves");
        BatchRef memory batch = put(c);
        Element[2] memory last = [c.elements[2], c.elements[3]];
        for (uint32 i; i < 2; ++i) {
            Element memory e = last[i];
            vm.assertEq(e.index, 4 + i, "a half of the third leaf");
            bytes memory call = elementCall(batch, e.index, e.value, c.commitment, e.proof);
            refused(call, abi.encodeWithSelector(IChallenges.ElementValid.selector, idOf(batch), e.index, e.value));
            (c.size, c.root) = (2, bytes32(uint256(i)));
            BatchRef memory shorter = put(c);
            succeed(shorter, elementCall(shorter, e.index, e.value, c.commitment, e.proof));
        }
    }

    // What a challenge needs.

    function test_lengths_are_checked() public {
        Case memory c = caseOf("other leaves");
        Element memory e = c.elements[0];
        BatchRef memory batch = put(c);
        bytes memory short = cut(c.leaves, 64);
        bytes memory long = bytes.concat(c.leaves, new bytes(32));
        refused(blobCall(batch, short, c.commitment, c.proof), wrongLength("leaves", 64, 96));
        refused(blobCall(batch, long, c.commitment, c.proof), wrongLength("leaves", 128, 96));
        refused(blobCall(batch, cut(c.leaves, 95), c.commitment, c.proof), wrongLength("leaves", 95, 96));
        refused(blobCall(batch, "", c.commitment, c.proof), wrongLength("leaves", 0, 96));
        bytes memory wide = bytes.concat(c.commitment, hex"00");
        refused(blobCall(batch, c.leaves, wide, c.proof), wrongLength("commitment", 49, 48));
        refused(blobCall(batch, c.leaves, cut(c.commitment, 47), c.proof), wrongLength("commitment", 47, 48));
        refused(blobCall(batch, c.leaves, c.commitment, cut(c.proof, 47)), wrongLength("proof", 47, 48));
        refused(blobCall(batch, c.leaves, c.commitment, bytes.concat(c.proof, hex"00")), wrongLength("proof", 49, 48));
        bytes32 bad = bytes32(uint256(1) << 128);
        refused(elementCall(batch, 0, bad, wide, e.proof), wrongLength("commitment", 49, 48));
        refused(elementCall(batch, 0, bad, "", e.proof), wrongLength("commitment", 0, 48));
        refused(elementCall(batch, 0, bad, c.commitment, cut(e.proof, 47)), wrongLength("proof", 47, 48));
    }

    function test_another_commitment_or_proof_is_refused() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = put(c);
        bytes memory reason = opening(c.versionedHash, c.z, c.y);
        for (uint256 i; i < 48; i += 47) {
            refused(blobCall(batch, c.leaves, flip(c.commitment, i), c.proof), reason);
            refused(blobCall(batch, c.leaves, c.commitment, flip(c.proof, i)), reason);
        }
        Case memory other = caseOf("one leaf");
        refused(blobCall(batch, c.leaves, other.commitment, other.proof), reason);
        refused(blobCall(batch, c.leaves, c.commitment, c.elements[0].proof), reason);
        // A proof for one place is none for another.
        c = caseOf("wide element");
        batch = put(c);
        Element memory e = c.elements[0];
        reason = opening(c.versionedHash, Blob.pointOf(e.index + 1), uint256(e.value));
        refused(elementCall(batch, e.index + 1, e.value, c.commitment, e.proof), reason);
        reason = opening(c.versionedHash, Blob.pointOf(e.index), uint256(e.value) + 1);
        refused(elementCall(batch, e.index, bytes32(uint256(e.value) + 1), c.commitment, e.proof), reason);
    }

    /// @dev Success that does not say what EIP-4844 says is none, nor is silence: a chain without the precompile slashes nobody.
    function test_only_the_precompiles_own_answer_counts() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = put(c);
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        bytes memory reason = opening(c.versionedHash, c.z, c.y);
        bytes[6] memory answers = [
            bytes(""),
            abi.encode(4096),
            abi.encode(4095, Blob.MODULUS),
            abi.encode(4096, Blob.MODULUS - 1),
            abi.encode(4096, Blob.MODULUS, 0),
            abi.encode(1)
        ];
        for (uint256 i; i < answers.length; ++i) {
            vm.mockCall(address(0x0a), "", answers[i]);
            refused(call, reason);
            vm.clearMockedCalls();
        }
        vm.mockCallRevert(address(0x0a), "", abi.encode(4096, Blob.MODULUS));
        refused(call, reason);
        vm.clearMockedCalls();
        vm.prank(challenger);
        (bool ok,) = address(anchor).call(call);
        vm.assertTrue(ok, "the real one");
    }

    /// @dev Whatever the gas limit: an honest batch never falls.
    function test_a_gas_limit_is_never_a_verdict() public {
        Case memory c = caseOf("three leaves");
        BatchRef memory batch = put(c);
        Element memory e = c.elements[0];
        bytes memory other = bytes.concat(c.leaves);
        other[0] ^= 0x01;
        commit(challenger, idOf(batch), WHOLE);
        bytes[3] memory calls = [
            blobCall(batch, c.leaves, c.commitment, c.proof),
            blobCall(batch, other, c.commitment, c.proof),
            elementCall(batch, e.index, bytes32(uint256(1) << 200), c.commitment, e.proof)
        ];
        for (uint256 i; i < calls.length; ++i) {
            for (uint256 gas_ = 30_000; gas_ < 400_000; gas_ += 5_003) {
                vm.prank(challenger);
                (bool ok,) = address(anchor).call{gas: gas_}(calls[i]);
                vm.assertFalse(ok, "an honest batch fell");
            }
        }
    }

    function test_each_mode_has_its_own_challenge() public {
        Case memory c = caseOf("other leaves");
        Element memory e = c.elements[0];
        // Mesh, though its commitment looks like the hash of a blob, and there is such a blob.
        BatchRef memory mesh = BatchRef(relayer, c.root, c.size, c.versionedHash);
        send(mesh);
        bytes memory reason = abi.encodeWithSelector(IChallenges.WrongMode.selector, idOf(mesh), DataMode.Mesh);
        refused(blobCall(mesh, c.leaves, c.commitment, c.proof), reason);
        refused(elementCall(mesh, e.index, bytes32(uint256(1) << 128), c.commitment, e.proof), reason);
        // Blob, and the leaves of its blob are no data of a mesh.
        c.root = bytes32(uint256(c.root) ^ 1);
        BatchRef memory blob = put(c);
        reason = abi.encodeWithSelector(IChallenges.WrongMode.selector, idOf(blob), DataMode.Blob);
        refused(abi.encodeCall(anchor.challengeData, (blob, c.leaves, SALT)), reason);
        // Calldata: never malformed.
        vm.prank(relayer);
        bytes32 root = ReceiptTreeModel.root(split(c.leaves));
        bytes32 id = anchor.anchorBatchWithLeaves(root, c.leaves);
        BatchRef memory onChain = BatchRef(relayer, root, c.size, keccak256(c.leaves));
        vm.assertEq(id, idOf(onChain), "the batch");
        reason = abi.encodeWithSelector(IChallenges.WrongMode.selector, id, DataMode.Calldata);
        refused(abi.encodeCall(anchor.challengeData, (onChain, c.leaves, SALT)), reason);
        refused(blobCall(onChain, c.leaves, c.commitment, c.proof), reason);
        refused(elementCall(onChain, 0, bytes32(uint256(1) << 128), c.commitment, e.proof), reason);
    }

    function test_blobs_are_challenged_before_finality_only() public {
        Case memory c = caseOf("other leaves");
        Case memory w = caseOf("wide element");
        BatchRef memory batch = put(c);
        BatchRef memory wide = put(w);
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        bytes memory second =
            elementCall(wide, w.elements[0].index, w.elements[0].value, w.commitment, w.elements[0].proof);
        vm.warp(START + WINDOW);
        refused(call, abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, idOf(batch), START + WINDOW));
        refused(second, abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, idOf(wide), START + WINDOW));
        vm.warp(START + WINDOW - 1);
        succeed(batch, call);
        succeed(wide, second);
    }

    /// @dev After a stop nothing becomes final, and the slice answers for as long as it is locked.
    function test_a_frozen_batch_falls_while_it_is_liable() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = put(c);
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        router.stop();
        uint64 liableUntil = START + WINDOW + LATE;
        vm.warp(liableUntil + 1);
        refused(
            call, abi.encodeWithSelector(IChallenges.NoLongerLiable.selector, idOf(batch), liableUntil, liableUntil + 1)
        );
        vm.warp(liableUntil);
        succeed(batch, call);
    }

    function test_a_challenge_is_committed_to_in_an_earlier_block() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = put(c);
        bytes32 id = idOf(batch);
        bytes32 commitment = keccak256(abi.encode(challenger, id, WHOLE, SALT));
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        Element memory e = c.elements[0];
        vm.startPrank(challenger);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, commitment));
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, commitment));
        anchor.challengeBlobElement(batch, 0, e.value, c.commitment, e.proof, SALT);
        anchor.commitChallenge(commitment);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.CommittedThisBlock.selector, commitment, block.number));
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        vm.stopPrank();
        vm.roll(block.number + 1);
        // Whoever sees it pending has not committed to it.
        bytes32 thief = keccak256(abi.encode(demander, id, WHOLE, SALT));
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotCommitted.selector, thief));
        vm.prank(demander);
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        succeed(batch, call);
        vm.assertEq(anchor.committedIn(commitment), 0, "used up");
    }

    function test_what_is_not_there_or_fell_is_not_challenged() public {
        Case memory c = caseOf("other leaves");
        BatchRef memory batch = BatchRef(relayer, c.root, c.size, c.versionedHash);
        bytes memory call = blobCall(batch, c.leaves, c.commitment, c.proof);
        bytes memory element = elementCall(batch, 0, 0, c.commitment, c.elements[0].proof);
        bytes memory reason = abi.encodeWithSelector(IBatches.BatchUnknown.selector, idOf(batch));
        refused(call, reason);
        refused(element, reason);
        put(c);
        succeed(batch, call);
        reason = abi.encodeWithSelector(IBatches.BatchHasFallen.selector, idOf(batch));
        refused(call, reason);
        refused(element, reason);
    }

    // Everything else is as with any batch.

    function test_leaves_are_final_demanded_and_challenged_as_ever() public {
        bytes32[] memory leaves = leavesOf(4);
        BatchRef memory batch = BatchRef(relayer, ReceiptTreeModel.root(leaves), 4, VERSIONED);
        blobs(VERSIONED, VERSIONED);
        vm.prank(relayer);
        anchor.anchorBatchInBlob(batch.root, 4, VERSIONED, 0);
        demand(batch, 1);
        reveal(relayer, batch, leaves, 1);
        invalid();
        challenge(batch, leaves, 2);
        assertStatus(batch, leaves, 2, LeafStatus.Void);
        vm.warp(START + WINDOW - 1);
        assertStatus(batch, leaves, 3, LeafStatus.Pending);
        vm.warp(START + WINDOW);
        assertStatus(batch, leaves, 3, LeafStatus.Final);
        assertStatus(batch, leaves, 2, LeafStatus.Void);
    }

    function test_a_demand_without_an_answer_is_no_malformed_blob() public {
        bytes32[] memory leaves = leavesOf(4);
        BatchRef memory batch = BatchRef(relayer, ReceiptTreeModel.root(leaves), 4, VERSIONED);
        blobs(VERSIONED, VERSIONED);
        vm.prank(relayer);
        anchor.anchorBatchInBlob(batch.root, 4, VERSIONED, 0);
        demand(batch, 1);
        vm.warp(START + REVEAL + 1);
        anchor.closeDemand(batch, 1);
        (, bool malformed) = anchor.fraudOf(idOf(batch), 1);
        vm.assertFalse(malformed, "withheld");
        vm.assertEq(uint256(anchor.batchOf(idOf(batch)).state), uint256(BatchState.Fallen), "fallen");
    }

    // Gas: every account and slot cold, without the transaction's own 21,000 and its calldata.

    function chill() private {
        vm.cool(address(anchor));
        vm.cool(address(router));
    }

    /// @dev The blob itself costs blob gas besides.
    function test_gas_anchor_in_a_blob() public {
        Case memory c = caseOf("full");
        anchorOf(1);
        blobs(c.versionedHash, 0);
        chill();
        vm.prank(relayer);
        anchor.anchorBatchInBlob(c.root, c.size, c.versionedHash, 0);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "anchorBatchInBlob of 2,048"), 150_000, "budget");
    }

    /// @dev With all of its calldata, well below what a transaction may use (EIP-7825).
    function test_gas_challenge_of_a_full_blob() public {
        Case memory c = caseOf("full");
        c.root = bytes32(uint256(c.root) ^ 1);
        BatchRef memory batch = put(c);
        committed(idOf(batch));
        bytes memory data = blobCall(batch, c.leaves, c.commitment, c.proof);
        chill();
        vm.prank(challenger);
        anchor.challengeBlob(batch, c.leaves, c.commitment, c.proof, SALT);
        uint256 gas_ = vm.snapshotGasLastCall("nonos", "challengeBlob of 2,048");
        vm.assertLe(gas_, 2_500_000, "execution");
        // Every byte as if it were not 0, at the floor price of EIP-7623 and beside the work.
        vm.assertLe(21_000 + 40 * data.length, 2 ** 24 / 4, "floor price");
        vm.assertLe(21_000 + 16 * data.length + gas_, 2 ** 24 / 4, "a quarter of a transaction");
        vm.assertLe(data.length, 128 * 1024 - 1024, "and every node relays it");
    }

    function test_gas_challenge_of_an_element() public {
        Case memory c = caseOf("wide element");
        Element memory e = c.elements[0];
        BatchRef memory batch = put(c);
        committed(idOf(batch));
        chill();
        vm.prank(challenger);
        anchor.challengeBlobElement(batch, e.index, e.value, c.commitment, e.proof, SALT);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "challengeBlobElement"), 200_000, "the precompile is 50,000 of it");
    }

    // Helpers.

    function assertFallen(BatchRef memory batch) private view {
        bytes32 id = idOf(batch);
        Batch memory b = anchor.batchOf(id);
        vm.assertEq(uint256(b.state), uint256(BatchState.Fallen), "state");
        vm.assertEq(b.slice, 0, "slice");
        (LeafStatus status, bool fallen) = anchor.placeStatus(id, 0);
        vm.assertTrue(status == LeafStatus.Void && fallen, "every leaf is void");
        (bool fraudulent, bool malformed) = anchor.fraudOf(id, 0);
        vm.assertTrue(malformed && !fraudulent, "malformed");
        vm.assertTrue(free(challenger) >= SLICE / 2, "reward");
    }

    function succeed(BatchRef memory batch, bytes memory call) private {
        committed(idOf(batch));
        vm.prank(challenger);
        (bool ok,) = address(anchor).call(call);
        vm.assertTrue(ok, "the challenge succeeds");
        assertFallen(batch);
    }
}
