// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {CapsuleHash} from "../../src/poseidon/CapsuleHash.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev When the judge or the capsule is gone, everybody gets its own back and nobody is blamed.
contract UnwindTest is MarketWorld {
    function revoke() private {
        uint256[] memory siblings = new uint256[](1);
        siblings[0] = CapsuleHash.publisherLeaf(publisher);
        vm.prank(publisherAccount);
        capsules.revoke(publisher, capsule, siblings);
    }

    function assertNeutral(bytes32 id) private view {
        assertState(id, IProofMarket.RequestState.Unwound, "unwound");
        vm.assertEq(market.balanceOf(requester), 10 ether, "requester");
        vm.assertEq(market.balanceOf(controller), 10 ether, "locker");
        vm.assertEq(market.burned(), 0, "nothing burned");
        ITrustScores.Facts memory f = trust.factsOf(operator);
        vm.assertEq(f.fulfilled + f.faulted + f.challenged, 0, "no facts");
    }

    function test_nothing_to_unwind_while_all_is_well() public {
        (ProofRequest memory r, bytes32 id) = locked();
        bytes memory reason = abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id);
        expect(reason);
        market.unwind(r);
        expect(reason);
        vm.prank(controller);
        market.unwind(r);
        expect(reason);
        vm.prank(requester);
        market.unwind(r);
    }

    function test_a_stop_unwinds_a_lock() public {
        (ProofRequest memory r, bytes32 id) = locked();
        router.stop();
        vm.expectEmit(address(market));
        emit IProofMarket.RequestUnwound(id, operator);
        vm.prank(ANYONE);
        market.unwind(r);
        assertNeutral(id);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Unwound));
        market.unwind(r);
    }

    function test_a_removed_key_unwinds_a_lock() public {
        (ProofRequest memory r, bytes32 id) = locked();
        router.remove(KEY);
        market.unwind(r);
        assertNeutral(id);
    }

    /// @dev A stop freezes finality: the claim would never resolve.
    function test_a_stop_unwinds_a_claim_that_was_not_final() public {
        (ProofRequest memory r, bytes32 id,, BatchRef memory batch) = claimed();
        vm.warp(START + WINDOW - 1);
        router.stop();
        vm.warp(START + WINDOW + 30 days);
        expect(abi.encodeWithSelector(IProofMarket.LeafNotFinal.selector, id, Market.idOf(batch), 0));
        market.fulfil(id);
        market.unwind(r);
        assertNeutral(id);
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "the slice has room again");
    }

    function test_a_claim_that_was_final_before_the_stop_is_paid() public {
        (ProofRequest memory r, bytes32 id,, BatchRef memory batch) = claimed();
        vm.warp(START + WINDOW);
        router.stop();
        expect(abi.encodeWithSelector(IProofMarket.LeafIsFinal.selector, id, Market.idOf(batch), 0));
        market.unwind(r);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    function test_a_reopened_request_unwinds_too() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        voidLeaf(h, batch);
        market.dropClaim(id);
        router.stop();
        market.unwind(r);
        assertState(id, IProofMarket.RequestState.Unwound, "unwound");
        assertSettled();
    }

    function test_a_revoked_capsule_frees_the_locker_alone() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.assertTrue(capsules.isCapsuleListed(publisher, capsule), "listed");
        revoke();
        vm.assertFalse(capsules.isCapsuleListed(publisher, capsule), "revoked");
        bytes memory reason = abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id);
        // The requester, perhaps the publisher's friend, cannot take back a request that is being served.
        expect(reason);
        vm.prank(requester);
        market.unwind(r);
        vm.prank(controller);
        market.unwind(r);
        assertNeutral(id);
    }

    function test_a_revocation_does_not_undo_a_claim() public {
        (ProofRequest memory r, bytes32 id,,) = claimed();
        revoke();
        expect(abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id));
        vm.prank(controller);
        market.unwind(r);
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    function test_only_a_lock_unwinds() public {
        ProofRequest memory r = request();
        bytes32 id = market.requestIdOf(r);
        router.stop();
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.None));
        market.unwind(r);
    }

    /// @dev After everything stopped, every balance leaves.
    function test_after_a_stop_everybody_withdraws() public {
        (ProofRequest memory r,) = locked();
        router.stop();
        market.unwind(r);
        vm.prank(requester);
        market.withdraw(10 ether, payable(requester));
        vm.prank(controller);
        market.withdraw(10 ether, payable(controller));
        vm.assertEq(address(market).balance, 0, "empty");
    }
}
