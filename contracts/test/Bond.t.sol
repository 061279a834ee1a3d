// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBonds} from "../src/interfaces/IBonds.sol";
import {BatchRef} from "../src/types/BatchRef.sol";
import {BatchWorld} from "./base/BatchWorld.sol";
import {RefusingAccount, ReenteringBonder} from "./doubles/Accounts.sol";

/// @dev The free part of a bond leaves when its owner says so, the locked part when nobody can claim it any more.
contract BondTest is BatchWorld {
    function test_a_bond_comes_and_goes() public {
        vm.expectEmit(address(anchor));
        emit IBonds.BondDeposited(challenger, 3 ether);
        vm.startPrank(challenger);
        anchor.depositBond{value: 3 ether}();
        vm.assertEq(free(challenger), 3 ether, "free");
        vm.expectEmit(address(anchor));
        emit IBonds.BondWithdrawn(challenger, address(0x77), 2 ether);
        anchor.withdrawBond(2 ether, payable(address(0x77)));
        vm.assertEq(address(0x77).balance, 2 ether, "paid out");
        vm.assertEq(free(challenger), 1 ether, "the rest stays");
        vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, challenger, 1 ether, 1 ether + 1));
        anchor.withdrawBond(1 ether + 1, payable(challenger));
        vm.expectRevert(abi.encodeWithSelector(IBonds.NothingDeposited.selector));
        anchor.depositBond();
        vm.expectRevert(abi.encodeWithSelector(IBonds.ZeroRecipient.selector));
        anchor.withdrawBond(1, payable(address(0)));
        anchor.withdrawBond(1 ether, payable(challenger));
        vm.assertEq(free(challenger), 0, "all gone");
    }

    function test_nobody_withdraws_anothers_bond() public {
        vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, challenger, 0, 1));
        vm.prank(challenger);
        anchor.withdrawBond(1, payable(challenger));
        vm.assertEq(free(relayer), 10 ether, "untouched");
    }

    function test_what_is_locked_does_not_leave() public {
        anchorOf(3);
        vm.assertEq(free(relayer), 9 ether, "free");
        vm.assertEq(locked(relayer), SLICE, "locked");
        vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, relayer, 9 ether, 9 ether + 1));
        vm.prank(relayer);
        anchor.withdrawBond(9 ether + 1, payable(relayer));
        vm.prank(relayer);
        anchor.withdrawBond(9 ether, payable(relayer));
        vm.assertEq(locked(relayer), SLICE, "still locked");
        BatchRef memory second = refOf(relayer, leavesOf(2));
        vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, relayer, 0, SLICE));
        send(second);
    }

    function test_a_payment_that_is_refused_changes_nothing() public {
        address refusing = address(new RefusingAccount());
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondPaymentFailed.selector, refusing, 1 ether));
        vm.prank(relayer);
        anchor.withdrawBond(1 ether, payable(refusing));
        vm.assertEq(free(relayer), 10 ether, "as before");
    }

    function test_reentering_from_a_payment_gains_nothing() public {
        ReenteringBonder thief = new ReenteringBonder(anchor);
        thief.deposit{value: 2 ether}();
        thief.withdraw(1 ether);
        vm.assertEq(thief.entered(), 1, "it tried");
        vm.assertEq(address(thief).balance, 2 ether, "its own money, all of it");
        vm.assertEq(free(address(thief)), 0, "and no more");
        vm.assertEq(address(anchor).balance, 10 ether, "the relayer's is there");
    }

    /// @dev A deposit of any size is credited in full: amounts fit their types.
    function test_fuzz_deposits_and_withdrawals_balance(uint96 amount, uint96 taken) public {
        vm.assume(amount != 0);
        vm.deal(challenger, amount);
        vm.startPrank(challenger);
        anchor.depositBond{value: amount}();
        uint256 out = bound(taken, 0, amount);
        anchor.withdrawBond(out, payable(challenger));
        vm.assertEq(free(challenger), amount - out, "free");
        vm.assertEq(challenger.balance, out, "paid");
    }
}
