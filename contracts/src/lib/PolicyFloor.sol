// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {requireFieldElement} from "./Field.sol";

/// @title PolicyFloor: the packed policy words and the order "at least as strict as"
/// @dev Packing, low bits first:
///      w0 = required CPU bits (128) | isolation thermometer (4) | memory pages (24)
///      w1 = system calls 0..191 ; w2 = system calls 192..383
///      w3 = system calls 384..511 (128) | capabilities (64) | network thermometer (4)
///      w4 = 0 for any measurement, else F(MSET; m1..m4)
library PolicyFloor {
    /// @notice A policy word has bits that mean nothing, or a level that is not a thermometer (0, 1, 3, 7, 15).
    error MalformedPolicyWord(uint256 index, uint256 word);
    /// @notice A policy is laxer than the floor in the rule named.
    error PolicyBelowFloor(bytes32 rule, uint256 policyWord, uint256 floorWord);

    /// @dev Reverts unless the words are a policy.
    function requireWellFormed(uint256[5] memory w) internal pure {
        if (w[0] >> 156 != 0 || !isThermometer(w[0] >> 128 & 0xf)) revert MalformedPolicyWord(0, w[0]);
        if (w[1] >> 192 != 0) revert MalformedPolicyWord(1, w[1]);
        if (w[2] >> 192 != 0) revert MalformedPolicyWord(2, w[2]);
        if (w[3] >> 196 != 0 || !isThermometer(w[3] >> 192)) revert MalformedPolicyWord(3, w[3]);
        requireFieldElement("measurements", w[4]);
    }

    /// @dev Reverts unless `w` allows nothing that `floor` forbids. Both are well formed. Sets of measurements are
    ///      hashes here, so a floor that names measurements admits only the very same set.
    function requireMeets(uint256[5] memory w, uint256[5] memory floor) internal pure {
        uint256 demanded = floor[0] & (1 << 132) - 1;
        if (w[0] & demanded != demanded) revert PolicyBelowFloor("cpu or isolation", w[0], floor[0]);
        if (w[0] >> 132 > floor[0] >> 132) revert PolicyBelowFloor("memory pages", w[0], floor[0]);
        if (w[1] & ~floor[1] != 0) revert PolicyBelowFloor("system calls", w[1], floor[1]);
        if (w[2] & ~floor[2] != 0) revert PolicyBelowFloor("system calls", w[2], floor[2]);
        if (w[3] & ~floor[3] != 0) revert PolicyBelowFloor("calls, capabilities or network", w[3], floor[3]);
        if (floor[4] != 0 && w[4] != floor[4]) revert PolicyBelowFloor("measurements", w[4], floor[4]);
    }

    /// @dev 2^n - 1 for n in 0..4.
    function isThermometer(uint256 level) private pure returns (bool) {
        return level & (level + 1) == 0 && level < 16;
    }
}
