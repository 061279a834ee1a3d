// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../../src/interfaces/IBatches.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {ReceiptHeaderLib} from "../../src/lib/ReceiptHeaderLib.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {CapsuleLeaf, PublisherId, VerifierKey} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";

/// @dev A claim is the locker's, once, with the receipt of this very request, anchored in time, within half of the slice.
contract ClaimTest is MarketWorld {
    function refused(ProofRequest memory r, ReceiptHeader memory h, bytes memory reason) private {
        BatchRef memory batch = anchored(h);
        IProofMarket.Evidence memory e = evidence(h, batch);
        expect(reason);
        vm.prank(controller);
        market.claim(r, e);
    }

    function mismatch(bytes32 name, bytes32 actual, bytes32 expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProofMarket.ReceiptMismatch.selector, name, actual, expected);
    }

    function test_a_claim_is_kept_with_its_place_and_payee() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        bytes32 leaf = anchor.leafOf(h, keccak256(PROOF));
        vm.expectEmit(address(market));
        emit IProofMarket.RequestClaimed(id, Market.idOf(batch), 0, leaf, PAYEE);
        claim(r, h, batch);
        assertState(id, IProofMarket.RequestState.Claimed, "claimed");
        IProofMarket.Claim memory c = market.claimOf(id);
        vm.assertEq(c.payee, PAYEE, "the payee is the one proven");
        vm.assertEq(c.relayer, relayer, "who anchored");
        vm.assertEq(c.batchId, Market.idOf(batch), "batch");
        vm.assertEq(c.index, 0, "place");
        vm.assertEq(c.taken, 0.1 ether, "of the slice");
        vm.assertEq(market.claimedOf(c.batchId), 0.1 ether, "in sum");
        vm.assertEq(market.slashableAt(id), 0, "a claim blocks a slash");
    }

    function test_one_claim_by_the_locker() public {
        (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory batch) = claimed();
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Claimed));
        claim(r, h, batch);
        (r, id) = locked();
        h = receipt(r);
        batch = anchored(h);
        IProofMarket.Evidence memory e = evidence(h, batch);
        expect(abi.encodeWithSelector(IProofMarket.NotLocker.selector, id, ANYONE, controller));
        vm.prank(ANYONE);
        market.claim(r, e);
        r = request();
        id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.None));
        claim(r, h, batch);
    }

    function test_every_member_that_the_request_names_is_compared() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        h.requestId = bytes32(uint256(id) ^ 1);
        refused(r, h, mismatch("requestId", h.requestId, id));
        h = receipt(r);
        h.verifierKey = VerifierKey.wrap("other");
        refused(r, h, mismatch("verifierKey", "other", VerifierKey.unwrap(KEY)));
        h = receipt(r);
        h.capsuleTag ^= 1;
        refused(r, h, mismatch("capsule", bytes32(h.capsuleTag), bytes32(CapsuleLeaf.unwrap(capsule))));
        h = receipt(r);
        h.operatorTag = 1002;
        refused(r, h, mismatch("operator", bytes32(uint256(1002)), bytes32(uint256(1001))));
        h = receipt(r);
        h.inputHash = keccak256("other input");
        refused(r, h, mismatch("inputHash", h.inputHash, r.inputHash));
        h = receipt(r);
        h.payee = address(0);
        refused(r, h, abi.encodeWithSelector(IProofMarket.ZeroPayee.selector));
        for (uint8 flags; flags < 3; ++flags) {
            h = receipt(r);
            h.flags = flags;
            refused(r, h, abi.encodeWithSelector(IProofMarket.NotDisclosed.selector, flags));
        }
        h = receipt(r);
        h.flags = 7;
        refused(r, h, abi.encodeWithSelector(ReceiptHeaderLib.UnknownFlags.selector, 7, 3));
        h = receipt(r);
        h.launchedAt = r.earliestLaunch - 1;
        refused(
            r,
            h,
            abi.encodeWithSelector(
                IProofMarket.LaunchOutOfRange.selector, h.launchedAt, r.earliestLaunch, uint64(block.timestamp)
            )
        );
        h = receipt(r);
        h.launchedAt = uint64(block.timestamp) + 1;
        refused(
            r,
            h,
            abi.encodeWithSelector(
                IProofMarket.LaunchOutOfRange.selector, h.launchedAt, r.earliestLaunch, uint64(block.timestamp)
            )
        );
        h = receipt(r);
        claim(r, h, anchored(h));
    }

    /// @dev The chain takes the receipt into account only if it is admitted: roots, times, publisher.
    function test_the_receipt_is_admitted_under_the_publisher_of_the_request() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        h.operatorRoot = 5;
        refused(r, h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("operators"), 5));
        r = request();
        r.publisherId = secondPublisher();
        lock(r);
        h = receipt(r);
        refused(r, h, abi.encodeWithSelector(IReceiptAnchor.RootUnknown.selector, bytes32("catalog"), h.catalogRoot));
        (r,) = locked();
        h = receipt(r);
        h.launchedAt = START - 101;
        r.earliestLaunch = 0;
        r.salt = 12345;
        lock(r);
        h.requestId = market.requestIdOf(r);
        refused(
            r, h, abi.encodeWithSelector(IReceiptAnchor.LaunchedBeforeCheckpoint.selector, START - 101, START - 100)
        );
    }

    function test_the_leaf_is_in_the_batch_at_its_place() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        bytes32 leaf = anchor.leafOf(h, keccak256(PROOF));
        IProofMarket.Evidence memory e = evidence(h, batch);
        e.index = 1;
        expect(abi.encodeWithSelector(IBatches.NotIncluded.selector, Market.idOf(batch), 1, leaf));
        vm.prank(controller);
        market.claim(r, e);
        e = evidence(h, batch);
        e.proof = "another proof";
        bytes32 otherLeaf = anchor.leafOf(h, keccak256(e.proof));
        expect(abi.encodeWithSelector(IBatches.NotIncluded.selector, Market.idOf(batch), 0, otherLeaf));
        vm.prank(controller);
        market.claim(r, e);
        e = evidence(h, batch);
        e.batch.relayer = ANYONE;
        expect(abi.encodeWithSelector(IProofMarket.BatchUnknown.selector, Market.idOf(e.batch)));
        vm.prank(controller);
        market.claim(r, e);
    }

    function test_anchoring_is_in_time_up_to_the_deadline() public {
        (ProofRequest memory r, bytes32 id) = locked();
        (ProofRequest memory late, bytes32 lateId) = locked();
        uint64 deadline = r.offer.rampStart + r.offer.timeout;
        vm.warp(deadline);
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        vm.warp(deadline + 1);
        ReceiptHeader memory h2 = receipt(late);
        BatchRef memory batch2 = anchored(h2);
        // The claim itself may come later.
        vm.warp(deadline + 1 hours);
        claim(r, h, batch);
        assertState(id, IProofMarket.RequestState.Claimed, "in time");
        expect(abi.encodeWithSelector(IProofMarket.TooLate.selector, lateId, deadline + 1, deadline));
        claim(late, h2, batch2);
    }

    function test_a_request_for_a_record_takes_no_claim() public {
        ProofRequest memory r = request();
        r.assurance = 1;
        bytes32 id = lock(r);
        refused(r, receipt(r), abi.encodeWithSelector(IProofMarket.RecordRequired.selector, id));
    }

    /// @dev A batch with two receipts for requests of 0.3 and 0.2 ether, then of 0.3 and 0.2 ether and a wei.
    function test_claims_out_of_a_batch_are_at_most_half_its_slice() public {
        for (uint256 excess; excess < 2; ++excess) {
            (ProofRequest memory a, ReceiptHeader memory ha) = lockedAt(0.3 ether);
            (ProofRequest memory b, ReceiptHeader memory hb) = lockedAt(0.2 ether + excess);
            bytes32 leafA = anchor.leafOf(ha, keccak256(PROOF));
            bytes32 leafB = anchor.leafOf(hb, keccak256(PROOF));
            BatchRef memory batch = Market.batch(relayer, leafA, leafB);
            vm.prank(relayer);
            anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
            IProofMarket.Evidence memory e = evidence(ha, batch);
            e.path[0] = leafB;
            vm.prank(controller);
            market.claim(a, e);
            e = evidence(hb, batch);
            (e.index, e.path[0]) = (1, leafA);
            if (excess == 1) {
                expect(
                    abi.encodeWithSelector(
                        IProofMarket.SliceExhausted.selector, Market.idOf(batch), 0.5 ether + 1, 0.5 ether
                    )
                );
            }
            vm.prank(controller);
            market.claim(b, e);
        }
    }

    function lockedAt(uint256 price) private returns (ProofRequest memory r, ReceiptHeader memory h) {
        r = request();
        (r.offer.minPrice, r.offer.maxPrice) = (uint128(price), uint128(price));
        lock(r);
        h = receipt(r);
    }
}

