// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";
import {IEnrolmentVerifier} from "./IEnrolmentVerifier.sol";

/// @title IOperatorRegistry: the operator tree
/// @notice Holds one identity leaf per enrolled operator in a LeanIMT of depth 20. Operators enrol with a deposit,
///         rotate their leaf, and exit; anyone removes an expired leaf for a bounty out of the deposit. There is no owner.
///
///         *Proven.* Every leaf comes with a proof that the ed25519 root key signed this leaf together with controller,
///         predecessor, validity and number, for this registry on this chain, and that the leaf is P(ID; k, meta) for a k
///         that the prover knows, with the meta of just these terms. The registry computes meta and digest itself; the
///         predecessor is the leaf that the root key enrolled last, whether or not it is still in the tree, so each leaf
///         stands on the one before it and, by `originOf`, on the root key that signed it. The proof binds the controller,
///         and only the controller (at a rotation: the present one) can send it: who copies it from the mempool has nothing.
///
///         *Once.* A leaf that was ever accepted is never accepted again, and the number grows per root key, so neither an
///         exited nor a rotated enrolment can be replayed.
///
///         *Liable.* The market raises an operator's liabilities at each lock and lowers them when the lock ends. Whoever
///         leaves with locks open gets the deposit only after the last of them ended and the unbonding delay passed since;
///         and cannot enrol again before that last one ended, so that locks of a later enrolment never delay the deposit of
///         an earlier one. No wei of a deposit but the bounty leaves sooner than the unbonding delay after the leaf did.
/// @dev WARNING: a Merkle path is for one state of the tree, so every update makes the pending paths of others stale.
///      Whoever pays for enrolments can delay an exit or a rotation by that, but not prevent it.
/// @dev WARNING: a signature is for one predecessor. Of two enrolments signed ahead, the second is a proof only if the first
///      was the last one accepted.
interface IOperatorRegistry {
    /// @notice What an operator enrols with.
    /// @dev The root key signs "nonos1.enrol" ‖ leaf ‖ digest, the digest being the EIP-712 one of Enrolment(bytes32
    ///      operator,address controller,uint256 predecessor,uint64 validUntil,uint32 seq) under the domain {"NONOS
    ///      Operators", "1", chainId, this registry}.
    /// @param chainId Chain that it was signed for: not hashed from here, only compared, so that a mistake has a name.
    /// @param operator ed25519 root key.
    /// @param controller Account that acts for the operator on this chain.
    /// @param leaf P(ID; k, meta).
    /// @param validUntil Unix seconds after which anyone may remove the leaf.
    /// @param seq Number of this enrolment; greater than every one before under the same root key.
    struct Enrolment {
        uint256 chainId;
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
    /// @param availableAt Unix seconds from which it can be released if no liability is open, or ends, after now; 0 if
    ///        there is none.
    /// @param amount The deposit after an exit, the deposit less the bounty after an expiry, in wei.
    struct Release {
        address to;
        uint64 availableAt;
        uint256 amount;
    }

    /// @notice What an operator still answers for.
    /// @param open Locks that have not ended.
    /// @param endedAt Unix seconds when one last ended; 0 before.
    struct Liabilities {
        uint64 open;
        uint64 endedAt;
    }

    /// @notice Where a leaf comes from: the first two are what its root key signed it with. All zero: never accepted.
    /// @param operator Root key that signed it.
    /// @param predecessor The leaf that this root key enrolled before; 0 for its first.
    /// @param seq Number of the enrolment.
    struct Origin {
        OperatorId operator;
        IdentityLeaf predecessor;
        uint32 seq;
    }

    /// @notice The leaf at `index` became `leaf` (0: removed). An index equal to the number of leaves so far appends.
    ///         Replaying these in order rebuilds the tree.
    event LeafSet(uint256 indexed index, IdentityLeaf leaf, uint256 root);
    /// @notice An operator enrolled, for the first time or again. `predecessor` is the leaf that it enrolled last, or 0.
    event Enrolled(
        OperatorId indexed operator,
        address indexed controller,
        IdentityLeaf leaf,
        IdentityLeaf predecessor,
        uint64 validUntil,
        uint32 seq
    );
    /// @notice An operator replaced its leaf, the predecessor.
    event Rotated(
        OperatorId indexed operator,
        address indexed controller,
        IdentityLeaf leaf,
        IdentityLeaf predecessor,
        uint64 validUntil,
        uint32 seq
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

    /// @notice The enrolment was signed for another chain.
    error WrongChain(uint256 given, uint256 actual);
    /// @notice The proof does not show that this root key signed this leaf, on these terms, for this registry and the
    ///         predecessor that it has here: another key's signature, another registry, changed terms, a leaf of another
    ///         meta, an enrolment that went in between.
    error EnrolmentProofRejected(OperatorId operator, IdentityLeaf leaf);
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
    /// @notice The operator has locks that have not ended. Anyone can end each of them once it is due.
    error LiabilitiesOpen(OperatorId operator, uint64 open);
    /// @notice The caller is not the contract that reports liabilities.
    error NotReporter(address caller, address reporter);
    /// @notice No liability is open that could end.
    error NoLiability(OperatorId operator);
    /// @notice The account has no balance.
    error NothingToWithdraw(address account);
    /// @notice The payment would go to the zero address.
    error ZeroRecipient();
    /// @notice The recipient did not take the payment.
    error PaymentFailed(address to, uint256 amount);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);

