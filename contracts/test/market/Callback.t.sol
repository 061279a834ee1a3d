// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IRequestCallback} from "../../src/interfaces/IRequestCallback.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {OperatorId, ReceiptDigest} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {Callback} from "../doubles/Callbacks.sol";

/// @dev A callback hears of what was settled, gets the gas it is due, and changes nothing.
contract CallbackTest is MarketWorld {
    uint32 private constant GAS = 200_000;
    Callback private callback;

    function setUp() public override {
        super.setUp();
        callback = new Callback();
    }

    function calling() private returns (ProofRequest memory r) {
        r = request();
        (r.callback, r.callbackGas) = (address(callback), GAS);
    }

    function receiptWithOutput(ProofRequest memory r) private returns (ReceiptHeader memory h) {
        h = receipt(r);
        h.outputHash = keccak256("output");
    }

    function assertTold(bytes32 id, ReceiptHeader memory h) private view {
        vm.assertEq(callback.requestId(), id, "request");
        vm.assertEq(ReceiptDigest.unwrap(callback.receipt()), ReceiptDigest.unwrap(anchor.digestOf(h)), "receipt");
        vm.assertEq(callback.outputHash(), keccak256("output"), "output");
        vm.assertEq(callback.caller(), address(market), "the market");
    }

    function test_a_recorded_receipt_is_told() public {
        ProofRequest memory r = calling();
        bytes32 id = lock(r);
        ReceiptHeader memory h = receiptWithOutput(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertTold(id, h);
    }

    function test_a_claimed_receipt_is_told_when_it_is_final() public {
        ProofRequest memory r = calling();
        bytes32 id = lock(r);
        ReceiptHeader memory h = receiptWithOutput(r);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IProofMarket.RequestNeeded.selector, id));
        market.fulfil(id);
        market.fulfilClaimed(r, NO_SHARES);
        assertTold(id, h);
    }

    function test_a_receipt_without_a_lock_is_told() public {
        ProofRequest memory r = calling();
        ReceiptHeader memory h = receiptWithOutput(r);
        (bytes32 id,) = market.fulfilOpen(r, sign(r), proven(h), NO_SHARES);
        assertTold(id, h);
    }

    function test_a_rescue_is_told() public {
        enrolOther(OperatorId.wrap("other"), 1002, ANYONE);
        ProofRequest memory r = calling();
        bytes32 id = lock(r);
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory h = receiptWithOutput(r);
        h.operatorTag = 1002;
        market.rescue(r, proven(h));
        assertTold(id, h);
    }

    function test_whatever_a_callback_does_everybody_is_paid() public {
        Callback.Manner[4] memory manners = [
            Callback.Manner.Reverts,
            Callback.Manner.RevertsAtLength,
            Callback.Manner.ReturnsAtLength,
            Callback.Manner.BurnsAllGas
        ];
        for (uint256 i; i < 4; ++i) {
            callback.behave(manners[i], "");
            ProofRequest memory r = calling();
            bytes32 id = lock(r);
            ReceiptHeader memory h = receipt(r);
            recorded(h, ANYONE);
            uint256 before = market.balanceOf(PAYEE);
            if (manners[i] != Callback.Manner.ReturnsAtLength) {
                vm.expectEmit(address(market));
                emit IProofMarket.CallbackFailed(id, address(callback));
            }
            uint256 gas = gasleft();
            market.fulfilRecorded(r, proven(h), NO_SHARES);
            vm.assertLe(gas - gasleft(), GAS + 300_000, "its own gas, and no copies of what it returns");
            vm.assertEq(market.balanceOf(PAYEE) - before, 0.0975 ether, "paid");
            assertState(id, IProofMarket.RequestState.Fulfilled, "settled");
        }
        assertSettled();
    }

    function test_an_account_without_code_is_called_in_vain() public {
        ProofRequest memory r = calling();
        r.callback = address(0xca11);
        bytes32 id = lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "settled");
    }

    /// @dev Whatever it calls finds the request settled.
    function test_a_callback_that_calls_back_changes_no_balance() public {
        ProofRequest memory r = calling();
        lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        bytes[5] memory calls = [
            abi.encodeCall(market.fulfilRecorded, (r, proven(h), NO_SHARES)),
            abi.encodeCall(market.slash, (r)),
            abi.encodeCall(market.unwind, (r)),
            abi.encodeCall(market.rescue, (r, proven(h))),
            abi.encodeCall(market.withdraw, (1, payable(address(callback))))
        ];
        for (uint256 i; i < 5; ++i) {
            uint256 state = vm.snapshotState();
            callback.behave(Callback.Manner.CallsBack, calls[i]);
            market.fulfilRecorded(r, proven(h), NO_SHARES);
            vm.assertEq(callback.reentries(), 0, "nothing came of it");
            vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "paid once");
            vm.assertEq(market.balanceOf(controller), 10 ether, "collateral back once");
            vm.revertToState(state);
        }
    }

    /// @dev Who settles chooses the gas of the transaction. Either the callback gets what it is due, or nothing is settled.
    function test_fuzz_a_callback_is_not_starved(uint256 gas) public {
        ProofRequest memory r = calling();
        bytes32 id = lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        gas = bound(gas, 50_000, 700_000);
        (bool ok,) = address(market).call{gas: gas}(abi.encodeCall(market.fulfilRecorded, (r, proven(h), NO_SHARES)));
        if (ok) {
            vm.assertEq(callback.requestId(), id, "told");
            vm.assertLe(GAS - 5_000, callback.gasGiven(), "with its gas");
        } else {
            assertState(id, IProofMarket.RequestState.Locked, "or not settled");
        }
    }

    function test_too_little_gas_is_said_by_name() public {
        ProofRequest memory r = calling();
        lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        (bool ok, bytes memory reason) =
            address(market).call{gas: 350_000}(abi.encodeCall(market.fulfilRecorded, (r, proven(h), NO_SHARES)));
        vm.assertFalse(ok, "refused");
        vm.assertEq(
            bytes32(bytes4(reason)), bytes32(IProofMarket.CallbackGasMissing.selector), "too little for the callback"
        );
    }

    /// @dev The market may report facts and liabilities: a request must not make it.
    function test_the_callback_is_no_function_that_only_the_market_may_call() public pure {
        bytes4 own = IRequestCallback.onRequestServed.selector;
        bytes4[5] memory privileged = [
            ITrustScores.recordFulfilled.selector,
            ITrustScores.recordFaulted.selector,
            ITrustScores.recordChallenged.selector,
            IOperatorRegistry.raiseLiability.selector,
            IOperatorRegistry.lowerLiability.selector
        ];
        for (uint256 i; i < 5; ++i) {
            vm.assertTrue(own != privileged[i], "another function");
        }
    }
}
