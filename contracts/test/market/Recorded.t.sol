// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {PublisherId, ReceiptDigest} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";

/// @dev What `verifyNow` recorded in time is paid at once, whoever sends it, to the proven payee.
contract RecordedTest is MarketWorld {
    function test_a_recorded_receipt_is_paid_at_once() public {
        ProofRequest memory r = request();
        r.assurance = 1;
        bytes32 id = lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestFulfilled(id, PAYEE, operator, 0.1 ether, 0.0025 ether, ANYONE, 0.001 ether);
        vm.prank(relayer);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "payee");
        vm.assertEq(market.balanceOf(ANYONE), 0.001 ether, "relay fee to the submitter of the record");
        vm.assertEq(market.balanceOf(controller), 10 ether, "collateral back");
        vm.assertEq(trust.factsOf(operator).fulfilled, 1, "a fact");
        assertSettled();
    }

    function test_recording_is_in_time_up_to_the_deadline() public {
        (ProofRequest memory r,) = locked();
        (ProofRequest memory late, bytes32 lateId) = locked();
        uint64 deadline = r.offer.rampStart + r.offer.timeout;
        vm.warp(deadline);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        vm.warp(deadline + 1);
        ReceiptHeader memory h2 = receipt(late);
        recorded(h2, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        expect(abi.encodeWithSelector(IProofMarket.TooLate.selector, lateId, deadline + 1, deadline));
        market.fulfilRecorded(late, proven(h2), NO_SHARES);
    }

    function test_the_record_is_of_this_header() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        ReceiptDigest first = anchor.digestOf(h);
        h.payee = ANYONE;
        IProofMarket.Proven memory p = proven(h);
        expect(
            abi.encodeWithSelector(
                IReceiptAnchor.NullifierUsed.selector, KEY, h.nullifier, first, uint64(block.timestamp)
            )
        );
        market.fulfilRecorded(r, p, NO_SHARES);
        h.payee = PAYEE;
        market.fulfilRecorded(r, proven(h), NO_SHARES);
    }

    /// @dev One transaction: between a recording and its settlement a rescuer could come.
    function test_what_was_not_recorded_is_verified_and_paid_at_once() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        generated.tell(TestVerifier.Answer.Revert, 0);
        IProofMarket.Proven memory p = proven(h);
        expect(abi.encodeWithSelector(IReceiptAnchor.ProofInvalid.selector, anchor.digestOf(h), KEY));
        market.fulfilRecorded(r, p, NO_SHARES);
        generated.tell(TestVerifier.Answer.One, 0);
        vm.prank(ANYONE);
        market.fulfilRecorded(r, p, NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        vm.assertTrue(anchor.isRecorded(h), "recorded");
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "payee");
        vm.assertEq(market.balanceOf(ANYONE), 0.001 ether, "relay fee: who sent it");
        assertSettled();
    }

    function test_a_record_serves_its_own_request_only() public {
        (ProofRequest memory r, bytes32 id) = locked();
        (ProofRequest memory other,) = locked();
        ReceiptHeader memory h = receipt(other);
        recorded(h, ANYONE);
        expect(abi.encodeWithSelector(IProofMarket.ReceiptMismatch.selector, bytes32("requestId"), h.requestId, id));
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        h = receipt(r);
        h.operatorTag = 999;
        recorded(h, ANYONE);
        expect(
            abi.encodeWithSelector(
                IProofMarket.ReceiptMismatch.selector,
                bytes32("operator"),
                bytes32(uint256(999)),
                bytes32(uint256(1001))
            )
        );
        market.fulfilRecorded(r, proven(h), NO_SHARES);
    }

    function test_the_record_names_the_publisher_of_the_request() public {
        ProofRequest memory r = request();
        r.publisherId = secondPublisher();
        lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        expect(
            abi.encodeWithSelector(
                IProofMarket.ReceiptMismatch.selector,
                bytes32("publisher"),
                PublisherId.unwrap(publisher),
                PublisherId.unwrap(r.publisherId)
            )
        );
        market.fulfilRecorded(r, proven(h), NO_SHARES);
    }

    function test_nothing_is_paid_without_a_lock() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, h.requestId, IProofMarket.RequestState.None));
        market.fulfilRecorded(r, proven(h), NO_SHARES);
    }

    /// @dev A relayer that withholds gains nothing: the operator records, and the claim gives way.
    function test_a_record_overtakes_a_claim() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid at once");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "the slice has room again");
        vm.assertEq(market.balanceOf(relayer), 0, "the batch earned nothing");
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Fulfilled));
        market.fulfil(id);
        assertSettled();
    }

    function test_a_record_from_before_a_removal_is_still_paid() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        router.remove(KEY);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "judged while the verifier was in use");
    }
}
