// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierWrapper} from "./IVerifierWrapper.sol";

/// @title ILaunchVerifier: the immutable wrapper around one generated verifier of launches
/// @notice Stopping happens in the VerifierRouter, so that a stop cannot turn an honest leaf into a slashable one.
interface ILaunchVerifier is IVerifierWrapper {
    /// @notice Verifies a launch proof.
    /// @dev WARNING: who slashes for a false answer must make sure of the prices of the precompiles first (see
    ///      IVerifierWrapper), as the anchor's challenges do; if they rose, the key is removed, and a wrapper with more gas
    ///      goes under a new one.
    /// @param proof SHPLONK proof bytes; any other length than the circuit's is rejected.
    /// @param instances Public instances in circuit order; values not below r are rejected.
    /// @return Whether the proof is valid.
    function verify(bytes calldata proof, uint256[10] calldata instances) external view returns (bool);
}
