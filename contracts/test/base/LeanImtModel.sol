// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {PoseidonT3} from "poseidon-solidity/PoseidonT3.sol";

/// @dev The LeanIMT by its definition, from all leaves each time: what the incremental tree is compared with.
library LeanImtModel {
    function parents(uint256[] memory level) internal pure returns (uint256[] memory next) {
        next = new uint256[]((level.length + 1) / 2);
        for (uint256 i; i < next.length; ++i) {
            next[i] = 2 * i + 1 < level.length ? PoseidonT3.hash([level[2 * i], level[2 * i + 1]]) : level[2 * i];
        }
    }

    function root(uint256[] memory level) internal pure returns (uint256) {
        if (level.length == 0) return 0;
        while (level.length > 1) level = parents(level);
        return level[0];
    }

    function path(uint256[] memory level, uint256 index) internal pure returns (uint256[] memory siblings) {
        uint256[] memory found = new uint256[](32);
        uint256 count;
        while (level.length > 1) {
            uint256 sibling = index ^ 1;
            if (sibling < level.length) found[count++] = level[sibling];
            level = parents(level);
            index >>= 1;
        }
        siblings = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            siblings[i] = found[i];
        }
    }
}
