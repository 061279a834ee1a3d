// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CapsuleLeaf, PublisherId} from "../types/Ids.sol";
import {PoseidonTagged} from "./PoseidonTagged.sol";

/// @title CapsuleHash: the leaves of a catalog, from published data
/// @dev A capsule leaf takes seven permutations, a publisher leaf one. Tags are the ASCII bytes of the name as a big-endian integer; the tag of the five-word
///      policy hash carries the count 5 as a last raw byte.
library CapsuleHash {
    uint256 internal constant POL = uint88(bytes11("nonos1.POL\x05"));
    uint256 internal constant DIG = uint80(bytes10("nonos1.DIG"));
    uint256 internal constant MAN = uint80(bytes10("nonos1.MAN"));
    uint256 internal constant CAP = uint80(bytes10("nonos1.CAP"));
    uint256 internal constant PUB = uint80(bytes10("nonos1.PUB"));

    /// @dev F(POL; w0..w4).
    function policyHash(uint256[5] memory w) internal pure returns (uint256 hash) {
        hash = PoseidonTagged.hash([POL, w[0], w[1]]);
        for (uint256 i = 2; i < 5; ++i) {
            hash = PoseidonTagged.hash([POL, hash, w[i]]);
        }
    }

    /// @dev P(PUB; id_hi, id_lo): the first leaf of every catalog. Its tag is its own, so it is never a capsule's.
    function publisherLeaf(PublisherId publisher) internal pure returns (uint256) {
        uint256 id = uint256(PublisherId.unwrap(publisher));
        return PoseidonTagged.hash([PUB, id >> 128, id & type(uint128).max]);
    }

    /// @dev P(CAP; P(DIG; C_hi, C_lo), P(MAN; policyHash, manifestDigest >> 8)).
    function leaf(bytes32 commitment, bytes32 manifestDigest, uint256[5] memory policy)
        internal
        pure
        returns (CapsuleLeaf)
    {
        uint256 c = uint256(commitment);
        uint256 digest = PoseidonTagged.hash([DIG, c >> 128, c & type(uint128).max]);
        uint256 manifest = PoseidonTagged.hash([MAN, policyHash(policy), uint256(manifestDigest) >> 8]);
        return CapsuleLeaf.wrap(PoseidonTagged.hash([CAP, digest, manifest]));
    }
}
