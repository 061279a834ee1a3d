// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev Order r of the BN254 scalar field.
uint256 constant FIELD_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// @notice A value that must be a canonical field element is not below r.
/// @param name Which one, ASCII, zero padded.
/// @param value The value given.
error NotAFieldElement(bytes32 name, uint256 value);

/// @dev Reverts unless `value` is a canonical field element.
function requireFieldElement(bytes32 name, uint256 value) pure {
    if (value >= FIELD_MODULUS) revert NotAFieldElement(name, value);
}
