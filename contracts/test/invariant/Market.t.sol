// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IInputs} from "../../src/interfaces/IInputs.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {DemandState} from "../../src/types/Batch.sol";
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
        bytes4[] memory s = new bytes4[](26);
        (s[0], s[1], s[2]) = (handler.deposit.selector, handler.withdraw.selector, handler.submit.selector);
        (s[3], s[4], s[5]) = (handler.lockSigned.selector, handler.lockSubmitted.selector, handler.cancel.selector);
        (s[6], s[7], s[8]) = (handler.expire.selector, handler.claim.selector, handler.voidClaimed.selector);
        (s[9], s[10], s[11]) = (handler.fulfil.selector, handler.fulfilAll.selector, handler.drop.selector);
        (s[12], s[13], s[14]) = (handler.record.selector, handler.slash.selector, handler.unwind.selector);
        (s[15], s[16]) = (handler.wait.selector, handler.stop.selector);
        (s[17], s[18], s[19]) = (handler.lockFor.selector, handler.serve.selector, handler.rescue.selector);
        (s[20], s[21]) = (handler.depositToken.selector, handler.withdrawToken.selector);
        s[22] = handler.changeFee.selector;
        (s[23], s[24]) = (handler.demandInput.selector, handler.answerInput.selector);
        s[25] = handler.closeDemand.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    function invariant_the_books_agree() public view {
        (IProofMarket market,, uint256 slice) = handler.contracts();
        IERC20 token = handler.token();
        uint256 accounts;
        uint256 tokens;
        for (uint256 i; i < 7; ++i) {
            address account = handler.accounts(i);
            (uint256 ether_, uint256 inToken) = (market.balanceOf(account), market.tokenBalanceOf(token, account));
            vm.assertEq(ether_, handler.owned(address(0), account), "nobody's balance moves but by the rules");
            vm.assertEq(inToken, handler.owned(address(token), account), "nor in a token");
            (accounts, tokens) = (accounts + ether_, tokens + inToken);
        }
        vm.assertEq(market.burned(), handler.burnedSum(address(0)), "burned");
        vm.assertEq(market.tokenBurned(token), handler.burnedSum(address(token)), "burned of the token");
        vm.assertEq(
            address(market).balance,
            accounts + handler.escrow(address(0)) + handler.bonds() + market.burned(),
            "ether = accounts + set aside + bonds of demands + burned"
        );
        vm.assertEq(
            token.balanceOf(address(market)),
            tokens + handler.escrow(address(token)) + market.tokenBurned(token),
            "tokens = accounts + set aside + burned"
        );
        uint256[3] memory held;
        uint256 open;
        for (uint256 i; i < handler.count(); ++i) {
            MarketHandler.Entry memory e = handler.entryOf(i);
            vm.assertEq(uint256(market.stateOf(e.id)), uint256(e.state), "state");
            vm.assertLe(e.ends, 1, "a lock ends once");
            IProofMarket.Lock memory l = market.lockOf(e.id);
            if (e.ends == 0 && l.locker != address(0)) ++open;
            vm.assertEq(l.price, e.price, "price of the lock");
            vm.assertEq(l.collateral, e.collateral, "collateral of the lock");
            held[2] += heldOf(market, e);
            bool inToken = e.request.paymentToken != address(0);
            if (e.ends == 0 && l.locker != address(0)) held[inToken ? 1 : 0] += e.price + e.collateral + l.relayFee;
            if (!e.anchored) continue;
            bool counts = !inToken
                && (e.state == IProofMarket.RequestState.Claimed
                    || e.state == IProofMarket.RequestState.Fulfilled
                    && market.claimOf(e.id).taken != 0);
            uint256 claimed = market.claimedOf(Market.idOf(e.batch));
            vm.assertEq(claimed, counts ? e.price : 0, "claims of a batch");
            vm.assertLe(claimed, slice / 2, "at most half of the slice");
        }
        vm.assertEq(held[2], handler.bonds(), "bonds of open demands");
        vm.assertEq(held[0], handler.escrow(address(0)), "set aside");
        vm.assertEq(held[1], handler.escrow(address(token)), "set aside in the token");
        vm.assertEq(
            handler.liabilities(), open, "the operator is liable for every lock that has not ended, and no other"
        );
        (uint256 fulfilled, uint256 faulted, uint256 challenged, uint256 score) = handler.facts();
        vm.assertEq(fulfilled, handler.paid(), "one payment per fulfilment");
        vm.assertEq(faulted, handler.slashed(), "one fact per default");
        vm.assertEq(challenged, handler.challengedCount(), "one fact per fraudulent claim");
        vm.assertLe(score, 999, "score");
    }

    /// @dev The bond of the request's demand, if it is open.
    function heldOf(IProofMarket market, MarketHandler.Entry memory e) private view returns (uint256) {
        IInputs.InputDemand memory d = market.inputDemandOf(e.id);
        vm.assertEq(uint256(d.state), uint256(e.demand), "demand");
        return d.state == DemandState.Open ? d.bond : 0;
    }
}
