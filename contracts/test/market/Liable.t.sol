// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A lock makes its operator liable, and every end of a lock ends that, once.
contract LiableTest is MarketWorld {
    function assertOpen(uint64 open, string memory why) private view {
        vm.assertEq(operators.liabilitiesOf(operator).open, open, why);
    }

    function assertEnded() private view {
        assertOpen(0, "ended");
        vm.assertEq(operators.liabilitiesOf(operator).endedAt, block.timestamp, "now");
    }

    function test_a_lock_counts_and_what_is_not_locked_does_not() public {
        ProofRequest memory r = request();
        vm.prank(requester);
        market.submit(r);
        assertOpen(0, "submitted");
        lock(request());
        lock(r);
        assertOpen(2, "two locks");
        r = request();
        bytes memory signature = sign(r);
        vm.prank(ANYONE);
        try market.lock(r, signature, operator, NO_SHARES) {
            vm.assertTrue(false, "locked by a stranger");
        } catch {}
        assertOpen(2, "a lock that failed counts nothing: nobody else makes an operator liable");
    }

    function test_a_claim_is_no_end_and_a_payment_is() public {
        (, bytes32 id,,) = claimed();
        assertOpen(1, "claimed");
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertEnded();
    }

    function test_many_payments_end_as_many() public {
        bytes32[] memory ids = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            (, ids[i],,) = claimed();
        }
        lock(request());
        assertOpen(4, "four");
        vm.warp(START + WINDOW);
        market.fulfilMany(ids);
        assertOpen(1, "three were paid");
        market.fulfilMany(ids);
        assertOpen(1, "once");
    }

    function test_a_recorded_receipt_ends_it() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertEnded();
    }

    function test_a_dropped_claim_is_no_end_and_a_slash_is() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        voidLeaf(h, batch);
        market.dropClaim(id);
        assertOpen(1, "reopened");
        vm.warp(market.slashableAt(id));
        market.slash(r);
        assertEnded();
    }

    function test_an_unwound_lock_is_one_less() public {
        (ProofRequest memory r,) = locked();
        router.stop();
        market.unwind(r);
        assertEnded();
    }

    /// @dev The operator of a lock is whose leaf it has, and no other.
    function test_each_operator_is_liable_for_its_own_locks() public {
        OperatorId other = OperatorId.wrap("other root key");
        enrolOther(other, 1002, ANYONE);
        vm.startPrank(ANYONE);
        market.deposit{value: 1 ether}();
        vm.stopPrank();
        (ProofRequest memory r, bytes32 id) = locked();
        ProofRequest memory theirs = request();
        bytes memory signature = sign(theirs);
        vm.prank(ANYONE);
        market.lock(theirs, signature, other, NO_SHARES);
        bytes32 theirId = market.requestIdOf(theirs);
        vm.assertEq(OperatorId.unwrap(market.lockOf(theirId).operator), OperatorId.unwrap(other), "theirs");
        vm.assertEq(OperatorId.unwrap(market.lockOf(id).operator), OperatorId.unwrap(operator), "ours");
        vm.warp(market.slashableAt(theirId));
        market.slash(theirs);
        vm.assertEq(operators.liabilitiesOf(other).open, 0, "theirs ended");
        vm.assertEq(trust.factsOf(other).faulted, 1, "and is their default");
        assertOpen(1, "ours did not");
        market.slash(r);
        assertEnded();
        vm.assertEq(trust.factsOf(operator).faulted, 1, "our default");
    }

    function test_a_lock_of_a_leaf_that_was_rotated_ends_as_well() public {
        (ProofRequest memory r,) = locked();
        IOperatorRegistry.Enrolment memory e = enrolment(operator, 1003, 2);
        vm.prank(controller);
        operators.rotate(e, "", new uint256[](0));
        lock(request());
        assertOpen(2, "of either leaf");
        router.stop();
        market.unwind(r);
        assertOpen(1, "of the later leaf");
    }

    /// @dev An operator that leaves with a lock open, does nothing more and hopes: the lock ends by anybody's hand, in time
    ///      that the lock itself bounds, and the deposit follows.
    function test_leaving_with_a_lock_open_ends_in_a_slash_and_then_the_deposit() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.prank(controller);
        operators.exit(operator, new uint256[](0));
        vm.warp(START + UNBONDING);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.LiabilitiesOpen.selector, operator, 1));
        operators.releaseDeposit(operator, 1);
        vm.assertLe(market.slashableAt(id), block.timestamp, "due long ago");
        vm.prank(ANYONE);
        market.slash(r);
        vm.warp(START + 2 * UNBONDING - 1);
        vm.expectPartialRevert(IOperatorRegistry.Unbonding.selector);
        operators.releaseDeposit(operator, 1);
        vm.warp(START + 2 * UNBONDING);
        operators.releaseDeposit(operator, 1);
        vm.assertEq(operators.balanceOf(controller), DEPOSIT, "released");
    }

    /// @dev An operator that leaves can still finish what it took: the receipt shows the leaf of the lock under an older root.
    function test_leaving_with_a_claim_open_ends_in_a_payment() public {
        (, bytes32 id,,) = claimed();
        vm.prank(controller);
        operators.exit(operator, new uint256[](0));
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertEnded();
        vm.warp(START + WINDOW + UNBONDING);
        operators.releaseDeposit(operator, 1);
    }
}
