// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title Eip712: domains of version 1, and digests under them
/// @dev Computed each time and never kept, so a chain split cannot reuse what was signed.
library Eip712 {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant VERSION = keccak256("1");

    /// @dev Domain separator of `verifying` on the present chain.
    /// @param name keccak256 of the domain's name.
    function domain(bytes32 name, address verifying) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, name, VERSION, block.chainid, verifying));
    }

    /// @dev What is signed.
    function digest(bytes32 domain_, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain_, structHash));
    }
}
