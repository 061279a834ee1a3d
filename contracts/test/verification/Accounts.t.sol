// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";
import {OpinionAccount} from "../doubles/OpinionAccount.sol";

/// @dev Balances come by deposit and leave by withdrawal, whole, to whoever their owner says.
contract AccountsTest is VerificationWorld {
    function test_deposits_add_up_and_leave_in_parts() public {
        vm.deal(poster, 1 ether);
        vm.expectEmit(address(opinions));
        emit IEtherAccounts.Deposited(poster, 1 ether);
        vm.prank(poster);
        opinions.deposit{value: 1 ether}();
        vm.assertEq(balance(poster), 11 ether, "added");
        vm.expectEmit(address(opinions));
        emit IEtherAccounts.Withdrawn(poster, address(0x77), 4 ether);
        vm.prank(poster);
        opinions.withdraw(4 ether, payable(address(0x77)));
        vm.assertEq(address(0x77).balance, 4 ether, "paid out");
        vm.assertEq(balance(poster), 7 ether, "the rest stays");
    }

    function test_nobody_takes_more_than_it_has() public {
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), anyone, 0, 1));
        vm.prank(anyone);
        opinions.withdraw(1, payable(anyone));
        expect(
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), poster, 10 ether, 10 ether + 1
            )
        );
        vm.prank(poster);
        opinions.withdraw(10 ether + 1, payable(poster));
    }

    function test_nobody_withdraws_to_nobody() public {
        expect(abi.encodeWithSelector(IEtherAccounts.ZeroRecipient.selector));
        vm.prank(poster);
        opinions.withdraw(1, payable(address(0)));
    }

    function test_ether_without_a_deposit_is_refused() public {
        vm.deal(poster, 1 ether);
        vm.prank(poster);
        (bool ok,) = address(opinions).call{value: 1 ether}("");
        vm.assertFalse(ok, "no receive function");
    }

    function test_what_is_set_aside_stays_and_the_rest_leaves_even_after_a_stop() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        bid(0, jobId, 0);
        router.stop();
        vm.assertEq(balance(poster), 9 ether - 0.03 ether, "escrow and bounty are set aside");
        vm.assertEq(balance(verifiers[0]), 9 ether, "the stake is");
        vm.prank(poster);
        opinions.withdraw(9 ether - 0.03 ether, payable(poster));
        vm.prank(verifiers[0]);
        opinions.withdraw(9 ether, payable(verifiers[0]));
        vm.assertEq(poster.balance, 9 ether - 0.03 ether, "out");
        vm.assertEq(verifiers[0].balance, 9 ether, "out");
    }

    function test_a_recipient_that_refuses_keeps_its_balance() public {
        OpinionAccount account = new OpinionAccount{value: 1 ether}(opinions);
        account.whenPaid("", true);
        expect(abi.encodeWithSelector(IEtherAccounts.PaymentFailed.selector, address(account), 1 ether));
        account.withdraw(1 ether);
        vm.assertEq(balance(address(account)), 1 ether, "still there");
    }

    /// @dev Paid once, whatever it calls meanwhile.
    function test_a_recipient_that_reenters_is_paid_once() public {
        OpinionAccount account = new OpinionAccount{value: 2 ether}(opinions);
        account.whenPaid(abi.encodeCall(opinions.withdraw, (2 ether, payable(address(account)))), false);
        account.withdraw(2 ether);
        vm.assertEq(account.payments(), 1, "paid once");
        vm.assertEq(account.reentries(), 0, "there was nothing left");
        vm.assertEq(address(account).balance, 2 ether, "its own");
        vm.assertEq(address(opinions).balance, 60 ether, "and nobody else's");
    }

    receive() external payable {}

    constructor() {
        vm.deal(address(this), 10 ether);
    }
}
