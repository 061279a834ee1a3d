// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Bid, Job, JobState, Verdict} from "../../src/types/Job.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";
import {OpinionAccount} from "../doubles/OpinionAccount.sol";

/// @dev Each winner says Valid or Invalid once, in its time, itself or by a signature that is good for exactly this.
contract AttestTest is VerificationWorld {
    uint64 private constant DEADLINE = uint64(ATTEST_DEADLINE);
    BatchRef private batch;
    uint256 private jobId;

    function setUp() public override {
        super.setUp();
        (batch,) = anchorOf(4);
        jobId = post(batch, 0);
    }

    function refused(uint256 i, Verdict verdict, bytes memory reason) private {
        expect(reason);
        attest(i, jobId, verdict);
    }

    function signature(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signed(uint256 i, Verdict verdict, uint64 deadline) private view returns (bytes memory) {
        return signature(VERIFIER_KEY + i, opinions.attestationDigest(jobId, verdict, verifiers[i], deadline));
    }

    /// @dev Whatever it is a signature of, it is none of this.
    function notSigned(IVerificationMarket market, uint256 job, bytes memory s) private {
        bytes32 digest = market.attestationDigest(job, Verdict.Valid, verifiers[0], DEADLINE);
        expect(abi.encodeWithSelector(IVerificationMarket.SignatureInvalid.selector, digest, verifiers[0]));
        market.attestFor(job, Verdict.Valid, verifiers[0], DEADLINE, s);
    }

    function test_winners_say_what_they_think_once() public {
        fill(jobId);
        vm.expectEmit(address(opinions));
        emit IVerificationMarket.Attested(jobId, verifiers[0], Verdict.Valid);
        attest(0, jobId, Verdict.Valid);
        attest(1, jobId, Verdict.Invalid);
        Job memory j = opinions.jobOf(jobId);
        vm.assertTrue(j.valid == 1 && j.invalid == 1, "counted");
        vm.assertEq(j.contestedUntil, 0, "a batch is not contested by it");
        Bid[] memory list = opinions.bidsOf(jobId);
        vm.assertTrue(list[0].verdict == Verdict.Valid && list[1].verdict == Verdict.Invalid, "kept");
        refused(
            0,
            Verdict.Invalid,
            abi.encodeWithSelector(IVerificationMarket.AlreadyAttested.selector, jobId, verifiers[0], Verdict.Valid)
        );
        refused(2, Verdict.None, abi.encodeWithSelector(IVerificationMarket.NoVerdict.selector, jobId));
        refused(3, Verdict.Valid, abi.encodeWithSelector(IVerificationMarket.NotVerifier.selector, jobId, verifiers[3]));
    }

    function test_opinions_are_taken_after_bidding_through_the_deadline() public {
        fill(jobId);
        vm.warp(BIDDING_END);
        refused(
            0,
            Verdict.Valid,
            abi.encodeWithSelector(IVerificationMarket.BiddingOpen.selector, jobId, BIDDING_END, BIDDING_END)
        );
        vm.warp(BIDDING_END + 1);
        attest(0, jobId, Verdict.Valid);
        vm.warp(ATTEST_DEADLINE);
        attest(1, jobId, Verdict.Valid);
        vm.warp(ATTEST_DEADLINE + 1);
        refused(
            2,
            Verdict.Valid,
            abi.encodeWithSelector(
                IVerificationMarket.AttestingOver.selector, jobId, ATTEST_DEADLINE, ATTEST_DEADLINE + 1
            )
        );
    }

    function test_a_job_with_too_few_bids_takes_no_opinions() public {
        bid(0, jobId, 1);
        vm.warp(BIDDING_END + 1);
        refused(0, Verdict.Valid, abi.encodeWithSelector(IVerificationMarket.QuorumMissing.selector, jobId, 1, 3));
    }

    function test_no_opinions_after_a_stop_or_an_end() public {
        fill(jobId);
        uint256 snapshot = vm.snapshotState();
        router.stop();
        refused(0, Verdict.Valid, abi.encodeWithSelector(IVerificationMarket.RouterStopped.selector, block.timestamp));
        opinions.unwind(jobId);
        vm.revertToState(snapshot);
        opinions.jobOf(jobId);
        router.stop();
        opinions.unwind(jobId);
        refused(
            0, Verdict.Valid, abi.encodeWithSelector(IVerificationMarket.WrongState.selector, jobId, JobState.Unwound)
        );
    }

    function test_a_signature_is_as_good_as_a_transaction() public {
        fill(jobId);
        bytes memory s = signed(0, Verdict.Valid, DEADLINE);
        vm.prank(anyone);
        opinions.attestFor(jobId, Verdict.Valid, verifiers[0], DEADLINE, s);
        vm.assertEq(opinions.jobOf(jobId).valid, 1, "counted");
        expect(abi.encodeWithSelector(IVerificationMarket.AlreadyAttested.selector, jobId, verifiers[0], Verdict.Valid));
        opinions.attestFor(jobId, Verdict.Valid, verifiers[0], DEADLINE, s);
    }

    function test_a_signature_is_good_through_its_deadline() public {
        fill(jobId);
        uint64 deadline = uint64(block.timestamp + 60);
        bytes memory s = signed(0, Verdict.Valid, deadline);
        vm.warp(deadline + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.SignatureExpired.selector, deadline, deadline + 1));
        opinions.attestFor(jobId, Verdict.Valid, verifiers[0], deadline, s);
        vm.warp(deadline);
        opinions.attestFor(jobId, Verdict.Valid, verifiers[0], deadline, s);
    }

    /// @dev The type string is the specified one, member by member.
    function test_the_digest_is_the_specified_one() public view {
        bytes32 typehash = keccak256(
            "Attestation(uint256 jobId,address anchor,uint256 batchId,bytes32 root,bytes32 dataCommitment,uint8 verdict,address verifier,uint64 deadline)"
        );
        bytes32 structHash = keccak256(
            abi.encode(
                typehash,
                jobId,
                address(anchor),
                uint256(idOf(batch)),
                batch.root,
                batch.dataCommitment,
                uint8(2),
                verifiers[1],
                DEADLINE
            )
        );
        vm.assertEq(
            opinions.attestationDigest(jobId, Verdict.Invalid, verifiers[1], DEADLINE),
            keccak256(abi.encodePacked(hex"1901", opinions.domainSeparator(), structHash)),
            "digest"
        );
    }

    function test_a_signature_does_not_cross_verdict_verifier_deadline_or_job() public {
        uint256 second = post(batch, 0);
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, second, 1);
        }
        fill(jobId);
        notSigned(opinions, jobId, signed(0, Verdict.Invalid, DEADLINE));
        notSigned(opinions, jobId, signed(1, Verdict.Valid, DEADLINE));
        notSigned(opinions, jobId, signed(0, Verdict.Valid, DEADLINE - 1));
        notSigned(opinions, second, signed(0, Verdict.Valid, DEADLINE));
        // Good for the one it was made for, all the same.
        opinions.attestFor(jobId, Verdict.Valid, verifiers[0], DEADLINE, signed(0, Verdict.Valid, DEADLINE));
    }

    function test_a_signature_does_not_cross_chains_or_markets() public {
        fill(jobId);
        bytes memory s = signed(0, Verdict.Valid, DEADLINE);
        vm.chainId(1337);
        notSigned(opinions, jobId, s);
        vm.chainId(31337);
        // The same code with the same jobs at another address.
        address copy = address(0xc09);
        vm.etch(copy, address(opinions).code);
        notSigned(IVerificationMarket(copy), jobId, s);
    }

    /// @dev After a reorganisation the first job can be another one: then it has another name, which nobody bid or signed for.
    function test_a_signature_does_not_cross_jobs_of_the_same_number() public {
        (BatchRef memory other,) = anchorOf(3);
        uint256 snapshot = vm.snapshotState();
        uint256 first = post(batch, 0);
        bytes32 digest = opinions.attestationDigest(first, Verdict.Valid, verifiers[0], DEADLINE);
        bytes memory s = signature(VERIFIER_KEY, digest);
        vm.revertToState(snapshot);
        uint256 second = post(other, 0);
        vm.assertFalse(second == first, "another name");
        fill(second);
        notSigned(opinions, second, s);
    }

    /// @dev The types of the receipt, the request and the opinion differ, and so do the domains.
    function test_a_receipt_digest_is_no_opinion() public {
        fill(jobId);
        bytes32 digest = bytes32(abi.encodePacked(anchor.digestOf(header(0))));
        notSigned(opinions, jobId, signature(VERIFIER_KEY, digest));
    }

    function test_one_form_of_signature() public {
        fill(jobId);
        bytes memory s = signed(0, Verdict.Valid, DEADLINE);
        (bytes32 r, bytes32 low, uint8 v) = (word(s, 0), word(s, 32), uint8(s[64]));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        notSigned(opinions, jobId, abi.encodePacked(r, order - uint256(low), v == 27 ? 28 : 27));
        notSigned(opinions, jobId, abi.encodePacked(r, low, v - 27));
        notSigned(opinions, jobId, abi.encodePacked(r, bytes32(uint256(low) | uint256(v - 27) << 255)));
        notSigned(opinions, jobId, "");
        notSigned(opinions, jobId, bytes.concat(s, hex"00"));
    }

    function word(bytes memory s, uint256 offset) private pure returns (bytes32 w) {
        assembly ("memory-safe") {
            w := mload(add(add(s, 32), offset))
        }
    }

    function test_a_contract_signs_by_saying_so() public {
        vm.deal(address(this), 2 ether);
        OpinionAccount account = new OpinionAccount{value: 2 ether}(opinions);
        account.bid(jobId, 1);
        bid(0, jobId, 1);
        bid(1, jobId, 1);
        vm.warp(BIDDING_END + 1);
        bytes32 digest = opinions.attestationDigest(jobId, Verdict.Valid, address(account), DEADLINE);
        expect(abi.encodeWithSelector(IVerificationMarket.SignatureInvalid.selector, digest, address(account)));
        opinions.attestFor(jobId, Verdict.Valid, address(account), DEADLINE, "");
        account.sign(digest);
        opinions.attestFor(jobId, Verdict.Valid, address(account), DEADLINE, "");
        vm.assertEq(opinions.jobOf(jobId).valid, 1, "counted");
    }
}
