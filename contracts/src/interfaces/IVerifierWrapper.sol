// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";

/// @title IVerifierWrapper: what the immutable wrapper around one generated verifier has whatever its circuit
/// @notice Wrappers are the only contracts that call generated verifier code. They have no owner and no storage: what one
///         accepts today it accepts for ever. Each circuit's wrapper adds `verify`, with as many instances as the circuit
///         has; what is said here of verdicts holds for all of them.
/// @dev `verify` reverts with InsufficientGas, and with DeveloperSetup outside development chains; every other failure of
///      the generated code, its reverts included, is false.
/// @dev WARNING: "lack of gas is never a rejection" holds for every gas limit of a caller, and while a valid proof costs
///      less than `verificationGas` at the chain's prices (half of it at those of EIP-1108). A fork that more than doubled
///      the price of the BN254 precompiles would make a wrapper answer false to valid proofs, because a precompile that
///      runs out of gas looks like one that was given a bad point. It would accept nothing false.
interface IVerifierWrapper {
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

    /// @notice H(verifying key, SRS hash) of the circuit behind this wrapper.
    function verifierKey() external view returns (VerifierKey);

    /// @notice The generated contract: calldata `instances ‖ proof`, returns the word 1 or reverts.
    function generated() external view returns (address);

    /// @notice Whether the key was made with a developer setup.
    function developerSetup() external view returns (bool);

    /// @notice Gas that is forwarded to the generated contract.
    function verificationGas() external view returns (uint256);
}
