// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A default costs the collateral, to the wei, not a second early, and whoever arranges it with itself loses.
contract SlashTest is MarketWorld {
    function test_a_default_is_slashed_in_exact_parts() public {
        (ProofRequest memory r, bytes32 id) = locked();
        uint256 from = r.offer.rampStart + r.offer.timeout + WINDOW + GRACE + 1;
        vm.assertEq(market.slashableAt(id), from, "deadline, window and grace have passed");
        vm.warp(from - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotSlashable.selector, id, from, from - 1));
        market.slash(r);
        vm.warp(from);
        // 0.2 of collateral: half burned, a tenth to the caller, of the rest (0.08) no more than the price (0.1).
        vm.expectEmit(address(market));
        emit IProofMarket.RequestSlashed(id, operator, ANYONE, 0.1 ether, 0.02 ether, 0.08 ether);
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Faulted, 0.0025 ether, 2_500_000, uint64(block.timestamp)
        );
        vm.prank(ANYONE);
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "slashed");
        vm.assertEq(market.balanceOf(requester), 10 ether + 0.08 ether, "price and relay fee back, and its share");
        vm.assertEq(market.balanceOf(ANYONE), 0.02 ether, "caller");
        vm.assertEq(market.burned(), 0.1 ether, "burned");
        vm.assertEq(market.balanceOf(controller), 10 ether - 0.2 ether, "the locker lost it all");
        vm.assertEq(market.slashableAt(id), 0, "over");
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Slashed));
        market.slash(r);
        assertSettled();
    }

    function test_fuzz_the_parts_sum_to_the_collateral(uint96 base, uint96 price) public {
        ProofRequest memory r = request();
        r.baseCollateral = base % 4 ether;
        r.offer.minPrice = price % 4 ether;
        r.offer.maxPrice = r.offer.minPrice;
        bytes32 id = lock(r);
        uint256 collateral = market.lockOf(id).collateral;
        uint256 total = address(market).balance;
        vm.warp(market.slashableAt(id));
        vm.prank(ANYONE);
        market.slash(r);
        uint256 share = market.balanceOf(requester) - 10 ether;
        vm.assertEq(market.burned() + market.balanceOf(ANYONE) + share, collateral, "sum");
        vm.assertLe(share, r.offer.minPrice, "never more than the price");
        vm.assertLe((collateral + 1) / 2, market.burned(), "at least half is burned");
        vm.assertEq(address(market).balance, total, "nothing left the contract");
        assertSettled();
    }

    /// @dev Requester, locker and caller in one hand: half of the collateral is gone.
    function test_slashing_oneself_loses_half_the_collateral() public {
        uint256 before = market.balanceOf(requester) + market.balanceOf(controller);
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.slashableAt(id));
        vm.prank(controller);
        market.slash(r);
        uint256 afterwards = market.balanceOf(requester) + market.balanceOf(controller);
        vm.assertEq(before - afterwards, 0.1 ether, "half of 0.2");
    }

    function test_a_claim_in_the_slot_blocks_the_slash_until_its_batch_resolves() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        vm.warp(START + 5 days);
        voidLeaf(h, batch);
        vm.warp(START + 30 days);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Claimed));
        market.slash(r);
        market.dropClaim(id);
        // The grace to record, then as much again to settle what was recorded.
        uint256 from = START + 30 days + 2 * GRACE + 1;
        vm.assertEq(market.slashableAt(id), from, "a grace after the grace");
        vm.warp(from - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotSlashable.selector, id, from, from - 1));
        market.slash(r);
        vm.warp(from);
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "slashed");
    }

    function test_a_claim_dropped_early_does_not_bring_the_slash_forward() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        voidLeaf(h, batch);
        market.dropClaim(id);
        uint256 from = r.offer.rampStart + r.offer.timeout + WINDOW + GRACE + 1;
        vm.assertEq(market.slashableAt(id), from, "as without the claim");
    }

    function test_only_a_lock_can_be_slashed() public {
        ProofRequest memory r = request();
        bytes32 id = market.requestIdOf(r);
        vm.warp(START + 60 days);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.None));
        market.slash(r);
    }

    function test_nobody_is_slashed_when_the_verifier_is_gone() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.slashableAt(id));
        router.remove(KEY);
        expect(abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
        market.slash(r);
        market.unwind(r);
        assertState(id, IProofMarket.RequestState.Unwound, "neutral");
    }
}
