// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {MarketAccount} from "../doubles/MarketAccounts.sol";

/// @dev Balances come by deposit and leave by withdrawal, whole, to whoever their owner says, and nothing else is taken.
contract BalancesTest is MarketWorld {
    function test_deposits_add_up_and_leave_in_parts() public {
        vm.expectEmit(address(market));
        emit IEtherAccounts.Deposited(requester, 1 ether);
        vm.prank(requester);
        market.deposit{value: 1 ether}();
        vm.assertEq(market.balanceOf(requester), 11 ether, "added");
        vm.expectEmit(address(market));
        emit IEtherAccounts.Withdrawn(requester, address(0x77), 4 ether);
        vm.prank(requester);
        market.withdraw(4 ether, payable(address(0x77)));
        vm.assertEq(address(0x77).balance, 4 ether, "paid out");
        vm.assertEq(market.balanceOf(requester), 7 ether, "the rest stays");
        vm.prank(requester);
        market.withdraw(7 ether, payable(requester));
        vm.assertEq(market.balanceOf(requester), 0, "all of it");
    }

    function test_nobody_takes_more_than_it_has() public {
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), ANYONE, 0, 1));
        vm.prank(ANYONE);
        market.withdraw(1, payable(ANYONE));
        expect(
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), requester, 10 ether, 10 ether + 1
            )
        );
        vm.prank(requester);
        market.withdraw(10 ether + 1, payable(requester));
        expect(
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), requester, 10 ether, type(uint256).max
            )
        );
        vm.prank(requester);
        market.withdraw(type(uint256).max, payable(requester));
    }

    function test_ether_without_a_deposit_is_refused() public {
        vm.prank(requester);
        (bool ok,) = address(market).call{value: 1 ether}("");
        vm.assertFalse(ok, "no receive function");
    }

    function test_what_is_set_aside_stays_and_the_rest_leaves() public {
        (, bytes32 id) = locked();
        uint256 rest = market.balanceOf(requester);
        vm.assertEq(rest, 10 ether - 0.101 ether, "price and relay fee are set aside");
        vm.prank(requester);
        market.withdraw(rest, payable(requester));
        rest = market.balanceOf(controller);
        vm.assertEq(rest, 10 ether - 0.2 ether, "collateral is set aside");
        vm.prank(controller);
        market.withdraw(rest, payable(controller));
        vm.assertEq(address(market).balance, 0.301 ether, "what is set aside");
        assertState(id, IProofMarket.RequestState.Locked, "still locked");
    }

    function test_a_refusing_receiver_keeps_its_balance() public {
        MarketAccount account = new MarketAccount{value: 1 ether}(market);
        account.whenPaid("", true);
        expect(abi.encodeWithSelector(IEtherAccounts.PaymentFailed.selector, address(account), 1 ether));
        account.withdraw(1 ether);
        vm.assertEq(market.balanceOf(address(account)), 1 ether, "nothing lost");
        account.whenPaid("", false);
        account.withdraw(1 ether);
        vm.assertEq(address(account).balance, 1 ether, "paid once it accepts");
    }

    /// @dev Whatever is called from inside a payment finds the balance already reduced.
    function test_reentering_takes_nothing_twice() public {
        MarketAccount account = new MarketAccount{value: 1 ether}(market);
        account.whenPaid(abi.encodeCall(market.withdraw, (1 ether, payable(address(account)))), false);
        account.withdraw(1 ether);
        vm.assertEq(account.payments(), 1, "paid once");
        vm.assertEq(account.reentries(), 0, "the second withdrawal failed");
        vm.assertEq(address(market).balance, 20 ether, "the others' ether is there");

        // Half now, half from inside: allowed, and no more than the whole.
        account = new MarketAccount{value: 1 ether}(market);
        account.whenPaid(abi.encodeCall(market.withdraw, (0.5 ether, payable(address(account)))), false);
        account.withdraw(0.5 ether);
        vm.assertEq(address(account).balance, 1 ether, "both halves");
        vm.assertEq(market.balanceOf(address(account)), 0, "and nothing is left");
        vm.assertEq(address(market).balance, 20 ether, "the others' ether is there");
    }

    /// @dev A payee that refuses ether cannot hold up anybody: payments are pulled.
    function test_a_refusing_payee_blocks_nobody() public {
        MarketAccount account = new MarketAccount{value: 0}(market);
        account.whenPaid("", true);
        (ProofRequest memory r, bytes32 id) = locked();
        uint256 before = market.balanceOf(controller);
        ReceiptHeader memory h = receipt(r);
        h.payee = address(account);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "fulfilled");
        vm.assertEq(market.balanceOf(address(account)), 0.0975 ether, "the payee can fetch it");
        vm.assertEq(market.balanceOf(controller), before + 0.2 ether, "the locker has its collateral");
    }
}
