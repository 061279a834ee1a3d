// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev Another operator serves what the locker did not: the requester has its launch for nothing, the rescuer a part of the
///      collateral, and who rescues himself loses.
contract RescueTest is MarketWorld {
    OperatorId private constant OTHER = OperatorId.wrap("other root key");
    uint256 private constant LEAF = 1002;

    function setUp() public override {
        super.setUp();
        enrolOther(OTHER, LEAF, ANYONE);
    }

    function refused(ProofRequest memory r, ReceiptHeader memory h, bytes memory reason) private {
        expect(reason);
        market.rescue(r, proven(h));
    }

    function test_the_rescuer_gets_two_fifths_and_the_requester_everything_back() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory h = receiptOf(r, LEAF);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestRescued(id, PAYEE, operator, OTHER, 0.08 ether, 0.12 ether);
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Faulted, 0.0025 ether, 2_500_000, uint64(block.timestamp)
        );
        vm.prank(ANYONE);
        market.rescue(r, proven(h));
        assertState(id, IProofMarket.RequestState.Rescued, "rescued");
        vm.assertEq(market.balanceOf(PAYEE), 0.08 ether, "rescuer's payee");
        vm.assertEq(market.balanceOf(requester), 10 ether, "price and relay fee back");
        vm.assertEq(market.balanceOf(controller), 10 ether - 0.2 ether, "the locker lost its collateral");
        vm.assertEq(market.burned(), 0.12 ether, "the rest is burned");
        vm.assertEq(operators.liabilitiesOf(operator).open, 0, "not liable any more");
        vm.assertEq(trust.factsOf(OTHER).fulfilled, 0, "no fee was burned for the rescuer");
        assertSettled();
    }

    function test_half_of_the_time_after_the_last_lock_is_the_lockers_alone() public {
        ProofRequest memory r = request();
        vm.warp(r.offer.rampStart + r.offer.lockTimeout);
        bytes32 id = lock(r);
        uint256 from = market.rescuableFrom(r);
        vm.assertEq(from, r.offer.rampStart + 3600 + 1800 + 1, "the middle between 3600 and 7200");
        vm.warp(from - 1);
        refused(r, receiptOf(r, LEAF), abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, from, from - 1));
        vm.warp(from);
        market.rescue(r, proven(receiptOf(r, LEAF)));
    }

    function test_the_last_second_of_a_recording_is_the_deadline() public {
        (ProofRequest memory r,) = locked();
        (ProofRequest memory late, bytes32 id) = locked();
        uint64 deadline = r.offer.rampStart + r.offer.timeout;
        vm.warp(deadline);
        ReceiptHeader memory h = receiptOf(r, LEAF);
        recorded(h, ANYONE);
        vm.warp(deadline + 1);
        refused(
            late,
            receiptOf(late, LEAF),
            abi.encodeWithSelector(IProofMarket.TooLate.selector, id, deadline + 1, deadline)
        );
        market.rescue(r, proven(h));
    }

    /// @dev lockTimeout = timeout: a requester that wants no rescue.
    function test_where_no_time_is_left_nobody_rescues() public {
        for (uint32 between; between < 2; ++between) {
            ProofRequest memory r = request();
            r.offer.lockTimeout = r.offer.timeout - between;
            bytes32 id = lock(r);
            uint256 deadline = r.offer.rampStart + r.offer.timeout;
            vm.assertEq(market.rescuableFrom(r), deadline + 1, "after the deadline");
            // Recorded in time, and no rescue all the same.
            vm.warp(deadline);
            ReceiptHeader memory h = receiptOf(r, LEAF);
            recorded(h, ANYONE);
            vm.warp(deadline + 1);
            refused(r, h, abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, deadline + 1, deadline + 1));
        }
    }

    function test_fuzz_the_locker_has_at_least_half_and_the_rescuer_never_more(uint32 a, uint32 b, uint64 start)
        public
        view
    {
        ProofRequest memory r;
        (r.offer.lockTimeout, r.offer.timeout) = a < b ? (a, b) : (b, a);
        r.offer.rampStart = start;
        uint256 from = market.rescuableFrom(r);
        uint256 lockDeadline = uint256(start) + r.offer.lockTimeout;
        uint256 deadline = uint256(start) + r.offer.timeout;
        // Seconds lockDeadline + 1 .. from - 1 are the locker's alone, from .. deadline are everybody's.
        uint256 alone = from - 1 - lockDeadline;
        uint256 shared = deadline + 1 > from ? deadline + 1 - from : 0;
        vm.assertLe(shared, alone, "at least half");
        vm.assertEq(alone + shared, deadline - lockDeadline, "no second is lost");
    }

    function test_a_claim_blocks_the_rescue() public {
        (ProofRequest memory r, bytes32 id,,) = claimed();
        vm.warp(market.rescuableFrom(r));
        refused(
            r,
            receiptOf(r, LEAF),
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Claimed)
        );
    }

    function test_the_lockers_own_receipt_or_a_hidden_one_rescues_nothing() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.rescuableFrom(r));
        refused(r, receipt(r), abi.encodeWithSelector(IProofMarket.LockersOwnReceipt.selector, id, operator));
        ReceiptHeader memory h = receipt(r);
        (h.flags, h.operatorTag) = (1, 999);
        refused(r, h, abi.encodeWithSelector(IProofMarket.NotDisclosed.selector, 1));
    }

    function test_a_request_for_one_operator_is_rescued_by_nobody() public {
        ProofRequest memory r = request();
        r.operatorId = operator;
        lock(r);
        vm.warp(market.rescuableFrom(r));
        refused(r, receiptOf(r, LEAF), abi.encodeWithSelector(IProofMarket.OperatorNotNamed.selector, OTHER, operator));
    }

    /// @dev The locker is still in time: whoever of the two is first ends the lock, once.
    function test_the_locker_can_still_serve_and_then_there_is_nothing_to_rescue() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Fulfilled);
        refused(r, receiptOf(r, LEAF), over);
    }

    function test_a_rescued_request_is_over() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.rescuableFrom(r));
        market.rescue(r, proven(receiptOf(r, LEAF)));
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Rescued);
        refused(r, receiptOf(r, LEAF), over);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        expect(over);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        expect(over);
        market.unwind(r);
        vm.warp(block.timestamp + 365 days);
        expect(over);
        market.slash(r);
    }

    function test_nobody_is_rescued_from_when_the_verifier_is_gone() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory h = receiptOf(r, LEAF);
        recorded(h, ANYONE);
        router.stop();
        refused(r, h, abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
        market.unwind(r);
        vm.assertEq(market.balanceOf(controller), 10 ether, "neutrally");
    }

    /// @dev Locker, requester and rescuer are one: the collateral it gets back is less than what is burned.
    function test_fuzz_rescuing_oneself_loses_more_than_half_of_the_collateral(uint96 base) public {
        ProofRequest memory r = request();
        r.baseCollateral = base % 4 ether;
        uint256 before = market.balanceOf(requester) + market.balanceOf(controller) + market.balanceOf(PAYEE);
        bytes32 id = lock(r);
        uint256 collateral = market.lockOf(id).collateral;
        vm.warp(market.rescuableFrom(r));
        market.rescue(r, proven(receiptOf(r, LEAF)));
        uint256 left = market.balanceOf(requester) + market.balanceOf(controller) + market.balanceOf(PAYEE);
        vm.assertLe(left + collateral / 2, before, "at least half is gone");
        vm.assertEq(before - left, market.burned(), "burned");
    }
}
