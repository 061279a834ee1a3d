// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {MarketAccount} from "../doubles/MarketAccounts.sol";

/// @dev Requests appear, are withdrawn and expire; terms that this version does not serve are refused by name.
contract SubmitTest is MarketWorld {
    function submit(ProofRequest memory r) private returns (bytes32) {
        vm.prank(r.requester);
        return market.submit(r);
    }

    function refusedTerms(ProofRequest memory r, bytes memory reason) private {
        expect(reason);
        submit(r);
        expect(reason);
        market.requireTerms(r);
        bytes memory signature = sign(r);
        expect(reason);
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_a_submitted_request_is_open_and_can_be_locked_without_a_signature() public {
        ProofRequest memory r = request();
        bytes32 id = market.requestIdOf(r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestSubmitted(id, requester, r);
        vm.assertEq(submit(r), id, "its id");
        assertState(id, IProofMarket.RequestState.Open, "open");
        vm.prank(controller);
        market.lock(r, "", operator, NO_SHARES);
        assertState(id, IProofMarket.RequestState.Locked, "locked");
    }

    /// @dev A contract cannot sign, but it can submit.
    function test_a_contract_can_be_the_requester() public {
        MarketAccount account = new MarketAccount{value: 1 ether}(market);
        ProofRequest memory r = request();
        r.requester = address(account);
        account.submit(r);
        vm.prank(controller);
        market.lock(r, "", operator, NO_SHARES);
        vm.assertEq(market.balanceOf(address(account)), 1 ether - 0.101 ether, "charged");
    }

    function test_only_the_requester_submits_and_cancels_and_only_once() public {
        ProofRequest memory r = request();
        bytes memory reason = abi.encodeWithSelector(IProofMarket.NotRequester.selector, ANYONE, requester);
        expect(reason);
        vm.prank(ANYONE);
        market.submit(r);
        bytes32 id = submit(r);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Open));
        submit(r);
        expect(reason);
        vm.prank(ANYONE);
        market.cancel(r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestCancelled(id, requester);
        vm.prank(requester);
        market.cancel(r);
        bytes memory over =
            abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Cancelled);
        expect(over);
        vm.prank(requester);
        market.cancel(r);
        expect(over);
        submit(r);
        expect(over);
        vm.prank(controller);
        market.lock(r, "", operator, NO_SHARES);
    }

    /// @dev Cancelling works for a signature that the chain never saw.
    function test_a_cancelled_signature_is_worth_nothing() public {
        ProofRequest memory r = request();
        bytes memory signature = sign(r);
        vm.prank(requester);
        market.cancel(r);
        bytes32 id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Cancelled));
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_a_locked_request_cannot_be_cancelled() public {
        (ProofRequest memory r, bytes32 id) = locked();
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Locked));
        vm.prank(requester);
        market.cancel(r);
    }

    function test_expiry_comes_a_grace_and_a_second_after_the_lock_deadline() public {
        ProofRequest memory r = request();
        bytes32 id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.None));
        market.expire(r);
        submit(r);
        uint256 last = r.offer.rampStart + r.offer.lockTimeout + GRACE;
        vm.warp(last);
        expect(abi.encodeWithSelector(IProofMarket.LockDeadlineAhead.selector, id, last, last));
        market.expire(r);
        vm.warp(last + 1);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestExpired(id);
        vm.prank(ANYONE);
        market.expire(r);
        assertState(id, IProofMarket.RequestState.Expired, "expired");
    }

    function test_submission_closes_with_the_lock_deadline() public {
        ProofRequest memory r = request();
        uint256 last = r.offer.rampStart + r.offer.lockTimeout;
        vm.warp(last + 1);
        bytes32 id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.LockDeadlinePassed.selector, id, last, last + 1));
        submit(r);
        vm.warp(last);
        submit(r);
    }

    /// @dev What is published is copied as it came: nothing that would not decode gets there, submitted or signed.
    function test_dirty_words_are_refused() public {
        uint8[17] memory narrow = [0, 2, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24];
        ProofRequest memory r = request();
        for (uint256 i; i < narrow.length; ++i) {
            vm.prank(requester);
            refusedDirty(abi.encodeCall(market.submit, (r)), narrow[i]);
            (, bytes memory id) = address(market).call(dirty(abi.encodeCall(market.requestIdOf, (r)), narrow[i]));
            (uint8 v, bytes32 r_, bytes32 s) = vm.sign(REQUESTER_KEY, abi.decode(id, (bytes32)));
            bytes memory signature = abi.encodePacked(r_, s, v);
            vm.prank(controller);
            refusedDirty(abi.encodeCall(market.lock, (r, signature, operator, NO_SHARES)), narrow[i]);
        }
        submit(r);
    }

    function refusedDirty(bytes memory call, uint256 word) private {
        (bool ok, bytes memory reason) = address(market).call(dirty(call, word));
        vm.assertFalse(ok, "a dirty word was taken");
        vm.assertEq(reason.length, 0, "by the decoder");
    }

    function dirty(bytes memory call, uint256 word) private pure returns (bytes memory) {
        call[4 + 32 * word] = 0x80;
        return call;
    }

    function test_what_this_version_does_not_serve_is_refused_by_name() public {
        ProofRequest memory r = request();
        r.anchor = address(0x5);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.WrongAnchor.selector, address(0x5), address(anchor)));
        r = request();
        r.paymentToken = address(0x70);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.TokenWithoutCode.selector, address(0x70)));
        r = request();
        r.callback = address(0xca);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.CallbackGasOutOfBounds.selector, address(0xca), 0, 500_000));
        r.callbackGas = 500_001;
        refusedTerms(
            r, abi.encodeWithSelector(IProofMarket.CallbackGasOutOfBounds.selector, address(0xca), 500_001, 500_000)
        );
        r.callbackGas = 500_000;
        market.requireTerms(r);
        r = request();
        r.callbackGas = 1;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.CallbackGasOutOfBounds.selector, address(0), 1, 500_000));
        r = request();
        r.assurance = 4;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.UnknownAssurance.selector, 4, 3));
        r = request();
        r.maxProtocolFeeBps = FEE_BPS - 1;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.ProtocolFeeTooHigh.selector, FEE_BPS, FEE_BPS - 1));
    }

    function test_terms_out_of_order_or_out_of_bounds_are_refused_by_name() public {
        ProofRequest memory r = request();
        (r.offer.minPrice, r.offer.maxPrice) = (2, 1);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.PricesOutOfOrder.selector, 2, 1));
        r = request();
        r.offer.rampLength = 3601;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.TimesOutOfOrder.selector, 3601, 3600, 7200));
        r = request();
        r.offer.lockTimeout = 7201;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.TimesOutOfOrder.selector, 600, 7201, 7200));
        uint256 tooMuch = uint256(type(uint88).max) + 1;
        r = request();
        r.offer.maxPrice = uint128(tooMuch);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.AmountTooLarge.selector, bytes32("maxPrice"), tooMuch));
        r = request();
        r.relayFee = uint128(tooMuch);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.AmountTooLarge.selector, bytes32("relayFee"), tooMuch));
        r = request();
        uint256 latest = block.timestamp + 365 days;
        r.offer.rampStart = uint64(latest - 7200 + 1);
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.DeadlineTooFar.selector, latest + 1, latest));
        r.offer.rampStart = type(uint64).max;
        uint256 deadline = uint256(type(uint64).max) + 7200;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.DeadlineTooFar.selector, deadline, latest));
        r.offer.rampStart = uint64(latest - 7200);
        market.requireTerms(r);
    }

    /// @dev Nothing could ever serve it: a launch in the second of the deadline still can.
    function test_a_launch_is_not_asked_for_after_the_deadline() public {
        ProofRequest memory r = request();
        uint64 deadline = r.offer.rampStart + r.offer.timeout;
        r.earliestLaunch = deadline + 1;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.LaunchAfterDeadline.selector, deadline + 1, deadline));
        r.earliestLaunch = type(uint64).max;
        refusedTerms(r, abi.encodeWithSelector(IProofMarket.LaunchAfterDeadline.selector, type(uint64).max, deadline));
        r.earliestLaunch = deadline;
        market.requireTerms(r);
        lock(r);
    }

    function test_nobody_is_no_requester() public {
        ProofRequest memory r = request();
        r.requester = address(0);
        expect(abi.encodeWithSelector(IProofMarket.ZeroRequester.selector));
        vm.prank(controller);
        market.lock(r, new bytes(65), operator, NO_SHARES);
        vm.prank(address(0));
        expect(abi.encodeWithSelector(IProofMarket.ZeroRequester.selector));
        market.submit(r);
    }
}
