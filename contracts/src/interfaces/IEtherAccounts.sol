// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title IEtherAccounts: the balances of a market, in ether
/// @notice What an account deposits it can withdraw, but for what the market's rules set aside. Balances are pulled: nobody is
///         paid but by its own withdrawal.
interface IEtherAccounts {
    /// @notice An account put ether in.
    event Deposited(address indexed account, uint256 amount);
    /// @notice An account took ether out.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice The account has less than this needs. `token` is 0 for ether.
    error InsufficientBalance(address token, address account, uint256 balance, uint256 needed);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A withdrawal to nobody.
    error ZeroRecipient();

    /// @notice Adds the value sent to the caller's balance.
    function deposit() external payable;

    /// @notice Pays `amount` of the caller's ether out to `to`. Always possible for what is not set aside.
    function withdraw(uint256 amount, address payable to) external;

    /// @notice Ether that an account can withdraw, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Ether that was burned, in wei. It stays here for good, and belongs to nobody.
    function burned() external view returns (uint256);
}
