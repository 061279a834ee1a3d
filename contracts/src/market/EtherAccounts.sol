// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../interfaces/IEtherAccounts.sol";

/// @title EtherAccounts
/// @notice See IEtherAccounts.
abstract contract EtherAccounts is IEtherAccounts {
    /// @inheritdoc IEtherAccounts
    uint256 public burned;
    /// @inheritdoc IEtherAccounts
    mapping(address account => uint256) public balanceOf;

    /// @inheritdoc IEtherAccounts
    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc IEtherAccounts
    function withdraw(uint256 amount, address payable to) external {
        if (to == address(0)) revert ZeroRecipient();
        _take(balanceOf, address(0), msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed(to, amount);
    }

    /// @dev Takes an amount from one of the balances in a token, 0 for ether.
    function _take(mapping(address account => uint256) storage balances, address token, address account, uint256 amount)
        internal
    {
        uint256 balance = balances[account];
        if (balance < amount) revert InsufficientBalance(token, account, balance, amount);
        unchecked {
            balances[account] = balance - amount;
        }
    }
}
