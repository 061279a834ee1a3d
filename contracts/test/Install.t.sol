// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {InstallLeaf} from "../src/types/Ids.sol";
import {InstallModel} from "./base/InstallModel.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {World} from "./base/World.sol";
import {TestVerifier} from "./doubles/TestVerifier.sol";

/// @dev An install is a chain of chunks, each proven for its leaf, place and states, the last alone without more to come. The
///      verifier here takes a proof for exactly the instances it was made for.
contract InstallTest is World {
    uint256 private constant J = 7001;
    uint256 private constant OTHER = 7002;
    address private constant STRANGER = address(0x5);

    function setUp() public override {
        super.setUp();
        installGenerated.tell(TestVerifier.Answer.Statement, 0);
    }

    function send(ICapsuleRegistry.InstallProof memory proof) private returns (uint256 root) {
        return capsules.admitInstalls(InstallModel.list(proof));
    }

    function refused(ICapsuleRegistry.InstallProof memory proof, bytes memory reason) private {
        ICapsuleRegistry.InstallProof[] memory proofs = InstallModel.list(proof);
        vm.expectRevert(reason);
        capsules.admitInstalls(proofs);
    }

    function rejected(uint256 leaf, uint64 position) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICapsuleRegistry.InstallProofRejected.selector, leaf, position);
    }

    function notReached(uint256 leaf, uint64 position, uint256 state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICapsuleRegistry.InstallNotReached.selector, leaf, position, state);
    }

    function used(uint256 leaf) private view returns (bool) {
        return capsules.isInstallUsed(InstallLeaf.wrap(leaf));
    }

    function reached(uint256 leaf, uint64 position) private view returns (bool) {
        return capsules.isInstallReached(InstallLeaf.wrap(leaf), position, InstallModel.state(leaf, position));
    }

    function root(uint256 second) private pure returns (uint256) {
        uint256[] memory leaves = new uint256[](2);
        (leaves[0], leaves[1]) = (3001, second);
        return LeanImtModel.root(leaves);
    }

    function test_a_whole_install_in_one_call() public {
        ICapsuleRegistry.InstallProof[] memory proofs = InstallModel.list(InstallModel.whole(J, 3));
        uint256 expected = root(J);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdmitted(1, InstallLeaf.wrap(J), expected);
        vm.prank(STRANGER);
        vm.assertEq(capsules.admitInstalls(proofs), expected, "root");
        vm.assertEq(capsules.installRoot(), expected, "recorded");
        vm.assertEq(capsules.installSize(), 2, "size");
        vm.assertTrue(used(J), "in the tree");
        vm.assertEq(capsules.installRootInfo(root(J)).insertedAt, START, "current");
        for (uint64 p; p < 5; ++p) {
            vm.assertFalse(reached(J, p), "nothing to go on from");
        }
    }

    function test_an_install_in_three_calls_by_three_accounts() public {
        uint256 before = capsules.installRoot();
        ICapsuleRegistry.InstallProof[] memory proofs = InstallModel.list(InstallModel.part(J, 0, 2, false));
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdvanced(InstallLeaf.wrap(J), 2, InstallModel.state(J, 2));
        vm.assertEq(capsules.admitInstalls(proofs), before, "no leaf, no root");
        vm.assertTrue(reached(J, 2), "reached");
        vm.assertFalse(reached(J, 1), "where the call ended, and nowhere else");
        vm.assertFalse(used(J), "not complete");
        proofs = InstallModel.list(InstallModel.part(J, 2, 1, false));
        vm.prank(STRANGER);
        capsules.admitInstalls(proofs);
        vm.assertTrue(reached(J, 3), "reached");
        vm.assertEq(capsules.installRoot(), before, "still no leaf");
        proofs = InstallModel.list(InstallModel.part(J, 3, 4, true));
        vm.prank(address(0x6));
        vm.assertEq(capsules.admitInstalls(proofs), root(J), "in the tree");
        vm.assertTrue(used(J), "used");
    }

    /// @dev Without an install before, a call without a complete one leaves the empty tree without a root.
    function test_a_part_alone_makes_no_root() public {
        capsules = newCapsules();
        vm.assertEq(send(InstallModel.part(J, 0, 1, false)), 0, "no root");
        vm.assertEq(capsules.installRoot(), 0, "none recorded");
        vm.assertEq(send(InstallModel.part(J, 1, 1, true)), J, "a tree of one leaf is that leaf");
    }

    /// @dev Anybody can send the first chunk again, at any time: that takes nothing back.
    function test_replaying_a_chunk_resets_nothing() public {
        send(InstallModel.part(J, 0, 3, false));
        ICapsuleRegistry.InstallProof[] memory first = InstallModel.list(InstallModel.part(J, 0, 1, false));
        vm.prank(STRANGER);
        capsules.admitInstalls(first);
        vm.assertTrue(reached(J, 3), "still reached");
        send(InstallModel.part(J, 3, 2, false));
        vm.prank(STRANGER);
        capsules.admitInstalls(first);
        send(InstallModel.part(J, 5, 1, true));
        vm.assertTrue(used(J), "complete");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUsed.selector, J));
        capsules.admitInstalls(first);
    }

    /// @dev Who copies a pending part and sends it first has done the prover's work: the prover's own goes through, and so
    ///      does what comes after it.
    function test_sending_somebodys_part_first_helps() public {
        ICapsuleRegistry.InstallProof[] memory pending = InstallModel.list(InstallModel.part(J, 0, 2, false));
        vm.prank(STRANGER);
        capsules.admitInstalls(pending);
        capsules.admitInstalls(pending);
        send(InstallModel.part(J, 2, 1, true));
        vm.assertTrue(used(J), "complete");
    }

    /// @dev Cut elsewhere than the prover cut: its next part still begins where its own last one ended.
    function test_other_cuts_of_the_same_chunks_divert_nothing() public {
        send(InstallModel.part(J, 0, 3, false));
        vm.startPrank(STRANGER);
        send(InstallModel.part(J, 0, 1, false));
        send(InstallModel.part(J, 1, 1, false));
        send(InstallModel.part(J, 3, 1, false));
        vm.stopPrank();
        send(InstallModel.part(J, 3, 2, false));
        send(InstallModel.part(J, 4, 2, true));
        vm.assertTrue(used(J), "complete");
    }

    function test_a_leaf_is_admitted_once_and_before_any_proof_is_looked_at() public {
        send(InstallModel.whole(J, 2));
        installGenerated.tell(TestVerifier.Answer.Zero, 0);
        bytes memory reason = abi.encodeWithSelector(HistoricTree.LeafUsed.selector, J);
        refused(InstallModel.whole(J, 2), reason);
        refused(InstallModel.part(J, 0, 1, false), reason);
        refused(InstallModel.part(J, 1, 1, true), reason);
        ICapsuleRegistry.InstallProof[] memory proofs =
            InstallModel.list(InstallModel.whole(OTHER, 40), InstallModel.whole(J, 1));
        uint256 gasBefore = gasleft();
        try capsules.admitInstalls(proofs) {
            vm.assertTrue(false, "a used leaf was taken");
        } catch (bytes memory data) {
            vm.assertEq(keccak256(data), keccak256(reason), "the second entry's leaf");
        }
        vm.assertLe(gasBefore - gasleft(), 400_000, "none of the 40 proofs of the first entry was verified");
    }

    function test_leaves_that_no_tree_takes() public {
        refused(InstallModel.whole(0, 1), abi.encodeWithSelector(HistoricTree.ZeroLeaf.selector));
        refused(
            InstallModel.whole(FIELD_MODULUS, 1),
            abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS)
        );
        refused(
            InstallModel.part(type(uint256).max, 0, 1, false),
            abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), type(uint256).max)
        );
    }

    /// @dev By name, and not only because the generated verifier rejects them: this one would take them.
    function test_states_are_field_elements() public {
        installGenerated.tell(TestVerifier.Answer.One, 0);
        ICapsuleRegistry.InstallProof memory proof = InstallModel.whole(J, 2);
        proof.stateIn = FIELD_MODULUS;
        refused(proof, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("stateIn"), FIELD_MODULUS));
        for (uint256 i; i < 2; ++i) {
            proof = InstallModel.whole(J, 2);
            proof.chunks[i].stateOut = FIELD_MODULUS + 5;
            refused(proof, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("stateOut"), FIELD_MODULUS + 5));
        }
    }

    function test_nothing_is_not_an_install() public {
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.NoEntries.selector));
        capsules.admitInstalls(new ICapsuleRegistry.InstallProof[](0));
        bytes memory none = abi.encodeWithSelector(ICapsuleRegistry.NoChunks.selector, J);
        refused(InstallModel.part(J, 0, 0, false), none);
        refused(InstallModel.part(J, 0, 0, true), none);
        // Not even where something was reached: it would be in the tree without its last chunk.
        send(InstallModel.part(J, 0, 2, false));
        refused(InstallModel.part(J, 2, 0, true), none);
    }

    function test_a_chunk_of_another_install_is_rejected() public {
        ICapsuleRegistry.InstallProof memory proof = InstallModel.whole(J, 2);
        proof.chunks[1] = InstallModel.chunk(OTHER, 1, false);
        refused(proof, rejected(J, 1));
        proof = InstallModel.whole(OTHER, 2);
        proof.leaf = InstallLeaf.wrap(J);
        refused(proof, rejected(J, 0));
        // Nor does the state in which another install stands serve this one.
        send(InstallModel.part(OTHER, 0, 1, false));
        proof = InstallModel.part(OTHER, 1, 1, true);
        proof.leaf = InstallLeaf.wrap(J);
        refused(proof, notReached(J, 1, InstallModel.state(OTHER, 1)));
        send(InstallModel.part(J, 0, 1, false));
        refused(proof, notReached(J, 1, InstallModel.state(OTHER, 1)));
        proof.stateIn = InstallModel.state(J, 1);
        refused(proof, rejected(J, 1));
    }

    function test_swapped_repeated_and_skipped_chunks_are_rejected() public {
        ICapsuleRegistry.InstallProof memory proof = InstallModel.whole(J, 4);
        (proof.chunks[1], proof.chunks[2]) = (proof.chunks[2], proof.chunks[1]);
        refused(proof, rejected(J, 1));
        proof = InstallModel.whole(J, 4);
        proof.chunks[1] = proof.chunks[0];
        refused(proof, rejected(J, 1));
        proof = InstallModel.whole(J, 3);
        proof.chunks[1] = InstallModel.chunk(J, 2, true);
        proof.chunks[2] = InstallModel.chunk(J, 3, false);
        refused(proof, rejected(J, 1));
        proof.chunks[0] = InstallModel.chunk(J, 1, true);
        refused(proof, rejected(J, 0));
    }

    function test_a_part_begins_where_its_install_was_reached() public {
        refused(InstallModel.part(J, 1, 1, true), notReached(J, 1, InstallModel.state(J, 1)));
        send(InstallModel.part(J, 0, 2, false));
        // One chunk skipped, one gone back to that no call ended at, and the right place in another state.
        refused(InstallModel.part(J, 3, 1, true), notReached(J, 3, InstallModel.state(J, 3)));
        refused(InstallModel.part(J, 1, 2, true), notReached(J, 1, InstallModel.state(J, 1)));
        ICapsuleRegistry.InstallProof memory proof = InstallModel.part(J, 2, 1, true);
        proof.stateIn += 1;
        refused(proof, notReached(J, 2, proof.stateIn));
        // The state of one place at another one.
        proof = InstallModel.part(J, 2, 1, true);
        proof.position = 3;
        refused(proof, notReached(J, 3, InstallModel.state(J, 2)));
        proof.position = 0;
        refused(proof, rejected(J, 0));
        proof.position = type(uint64).max;
        refused(proof, notReached(J, type(uint64).max, InstallModel.state(J, 2)));
    }

    function test_the_last_chunk_is_the_last_and_no_other() public {
        // A last chunk in the middle, and one at the end of a part.
        ICapsuleRegistry.InstallProof memory proof = InstallModel.whole(J, 3);
        proof.chunks[1] = InstallModel.chunk(J, 1, false);
        refused(proof, rejected(J, 1));
        proof = InstallModel.whole(J, 3);
        proof.complete = false;
        refused(proof, rejected(J, 2));
        // A chunk with more to come as the last.
        proof = InstallModel.part(J, 0, 3, false);
        proof.complete = true;
        refused(proof, rejected(J, 2));
    }

    function test_any_changed_instance_is_rejected() public {
        ICapsuleRegistry.InstallProof memory proof = InstallModel.whole(J, 2);
        proof.stateIn += 1;
        refused(proof, rejected(J, 0));
        proof = InstallModel.whole(J, 2);
        proof.chunks[0].stateOut += 1;
        refused(proof, rejected(J, 0));
        proof = InstallModel.whole(J, 2);
        proof.chunks[1].stateOut += 1;
        refused(proof, rejected(J, 1));
        proof = InstallModel.whole(J, 2);
        proof.chunks[1].proof = "";
        refused(proof, rejected(J, 1));
    }

    function test_two_installs_share_a_root() public {
        uint256[] memory leaves = new uint256[](3);
        (leaves[0], leaves[1], leaves[2]) = (3001, J, OTHER);
        uint256 expected = LeanImtModel.root(leaves);
        ICapsuleRegistry.InstallProof[] memory both =
            InstallModel.list(InstallModel.whole(J, 2), InstallModel.whole(OTHER, 1));
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdmitted(1, InstallLeaf.wrap(J), expected);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdmitted(2, InstallLeaf.wrap(OTHER), expected);
        vm.assertEq(capsules.admitInstalls(both), expected, "root");
        vm.assertEq(capsules.installRootInfo(expected).insertedAt, START, "recorded");
        vm.assertEq(capsules.installRootInfo(root(J)).insertedAt, 0, "no root in between is valid");
    }

    /// @dev Complete ones and parts in one call: indices count the complete ones.
    function test_parts_and_whole_installs_mix() public {
        ICapsuleRegistry.InstallProof[] memory mixed = new ICapsuleRegistry.InstallProof[](4);
        mixed[0] = InstallModel.part(J, 0, 2, false);
        mixed[1] = InstallModel.whole(OTHER, 1);
        mixed[2] = InstallModel.part(7003, 0, 1, false);
        // Goes on where the first entry of this call ended.
        mixed[3] = InstallModel.part(J, 2, 1, true);
        uint256[] memory leaves = new uint256[](3);
        (leaves[0], leaves[1], leaves[2]) = (3001, OTHER, J);
        uint256 expected = LeanImtModel.root(leaves);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdvanced(InstallLeaf.wrap(J), 2, InstallModel.state(J, 2));
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdvanced(InstallLeaf.wrap(7003), 1, InstallModel.state(7003, 1));
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdmitted(1, InstallLeaf.wrap(OTHER), expected);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAdmitted(2, InstallLeaf.wrap(J), expected);
        capsules.admitInstalls(mixed);
        vm.assertFalse(used(7003), "a part is no install");
    }

    function test_one_bad_install_refuses_the_call() public {
        uint256 before = capsules.installRoot();
        ICapsuleRegistry.InstallProof[] memory proofs = new ICapsuleRegistry.InstallProof[](3);
        proofs[0] = InstallModel.part(7003, 0, 1, false);
        proofs[1] = InstallModel.whole(J, 2);
        proofs[2] = InstallModel.whole(OTHER, 2);
        proofs[2].chunks[1].proof = "";
        vm.expectRevert(rejected(OTHER, 1));
        capsules.admitInstalls(proofs);
        vm.assertEq(capsules.installRoot(), before, "nothing was admitted");
        vm.assertFalse(reached(7003, 1), "nothing was reached");
        // The same install twice in one call.
        ICapsuleRegistry.InstallProof[] memory twice =
            InstallModel.list(InstallModel.whole(J, 2), InstallModel.whole(J, 2));
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUsed.selector, J));
        capsules.admitInstalls(twice);
        vm.assertFalse(used(J), "nor was it admitted once");
    }

    /// @dev Words have one encoding: what is neither true nor false, or no number of 64 bits, is nothing.
    function test_dirty_words_are_refused() public {
        bytes memory call = abi.encodeCall(capsules.admitInstalls, (InstallModel.list(InstallModel.whole(J, 1))));
        // Selector; list and its length, offset of the entry; leaf, position, state, complete.
        uint256[2] memory places = [uint256(4 + 32 * 4), 4 + 32 * 6];
        for (uint256 i; i < 2; ++i) {
            bytes memory dirty = bytes.concat(call);
            dirty[i == 0 ? places[0] + 23 : places[1] + 31] = bytes1(uint8(2));
            (bool ok, bytes memory reason) = address(capsules).call(dirty);
            vm.assertFalse(ok, "a dirty word was taken");
            vm.assertEq(reason.length, 0, "by the decoder");
        }
        (bool clean,) = address(capsules).call(call);
        vm.assertTrue(clean, "the same, clean");
    }

    /// @dev A part that was proven is worth as much when the root has moved on, and in another block.
    function test_what_was_reached_stays() public {
        send(InstallModel.part(J, 0, 1, false));
        send(InstallModel.whole(OTHER, 1));
        vm.warp(START + 400 days);
        vm.roll(3_000_000);
        send(InstallModel.part(J, 1, 1, true));
        vm.assertTrue(used(J), "complete");
    }

    function test_nothing_crosses_registries() public {
        send(InstallModel.part(J, 0, 1, false));
        capsules = newCapsules();
        refused(InstallModel.part(J, 1, 1, true), notReached(J, 1, InstallModel.state(J, 1)));
    }

    function test_install_tree_is_the_cores() public {
        capsules = newCapsules();
        ICapsuleRegistry.InstallProof[] memory proofs = new ICapsuleRegistry.InstallProof[](11);
        for (uint256 i; i < 11; ++i) {
            proofs[i] = InstallModel.whole(i + 1, 1);
        }
        capsules.admitInstalls(proofs);
        bytes32 pinned = vm.parseJsonBytes32(vm.readFile("core/tests/vectors.json"), ".leanImtRoot11");
        vm.assertEq(bytes32(capsules.installRoot()), pinned, "root of 1..11");
    }

    /// @dev A developer setup gives no verdict on a chain that is none of a developer, so nothing is installed there.
    function test_a_developer_setup_installs_nothing_on_a_real_chain() public {
        vm.chainId(1);
        refused(
            InstallModel.whole(J, 1), abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, INSTALL_KEY)
        );
    }

    /// @dev At any gas limit good proofs are taken or the call fails for gas: they never read as rejected.
    function test_a_gas_limit_is_never_a_rejection() public {
        bytes memory call = abi.encodeCall(capsules.admitInstalls, (InstallModel.list(InstallModel.whole(J, 3))));
        uint256 accepted;
        for (uint256 gas_ = 30_000; gas_ < 3_000_000 && accepted == 0; gas_ += 7_001) {
            (bool ok, bytes memory reason) = address(capsules).call{gas: gas_}(call);
            if (ok) {
                accepted = gas_;
            } else if (reason.length != 0) {
                vm.assertTrue(bytes4(reason) == IVerifierWrapper.InsufficientGas.selector, "named error");
            }
        }
        vm.assertTrue(accepted > installWrapper.verificationGas(), "accepted once there was gas for the verifier");
    }

    /// @dev Any cut of any binary admits its leaf, and every cut but the last leaves exactly its end.
    function test_fuzz_cuts(uint256 leaf, uint8 count, uint256 cuts) public {
        leaf = bound(leaf, 10_000, FIELD_MODULUS - 1);
        uint256 all = bound(count, 1, 12);
        uint64 at;
        for (uint256 bits = cuts; at < all; bits >>= 4) {
            uint256 some = bound(bits & 15, 1, all - at);
            send(InstallModel.part(leaf, at, some, at + some == all));
            at += uint64(some);
            vm.assertTrue(reached(leaf, at) == (at != all), "reached");
            vm.assertTrue(used(leaf) == (at == all), "in the tree when complete");
        }
    }
}