    /// @notice Enrols an operator. Sent by the controller with the deposit. The root key may have been enrolled before and
    ///         exited or expired; locks that it had then must have ended.
    /// @dev Needs a gas limit that leaves the verifier its gas (`verifier().verificationGas()`).
    /// @param e The enrolment.
    /// @param proof Enrolment proof.
    /// @return index Index of the leaf in the tree.
    function enrol(Enrolment calldata e, bytes calldata proof) external payable returns (uint256 index);

    /// @notice Replaces an operator's leaf. Signed by the same root key, sent by the present controller; `e` may name
    ///         another one. An expired leaf can still be rotated while nobody has removed it.
    /// @param e The new enrolment.
    /// @param proof Enrolment proof.
    /// @param siblings Merkle path of the present leaf.
    function rotate(Enrolment calldata e, bytes calldata proof, uint256[] calldata siblings)
        external
        returns (uint256 index);

    /// @notice Removes an expired leaf. Anyone; the caller is credited the bounty at once. The rest of the deposit can be
    ///         released to the controller as after an exit.
    /// @param operator Whose leaf.
    /// @param siblings Merkle path of the leaf.
    function expire(OperatorId operator, uint256[] calldata siblings) external;

    /// @notice Removes one's own leaf. The deposit can be released when no liability is open, and the unbonding delay after
    ///         the exit or the last liability's end, whichever is later. Controller only, and only before the leaf expires:
    ///         from then on the bounty is owed to whoever removes it.
    /// @param operator Whose leaf.
    /// @param siblings Merkle path of the leaf.
    function exit(OperatorId operator, uint256[] calldata siblings) external;

    /// @notice Moves a deposit that nothing holds any more to its owner's balance. Anyone.
    /// @param operator Whose enrolment ended.
    /// @param seq Number of the enrolment that ended.
    function releaseDeposit(OperatorId operator, uint32 seq) external;

    /// @notice Counts a lock that an operator took. Reporter only; the operator must be enrolled.
    /// @return The operator's state, so that the reporter needs no second call.
    function raiseLiability(OperatorId operator) external returns (Operator memory);

    /// @notice Counts the end of a lock. Reporter only. Works whether or not the operator is still enrolled.
    /// @param leaf Identity leaf that the operator had when it locked.
    /// @return operator The operator, so that the reporter need not keep it.
    function lowerLiability(IdentityLeaf leaf) external returns (OperatorId operator);

    /// @notice Pays the caller's whole balance out to `to`.
    function withdraw(address payable to) external;

    /// @notice Balance that an account can withdraw, in wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice State of an operator.
    function operatorOf(OperatorId operator) external view returns (Operator memory);

    /// @notice What an operator still answers for: nothing for one that the registry does not know.
    function liabilitiesOf(OperatorId operator) external view returns (Liabilities memory);

    /// @notice Who signed a leaf, and what it follows.
    function originOf(IdentityLeaf leaf) external view returns (Origin memory);

    /// @notice The leaf that a root key enrolled last, whether or not it is still in the tree; 0 if it never did. The next
    ///         enrolment is signed with this predecessor.
    function latestLeafOf(OperatorId operator) external view returns (IdentityLeaf);

    /// @notice The digest that the root key signs for this enrolment now; `leaf` and `chainId` are not read.
    function digestOf(Enrolment calldata e) external view returns (bytes32);

    /// @notice The meta of this enrolment here; `leaf` and `chainId` are not read.
    function metaOf(Enrolment calldata e) external view returns (uint256);

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

    /// @notice Judge of enrolment proofs, for good.
    function verifier() external view returns (IEnrolmentVerifier);

    /// @notice The market, which alone reports liabilities.
    function reporter() external view returns (address);

    /// @notice Deposit of one enrolment, in wei.
    function deposit() external view returns (uint256);

    /// @notice Part of the deposit that goes to whoever removes an expired leaf, in wei: above 0, at most a tenth.
    function bounty() external view returns (uint256);

    /// @notice Shortest time from enrolment or rotation to validUntil, in seconds; at least a day.
    function minValidity() external view returns (uint64);

    /// @notice Longest time from enrolment to validUntil, in seconds.
    function maxValidity() external view returns (uint64);

    /// @notice Seconds from exit, expiry or the end of the last liability to the release of the deposit.
    function unbondingDelay() external view returns (uint64);
}
