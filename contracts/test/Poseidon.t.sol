// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";
import {CapsuleHash} from "../src/poseidon/CapsuleHash.sol";
import {PoseidonTagged} from "../src/poseidon/PoseidonTagged.sol";
import {CapsuleLeaf, PublisherId} from "../src/types/Ids.sol";
import {Test} from "./base/Test.sol";

/// @dev Hashes agree with poseidon-solidity and with the values pinned by the Rust core.
contract PoseidonTest is Test {
    string private vectors;

    function setUp() public {
        vectors = vm.readFile("core/tests/vectors.json");
    }

    function vector(string memory name) private view returns (uint256) {
        return uint256(vm.parseJsonBytes32(vectors, string.concat(".", name)));
    }

    function test_node_hash_is_circomlibs() public pure {
        uint256 known = 0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a;
        vm.assertEq(PoseidonT3.hash([uint256(1), 2]), known, "npm");
        vm.assertEq(PoseidonTagged.hash([uint256(0), 1, 2]), known, "tagged");
    }

    function test_fuzz_tag_zero_is_the_node_hash(uint256 a, uint256 b) public pure {
        vm.assertEq(PoseidonTagged.hash([0, a, b]), PoseidonT3.hash([a, b]), "same permutation");
    }

    function test_fuzz_tags_separate(uint256 tag, uint256 a, uint256 b) public pure {
        vm.assume(tag != 0 && tag < type(uint248).max);
        vm.assertFalse(PoseidonTagged.hash([tag, a, b]) == PoseidonT3.hash([a, b]), "a tag changes the hash");
    }

    function test_tagged_hashes_are_the_cores() public view {
        uint256 k = 0x6b;
        uint256 leaf = vector("capsuleLeaf");
        uint256 salt = vector("salt");
        vm.assertEq(PoseidonTagged.hash([tag("nonos1.ID"), k, vector("meta")]), vector("identityLeaf"), "identity leaf");
        vm.assertEq(PoseidonTagged.hash([tag("nonos1.INST"), k, leaf]), vector("installLeaf"), "install leaf");
        vm.assertEq(PoseidonTagged.hash([tag("nonos1.COMC"), leaf, salt]), vector("capsuleTag"), "capsule tag");
    }

    /// @dev The same value is pinned in core/src/publisher.rs.
    function test_publisher_leaf_is_the_cores() public pure {
        uint256 pinned = 0x285b7a6b0583afd4896b7e3813f49d4a69948350ad9ff2f73299639b287b2352;
        vm.assertEq(CapsuleHash.publisherLeaf(PublisherId.wrap(keccak256("publisher"))), pinned, "publisher leaf");
    }

    function test_capsule_leaf_is_the_cores() public view {
        uint256[5] memory w = pinnedPolicy();
        vm.assertEq(CapsuleHash.policyHash(w), vector("policyHash"), "policy hash");
        CapsuleLeaf leaf = CapsuleHash.leaf(
            bytes32(vector("digestCommitment")), 0x3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a, w
        );
        vm.assertEq(CapsuleLeaf.unwrap(leaf), vector("capsuleLeaf"), "capsule leaf");
    }

    /// @dev The policy of core/tests/vectors.rs, packed by hand.
    function pinnedPolicy() private pure returns (uint256[5] memory w) {
        uint256 set = uint96(bytes12("nonos1.MSET\x04"));
        w[0] = 11 | uint256(7) << 128 | uint256(1024) << 132;
        w[1] = uint256(type(uint64).max) | uint256(0xff) << 64;
        w[2] = 1 | uint256(2) << 64 | uint256(3) << 128;
        w[3] = 4 | uint256(1 << 63) << 64 | uint256(0x0f0f) << 128 | uint256(3) << 192;
        w[4] = PoseidonTagged.hash([set, 11, 12]);
        w[4] = PoseidonTagged.hash([set, w[4], 12]);
        w[4] = PoseidonTagged.hash([set, w[4], 12]);
    }

    function tag(bytes memory name) private pure returns (uint256 t) {
        for (uint256 i; i < name.length; ++i) {
            t = t << 8 | uint8(name[i]);
        }
    }
}
