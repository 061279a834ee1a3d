// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {PolicyFloor} from "../src/lib/PolicyFloor.sol";
import {World} from "./base/World.sol";

/// @dev Every rule of the floor refuses exactly the policies that are laxer in it.
contract PolicyFloorTest is World {
    function refused(bytes32 rule, uint256[5] memory w, uint256 word) private {
        vm.expectRevert(abi.encodeWithSelector(PolicyFloor.PolicyBelowFloor.selector, rule, w[word], floor()[word]));
        capsules.requirePolicy(w);
    }

    function malformed(uint256[5] memory w, uint256 word) private {
        vm.expectRevert(abi.encodeWithSelector(PolicyFloor.MalformedPolicyWord.selector, word, w[word]));
        capsules.requirePolicy(w);
    }

    function test_the_floor_meets_itself_and_a_stricter_policy_too() public view {
        capsules.requirePolicy(floor());
        capsules.requirePolicy(strictPolicy());
    }

    function test_each_laxer_rule_is_named() public {
        uint256[5] memory w = strictPolicy();
        w[0] = uint256(1) << 128;
        refused("cpu or isolation", w, 0);
        w = strictPolicy();
        w[3] = uint256(15) << 192;
        refused("calls, capabilities or network", w, 3);
    }

    /// @dev One step beyond the floor, in every dimension alone.
    function test_each_dimension_refuses_alone() public {
        uint256[5] memory f = [uint256(1) | uint256(3) << 128 | uint256(8) << 132, 1, 1, 1 | uint256(1) << 192, 7];
        this.meets(f, f);
        uint256[5] memory beyond = [uint256(9) << 132, 2, 2, 2, 8];
        for (uint256 word; word < 5; ++word) {
            uint256[5] memory p = [f[0], f[1], f[2], f[3], f[4]];
            if (word == 0) p[0] = f[0] & type(uint128).max | uint256(3) << 128 | beyond[0];
            else if (word == 4) p[4] = beyond[4];
            else p[word] |= beyond[word];
            vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
            this.meets(p, f);
        }
        uint256[5] memory lax = [f[0] - 1, f[1], f[2], f[3], f[4]];
        vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
        this.meets(lax, f);
        lax = [f[0] ^ uint256(2) << 128, f[1], f[2], f[3], f[4]];
        vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
        this.meets(lax, f);
        lax = [f[0], f[1], f[2], f[3] | uint256(1) << 128, f[4]];
        vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
        this.meets(lax, f);
        lax = [f[0], f[1], f[2], f[3] | uint256(2) << 192, f[4]];
        vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
        this.meets(lax, f);
        lax = [f[0], f[1], f[2], f[3], 0];
        vm.expectPartialRevert(PolicyFloor.PolicyBelowFloor.selector);
        this.meets(lax, f);
    }

    function test_malformed_words_are_refused() public {
        uint256[5] memory w = strictPolicy();
        w[0] = uint256(1) << 156;
        malformed(w, 0);
        for (uint256 level; level < 16; ++level) {
            bool good = level == 0 || level == 1 || level == 3 || level == 7 || level == 15;
            w = strictPolicy();
            w[0] = level << 128;
            if (!good) malformed(w, 0);
            w = strictPolicy();
            w[3] = level << 192;
            if (!good) malformed(w, 3);
        }
        w = strictPolicy();
        w[1] = uint256(1) << 192;
        malformed(w, 1);
        w = strictPolicy();
        w[2] = uint256(1) << 192;
        malformed(w, 2);
        w = strictPolicy();
        w[3] = uint256(1) << 196;
        malformed(w, 3);
        w = strictPolicy();
        w[4] = FIELD_MODULUS;
        vm.expectRevert(abi.encodeWithSelector(NotAFieldElement.selector, bytes32("measurements"), FIELD_MODULUS));
        capsules.requirePolicy(w);
    }

    /// @dev Against an independent reading: field by field, bit by bit.
    function test_fuzz_agrees_with_the_rule_field_by_field(uint256[5] memory p, uint256[5] memory f) public view {
        (p, f) = (shape(p), shape(f));
        bool expected = p[0] & f[0] & type(uint128).max == f[0] & type(uint128).max
            && level(p[0] >> 128 & 15) >= level(f[0] >> 128 & 15) && p[0] >> 132 <= f[0] >> 132
            && level(p[3] >> 192) <= level(f[3] >> 192) && (f[4] == 0 || p[4] == f[4]);
        for (uint256 i; i < 192; ++i) {
            for (uint256 word = 1; word < 4; ++word) {
                if (p[word] >> i & 1 == 1 && f[word] >> i & 1 == 0) expected = false;
            }
        }
        try this.meets(p, f) {
            vm.assertTrue(expected, "accepted a laxer policy");
        } catch {
            vm.assertFalse(expected, "refused a stricter policy");
        }
    }

    function meets(uint256[5] memory p, uint256[5] memory f) external pure {
        PolicyFloor.requireWellFormed(p);
        PolicyFloor.requireMeets(p, f);
    }

    /// @dev Well-formed words that are often comparable: few bits in the sets.
    function shape(uint256[5] memory w) private pure returns (uint256[5] memory) {
        uint256 isolation = (1 << (w[0] >> 200) % 5) - 1;
        uint256 network = (1 << (w[3] >> 200) % 5) - 1;
        w[0] = w[0] % 4 | isolation << 128 | (w[0] >> 132 & 7) << 132;
        w[1] = w[1] % 4;
        w[2] = w[2] % 2 << 191;
        w[3] = (w[3] & 1) << 127 | (w[3] >> 1 & 1) << 191 | network << 192;
        w[4] = w[4] % 3;
        return w;
    }

    function level(uint256 thermometer) private pure returns (uint256 n) {
        for (; thermometer != 0; thermometer >>= 1) {
            ++n;
        }
    }
}
