// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {PoseidonTagged} from "../poseidon/PoseidonTagged.sol";
import {OperatorId} from "../types/Ids.sol";
import {Eip712} from "./Eip712.sol";

/// @title EnrolmentStatement: what an enrolment proof is about, computed by the registry that asks for it
/// @dev The circuit's statement: the ed25519 key signed "nonos1.enrol" ‖ leaf ‖ digest, and the prover knows k with
///      leaf = P(ID; k, meta). Nothing but the leaf and the proof comes from the caller, so a signature for another role,
///      contract, chain or account is one for another digest. `nonos_core::enrolment` is the same, value by value.
/// @dev The functions are for the registry itself: its address is the verifying contract, and part of the meta.
library EnrolmentStatement {
    uint256 internal constant META = uint88(bytes11("nonos1.META"));

    bytes32 internal constant ENROLMENT_TYPEHASH =
        keccak256("Enrolment(bytes32 operator,address controller,uint256 predecessor,uint64 validUntil,uint32 seq)");
    bytes32 internal constant PUBLISHER_TYPEHASH = keccak256("PublisherRegistration(bytes32 key,address controller)");

    /// @dev What an operator's root key signs beside its leaf.
    function enrolmentDigest(
        OperatorId operator,
        address controller,
        uint256 predecessor,
        uint64 validUntil,
        uint32 seq
    ) internal view returns (bytes32) {
        return _digest(
            keccak256("NONOS Operators"),
            keccak256(abi.encode(ENROLMENT_TYPEHASH, operator, controller, predecessor, validUntil, seq))
        );
    }

    /// @dev What a publisher's key signs.
    function publisherDigest(bytes32 key, address controller) internal view returns (bytes32) {
        return _digest(keccak256("NONOS Publishers"), keccak256(abi.encode(PUBLISHER_TYPEHASH, key, controller)));
    }

    /// @dev P(META; keccak256(abi.encode(A, controller, registry, chain)) >> 8, validUntil * 2^32 + seq).
    function meta(OperatorId operator, address controller, uint64 validUntil, uint32 seq)
        internal
        view
        returns (uint256)
    {
        uint256 who = uint256(keccak256(abi.encode(operator, controller, address(this), block.chainid))) >> 8;
        return PoseidonTagged.hash([META, who, uint256(validUntil) << 32 | seq]);
    }

    /// @dev key_hi, key_lo, leaf, meta, digest_hi, digest_lo: halves of 16 bytes, big-endian, so below r.
    function instances(bytes32 key, uint256 leaf, uint256 meta_, bytes32 digest)
        internal
        pure
        returns (uint256[6] memory)
    {
        (uint256 k, uint256 d) = (uint256(key), uint256(digest));
        return [k >> 128, k & type(uint128).max, leaf, meta_, d >> 128, d & type(uint128).max];
    }

    /// @dev EIP-712, the domain being the caller on the present chain.
    function _digest(bytes32 name, bytes32 structHash) private view returns (bytes32) {
        return Eip712.digest(Eip712.domain(name, address(this)), structHash);
    }
}
