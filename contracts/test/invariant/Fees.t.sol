// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IFeeSchedule} from "../../src/interfaces/IFeeSchedule.sol";
import {FeeSchedule} from "../../src/market/FeeSchedule.sol";
import {Test} from "../base/Test.sol";

/// @dev Schedules, replaces, retracts and hands over at random, in time that jumps to just before and just after every
///      effect. Keeps the announcements as they were made, and no state of its own that the contract could share an error
///      with: a change of the fee is right if the last announcement that stood named it, long enough ago.
contract FeesHandler is Test {
    struct Announcement {
        uint16 feeBps;
        uint64 at;
        bool retracted;
    }

    uint64 private constant DELAY = 7 days;
    address private constant GUARDIAN = address(0x911);
    FeeSchedule public immutable fees;
    Announcement[] public announcements;
    address[3] private accounts = [address(0xa), address(0xb), address(0xc)];
    uint16 private seen;
    uint256 private clock = 1_800_000_000;

    constructor() {
        vm.chainId(1);
        vm.warp(clock);
        IFeeSchedule.FeeTerms memory terms = IFeeSchedule.FeeTerms(250, 5000, address(0x7e), DELAY);
        fees = new FeeSchedule(accounts[0], GUARDIAN, terms);
        seen = fees.current();
        announcements.push(Announcement(seen, uint64(clock) - DELAY, false));
    }

    /// @dev No call changes the fee in the second in which it is made.
    modifier still() {
        vm.warp(clock);
        vm.assertEq(fees.current(), seen, "the fee before the call");
        _;
        vm.assertEq(fees.current(), seen, "a call changed the fee at once");
    }

    function schedule(uint256 who, uint16 feeBps, bool inBounds) external still {
        if (inBounds) feeBps %= 1001;
        address sender = accounts[who % 3];
        bool allowed = sender == fees.owner() && feeBps <= 1000;
        vm.prank(sender);
        try fees.schedule(feeBps) returns (uint64 effectiveAt) {
            vm.assertTrue(allowed, "scheduled against the rules");
            vm.assertEq(effectiveAt, clock + DELAY, "when");
            announcements.push(Announcement(feeBps, uint64(clock), false));
        } catch {
            vm.assertFalse(allowed, "could not schedule");
        }
    }

    function retract(uint256 who) external still {
        address sender = who % 4 == 3 ? GUARDIAN : accounts[who % 4];
        Announcement storage last = announcements[announcements.length - 1];
        bool waiting = !last.retracted && clock < last.at + DELAY;
        bool allowed = waiting && (sender == fees.owner() || sender == GUARDIAN);
        vm.prank(sender);
        try fees.retract() {
            vm.assertTrue(allowed, "retracted against the rules");
            last.retracted = true;
        } catch {
            vm.assertFalse(allowed, "could not retract");
        }
    }

    function handOver(uint256 to) external still {
        address next = accounts[to % 3];
        vm.prank(fees.owner());
        fees.offerOwnership(next);
        vm.prank(next);
        fees.acceptOwnership();
    }

    /// @dev To the second before, of, or after the effect of the last announcement, or by any time.
    function wait(uint256 how, uint64 time) external {
        vm.warp(clock);
        vm.assertEq(fees.current(), seen, "the fee before the wait");
        uint256 effect = uint256(announcements[announcements.length - 1].at) + DELAY;
        uint256 target = how % 4 == 0 ? clock + time % (2 * DELAY) : effect + how % 4 - 2;
        if (target > clock) clock = target;
        vm.warp(clock);
        uint16 fee = fees.current();
        vm.assertEq(fee, expected(), "the last announcement that stood for the delay");
        seen = fee;
    }

    /// @dev Of the last announcement that was neither retracted nor replaced before it took effect.
    function expected() public view returns (uint16) {
        for (uint256 i = announcements.length; i-- != 0;) {
            Announcement memory a = announcements[i];
            uint256 effect = uint256(a.at) + DELAY;
            bool replaced = i + 1 < announcements.length && announcements[i + 1].at < effect;
            if (!a.retracted && !replaced && effect <= clock) return a.feeBps;
        }
        revert("there is a first");
    }

    function now_() external view returns (uint256) {
        return clock;
    }
}

/// @dev Whatever is called in whatever order: the fee is within its bound, and is what was announced a delay ago.
contract FeesInvariant is Test {
    FeesHandler private handler;

    function setUp() public {
        handler = new FeesHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_the_fee_is_bounded_and_was_announced_a_delay_ago() public {
        vm.warp(handler.now_());
        uint16 fee = handler.fees().current();
        vm.assertLe(fee, 1000, "within the maximum");
        vm.assertEq(fee, handler.expected(), "as announced");
    }
}
