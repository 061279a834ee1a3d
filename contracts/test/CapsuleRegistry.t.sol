// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IEnrolmentVerifier} from "../src/interfaces/IEnrolmentVerifier.sol";
import {IInstallVerifier} from "../src/interfaces/IInstallVerifier.sol";
import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {PolicyFloor} from "../src/lib/PolicyFloor.sol";
import {CapsuleHash} from "../src/poseidon/CapsuleHash.sol";
import {CapsuleRegistry} from "../src/registry/CapsuleRegistry.sol";
import {CapsuleLeaf, PublisherId} from "../src/types/Ids.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {World} from "./base/World.sol";

/// @dev Publishers cannot be squatted, catalogs hold only policies that meet the floor.
contract CapsuleRegistryTest is World {
    address private constant STRANGER = address(0x5);

    function entries(uint256 from, uint256 count) private pure returns (ICapsuleRegistry.CapsuleEntry[] memory list) {
        list = new ICapsuleRegistry.CapsuleEntry[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = entry(from + i);
        }
    }

    function one(uint256 node) private pure returns (uint256[] memory path) {
        path = new uint256[](1);
        path[0] = node;
    }

    function own(PublisherId id) private pure returns (uint256) {
        return CapsuleHash.publisherLeaf(id);
    }

    function leaf(uint256 seed) private view returns (uint256) {
        return CapsuleLeaf.unwrap(capsules.leafOf(entry(seed)));
    }

    function test_a_publisher_id_contains_its_account() public {
        vm.assertEq(
            PublisherId.unwrap(publisher), keccak256(abi.encode(publisherAccount, bytes32("publisher key"))), "id"
        );
        vm.prank(STRANGER);
        PublisherId copy = capsules.registerPublisher("publisher key", PUBLISHER_LEAF, "");
        vm.assertFalse(PublisherId.unwrap(copy) == PublisherId.unwrap(publisher), "a copycat gets another id");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.PublisherInUse.selector, copy));
        capsules.registerPublisher("publisher key", PUBLISHER_LEAF, "");
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.ZeroPublisherKey.selector));
        capsules.registerPublisher(0, PUBLISHER_LEAF, "");
    }

    function test_only_the_publisher_extends_and_revokes() public {
        ICapsuleRegistry.CapsuleEntry[] memory list = entries(2, 1);
        CapsuleLeaf first = CapsuleLeaf.wrap(leaf(1));
        bytes memory refusal =
            abi.encodeWithSelector(ICapsuleRegistry.NotPublisher.selector, publisher, STRANGER, publisherAccount);
        vm.startPrank(STRANGER);
        vm.expectRevert(refusal);
        capsules.publish(publisher, list);
        vm.expectRevert(refusal);
        capsules.revoke(publisher, first, new uint256[](0));
        PublisherId nobody = PublisherId.wrap("nobody");
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.PublisherUnknown.selector, nobody));
        capsules.publish(nobody, list);
        vm.stopPrank();
    }

    function test_a_batch_advances_by_one_root() public {
        uint256 first = capsules.catalogRoot(publisher);
        vm.warp(START + 5);
        vm.prank(publisherAccount);
        uint256 root = capsules.publish(publisher, entries(2, 3));
        uint256[] memory leaves = new uint256[](5);
        leaves[0] = own(publisher);
        for (uint256 i = 1; i < 5; ++i) {
            leaves[i] = leaf(i);
        }
        vm.assertEq(root, LeanImtModel.root(leaves), "root of the leaves in order");
        vm.assertEq(capsules.catalogRootInfo(publisher, first).supersededAt, START + 5, "old root superseded");
        vm.assertEq(capsules.catalogRootInfo(publisher, root).insertedAt, START + 5, "new root current");
        uint256[] memory three = new uint256[](3);
        (three[0], three[1], three[2]) = (leaves[0], leaves[1], leaves[2]);
        vm.assertEq(
            capsules.catalogRootInfo(publisher, LeanImtModel.root(three)).insertedAt, 0, "no root in between is valid"
        );
    }

    function test_one_bad_policy_refuses_the_batch() public {
        ICapsuleRegistry.CapsuleEntry[] memory list = entries(2, 2);
        list[1].policy[3] = uint256(15) << 192;
        vm.prank(publisherAccount);
        vm.expectRevert(
            abi.encodeWithSelector(
                PolicyFloor.PolicyBelowFloor.selector,
                bytes32("calls, capabilities or network"),
                list[1].policy[3],
                floor()[3]
            )
        );
        capsules.publish(publisher, list);
        vm.assertEq(capsules.catalogSize(publisher), 2, "nothing was taken");
        vm.prank(publisherAccount);
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.NoEntries.selector));
        capsules.publish(publisher, new ICapsuleRegistry.CapsuleEntry[](0));
    }

    function test_a_revoked_capsule_never_comes_back() public {
        CapsuleLeaf first = CapsuleLeaf.wrap(leaf(1));
        uint256[] memory path = one(own(publisher));
        vm.prank(publisherAccount);
        capsules.revoke(publisher, first, path);
        vm.assertTrue(capsules.isCapsuleUsed(publisher, first), "stays used");
        ICapsuleRegistry.CapsuleEntry[] memory list = entries(1, 1);
        vm.prank(publisherAccount);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUsed.selector, CapsuleLeaf.unwrap(first)));
        capsules.publish(publisher, list);
        vm.prank(publisherAccount);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUnknown.selector, CapsuleLeaf.unwrap(first)));
        capsules.revoke(publisher, first, path);
        vm.prank(publisherAccount);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUnknown.selector, 0));
        capsules.revoke(publisher, CapsuleLeaf.wrap(0), path);
    }

    function test_registration_opens_the_catalog_with_the_publishers_leaf() public {
        PublisherId id = PublisherId.wrap(keccak256(abi.encode(STRANGER, bytes32("new key"))));
        uint256 first = own(id);
        vm.assertEq(capsules.catalogRoot(id), 0, "not registered");
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.PublisherRegistered(id, STRANGER, "new key", first);
        vm.expectEmit(address(capsules));
        emit ICapsuleRegistry.CatalogAdvanced(id, first, 1);
        vm.prank(STRANGER);
        capsules.registerPublisher("new key", PUBLISHER_LEAF, "");
        vm.assertEq(capsules.catalogRoot(id), first, "a tree of one leaf is that leaf");
        vm.assertEq(capsules.catalogSize(id), 1, "its own leaf");
    }

    function test_the_publishers_leaf_stays() public {
        CapsuleLeaf mine = CapsuleLeaf.wrap(own(publisher));
        uint256[] memory path = one(leaf(1));
        vm.prank(publisherAccount);
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.NotACapsule.selector, publisher, mine));
        capsules.revoke(publisher, mine, path);
    }

    /// @dev Whatever a copycat publishes, its roots are its own: it cannot keep a capsule alive that the first publisher
    ///      revoked, nor stand as the publisher of somebody else's receipt.
    function test_no_two_catalogs_share_a_root() public {
        uint256 root = capsules.catalogRoot(publisher);
        vm.startPrank(STRANGER);
        PublisherId copy = capsules.registerPublisher("publisher key", PUBLISHER_LEAF, "");
        uint256 copied = capsules.publish(copy, entries(1, 1));
        vm.stopPrank();
        vm.assertFalse(copied == root, "same capsules, another root");
        uint256[] memory path = one(own(publisher));
        CapsuleLeaf first = CapsuleLeaf.wrap(leaf(1));
        vm.prank(publisherAccount);
        capsules.revoke(publisher, first, path);
        vm.assertEq(capsules.catalogRootInfo(publisher, root).supersededAt, START, "revoked");
        vm.assertEq(capsules.catalogRootInfo(copy, root).insertedAt, 0, "the root is nobody else's");
        vm.assertEq(capsules.catalogRootInfo(publisher, copied).insertedAt, 0, "nor the other way round");
        vm.assertEq(capsules.catalogRootInfo(copy, copied).supersededAt, 0, "the copy is untouched");
    }

    function test_a_floor_that_is_no_policy_is_refused() public {
        uint256[5] memory bad = floor();
        bad[3] |= uint256(5) << 192;
        bad[3] ^= uint256(2) << 192;
        vm.expectRevert(abi.encodeWithSelector(PolicyFloor.MalformedPolicyWord.selector, 3, bad[3]));
        new CapsuleRegistry(enrolmentWrapper, installWrapper, bad, address(0));
    }

    function test_a_verifier_without_code_is_refused() public {
        IEnrolmentVerifier none = IEnrolmentVerifier(address(0x77));
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.BadParameter.selector, bytes32("verifier"), 0x77));
        new CapsuleRegistry(none, installWrapper, floor(), address(0));
        bytes32 name = "installVerifier";
        vm.expectRevert(abi.encodeWithSelector(ICapsuleRegistry.BadParameter.selector, name, 0x77));
        new CapsuleRegistry(enrolmentWrapper, IInstallVerifier(address(0x77)), floor(), address(0));
    }
}
