// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title IBonds: one ledger of ether for relayers, challengers and demanders
/// @notice An account's bond has a free part, which its owner can withdraw at any time, and a locked part, which answers for
///         the batches that the owner anchored. Rewards, returned slices and returned demand bonds are credited to the free
///         part; nothing is ever sent to anybody who did not ask for it. What is burned stays in this contract for ever.
/// @dev Nobody but its owner can make a free part smaller.
interface IBonds {
    /// @notice An account paid into its free bond.
    event BondDeposited(address indexed account, uint256 amount);
    /// @notice An account took part of its free bond out.
    event BondWithdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice No ether came with the deposit.
    error NothingDeposited();
    /// @notice The free bond is smaller than what it is needed for: a withdrawal, or the slice of another batch.
    error FreeBondTooSmall(address account, uint256 free, uint256 needed);
    /// @notice The recipient is the zero address.
    error ZeroRecipient();
    /// @notice The recipient did not take the payment.
    error BondPaymentFailed(address to, uint256 amount);

    /// @notice Adds the value sent to the caller's free bond.
    function depositBond() external payable;

    /// @notice Takes `amount` out of the caller's free bond and sends it to `to`. The locked part stays.
    function withdrawBond(uint256 amount, address payable to) external;

    /// @notice Free and locked part of an account's bond, in wei.
    function bondOf(address account) external view returns (uint256 free, uint256 locked);

    /// @notice Wei burned by all slashes so far. They stay here and belong to nobody.
    function burned() external view returns (uint256);
}
