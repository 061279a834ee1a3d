// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {FeeShare} from "../../src/types/FeeShare.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestFees} from "../doubles/TestFees.sol";

/// @dev Who seeds and who verifies gets the part of the price that the requester signed; the treasury gets its part of the fee.
contract SharesTest is MarketWorld {
    address private constant SEEDER = address(0x5eed);
    address private constant VERIFIER = address(0x7e51);
    address private constant TREASURY = address(0x73ea);

    function newFees() internal override returns (TestFees) {
        return new TestFees(FEE_BPS, 1000, 6_000, TREASURY);
    }

    function twoShares() private pure returns (FeeShare[] memory shares) {
        shares = new FeeShare[](2);
        shares[0] = FeeShare(SEEDER, 1_000);
        shares[1] = FeeShare(VERIFIER, 333);
    }

    function sharing(FeeShare[] memory shares) private returns (ProofRequest memory r) {
        r = request();
        r.feeSharesHash = keccak256(abi.encode(shares));
    }

    function lockSharing(ProofRequest memory r, FeeShare[] memory shares) private returns (bytes32 id) {
        bytes memory signature = sign(r);
        vm.prank(controller);
        (id,) = market.lock(r, signature, operator, shares);
    }

    function refusedLock(ProofRequest memory r, FeeShare[] memory shares, bytes memory reason) private {
        bytes memory signature = sign(r);
        expect(reason);
        vm.prank(controller);
        market.lock(r, signature, operator, shares);
    }

    function assertPaid() private view {
        vm.assertEq(market.balanceOf(SEEDER), 0.01 ether, "a tenth");
        vm.assertEq(market.balanceOf(VERIFIER), 0.00333 ether, "3.33 per cent");
        vm.assertEq(market.balanceOf(PAYEE), 0.1 ether - 0.0025 ether - 0.01333 ether, "the rest");
        vm.assertEq(market.burned(), 0.0015 ether, "three fifths of the fee");
        vm.assertEq(market.balanceOf(TREASURY), 0.001 ether, "two fifths");
    }

    function test_shares_come_out_of_the_payees_part() public {
        FeeShare[] memory shares = twoShares();
        ProofRequest memory r = sharing(shares);
        bytes32 id = market.requestIdOf(r);
        vm.expectEmit(address(market));
        emit IProofMarket.FeeSharesStated(id, shares);
        lockSharing(r, shares);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), shares);
        assertPaid();
        vm.assertEq(
            trust.standingOf(operator).successes, 1_000_000, "weighed by what was burned: 0.0015 ether is above F"
        );
    }

    function test_a_claim_is_settled_with_its_shares() public {
        FeeShare[] memory shares = twoShares();
        ProofRequest memory r = sharing(shares);
        bytes32 id = lockSharing(r, shares);
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IProofMarket.RequestNeeded.selector, id));
        market.fulfil(id);
        market.fulfilClaimed(r, shares);
        assertPaid();
    }

    function test_a_request_without_a_lock_shares_too() public {
        FeeShare[] memory shares = twoShares();
        ProofRequest memory r = sharing(shares);
        market.fulfilOpen(r, sign(r), proven(receipt(r)), shares);
        assertPaid();
    }

    /// @dev Who locks must know the shares, or could not be paid and would be slashed.
    function test_nothing_is_locked_or_settled_with_other_shares() public {
        FeeShare[] memory shares = twoShares();
        ProofRequest memory r = sharing(shares);
        FeeShare[] memory other = twoShares();
        other[1].bps = 334;
        bytes32 otherHash = keccak256(abi.encode(other));
        bytes memory reason = abi.encodeWithSelector(IProofMarket.OtherFeeShares.selector, otherHash, r.feeSharesHash);
        refusedLock(r, other, reason);
        refusedLock(
            r, NO_SHARES, abi.encodeWithSelector(IProofMarket.OtherFeeShares.selector, bytes32(0), r.feeSharesHash)
        );
        refusedLock(
            request(), shares, abi.encodeWithSelector(IProofMarket.OtherFeeShares.selector, r.feeSharesHash, bytes32(0))
        );
        lockSharing(r, shares);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        expect(reason);
        market.fulfilRecorded(r, proven(h), other);
        market.fulfilRecorded(r, proven(h), shares);
    }

    function test_shares_are_bounded() public {
        FeeShare[] memory shares = new FeeShare[](9);
        for (uint256 i; i < 9; ++i) {
            shares[i] = FeeShare(SEEDER, 1);
        }
        refusedLock(sharing(shares), shares, abi.encodeWithSelector(IProofMarket.TooManyFeeShares.selector, 9, 8));
        shares = twoShares();
        shares[1] = FeeShare(VERIFIER, 4_001);
        refusedLock(
            sharing(shares), shares, abi.encodeWithSelector(IProofMarket.FeeSharesTooHigh.selector, 5_001, 5_000)
        );
        shares[1] = FeeShare(address(0), 1);
        refusedLock(sharing(shares), shares, abi.encodeWithSelector(IProofMarket.EmptyFeeShare.selector, 1));
        shares[1] = FeeShare(VERIFIER, 0);
        refusedLock(sharing(shares), shares, abi.encodeWithSelector(IProofMarket.EmptyFeeShare.selector, 1));
        shares[1] = FeeShare(VERIFIER, 4_000);
        lockSharing(sharing(shares), shares);
    }

    /// @dev keccak256(abi.encode(FeeShare[] of length 0)) is not 0, and no shares hash to 0 here.
    function test_no_shares_are_named_by_zero_and_by_nothing_else() public {
        ProofRequest memory r = sharing(NO_SHARES);
        refusedLock(
            r, NO_SHARES, abi.encodeWithSelector(IProofMarket.OtherFeeShares.selector, bytes32(0), r.feeSharesHash)
        );
    }

    function test_the_fee_is_the_one_of_the_lock() public {
        (ProofRequest memory r,) = locked();
        testFees.set(1000);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "2.5 per cent, as agreed");
        testFees.set(1001);
        r = request();
        bytes memory signature = sign(r);
        expect(abi.encodeWithSelector(IProofMarket.ProtocolFeeTooHigh.selector, 1001, 1000));
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_fuzz_the_parts_sum_to_the_price(uint96 price, uint16 a, uint16 b, uint16 fee) public {
        FeeShare[] memory shares = new FeeShare[](2);
        shares[0] = FeeShare(SEEDER, 1 + a % 2_500);
        shares[1] = FeeShare(VERIFIER, 1 + b % 2_499);
        testFees.set(fee % 1001);
        ProofRequest memory r = sharing(shares);
        (r.offer.minPrice, r.offer.maxPrice) = (price % 5 ether, price % 5 ether);
        market.fulfilOpen(r, sign(r), proven(receipt(r)), shares);
        uint256 sum = market.balanceOf(SEEDER) + market.balanceOf(VERIFIER) + market.balanceOf(PAYEE)
            + market.balanceOf(TREASURY) + market.burned();
        vm.assertEq(sum, price % 5 ether, "the price");
        vm.assertLe(market.balanceOf(TREASURY), market.burned(), "more is burned than kept");
    }
}
