// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";
import {TokenAccounts} from "../lib/TokenAccounts.sol";
import {EtherAccounts} from "./EtherAccounts.sol";

/// @title Accounts
/// @notice See IAccounts.
abstract contract Accounts is EtherAccounts, IAccounts, ReentrancyGuardTransient {
    /// @inheritdoc IAccounts
    mapping(IERC20 token => uint256) public tokenBurned;
    /// @inheritdoc IAccounts
    mapping(IERC20 token => mapping(address account => uint256)) public tokenBalanceOf;

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
    function withdrawToken(IERC20 token, uint256 amount, address to) external nonReentrant {
        if (to == address(0)) revert ZeroRecipient();
        _debit(address(token), msg.sender, amount);
        TokenAccounts.pay(token, amount, to);
    }

    /// @dev Adds to a balance what is in this contract already and belonged to nobody else. `token` is 0 for ether.
    function _credit(address token, address account, uint256 amount) internal {
        _balances(token)[account] += amount;
    }

    function _debit(address token, address account, uint256 amount) internal {
        _take(_balances(token), token, account, amount);
    }

    function _burn(address token, uint256 amount) internal {
        if (amount == 0) return;
        if (token == address(0)) burned += amount;
        else tokenBurned[IERC20(token)] += amount;
    }

    function _balances(address token) private view returns (mapping(address account => uint256) storage) {
        return token == address(0) ? balanceOf : tokenBalanceOf[IERC20(token)];
    }
}
