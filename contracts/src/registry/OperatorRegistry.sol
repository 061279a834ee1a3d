// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {HistoricTree} from "../lib/HistoricTree.sol";
import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";

/// @title OperatorRegistry
/// @notice See IOperatorRegistry.
contract OperatorRegistry is IOperatorRegistry {
    using HistoricTree for HistoricTree.Tree;

    /// @dev Depth of the operator tree in the launch circuit.
    uint256 private constant DEPTH = 20;

    /// @inheritdoc IOperatorRegistry
    uint256 public immutable deposit;
    /// @inheritdoc IOperatorRegistry
    uint256 public immutable bounty;
    /// @inheritdoc IOperatorRegistry
    uint64 public immutable minValidity;
    /// @inheritdoc IOperatorRegistry
    uint64 public immutable maxValidity;
    /// @inheritdoc IOperatorRegistry
    uint64 public immutable unbondingDelay;

    /// @inheritdoc IOperatorRegistry
    mapping(address account => uint256) public balanceOf;

    HistoricTree.Tree private tree;
    mapping(OperatorId operator => Operator) private operators;
    mapping(OperatorId operator => mapping(uint32 seq => Release)) private releases;

    constructor(uint256 deposit_, uint256 bounty_, uint64 minValidity_, uint64 maxValidity_, uint64 unbondingDelay_) {
        if (deposit_ == 0) revert BadParameter("deposit", deposit_);
        if (bounty_ == 0 || bounty_ > deposit_ / 10) revert BadParameter("bounty", bounty_);
        if (minValidity_ < 1 days) revert BadParameter("minValidity", minValidity_);
        if (maxValidity_ < minValidity_ || maxValidity_ > 10 * 365 days) {
            revert BadParameter("maxValidity", maxValidity_);
        }
        if (unbondingDelay_ == 0 || unbondingDelay_ > 365 days) revert BadParameter("unbondingDelay", unbondingDelay_);
        deposit = deposit_;
        bounty = bounty_;
        minValidity = minValidity_;
        maxValidity = maxValidity_;
        unbondingDelay = unbondingDelay_;
    }

    /// @inheritdoc IOperatorRegistry
    function enrolUnproven(Enrolment calldata e) external payable returns (uint256 index) {
        if (!isDevelopmentChain()) revert EnrolmentProofRequired(block.chainid);
        if (msg.value != deposit) revert WrongDeposit(msg.value, deposit);
        if (msg.sender != e.controller) revert NotController(e.operator, msg.sender, e.controller);
        IdentityLeaf present = operators[e.operator].leaf;
        if (IdentityLeaf.unwrap(present) != 0) revert AlreadyEnrolled(e.operator, present);
        _accept(e);
        index = tree.append(IdentityLeaf.unwrap(e.leaf), DEPTH);
        emit LeafSet(index, e.leaf, tree.advance());
        emit Enrolled(e.operator, e.controller, e.leaf, e.validUntil, e.seq);
    }

    /// @inheritdoc IOperatorRegistry
    function rotateUnproven(Enrolment calldata e, uint256[] calldata siblings) external returns (uint256 index) {
        if (!isDevelopmentChain()) revert EnrolmentProofRequired(block.chainid);
        IdentityLeaf old = _enrolledBy(e.operator, msg.sender);
        _accept(e);
        // A zero leaf would remove instead of replace; `append` refuses it in `enrolUnproven`.
        if (IdentityLeaf.unwrap(e.leaf) == 0) revert HistoricTree.ZeroLeaf();
        index = _setLeaf(old, e.leaf, siblings);
        emit Rotated(e.operator, e.controller, e.leaf, e.validUntil, e.seq);
    }

    /// @inheritdoc IOperatorRegistry
    function expire(OperatorId operator, uint256[] calldata siblings) external {
        Operator storage o = operators[operator];
        IdentityLeaf leaf = o.leaf;
        if (IdentityLeaf.unwrap(leaf) == 0) revert NotEnrolled(operator);
        if (block.timestamp <= o.validUntil) revert NotExpired(operator, o.validUntil, uint64(block.timestamp));
        uint64 availableAt = _hold(operator, o, deposit - bounty);
        o.leaf = IdentityLeaf.wrap(0);
        _setLeaf(leaf, IdentityLeaf.wrap(0), siblings);
        balanceOf[msg.sender] += bounty;
        emit Expired(operator, leaf, o.seq, availableAt, msg.sender, bounty);
    }

    /// @inheritdoc IOperatorRegistry
    function exit(OperatorId operator, uint256[] calldata siblings) external {
        IdentityLeaf leaf = _enrolledBy(operator, msg.sender);
        Operator storage o = operators[operator];
        if (block.timestamp > o.validUntil) revert AlreadyExpired(o.validUntil, uint64(block.timestamp));
        uint64 availableAt = _hold(operator, o, deposit);
        o.leaf = IdentityLeaf.wrap(0);
        _setLeaf(leaf, IdentityLeaf.wrap(0), siblings);
        emit Exited(operator, leaf, o.seq, availableAt);
    }

    /// @inheritdoc IOperatorRegistry
    function releaseDeposit(OperatorId operator, uint32 seq) external {
        Release memory r = releases[operator][seq];
        if (r.availableAt == 0) revert NoRelease(operator, seq);
        if (block.timestamp < r.availableAt) {
            revert Unbonding(operator, seq, r.availableAt, uint64(block.timestamp));
        }
        delete releases[operator][seq];
        balanceOf[r.to] += r.amount;
        emit DepositReleased(operator, seq, r.to, r.amount);
    }

    /// @inheritdoc IOperatorRegistry
    function withdraw(address payable to) external {
        uint256 amount = balanceOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        balanceOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed(to, amount);
    }

    /// @inheritdoc IOperatorRegistry
    function operatorOf(OperatorId operator) external view returns (Operator memory) {
        return operators[operator];
    }

    /// @inheritdoc IOperatorRegistry
    function releaseOf(OperatorId operator, uint32 seq) external view returns (Release memory) {
        return releases[operator][seq];
    }

    /// @inheritdoc IOperatorRegistry
    function isLeafUsed(IdentityLeaf leaf) external view returns (bool) {
        return tree.isUsed(IdentityLeaf.unwrap(leaf));
    }

    /// @inheritdoc IOperatorRegistry
    function root() external view returns (uint256) {
        return tree.recordedRoot;
    }

    /// @inheritdoc IOperatorRegistry
    function size() external view returns (uint256) {
        return tree.tree.size;
    }

    /// @inheritdoc IOperatorRegistry
    function rootInfo(uint256 root_) external view returns (RootInfo memory) {
        return tree.roots[root_];
    }

    /// @dev Checks what a first enrolment and a rotation have in common, and stores it.
    function _accept(Enrolment calldata e) private {
        if (OperatorId.unwrap(e.operator) == 0) revert ZeroOperator();
        if (e.controller == address(0)) revert ZeroController(e.operator);
        uint64 time = uint64(block.timestamp);
        if (e.validUntil < time + minValidity) revert ValidityTooShort(e.validUntil, time + minValidity);
        if (e.validUntil - time > maxValidity) revert ValidityTooLong(e.validUntil, time + maxValidity);
        Operator storage o = operators[e.operator];
        if (o.controller != address(0) && e.seq <= o.seq) revert StaleSequence(e.operator, e.seq, o.seq);
        operators[e.operator] = Operator({controller: e.controller, validUntil: e.validUntil, seq: e.seq, leaf: e.leaf});
    }

    /// @dev Holds `amount` of the deposit for the controller through the unbonding delay. One release per enrolment
    ///      number: the number only grows, so nothing is overwritten.
    function _hold(OperatorId operator, Operator storage o, uint256 amount) private returns (uint64 availableAt) {
        availableAt = uint64(block.timestamp) + unbondingDelay;
        releases[operator][o.seq] = Release({to: o.controller, availableAt: availableAt, amount: amount});
    }

    /// @dev The operator's leaf, if `account` controls it.
    function _enrolledBy(OperatorId operator, address account) private view returns (IdentityLeaf leaf) {
        Operator storage o = operators[operator];
        leaf = o.leaf;
        if (IdentityLeaf.unwrap(leaf) == 0) revert NotEnrolled(operator);
        if (o.controller != account) revert NotController(operator, account, o.controller);
    }

    /// @dev Replaces a leaf, makes the new root current and reports both.
    function _setLeaf(IdentityLeaf old, IdentityLeaf leaf, uint256[] calldata siblings)
        private
        returns (uint256 index)
    {
        index = tree.set(IdentityLeaf.unwrap(old), IdentityLeaf.unwrap(leaf), siblings);
        emit LeafSet(index, leaf, tree.advance());
    }
}
