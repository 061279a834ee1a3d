// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Job} from "../../src/types/Job.sol";
import {Test} from "../base/Test.sol";
import {VerificationHandler} from "./VerificationHandler.sol";

/// @dev Whatever happens in whatever order, the market's books are the handler's, and an honest verifier never loses.
contract VerificationInvariant is Test {
    VerificationHandler private handler;
    uint256 private wealth;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new VerificationHandler();
        wealth = handler.honestWealth();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](30);
        (s[0], s[1], s[2]) = (handler.deposit.selector, handler.withdraw.selector, handler.postBatch.selector);
        (s[3], s[4], s[5]) = (handler.postInstall.selector, handler.offer.selector, handler.offer.selector);
        (s[6], s[7], s[8]) = (handler.offer.selector, handler.attest.selector, handler.attest.selector);
        (s[9], s[10], s[11]) = (handler.attest.selector, handler.anchorBatch.selector, handler.challenge.selector);
        (s[12], s[13]) = (handler.demandAndAnswer.selector, handler.proveInstall.selector);
        (s[14], s[15], s[16]) = (handler.slash.selector, handler.settle.selector, handler.settle.selector);
        (s[17], s[18], s[19]) = (handler.unwind.selector, handler.contest.selector, handler.admit.selector);
        (s[20], s[21], s[22]) = (handler.wait.selector, handler.wait.selector, handler.stop.selector);
        (s[23], s[24], s[25]) = (handler.hurry.selector, handler.hurry.selector, handler.hurry.selector);
        (s[26], s[27], s[28]) = (handler.postInstall.selector, handler.contest.selector, handler.admit.selector);
        s[29] = handler.feeChange.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    function invariant_the_books_agree() public view {
        (uint256 ether_, uint256 burnt) = handler.marketBooks();
        uint256 accounts;
        for (uint256 i; i < 7; ++i) {
            address account = handler.accounts(i);
            uint256 balance = handler.marketBalance(account);
            vm.assertEq(balance, handler.owned(account), "nobody's balance moves but by the rules");
            accounts += balance;
        }
        vm.assertEq(burnt, handler.burnedSum(), "burned");
        vm.assertEq(handler.heldByJobs(), handler.escrow(), "open jobs hold what was set aside");
        vm.assertEq(ether_, accounts + handler.escrow() + burnt, "ether = accounts + set aside + burned");
        uint256 open;
        for (uint256 i; i < handler.count(); ++i) {
            VerificationHandler.Model memory m = handler.modelOf(i);
            Job memory j = handler.marketJob(i);
            vm.assertEq(uint256(j.state), uint256(m.state), "state");
            vm.assertEq(j.contestedUntil, m.contestedUntil, "contested until");
            vm.assertLe(m.ends, 1, "a job ends once");
            if (m.ends == 0) open += j.bids;
        }
        vm.assertEq(handler.stakesTaken(), handler.stakesEnded() + open, "every stake is open or ended once");
        vm.assertLe(wealth, handler.honestWealth(), "an honest verifier never loses");
    }
}
