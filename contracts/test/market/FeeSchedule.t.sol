// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IFeeSchedule} from "../../src/interfaces/IFeeSchedule.sol";
import {IOwned} from "../../src/interfaces/IOwned.sol";
import {FeeSchedule} from "../../src/market/FeeSchedule.sol";
import {Test} from "../base/Test.sol";

/// @dev A fee changes when it was announced `delay` before, and then without another transaction.
contract FeeScheduleTest is Test {
    address private constant GUARDIAN = address(0x911);
    address private constant STRANGER = address(0x5);
    address private constant TREASURY = address(0x7e);
    uint64 private constant DELAY = 7 days;
    uint256 private constant START = 1_800_000_000;
    FeeSchedule private fees;

    function setUp() public {
        vm.chainId(1);
        vm.warp(START);
        fees = make(terms());
    }

    function terms() private pure returns (IFeeSchedule.FeeTerms memory) {
        return IFeeSchedule.FeeTerms({feeBps: 250, burnedBps: 5000, treasury: TREASURY, delay: DELAY});
    }

    function make(IFeeSchedule.FeeTerms memory t) private returns (FeeSchedule) {
        return new FeeSchedule(address(this), GUARDIAN, t);
    }

    function test_a_fee_holds_from_the_second_that_was_announced() public {
        vm.expectEmit(address(fees));
        emit IFeeSchedule.FeeScheduled(250, 1000, uint64(START) + DELAY);
        vm.assertEq(fees.schedule(1000), START + DELAY, "effective");
        assertScheduled(1000, uint64(START) + DELAY);
        vm.warp(START + DELAY - 1);
        vm.assertEq(fees.current(), 250, "a second before");
        assertScheduled(1000, uint64(START) + DELAY);
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 1000, "in that second");
        assertScheduled(1000, 0);
        vm.warp(START + DELAY + 1);
        vm.assertEq(fees.current(), 1000, "a second after");
    }

    function test_a_lower_fee_waits_as_long() public {
        fees.schedule(0);
        vm.warp(START + DELAY - 1);
        vm.assertEq(fees.current(), 250, "a second before");
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 0, "in that second");
    }

    function test_a_replacement_starts_the_delay_anew() public {
        fees.schedule(300);
        vm.warp(START + DELAY - 1);
        fees.schedule(400);
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 250, "the replaced one has no effect");
        vm.warp(START + 2 * DELAY - 2);
        vm.assertEq(fees.current(), 250, "a second before");
        vm.warp(START + 2 * DELAY - 1);
        vm.assertEq(fees.current(), 400, "in that second");
    }

    function test_replacing_a_fee_in_effect_keeps_it_meanwhile() public {
        fees.schedule(300);
        vm.warp(START + DELAY);
        vm.expectEmit(address(fees));
        emit IFeeSchedule.FeeScheduled(300, 400, uint64(START) + 2 * DELAY);
        fees.schedule(400);
        vm.assertEq(fees.current(), 300, "what had taken effect stays");
        vm.warp(START + 2 * DELAY);
        vm.assertEq(fees.current(), 400, "and then the next");
    }

    function test_a_retracted_fee_never_takes_effect() public {
        fees.schedule(1000);
        vm.warp(START + DELAY - 1);
        vm.expectEmit(address(fees));
        emit IFeeSchedule.FeeRetracted(1000, uint64(START) + DELAY, address(this));
        fees.retract();
        assertScheduled(250, 0);
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 250, "then");
        vm.warp(START + 100 * 365 days);
        vm.assertEq(fees.current(), 250, "and ever after");
    }

    function test_the_guardian_may_retract_and_nothing_else() public {
        fees.schedule(1000);
        vm.startPrank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, GUARDIAN, address(this)));
        fees.schedule(0);
        vm.expectEmit(address(fees));
        emit IFeeSchedule.FeeRetracted(1000, uint64(START) + DELAY, GUARDIAN);
        fees.retract();
        vm.stopPrank();
    }

    function test_nothing_to_retract_before_after_and_twice() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.NothingScheduled.selector, uint16(250)));
        fees.retract();
        fees.schedule(300);
        fees.retract();
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.NothingScheduled.selector, uint16(250)));
        fees.retract();
        fees.schedule(300);
        vm.warp(START + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.NothingScheduled.selector, uint16(300)));
        fees.retract();
    }

    function test_strangers_neither_schedule_nor_retract() public {
        fees.schedule(300);
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, STRANGER, address(this)));
        fees.schedule(0);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotGuardian.selector, STRANGER, GUARDIAN));
        fees.retract();
        vm.stopPrank();
    }

    function test_the_maximum_holds_for_every_fee() public {
        vm.assertEq(fees.maxFeeBps(), 1000, "a tenth");
        fees.schedule(1000);
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.FeeTooHigh.selector, 1001, 1000));
        fees.schedule(1001);
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.FeeTooHigh.selector, 65_535, 1000));
        fees.schedule(type(uint16).max);
    }

    function test_what_was_announced_survives_its_owner() public {
        fees.schedule(300);
        fees.renounceOwnership();
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 300, "as announced");
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, address(this), address(0)));
        fees.schedule(0);
    }

    function test_the_guardian_may_retract_what_a_gone_owner_left() public {
        fees.schedule(300);
        fees.renounceOwnership();
        vm.prank(GUARDIAN);
        fees.retract();
        vm.warp(START + DELAY);
        vm.assertEq(fees.current(), 250, "unchanged for good");
    }

    function test_reading_the_fee_is_one_storage_read() public {
        fees.schedule(300);
        vm.record();
        fees.current();
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(fees));
        vm.assertEq(reads.length, 1, "reads");
        vm.assertEq(writes.length, 0, "writes");
    }

    function test_the_parts_of_a_fee_round_towards_burning() public {
        assertSplit(fees, 0, 0, 0);
        assertSplit(fees, 1, 1, 0);
        assertSplit(fees, 2, 1, 1);
        assertSplit(fees, 3, 2, 1);
        assertSplit(fees, type(uint256).max, 1 << 255, (1 << 255) - 1);
        IFeeSchedule.FeeTerms memory t = terms();
        t.burnedBps = 9999;
        FeeSchedule most = make(t);
        assertSplit(most, 9999, 9999, 0);
        assertSplit(most, 10_000, 9999, 1);
        assertSplit(most, 10_001, 10_000, 1);
    }

    function test_without_a_treasury_everything_is_burned() public {
        IFeeSchedule.FeeTerms memory t = terms();
        (t.treasury, t.burnedBps) = (address(0), 10_000);
        FeeSchedule all = make(t);
        assertSplit(all, 1, 1, 0);
        assertSplit(all, type(uint256).max, type(uint256).max, 0);
    }

    function test_fuzz_the_parts_sum_to_the_fee_and_burn_at_least_their_share(uint256 fee, uint16 burnedBps) public {
        IFeeSchedule.FeeTerms memory t = terms();
        t.burnedBps = uint16(bound(burnedBps, 5000, 10_000));
        FeeSchedule f = make(t);
        (uint256 burned, uint256 rest) = f.split(fee);
        vm.assertTrue(burned <= fee && rest == fee - burned, "the parts sum to the fee");
        vm.assertTrue(burned >= rest, "at least half is burned");
        uint256 small = fee >> 16;
        (burned,) = f.split(small);
        vm.assertEq(burned, (small * t.burnedBps + 9999) / 10_000, "rounded up");
    }

    function test_fuzz_the_fee_is_the_last_one_announced_long_enough_ago(uint16 a, uint16 b, uint256 gap, uint256 wait)
        public
    {
        (a, b) = (uint16(bound(a, 0, 1000)), uint16(bound(b, 0, 1000)));
        (gap, wait) = (bound(gap, 0, 2 * DELAY), bound(wait, 0, 2 * DELAY));
        fees.schedule(a);
        vm.warp(START + gap);
        uint16 before = gap >= DELAY ? a : 250;
        vm.assertEq(fees.current(), before, "after the first");
        fees.schedule(b);
        vm.assertEq(fees.current(), before, "an announcement changes nothing at once");
        vm.warp(START + gap + wait);
        vm.assertEq(fees.current(), wait >= DELAY ? b : before, "after the second");
    }

    function test_what_is_fixed_can_be_read() public {
        vm.expectEmit(vm.computeCreateAddress(address(this), vm.getNonce(address(this))));
        emit IFeeSchedule.FeeScheduled(250, 250, uint64(START));
        FeeSchedule fresh = make(terms());
        vm.assertEq(fresh.current(), 250, "fee");
        vm.assertEq(fresh.burnedBps(), 5000, "burned");
        vm.assertEq(fresh.treasury(), TREASURY, "treasury");
        vm.assertEq(fresh.delay(), DELAY, "delay");
        vm.assertEq(fresh.owner(), address(this), "owner");
        vm.assertEq(fresh.guardian(), GUARDIAN, "guardian");
    }

    function test_terms_out_of_bounds_are_named() public {
        IFeeSchedule.FeeTerms memory t = terms();
        t.feeBps = 1001;
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.FeeTooHigh.selector, 1001, 1000));
        make(t);
        t = terms();
        t.burnedBps = 4999;
        refused(t, "burnedBps", 4999);
        t.burnedBps = 10_001;
        refused(t, "burnedBps", 10_001);
        t = terms();
        t.treasury = address(0);
        t.burnedBps = 9999;
        refused(t, "treasury", 0);
        t = terms();
        t.delay = DELAY - 1;
        refused(t, "delay", DELAY - 1);
        t.delay = 365 days + 1;
        refused(t, "delay", 365 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IOwned.ZeroOwner.selector));
        new FeeSchedule(address(0), GUARDIAN, terms());
    }

    function test_terms_at_their_bounds_are_taken() public {
        IFeeSchedule.FeeTerms memory t = IFeeSchedule.FeeTerms(0, 10_000, TREASURY, 365 days);
        vm.assertEq(make(t).current(), 0, "no fee");
        t = IFeeSchedule.FeeTerms(1000, 5000, TREASURY, 7 days);
        vm.assertEq(make(t).current(), 1000, "the highest");
    }

    function test_only_development_chains_take_short_delays() public {
        IFeeSchedule.FeeTerms memory t = terms();
        t.delay = 1;
        uint16[2] memory development = [31337, 1337];
        for (uint256 i; i < 2; ++i) {
            vm.chainId(development[i]);
            vm.assertEq(make(t).delay(), 1, "a second");
        }
        t.delay = 0;
        refused(t, "delay", 0);
        vm.chainId(11_155_111);
        t.delay = 1;
        refused(t, "delay", 1);
    }

    function refused(IFeeSchedule.FeeTerms memory t, bytes32 name, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.BadParameter.selector, name, value));
        make(t);
    }

    function assertScheduled(uint16 next, uint64 effectiveAt) private view {
        (uint16 n, uint64 e) = fees.scheduled();
        vm.assertEq(n, next, "next");
        vm.assertEq(e, effectiveAt, "effective at");
    }

    function assertSplit(FeeSchedule f, uint256 fee, uint256 burned, uint256 toTreasury) private view {
        (uint256 b, uint256 t) = f.split(fee);
        vm.assertEq(b, burned, "burned");
        vm.assertEq(t, toTreasury, "treasury");
    }
}
