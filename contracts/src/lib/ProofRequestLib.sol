// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ProofRequest} from "../types/ProofRequest.sol";

/// @title ProofRequestLib: EIP-712 of a request, and the signature over it
library ProofRequestLib {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant TYPEHASH = keccak256(
        "ProofRequest(address requester,uint256 salt,address anchor,bytes32 verifierKey,bytes32 publisherId,uint256 capsuleLeaf,bytes32 inputHash,bytes32 inputLocatorHash,uint64 earliestLaunch,uint8 assurance,uint16 minTrust,bytes32 operatorId,address paymentToken,uint128 minPrice,uint128 maxPrice,uint64 rampStart,uint32 rampLength,uint32 lockTimeout,uint32 timeout,uint128 baseCollateral,uint128 relayFee,uint16 maxProtocolFeeBps,bytes32 feeSharesHash,address callback,uint32 callbackGas)"
    );
    /// @dev Half the order of secp256k1: of the two values of s that verify, only the lower is accepted.
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice A signature has 65 bytes: r, s, v.
    error SignatureLength(uint256 length);
    /// @notice v is neither 27 nor 28.
    error SignatureParity(uint8 v);
    /// @notice s is above half the group order: another form of a signature that exists already.
    error SignatureHighS(bytes32 s);
    /// @notice Somebody else signed, or something else was signed: another chain or market, or a changed member.
    error SignatureInvalid(address recovered, address requester);

    /// @dev Domain separator of `market` on the present chain; computed each time, so a chain split cannot reuse it.
    function domainSeparator(address market) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256("NONOS ProofMarket"), keccak256("1"), block.chainid, market)
            );
    }

    /// @dev The request's id: its EIP-712 digest under `market` on the present chain. Every member is a value type, or a
    ///      struct of these, so the encoding of the struct is its 25 words in order, as the flat type has them.
    ///      The words are hashed as they came: one with dirty high bits gives an id that no one signs, and is refused
    ///      where it is read.
    function id(ProofRequest calldata request, address market) internal view returns (bytes32) {
        bytes32 typehash = TYPEHASH;
        bytes32 structHash;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, typehash)
            calldatacopy(add(words, 32), request, 800)
            structHash := keccak256(words, 832)
        }
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(market), structHash));
    }

    /// @dev Reverts unless `signature` is the requester's, in its one canonical form. `requester` is not 0.
    function requireSigned(bytes32 requestId, bytes calldata signature, address requester) internal pure {
        if (signature.length != 65) revert SignatureLength(signature.length);
        (bytes32 r, bytes32 s) = (bytes32(signature[:32]), bytes32(signature[32:64]));
        uint8 v = uint8(signature[64]);
        if (v != 27 && v != 28) revert SignatureParity(v);
        if (uint256(s) > HALF_ORDER) revert SignatureHighS(s);
        address recovered = ecrecover(requestId, v, r, s);
        if (recovered != requester) revert SignatureInvalid(recovered, requester);
    }
}
