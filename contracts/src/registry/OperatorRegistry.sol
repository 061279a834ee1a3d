// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEnrolmentVerifier} from "../interfaces/IEnrolmentVerifier.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {EnrolmentStatement} from "../lib/EnrolmentStatement.sol";
import {HistoricTree} from "../lib/HistoricTree.sol";
import {IdentityLeaf, OperatorId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";

/// @title OperatorRegistry
/// @notice See IOperatorRegistry.
contract OperatorRegistry is IOperatorRegistry {
    using HistoricTree for HistoricTree.Tree;

    /// @dev Depth of the operator tree in the launch circuit.
    uint256 private constant DEPTH = 20;

    /// @dev What is kept of a root key, for ever. `latest` stays when the leaf leaves the tree: the next enrolment names it.
    ///      validUntil is at most ten years from a block time, far below 2^48.
    struct Record {
        address controller;
        uint48 validUntil;
        uint32 seq;
        bool enrolled;
        IdentityLeaf latest;
    }

    /// @inheritdoc IOperatorRegistry
    IEnrolmentVerifier public immutable verifier;
    /// @inheritdoc IOperatorRegistry
    address public immutable reporter;
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
    mapping(OperatorId operator => Record) private records;
    mapping(OperatorId operator => Liabilities) private liabilities;
    mapping(OperatorId operator => mapping(uint32 seq => Release)) private releases;
    mapping(IdentityLeaf leaf => Origin) private origins;

    /// @param reporter_ The market; it may not exist yet, as it names this contract in turn.
    constructor(
        IEnrolmentVerifier verifier_,
        address reporter_,
        uint256 deposit_,
        uint256 bounty_,
        uint64 minValidity_,
        uint64 maxValidity_,
        uint64 unbondingDelay_
    ) {
        if (address(verifier_).code.length == 0) {
            revert BadParameter("verifier", uint160(address(verifier_)));
        }
        if (reporter_ == address(0)) revert BadParameter("reporter", 0);
        if (deposit_ == 0) revert BadParameter("deposit", deposit_);
        if (bounty_ == 0 || bounty_ > deposit_ / 10) revert BadParameter("bounty", bounty_);
        if (minValidity_ < 1 days) revert BadParameter("minValidity", minValidity_);
        if (maxValidity_ < minValidity_ || maxValidity_ > 10 * 365 days) {
            revert BadParameter("maxValidity", maxValidity_);
        }
        if (unbondingDelay_ == 0 || unbondingDelay_ > 365 days) revert BadParameter("unbondingDelay", unbondingDelay_);
        (verifier, reporter) = (verifier_, reporter_);
        deposit = deposit_;
        bounty = bounty_;
        minValidity = minValidity_;
        maxValidity = maxValidity_;
        unbondingDelay = unbondingDelay_;
    }

    /// @inheritdoc IOperatorRegistry
    function enrol(Enrolment calldata e, bytes calldata proof) external payable returns (uint256 index) {
        if (e.chainId != block.chainid) revert WrongChain(e.chainId, block.chainid);
        if (msg.value != deposit) revert WrongDeposit(msg.value, deposit);
        if (msg.sender != e.controller) revert NotController(e.operator, msg.sender, e.controller);
        Record storage r = records[e.operator];
        if (r.enrolled) revert AlreadyEnrolled(e.operator, r.latest);
        uint64 open = liabilities[e.operator].open;
        if (open != 0) revert LiabilitiesOpen(e.operator, open);
        _requireProven(e, proof);
        _settleRelease(e.operator, r.seq);
        IdentityLeaf predecessor = _store(e);
        index = tree.append(IdentityLeaf.unwrap(e.leaf), DEPTH);
        emit LeafSet(index, e.leaf, tree.advance());
        emit Enrolled(e.operator, e.controller, e.leaf, predecessor, e.validUntil, e.seq);
    }

    /// @inheritdoc IOperatorRegistry
    function rotate(Enrolment calldata e, bytes calldata proof, uint256[] calldata siblings)
        external
        returns (uint256 index)
    {
        if (e.chainId != block.chainid) revert WrongChain(e.chainId, block.chainid);
        _requireController(e.operator, msg.sender);
        _requireProven(e, proof);
        IdentityLeaf predecessor = _store(e);
        index = _setLeaf(predecessor, e.leaf, siblings);
        emit Rotated(e.operator, e.controller, e.leaf, predecessor, e.validUntil, e.seq);
    }

    /// @inheritdoc IOperatorRegistry
    function expire(OperatorId operator, uint256[] calldata siblings) external {
        Record storage r = records[operator];
        if (!r.enrolled) revert NotEnrolled(operator);
        if (block.timestamp <= r.validUntil) revert NotExpired(operator, r.validUntil, uint64(block.timestamp));
        uint64 availableAt = _leave(operator, r, deposit - bounty, siblings);
        balanceOf[msg.sender] += bounty;
        emit Expired(operator, r.latest, r.seq, availableAt, msg.sender, bounty);
    }

    /// @inheritdoc IOperatorRegistry
    function exit(OperatorId operator, uint256[] calldata siblings) external {
        Record storage r = _requireController(operator, msg.sender);
        if (block.timestamp > r.validUntil) revert AlreadyExpired(r.validUntil, uint64(block.timestamp));
        uint64 availableAt = _leave(operator, r, deposit, siblings);
        emit Exited(operator, r.latest, r.seq, availableAt);
    }

    /// @inheritdoc IOperatorRegistry
    function releaseDeposit(OperatorId operator, uint32 seq) external {
        Release memory r = releaseOf(operator, seq);
        if (r.availableAt == 0) revert NoRelease(operator, seq);
        // An enrolment before the latest ended with nothing open: `enrol` saw to that.
        if (seq == records[operator].seq) {
            uint64 open = liabilities[operator].open;
            if (open != 0) revert LiabilitiesOpen(operator, open);
        }
        if (block.timestamp < r.availableAt) {
            revert Unbonding(operator, seq, r.availableAt, uint64(block.timestamp));
        }
        delete releases[operator][seq];
        balanceOf[r.to] += r.amount;
        emit DepositReleased(operator, seq, r.to, r.amount);
    }

    /// @inheritdoc IOperatorRegistry
    function raiseLiability(OperatorId operator) external returns (Operator memory o) {
        if (msg.sender != reporter) revert NotReporter(msg.sender, reporter);
        o = operatorOf(operator);
        if (IdentityLeaf.unwrap(o.leaf) == 0) revert NotEnrolled(operator);
        ++liabilities[operator].open;
    }

    /// @inheritdoc IOperatorRegistry
    function lowerLiability(IdentityLeaf leaf) external returns (OperatorId operator) {
        if (msg.sender != reporter) revert NotReporter(msg.sender, reporter);
        operator = origins[leaf].operator;
        uint64 open = liabilities[operator].open;
        if (open == 0) revert NoLiability(operator);
        liabilities[operator] = Liabilities({open: open - 1, endedAt: uint64(block.timestamp)});
    }

    /// @inheritdoc IOperatorRegistry
    function withdraw(address payable to) external {
        if (to == address(0)) revert ZeroRecipient();
        uint256 amount = balanceOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        balanceOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentFailed(to, amount);
    }

    /// @inheritdoc IOperatorRegistry
    function liabilitiesOf(OperatorId operator) external view returns (Liabilities memory) {
        return liabilities[operator];
    }

    /// @inheritdoc IOperatorRegistry
    function originOf(IdentityLeaf leaf) external view returns (Origin memory) {
        return origins[leaf];
    }

    /// @inheritdoc IOperatorRegistry
    function latestLeafOf(OperatorId operator) external view returns (IdentityLeaf) {
        return records[operator].latest;
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

    /// @inheritdoc IOperatorRegistry
    function digestOf(Enrolment calldata e) external view returns (bytes32) {
        return _digest(e, records[e.operator].latest);
    }

    /// @inheritdoc IOperatorRegistry
    function metaOf(Enrolment calldata e) external view returns (uint256) {
        return EnrolmentStatement.meta(e.operator, e.controller, e.validUntil, e.seq);
    }

    /// @inheritdoc IOperatorRegistry
    function operatorOf(OperatorId operator) public view returns (Operator memory) {
        Record storage r = records[operator];
        return Operator({
            controller: r.controller,
            validUntil: r.validUntil,
            seq: r.seq,
            leaf: r.enrolled ? r.latest : IdentityLeaf.wrap(0)
        });
    }

    /// @inheritdoc IOperatorRegistry
    function releaseOf(OperatorId operator, uint32 seq) public view returns (Release memory r) {
        r = releases[operator][seq];
        if (r.availableAt == 0 || seq != records[operator].seq) return r;
        uint64 after_ = liabilities[operator].endedAt + unbondingDelay;
        if (after_ > r.availableAt) r.availableAt = after_;
    }

    /// @dev Reverts unless the enrolment may follow what this root key did before, and its root key signed it for a leaf of
    ///      that very meaning. What costs little is checked first.
    function _requireProven(Enrolment calldata e, bytes calldata proof) private view {
        if (OperatorId.unwrap(e.operator) == 0) revert ZeroOperator();
        if (e.controller == address(0)) revert ZeroController(e.operator);
        uint64 time = uint64(block.timestamp);
        if (e.validUntil < time + minValidity) revert ValidityTooShort(e.validUntil, time + minValidity);
        if (e.validUntil - time > maxValidity) revert ValidityTooLong(e.validUntil, time + maxValidity);
        Record storage r = records[e.operator];
        if (r.controller != address(0) && e.seq <= r.seq) revert StaleSequence(e.operator, e.seq, r.seq);
        uint256 leaf = IdentityLeaf.unwrap(e.leaf);
        tree.requireNew(leaf);
        uint256 meta = EnrolmentStatement.meta(e.operator, e.controller, e.validUntil, e.seq);
        uint256[6] memory instances =
            EnrolmentStatement.instances(OperatorId.unwrap(e.operator), leaf, meta, _digest(e, r.latest));
        if (!verifier.verify(proof, instances)) revert EnrolmentProofRejected(e.operator, e.leaf);
    }

    /// @dev Puts the enrolment behind its predecessor, which is returned.
    function _store(Enrolment calldata e) private returns (IdentityLeaf predecessor) {
        Record storage r = records[e.operator];
        predecessor = r.latest;
        records[e.operator] = Record({
            controller: e.controller, validUntil: uint48(e.validUntil), seq: e.seq, enrolled: true, latest: e.leaf
        });
        origins[e.leaf] = Origin({operator: e.operator, predecessor: predecessor, seq: e.seq});
    }

    /// @dev Takes the leaf out of the tree and holds `amount` of the deposit for the controller. One release per enrolment
    ///      number: the number only grows, so nothing is overwritten.
    function _leave(OperatorId operator, Record storage r, uint256 amount, uint256[] calldata siblings)
        private
        returns (uint64 availableAt)
    {
        availableAt = uint64(block.timestamp) + unbondingDelay;
        releases[operator][r.seq] = Release({to: r.controller, availableAt: availableAt, amount: amount});
        r.enrolled = false;
        _setLeaf(r.latest, IdentityLeaf.wrap(0), siblings);
    }

    /// @dev Fixes when the deposit of an ended enrolment is released, before liabilities of another one count.
    function _settleRelease(OperatorId operator, uint32 seq) private {
        uint64 availableAt = releaseOf(operator, seq).availableAt;
        Release storage r = releases[operator][seq];
        if (availableAt != r.availableAt) r.availableAt = availableAt;
    }

    /// @dev The operator's record, if it is enrolled and `account` controls it.
    function _requireController(OperatorId operator, address account) private view returns (Record storage r) {
        r = records[operator];
        if (!r.enrolled) revert NotEnrolled(operator);
        if (r.controller != account) revert NotController(operator, account, r.controller);
    }

    function _digest(Enrolment calldata e, IdentityLeaf predecessor) private view returns (bytes32) {
        return EnrolmentStatement.enrolmentDigest(
            e.operator, e.controller, IdentityLeaf.unwrap(predecessor), e.validUntil, e.seq
        );
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
