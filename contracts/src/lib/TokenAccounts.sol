// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAccounts} from "../interfaces/IAccounts.sol";

/// @title TokenAccounts: tokens into and out of a market
/// @dev Linked and called by delegatecall, like MarketRules. The caller must not be re-entrant here: a token that calls back could
///      have what arrives counted twice.
library TokenAccounts {
    using SafeERC20 for IERC20;

    /// @dev See IAccounts.depositToken.
    function deposit(
        mapping(IERC20 token => mapping(address account => uint256)) storage balances,
        IERC20 token,
        uint256 amount
    ) external {
        _requireToken(token);
        _pull(balances, token, amount);
    }

    /// @dev See IAccounts.depositTokenWithPermit.
    function depositWithPermit(
        mapping(IERC20 token => mapping(address account => uint256)) storage balances,
        IERC20 token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _requireToken(token);
        // Whoever sees the signature can use it up: what counts is the allowance that is there afterwards.
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _pull(balances, token, amount);
    }

    /// @dev Pays out what the caller of the market has been debited.
    function pay(IERC20 token, uint256 amount, address to) external {
        _requireToken(token);
        emit IAccounts.TokenWithdrawn(token, msg.sender, to, amount);
        token.safeTransfer(to, amount);
    }

    function _pull(
        mapping(IERC20 token => mapping(address account => uint256)) storage balances,
        IERC20 token,
        uint256 amount
    ) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = token.balanceOf(address(this)) - before;
        uint256 balance = balances[token][msg.sender] + arrived;
        // What locks and settlements add to it later is bounded, so none of them ever overflows.
        if (balance > type(uint128).max) revert IAccounts.BalanceTooLarge(token, msg.sender, balance);
        balances[token][msg.sender] = balance;
        emit IAccounts.TokenDeposited(token, msg.sender, arrived);
    }

    /// @dev Without code a transfer would seem to succeed.
    function _requireToken(IERC20 token) private view {
        if (address(token).code.length == 0) revert IAccounts.NotAToken(token);
    }
}
