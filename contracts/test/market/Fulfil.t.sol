// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A claim is paid once, when its leaf is final, or dropped, when it is void; nothing else.
contract FulfilTest is MarketWorld {
    function test_a_final_leaf_pays_everybody_exactly() public {
        (, bytes32 id,, BatchRef memory batch) = claimed();
        vm.warp(START + WINDOW);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestFulfilled(id, PAYEE, operator, 0.1 ether, 0.0025 ether, relayer, 0.001 ether);
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Fulfilled, 0.0025 ether, 1_000_000, uint64(block.timestamp)
        );
        vm.prank(ANYONE);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "fulfilled");
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "payee: price less the fee");
        vm.assertEq(market.balanceOf(relayer), 0.001 ether, "relayer of the batch");
        vm.assertEq(market.balanceOf(controller), 10 ether, "collateral back");
        vm.assertEq(market.balanceOf(requester), 10 ether - 0.101 ether, "requester paid price and relay fee");
        vm.assertEq(market.burned(), 0.0025 ether, "the whole protocol fee");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0.1 ether, "stays counted against the batch");
        assertSettled();
    }

    function test_one_second_before_finality_nothing_is_paid() public {
        (, bytes32 id,, BatchRef memory batch) = claimed();
        vm.warp(START + WINDOW - 1);
        expect(abi.encodeWithSelector(IProofMarket.LeafNotFinal.selector, id, Market.idOf(batch), 0));
        market.fulfil(id);
        vm.assertEq(market.fulfilMany(one(id)), 0, "passed over");
        vm.warp(START + WINDOW);
        market.fulfil(id);
    }

    function test_a_request_is_paid_once() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h,) = claimed();
        recorded(h, ANYONE);
        vm.warp(START + WINDOW);
        market.fulfil(id);
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Fulfilled);
        expect(over);
        market.fulfil(id);
        vm.assertEq(market.fulfilMany(one(id)), 0, "passed over");
        expect(over);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        expect(over);
        market.dropClaim(id);
        vm.warp(START + 365 days);
        expect(over);
        market.slash(r);
        router.stop();
        expect(over);
        market.unwind(r);
        assertSettled();
    }

    function test_what_is_not_claimed_is_not_paid() public {
        (, bytes32 id) = locked();
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Locked));
        market.fulfil(id);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, bytes32("x"), IProofMarket.RequestState.None));
        market.fulfil("x");
    }

    /// @dev Void, unclaimed, repeated and foreign ids are passed over; the others are paid.
    function test_many_are_paid_each_on_its_own() public {
        bytes32[] memory ids = new bytes32[](6);
        (, ids[0],,) = claimed();
        ReceiptHeader memory h;
        BatchRef memory batch;
        (, ids[1], h, batch) = claimed();
        voidLeaf(h, batch);
        (, ids[2]) = locked();
        (, ids[3],,) = claimed();
        (ids[4], ids[5]) = (ids[0], "x");
        vm.warp(START + WINDOW);
        vm.assertEq(market.fulfilMany(ids), 2, "two of them");
        assertState(ids[0], IProofMarket.RequestState.Fulfilled, "first");
        assertState(ids[1], IProofMarket.RequestState.Claimed, "void");
        assertState(ids[2], IProofMarket.RequestState.Locked, "not claimed");
        assertState(ids[3], IProofMarket.RequestState.Fulfilled, "fourth");
        vm.assertEq(market.balanceOf(PAYEE), 2 * 0.0975 ether, "each once");
    }

    function test_a_demand_delays_the_payment() public {
        (, bytes32 id,, BatchRef memory batch) = claimed();
        vm.warp(START + WINDOW - 1);
        uint256 bond = anchor.demandBond();
        vm.deal(address(this), bond);
        anchor.demandReveal{value: bond}(batch, 1);
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IProofMarket.LeafNotFinal.selector, id, Market.idOf(batch), 0));
        market.fulfil(id);
    }

    function test_a_voided_leaf_reopens_the_request_and_counts_against_the_operator() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        expect(abi.encodeWithSelector(IProofMarket.LeafNotVoid.selector, id, Market.idOf(batch), 0));
        market.dropClaim(id);
        voidLeaf(h, batch);
        vm.warp(START + 3 hours);
        expect(abi.encodeWithSelector(IProofMarket.LeafNotFinal.selector, id, Market.idOf(batch), 0));
        market.fulfil(id);
        uint64 until = START + 3 hours + GRACE;
        vm.expectEmit(address(market));
        emit IProofMarket.ClaimDropped(id, Market.idOf(batch), 0, until);
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Challenged, 0.0025 ether, 2_500_000, uint64(block.timestamp)
        );
        vm.prank(ANYONE);
        market.dropClaim(id);
        assertState(id, IProofMarket.RequestState.Reopened, "reopened");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "the slice has room again");
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Reopened));
        market.dropClaim(id);
        // No second claim, but a recorded receipt, up to the end of the grace.
        ReceiptHeader memory h2 = receipt(r);
        BatchRef memory batch2 = anchored(h2);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Reopened));
        claim(r, h2, batch2);
        vm.warp(until);
        recorded(h2, ANYONE);
        vm.warp(until + 3 hours);
        market.fulfilRecorded(r, proven(h2), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "served in the grace");
        vm.assertEq(market.balanceOf(ANYONE), 0.001 ether, "relay fee to who recorded");
        assertSettled();
    }

    function test_after_the_grace_a_recording_is_late() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        voidLeaf(h, batch);
        vm.warp(START + 3 hours);
        market.dropClaim(id);
        uint64 until = START + 3 hours + GRACE;
        vm.warp(until + 1);
        ReceiptHeader memory h2 = receipt(r);
        recorded(h2, ANYONE);
        expect(abi.encodeWithSelector(IProofMarket.TooLate.selector, id, until + 1, until));
        market.fulfilRecorded(r, proven(h2), NO_SHARES);
    }

    /// @dev A claim dropped before the deadline leaves at least the time to the deadline.
    function test_the_grace_never_shortens_the_deadline() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        voidLeaf(h, batch);
        market.dropClaim(id);
        vm.warp(r.offer.rampStart + r.offer.timeout);
        ReceiptHeader memory h2 = receipt(r);
        recorded(h2, ANYONE);
        market.fulfilRecorded(r, proven(h2), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "in time");
    }

    function test_a_fallen_batch_reopens_the_request_and_blames_nobody() public {
        (, bytes32 id,, BatchRef memory batch) = claimed();
        fell(batch);
        market.dropClaim(id);
        assertState(id, IProofMarket.RequestState.Reopened, "reopened");
        ITrustScores.Facts memory f = trust.factsOf(operator);
        vm.assertEq(f.challenged + f.faulted, 0, "no fact");
    }

    function one(bytes32 id) private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = id;
    }
}
