// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IEnrolmentVerifier} from "../src/interfaces/IEnrolmentVerifier.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {FIELD_MODULUS} from "../src/lib/Field.sol";
import {CapsuleRegistry} from "../src/registry/CapsuleRegistry.sol";
import {OperatorRegistry} from "../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, OperatorId, PublisherId} from "../src/types/Ids.sol";
import {EnrolmentVerifier} from "../src/verifier/EnrolmentVerifier.sol";
import {World} from "./base/World.sol";

/// @dev The real verifier and two proofs that Rust made: an enrolment and a publisher's registration, for a registry at the
///      address that the fixture names. Each is accepted as it is, and nothing else is.
contract RealEnrolmentTest is World {
    IOperatorRegistry.Enrolment private e;
    bytes private proof;
    string private file;

    function setUp() public override {
        super.setUp();
        file = vm.readFile("core/tests/enrolment_proof.json");
        vm.chainId(word(".chainId"));
        IEnrolmentVerifier verifier = new EnrolmentVerifier();
        // Digest and meta contain the registry's address: these stand where the fixture's stood.
        operators = OperatorRegistry(address(uint160(word(".registry"))));
        capsules = CapsuleRegistry(address(uint160(word(".capsuleRegistry"))));
        OperatorRegistry built =
            new OperatorRegistry(verifier, address(1), DEPOSIT, BOUNTY, 1 days, 365 days, UNBONDING);
        vm.etch(address(operators), address(built).code);
        vm.etch(address(capsules), address(new CapsuleRegistry(verifier, installWrapper, floor(), address(0))).code);
        controller = address(uint160(word(".controller")));
        vm.deal(controller, 1 ether);
        e = IOperatorRegistry.Enrolment({
            chainId: word(".chainId"),
            operator: OperatorId.wrap(bytes32(word(".operator"))),
            controller: controller,
            leaf: IdentityLeaf.wrap(word(".leaf")),
            validUntil: uint64(word(".validUntil")),
            seq: uint32(word(".seq"))
        });
        proof = vm.parseJsonBytes(file, ".proof");
        vm.warp(e.validUntil - 90 days);
    }

    function word(string memory name) private view returns (uint256) {
        return uint256(vm.parseJsonBytes32(file, name));
    }

    /// @dev As a transaction of its own finds them.
    function cold() private {
        vm.cool(address(operators));
        vm.cool(address(operators.verifier()));
        vm.cool(operators.verifier().generated());
    }

    function refused(IOperatorRegistry.Enrolment memory what, bytes memory given) private {
        vm.prank(what.controller);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.EnrolmentProofRejected.selector, what.operator, what.leaf)
        );
        operators.enrol{value: DEPOSIT}(what, given);
    }

    function test_a_real_enrolment_is_accepted_within_the_budget() public {
        vm.assertEq(operators.digestOf(e), bytes32(word(".digest")), "digest");
        vm.assertEq(operators.metaOf(e), word(".meta"), "meta");
        cold();
        vm.prank(controller);
        operators.enrol{value: DEPOSIT}(e, proof);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "enrol, with the proof"), 1_000_000, "enrol");
        vm.assertEq(operators.root(), word(".leaf"), "in the tree");
    }

    function test_a_changed_proof_is_refused() public {
        uint256 bits = proof.length * 8;
        for (uint256 i; i < 8; ++i) {
            bytes memory changed = proof;
            uint256 bit = (bits - 1) * i / 7;
            changed[bit / 8] ^= bytes1(uint8(1 << bit % 8));
            refused(e, changed);
            changed[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        }
        refused(e, "");
        refused(e, bytes.concat(proof, hex"00"));
    }

    function test_a_real_proof_serves_its_own_terms_only() public {
        IOperatorRegistry.Enrolment memory changed = e;
        changed.validUntil += 1;
        refused(changed, proof);
        changed = e;
        changed.seq += 1;
        refused(changed, proof);
        changed = e;
        changed.leaf = IdentityLeaf.wrap(addmod(IdentityLeaf.unwrap(e.leaf), 1, FIELD_MODULUS));
        refused(changed, proof);
        changed = e;
        changed.operator = OperatorId.wrap(OperatorId.unwrap(e.operator) ^ bytes32(uint256(1)));
        refused(changed, proof);
        changed = e;
        changed.controller = address(0xbad);
        vm.deal(address(0xbad), 1 ether);
        refused(changed, proof);
        changed = e;
        vm.chainId(1337);
        changed.chainId = 1337;
        refused(changed, proof);
    }

    function test_a_real_enrolment_is_safe_at_every_gas_limit() public {
        bytes memory call = abi.encodeCall(operators.enrol, (e, proof));
        for (uint256 gas_ = 30_000; gas_ < 1_500_000; gas_ += 7_001) {
            vm.prank(controller);
            (bool ok, bytes memory reason) = address(operators).call{value: DEPOSIT, gas: gas_}(call);
            if (ok) return;
            if (reason.length == 0) continue;
            vm.assertTrue(bytes4(reason) == IVerifierWrapper.InsufficientGas.selector, "never a rejection");
        }
        vm.assertTrue(false, "never accepted");
    }

    function test_a_real_registration_is_accepted_for_its_account() public {
        bytes32 key = bytes32(word(".publisher.key"));
        uint256 leaf = word(".publisher.leaf");
        bytes memory registration = vm.parseJsonBytes(file, ".publisher.proof");
        vm.prank(address(0xbad));
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.PublisherProofRejected.selector, key, address(0xbad)));
        capsules.registerPublisher(key, leaf, registration);
        cold();
        vm.prank(controller);
        PublisherId id = capsules.registerPublisher(key, leaf, registration);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "register a publisher, with the proof"), 1_000_000, "register");
        vm.assertEq(capsules.publisherOf(id).key, key, "registered");
    }
}
