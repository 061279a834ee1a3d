// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../../src/interfaces/IChallenges.sol";
import {IDuplicates} from "../../src/interfaces/IDuplicates.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";

/// @dev A claim whose leaf is void as a duplicate reopens, and is a fact against the operator, who alone can cause it. Copies
///      and forgeries of others change nothing about a claim.
contract DuplicateTest is MarketWorld {
    /// @dev A second receipt of the same nullifier, for nobody.
    function sibling(ReceiptHeader memory h) private pure returns (ReceiptHeader memory other) {
        other = abi.decode(abi.encode(h), (ReceiptHeader));
        other.requestId = keccak256("another request");
    }

    function placed(ReceiptHeader memory h, BatchRef memory batch) private pure returns (IDuplicates.Placed memory p) {
        p.batch = batch;
        p.header = h;
        p.path = new bytes32[](1);
        p.path[0] = OTHER_LEAF;
    }

    function anchoredBy(address by, ReceiptHeader memory h) private returns (BatchRef memory batch) {
        batch = Market.batch(by, anchor.leafOf(h, keccak256(PROOF)), OTHER_LEAF);
        vm.deal(by, SLICE);
        vm.startPrank(by);
        anchor.depositBond{value: SLICE}();
        anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
        vm.stopPrank();
    }

    function duplicated()
        private
        returns (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory b)
    {
        (r, id) = locked();
        h = receipt(r);
        ReceiptHeader memory other = sibling(h);
        BatchRef memory first = anchored(other);
        b = anchored(h);
        claim(r, h, b);
        vm.prank(ANYONE);
        anchor.challengeDuplicate(placed(h, b), keccak256(PROOF), placed(other, first), PROOF);
    }

    function test_a_duplicate_reopens_the_claim() public {
        (, bytes32 id,, BatchRef memory batch) = duplicated();
        market.dropClaim(id);
        assertState(id, IProofMarket.RequestState.Reopened, "reopened");
        vm.assertEq(market.claimOf(id).reopenedUntil, block.timestamp + GRACE, "with the grace");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "the slice has room again");
        vm.assertEq(trust.factsOf(operator).challenged, 1, "a fact against the operator");
        vm.assertEq(market.burned() + anchor.burned(), 0, "nobody is slashed");
        (, uint256 held) = anchor.bondOf(relayer);
        vm.assertEq(held, 2 * SLICE, "and the relayer least of all");
    }

    /// @dev The receipt of the request counts all the same once it is recorded: it names this request and no other.
    function test_the_request_is_served_by_a_record_in_the_grace() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h,) = duplicated();
        market.dropClaim(id);
        vm.warp(block.timestamp + GRACE);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        assertSettled();
    }

    /// @dev Who recorded another receipt of the nullifier cannot record this one: that operator defaults.
    function test_a_nullifier_that_was_recorded_before_serves_one_request() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        ReceiptHeader memory other = sibling(h);
        recorded(other, ANYONE);
        vm.warp(block.timestamp + 1);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        expect(abi.encodeWithSelector(IProofMarket.LeafNotVoid.selector, id, Market.idOf(batch), 0));
        market.dropClaim(id);
        anchor.challengeRecorded(placed(h, batch), keccak256(PROOF), other);
        market.dropClaim(id);
        vm.warp(market.slashableAt(id));
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "the operator answers for it");
    }

    function test_a_leaf_that_is_void_as_a_duplicate_cannot_be_claimed() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        ReceiptHeader memory other = sibling(h);
        BatchRef memory first = anchored(other);
        BatchRef memory batch = anchored(h);
        anchor.challengeDuplicate(placed(h, batch), keccak256(PROOF), placed(other, first), PROOF);
        expect(abi.encodeWithSelector(IProofMarket.LeafIsVoid.selector, Market.idOf(batch), 0));
        claim(r, h, batch);
    }

    /// @dev Somebody saw the receipt pending and anchored it first, in the same second: both leaves say the same.
    function test_a_copied_receipt_leaves_the_claim_alone() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory copy = anchoredBy(ANYONE, h);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        expect(abi.encodeWithSelector(IDuplicates.SameReceipt.selector, anchor.digestOf(h)));
        anchor.challengeDuplicate(placed(h, batch), keccak256(PROOF), placed(h, copy), PROOF);
        vm.warp(START + WINDOW);
        market.fulfil(id);
        vm.assertEq(market.balanceOf(PAYEE), 0.0975 ether, "the payee in the receipt, whoever anchored what");
    }

    /// @dev The requester would gain by a default, but has no proof for another receipt of the nullifier.
    function test_a_forged_first_leaf_leaves_the_claim_alone() public {
        generated.tell(TestVerifier.Answer.Statement, 0);
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        ReceiptHeader memory other = sibling(h);
        BatchRef memory forged = anchoredBy(requester, other);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        expect(
            abi.encodeWithSelector(IDuplicates.EarlierUnproven.selector, Market.idOf(forged), 0, anchor.digestOf(other))
        );
        anchor.challengeDuplicate(placed(h, batch), keccak256(PROOF), placed(other, forged), PROOF);
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    /// @dev What is recorded after a claimed leaf was anchored does not touch it: nobody takes a claim back.
    function test_a_later_record_leaves_the_claim_alone() public {
        (, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        ReceiptHeader memory other = sibling(h);
        for (uint256 i; i < 2; ++i) {
            if (i == 0) recorded(other, ANYONE);
            expect(abi.encodeWithSelector(IDuplicates.RecordedTooLate.selector, anchor.digestOf(other), START, START));
            anchor.challengeRecorded(placed(h, batch), keccak256(PROOF), other);
            vm.warp(block.timestamp + 1);
        }
        vm.warp(START + WINDOW);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    function test_a_paid_claim_is_for_ever() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        ReceiptHeader memory other = sibling(h);
        BatchRef memory first = anchored(other);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IChallenges.BatchIsFinal.selector, Market.idOf(batch), START + WINDOW));
        anchor.challengeDuplicate(placed(h, batch), keccak256(PROOF), placed(other, first), PROOF);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }
}
