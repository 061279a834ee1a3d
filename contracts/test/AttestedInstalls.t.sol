// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {CapsuleRegistry} from "../src/registry/CapsuleRegistry.sol";
import {InstallLeaf} from "../src/types/Ids.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {World} from "./base/World.sol";

/// @dev Attested installs are in a tree of their own, which shares no root with the proven one: a root says what it is worth.
contract AttestedInstallsTest is World {
    uint256 private constant FIRST = uint256(keccak256("nonos1.attested-installs")) >> 8;

    function admit(uint256 leaf) private returns (uint256) {
        vm.prank(attestorAddress());
        return capsules.admitAttested(InstallLeaf.wrap(leaf));
    }

    function refused(uint256 leaf, bytes memory reason) private {
        vm.expectRevert(reason);
        admit(leaf);
    }

    function test_the_tree_begins_with_its_constant() public view {
        vm.assertEq(capsules.attestor(), attestorAddress(), "attestor");
        vm.assertEq(capsules.attestedSize(), 1, "one leaf");
        vm.assertEq(capsules.attestedRoot(), FIRST, "a single leaf is the root");
        vm.assertTrue(FIRST < FIELD_MODULUS, "a field element");
        vm.assertTrue(capsules.isAttestedRoot(FIRST), "an attested root");
        vm.assertEq(capsules.installRootInfo(FIRST).insertedAt, START, "known");
        vm.assertTrue(capsules.isInstallAttested(InstallLeaf.wrap(FIRST)), "used");
    }

    function test_a_leaf_is_appended_and_the_root_is_the_models() public {
        uint256[] memory leaves = new uint256[](3);
        (leaves[0], leaves[1], leaves[2]) = (FIRST, 71, 72);
        admit(71);
        uint256 expected = LeanImtModel.root(leaves);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.InstallAttested(2, InstallLeaf.wrap(72), expected);
        vm.assertEq(admit(72), expected, "root");
        vm.assertEq(capsules.attestedRoot(), expected, "current");
        vm.assertEq(capsules.attestedSize(), 3, "size");
    }

    /// @dev Same leaves, admitted here and proven there: never the same root.
    function test_the_trees_share_no_root() public {
        uint256[8] memory proven;
        uint256[8] memory attested;
        for (uint256 i; i < 8; ++i) {
            proven[i] = install(8000 + i);
            attested[i] = admit(8000 + i);
        }
        for (uint256 i; i < 8; ++i) {
            vm.assertTrue(capsules.isAttestedRoot(attested[i]) && !capsules.isAttestedRoot(proven[i]), "told apart");
            vm.assertTrue(capsules.installRootInfo(proven[i]).insertedAt != 0, "known");
            vm.assertTrue(capsules.installRootInfo(attested[i]).insertedAt != 0, "known");
            for (uint256 k; k < 8; ++k) {
                vm.assertFalse(proven[i] == attested[k], "never equal");
            }
        }
        vm.assertTrue(capsules.isInstallUsed(InstallLeaf.wrap(8003)), "in one");
        vm.assertTrue(capsules.isInstallAttested(InstallLeaf.wrap(8003)), "and the other");
        vm.assertFalse(capsules.isInstallAttested(InstallLeaf.wrap(3001)), "proven only");
    }

    function test_roots_are_superseded_each_in_its_own_tree() public {
        uint256 first = admit(71);
        vm.warp(START + 5);
        install(9000);
        vm.assertEq(capsules.installRootInfo(first).supersededAt, 0, "the other tree does not matter");
        admit(72);
        vm.assertEq(capsules.installRootInfo(first).supersededAt, START + 5, "its own does");
    }

    function test_a_leaf_is_attested_once_and_is_a_field_element() public {
        admit(71);
        refused(71, abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 71));
        refused(FIRST, abi.encodeWithSelector(HistoricTree.LeafUsed.selector, FIRST));
        refused(0, abi.encodeWithSelector(HistoricTree.ZeroLeaf.selector));
        refused(FIELD_MODULUS, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS));
    }

    function test_nobody_else_attests() public {
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.NotAttestor.selector, address(this), attestorAddress()));
        capsules.admitAttested(InstallLeaf.wrap(1));
    }

    function test_without_an_attestor_there_is_no_tree() public {
        CapsuleRegistry none = new CapsuleRegistry(enrolmentWrapper, installWrapper, floor(), address(0));
        vm.assertEq(none.attestedSize() + none.attestedRoot(), 0, "empty");
        vm.assertFalse(none.isAttestedRoot(0) || none.isAttestedRoot(FIRST), "no root");
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.NotAttestor.selector, address(this), address(0)));
        none.admitAttested(InstallLeaf.wrap(1));
    }
}
