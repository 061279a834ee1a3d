// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierWrapper} from "./IVerifierWrapper.sol";

/// @title IInstallVerifier: the immutable wrapper around one generated verifier of install chunks
/// @notice What a valid proof says: whoever made it knows k and a capsule leaf L with J = P(INST; k, L), and a chunk of
///         the padded message (36 blocks of 72 bytes, at position 0 also fewer) that takes the SHA3-512 sponge from the
///         state behind `state in` to the one behind `state out`; at position 0 from the empty sponge, whatever `state in`
///         is. With more = 0 the chunk is the last: it ends as the hash wants it, and the digest is the one that L commits
///         to; `state out` is of no account. A state is F(SPG; lanes, J, position of the chunk that comes next, k): it
///         tells nobody the lanes, and serves this install, at this place, alone.
/// @dev One chunk says little. A chain of chunks of one J, at positions 0, 1, .., each beginning with the state in which the
///      one before ended, and more = 0 in the last alone, says that the prover holds the capsule's binary. The capsule
///      registry makes the chain.
/// @dev No key of this circuit goes through the router: a registry is bound to one verifier for good. A false answer to a
///      valid proof costs the sender its gas and nobody anything else.
interface IInstallVerifier is IVerifierWrapper {
    /// @notice Verifies the proof of one chunk.
    /// @param proof SHPLONK proof bytes; any other length than the circuit's is rejected.
    /// @param instances J, position, more, state in, state out; values not below r are rejected.
    /// @return Whether the proof is valid.
    function verify(bytes calldata proof, uint256[5] calldata instances) external view returns (bool);
}
