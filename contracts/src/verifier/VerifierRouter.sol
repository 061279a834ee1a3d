// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Owned} from "../access/Owned.sol";
import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";
import {VerifierKey} from "../types/Ids.sol";

/// @title VerifierRouter
/// @notice See IVerifierRouter.
contract VerifierRouter is IVerifierRouter, Owned {
    /// @inheritdoc IVerifierRouter
    mapping(VerifierKey key => ILaunchVerifier) public wrapperOf;
    /// @inheritdoc IVerifierRouter
    mapping(VerifierKey key => bool) public removed;
    /// @inheritdoc IVerifierRouter
    uint64 public stoppedAt;

    /// @param owner_ First owner; not 0. Nothing is offered to anybody else.
    /// @param guardian_ Who may stop besides the owner; 0 for nobody.
    /// @param initial Verifiers in use from the start, so that the deploying account never has to own the router.
    constructor(address owner_, address guardian_, ILaunchVerifier[] memory initial) Owned(owner_, guardian_) {
        for (uint256 i; i < initial.length; ++i) {
            _add(initial[i]);
        }
    }

    /// @inheritdoc IVerifierRouter
    function add(ILaunchVerifier verifier) external onlyOwner {
        _add(verifier);
    }

    /// @inheritdoc IVerifierRouter
    function remove(VerifierKey key) external onlyOwnerOrGuardian {
        if (removed[key]) revert KeyRemoved(key);
        removed[key] = true;
        emit VerifierRemoved(key, msg.sender);
    }

    /// @inheritdoc IVerifierRouter
    function stop() external onlyOwnerOrGuardian {
        if (stopped()) revert Stopped();
        stoppedAt = uint64(block.timestamp);
        emit RouterStopped(msg.sender);
    }

    /// @inheritdoc IVerifierRouter
    function resolve(VerifierKey key) external view returns (ILaunchVerifier verifier) {
        if (stopped()) revert Stopped();
        if (removed[key]) revert KeyRemoved(key);
        verifier = wrapperOf[key];
        if (address(verifier) == address(0)) revert KeyUnset(key);
    }

    /// @inheritdoc IVerifierRouter
    function stopped() public view returns (bool) {
        return stoppedAt != 0;
    }

    function _add(ILaunchVerifier verifier) private {
        VerifierKey key = verifier.verifierKey();
        if (stopped()) revert Stopped();
        if (removed[key]) revert KeyRemoved(key);
        if (address(wrapperOf[key]) != address(0)) revert KeyInUse(key, wrapperOf[key]);
        wrapperOf[key] = verifier;
        emit VerifierAdded(key, verifier);
    }
}
