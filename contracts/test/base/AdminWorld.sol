// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Timelock} from "../../src/access/Timelock.sol";
import {IFeeSchedule} from "../../src/interfaces/IFeeSchedule.sol";
import {IOwned} from "../../src/interfaces/IOwned.sol";
import {FeeSchedule} from "../../src/market/FeeSchedule.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @dev A world with a market, whose router and fee schedule belong to a timelock, as in production.
abstract contract AdminWorld is MarketWorld {
    uint256 internal constant TIMELOCK_DELAY = 2 days;
    uint64 internal constant FEE_DELAY = 7 days;
    address internal constant GUARDIAN = address(0x911);
    address internal constant PROPOSER = address(0x9909);
    address internal constant EXECUTOR = address(0xe8ec);
    address internal constant STRANGER = address(0x5);

    Timelock internal timelock;
    FeeSchedule internal fees;

    function setUp() public virtual override {
        super.setUp();
        timelock = newTimelock(EXECUTOR);
        fees = new FeeSchedule(address(timelock), GUARDIAN, IFeeSchedule.FeeTerms(250, 5000, address(0x7e), FEE_DELAY));
        router.offerOwnership(address(timelock));
        vm.prank(address(timelock));
        router.acceptOwnership();
    }

    /// @param executor 0 for anyone.
    function newTimelock(address executor) internal returns (Timelock) {
        return new Timelock(TIMELOCK_DELAY, only(PROPOSER), only(executor));
    }

    function only(address one) internal pure returns (address[] memory list_) {
        list_ = new address[](1);
        list_[0] = one;
    }

    /// @dev Proposes one call with the least delay.
    function propose(Timelock t, address target, bytes memory data) internal returns (bytes32 id) {
        vm.prank(PROPOSER);
        t.schedule(target, 0, data, 0, 0, TIMELOCK_DELAY);
        return t.hashOperation(target, 0, data, 0, 0);
    }

    function execute(Timelock t, address target, bytes memory data) internal {
        vm.prank(EXECUTOR);
        t.execute(target, 0, data, 0, 0);
    }

    /// @dev Proposes, waits and executes.
    function carryOut(address target, bytes memory data) internal {
        propose(timelock, target, data);
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        execute(timelock, target, data);
    }

    function notOwner(address caller, address owner) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IOwned.NotOwner.selector, caller, owner);
    }
}
