// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title IOwned: two roles, handed over in two steps
/// @notice The owner adds; owner and guardian stop. Neither can undo a stop or touch anybody's funds.
interface IOwned {
    /// @notice The owner named a successor, who has to accept.
    event OwnershipOffered(address indexed owner, address indexed successor);
    /// @notice The owner changed. `owner` is 0 after renunciation.
    event OwnerChanged(address indexed previous, address indexed owner);

    /// @notice The caller is not the owner.
    error NotOwner(address caller, address owner);
    /// @notice The caller is neither owner nor guardian.
    error NotGuardian(address caller, address guardian);
    /// @notice The caller was not offered ownership.
    error NotSuccessor(address caller, address successor);
    /// @notice The first owner would be the zero address.
    error ZeroOwner();

    /// @notice Who may add. 0 after renunciation: then nothing can be added any more.
    function owner() external view returns (address);

    /// @notice Who was offered ownership and has not accepted, or 0.
    function successor() external view returns (address);

    /// @notice Who may stop besides the owner; fixed at deployment, 0 for nobody.
    function guardian() external view returns (address);

    /// @notice Names a successor (0 withdraws the offer). Owner only.
    function offerOwnership(address to) external;

    /// @notice Completes the handover. Successor only.
    function acceptOwnership() external;

    /// @notice Gives ownership up for good. Owner only.
    function renounceOwnership() external;
}
