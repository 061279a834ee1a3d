// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IDuplicates} from "../src/interfaces/IDuplicates.sol";
import {ReceiptHeaderLib} from "../src/lib/ReceiptHeaderLib.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {Nullifier, VerifierKey} from "../src/types/Ids.sol";
import {LeafStatus} from "../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {DuplicateWorld} from "./base/DuplicateWorld.sol";
import {TestVerifier, TestWrapper} from "./doubles/TestVerifier.sol";

/// @dev Of two receipts of one nullifier the later is void, nobody is slashed for it, and only the operator can cause it.
contract ChallengeDuplicateTest is DuplicateWorld {
    function test_the_later_leaf_is_void_and_nobody_pays() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        vm.warp(START + 1);
        bytes32[] memory leaves = leavesOf(5);
        leaves[2] = leafFor(twin(0, 2));
        IDuplicates.Placed memory second = batched(leaves, 2, twin(0, 2));
        uint256 bond = free(relayer);
        vm.expectEmit(address(anchor));
        emit IDuplicates.DuplicateVoided(
            idOf(second.batch), 2, Nullifier.wrap(1000), anchor.digestOf(second.header), anchor.digestOf(first.header)
        );
        vm.prank(demander);
        anchor.challengeDuplicate(second, keccak256(PROOF), first, PROOF);
        assertPlace(first, LeafStatus.Pending);
        for (uint32 i; i < 5; ++i) {
            assertStatus(second.batch, leaves, i, i == 2 ? LeafStatus.Void : LeafStatus.Pending);
        }
        vm.assertEq(anchor.batchOf(idOf(second.batch)).voided, 1, "one void");
        vm.assertEq(locked(relayer), 2 * SLICE, "nobody is slashed");
        vm.assertEq(free(relayer), bond, "nor paid");
        vm.assertEq(free(demander), 0, "nor is the challenger");
        vm.assertEq(anchor.burned(), 0, "nothing is burned");
        vm.warp(START + 1 + WINDOW);
        assertPlace(first, LeafStatus.Final);
        assertStatus(second.batch, leaves, 2, LeafStatus.Void);
        assertStatus(second.batch, leaves, 3, LeafStatus.Final);
        vm.warp(START + 1 + WINDOW + LATE + 1);
        anchor.releaseSlice(first.batch);
        anchor.releaseSlice(second.batch);
        vm.assertEq(free(relayer), 10 ether, "both slices come back");
    }

    function test_an_earlier_leaf_is_not_void_by_a_later_one() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        vm.warp(START + 1);
        IDuplicates.Placed memory second = single(twin(0, 2));
        refusedAsNotEarlier(first, second);
        refusedAsNotEarlier(first, first);
        duplicate(second, first);
    }

    function test_batches_of_one_second_are_ordered_by_their_numbers() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        refusedAsNotEarlier(first, second);
        duplicate(second, first);
        assertPlace(first, LeafStatus.Pending);
        assertPlace(second, LeafStatus.Void);
    }

    /// @dev The low bits of a number say which of two batches was first, wherever they run over.
    function test_fuzz_numbers_of_one_second_may_run_over(uint64 number, uint16 between) public {
        between %= 2 ** 15 - 1;
        number %= type(uint64).max - 2 ** 17;
        setNumber(number);
        IDuplicates.Placed memory first = single(twin(0, 1));
        setNumber(number + 1 + between);
        IDuplicates.Placed memory second = single(twin(0, 2));
        vm.assertEq(anchor.batchCount(), uint256(number) + between + 2, "numbered");
        refusedAsNotEarlier(first, second);
        duplicate(second, first);
    }

    function test_leaves_of_one_batch_are_ordered_by_their_places() public {
        bytes32[] memory leaves = leavesOf(6);
        (leaves[1], leaves[4]) = (leafFor(twin(0, 1)), leafFor(twin(0, 2)));
        IDuplicates.Placed memory first = batched(leaves, 1, twin(0, 1));
        IDuplicates.Placed memory second = placed(first.batch, leaves, 4, twin(0, 2));
        refusedAsNotEarlier(first, second);
        duplicate(second, first);
        assertPlace(first, LeafStatus.Pending);
        assertPlace(second, LeafStatus.Void);
    }

    function test_a_duplicate_is_challenged_until_the_second_before_finality() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        vm.warp(START + 1);
        IDuplicates.Placed memory second = single(twin(0, 2));
        // The earlier leaf is final by then.
        vm.warp(START + 1 + WINDOW - 1);
        assertPlace(first, LeafStatus.Final);
        vm.warp(START + 1 + WINDOW);
        refused(
            second,
            first,
            abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, idOf(second.batch), START + 1 + WINDOW)
        );
        assertPlace(second, LeafStatus.Final);
        vm.warp(START + 1 + WINDOW - 1);
        duplicate(second, first);
        vm.warp(START + 1 + WINDOW);
        assertPlace(second, LeafStatus.Void);
    }

    function test_a_demand_leaves_more_time() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        vm.warp(START + WINDOW - 1);
        demand(second.batch, 0);
        bytes32[] memory none = new bytes32[](0);
        vm.prank(relayer);
        anchor.revealLeaf(second.batch, 0, none, second.header, PROOF);
        uint256 end = START + WINDOW - 1 + 2 * REVEAL;
        vm.warp(end);
        refused(
            second, first, abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, idOf(second.batch), uint64(end))
        );
        vm.warp(end - 1);
        duplicate(second, first);
    }

    /// @dev Who copies a receipt, or anchors it twice, changes nothing: not even with another proof for it.
    function test_the_same_receipt_twice_is_no_duplicate() public {
        ReceiptHeader memory h = twin(0, 1);
        IDuplicates.Placed memory copy = single(h);
        IDuplicates.Placed memory own = singleBy(challenger, h);
        bytes memory same = abi.encodeWithSelector(IDuplicates.SameReceipt.selector, anchor.digestOf(h));
        refused(own, copy, same);
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = anchor.leafOf(h, keccak256("another proof"));
        IDuplicates.Placed memory reproven = batched(leaves, 0, h);
        vm.expectRevert(same);
        anchor.challengeDuplicate(reproven, keccak256("another proof"), copy, PROOF);
        vm.warp(START + 1);
        vm.prank(demander);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        vm.warp(START + 2);
        IDuplicates.Placed memory again = single2(h);
        vm.expectRevert(same);
        anchor.challengeRecorded(again, keccak256(PROOF), h);
    }

    /// @dev A nullifier is public once its receipt is. Whoever copies it into a leaf of its own, in front of the honest
    ///      leaf, has no proof for that header.
    function test_a_copied_nullifier_voids_nothing() public {
        generated.tell(TestVerifier.Answer.Statement, 0);
        ReceiptHeader memory honest = twin(0, 1);
        ReceiptHeader memory forged = twin(0, 2);
        bytes memory proof = statement(honest);
        IDuplicates.Placed memory front = singleWith(challenger, forged, proof);
        IDuplicates.Placed memory victim = singleWith(relayer, honest, proof);
        vm.expectRevert(
            abi.encodeWithSelector(IDuplicates.EarlierUnproven.selector, idOf(front.batch), 0, anchor.digestOf(forged))
        );
        anchor.challengeDuplicate(victim, keccak256(proof), front, proof);
        // Anything else in the proof's place is not the leaf.
        bytes memory own = statement(forged);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBatches.NotIncluded.selector, idOf(front.batch), 0, anchor.leafOf(forged, keccak256(own))
            )
        );
        anchor.challengeDuplicate(victim, keccak256(proof), front, own);
        assertPlace(victim, LeafStatus.Pending);
        // With a proof, which takes the operator's secret, it does.
        ReceiptHeader memory third = twin(0, 3);
        vm.warp(START + 1);
        IDuplicates.Placed memory later = singleWith(relayer, third, statement(third));
        anchor.challengeDuplicate(later, keccak256(statement(third)), victim, proof);
        assertPlace(later, LeafStatus.Void);
    }

    function test_an_earlier_leaf_that_no_node_accepts_voids_nothing() public {
        ReceiptHeader memory odd = twin(0, 1);
        odd.schema = 2;
        IDuplicates.Placed memory first = single(odd);
        IDuplicates.Placed memory second = single(twin(0, 2));
        refused(second, first, abi.encodeWithSelector(ReceiptHeaderLib.UnknownSchema.selector, 2, 1));
        odd = twin(0, 3);
        odd.verifierKey = VerifierKey.wrap("nobody's circuit");
        first = single(odd);
        IDuplicates.Placed memory third = single(twin(0, 4));
        refused(
            third,
            first,
            abi.encodeWithSelector(IDuplicates.EarlierUnproven.selector, idOf(first.batch), 0, anchor.digestOf(odd))
        );
    }

    /// @dev Who may add verifiers can add one that accepts anything: what it accepts voids no leaf under another key.
    function test_another_verifier_key_voids_nothing() public {
        VerifierKey lax = VerifierKey.wrap("lax");
        router.add(new TestWrapper(address(generated), lax, true));
        ReceiptHeader memory h = twin(0, 1);
        h.verifierKey = lax;
        IDuplicates.Placed memory first = single(h);
        vm.warp(START + 1);
        vm.prank(demander);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        vm.warp(START + 2);
        IDuplicates.Placed memory second = single(twin(0, 2));
        bytes memory reason = abi.encodeWithSelector(IDuplicates.OtherVerifierKey.selector, KEY, lax);
        refused(second, first, reason);
        vm.expectRevert(reason);
        anchor.challengeRecorded(second, keccak256(PROOF), h);
    }

    function test_other_nullifiers_have_nothing_to_do_with_each_other() public {
        IDuplicates.Placed memory first = single(header(0));
        IDuplicates.Placed memory second = single(header(1));
        refused(second, first, abi.encodeWithSelector(IDuplicates.OtherNullifier.selector, 1001, 1000));
    }

    function test_both_leaves_are_where_they_are_said_to_be() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        bytes32 id = idOf(second.batch);
        bytes32 forged = anchor.leafOf(second.header, keccak256("x"));
        vm.expectRevert(abi.encodeWithSelector(IBatches.NotIncluded.selector, id, 0, forged));
        anchor.challengeDuplicate(second, keccak256("x"), first, PROOF);
        second.index = 1;
        refused(second, first, abi.encodeWithSelector(IBatches.NotIncluded.selector, id, 1, leafFor(second.header)));
        second.index = 0;
        first.path = new bytes32[](1);
        refused(
            second,
            first,
            abi.encodeWithSelector(IBatches.NotIncluded.selector, idOf(first.batch), 0, leafFor(first.header))
        );
        first.path = new bytes32[](0);
        IDuplicates.Placed memory elsewhere = placedAlone(refOf(challenger, leavesOf(1)), header(0));
        bytes memory unknown = abi.encodeWithSelector(IBatches.BatchUnknown.selector, idOf(elsewhere.batch));
        refused(elsewhere, first, unknown);
        refused(second, elsewhere, unknown);
        duplicate(second, first);
    }

    /// @dev A leaf voids others for as long as it stands, and is void once.
    function test_only_leaves_that_stand_count() public {
        IDuplicates.Placed memory a = single(twin(0, 1));
        IDuplicates.Placed memory b = single(twin(0, 2));
        IDuplicates.Placed memory c = single(twin(0, 3));
        duplicate(b, a);
        bytes memory void = abi.encodeWithSelector(IChallenges.LeafAlreadyVoid.selector, idOf(b.batch), 0);
        refused(b, a, void);
        refused(c, b, void);
        duplicate(c, a);
        assertPlace(a, LeafStatus.Pending);
    }

    function test_a_fallen_batch_voids_nothing() public {
        IDuplicates.Placed memory a = single(twin(0, 1));
        IDuplicates.Placed memory b = single(twin(0, 2));
        demand(a.batch, 0);
        vm.warp(START + REVEAL + 1);
        anchor.closeDemand(a.batch, 0);
        bytes memory fallen = abi.encodeWithSelector(IBatches.BatchHasFallen.selector, idOf(a.batch));
        refused(b, a, fallen);
        refused(a, b, fallen);
        assertPlace(b, LeafStatus.Pending);
    }

    function test_a_record_of_an_earlier_second_voids_a_leaf() public {
        ReceiptHeader memory h = twin(0, 1);
        vm.warp(START + 10);
        vm.prank(demander);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        IDuplicates.Placed memory same = single(twin(0, 2));
        vm.warp(START + 11);
        IDuplicates.Placed memory next = single(twin(0, 3));
        vm.warp(START + 9);
        // As if it had been anchored a second before the record.
        IDuplicates.Placed memory before = single(twin(0, 4));
        vm.warp(START + 12);
        vm.expectRevert(tooLate(h, START + 10, START + 10));
        anchor.challengeRecorded(same, keccak256(PROOF), h);
        vm.expectRevert(tooLate(h, START + 10, START + 9));
        anchor.challengeRecorded(before, keccak256(PROOF), h);
        vm.expectEmit(address(anchor));
        emit IDuplicates.DuplicateVoided(
            idOf(next.batch), 0, Nullifier.wrap(1000), anchor.digestOf(next.header), anchor.digestOf(h)
        );
        anchor.challengeRecorded(next, keccak256(PROOF), h);
        assertPlace(next, LeafStatus.Void);
        assertPlace(same, LeafStatus.Pending);
        assertPlace(before, LeafStatus.Pending);
        vm.assertTrue(anchor.isRecorded(h), "the record is as it was");
        vm.assertEq(locked(relayer), 3 * SLICE, "nobody is slashed");
    }

    function test_only_what_is_recorded_voids() public {
        ReceiptHeader memory h = twin(0, 1);
        vm.prank(demander);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        vm.warp(START + 1);
        IDuplicates.Placed memory later = single(twin(0, 2));
        ReceiptHeader memory other = twin(0, 3);
        vm.expectRevert(abi.encodeWithSelector(IDuplicates.ReceiptNotRecorded.selector, anchor.digestOf(other)));
        anchor.challengeRecorded(later, keccak256(PROOF), other);
        other = header(1);
        vm.expectRevert(abi.encodeWithSelector(IDuplicates.ReceiptNotRecorded.selector, anchor.digestOf(other)));
        anchor.challengeRecorded(later, keccak256(PROOF), other);
        IDuplicates.Placed memory unrelated = single(header(2));
        vm.expectRevert(abi.encodeWithSelector(IDuplicates.OtherNullifier.selector, 1002, 1000));
        anchor.challengeRecorded(unrelated, keccak256(PROOF), h);
        vm.warp(START + 1 + WINDOW);
        vm.expectRevert(
            abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, idOf(later.batch), START + 1 + WINDOW)
        );
        anchor.challengeRecorded(later, keccak256(PROOF), h);
        vm.warp(START + WINDOW);
        anchor.challengeRecorded(later, keccak256(PROOF), h);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafAlreadyVoid.selector, idOf(later.batch), 0));
        anchor.challengeRecorded(later, keccak256(PROOF), h);
    }

    /// @dev A relayer cannot save its slice by having its forged leaf voided as a duplicate first; nor is that leaf final
    ///      again when it is found fraudulent late.
    function test_a_duplicate_can_still_be_proven_fraudulent() public {
        for (uint256 late; late < 2; ++late) {
            vm.warp(START);
            uint256 before = free(challenger);
            IDuplicates.Placed memory first = single(twin(late, 1));
            vm.warp(START + 1);
            IDuplicates.Placed memory forged = single(twin(late, 2));
            bytes32 id = idOf(forged.batch);
            duplicate(forged, first);
            if (late == 1) vm.warp(START + 1 + WINDOW + LATE);
            commit(challenger, id, 0);
            invalid();
            vm.expectEmit(address(anchor));
            emit IChallenges.LeafVoided(id, 0, leafFor(forged.header));
            vm.prank(challenger);
            anchor.challengeLeaf(forged.batch, 0, forged.path, forged.header, PROOF, SALT);
            valid();
            vm.assertEq(free(challenger) - before, SLICE / 2, "rewarded");
            vm.assertEq(anchor.sliceOf(id), 0, "slashed");
            vm.assertEq(anchor.batchOf(id).voided, 1, "counted once");
            assertPlace(forged, LeafStatus.Void);
            commit(challenger, id, 0);
            vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafAlreadyVoid.selector, id, 0));
            vm.prank(challenger);
            anchor.challengeLeaf(forged.batch, 0, forged.path, forged.header, PROOF, SALT);
            vm.warp(START + 2 * WINDOW + LATE);
            assertPlace(forged, LeafStatus.Void);
        }
    }

    function test_a_duplicate_that_is_in_order_otherwise_is_no_fraud() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        duplicate(second, first);
        bytes32 id = idOf(second.batch);
        commit(challenger, id, 0);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.LeafValid.selector, id, 0, anchor.digestOf(second.header)));
        vm.prank(challenger);
        anchor.challengeLeaf(second.batch, 0, second.path, second.header, PROOF, SALT);
        vm.assertEq(locked(relayer), 2 * SLICE, "not slashed");
    }

    /// @dev Lack of gas reads as "unproven" or ends in a revert, and never voids; a proof that is invalid never does either.
    function test_a_gas_limit_is_never_a_verdict() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        bytes memory call = abi.encodeCall(anchor.challengeDuplicate, (second, keccak256(PROOF), first, PROOF));
        invalid();
        for (uint256 gas_ = 50_000; gas_ < 1_500_000; gas_ += 40_009) {
            (bool voided,) = address(anchor).call{gas: gas_}(call);
            vm.assertFalse(voided, "void by an unproven leaf");
        }
        generated.tell(TestVerifier.Answer.Heavy, 0);
        bool ok;
        for (uint256 gas_ = 50_000; gas_ < 1_500_000 && !ok; gas_ += 10_007) {
            (ok,) = address(anchor).call{gas: gas_}(call);
            assertPlace(second, ok ? LeafStatus.Void : LeafStatus.Pending);
        }
        vm.assertTrue(ok, "with enough gas there is a verdict");
    }

    /// @dev Removing the key or stopping neither saves a duplicate nor makes one.
    function test_the_wrapper_judges_after_removal_and_stop() public {
        IDuplicates.Placed memory first = single(twin(0, 1));
        IDuplicates.Placed memory second = single(twin(0, 2));
        IDuplicates.Placed memory third = single(twin(0, 3));
        router.remove(KEY);
        duplicate(second, first);
        router.stop();
        duplicate(third, first);
        vm.warp(START + 100 * WINDOW);
        assertPlace(first, LeafStatus.Pending);
        assertPlace(third, LeafStatus.Void);
    }

    /// @dev Six leaves in three batches, with two nullifiers, three receipts of each, and seconds between or not; everybody
    ///      tries every pair in some order. Each call succeeds iff it should; in the end one receipt of each nullifier stands,
    ///      it is the first, and what is final is never touched.
    function test_fuzz_one_receipt_of_a_nullifier_stands(uint256 dice, uint256 order) public {
        IDuplicates.Placed[] memory all = new IDuplicates.Placed[](6);
        for (uint256 b; b < 3; ++b) {
            ReceiptHeader[2] memory pair = [drawn(dice, 2 * b), drawn(dice, 2 * b + 1)];
            bytes32[] memory leaves = new bytes32[](3);
            (leaves[0], leaves[1], leaves[2]) = (leafFor(pair[0]), leafFor(pair[1]), bytes32(b));
            all[2 * b] = batched(leaves, 0, pair[0]);
            all[2 * b + 1] = placed(all[2 * b].batch, leaves, 1, pair[1]);
            vm.warp(block.timestamp + (dice >> (32 + b)) % 2);
        }
        bool[6] memory void;
        for (uint256 i; i < 72; ++i) {
            order = uint256(keccak256(abi.encode(order)));
            uint256 pick = i < 36 ? order % 36 : i - 36;
            (uint256 later, uint256 earlier) = (pick / 6, pick % 6);
            bool possible = earlier < later && !void[later] && !void[earlier] && clash(all[later], all[earlier]);
            (bool ok,) = address(anchor)
                .call(abi.encodeCall(anchor.challengeDuplicate, (all[later], keccak256(PROOF), all[earlier], PROOF)));
            vm.assertTrue(ok == possible, "voided against the rules, or could not");
            if (ok) void[later] = true;
        }
        for (uint256 later; later < 6; ++later) {
            assertPlace(all[later], void[later] ? LeafStatus.Void : LeafStatus.Pending);
            bool first = true;
            for (uint256 earlier; earlier < later; ++earlier) {
                bool same =
                    Nullifier.unwrap(all[later].header.nullifier) == Nullifier.unwrap(all[earlier].header.nullifier);
                if (same) first = false;
                bool both = !void[later] && !void[earlier] && clash(all[later], all[earlier]);
                vm.assertFalse(both, "two receipts of one nullifier stand");
            }
            if (first) vm.assertFalse(void[later], "the first of a nullifier stands");
        }
    }

    function drawn(uint256 dice, uint256 i) private view returns (ReceiptHeader memory) {
        uint256 d = dice >> (4 * i);
        return twin(d % 2, (d / 2) % 3);
    }

    function clash(IDuplicates.Placed memory a, IDuplicates.Placed memory b) private view returns (bool) {
        return Nullifier.unwrap(a.header.nullifier) == Nullifier.unwrap(b.header.nullifier)
            && leafFor(a.header) != leafFor(b.header);
    }

    function tooLate(ReceiptHeader memory h, uint256 recordedAt, uint256 anchoredAt)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IDuplicates.RecordedTooLate.selector, anchor.digestOf(h), uint64(recordedAt), uint64(anchoredAt)
        );
    }

    function refusedAsNotEarlier(IDuplicates.Placed memory later, IDuplicates.Placed memory earlier) private {
        (bytes32 laterId, bytes32 id) = (idOf(later.batch), idOf(earlier.batch));
        uint64 anchoredAt = anchor.batchOf(id).anchoredAt;
        refused(
            later,
            earlier,
            abi.encodeWithSelector(IDuplicates.NotEarlier.selector, id, earlier.index, anchoredAt, laterId, later.index)
        );
    }

    /// @dev Another batch of one leaf by somebody else, as the relayer's own exists.
    function single2(ReceiptHeader memory h) private returns (IDuplicates.Placed memory) {
        return singleBy(demander, h);
    }
}
