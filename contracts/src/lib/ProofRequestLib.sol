// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {LockAuthorization} from "../types/LockAuthorization.sol";
import {ProofRequest} from "../types/ProofRequest.sol";
import {Eip712} from "./Eip712.sol";

/// @title ProofRequestLib: EIP-712 of what requesters and lockers sign, and their signatures
library ProofRequestLib {
    bytes32 internal constant TYPEHASH = keccak256(
        "ProofRequest(address requester,uint256 salt,address anchor,bytes32 verifierKey,bytes32 publisherId,uint256 capsuleLeaf,bytes32 inputHash,bytes32 inputLocatorHash,uint64 earliestLaunch,uint8 assurance,uint16 minTrust,bytes32 operatorId,address paymentToken,uint128 minPrice,uint128 maxPrice,uint64 rampStart,uint32 rampLength,uint32 lockTimeout,uint32 timeout,uint128 baseCollateral,uint128 relayFee,uint16 maxProtocolFeeBps,bytes32 feeSharesHash,address callback,uint32 callbackGas)"
    );
    /// @dev A type of its own: nothing that a requester signs is a locker's word.
    bytes32 internal constant LOCK_TYPEHASH = keccak256(
        "LockAuthorization(bytes32 requestId,address locker,bytes32 operatorId,uint128 minPrice,uint128 maxCollateral,uint64 deadline,uint256 nonce)"
    );
    /// @dev Half the order of secp256k1: of the two values of s that verify, only the lower is accepted.
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev Domain separator of `market` on the present chain.
    function domainSeparator(address market) internal view returns (bytes32) {
        return Eip712.domain(keccak256("NONOS ProofMarket"), market);
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
        return Eip712.digest(domainSeparator(market), structHash);
    }

    /// @dev The digest that a locker signs, under `market` on the present chain. Static members; one with
    ///      dirty high bits is refused.
    function digest(LockAuthorization calldata authorization, address market) internal view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(LOCK_TYPEHASH, authorization));
        return Eip712.digest(domainSeparator(market), structHash);
    }

    /// @dev Reverts unless `signature` over `digest_` is the signer's: of its key, in the one canonical form, or what the contract
    ///      there says is valid (ERC-1271). A key comes first, for accounts that delegate their code (EIP-7702). `signer` is not 0.
    function requireSigned(bytes32 digest_, bytes calldata signature, address signer) internal view {
        // Whether there is code is asked only of who has not signed by a key: of a cold account it costs 2,600 gas.
        if (signature.length != 65) {
            if (signer.code.length == 0) revert IProofMarket.SignatureLength(signature.length);
        } else {
            (bytes32 r, bytes32 s, uint8 v) = (bytes32(signature[:32]), bytes32(signature[32:64]), uint8(signature[64]));
            bool canonical = (v == 27 || v == 28) && uint256(s) <= HALF_ORDER;
            address recovered = canonical ? ecrecover(digest_, v, r, s) : address(0);
            if (recovered == signer) return;
            if (signer.code.length == 0) {
                if (v != 27 && v != 28) revert IProofMarket.SignatureParity(v);
                if (!canonical) revert IProofMarket.SignatureHighS(s);
                revert IProofMarket.SignatureInvalid(recovered, signer);
            }
        }
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest_, signature)) {
            revert IProofMarket.SignatureRefused(signer, digest_);
        }
    }
}
