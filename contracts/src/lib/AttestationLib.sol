// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Eip712} from "./Eip712.sol";

/// @title AttestationLib: EIP-712 of a verifier's opinion
library AttestationLib {
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

    /// @dev Domain separator of `market` on the present chain.
    function domainSeparator(address market) internal view returns (bytes32) {
        return Eip712.domain(keccak256("NONOS VerificationMarket"), market);
    }

    /// @dev What the verifier signs for `market` on the present chain.
    function digest(Attestation memory attestation, address market) internal view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(TYPEHASH, attestation));
        return Eip712.digest(domainSeparator(market), structHash);
    }
}
