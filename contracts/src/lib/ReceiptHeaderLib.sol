// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Nullifier, ReceiptDigest, VerifierKey} from "../types/Ids.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {Eip712} from "./Eip712.sol";
import {FIELD_MODULUS, requireFieldElement} from "./Field.sol";

/// @title ReceiptHeaderLib: digest, canonical form and public instances of a receipt header
library ReceiptHeaderLib {
    /// @dev The one schema that this anchor reads.
    uint16 internal constant SCHEMA = 1;
    /// @dev Bits of `flags` that have a meaning.
    uint8 internal constant KNOWN_FLAGS = 3;
    /// @dev Length of an epoch in seconds.
    uint64 internal constant EPOCH = 3600;
    /// @dev 0 none, 1 tor, 2 anon, 3 anyone.
    uint8 internal constant LAST_ONION_NETWORK = 3;

    bytes32 internal constant TYPEHASH = keccak256(
        "ReceiptHeader(uint16 schema,bytes32 verifierKey,uint8 flags,uint256 capsuleTag,uint256 catalogRoot,uint256 operatorTag,uint256 operatorRoot,uint256 installRoot,uint256 stateTag,uint256 nullifier,bytes32 executionKey,uint8 onionNetwork,bytes32 onionKey,uint64 launchedAt,uint64 notBeforeBlock,bytes32 notBeforeHash,bytes32 requestId,address payee,bytes32 inputHash,bytes32 outputHash,bytes32 disclosures)"
    );

    /// @notice The header has another schema than this anchor reads.
    error UnknownSchema(uint16 schema, uint16 known);
    /// @notice A flag is set that this anchor does not know.
    error UnknownFlags(uint8 flags, uint8 known);

    /// @notice The onion network is none that this anchor knows.
    error UnknownOnionNetwork(uint8 network, uint8 last);
    /// @notice Network 0 goes with key 0, every other network with a key.
    error OnionKeyMismatch(uint8 network, bytes32 key);

    /// @dev Domain separator of `anchor` on the present chain.
    function domainSeparator(address anchor) internal view returns (bytes32) {
        return Eip712.domain(keccak256("NONOS Receipt"), anchor);
    }

    /// @dev EIP-712 digest under `anchor` on the present chain. Every member is a value type, so the encoding of the
    ///      struct is its members in order.
    function digest(ReceiptHeader calldata header, address anchor) internal view returns (ReceiptDigest) {
        bytes32 structHash = keccak256(abi.encode(TYPEHASH, header));
        return ReceiptDigest.wrap(Eip712.digest(domainSeparator(anchor), structHash));
    }

    /// @dev Reverts unless the header is one that every node accepts too: schema, flags and onion network known, field
    ///      elements canonical.
    function requireCanonical(ReceiptHeader calldata header) internal pure {
        if (header.schema != SCHEMA) revert UnknownSchema(header.schema, SCHEMA);
        if (header.flags > KNOWN_FLAGS) revert UnknownFlags(header.flags, KNOWN_FLAGS);
        if (header.onionNetwork > LAST_ONION_NETWORK) {
            revert UnknownOnionNetwork(header.onionNetwork, LAST_ONION_NETWORK);
        }
        if ((header.onionNetwork == 0) != (header.onionKey == 0)) {
            revert OnionKeyMismatch(header.onionNetwork, header.onionKey);
        }
        requireFieldElement("capsuleTag", header.capsuleTag);
        requireFieldElement("catalogRoot", header.catalogRoot);
        requireFieldElement("operatorTag", header.operatorTag);
        requireFieldElement("operatorRoot", header.operatorRoot);
        requireFieldElement("installRoot", header.installRoot);
        requireFieldElement("stateTag", header.stateTag);
        requireFieldElement("nullifier", Nullifier.unwrap(header.nullifier));
    }

    /// @dev Whether `requireCanonical` would not revert.
    function isCanonical(ReceiptHeader calldata header) internal pure returns (bool canonical) {
        canonical = header.schema == SCHEMA && header.flags <= KNOWN_FLAGS && header.onionNetwork <= LAST_ONION_NETWORK
            && (header.onionNetwork == 0) == (header.onionKey == 0);
        uint256 r = FIELD_MODULUS;
        // The seven field elements, capsuleTag to nullifier, are words 3 to 9.
        assembly ("memory-safe") {
            for { let i := 0x60 } lt(i, 0x140) { i := add(i, 0x20) } {
                canonical := and(canonical, lt(calldataload(add(header, i)), r))
            }
        }
    }

    /// @dev The launch circuit's public instances, from the header and its digest alone.
    function instances(ReceiptHeader calldata header, ReceiptDigest headerDigest)
        internal
        pure
        returns (uint256[10] memory)
    {
        return [
            uint256(ReceiptDigest.unwrap(headerDigest)) % FIELD_MODULUS,
            header.catalogRoot,
            header.capsuleTag,
            header.operatorRoot,
            header.operatorTag,
            header.installRoot,
            header.stateTag,
            uint256(header.launchedAt / EPOCH),
            Nullifier.unwrap(header.nullifier),
            uint256(header.flags)
        ];
    }
}
