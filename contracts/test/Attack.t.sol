// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {Blob} from "../src/lib/Blob.sol";
import {BatchState} from "../src/types/Batch.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {BlobWorld} from "./base/BlobWorld.sol";
import {ReceiptTreeModel} from "./base/ReceiptTreeModel.sol";
import {Errands} from "./doubles/Accounts.sol";

/// @dev Whoever tries to make an honest batch in a blob fall, or to keep a dishonest one, and what it meets. Each test is one
///      attempt, named by what it proves.
contract AttackTest is BlobWorld {
    /// @dev The point at infinity of BLS12-381, compressed: commitment of the polynomial 0, and proof of any constant one.
    bytes private constant INFINITY =
        hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
    /// @dev Its generator, compressed: commitment of the polynomial 1, whose blob is 1 in every element.
    bytes private constant GENERATOR =
        hex"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";

    function hashOf(bytes memory commitment) private pure returns (bytes32) {
        return bytes32(uint256(1) << 248 | uint256(sha256(commitment)) << 8 >> 8);
    }

    function put(bytes32 root, uint32 size, bytes32 versionedHash) private returns (BatchRef memory) {
        Case memory c;
        (c.root, c.size, c.versionedHash) = (root, size, versionedHash);
        return put(c);
    }

    function fall(BatchRef memory batch, bytes memory call) private {
        committed(idOf(batch));
        vm.prank(challenger);
        (bool ok,) = address(anchor).call(call);
        vm.assertTrue(ok, "the challenge succeeds");
        vm.assertEq(uint256(anchor.batchOf(idOf(batch)).state), uint256(BatchState.Fallen), "fallen");
    }

    function assertStands(BatchRef memory batch) private view {
        vm.assertEq(uint256(anchor.batchOf(idOf(batch)).state), uint256(BatchState.Pending), "stands");
        vm.assertEq(anchor.batchOf(idOf(batch)).slice, SLICE, "slice");
    }

    // Leaves that are not the blob's.

    /// @dev At a point that is known, other leaves with the blob's value are found at once, and the honest proof opens the blob there.
    ///      The point at which they are compared is theirs, and there they differ.
    function test_leaves_that_agree_with_the_blob_where_it_was_opened_convict_nobody() public {
        Case memory c = caseOf("three leaves");
        BatchRef memory batch = put(c);
        bytes memory forged = agreeing(c.leaves, c.z);
        vm.assertTrue(keccak256(forged) != keccak256(c.leaves), "others");
        vm.assertEq(modelValue(forged, c.z), c.y, "which agree with the blob there");
        (bool opens,) =
            address(0x0a).staticcall(bytes.concat(c.versionedHash, abi.encode(c.z, c.y), c.commitment, c.proof));
        vm.assertTrue(opens, "where it has been opened");
        uint256 z = pointFor(c.versionedHash, forged);
        bytes memory call = blobCall(batch, forged, c.commitment, c.proof);
        refused(call, opening(c.versionedHash, z, modelValue(forged, z)));
        assertStands(batch);
    }

    /// @dev Other leaves with the same value at `z`: two halves changed by d and e, where d and e are small and d L_i(z) + e L_j(z)
    ///      is 0, by half of a Euclidean division of the order by -L_i / L_j.
    function agreeing(bytes memory leaves, uint256 z) private view returns (bytes memory forged) {
        uint256 halves = leaves.length / 16;
        uint256[] memory weights = new uint256[](halves);
        for (uint256 i; i < halves; ++i) {
            bytes memory unit = new bytes(leaves.length);
            unit[16 * i + 15] = 0x01;
            weights[i] = modelValue(unit, z);
        }
        for (uint256 k; k < halves * halves; ++k) {
            (uint256 i, uint256 j) = (k / halves, k % halves);
            if (i == j) continue;
            uint256 ratio = mulmod(Blob.MODULUS - weights[i], power(weights[j], Blob.MODULUS - 2), Blob.MODULUS);
            forged = changed(leaves, i, j, ratio);
            if (forged.length != 0) return forged;
        }
        revert("none");
    }

    function changed(bytes memory leaves, uint256 i, uint256 j, uint256 ratio) private pure returns (bytes memory) {
        (int256 a, int256 b, int256 s, int256 t) = (int256(Blob.MODULUS), int256(ratio), 0, 1);
        // b is t times the ratio; b falls and t grows, and both have 128 bits in the middle.
        while (b != 0) {
            if (b >> 128 == 0 && t < 2 ** 128 && t > -(2 ** 128)) {
                for (int256 sign = -1; sign < 2; sign += 2) {
                    int256 first = int256(half(leaves, i)) + sign * t;
                    int256 second = int256(half(leaves, j)) + sign * b;
                    // Negative ones have all high bits.
                    if (uint256(first) >> 128 == 0 && uint256(second) >> 128 == 0) {
                        bytes memory other = bytes.concat(leaves);
                        setHalf(other, i, uint256(first));
                        setHalf(other, j, uint256(second));
                        return other;
                    }
                }
            }
            int256 q = a / b;
            (a, b, s, t) = (b, a - q * b, t, s - q * t);
            if (t > 2 ** 128 || t < -(2 ** 128)) break;
        }
        return "";
    }

    function half(bytes memory leaves, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(128, mload(add(add(leaves, 32), mul(i, 16))))
        }
    }

    function setHalf(bytes memory leaves, uint256 i, uint256 value) private pure {
        for (uint256 k; k < 16; ++k) {
            leaves[16 * i + k] = bytes1(uint8(value >> 8 * (15 - k)));
        }
    }

    // Blobs that are special.

    /// @dev Commitment and proof of a blob of zeros are the point at infinity. It is the leaves 0, however many, and no others.
    function test_a_blob_of_zeros_is_judged_like_any() public {
        bytes32 versionedHash = hashOf(INFINITY);
        bytes32[] memory zeros = new bytes32[](5);
        BatchRef memory honest = put(ReceiptTreeModel.root(zeros), 5, versionedHash);
        bytes memory leaves = new bytes(160);
        refused(
            blobCall(honest, leaves, INFINITY, INFINITY),
            abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(honest))
        );
        for (uint32 i; i < 12; ++i) {
            bytes memory call = elementCall(honest, i, bytes32(uint256(1) << 128), INFINITY, INFINITY);
            refused(call, opening(versionedHash, Blob.pointOf(i), 1 << 128));
        }
        bytes memory other = flip(leaves, 159);
        uint256 z = pointFor(versionedHash, other);
        refused(blobCall(honest, other, INFINITY, INFINITY), opening(versionedHash, z, modelValue(other, z)));
        assertStands(honest);
        BatchRef memory dishonest = put("root", 5, versionedHash);
        fall(dishonest, blobCall(dishonest, leaves, INFINITY, INFINITY));
        assertStands(honest);
    }

    /// @dev The polynomial 1 has the value 1 everywhere: of 2,048 leaves that are it one root is right, and for fewer there is
    ///      something behind them.
    function test_a_blob_of_ones_is_full_or_falls() public {
        bytes32 versionedHash = hashOf(GENERATOR);
        bytes32 one = bytes32(uint256(1) << 128 | 1);
        bytes32[] memory ones = new bytes32[](2048);
        for (uint256 i; i < 2048; ++i) {
            ones[i] = one;
        }
        bytes memory leaves = abi.encodePacked(ones);
        BatchRef memory honest = put(ReceiptTreeModel.root(ones), 2048, versionedHash);
        refused(
            blobCall(honest, leaves, GENERATOR, INFINITY),
            abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(honest))
        );
        refused(
            elementCall(honest, 4095, bytes32(uint256(1)), GENERATOR, INFINITY),
            abi.encodeWithSelector(IChallenges.ElementValid.selector, idOf(honest), 4095, 1)
        );
        BatchRef memory dishonest = put("root", 2048, versionedHash);
        fall(dishonest, blobCall(dishonest, leaves, GENERATOR, INFINITY));
        BatchRef memory fewer = put("root", 2047, versionedHash);
        refused(
            elementCall(fewer, 4093, bytes32(uint256(1)), GENERATOR, INFINITY),
            abi.encodeWithSelector(IChallenges.ElementValid.selector, idOf(fewer), 4093, 1)
        );
        fall(fewer, elementCall(fewer, 4094, bytes32(uint256(1)), GENERATOR, INFINITY));
        assertStands(honest);
    }

    // One blob for several batches.

    /// @dev Each batch answers for itself: for its own root and size, and with its own slice.
    function test_one_blob_under_two_roots_is_two_batches() public {
        Case memory c = caseOf("other leaves");
        bytes32 right = ReceiptTreeModel.root(split(c.leaves));
        BatchRef memory honest = put(right, c.size, c.versionedHash);
        BatchRef memory dishonest = put(c);
        uint256 slices = locked(relayer);
        // What was committed to for the one is nothing for the other.
        committed(idOf(dishonest));
        vm.expectRevert(
            abi.encodeWithSelector(
                IChallenges.NotCommitted.selector,
                keccak256(abi.encode(challenger, idOf(honest), type(uint32).max, SALT))
            )
        );
        vm.prank(challenger);
        anchor.challengeBlob(honest, c.leaves, c.commitment, c.proof, SALT);
        fall(dishonest, blobCall(dishonest, c.leaves, c.commitment, c.proof));
        refused(
            blobCall(honest, c.leaves, c.commitment, c.proof),
            abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(honest))
        );
        assertStands(honest);
        vm.assertEq(locked(relayer), slices - SLICE, "one slice");
    }

    /// @dev The zeros behind the leaves of a blob are leaves 0 of a larger size: no receipt hashes to one, so that is a batch with
    ///      leaves that nobody can reveal, and not one that is malformed.
    function test_zeros_behind_the_leaves_are_leaves_of_a_larger_size() public {
        Case memory c = caseOf("three leaves");
        bytes memory longer = bytes.concat(c.leaves, bytes32(0));
        BatchRef memory batch = put(ReceiptTreeModel.root(split(longer)), 4, c.versionedHash);
        refused(
            blobCall(batch, longer, c.commitment, c.proof),
            abi.encodeWithSelector(IChallenges.DataValid.selector, idOf(batch))
        );
        assertStands(batch);
        vm.assertTrue(demandUnanswered(batch, 3), "it falls by a demand");
    }

    function demandUnanswered(BatchRef memory batch, uint32 index) private returns (bool fallen) {
        demand(batch, index);
        vm.warp(block.timestamp + REVEAL + 1);
        anchor.closeDemand(batch, index);
        (, fallen) = anchor.placeStatus(idOf(batch), index);
    }

    // Blobs of somebody else's choice.

    /// @dev A relayer can be an account whose calls others send, once they are signed. Whoever copies one and attaches a blob of its own
    ///      would hold the relayer to that, convict it, and have half of its slice: the call names its blob.
    function test_who_sends_a_relayers_call_attaches_no_other_blob() public {
        Case memory c = caseOf("three leaves");
        Errands account = new Errands();
        vm.deal(address(account), SLICE);
        account.approve(address(anchor), SLICE, abi.encodeCall(anchor.depositBond, ()));
        account.run(address(anchor), SLICE, abi.encodeCall(anchor.depositBond, ()));
        bytes memory call = abi.encodeCall(anchor.anchorBatchInBlob, (c.root, c.size, c.versionedHash, 0));
        account.approve(address(anchor), 0, call);
        bytes32 other = caseOf("one leaf").versionedHash;
        blobs(other, c.versionedHash);
        vm.prank(challenger);
        vm.expectRevert(abi.encodeWithSelector(IBatches.NoBlob.selector, 0, other));
        account.run(address(anchor), 0, call);
        blobs(c.versionedHash, other);
        vm.prank(challenger);
        account.run(address(anchor), 0, call);
        assertStands(BatchRef(address(account), c.root, c.size, c.versionedHash));
    }

    // Words that are handed back, or on to a library.

    /// @dev A member with bits outside its type names no batch, and is no header, wherever it is handed in.
    function test_dirty_words_convict_nobody_and_answer_nothing() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        demand(batch, 1);
        invalid();
        commit(challenger, idOf(batch), 1);
        bytes32[] memory path = ReceiptTreeModel.path(leaves, 1);
        ReceiptHeader memory h = header(1);
        bytes[2] memory calls = [
            abi.encodeCall(anchor.challengeLeaf, (batch, 1, path, h, PROOF, SALT)),
            abi.encodeCall(anchor.revealLeaf, (batch, 1, path, h, PROOF))
        ];
        // Relayer, size, index; then the path's offset; then the header's narrow members.
        uint256[9] memory narrow = [uint256(0), 2, 4, 6, 8, 17, 19, 20, 23];
        for (uint256 k; k < 2; ++k) {
            for (uint256 i; i < narrow.length; ++i) {
                bytes memory dirty = bytes.concat(calls[k]);
                dirty[4 + 32 * narrow[i]] = 0x80;
                vm.prank(challenger);
                (bool ok,) = address(anchor).call(dirty);
                vm.assertFalse(ok, "a dirty word was taken");
            }
        }
        vm.prank(challenger);
        (bool clean,) = address(anchor).call(calls[0]);
        vm.assertTrue(clean, "the clean one convicts");
    }
}
