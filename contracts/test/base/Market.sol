// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {CapsuleLeaf, OperatorId, PublisherId, VerifierKey} from "../../src/types/Ids.sol";
import {Offer, ProofRequest} from "../../src/types/ProofRequest.sol";

/// @dev Requests and batches for tests.
library Market {
    /// @dev 0.1 to 0.2 ether over ten minutes, an hour to lock, two to serve.
    function request(address requester, address anchor, VerifierKey key, PublisherId publisher, CapsuleLeaf capsule)
        internal
        pure
        returns (ProofRequest memory r)
    {
        r.requester = requester;
        r.anchor = anchor;
        r.verifierKey = key;
        r.publisherId = publisher;
        r.capsuleLeaf = capsule;
        r.inputHash = keccak256("input");
        r.inputLocatorHash = keccak256("locator");
        r.offer = Offer({
            minPrice: 0.1 ether, maxPrice: 0.2 ether, rampStart: 0, rampLength: 600, lockTimeout: 3600, timeout: 7200
        });
        r.baseCollateral = 0.1 ether;
        r.relayFee = 0.001 ether;
        r.maxProtocolFeeBps = 1000;
    }

    /// @dev RFC 9162 tree of two leaves.
    function batch(address relayer, bytes32 first, bytes32 second) internal pure returns (BatchRef memory) {
        bytes32 root = keccak256(abi.encodePacked(bytes1(0x01), first, second));
        return BatchRef(relayer, root, 2, keccak256(abi.encodePacked(first, second)));
    }

    function idOf(BatchRef memory b) internal pure returns (bytes32) {
        return keccak256(abi.encode(b.relayer, b.root, b.size, b.dataCommitment));
    }
}
