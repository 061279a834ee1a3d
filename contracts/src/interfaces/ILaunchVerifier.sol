// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";

/// @title ILaunchVerifier: the immutable wrapper around one generated verifier
/// @notice The only contract that calls generated verifier code. It has no owner and no storage: what it accepts today it
///         accepts for ever. Stopping happens in the VerifierRouter, so that a stop cannot turn an honest leaf into a
///         slashable one.
interface ILaunchVerifier {
    /// @notice A key made with a developer setup (its trapdoor is public) was given for a chain that is not a
    ///         development chain.
    error DeveloperSetup(uint256 chainId, VerifierKey key);
    /// @notice There is no code at the generated verifier's address.
    error NoVerifierCode(address generated);
    /// @notice The verifier key is 0.
    error ZeroVerifierKey();
    /// @notice Too little gas for a verdict. Running out of gas must never read as "rejected".
    /// @param available Gas left when the check was made.
    /// @param required Gas that must be left then.
    error InsufficientGas(uint256 available, uint256 required);

    /// @notice Verifies a launch proof.
    /// @dev Reverts only with InsufficientGas; every other failure of the generated code, its reverts included, is false.
    /// @param proof SHPLONK proof bytes; any other length than the circuit's is rejected.
    /// @param instances Public instances in circuit order; values not below r are rejected.
    /// @return Whether the proof is valid.
    function verify(bytes calldata proof, uint256[10] calldata instances) external view returns (bool);

    /// @notice H(verifying key, SRS hash) of the circuit behind this wrapper.
    function verifierKey() external view returns (VerifierKey);

    /// @notice The generated contract: calldata `instances ‖ proof`, returns the word 1 or reverts.
    function generated() external view returns (address);

    /// @notice Whether the key was made with a developer setup.
    function developerSetup() external view returns (bool);

    /// @notice Gas that is forwarded to the generated contract.
    function verificationGas() external view returns (uint256);
}
