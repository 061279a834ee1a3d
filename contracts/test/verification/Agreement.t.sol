// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {AttestationLib} from "../../src/lib/AttestationLib.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Bid, Terms, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";

/// @dev Jobs that the Rust core played from the first bid to the last wei: the contract does the same, step by step.
contract VerificationAgreementTest is VerificationWorld {
    uint256 private constant UNWOUND = 3;
    uint256 private constant ADMITTED = 4;
    uint256 private constant PROVEN = 5;
    uint256 private constant UNWOUND_INSTALL = 8;
    uint256 private constant FUNDS = 1e30;

    struct BidStep {
        uint256 verifier;
        uint256 fee;
        uint256 outcome;
        uint256 other;
    }

    struct Said {
        uint256 verifier;
        uint256 verdict;
    }

    struct Got {
        uint256 verifier;
        uint256 fate;
        uint256 amount;
    }

    struct JobCase {
        uint256 quorum;
        uint256 maxFee;
        uint256 stake;
        uint256 bounty;
        uint256 chunks;
        BidStep[] bids;
        Said[] opinions;
        uint256 ending;
        bool contested;
        bool late;
        uint256 reserve;
        uint256 contestBond;
        Got[] got;
        uint256 poster;
        uint256 caller;
        uint256 burned;
    }

    struct DigestCase {
        AttestationLib.Attestation attestation;
        uint256 chainId;
        address market;
        bytes32 digest;
    }

    function vectors(string memory name) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile("core/tests/opinion_vectors.json"), name);
    }

    function eye(uint256 i) private pure returns (address) {
        return address(uint160(0x10000 + i));
    }

    function test_digests_are_the_cores() public {
        DigestCase[] memory cases = abi.decode(vectors(".digests"), (DigestCase[]));
        for (uint256 i; i < cases.length; ++i) {
            vm.chainId(cases[i].chainId);
            vm.assertEq(AttestationLib.digest(cases[i].attestation, cases[i].market), cases[i].digest, "digest");
        }
        vm.assertEq(cases.length, 16, "all of them");
    }

    function test_places_and_payments_are_the_cores() public {
        JobCase[] memory cases = abi.decode(vectors(".jobs"), (JobCase[]));
        for (uint256 i; i < 40; ++i) {
            fund(eye(i), FUNDS);
        }
        fund(poster, FUNDS);
        fund(contestant, FUNDS);
        for (uint256 i; i < cases.length; ++i) {
            uint256 fresh = vm.snapshotState();
            play(cases[i]);
            vm.revertToState(fresh);
        }
        vm.assertEq(cases.length, 64, "all of them");
    }

    function play(JobCase memory c) private {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        (uint256 posterHad, uint256 contestantHad) = (balance(poster), balance(contestant));
        uint256 jobId = open(c, batch);
        uint256 escrow = c.quorum * c.maxFee + c.reserve;
        vm.assertEq(posterHad - balance(poster), escrow, "set aside");
        for (uint256 i; i < c.bids.length; ++i) {
            take(jobId, c.bids[i]);
        }
        Bid[] memory places = opinions.bidsOf(jobId);
        vm.assertEq(places.length, c.got.length, "places");
        uint256[] memory had = new uint256[](places.length);
        for (uint256 i; i < places.length; ++i) {
            vm.assertEq(places[i].verifier, eye(c.got[i].verifier), "who holds the place");
            had[i] = balance(places[i].verifier) + c.stake;
        }
        vm.warp(BIDDING_END + 1);
        for (uint256 i; i < c.opinions.length; ++i) {
            vm.prank(eye(c.opinions[i].verifier));
            opinions.attest(jobId, Verdict(c.opinions[i].verdict));
        }
        end(jobId, c, batch, leaves);
        for (uint256 i; i < places.length; ++i) {
            vm.assertEq(balance(places[i].verifier) + c.stake, had[i] + c.got[i].amount, "what a verifier gets");
        }
        vm.assertEq(balance(poster) + escrow, posterHad + c.poster, "what the poster gets");
        vm.assertEq(balance(anyone), c.caller, "what the caller gets");
        vm.assertEq(opinions.burned(), c.burned, "what burns");
        uint256 prize = c.ending == PROVEN ? 0 : c.contestBond + c.reserve / 2;
        if (c.contested) vm.assertEq(balance(contestant) + c.contestBond, contestantHad + prize, "contestant");
    }

    function open(JobCase memory c, BatchRef memory batch) private returns (uint256 jobId) {
        Terms memory t = Terms(uint8(c.quorum), uint72(c.maxFee), uint96(c.stake), BIDDING_END, ATTEST_DEADLINE);
        vm.prank(poster);
        if (c.chunks == 0) return opinions.postBatch(batch, t, uint96(c.bounty), 0);
        return opinions.postInstall(LEAF, uint32(c.chunks), FILE, t);
    }

    function take(uint256 jobId, BidStep memory b) private {
        address who = eye(b.verifier);
        if (b.outcome == 0) {
            vm.expectEmit(address(opinions));
            address displaced = b.other == 0 ? address(0) : eye(b.other - 1);
            emit IVerificationMarket.BidPlaced(jobId, who, b.fee, displaced);
        } else if (b.outcome == 1) {
            expect(abi.encodeWithSelector(IVerificationMarket.BidTwice.selector, jobId, who));
        } else if (b.outcome == 2) {
            expect(abi.encodeWithSelector(IVerificationMarket.BidNotBetter.selector, jobId, b.fee, b.other));
        } else {
            expect(abi.encodeWithSelector(IVerificationMarket.FeeTooHigh.selector, jobId, b.fee, b.other));
        }
        vm.prank(who);
        opinions.bid(jobId, uint72(b.fee));
    }

    function end(uint256 jobId, JobCase memory c, BatchRef memory batch, bytes32[] memory leaves) private {
        uint256 ending = c.ending;
        if (ending == UNWOUND || ending == UNWOUND_INSTALL) {
            vm.prank(anyone);
            return opinions.unwind(jobId);
        }
        if (ending == 2) {
            if (c.late) vm.warp(ATTEST_DEADLINE + 1);
            prove(batch, leaves, 1);
            vm.prank(anyone);
            return opinions.slash(jobId, 1);
        }
        vm.warp(ATTEST_DEADLINE + 1);
        if (ending == 1) withhold(batch, 1);
        if (c.contested) {
            vm.prank(contestant);
            opinions.contest(jobId);
        }
        if (ending == PROVEN) install(InstallLeaf.unwrap(LEAF));
        // Past every window of the batch, the contest and the answer.
        else vm.warp(ATTEST_DEADLINE + 60 days);
        vm.prank(anyone);
        if (ending == ADMITTED) opinions.admit(jobId);
        else opinions.settle(jobId);
    }
}
