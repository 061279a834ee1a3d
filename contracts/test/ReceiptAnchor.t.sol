// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../src/interfaces/IBatches.sol";
import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IReceiptAnchor} from "../src/interfaces/IReceiptAnchor.sol";
import {IVerifierRouter} from "../src/interfaces/IVerifierRouter.sol";
import {BlockHashes} from "../src/lib/BlockHashes.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {ReceiptHeaderLib} from "../src/lib/ReceiptHeaderLib.sol";
import {Nullifier, OperatorId, PublisherId, ReceiptDigest, VerifierKey} from "../src/types/Ids.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {Blocks} from "./base/Blocks.sol";
import {World} from "./base/World.sol";
import {TestVerifier, TestWrapper} from "./doubles/TestVerifier.sol";

/// @dev One receipt is judged completely, from its header; every single check can refuse it, by name.
contract ReceiptAnchorTest is World {
    bytes private constant PROOF = "a launch proof";

    function setUp() public override {
        super.setUp();
        accept(goodHeader());
    }

    /// @dev The verifier accepts exactly this header's instances with PROOF.
    function accept(ReceiptHeader memory h) private {
        uint256[10] memory instances = anchor.instancesOf(h);
        generated.tell(TestVerifier.Answer.OnlyExpected, keccak256(abi.encodePacked(instances, PROOF)));
    }

    function refused(ReceiptHeader memory h, bytes memory reason) private {
        vm.expectRevert(reason);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    function test_a_good_receipt_is_recorded() public {
        ReceiptHeader memory h = goodHeader();
        ReceiptDigest digest = anchor.digestOf(h);
        vm.assertTrue(anchor.isProofValid(h, PROOF), "proof valid");
        anchor.requireAdmitted(h, publisher, notBefore);
        vm.assertFalse(anchor.isRecorded(h), "not yet");
        vm.expectEmit(address(anchor));
        emit IReceiptAnchor.ReceiptVerified(
            h.nullifier, h.payee, h.requestId, digest, publisher, h.capsuleTag, h.operatorTag, address(0x5e), KEY
        );
        vm.prank(address(0x5e));
        anchor.verifyNow(h, PROOF, publisher, notBefore);
        IReceiptAnchor.Record memory record = anchor.recordOf(h.verifierKey, h.nullifier);
        vm.assertEq(ReceiptDigest.unwrap(record.digest), ReceiptDigest.unwrap(digest), "digest");
        vm.assertEq(record.payee, h.payee, "payee is the one proven");
        vm.assertEq(record.submitter, address(0x5e), "submitter");
        vm.assertEq(record.recordedAt, START, "when");
        vm.assertEq(record.launchedAt, START - 50, "launch");
        vm.assertEq(PublisherId.unwrap(record.publisher), PublisherId.unwrap(publisher), "whose catalog");
        vm.assertTrue(anchor.isRecorded(h), "recorded");
        h.payee = address(0xbad);
        vm.assertFalse(anchor.isRecorded(h), "another payee is another receipt");
    }

    function test_digest_is_eip712_written_out() public view {
        ReceiptHeader memory h = goodHeader();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("NONOS Receipt"),
                keccak256("1"),
                31337,
                address(anchor)
            )
        );
        bytes memory half = abi.encode(
            ReceiptHeaderLib.TYPEHASH,
            h.schema,
            h.verifierKey,
            h.flags,
            h.capsuleTag,
            h.catalogRoot,
            h.operatorTag,
            h.operatorRoot,
            h.installRoot,
            h.stateTag,
            h.nullifier
        );
        bytes memory rest = abi.encode(
            h.executionKey,
            h.onionNetwork,
            h.onionKey,
            h.launchedAt,
            h.notBeforeBlock,
            h.notBeforeHash,
            h.requestId,
            h.payee,
            h.inputHash,
            h.outputHash,
            h.disclosures
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, keccak256(bytes.concat(half, rest))));
        vm.assertEq(ReceiptDigest.unwrap(anchor.digestOf(h)), digest, "digest");
        uint256[10] memory x = anchor.instancesOf(h);
        vm.assertEq(x[0], uint256(digest) % FIELD_MODULUS, "binding");
        uint256[9] memory rest_ = [
            h.catalogRoot,
            h.capsuleTag,
            h.operatorRoot,
            h.operatorTag,
            h.installRoot,
            h.stateTag,
            (START - 50) / 3600,
            Nullifier.unwrap(h.nullifier),
            h.flags
        ];
        for (uint256 i; i < 9; ++i) {
            vm.assertEq(x[i + 1], rest_[i], "instance");
        }
    }

    function test_a_nullifier_counts_once() public {
        ReceiptHeader memory h = goodHeader();
        ReceiptDigest digest = anchor.verifyNow(h, PROOF, publisher, notBefore);
        bytes memory reason =
            abi.encodeWithSelector(IReceiptAnchor.NullifierUsed.selector, KEY, h.nullifier, digest, uint64(START));
        refused(h, reason);
        h.payee = address(0xbad);
        accept(h);
        refused(h, reason);
    }

    /// @dev Once under each key: what one verifier accepts says nothing about what another one will.
    function test_a_nullifier_counts_once_under_each_key() public {
        VerifierKey second = VerifierKey.wrap("second circuit");
        router.add(new TestWrapper(address(generated), second, true));
        ReceiptHeader memory h = goodHeader();
        ReceiptDigest digest = anchor.verifyNow(h, PROOF, publisher, notBefore);
        h.verifierKey = second;
        vm.assertFalse(anchor.isRecorded(h), "not under this key");
        vm.assertEq(anchor.recordOf(second, h.nullifier).recordedAt, 0, "no record");
        accept(h);
        ReceiptDigest other = anchor.verifyNow(h, PROOF, publisher, notBefore);
        refused(
            h, abi.encodeWithSelector(IReceiptAnchor.NullifierUsed.selector, second, h.nullifier, other, uint64(START))
        );
        bytes32 first = ReceiptDigest.unwrap(anchor.recordOf(KEY, h.nullifier).digest);
        vm.assertEq(first, ReceiptDigest.unwrap(digest), "the first is as it was");
        vm.assertEq(
            ReceiptDigest.unwrap(anchor.recordOf(second, h.nullifier).digest), ReceiptDigest.unwrap(other), "the second"
        );
    }

    /// @dev Every signed member is bound: with any of them changed the proof is for another header.
    function test_every_changed_member_is_refused() public {
        for (uint256 member; member < 21; ++member) {
            bytes memory encoded = abi.encode(goodHeader());
            // The last byte of word `member`.
            encoded[32 * member + 31] = bytes1(uint8(encoded[32 * member + 31]) ^ 1);
            ReceiptHeader memory changed = abi.decode(encoded, (ReceiptHeader));
            try anchor.verifyNow(changed, PROOF, publisher, notBefore) {
                vm.assertTrue(false, "accepted a changed header");
            } catch {}
            vm.assertFalse(
                ReceiptDigest.unwrap(anchor.digestOf(changed)) == ReceiptDigest.unwrap(anchor.digestOf(goodHeader())),
                "digest covers the member"
            );
        }
    }

    function test_a_false_proof_is_refused() public {
        ReceiptHeader memory h = goodHeader();
        h.payee = address(0xbad);
        refused(h, abi.encodeWithSelector(IReceiptAnchor.ProofInvalid.selector, anchor.digestOf(h), KEY));
        vm.assertFalse(anchor.isProofValid(h, PROOF), "verdict");
    }

    function test_schema_flags_and_onion_must_be_known() public {
        ReceiptHeader memory h = goodHeader();
        h.schema = 2;
        refused(h, abi.encodeWithSelector(ReceiptHeaderLib.UnknownSchema.selector, 2, 1));
        h = goodHeader();
        h.flags = 4;
        refused(h, abi.encodeWithSelector(ReceiptHeaderLib.UnknownFlags.selector, 4, 3));
        h = goodHeader();
        h.onionNetwork = 4;
        refused(h, abi.encodeWithSelector(ReceiptHeaderLib.UnknownOnionNetwork.selector, 4, 3));
        h.onionNetwork = 1;
        refused(h, abi.encodeWithSelector(ReceiptHeaderLib.OnionKeyMismatch.selector, 1, bytes32(0)));
        h.onionNetwork = 0;
        h.onionKey = "key";
        refused(h, abi.encodeWithSelector(ReceiptHeaderLib.OnionKeyMismatch.selector, 0, bytes32("key")));
    }

    /// @dev x and x + r are the same to the circuit, so only the smaller may be written.
    function test_field_elements_must_be_canonical() public {
        ReceiptHeader memory h = goodHeader();
        h.nullifier = Nullifier.wrap(14 + FIELD_MODULUS);
        refused(h, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("nullifier"), 14 + FIELD_MODULUS));
        h = goodHeader();
        h.capsuleTag += FIELD_MODULUS;
        refused(h, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("capsuleTag"), h.capsuleTag));
        h = goodHeader();
        h.operatorTag += FIELD_MODULUS;
        refused(h, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("operatorTag"), h.operatorTag));
        h = goodHeader();
        h.stateTag += FIELD_MODULUS;
        refused(h, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("stateTag"), h.stateTag));
    }

    function test_the_verifier_comes_from_the_router() public {
        ReceiptHeader memory h = goodHeader();
        h.verifierKey = VerifierKey.wrap("other");
        refused(h, abi.encodeWithSelector(IVerifierRouter.KeyUnset.selector, h.verifierKey));
        h = goodHeader();
        router.remove(KEY);
        refused(h, abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, KEY));
        router.stop();
        refused(h, abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
    }

    function test_unknown_roots_are_refused() public {
        ReceiptHeader memory h = goodHeader();
        h.operatorRoot = 5;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("operators"), 5));
        h.operatorRoot = 0;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("operators"), 0));
        h = goodHeader();
        h.installRoot = 5;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("installs"), 5));
        h = goodHeader();
        h.catalogRoot = 5;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("catalog"), 5));
        h = goodHeader();
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("catalog"), h.catalogRoot));
        anchor.verifyNow(h, PROOF, PublisherId.wrap("nobody"), notBefore);
        // A root of one tree is none of another.
        h.installRoot = h.operatorRoot;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("installs"), h.installRoot));
    }

    /// @dev Any number of enrolments does not flush a root: only time does, and the last second still counts.
    function test_superseded_roots_stay_valid_for_their_time() public {
        ReceiptHeader memory h = goodHeader();
        for (uint256 i = 1; i < 6; ++i) {
            enrol(OperatorId.wrap(bytes32(i)), 5000 + i, 1);
            install(6000 + i);
            publishOne(10 + i);
        }
        uint64 last = START + MAX_AGE + MARGIN;
        vm.warp(last);
        h.launchedAt = START + MARGIN;
        accept(h);
        anchor.requireAdmitted(h, publisher, notBefore);
        vm.warp(last + 1);
        h.launchedAt = START + MARGIN + 1;
        refused(
            h,
            abi.encodeWithSelector(IReceiptAnchor.RootStale.selector, bytes32("operators"), h.operatorRoot, START, last)
        );
        h.operatorRoot = operators.root();
        refused(
            h,
            abi.encodeWithSelector(IReceiptAnchor.RootStale.selector, bytes32("installs"), h.installRoot, START, last)
        );
        h.installRoot = capsules.installRoot();
        refused(
            h, abi.encodeWithSelector(IReceiptAnchor.RootStale.selector, bytes32("catalog"), h.catalogRoot, START, last)
        );
        h.catalogRoot = capsules.catalogRoot(publisher);
        accept(h);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    /// @dev A superseded root serves launches of its time only: an operator that was removed, or a capsule that was
    ///      revoked, cannot go on under the old root for the rest of its validity.
    function test_a_launch_after_the_root_was_superseded_is_refused() public {
        ReceiptHeader memory h = goodHeader();
        enrol(OperatorId.wrap("new"), 5000, 1);
        install(6000);
        publishOne(10);
        vm.warp(START + 2 * MARGIN);
        uint64 late = START + MARGIN + 1;
        h.launchedAt = late;
        refused(
            h,
            abi.encodeWithSelector(
                IReceiptAnchor.LaunchedAfterRoot.selector, bytes32("operators"), h.operatorRoot, late, START
            )
        );
        h.operatorRoot = operators.root();
        refused(
            h,
            abi.encodeWithSelector(
                IReceiptAnchor.LaunchedAfterRoot.selector, bytes32("installs"), h.installRoot, late, START
            )
        );
        h.installRoot = capsules.installRoot();
        refused(
            h,
            abi.encodeWithSelector(
                IReceiptAnchor.LaunchedAfterRoot.selector, bytes32("catalog"), h.catalogRoot, late, START
            )
        );
        h.launchedAt = late - 1;
        accept(h);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    /// @dev Nor can a launch be dated to a time when the operator was not enrolled yet.
    function test_a_launch_before_the_root_existed_is_refused() public {
        vm.warp(START + MARGIN + 10);
        enrol(OperatorId.wrap("new"), 5000, 1);
        ReceiptHeader memory h = goodHeader();
        h.launchedAt = START + 9;
        refused(
            h,
            abi.encodeWithSelector(
                IReceiptAnchor.LaunchedBeforeRoot.selector,
                bytes32("operators"),
                h.operatorRoot,
                START + 9,
                START + MARGIN + 10
            )
        );
        h.launchedAt = START + 10;
        accept(h);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    /// @dev The publisher follows from the root: a copycat with the same capsules cannot pass for it.
    function test_a_copycat_cannot_stand_as_the_publisher() public {
        ReceiptHeader memory h = goodHeader();
        ICapsuleRegistry.CapsuleEntry[] memory copied = new ICapsuleRegistry.CapsuleEntry[](1);
        copied[0] = entry(1);
        vm.startPrank(address(0xbad));
        PublisherId copy = capsules.registerPublisher("publisher key", PUBLISHER_LEAF, "");
        capsules.publish(copy, copied);
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("catalog"), h.catalogRoot));
        anchor.verifyNow(h, PROOF, copy, notBefore);
        vm.stopPrank();
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    function test_launch_time_lies_between_checkpoint_and_now() public {
        ReceiptHeader memory h = goodHeader();
        h.launchedAt = START + 1;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.LaunchedInFuture.selector, START + 1, START));
        h.launchedAt = START - 101;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.LaunchedBeforeCheckpoint.selector, START - 101, START - 100));
        h.launchedAt = START - MAX_AGE - 1;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.ReceiptTooOld.selector, h.launchedAt, START - MAX_AGE));
        for (uint64 time = START - 100; time <= START; time += 100) {
            h.launchedAt = time;
            h.nullifier = Nullifier.wrap(time);
            accept(h);
            anchor.verifyNow(h, PROOF, publisher, notBefore);
        }
    }

    function test_not_before_must_be_a_block_of_this_chain() public {
        ReceiptHeader memory h = goodHeader();
        h.notBeforeBlock = 10_000;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.NotBeforeUnknown.selector, 10_000, 10_000));
        h.notBeforeBlock = 10_000 - 8192;
        refused(h, abi.encodeWithSelector(IReceiptAnchor.NotBeforeUnknown.selector, 10_000 - 8192, 10_000));
        h = goodHeader();
        h.notBeforeHash = "fork";
        refused(
            h,
            abi.encodeWithSelector(
                IReceiptAnchor.NotBeforeMismatch.selector, 9_990, bytes32("fork"), keccak256(notBefore)
            )
        );
        bytes memory lie = Blocks.header(9_990, START - 5000);
        h = goodHeader();
        vm.expectRevert(
            abi.encodeWithSelector(IReceiptAnchor.WrongBlockHeader.selector, keccak256(lie), keccak256(notBefore))
        );
        anchor.verifyNow(h, PROOF, publisher, lie);
        bytes memory none = "not a header";
        vm.setBlockhash(9_991, keccak256(none));
        h = goodHeader();
        (h.notBeforeBlock, h.notBeforeHash) = (9_991, keccak256(none));
        vm.expectRevert(abi.encodeWithSelector(BlockHashes.MalformedBlockHeader.selector, none.length));
        anchor.verifyNow(h, PROOF, publisher, none);
    }

    function test_old_blocks_are_known_through_the_history_contract() public {
        ReceiptHeader memory h = goodHeader();
        h.notBeforeBlock = 10_000 - 8191;
        bytes memory old = Blocks.header(h.notBeforeBlock, START - 1000);
        Blocks.remember(vm, h.notBeforeBlock, keccak256(old));
        h.notBeforeHash = keccak256(old);
        accept(h);
        anchor.verifyNow(h, PROOF, publisher, old);
    }

    /// @dev The same header on another chain, or under another anchor, is another receipt.
    function test_receipts_do_not_cross_chains_or_anchors() public {
        ReceiptHeader memory h = goodHeader();
        IReceiptAnchor second = newAnchor(times(), stakes());
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.ProofInvalid.selector, second.digestOf(h), KEY));
        second.verifyNow(h, PROOF, publisher, notBefore);
        vm.chainId(1337);
        refused(h, abi.encodeWithSelector(IReceiptAnchor.ProofInvalid.selector, anchor.digestOf(h), KEY));
    }

    function barred(bytes32 name, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.BadParameter.selector, name, value));
    }

    function test_times_are_bounded_by_the_unbonding_delay() public {
        IReceiptAnchor.Times memory t = times();
        t.challengeWindow = UNBONDING - MAX_AGE - MARGIN - 2 * REVEAL;
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.UnbondingTooShort.selector, UNBONDING, UNBONDING));
        newAnchor(t, stakes());
        t.challengeWindow -= 1;
        IReceiptAnchor tight = newAnchor(t, stakes());
        vm.assertEq(tight.rootValidity(), MAX_AGE + MARGIN, "W");
        vm.assertEq(tight.times().challengeWindow, t.challengeWindow, "window");
    }

    function test_parameters_out_of_bounds_are_named() public {
        uint64 huge = type(uint64).max;
        IReceiptAnchor.Times memory t = times();
        (t.maxReceiptAge, t.inclusionMargin) = (0, MARGIN);
        barred("maxReceiptAge", 0);
        newAnchor(t, stakes());
        (t.maxReceiptAge, t.inclusionMargin) = (MAX_AGE, huge);
        barred("inclusionMargin", huge);
        newAnchor(t, stakes());
        (t.inclusionMargin, t.challengeWindow) = (MARGIN, huge);
        barred("challengeWindow", huge);
        newAnchor(t, stakes());
        (t.challengeWindow, t.lateSlash) = (WINDOW, 0);
        barred("lateSlash", 0);
        newAnchor(t, stakes());
        t.lateSlash = LATE;
        uint64[3] memory periods = [uint64(0), WINDOW / 8 + 1, huge];
        for (uint256 i; i < periods.length; ++i) {
            t.revealPeriod = periods[i];
            barred("revealPeriod", periods[i]);
            newAnchor(t, stakes());
        }
        t.revealPeriod = WINDOW / 8;
        newAnchor(t, stakes());
        barred("slice", 0);
        newAnchor(t, IBatches.Stakes(0, FEE_FLOOR));
        barred("baseFeeFloor", 0);
        newAnchor(t, IBatches.Stakes(SLICE, 0));
        barred("baseFeeFloor", 1e13 + 1);
        newAnchor(t, IBatches.Stakes(SLICE, 1e13 + 1));
    }

    /// @dev Minutes are for development chains: elsewhere an answer to a demand takes at least an hour.
    function test_short_periods_are_for_development_chains() public {
        IReceiptAnchor.Times memory t = times();
        (t.challengeWindow, t.revealPeriod, t.lateSlash) = (8, 1, 1);
        newAnchor(t, stakes());
        vm.chainId(1);
        barred("revealPeriod", 1);
        newAnchor(t, stakes());
        (t.challengeWindow, t.revealPeriod) = (8 hours, 1 hours);
        newAnchor(t, stakes());
    }

    /// @dev Words with bits outside their type are refused by the decoder, so a header has one encoding.
    function test_dirty_words_are_refused() public {
        bytes memory call = abi.encodeCall(anchor.verifyNow, (goodHeader(), PROOF, publisher, notBefore));
        uint256[5] memory narrow = [uint256(0), 2, 11, 13, 17];
        for (uint256 i; i < narrow.length; ++i) {
            bytes memory dirty = bytes.concat(call);
            dirty[4 + 32 * narrow[i]] = 0x80;
            (bool ok,) = address(anchor).call(dirty);
            vm.assertFalse(ok, "dirty word accepted");
        }
        (bool clean,) = address(anchor).call(call);
        vm.assertTrue(clean, "the clean one passes");
    }
}
