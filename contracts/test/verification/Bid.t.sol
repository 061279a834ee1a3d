// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Bid, JobState, Terms} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev The lowest fees win, of equal ones the earlier; a stake is locked exactly while its bid holds a place.
contract BidTest is VerificationWorld {
    uint256 private jobId;

    function setUp() public override {
        super.setUp();
        (BatchRef memory batch,) = anchorOf(4);
        jobId = post(batch, 0);
    }

    function refused(uint256 i, uint256 job, uint72 fee, bytes memory reason) private {
        expect(reason);
        bid(i, job, fee);
    }

    function test_a_bid_locks_the_stake() public {
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.BidPlaced(jobId, verifiers[0], 5, address(0));
        bid(0, jobId, 5);
        vm.assertEq(balance(verifiers[0]), 9 ether, "stake");
        Bid[] memory list = opinions.bidsOf(jobId);
        vm.assertEq(list.length, 1, "one bid");
        vm.assertTrue(list[0].verifier == verifiers[0] && list[0].fee == 5, "it");
    }

    function test_a_lower_fee_displaces_the_highest_whose_stake_is_free_at_once() public {
        bid(0, jobId, 7);
        bid(1, jobId, 9);
        bid(2, jobId, 8);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.BidPlaced(jobId, verifiers[3], 8, verifiers[1]);
        bid(3, jobId, 8);
        vm.assertEq(balance(verifiers[1]), 10 ether, "free");
        vm.prank(verifiers[1]);
        opinions.withdraw(10 ether, payable(verifiers[1]));
        vm.assertEq(opinions.bidsOf(jobId).length, 3, "three places");
    }

    /// @dev Of two that ask as much, who came later goes, wherever its bid is stored.
    function test_of_equal_fees_the_earlier_stays() public {
        bid(0, jobId, 9);
        bid(1, jobId, 8);
        bid(2, jobId, 8);
        // Takes the first place, and is the latest of three that ask 8.
        bid(3, jobId, 8);
        vm.assertEq(balance(verifiers[0]), 10 ether, "9 is gone");
        refused(0, jobId, 8, abi.encodeWithSelector(IVerificationMarket.BidNotBetter.selector, jobId, 8, 8));
        bid(0, jobId, 7);
        vm.assertEq(balance(verifiers[3]), 10 ether, "the latest is gone");
        bid(3, jobId, 6);
        vm.assertEq(balance(verifiers[2]), 10 ether, "then the one before");
        vm.assertEq(balance(verifiers[1]), 9 ether, "the earliest stays");
    }

    function test_nobody_holds_two_places() public {
        bid(0, jobId, 9);
        refused(0, jobId, 8, abi.encodeWithSelector(IVerificationMarket.BidTwice.selector, jobId, verifiers[0]));
        bid(1, jobId, 8);
        bid(2, jobId, 8);
        bid(3, jobId, 8);
        // Displaced: it may come back.
        bid(0, jobId, 7);
        vm.assertEq(balance(verifiers[3]), 10 ether, "displaced in turn");
    }

    function test_a_fee_is_at_most_what_is_offered() public {
        refused(
            0,
            jobId,
            MAX_FEE + 1,
            abi.encodeWithSelector(IVerificationMarket.FeeTooHigh.selector, jobId, MAX_FEE + 1, MAX_FEE)
        );
        bid(0, jobId, MAX_FEE);
    }

    function test_bids_are_taken_through_the_last_second() public {
        vm.warp(BIDDING_END);
        bid(0, jobId, 1);
        vm.warp(BIDDING_END + 1);
        refused(
            1,
            jobId,
            1,
            abi.encodeWithSelector(IVerificationMarket.BiddingOver.selector, jobId, BIDDING_END, BIDDING_END + 1)
        );
    }

    function test_a_bid_needs_a_stake_and_a_job_that_goes_on() public {
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), anyone, 0, STAKE));
        vm.prank(anyone);
        opinions.bid(jobId, 1);
        refused(0, 99, 1, abi.encodeWithSelector(IVerificationMarket.WrongState.selector, 99, JobState.None));
        router.stop();
        refused(0, jobId, 1, abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, START));
    }

    /// @dev Against sorting: whatever comes in whatever order, the places are the lowest by (fee, order).
    function test_fuzz_the_lowest_fees_hold_the_places(uint256 seed) public {
        uint256[8] memory fees;
        bool[8] memory inside;
        uint256 count;
        for (uint256 n; n < 8; ++n) {
            address verifier = address(uint160(0x1000 + n));
            fund(verifier, STAKE);
            fees[n] = uint256(keccak256(abi.encode(seed, n))) % 4;
            uint256 worst = 8;
            for (uint256 i; i < n; ++i) {
                if (inside[i] && (worst == 8 || fees[i] >= fees[worst])) worst = i;
            }
            bool wins = count < QUORUM || fees[n] < fees[worst];
            vm.prank(verifier);
            (bool ok,) = address(opinions).call(abi.encodeCall(opinions.bid, (jobId, uint72(fees[n]))));
            vm.assertTrue(ok == wins, "wins iff lower than the worst");
            if (!ok) continue;
            inside[n] = true;
            if (count < QUORUM) ++count;
            else inside[worst] = false;
        }
        for (uint256 n; n < 8; ++n) {
            uint256 expected = inside[n] ? 0 : STAKE;
            vm.assertEq(balance(address(uint160(0x1000 + n))), expected, "locked iff it holds a place");
        }
    }

    /// @dev A seat cannot be nailed down by bidding against oneself until bids can no longer be counted.
    function test_no_number_of_bids_keeps_a_lower_one_out() public {
        (BatchRef memory batch,) = anchorOf(3);
        Terms memory t = terms();
        t.quorum = 1;
        vm.prank(poster);
        jobId = opinions.postBatch(batch, t, 0, 0);
        uint72 fee = MAX_FEE;
        for (uint256 i; i < 1 << 16; ++i) {
            bid(i % 2, jobId, fee--);
        }
        bid(2, jobId, fee);
        bid(3, jobId, fee - 1);
        Bid[] memory list = opinions.bidsOf(jobId);
        vm.assertTrue(list.length == 1 && list[0].verifier == verifiers[3], "the lowest");
        for (uint256 i; i < 3; ++i) {
            vm.assertEq(balance(verifiers[i]), 10 ether, "displaced, with the stake");
        }
    }
}
