// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBonds} from "../interfaces/IBonds.sol";

/// @title Bonds
/// @notice See IBonds.
abstract contract Bonds is IBonds {
    /// @dev One slot. All ether that exists fits 128 bits many times over.
    struct Account {
        uint128 free;
        uint128 locked;
    }

    mapping(address account => Account) private accounts;
    uint128 private burnedTotal;

    /// @inheritdoc IBonds
    function depositBond() external payable {
        if (msg.value == 0) revert NothingDeposited();
        _credit(msg.sender, msg.value);
        emit BondDeposited(msg.sender, msg.value);
    }

    /// @inheritdoc IBonds
    function withdrawBond(uint256 amount, address payable to) external {
        if (to == address(0)) revert ZeroRecipient();
        Account storage account = accounts[msg.sender];
        uint256 free = account.free;
        if (amount > free) revert FreeBondTooSmall(msg.sender, free, amount);
        account.free = uint128(free - amount);
        emit BondWithdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert BondPaymentFailed(to, amount);
    }

    /// @inheritdoc IBonds
    function bondOf(address account) external view returns (uint256 free, uint256 locked) {
        Account storage a = accounts[account];
        return (a.free, a.locked);
    }

    /// @inheritdoc IBonds
    function burned() external view returns (uint256) {
        return burnedTotal;
    }

    /// @dev Adds to a free part what is already in this contract and belonged to nobody else.
    function _credit(address account, uint256 amount) internal {
        accounts[account].free += uint128(amount);
    }

    /// @dev Free to locked.
    function _lock(address account, uint256 amount) internal {
        Account memory a = accounts[account];
        if (a.free < amount) revert FreeBondTooSmall(account, a.free, amount);
        accounts[account] = Account(a.free - uint128(amount), a.locked + uint128(amount));
    }

    /// @dev Locked to free.
    function _unlock(address account, uint256 amount) internal {
        Account memory a = accounts[account];
        accounts[account] = Account(a.free + uint128(amount), a.locked - uint128(amount));
    }

    /// @dev Takes a locked amount: half, rounded up, is burned, the rest is credited to `to`.
    function _slash(address account, uint256 amount, address to) internal returns (uint256 reward, uint256 burnt) {
        reward = amount / 2;
        burnt = amount - reward;
        accounts[account].locked -= uint128(amount);
        burnedTotal += uint128(burnt);
        _credit(to, reward);
    }
}
