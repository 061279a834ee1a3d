// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {Test} from "./base/Test.sol";

/// @dev The tree alone, small enough to be filled.
contract HistoricTreeTest is Test {
    using HistoricTree for HistoricTree.Tree;

    HistoricTree.Tree private tree;

    function append(uint256 leaf, uint256 depth) external returns (uint256) {
        return tree.append(leaf, depth);
    }

    function set(uint256 oldLeaf, uint256 newLeaf, uint256[] calldata siblings) external {
        tree.set(oldLeaf, newLeaf, siblings);
    }

    function test_a_full_tree_takes_no_leaf_but_can_be_updated() public {
        uint256[] memory leaves = new uint256[](4);
        for (uint256 i; i < 4; ++i) {
            leaves[i] = i + 1;
            vm.assertEq(this.append(i + 1, 2), i, "index");
        }
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.TreeFull.selector, 4));
        this.append(5, 2);
        this.set(3, 5, LeanImtModel.path(leaves, 2));
        leaves[2] = 5;
        vm.assertEq(tree.advance(), LeanImtModel.root(leaves), "root");
        this.set(5, 0, LeanImtModel.path(leaves, 2));
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.TreeFull.selector, 4));
        this.append(6, 2);
    }

    function test_nothing_changes_without_a_change() public {
        this.append(1, 2);
        vm.warp(1000);
        uint256 root = tree.advance();
        vm.warp(2000);
        vm.assertEq(tree.advance(), root, "same root");
        vm.assertEq(tree.roots[root].insertedAt, 1000, "still since then");
        vm.assertEq(tree.roots[root].supersededAt, 0, "still current");
    }

    /// @dev A path of the right length but with any other content is refused.
    function test_fuzz_false_paths_are_refused(uint256 which, uint256 value) public {
        uint256[] memory leaves = new uint256[](5);
        for (uint256 i; i < 5; ++i) {
            leaves[i] = 100 + i;
            this.append(leaves[i], 3);
        }
        uint256[] memory path = LeanImtModel.path(leaves, 1);
        which = which % path.length;
        vm.assume(value % FIELD != path[which]);
        path[which] = value;
        try this.set(101, 0, path) {
            vm.assertTrue(false, "accepted a false path");
        } catch {}
    }

    uint256 private constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
}
