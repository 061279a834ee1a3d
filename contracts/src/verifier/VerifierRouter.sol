// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Owned} from "../access/Owned.sol";
import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {VerifierKey} from "../types/Ids.sol";

/// @title VerifierRouter
/// @notice See IVerifierRouter.
contract VerifierRouter is IVerifierRouter, Owned {
    mapping(VerifierKey key => ILaunchVerifier) private verifiers;
    /// @inheritdoc IVerifierRouter
    mapping(VerifierKey key => bool) public removed;
    /// @inheritdoc IVerifierRouter
    bool public stopped;

    constructor(address owner_, address guardian_) Owned(owner_, guardian_) {}

    /// @inheritdoc IVerifierRouter
    function add(ILaunchVerifier verifier) external onlyOwner {
        VerifierKey key = verifier.verifierKey();
        if (stopped) revert Stopped();
        if (removed[key]) revert KeyRemoved(key);
        if (address(verifiers[key]) != address(0)) revert KeyInUse(key, verifiers[key]);
        verifiers[key] = verifier;
        emit VerifierAdded(key, verifier);
    }

    /// @inheritdoc IVerifierRouter
    function remove(VerifierKey key) external onlyOwnerOrGuardian {
        if (removed[key]) revert KeyRemoved(key);
        removed[key] = true;
        delete verifiers[key];
        emit VerifierRemoved(key, msg.sender);
    }

    /// @inheritdoc IVerifierRouter
    function stop() external onlyOwnerOrGuardian {
        if (stopped) revert Stopped();
        stopped = true;
        emit RouterStopped(msg.sender);
    }

    /// @inheritdoc IVerifierRouter
    function resolve(VerifierKey key) external view returns (ILaunchVerifier verifier) {
        if (stopped) revert Stopped();
        if (removed[key]) revert KeyRemoved(key);
        verifier = verifiers[key];
        if (address(verifier) == address(0)) revert KeyUnset(key);
    }
}
