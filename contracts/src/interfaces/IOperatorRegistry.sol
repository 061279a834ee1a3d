// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";

/// @title IOperatorRegistry: the operator tree
/// @notice Holds one identity leaf per enrolled operator in a LeanIMT of depth 20. Operators enrol with a deposit,
///         rotate their leaf, and exit; anyone removes an expired leaf for a bounty out of the deposit. No wei of a
///         deposit but the bounty leaves sooner than the unbonding delay after the leaf did. A leaf that was ever
///         accepted is never accepted again, and the sequence number grows per root key, so neither an exited nor a
///         rotated enrolment can be replayed. There is no owner.
/// @dev WARNING: the proof that the root key signed the enrolment is not checked by this version. It therefore takes
///      entries on development chains only (31337, 1337) and refuses them everywhere else.
/// @dev WARNING: a Merkle path is for one state of the tree, so every update makes the pending paths of others stale.
///      Whoever pays for enrolments can delay an exit or a rotation by that, but not prevent it.
interface IOperatorRegistry {
    /// @notice What an operator enrols with; signed by the root key and proven in the enrolment circuit.
    /// @param operator ed25519 root key.
    /// @param controller Account that acts for the operator on this chain.
    /// @param leaf P(ID; k, meta).
    /// @param validUntil Unix seconds after which anyone may remove the leaf.
    /// @param seq Number of this enrolment; greater than every one before under the same root key.
    struct Enrolment {
        OperatorId operator;
        address controller;
        IdentityLeaf leaf;
        uint64 validUntil;
        uint32 seq;
    }

    /// @notice State of an operator. Never enrolled: controller 0. Exited or expired: leaf 0.
    /// @param controller Account that acts for the operator.
    /// @param validUntil Unix seconds after which anyone may remove the leaf.
    /// @param seq Number of the latest enrolment.
    /// @param leaf Leaf in the tree, or 0.
    struct Operator {
        address controller;
        uint64 validUntil;
        uint32 seq;
        IdentityLeaf leaf;
    }

    /// @notice What is left of the deposit of an exited or expired enrolment.
    /// @param to Who it belongs to: the controller at that time.
    /// @param availableAt Unix seconds from which it can be released; 0 if there is none.
    /// @param amount The deposit after an exit, the deposit less the bounty after an expiry, in wei.
    struct Release {
        address to;
        uint64 availableAt;
        uint256 amount;
    }

    /// @notice The leaf at `index` became `leaf` (0: removed). An index equal to the number of leaves so far appends.
    ///         Replaying these in order rebuilds the tree.
    event LeafSet(uint256 indexed index, IdentityLeaf leaf, uint256 root);
    /// @notice An operator enrolled, for the first time or again.
    event Enrolled(
        OperatorId indexed operator, address indexed controller, IdentityLeaf leaf, uint64 validUntil, uint32 seq
    );
    /// @notice An operator replaced its leaf.
    event Rotated(
        OperatorId indexed operator, address indexed controller, IdentityLeaf leaf, uint64 validUntil, uint32 seq
    );
    /// @notice An expired leaf was removed; `by` was credited the bounty. The rest of the deposit is released to the
    ///         controller from `availableAt` on.
    event Expired(
        OperatorId indexed operator,
        IdentityLeaf leaf,
        uint32 seq,
        uint64 availableAt,
        address indexed by,
        uint256 bounty
    );
    /// @notice An operator exited; its deposit is released to it from `availableAt` on.
    event Exited(OperatorId indexed operator, IdentityLeaf leaf, uint32 seq, uint64 availableAt);
    /// @notice A deposit went to the balance of its owner.
    event DepositReleased(OperatorId indexed operator, uint32 seq, address indexed to, uint256 amount);
    /// @notice An account took its balance out.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice This version cannot check enrolment proofs, so it takes entries on development chains only.
    error EnrolmentProofRequired(uint256 chainId);
    /// @notice The root key is 0.
    error ZeroOperator();
    /// @notice The caller does not control the operator.
    error NotController(OperatorId operator, address caller, address controller);
    /// @notice The operator would be left without a controller.
    error ZeroController(OperatorId operator);
    /// @notice The value sent is not the deposit.
    error WrongDeposit(uint256 sent, uint256 required);
    /// @notice The operator has a leaf in the tree.
    error AlreadyEnrolled(OperatorId operator, IdentityLeaf leaf);
    /// @notice The operator has no leaf in the tree.
    error NotEnrolled(OperatorId operator);
    /// @notice The sequence number is not greater than the latest one: a replay, or enrolments out of order.
    error StaleSequence(OperatorId operator, uint32 seq, uint32 latest);
    /// @notice The enrolment has expired; `expire` removes it, and a rotation renews it.
    error AlreadyExpired(uint64 validUntil, uint64 now_);
    /// @notice validUntil is nearer than an enrolment must last, or in the past.
    error ValidityTooShort(uint64 validUntil, uint64 earliest);
    /// @notice validUntil is further away than an enrolment may last.
    error ValidityTooLong(uint64 validUntil, uint64 latest);
    /// @notice The leaf has not expired.
    error NotExpired(OperatorId operator, uint64 validUntil, uint64 now_);
    /// @notice There is no such deposit: neither exited nor expired under this number, or already released.
    error NoRelease(OperatorId operator, uint32 seq);
    /// @notice The deposit is still held.
    error Unbonding(OperatorId operator, uint32 seq, uint64 availableAt, uint64 now_);
    /// @notice The account has no balance.
    error NothingToWithdraw(address account);
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Enrols an operator without an enrolment proof. Development chains only. Sent by the controller with the
    ///         deposit. The root key may have been enrolled before and exited or expired.
    /// @param e The enrolment.
    /// @return index Index of the leaf in the tree.
    function enrolUnproven(Enrolment calldata e) external payable returns (uint256 index);