/// @dev Where the window is so short that a receipt can outlive it: what nobody can challenge is proven on the spot.
contract ClaimShortWindowTest is MarketWorld {
    uint64 private constant SHORT = 2 hours;

    function times() internal pure override returns (IReceiptAnchor.Times memory) {
        return IReceiptAnchor.Times(MAX_AGE, MARGIN, SHORT, 10 minutes, LATE);
    }

    function prepared(uint128 price)
        private
        returns (ProofRequest memory r, ReceiptHeader memory h, BatchRef memory b)
    {
        r = request();
        (r.offer.minPrice, r.offer.maxPrice) = (price, price);
        lock(r);
        h = receipt(r);
        b = anchored(h);
    }

    function test_a_claim_leaves_a_challenger_the_grace_or_is_proven() public {
        // 0.6 ether is above half of the slice: refused while it would have to be believed.
        (ProofRequest memory r, ReceiptHeader memory h, BatchRef memory batch) = prepared(0.6 ether);
        vm.warp(START + SHORT - GRACE);
        expect(abi.encodeWithSelector(IProofMarket.SliceExhausted.selector, Market.idOf(batch), 0.6 ether, 0.5 ether));
        claim(r, h, batch);
        vm.warp(START + SHORT - GRACE + 1);
        generated.tell(TestVerifier.Answer.Revert, 0);
        bytes32 id = market.requestIdOf(r);
        expect(abi.encodeWithSelector(IProofMarket.ClaimProofInvalid.selector, id, KEY));
        claim(r, h, batch);
        generated.tell(TestVerifier.Answer.One, 0);
        claim(r, h, batch);
        vm.assertEq(market.claimOf(id).taken, 0, "no bond answers for a proof that was checked");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "nothing of the slice");
        vm.warp(START + SHORT);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid once final");
    }

    function test_a_final_leaf_is_proven_when_it_is_claimed() public {
        (ProofRequest memory r, ReceiptHeader memory h, BatchRef memory batch) = prepared(0.1 ether);
        vm.warp(START + SHORT + 1);
        bytes32 id = market.requestIdOf(r);
        generated.tell(TestVerifier.Answer.Revert, 0);
        expect(abi.encodeWithSelector(IProofMarket.ClaimProofInvalid.selector, id, KEY));
        claim(r, h, batch);
        generated.tell(TestVerifier.Answer.One, 0);
        claim(r, h, batch);
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid at once");
    }

    /// @dev The batch of a proven claim can still fall; dropping the claim then gives back no more than it took.
    function test_a_proven_claim_in_a_batch_that_falls_reopens() public {
        (ProofRequest memory r, ReceiptHeader memory h, BatchRef memory batch) = prepared(0.1 ether);
        uint256 bond = anchor.demandBond();
        vm.deal(address(this), bond);
        anchor.demandReveal{value: bond}(batch, 1);
        vm.warp(START + SHORT - 10);
        claim(r, h, batch);
        bytes32 id = market.requestIdOf(r);
        vm.warp(START + SHORT + 1);
        anchor.closeDemand(batch, 1);
        market.dropClaim(id);
        assertState(id, IProofMarket.RequestState.Reopened, "reopened");
        vm.assertEq(trust.factsOf(operator).challenged, 0, "the operator did nothing wrong");
    }
}
