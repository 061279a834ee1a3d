// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title Score: weights of facts, their decay, and the score
/// @dev Equal to `nonos_core::trust` in every bit. Weights have six decimals. A kept sum is in units of 1 / (10^6 * T[d]).
library Score {
    /// @dev Fixed-point one.
    uint256 internal constant ONE = 1_000_000;
    /// @dev Most that a fault weighs, in whole successes.
    uint256 internal constant MAX_FAULT = 1000;
    /// @dev Days in which a weight halves.
    uint256 internal constant HALF_LIFE = 64;

    /// @dev T[d] = floor(2^20 * 2^(d/64)) for d in 0..63, 32 bits each.
    bytes internal constant TABLE =
        hex"0010000000102c9a001059b0001087450010b5580010e3ec001113010011429a001172b80011a35b0011d4870012063b0012387a00126b4500129e9d0012d285001306fe00133c08001371a70013a7db0013dea60014160a00144e08001486a20014bfda0014f9b20015342b00156f470015ab070015e76f0016247e001662380016a09e0016dfb200171f7500175feb0017a1140017e2f300182589001868d90018ace50018f1ae0019373700197d820019c491001a0c66001a5503001a9e6b001ae89f001b33a2001b7f76001bcc1e001c199b001c67f1001cb720001d072d001d5818001da9e6001dfc97001e502e001ea4af001efa1b001f5076001fa7c1";

    /// @dev min(1, fee / F), rounded down. F is not 0.
    function successWeight(uint256 fee, uint256 referenceFee) internal pure returns (uint64) {
        return uint64(fee >= referenceFee ? ONE : fee * ONE / referenceFee);
    }

    /// @dev fee / F, rounded down, at least 1 and at most MAX_FAULT. F is not 0 and below 2^128.
    function faultWeight(uint256 fee, uint256 referenceFee) internal pure returns (uint64) {
        if (fee <= referenceFee) return uint64(ONE);
        if (fee >= referenceFee * MAX_FAULT) return uint64(ONE * MAX_FAULT);
        return uint64(fee * ONE / referenceFee);
    }

    /// @dev Whole half-lives since 1970; saturates.
    function halfLivesAt(uint256 time) internal pure returns (uint16) {
        uint256 count = time / 1 days / HALF_LIFE;
        return count > type(uint16).max ? type(uint16).max : uint16(count);
    }

    /// @dev T[d] of the day of `time`.
    function scaleAt(uint256 time) internal pure returns (uint256) {
        bytes memory table = TABLE;
        uint256 shift = time / 1 days % HALF_LIFE * 4;
        uint256 word;
        // The table has 256 bytes: a load at 4 * 63 reads past them, into memory that is shifted out.
        assembly ("memory-safe") {
            word := mload(add(add(table, 32), shift))
        }
        return word >> 224;
    }

    /// @dev A kept sum, already halved up to `time`, with a weight of that day added; saturates.
    function add(uint80 sum, uint64 weight, uint256 time) internal pure returns (uint80) {
        uint256 total = uint256(sum) + uint256(weight) * scaleAt(time);
        return total > type(uint80).max ? type(uint80).max : uint80(total);
    }

    /// @dev What a kept sum, already halved up to `time`, weighs on that day, rounded down.
    function read(uint80 sum, uint256 time) internal pure returns (uint64) {
        // Nobody's faults, mostly: the table need not be read for them.
        return sum == 0 ? 0 : uint64(sum / scaleAt(time));
    }

    /// @dev floor(1000 * (s+1)/(s+4f+2) * s/(s+16)), one floor at the very end; 0 to 999.
    function score(uint256 s, uint256 f) internal pure returns (uint16) {
        // Sums are weights of 64 bits.
        unchecked {
            return uint16(1000 * (s + ONE) * s / ((s + 4 * f + 2 * ONE) * (s + 16 * ONE)));
        }
    }
}
