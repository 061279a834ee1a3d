// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEtherAccounts} from "./IEtherAccounts.sol";

/// @title IAccounts: the balances of a market, in ether and in any ERC-20
/// @notice Ether as in IEtherAccounts, and tokens likewise. Each token has books of its own:
///         a token that lies, rebases, takes a fee or refuses to be moved harms nobody but who holds it. What is credited for a
///         deposit is what arrived.
/// @dev WARNING: a market cannot make a token honest. If its balances shrink by themselves, or it does not let the market pay,
///      the last to withdraw that token get nothing.
interface IAccounts is IEtherAccounts {
    /// @notice An account put a token in; `amount` is what arrived.
    event TokenDeposited(IERC20 indexed token, address indexed account, uint256 amount);
    /// @notice An account took a token out.
    event TokenWithdrawn(IERC20 indexed token, address indexed account, address indexed to, uint256 amount);

    /// @notice A deposit would bring a balance above 2^128 - 1, which no honest token has.
    error BalanceTooLarge(IERC20 token, address account, uint256 balance);
    /// @notice Nothing is deployed at the token's address.
    error NotAToken(IERC20 token);

    /// @notice Takes `amount` of a token from the caller, who approved it, and credits what arrived.
    function depositToken(IERC20 token, uint256 amount) external;

    /// @notice As `depositToken`, with the approval as an ERC-2612 signature. If somebody else used that up before, an approval
    ///         that stands serves as well.
    function depositTokenWithPermit(IERC20 token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Pays `amount` of the caller's balance in a token out to `to`.
    function withdrawToken(IERC20 token, uint256 amount, address to) external;

    /// @notice What an account can withdraw of a token, in its smallest unit.
    function tokenBalanceOf(IERC20 token, address account) external view returns (uint256);

    /// @notice What was burned of a token. It stays here for good.
    function tokenBurned(IERC20 token) external view returns (uint256);
}
