// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @notice A part of a request's price that goes to somebody besides the payee: who seeds the capsule, who verifies.
/// @dev A request names its shares by keccak256(abi.encode(FeeShare[])); 0 stands for none.
/// @param recipient Who is credited; not 0.
/// @param bps Basis points of the price, rounded down; at least 1.
struct FeeShare {
    address recipient;
    uint16 bps;
}
