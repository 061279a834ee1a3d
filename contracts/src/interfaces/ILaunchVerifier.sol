// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";

/// @title ILaunchVerifier: the immutable wrapper around one generated verifier
/// @notice The only contract that calls generated verifier code. It has no owner and no storage: what it accepts today it
///         accepts for ever. Stopping happens in the VerifierRouter, so that a stop cannot turn an honest leaf into a
///         slashable one.
interface ILaunchVerifier {
    /// @notice A key made with a developer setup (its trapdoor is public) was given for, or is asked for a verdict on, a
    ///         chain that is not a development chain.
    error DeveloperSetup(uint256 chainId, VerifierKey key);
    /// @notice There is no code at the generated verifier's address.
    error NoVerifierCode(address generated);
    /// @notice The verifier key is 0.
    error ZeroVerifierKey();
    /// @notice Too little gas for a verdict: a caller's gas limit must never read as "rejected".
    /// @param available Gas left when the check was made.
    /// @param required Gas that must be left then.
    error InsufficientGas(uint256 available, uint256 required);

    /// @notice Verifies a launch proof.
    /// @dev Reverts with InsufficientGas, and with DeveloperSetup outside development chains; every other failure of the
    ///      generated code, its reverts included, is false.
    /// @dev WARNING: "lack of gas is never a rejection" holds for every gas limit of a caller, and while a valid proof
    ///      costs less than `verificationGas` at the chain's prices (half of it at those of EIP-1108). A fork that more
    ///      than doubled the price of the BN254 precompiles would make this wrapper answer false to valid proofs, because
    ///      a precompile that runs out of gas looks like one that was given a bad point. It would accept nothing false.
    ///      Who slashes for a false answer must therefore make sure of the prices first, as the anchor's challenges do; the
    ///      key is then removed, and a wrapper with more gas goes under a new one.
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
