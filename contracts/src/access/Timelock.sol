// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Timelock
/// @notice Owns what has an owner. OpenZeppelin's TimelockController and nothing else, with no account over it: it is
///         audited and in wide use, and the tools with which people propose, watch and cancel operations know it.
/// @dev Whoever may propose may also cancel. Roles and delay change by operations of its own, which wait for the present
///      delay like any other.
contract Timelock is TimelockController {
    /// @param minDelay Least seconds from an operation's proposal to its execution.
    /// @param proposers Who proposes and cancels.
    /// @param executors Who executes; the zero address for anyone.
    constructor(uint256 minDelay, address[] memory proposers, address[] memory executors)
        TimelockController(minDelay, proposers, executors, address(0))
    {}
}
