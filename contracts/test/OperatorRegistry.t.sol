// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEnrolmentVerifier} from "../src/interfaces/IEnrolmentVerifier.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {FIELD_MODULUS, NotAFieldElement} from "../src/lib/Field.sol";
import {HistoricTree} from "../src/lib/HistoricTree.sol";
import {OperatorRegistry} from "../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, OperatorId} from "../src/types/Ids.sol";
import {RootInfo} from "../src/types/RootInfo.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {World} from "./base/World.sol";
import {RefusingAccount, ReenteringAccount} from "./doubles/Accounts.sol";

/// @dev Enrol, rotate, expire, exit: who may, when, with which leaf, and where the deposit goes. What the proof is about is
///      the matter of Enrolment.t.sol; any is taken here.
contract OperatorRegistryTest is World {
    address private constant STRANGER = address(0x5);
    OperatorId private second = OperatorId.wrap(keccak256("second root key"));

    function path(uint256 index, uint256 count) private pure returns (uint256[] memory) {
        uint256[] memory leaves = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = 1001 + i;
        }
        return LeanImtModel.path(leaves, index);
    }

    function try_enrol(IOperatorRegistry.Enrolment memory e, bytes memory revertData) private {
        vm.prank(controller);
        vm.expectRevert(revertData);
        operators.enrol{value: DEPOSIT}(e, "");
    }

    function test_enrolment_is_recorded() public view {
        IOperatorRegistry.Operator memory o = operators.operatorOf(operator);
        vm.assertEq(o.controller, controller, "controller");
        vm.assertEq(IdentityLeaf.unwrap(o.leaf), 1001, "leaf");
        vm.assertEq(operators.root(), 1001, "a tree of one leaf is that leaf");
        vm.assertEq(operators.rootInfo(1001).insertedAt, START, "root is current since now");
        vm.assertEq(address(operators).balance, DEPOSIT, "deposit held");
    }

    function test_bad_enrolments_are_refused_by_name() public {
        IOperatorRegistry.Enrolment memory e = enrolment(second, 1001, 1);
        try_enrol(e, abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 1001));
        e.leaf = IdentityLeaf.wrap(0);
        try_enrol(e, abi.encodeWithSelector(HistoricTree.ZeroLeaf.selector));
        e.leaf = IdentityLeaf.wrap(FIELD_MODULUS);
        try_enrol(e, abi.encodeWithSelector(NotAFieldElement.selector, bytes32("leaf"), FIELD_MODULUS));
        e.leaf = IdentityLeaf.wrap(1002);
        e.validUntil = START + 1 days - 1;
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.ValidityTooShort.selector, e.validUntil, START + 1 days));
        e.validUntil = START - 1;
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.ValidityTooShort.selector, START - 1, START + 1 days));
        e.validUntil = START + 365 days + 1;
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.ValidityTooLong.selector, e.validUntil, START + 365 days));
        e.chainId = 1;
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.WrongChain.selector, 1, 31337));
        e = enrolment(OperatorId.wrap(0), 1002, 1);
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.ZeroOperator.selector));
        e = enrolment(operator, 1002, 2);
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.AlreadyEnrolled.selector, operator, 1001));
        e = enrolment(second, 1002, 1);
        e.controller = STRANGER;
        try_enrol(e, abi.encodeWithSelector(IOperatorRegistry.NotController.selector, second, controller, STRANGER));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.WrongDeposit.selector, DEPOSIT - 1, DEPOSIT));
        operators.enrol{value: DEPOSIT - 1}(enrolment(second, 1002, 1), "");
    }

    function test_an_enrolment_lasts_from_a_day_to_a_year() public {
        for (uint256 i; i < 2; ++i) {
            IOperatorRegistry.Enrolment memory e = enrolment(OperatorId.wrap(bytes32(i + 1)), 1002 + i, 1);
            e.validUntil = START + [uint64(1 days), 365 days][i];
            vm.prank(controller);
            operators.enrol{value: DEPOSIT}(e, "");
            vm.assertEq(operators.operatorOf(e.operator).validUntil, e.validUntil, "to the second");
        }
    }

    function test_sequence_numbers_may_begin_at_zero_and_end_at_the_last() public {
        enrol(second, 1002, 0);
        uint256[] memory siblings = path(1, 2);
        vm.prank(controller);
        operators.rotate(enrolment(second, 1003, type(uint32).max), "", siblings);
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.StaleSequence.selector, second, type(uint32).max, type(uint32).max)
        );
        operators.rotate(enrolment(second, 1004, type(uint32).max), "", siblings);
    }

    function test_rotation_replaces_the_leaf_and_retires_the_old_one() public {
        enrol(second, 1002, 1);
        uint256 oldRoot = operators.root();
        vm.warp(START + 10);
        uint256[] memory siblings = path(0, 2);
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 2001, 2);
        vm.prank(controller);
        vm.assertEq(operators.rotate(e, "", siblings), 0, "same place");
        uint256[] memory leaves = new uint256[](2);
        (leaves[0], leaves[1]) = (2001, 1002);
        vm.assertEq(operators.root(), LeanImtModel.root(leaves), "root");
        vm.assertEq(operators.rootInfo(oldRoot).supersededAt, START + 10, "superseded now");
        vm.assertTrue(operators.isLeafUsed(IdentityLeaf.wrap(1001)), "old leaf stays used");
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 1001));
        operators.rotate(enrolment(operator, 1001, 3), "", siblings);
    }

    function test_rotation_needs_the_controller_a_leaf_and_a_higher_number() public {
        vm.prank(STRANGER);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NotController.selector, operator, STRANGER, controller)
        );
        operators.rotate(enrolment(operator, 2001, 2), "", path(0, 1));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.StaleSequence.selector, operator, 1, 1));
        operators.rotate(enrolment(operator, 2001, 1), "", path(0, 1));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.ZeroLeaf.selector));
        operators.rotate(enrolment(operator, 0, 2), "", path(0, 1));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, second));
        operators.rotate(enrolment(second, 2001, 2), "", path(0, 1));
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 2001, 2);
        e.controller = address(0);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.ZeroController.selector, operator));
        operators.rotate(e, "", path(0, 1));
    }

    function test_control_can_be_handed_over_by_rotation() public {
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 2001, 2);
        e.controller = STRANGER;
        vm.prank(controller);
        operators.rotate(e, "", path(0, 1));
        vm.prank(controller);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NotController.selector, operator, controller, STRANGER)
        );
        operators.exit(operator, path(0, 1));
    }

    function test_exit_holds_the_deposit_for_the_delay_and_blocks_replay() public {
        enrol(second, 1002, 1);
        uint256[] memory siblings = path(0, 2);
        vm.prank(controller);
        operators.exit(operator, siblings);
        uint64 available = START + UNBONDING;
        vm.warp(available - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.Unbonding.selector, operator, 1, available, available - 1)
        );
        operators.releaseDeposit(operator, 1);
        vm.warp(available);
        vm.prank(STRANGER);
        operators.releaseDeposit(operator, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoRelease.selector, operator, 1));
        operators.releaseDeposit(operator, 1);
        vm.assertEq(operators.balanceOf(controller), DEPOSIT, "credited to the controller, whoever called");
        // The exited enrolment cannot come back, a new one can.
        try_enrol(
            enrolment(operator, 1001, 1),
            abi.encodeWithSelector(IOperatorRegistry.StaleSequence.selector, operator, 1, 1)
        );
        try_enrol(enrolment(operator, 1001, 2), abi.encodeWithSelector(HistoricTree.LeafUsed.selector, 1001));
        vm.assertEq(enrol(operator, 1005, 2), 2, "appended");
    }

    function test_each_exit_has_its_own_release() public {
        vm.prank(controller);
        operators.exit(operator, path(0, 1));
        vm.warp(START + 1 days);
        enrol(operator, 1005, 9);
        uint256[] memory siblings = new uint256[](1);
        vm.prank(controller);
        operators.exit(operator, siblings);
        vm.assertEq(operators.releaseOf(operator, 1).availableAt, START + UNBONDING, "first is not delayed");
        vm.assertEq(operators.releaseOf(operator, 9).availableAt, START + 1 days + UNBONDING, "second");
        vm.warp(START + 30 days);
        operators.releaseDeposit(operator, 1);
        operators.releaseDeposit(operator, 9);
        vm.assertEq(operators.balanceOf(controller), 2 * DEPOSIT, "both");
    }

    function test_anyone_expires_for_the_bounty_but_not_early() public {
        uint64 validUntil = operators.operatorOf(operator).validUntil;
        vm.warp(validUntil);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotExpired.selector, operator, validUntil, validUntil));
        operators.expire(operator, path(0, 1));
        vm.warp(validUntil + 1);
        vm.prank(STRANGER);
        operators.expire(operator, path(0, 1));
        vm.assertEq(operators.balanceOf(STRANGER), BOUNTY, "bounty");
        vm.assertEq(operators.balanceOf(controller), 0, "the rest is held");
        vm.assertEq(operators.root(), 0, "the only leaf is gone");
        vm.assertEq(operators.rootInfo(0).insertedAt, 0, "root 0 is never valid");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, operator));
        operators.expire(operator, path(0, 1));
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, operator));
        operators.exit(operator, path(0, 1));
    }

    function test_expiry_holds_the_rest_of_the_deposit_like_an_exit() public {
        uint64 expiredAt = operators.operatorOf(operator).validUntil + 5;
        vm.warp(expiredAt);
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.Expired(operator, IdentityLeaf.wrap(1001), 1, expiredAt + UNBONDING, STRANGER, BOUNTY);
        vm.prank(STRANGER);
        operators.expire(operator, path(0, 1));
        IOperatorRegistry.Release memory r = operators.releaseOf(operator, 1);
        vm.assertEq(r.to, controller, "the controller's");
        vm.assertEq(r.amount, DEPOSIT - BOUNTY, "less the bounty");
        vm.warp(expiredAt + UNBONDING - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.Unbonding.selector, operator, 1, expiredAt + UNBONDING, expiredAt + UNBONDING - 1
            )
        );
        operators.releaseDeposit(operator, 1);
        vm.warp(expiredAt + UNBONDING);
        operators.releaseDeposit(operator, 1);
        vm.assertEq(operators.balanceOf(controller), DEPOSIT - BOUNTY, "released once");
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NoRelease.selector, operator, 1));
        operators.releaseDeposit(operator, 1);
    }

    /// @dev After expiry the bounty is owed: an exit cannot save it, only `expire` removes the leaf.
    function test_an_exit_after_expiry_is_refused() public {
        uint64 validUntil = operators.operatorOf(operator).validUntil;
        vm.warp(validUntil + 1);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AlreadyExpired.selector, validUntil, validUntil + 1));
        operators.exit(operator, path(0, 1));
        vm.warp(validUntil);
        vm.prank(controller);
        operators.exit(operator, path(0, 1));
        vm.assertEq(operators.releaseOf(operator, 1).amount, DEPOSIT, "whole in the last second");
    }

    function test_an_expired_leaf_can_be_rotated_until_somebody_removes_it() public {
        vm.warp(START + 200 days);
        vm.prank(controller);
        operators.rotate(enrolment(operator, 2001, 2), "", path(0, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NotExpired.selector, operator, START + 290 days, START + 200 days)
        );
        operators.expire(operator, path(0, 1));
    }

    function test_nothing_is_withdrawn_to_nobody() public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.ZeroRecipient.selector));
        operators.withdraw(payable(address(0)));
    }

    function test_withdrawal_pays_once_and_survives_reentry() public {
        vm.warp(START + 200 days);
        ReenteringAccount thief = new ReenteringAccount(operators);
        enrol(second, 1002, 1);
        thief.expire(operator, path(0, 2));
        thief.withdraw();
        vm.assertEq(address(thief).balance, BOUNTY, "paid once");
        vm.assertEq(address(operators).balance, 2 * DEPOSIT - BOUNTY, "the deposits are untouched");
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NothingToWithdraw.selector, address(this)));
        operators.withdraw(payable(address(this)));
    }

    function test_a_refused_payment_keeps_the_balance() public {
        vm.warp(START + 200 days);
        RefusingAccount refusing = new RefusingAccount();
        operators.expire(operator, path(0, 1));
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.PaymentFailed.selector, address(refusing), BOUNTY));
        operators.withdraw(payable(address(refusing)));
        operators.withdraw(payable(STRANGER));
        vm.assertEq(STRANGER.balance, BOUNTY, "paid to the account named");
    }

    function test_stale_paths_are_refused() public {
        enrol(second, 1002, 1);
        vm.prank(controller);
        vm.expectRevert(abi.encodeWithSelector(HistoricTree.WrongSiblingCount.selector, 0, 1));
        operators.exit(operator, new uint256[](0));
        vm.prank(controller);
        vm.expectRevert(bytes4(keccak256("WrongSiblingNodes()")));
        operators.exit(operator, new uint256[](1));
    }

    function test_parameters_are_bounded() public {
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("verifier"), 0x77));
        new OperatorRegistry(IEnrolmentVerifier(address(0x77)), address(1), 100, 10, 1 days, 2 days, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("reporter"), 0));
        new OperatorRegistry(enrolmentWrapper, address(0), 100, 10, 1 days, 2 days, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("deposit"), 0));
        new OperatorRegistry(enrolmentWrapper, address(1), 0, 1, 1 days, 2 days, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("bounty"), 0));
        new OperatorRegistry(enrolmentWrapper, address(1), 100, 0, 1 days, 2 days, 1);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("bounty"), 11));
        new OperatorRegistry(enrolmentWrapper, address(1), 100, 11, 1 days, 2 days, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("minValidity"), 1 days - 1)
        );
        new OperatorRegistry(enrolmentWrapper, address(1), 100, 10, 1 days - 1, 2 days, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("maxValidity"), 2 days - 1)
        );
        new OperatorRegistry(enrolmentWrapper, address(1), 100, 10, 2 days, 2 days - 1, 1);
        uint64 long = 365 days + 1;
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.BadParameter.selector, bytes32("unbondingDelay"), long)
        );
        new OperatorRegistry(enrolmentWrapper, address(1), 100, 10, 1 days, 2 days, long);
    }

    /// @dev Random inserts, rotations and exits: the incremental root is the root of all leaves.
    function test_fuzz_root_is_the_models(uint256 seed, uint8 count) public {
        uint256 n = bound(count, 1, 12);
        uint256[] memory leaves = new uint256[](n + 1);
        leaves[0] = 1001;
        for (uint256 i = 1; i <= n; ++i) {
            leaves[i] = 10_000 + i;
            enrol(OperatorId.wrap(bytes32(i)), leaves[i], 1);
        }
        for (uint256 i = 1; i <= n; ++i) {
            uint256 what = uint256(keccak256(abi.encode(seed, i))) % 3;
            if (what == 0) continue;
            uint256[] memory siblings = LeanImtModel.path(leaves, i);
            leaves[i] = what == 1 ? 0 : 20_000 + i;
            vm.prank(controller);
            if (what == 1) operators.exit(OperatorId.wrap(bytes32(i)), siblings);
            else operators.rotate(enrolment(OperatorId.wrap(bytes32(i)), leaves[i], 2), "", siblings);
            vm.assertEq(operators.root(), LeanImtModel.root(leaves), "root");
        }
    }
}
