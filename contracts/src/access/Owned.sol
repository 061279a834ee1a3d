// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOwned} from "../interfaces/IOwned.sol";

/// @title Owned
/// @notice See IOwned.
abstract contract Owned is IOwned {
    /// @inheritdoc IOwned
    address public owner;
    /// @inheritdoc IOwned
    address public successor;
    /// @inheritdoc IOwned
    address public immutable guardian;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _;
    }

    modifier onlyOwnerOrGuardian() {
        if (msg.sender != owner && msg.sender != guardian) revert NotGuardian(msg.sender, guardian);
        _;
    }

    constructor(address owner_, address guardian_) {
        if (owner_ == address(0)) revert ZeroOwner();
        owner = owner_;
        guardian = guardian_;
        emit OwnerChanged(address(0), owner_);
    }

    /// @inheritdoc IOwned
    function offerOwnership(address to) external onlyOwner {
        successor = to;
        emit OwnershipOffered(msg.sender, to);
    }

    /// @inheritdoc IOwned
    function acceptOwnership() external {
        if (msg.sender != successor) revert NotSuccessor(msg.sender, successor);
        _setOwner(msg.sender);
    }

    /// @inheritdoc IOwned
    function renounceOwnership() external onlyOwner {
        _setOwner(address(0));
    }

    function _setOwner(address to) private {
        address previous = owner;
        owner = to;
        delete successor;
        emit OwnerChanged(previous, to);
    }
}