    /// @notice Replaces an operator's leaf without an enrolment proof. Development chains only. Sent by the present
    ///         controller; `e` may name another one. An expired leaf can still be rotated while nobody has removed it.
    /// @param e The new enrolment.
    /// @param siblings Merkle path of the present leaf.
    function rotateUnproven(Enrolment calldata e, uint256[] calldata siblings) external returns (uint256 index);

    /// @notice Removes an expired leaf. Anyone; the caller is credited the bounty at once. The rest of the deposit can be
    ///         released to the controller after the unbonding delay, as after an exit.
    /// @param operator Whose leaf.
    /// @param siblings Merkle path of the leaf.
    function expire(OperatorId operator, uint256[] calldata siblings) external;

    /// @notice Removes one's own leaf. The deposit can be released after the unbonding delay. Controller only, and only
    ///         before the leaf expires: from then on the bounty is owed to whoever removes it.
    /// @param operator Whose leaf.
    /// @param siblings Merkle path of the leaf.
    function exit(OperatorId operator, uint256[] calldata siblings) external;

    /// @notice Moves a deposit whose unbonding delay has passed to its owner's balance. Anyone.
    /// @param operator Whose enrolment ended.
    /// @param seq Number of the enrolment that ended.
    function releaseDeposit(OperatorId operator, uint32 seq) external;

    /// @notice Pays the caller's whole balance out to `to`.
    function withdraw(address payable to) external;

    /// @notice Balance that an account can withdraw, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice State of an operator.
    function operatorOf(OperatorId operator) external view returns (Operator memory);

    /// @notice The deposit held after an exit or an expiry.
    function releaseOf(OperatorId operator, uint32 seq) external view returns (Release memory);

    /// @notice Whether a leaf is, or ever was, in the tree.
    function isLeafUsed(IdentityLeaf leaf) external view returns (bool);

    /// @notice The current root; 0 while there is none.
    function root() external view returns (uint256);

    /// @notice Number of leaves, removed ones included.
    function size() external view returns (uint256);

    /// @notice Life of a root.
    function rootInfo(uint256 root_) external view returns (RootInfo memory);

    /// @notice Deposit of one enrolment, in wei.
    function deposit() external view returns (uint256);

    /// @notice Part of the deposit that goes to whoever removes an expired leaf, in wei: above 0, at most a tenth.
    function bounty() external view returns (uint256);

    /// @notice Shortest time from enrolment or rotation to validUntil, in seconds; at least a day.
    function minValidity() external view returns (uint64);

    /// @notice Longest time from enrolment to validUntil, in seconds.
    function maxValidity() external view returns (uint64);

    /// @notice Seconds from exit or expiry to the release of the deposit.
    function unbondingDelay() external view returns (uint64);
}
