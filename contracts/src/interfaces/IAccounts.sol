// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IAccounts: the balances of a market, in ether and in any ERC-20
/// @notice What an account deposits it can withdraw, but for what the market's rules set aside. Each token has books of its own:
///         a token that lies, rebases, takes a fee or refuses to be moved harms nobody but who holds it. What is credited for a
///         deposit is what arrived.
/// @dev WARNING: a market cannot make a token honest. If its balances shrink by themselves, or it does not let the market pay,
///      the last to withdraw that token get nothing.
interface IAccounts {
    /// @notice An account put ether in.
    event Deposited(address indexed account, uint256 amount);
    /// @notice An account took ether out.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice An account put a token in; `amount` is what arrived.
    event TokenDeposited(IERC20 indexed token, address indexed account, uint256 amount);
    /// @notice An account took a token out.
    event TokenWithdrawn(IERC20 indexed token, address indexed account, address indexed to, uint256 amount);

    /// @notice The account has less than this needs. `token` is 0 for ether.
    error InsufficientBalance(address token, address account, uint256 balance, uint256 needed);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A withdrawal to nobody.
    error ZeroRecipient();
    /// @notice A deposit would bring a balance above 2^128 - 1, which no honest token has.
    error BalanceTooLarge(IERC20 token, address account, uint256 balance);
    /// @notice Nothing is deployed at the token's address.
    error NotAToken(IERC20 token);

    /// @notice Adds the value sent to the caller's balance.
    function deposit() external payable;

    /// @notice Takes `amount` of a token from the caller, who approved it, and credits what arrived.
    function depositToken(IERC20 token, uint256 amount) external;

    /// @notice As `depositToken`, with the approval as an ERC-2612 signature. If somebody else used that up before, an approval
    ///         that stands serves as well.
    function depositTokenWithPermit(IERC20 token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Pays `amount` of the caller's ether out to `to`. Always possible for what is not set aside.
    function withdraw(uint256 amount, address payable to) external;

    /// @notice Pays `amount` of the caller's balance in a token out to `to`.
    function withdrawToken(IERC20 token, uint256 amount, address to) external;

    /// @notice Ether that an account can withdraw, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice What an account can withdraw of a token, in its smallest unit.
    function tokenBalanceOf(IERC20 token, address account) external view returns (uint256);

    /// @notice Ether that was burned, in wei: protocol fees, and parts of the collateral of defaults. It stays here for good.
    function burned() external view returns (uint256);

    /// @notice What was burned of a token. It stays here for good.
    function tokenBurned(IERC20 token) external view returns (uint256);
}
