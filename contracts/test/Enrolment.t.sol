// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {CapsuleRegistry} from "../src/registry/CapsuleRegistry.sol";
import {OperatorRegistry} from "../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, OperatorId, PublisherId} from "../src/types/Ids.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {Statement} from "./base/Statement.sol";
import {World} from "./base/World.sol";
import {TestVerifier} from "./doubles/TestVerifier.sol";

/// @dev What an enrolment proof must be about, and that a proof of anything else, made for anybody else, anywhere else or
///      before, is refused under its own name. The verifier here takes a proof for exactly the statement it was made for.
contract EnrolmentTest is World {
    address private constant STRANGER = address(0x5);
    bytes32 private constant KEY_OF_PUBLISHER = keccak256("another publisher key");
    OperatorId private second = OperatorId.wrap(keccak256("second root key"));
    IOperatorRegistry.Enrolment private e;

    function setUp() public override {
        super.setUp();
        enrolmentGenerated.tell(TestVerifier.Answer.Statement, 0);
        e = enrolment(second, 1002, 7);
    }

    function signed(IOperatorRegistry.Enrolment memory what, uint256 predecessor) private view returns (bytes memory) {
        return Statement.enrolment(what, predecessor, address(operators));
    }

    function send(IOperatorRegistry.Enrolment memory what, bytes memory proof) private returns (uint256) {
        vm.prank(what.controller);
        return operators.enrol{value: DEPOSIT}(what, proof);
    }

    function refused(IOperatorRegistry.Enrolment memory what, bytes memory proof, bytes memory reason) private {
        vm.deal(what.controller, 1 ether);
        vm.prank(what.controller);
        vm.expectRevert(reason);
        operators.enrol{value: DEPOSIT}(what, proof);
    }

    function rejected(IOperatorRegistry.Enrolment memory what) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOperatorRegistry.EnrolmentProofRejected.selector, what.operator, what.leaf);
    }

    function exitOf(OperatorId id, uint256 index, uint256 count) private {
        uint256[] memory leaves = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = 1001 + i;
        }
        uint256[] memory siblings = LeanImtModel.path(leaves, index);
        vm.prank(controller);
        operators.exit(id, siblings);
    }

    function test_a_proven_enrolment_is_accepted_and_remembered() public {
        bytes memory proof = signed(e, 0);
        uint256 root = PoseidonT3.hash([uint256(1001), 1002]);
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.LeafSet(1, e.leaf, root);
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.Enrolled(second, controller, e.leaf, IdentityLeaf.wrap(0), e.validUntil, 7);
        vm.assertEq(send(e, proof), 1, "second leaf");
        IOperatorRegistry.Origin memory origin = operators.originOf(e.leaf);
        vm.assertEq(OperatorId.unwrap(origin.operator), OperatorId.unwrap(second), "who signed");
        vm.assertEq(IdentityLeaf.unwrap(origin.predecessor), 0, "its first");
        vm.assertEq(origin.seq, 7, "number");
        vm.assertEq(operators.originOf(IdentityLeaf.wrap(5)).seq, 0, "a leaf that never was has no origin");
    }

    /// @dev The registry hands exactly this to the verifier: six words computed by other code than the registry's.
    function test_fuzz_the_statement_is_the_specified_one(
        bytes32 key,
        uint256 leaf,
        uint32 seq,
        uint64 life,
        address account,
        bytes memory proof
    ) public {
        vm.assume(key != 0 && account != address(0) && account != address(vm) && key != OperatorId.unwrap(operator));
        e.operator = OperatorId.wrap(key);
        e.leaf = IdentityLeaf.wrap(bound(leaf, 2000, FIELD_MODULUS - 1));
        (e.seq, e.controller) = (seq, account);
        e.validUntil = START + uint64(bound(life, 1 days, 365 days));
        bytes memory calldata_ = bytes.concat(signed(e, 0), proof);
        enrolmentGenerated.tell(TestVerifier.Answer.OnlyExpected, keccak256(calldata_));
        vm.deal(account, 1 ether);
        send(e, proof);
        // And at the next enrolment, with this leaf as the predecessor.
        uint256 first = IdentityLeaf.unwrap(e.leaf);
        uint256[] memory leaves = new uint256[](2);
        (leaves[0], leaves[1]) = (1001, first);
        uint256[] memory siblings = LeanImtModel.path(leaves, 1);
        if (seq == type(uint32).max) return;
        (e.leaf, e.seq) = (IdentityLeaf.wrap(1999), seq + 1);
        enrolmentGenerated.tell(TestVerifier.Answer.OnlyExpected, keccak256(bytes.concat(signed(e, first), proof)));
        vm.prank(account);
        operators.rotate(e, proof, siblings);
    }

    function test_views_say_what_is_signed() public {
        bytes memory statement = signed(e, 0);
        (,,, uint256 meta, uint256 hi, uint256 lo) =
            abi.decode(statement, (uint256, uint256, uint256, uint256, uint256, uint256));
        vm.assertEq(operators.metaOf(e), meta, "meta");
        vm.assertEq(uint256(operators.digestOf(e)), hi << 128 | lo, "digest");
        send(e, statement);
        vm.assertEq(IdentityLeaf.unwrap(operators.latestLeafOf(second)), 1002, "the next predecessor");
        vm.assertTrue(uint256(operators.digestOf(e)) != (hi << 128 | lo), "the next digest has it");
    }

    function test_another_keys_signature_is_refused() public {
        bytes memory proof = signed(e, 0);
        e.operator = OperatorId.wrap(keccak256("third root key"));
        refused(e, proof, rejected(e));
        refused(e, "", rejected(e));
        refused(e, bytes.concat(signed(e, 0), hex"00"), rejected(e));
    }

    /// @dev Each term in turn: what was signed is not what is sent.
    function test_changed_terms_are_refused() public {
        bytes memory proof = signed(e, 0);
        IOperatorRegistry.Enrolment memory changed = enrolment(second, 1002, 7);
        changed.leaf = IdentityLeaf.wrap(1003);
        refused(changed, proof, rejected(changed));
        changed = enrolment(second, 1002, 7);
        changed.validUntil += 1;
        refused(changed, proof, rejected(changed));
        changed = enrolment(second, 1002, 8);
        refused(changed, proof, rejected(changed));
        send(e, proof);
    }

    /// @dev Who copies a pending enrolment cannot send it, and cannot put itself in: the controller is in digest and meta.
    function test_a_copied_proof_serves_nobody_else() public {
        bytes memory proof = signed(e, 0);
        vm.deal(STRANGER, 1 ether);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotController.selector, second, STRANGER, controller));
        operators.enrol{value: DEPOSIT}(e, proof);
        IOperatorRegistry.Enrolment memory stolen = enrolment(second, 1002, 7);
        stolen.controller = STRANGER;
        refused(stolen, proof, rejected(stolen));
        // Under a key of its own it would need a leaf of its own: this one is of another meta.
        stolen.operator = OperatorId.wrap(keccak256("stranger's key"));
        refused(stolen, proof, rejected(stolen));
        send(e, proof);
    }

    function test_another_chains_enrolment_is_refused() public {
        bytes memory proof = signed(e, 0);
        vm.chainId(1337);
        refused(e, proof, abi.encodeWithSelector(IOperatorRegistry.WrongChain.selector, 31337, 1337));
        // Who lies about it gets no further: the registry hashes its own chain id.
        IOperatorRegistry.Enrolment memory here = enrolment(second, 1002, 7);
        refused(here, proof, rejected(here));
        send(here, signed(here, 0));
        IOperatorRegistry.Enrolment memory next = enrolment(second, 1003, 8);
        next.chainId = 31337;
        proof = signed(next, 1002);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.WrongChain.selector, 31337, 1337));
        operators.rotate(next, proof, new uint256[](1));
    }

    function test_another_registrys_enrolment_is_refused() public {
        OperatorRegistry other = newOperators(address(1));
        bytes memory here = signed(e, 0);
        bytes memory there = Statement.enrolment(e, 0, address(other));
        vm.startPrank(controller);
        vm.expectRevert(rejected(e));
        other.enrol{value: DEPOSIT}(e, here);
        vm.expectRevert(rejected(e));
        operators.enrol{value: DEPOSIT}(e, there);
        other.enrol{value: DEPOSIT}(e, there);
        vm.stopPrank();
    }

    function test_replays_are_refused_by_name() public {
        bytes memory proof = signed(e, 0);
        send(e, proof);
        refused(e, proof, abi.encodeWithSelector(IOperatorRegistry.AlreadyEnrolled.selector, second, 1002));
        exitOf(second, 1, 2);
        refused(e, proof, abi.encodeWithSelector(IOperatorRegistry.StaleSequence.selector, second, 7, 7));
        // With a higher number it is another statement; with the same leaf it is used.
        e.seq = 8;
        refused(e, proof, abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 1002));
        e.leaf = IdentityLeaf.wrap(1003);
        refused(e, proof, rejected(e));
        refused(e, signed(e, 0), rejected(e));
        send(e, signed(e, 1002));
        vm.assertEq(IdentityLeaf.unwrap(operators.originOf(e.leaf).predecessor), 1002, "stands on the exited leaf");
    }

    /// @dev A cheap check fails before the verifier is asked, which here would use up all it is given.
    function test_cheap_checks_come_before_the_proof() public {
        enrolmentGenerated.tell(TestVerifier.Answer.BurnGas, 0);
        uint256 before = gasleft();
        e.validUntil = START;
        refused(e, "", abi.encodeWithSelector(IOperatorRegistry.ValidityTooShort.selector, START, START + 1 days));
        e = enrolment(second, 1001, 7);
        refused(e, "", abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 1001));
        e.leaf = IdentityLeaf.wrap(FIELD_MODULUS);
        refused(e, "", abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS));
        vm.assertLe(before - gasleft(), 500_000, "no proof was checked");
        e.leaf = IdentityLeaf.wrap(1002);
        before = gasleft();
        refused(e, "", rejected(e));
        vm.assertTrue(before - gasleft() > 900_000, "one was");
    }

    function test_a_rotation_is_signed_by_the_same_key_on_top_of_the_present_leaf() public {
        uint256[] memory none = new uint256[](0);
        IOperatorRegistry.Enrolment memory r = enrolment(operator, 2001, 2);
        bytes memory proof = signed(r, 0);
        vm.startPrank(controller);
        vm.expectRevert(rejected(r));
        operators.rotate(r, proof, none);
        // A root key that the controller holds besides cannot take the leaf over.
        IOperatorRegistry.Enrolment memory foreign = enrolment(second, 2001, 2);
        proof = signed(foreign, 0);
        vm.expectRevert(rejected(r));
        operators.rotate(r, proof, none);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, second));
        operators.rotate(foreign, proof, none);
        proof = signed(r, 1001);
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.Rotated(operator, controller, r.leaf, IdentityLeaf.wrap(1001), r.validUntil, 2);
        operators.rotate(r, proof, none);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.StaleSequence.selector, operator, 2, 2));
        operators.rotate(r, proof, none);
        vm.stopPrank();
        IOperatorRegistry.Origin memory origin = operators.originOf(r.leaf);
        vm.assertEq(IdentityLeaf.unwrap(origin.predecessor), 1001, "stands on the leaf before");
        vm.assertEq(OperatorId.unwrap(origin.operator), OperatorId.unwrap(operator), "same root key");
    }

    /// @dev Of two enrolments signed ahead on the same predecessor, one counts.
    function test_two_rotations_of_the_same_leaf_exclude_each_other() public {
        uint256[] memory none = new uint256[](0);
        IOperatorRegistry.Enrolment memory first = enrolment(operator, 2001, 2);
        IOperatorRegistry.Enrolment memory other = enrolment(operator, 2002, 3);
        bytes memory proof = signed(first, 1001);
        bytes memory late = signed(other, 1001);
        bytes memory anew = signed(other, 2001);
        vm.startPrank(controller);
        operators.rotate(first, proof, none);
        vm.expectRevert(rejected(other));
        operators.rotate(other, late, none);
        operators.rotate(other, anew, none);
        vm.stopPrank();
    }

    /// @dev Every leaf leads back to the first, through exits and expiries, and every one to the root key.
    function test_leaves_chain_through_rotation_exit_and_expiry() public {
        uint256[] memory none = new uint256[](0);
        IOperatorRegistry.Enrolment memory r = enrolment(operator, 2001, 2);
        bytes memory proof = signed(r, 1001);
        vm.startPrank(controller);
        operators.rotate(r, proof, none);
        operators.exit(operator, none);
        vm.stopPrank();
        vm.assertEq(IdentityLeaf.unwrap(operators.operatorOf(operator).leaf), 0, "not enrolled");
        vm.assertEq(IdentityLeaf.unwrap(operators.latestLeafOf(operator)), 2001, "but not forgotten");
        r = enrolment(operator, 2002, 3);
        send(r, signed(r, 2001));
        vm.warp(r.validUntil + 1);
        operators.expire(operator, new uint256[](1));
        r = enrolment(operator, 2003, 4);
        refused(r, signed(r, 0), rejected(r));
        send(r, signed(r, 2002));
        uint256 leaf = 2003;
        uint32 seq = 4;
        for (uint256 i; i < 4; ++i) {
            IOperatorRegistry.Origin memory origin = operators.originOf(IdentityLeaf.wrap(leaf));
            vm.assertEq(OperatorId.unwrap(origin.operator), OperatorId.unwrap(operator), "one root key");
            vm.assertEq(origin.seq, seq--, "numbers in order");
            leaf = IdentityLeaf.unwrap(origin.predecessor);
        }
        vm.assertEq(leaf, 0, "four leaves, and the first has none before it");
    }

    function test_a_publisher_proves_its_key() public {
        bytes memory proof = Statement.publisher(KEY_OF_PUBLISHER, STRANGER, 5001, 31337, address(capsules));
        vm.assertEq(
            capsules.publisherDigestOf(KEY_OF_PUBLISHER, STRANGER),
            bytes32(word(proof, 4) << 128 | word(proof, 5)),
            "digest"
        );
        vm.prank(STRANGER);
        PublisherId id = capsules.registerPublisher(KEY_OF_PUBLISHER, 5001, proof);
        vm.assertEq(capsules.publisherOf(id).key, KEY_OF_PUBLISHER, "registered");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.PublisherInUse.selector, id));
        capsules.registerPublisher(KEY_OF_PUBLISHER, 5001, proof);
    }

    function test_a_publisher_of_another_key_account_leaf_registry_or_chain_is_refused() public {
        bytes memory proof = Statement.publisher(KEY_OF_PUBLISHER, STRANGER, 5001, 31337, address(capsules));
        notRegistered(capsules, address(0x6), KEY_OF_PUBLISHER, 5001, proof);
        notRegistered(capsules, STRANGER, keccak256("mine"), 5001, proof);
        notRegistered(capsules, STRANGER, KEY_OF_PUBLISHER, 5002, proof);
        notRegistered(capsules, STRANGER, KEY_OF_PUBLISHER, 5001, "");
        notRegistered(newCapsules(), STRANGER, KEY_OF_PUBLISHER, 5001, proof);
        vm.chainId(1337);
        notRegistered(capsules, STRANGER, KEY_OF_PUBLISHER, 5001, proof);
        vm.chainId(31337);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS));
        capsules.registerPublisher(KEY_OF_PUBLISHER, FIELD_MODULUS, proof);
        vm.prank(STRANGER);
        capsules.registerPublisher(KEY_OF_PUBLISHER, 5001, proof);
    }

    function notRegistered(CapsuleRegistry registry, address account, bytes32 key, uint256 leaf, bytes memory proof)
        private
    {
        vm.prank(account);
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.PublisherProofRejected.selector, key, account));
        registry.registerPublisher(key, leaf, proof);
    }

    /// @dev One key, one account, one leaf: what was signed in one role is nothing in the other, meta and domain apart.
    function test_roles_do_not_cross() public {
        bytes memory asOperator = signed(e, 0);
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICapsuleRegistry.PublisherProofRejected.selector, OperatorId.unwrap(second), controller
            )
        );
        capsules.registerPublisher(OperatorId.unwrap(second), 1002, asOperator);
        bytes memory asPublisher =
            Statement.publisher(OperatorId.unwrap(second), controller, 1002, 31337, address(capsules));
        refused(e, asPublisher, rejected(e));
        // Nor where operator registry and capsule registry were one and the same address: the domains' names differ.
        bytes memory sameAddress =
            Statement.publisher(OperatorId.unwrap(second), controller, 1002, 31337, address(operators));
        refused(e, sameAddress, rejected(e));
    }

    /// @dev A developer setup gives no verdict on a chain that is none of a developer, so nobody enrols there.
    function test_a_developer_setup_enrols_nobody_on_a_real_chain() public {
        vm.chainId(1);
        IOperatorRegistry.Enrolment memory here = enrolment(second, 1002, 7);
        bytes memory reason = abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, ENROLMENT_KEY);
        refused(here, signed(here, 0), reason);
        vm.expectRevert(reason);
        capsules.registerPublisher(KEY_OF_PUBLISHER, 5001, "");
    }

    /// @dev At any gas limit a good proof is accepted or the call fails for gas: it never reads as rejected.
    function test_a_gas_limit_is_never_a_rejection() public {
        bytes memory call = abi.encodeCall(operators.enrol, (e, signed(e, 0)));
        uint256 accepted;
        for (uint256 gas_ = 30_000; gas_ < 1_500_000 && accepted == 0; gas_ += 7_001) {
            vm.prank(controller);
            (bool ok, bytes memory reason) = address(operators).call{value: DEPOSIT, gas: gas_}(call);
            if (ok) {
                accepted = gas_;
            } else if (reason.length != 0) {
                vm.assertTrue(bytes4(reason) == IVerifierWrapper.InsufficientGas.selector, "named error");
            }
        }
        vm.assertTrue(accepted > 1_000_000, "accepted once there was gas for the verifier");
    }

    function word(bytes memory data, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(data, mul(add(i, 1), 32)))
        }
    }
}
