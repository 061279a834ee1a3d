// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {OperatorId, PublisherId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";

/// @dev A request that nobody locked is paid for a receipt that is verified in the same transaction, or was before.
contract OpenTest is MarketWorld {
    function serve(ProofRequest memory r, ReceiptHeader memory h) private returns (bytes32 id, uint256 price) {
        bytes memory signature = sign(r);
        vm.prank(ANYONE);
        return market.fulfilOpen(r, signature, proven(h), NO_SHARES);
    }

    function refused(ProofRequest memory r, ReceiptHeader memory h, bytes memory reason) private {
        bytes memory signature = sign(r);
        expect(reason);
        vm.prank(ANYONE);
        market.fulfilOpen(r, signature, proven(h), NO_SHARES);
    }

    function test_one_transaction_verifies_and_pays() public {
        ProofRequest memory r = request();
        vm.warp(block.timestamp + 300);
        ReceiptHeader memory h = receipt(r);
        bytes32 id = market.requestIdOf(r);
        bytes memory signature = sign(r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestSubmitted(id, requester, r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestFulfilled(id, PAYEE, operator, 0.15 ether, 0.00375 ether, ANYONE, 0.001 ether);
        vm.prank(ANYONE);
        (bytes32 got, uint256 price) = market.fulfilOpen(r, signature, proven(h), NO_SHARES);
        vm.assertEq(got, id, "id");
        vm.assertEq(price, 0.15 ether, "half way up the ramp");
        assertState(id, IProofMarket.RequestState.Fulfilled, "fulfilled");
        vm.assertTrue(anchor.isRecorded(h), "recorded");
        vm.assertEq(market.balanceOf(PAYEE), 0.14625 ether, "payee");
        vm.assertEq(market.balanceOf(ANYONE), 0.001 ether, "relay fee: who had it verified");
        vm.assertEq(market.balanceOf(controller), 10 ether, "nobody put up collateral");
        vm.assertEq(market.lockOf(id).locker, address(0), "nobody locked");
        vm.assertEq(operators.liabilitiesOf(operator).open, 0, "nobody is liable");
        vm.assertEq(trust.factsOf(operator).fulfilled, 1, "a fact");
        assertSettled();
    }

    function test_what_was_submitted_needs_no_signature() public {
        ProofRequest memory r = request();
        vm.prank(requester);
        market.submit(r);
        market.fulfilOpen(r, "", proven(receipt(r)), NO_SHARES);
    }

    /// @dev Who copies the proof out of the pool and records it first gets the relay fee and nothing else.
    function test_a_receipt_that_somebody_else_recorded_is_paid_at_the_price_of_the_recording() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        vm.warp(block.timestamp + 600);
        (, uint256 price) = serve(r, h);
        vm.assertEq(price, 0.1 ether, "the price then");
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "the proven payee");
        vm.assertEq(market.balanceOf(relayer), 0.001 ether, "relay fee");
        vm.assertEq(market.balanceOf(ANYONE), 0, "the sender is nobody");
    }

    function test_the_last_second_of_a_recording_is_the_lock_deadline() public {
        ProofRequest memory r = request();
        ProofRequest memory late = request();
        uint256 last = r.offer.rampStart + r.offer.lockTimeout;
        vm.warp(last);
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        vm.warp(last + 1);
        refused(
            late,
            receipt(late),
            abi.encodeWithSelector(IProofMarket.LockDeadlinePassed.selector, market.requestIdOf(late), last, last + 1)
        );
        serve(r, h);
    }

    function test_without_consent_nothing_is_paid() public {
        ProofRequest memory r = request();
        IProofMarket.Proven memory p = proven(receipt(r));
        bytes32 id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.NotSubmitted.selector, id));
        market.fulfilOpen(r, "", p, NO_SHARES);
        bytes memory other = signWith(8, r);
        expect(abi.encodeWithSelector(IProofMarket.SignatureInvalid.selector, vm.addr(8), requester));
        market.fulfilOpen(r, other, p, NO_SHARES);
        vm.prank(requester);
        market.cancel(r);
        refused(
            r,
            p.header,
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Cancelled)
        );
        vm.assertFalse(anchor.isRecorded(p.header), "not even recorded");
    }

    function test_a_locked_request_is_the_lockers() public {
        (ProofRequest memory r, bytes32 id) = locked();
        refused(
            r,
            receipt(r),
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Locked)
        );
    }

    function test_a_request_is_paid_once() public {
        ProofRequest memory r = request();
        (bytes32 id,) = serve(r, receipt(r));
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Fulfilled);
        refused(r, receipt(r), over);
        bytes memory signature = sign(r);
        expect(over);
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
        ReceiptHeader memory h = receipt(r);
        expect(over);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        expect(over);
        vm.prank(requester);
        market.cancel(r);
        expect(over);
        market.slash(r);
        expect(over);
        market.unwind(r);
    }

    function test_a_proof_that_does_not_verify_pays_nothing() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        generated.tell(TestVerifier.Answer.Revert, 0);
        refused(r, h, abi.encodeWithSelector(IReceiptAnchor.ProofInvalid.selector, anchor.digestOf(h), KEY));
    }

    function test_the_requester_needs_the_balance() public {
        ProofRequest memory r = request();
        vm.prank(requester);
        market.withdraw(10 ether - 0.101 ether + 1, payable(requester));
        refused(
            r,
            receipt(r),
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), requester, 0.101 ether - 1, 0.101 ether
            )
        );
    }

    function test_a_hidden_operator_serves_where_nobody_is_named_and_no_trust_asked_for() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        (h.flags, h.operatorTag) = (1, 999);
        (bytes32 id,) = serve(r, h);
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "paid");
        vm.assertEq(OperatorId.unwrap(market.lockOf(id).operator), 0, "unknown");
        vm.assertEq(trust.factsOf(OperatorId.wrap(0)).fulfilled, 0, "no fact about nobody");
        bytes memory hidden = abi.encodeWithSelector(IProofMarket.NotDisclosed.selector, 1);
        r = request();
        r.operatorId = operator;
        h = receipt(r);
        h.flags = 1;
        refused(r, h, hidden);
        r = request();
        r.minTrust = 1;
        h = receipt(r);
        h.flags = 1;
        refused(r, h, hidden);
    }

    function test_the_capsule_is_disclosed() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        h.flags = 2;
        refused(r, h, abi.encodeWithSelector(IProofMarket.NotDisclosed.selector, 2));
    }

    function test_the_operator_is_one_that_the_request_allows() public {
        ProofRequest memory r = request();
        r.operatorId = OperatorId.wrap("another");
        refused(r, receipt(r), abi.encodeWithSelector(IProofMarket.OperatorNotNamed.selector, operator, r.operatorId));
        r = request();
        r.minTrust = 1;
        refused(r, receipt(r), abi.encodeWithSelector(IProofMarket.TrustTooLow.selector, operator, 0, 1));
    }

    function test_the_receipt_is_of_this_request() public {
        ProofRequest memory r = request();
        ProofRequest memory other = request();
        ReceiptHeader memory h = receipt(other);
        refused(
            r,
            h,
            abi.encodeWithSelector(
                IProofMarket.ReceiptMismatch.selector, bytes32("requestId"), h.requestId, market.requestIdOf(r)
            )
        );
        h = receipt(r);
        h.inputHash = "another";
        refused(
            r,
            h,
            abi.encodeWithSelector(
                IProofMarket.ReceiptMismatch.selector, bytes32("inputHash"), h.inputHash, r.inputHash
            )
        );
        h = receipt(r);
        h.payee = address(0);
        refused(r, h, abi.encodeWithSelector(IProofMarket.ZeroPayee.selector));
    }

    /// @dev The same capsule out of another publisher's catalog may stand under another policy.
    function test_the_catalog_is_the_named_publishers() public {
        vm.prank(publisherAccount);
        PublisherId second = capsules.registerPublisher("second key", PUBLISHER_LEAF + 1, "");
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        ProofRequest memory other = request();
        other.publisherId = second;
        ReceiptHeader memory h2 = receipt(other);
        recorded(h2, relayer);
        refused(
            other,
            h2,
            abi.encodeWithSelector(
                IProofMarket.ReceiptMismatch.selector,
                bytes32("publisher"),
                PublisherId.unwrap(publisher),
                PublisherId.unwrap(second)
            )
        );
    }

    function test_a_stop_ends_it() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        router.stop();
        refused(r, h, abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
    }
}
