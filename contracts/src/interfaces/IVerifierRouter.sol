// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";
import {ILaunchVerifier} from "./ILaunchVerifier.sol";
import {IOwned} from "./IOwned.sol";

/// @title IVerifierRouter: which verifier answers for which key
/// @notice Every change goes one way: a key goes from unset to in use to removed, the router from running to stopped.
///         A removed key is a permanent tombstone. A verifier under a key is never exchanged, so a receipt that names a
///         key names the code that judges it.
interface IVerifierRouter is IOwned {
    /// @notice A key went into use.
    event VerifierAdded(VerifierKey indexed key, ILaunchVerifier verifier);
    /// @notice A key was removed for good.
    event VerifierRemoved(VerifierKey indexed key, address by);
    /// @notice The router was stopped for good.
    event RouterStopped(address by);

    /// @notice No verifier was ever added under this key.
    error KeyUnset(VerifierKey key);
    /// @notice A verifier is already in use under this key.
    error KeyInUse(VerifierKey key, ILaunchVerifier verifier);
    /// @notice The key was removed and never comes back.
    error KeyRemoved(VerifierKey key);
    /// @notice The router was stopped and never starts again.
    error Stopped();

    /// @notice Puts a verifier into use under the key that it answers for. Owner only.
    function add(ILaunchVerifier verifier) external;

    /// @notice Removes a key for good. Owner or guardian.
    /// @dev A key that was never in use can be removed too: that bars it before anybody adds it.
    function remove(VerifierKey key) external;

    /// @notice Stops the router for good: no key resolves any more. Owner or guardian.
    function stop() external;

    /// @notice The verifier in use under `key`; reverts with Stopped, KeyRemoved or KeyUnset otherwise.
    function resolve(VerifierKey key) external view returns (ILaunchVerifier);

    /// @notice The verifier that is, or ever was, in use under `key`; 0 if there never was one. Removing the key or stopping
    ///         the router does not change it: what was anchored under a key is judged by its wrapper for ever.
    function wrapperOf(VerifierKey key) external view returns (ILaunchVerifier);

    /// @notice Unix seconds of the block that stopped the router; 0 while it runs.
    function stoppedAt() external view returns (uint64);

    /// @notice Whether the router was stopped.
    function stopped() external view returns (bool);

    /// @notice Whether the key was removed.
    function removed(VerifierKey key) external view returns (bool);
}
