// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title AttestationLib: EIP-712 of a verifier's opinion
library AttestationLib {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant TYPEHASH = keccak256(
        "Attestation(uint256 jobId,address anchor,uint256 batchId,bytes32 root,bytes32 dataCommitment,uint8 verdict,address verifier,uint64 deadline)"
    );

    /// @dev The members of the type, in its order.
    struct Attestation {
        uint256 jobId;
        address anchor;
        uint256 batchId;
        bytes32 root;
        bytes32 dataCommitment;
        uint8 verdict;
        address verifier;
        uint64 deadline;
    }

    /// @dev Domain separator of `market` on the present chain; computed each time, so a chain split cannot reuse it.
    function domainSeparator(address market) internal view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("NONOS VerificationMarket"), keccak256("1"), block.chainid, market)
        );
    }

    /// @dev What the verifier signs for `market` on the present chain.
    function digest(Attestation memory attestation, address market) internal view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(TYPEHASH, attestation));
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(market), structHash));
    }
}
