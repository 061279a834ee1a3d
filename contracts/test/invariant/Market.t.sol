// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {Market} from "../base/Market.sol";
import {Test} from "../base/Test.sol";
import {MarketHandler} from "./MarketHandler.sol";

/// @dev Whatever happens in whatever order, the market's books are the handler's.
contract MarketInvariant is Test {
    MarketHandler private handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new MarketHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](17);
        (s[0], s[1], s[2]) = (handler.deposit.selector, handler.withdraw.selector, handler.submit.selector);
        (s[3], s[4], s[5]) = (handler.lockSigned.selector, handler.lockSubmitted.selector, handler.cancel.selector);
        (s[6], s[7], s[8]) = (handler.expire.selector, handler.claim.selector, handler.voidClaimed.selector);
        (s[9], s[10], s[11]) = (handler.fulfil.selector, handler.fulfilAll.selector, handler.drop.selector);
        (s[12], s[13], s[14]) = (handler.record.selector, handler.slash.selector, handler.unwind.selector);
        (s[15], s[16]) = (handler.wait.selector, handler.stop.selector);
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    /// forge-config: default.invariant.runs = 80
    /// forge-config: default.invariant.depth = 160
    function invariant_the_books_agree() public view {
        (IProofMarket market,, uint256 slice) = handler.contracts();
        uint256 accounts;
        for (uint256 i; i < 6; ++i) {
            address account = handler.accounts(i);
            vm.assertEq(market.balanceOf(account), handler.owned(account), "nobody's balance moves but by the rules");
            accounts += market.balanceOf(account);
        }
        vm.assertEq(market.burned(), handler.burnedSum(), "burned");
        vm.assertEq(
            address(market).balance,
            accounts + handler.escrow() + market.burned(),
            "ether = accounts + set aside + burned"
        );
        uint256 held;
        uint256 open;
        for (uint256 i; i < handler.count(); ++i) {
            MarketHandler.Entry memory e = handler.entryOf(i);
            vm.assertEq(uint256(market.stateOf(e.id)), uint256(e.state), "state");
            vm.assertLe(e.ends, 1, "a lock ends once");
            IProofMarket.Lock memory l = market.lockOf(e.id);
            if (e.ends == 0 && l.locker != address(0)) ++open;
            vm.assertEq(l.price, e.price, "price of the lock");
            vm.assertEq(l.collateral, e.collateral, "collateral of the lock");
            if (e.ends == 0 && l.locker != address(0)) held += e.price + e.collateral + l.relayFee;
            if (!e.anchored) continue;
            bool counts = e.state == IProofMarket.RequestState.Claimed || e.state == IProofMarket.RequestState.Fulfilled
                && market.claimOf(e.id).taken != 0;
            uint256 claimed = market.claimedOf(Market.idOf(e.batch));
            vm.assertEq(claimed, counts ? e.price : 0, "claims of a batch");
            vm.assertLe(claimed, slice / 2, "at most half of the slice");
        }
        vm.assertEq(held, handler.escrow(), "set aside");
        vm.assertEq(
            handler.liabilities(), open, "the operator is liable for every lock that has not ended, and no other"
        );
        (uint256 fulfilled, uint256 faulted, uint256 challenged, uint256 score) = handler.facts();
        vm.assertEq(fulfilled, handler.paid(), "one payment per fulfilment");
        vm.assertEq(faulted, handler.slashed(), "one fact per default");
        vm.assertEq(challenged, handler.challengedCount(), "one fact per fraudulent claim");
        vm.assertLe(score, 999, "score");
    }
}
