// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {PoseidonTagged} from "../../src/poseidon/PoseidonTagged.sol";
import {IdentityLeaf, OperatorId} from "../../src/types/Ids.sol";

/// @dev What enrolment proofs are about, written out from the strings of the specification for any chain and registry, and
///      the proofs of it that TestVerifier takes when told `Statement`: whoever holds a root key can make one for anything,
///      everybody else has only what was made.
library Statement {
    function digest(string memory name, uint256 chain, address registry, bytes32 structHash)
        private
        pure
        returns (bytes32)
    {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(domainType, keccak256(bytes(name)), keccak256("1"), chain, registry));
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }

    function words(bytes32 key, uint256 leaf, uint256 meta, bytes32 hash) private pure returns (bytes memory) {
        return abi.encode(
            uint128(bytes16(key)), uint128(uint256(key)), leaf, meta, uint128(bytes16(hash)), uint128(uint256(hash))
        );
    }

    /// @dev The six instances of an enrolment for `registry` on `e.chainId`, and the double's proof of it.
    function enrolment(IOperatorRegistry.Enrolment memory e, uint256 predecessor, address registry)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 id = OperatorId.unwrap(e.operator);
        string memory typed =
            "Enrolment(bytes32 operator,address controller,uint256 predecessor,uint64 validUntil,uint32 seq)";
        bytes32 structHash =
            keccak256(abi.encode(keccak256(bytes(typed)), id, e.controller, predecessor, e.validUntil, e.seq));
        uint256 who = uint256(keccak256(abi.encode(id, e.controller, registry, e.chainId))) / 256;
        uint256 tag = uint256(uint88(bytes11("nonos1.META")));
        uint256 meta = PoseidonTagged.hash([tag, who, uint256(e.validUntil) * 2 ** 32 + e.seq]);
        bytes32 hash = digest("NONOS Operators", e.chainId, registry, structHash);
        return words(id, IdentityLeaf.unwrap(e.leaf), meta, hash);
    }

    /// @dev The six instances of a publisher's registration, and the double's proof of it.
    function publisher(bytes32 key, address controller, uint256 leaf, uint256 chain, address registry)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 typehash = keccak256("PublisherRegistration(bytes32 key,address controller)");
        bytes32 structHash = keccak256(abi.encode(typehash, key, controller));
        return words(key, leaf, 0, digest("NONOS Publishers", chain, registry, structHash));
    }
}
