// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Offer} from "../types/ProofRequest.sol";

/// @title Pricing: the reverse Dutch ramp, the collateral and the parts of a slash
/// @dev Equal to `nonos_core::pricing` for every input; total, as all products stay below 2^256.
library Pricing {
    uint256 internal constant BPS = 10_000;
    uint256 internal constant MAX_SCORE = 1000;

    /// @dev Parts of slashed collateral, in wei. They sum to the collateral exactly.
    struct Slash {
        uint256 burned;
        uint256 caller;
        uint256 requester;
    }

    /// @dev minPrice up to rampStart, then linear, rounded down, to maxPrice over rampLength, constant up to and including
    ///      the lock deadline, 0 after it. Stays at minPrice if min > max.
    function priceAt(Offer calldata offer, uint256 time) internal pure returns (uint256) {
        (uint256 min, uint256 max) = (offer.minPrice, offer.maxPrice);
        (uint256 start, uint256 ramp) = (offer.rampStart, offer.rampLength);
        if (time > start + offer.lockTimeout) return 0;
        if (time <= start || max <= min) return min;
        uint256 elapsed = time - start;
        return elapsed >= ramp ? max : min + (max - min) * elapsed / ramp;
    }

    /// @dev max(base * (2000 - score) / 1000, maxPrice * floorBps / 10000), both rounded up.
    function requiredCollateral(uint128 base, uint256 score, uint128 maxPrice, uint16 floorBps)
        internal
        pure
        returns (uint256)
    {
        // Base and price are amounts of 128 bits, the score is capped, and the floor is at most BPS.
        unchecked {
            uint256 factor = 2 * MAX_SCORE - (score < MAX_SCORE ? score : MAX_SCORE);
            uint256 byTrust = (uint256(base) * factor + MAX_SCORE - 1) / MAX_SCORE;
            uint256 floor = (uint256(maxPrice) * floorBps + BPS - 1) / BPS;
            return byTrust > floor ? byTrust : floor;
        }
    }

    /// @dev First second in which a lock can be rescued: half of the time between the last lock and the deadline is the locker's
    ///      alone, whenever it locked. After the deadline, so never, if that time is less than two seconds.
    function rescuableFrom(Offer calldata offer) internal pure returns (uint256) {
        (uint256 lockTimeout, uint256 timeout) = (offer.lockTimeout, offer.timeout);
        return uint256(offer.rampStart) + lockTimeout + (timeout - lockTimeout + 1) / 2 + 1;
    }

    /// @dev Two fifths, rounded down, to the rescuer, the rest is burned: who rescues himself loses more than half.
    function rescue(uint256 collateral) internal pure returns (uint256 reward, uint256 burned) {
        reward = collateral * 2 / 5;
        burned = collateral - reward;
    }

    /// @dev A tenth, rounded down, to the caller; what is left of the other half, but at most the price, to the requester;
    ///      everything else, so at least half, is burned.
    function slash(uint256 collateral, uint256 price) internal pure returns (Slash memory parts) {
        parts.caller = collateral / 10;
        uint256 rest = collateral / 2 - parts.caller;
        parts.requester = rest < price ? rest : price;
        parts.burned = collateral - parts.caller - parts.requester;
    }
}
