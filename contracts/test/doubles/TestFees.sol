// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev What the market asks of a fee schedule; says what it is told.
contract TestFees {
    uint16 public current;
    uint16 public immutable maxFeeBps;
    uint16 public immutable burnedBps;
    address public immutable treasury;

    constructor(uint16 current_, uint16 maxFeeBps_, uint16 burnedBps_, address treasury_) {
        (current, maxFeeBps, burnedBps, treasury) = (current_, maxFeeBps_, burnedBps_, treasury_);
    }

    function set(uint16 current_) external {
        current = current_;
    }
}
