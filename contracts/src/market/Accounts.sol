// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {TokenAccounts} from "../lib/TokenAccounts.sol";

/// @title Accounts
/// @notice See IAccounts.
abstract contract Accounts is IAccounts, ReentrancyGuardTransient {
    /// @inheritdoc IAccounts
    uint256 public burned;
    /// @inheritdoc IAccounts
    mapping(address account => uint256) public balanceOf;
    /// @inheritdoc IAccounts
    mapping(IERC20 token => uint256) public tokenBurned;
    /// @inheritdoc IAccounts
    mapping(IERC20 token => mapping(address account => uint256)) public tokenBalanceOf;

    /// @inheritdoc IAccounts
    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    /// @inheritdoc IAccounts
    function depositToken(IERC20 token, uint256 amount) external nonReentrant {
        TokenAccounts.deposit(tokenBalanceOf, token, amount);
    }

    /// @inheritdoc IAccounts
    function depositTokenWithPermit(IERC20 token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        TokenAccounts.depositWithPermit(tokenBalanceOf, token, amount, deadline, v, r, s);
    }

    /// @inheritdoc IAccounts
    function withdraw(uint256 amount, address payable to) external {
        if (to == address(0)) revert ZeroRecipient();
        _debit(address(0), msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed(to, amount);
    }

    /// @inheritdoc IAccounts
    function withdrawToken(IERC20 token, uint256 amount, address to) external nonReentrant {
        if (to == address(0)) revert ZeroRecipient();
        _debit(address(token), msg.sender, amount);
        TokenAccounts.pay(token, amount, to);
    }

    /// @dev Adds to a balance what is in this contract already and belonged to nobody else. `token` is 0 for ether.
    function _credit(address token, address account, uint256 amount) internal {
        if (token == address(0)) balanceOf[account] += amount;
        else tokenBalanceOf[IERC20(token)][account] += amount;
    }

    function _debit(address token, address account, uint256 amount) internal {
        uint256 balance = token == address(0) ? balanceOf[account] : tokenBalanceOf[IERC20(token)][account];
        if (balance < amount) revert InsufficientBalance(token, account, balance, amount);
        unchecked {
            balance -= amount;
        }
        if (token == address(0)) balanceOf[account] = balance;
        else tokenBalanceOf[IERC20(token)][account] = balance;
    }

    function _burn(address token, uint256 amount) internal {
        if (amount == 0) return;
        if (token == address(0)) burned += amount;
        else tokenBurned[IERC20(token)] += amount;
    }
}
