// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";

/// @dev Installs as their prover has them: a state for each place, and for each chunk the proof that TestVerifier takes when
///      told `Statement`. Everybody else has only what was made.
library InstallModel {
    /// @dev Stands for F(SPG; lanes, J, position, k).
    function state(uint256 leaf, uint256 position) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("sponge", leaf, position))) >> 8;
    }

    /// @dev Chunk `position` of a binary, and its proof.
    function chunk(uint256 leaf, uint256 position, bool more)
        internal
        pure
        returns (ICapsuleRegistry.InstallChunk memory)
    {
        uint256 next = state(leaf, position + 1);
        bytes memory proof = abi.encode(leaf, position, more ? uint256(1) : 0, state(leaf, position), next);
        return ICapsuleRegistry.InstallChunk(next, proof);
    }

    /// @dev `count` chunks from `from` on, the last of them the binary's if it is `complete`.
    function part(uint256 leaf, uint64 from, uint256 count, bool complete)
        internal
        pure
        returns (ICapsuleRegistry.InstallProof memory proof)
    {
        ICapsuleRegistry.InstallChunk[] memory chunks = new ICapsuleRegistry.InstallChunk[](count);
        for (uint256 i; i < count; ++i) {
            chunks[i] = chunk(leaf, from + i, !complete || i + 1 < count);
        }
        return ICapsuleRegistry.InstallProof(InstallLeaf.wrap(leaf), from, state(leaf, from), complete, chunks);
    }

    /// @dev A binary of `count` chunks.
    function whole(uint256 leaf, uint256 count) internal pure returns (ICapsuleRegistry.InstallProof memory) {
        return part(leaf, 0, count, true);
    }

    function list(ICapsuleRegistry.InstallProof memory only)
        internal
        pure
        returns (ICapsuleRegistry.InstallProof[] memory proofs)
    {
        proofs = new ICapsuleRegistry.InstallProof[](1);
        proofs[0] = only;
    }

    function list(ICapsuleRegistry.InstallProof memory first, ICapsuleRegistry.InstallProof memory second)
        internal
        pure
        returns (ICapsuleRegistry.InstallProof[] memory proofs)
    {
        proofs = new ICapsuleRegistry.InstallProof[](2);
        (proofs[0], proofs[1]) = (first, second);
    }
}
