// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev Creates contracts and nothing else, so that the address of its first is known beforehand: the registry names the
///      market before the market is there.
contract Factory {
    function create(bytes calldata code) external returns (address created) {
        bytes memory copy = code;
        assembly ("memory-safe") {
            created := create(0, add(copy, 32), mload(copy))
            if iszero(created) {
                returndatacopy(mload(0x40), 0, returndatasize())
                revert(mload(0x40), returndatasize())
            }
        }
    }
}
