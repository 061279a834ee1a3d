// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Terms, Verdict} from "../../src/types/Job.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";
import {VerificationWorld} from "../base/VerificationWorld.sol";
import {OpinionAccount, SharedKeyAccount} from "../doubles/OpinionAccount.sol";

/// @dev Whoever tries to get more than its part, to lose less than it owes, or to make others lose, and what it meets. Each
///      test is one attempt, named by what it proves.
contract AttackTest is VerificationWorld {
    uint256 private constant TENTH = STAKE / 10;

    function slash(uint256 jobId, uint32 index) private {
        vm.prank(anyone);
        opinions.slash(jobId, index);
    }

    function noUnwinding(uint256 jobId) private {
        expect(abi.encodeWithSelector(IVerificationMarket.NothingToUnwind.selector, jobId));
        opinions.unwind(jobId);
    }

    function asks(uint256 jobId, BatchRef memory batch, bytes32[] memory leaves, uint32 index)
        private
        view
        returns (bool)
    {
        return opinions.isAttested(jobId, batch, index, leaves[index], ReceiptTreeModel.path(leaves, index), 1);
    }

    /// @dev The forged leaf's relayer opens a demand the moment the buyer has paid, and lets the batch fall as soon as it can:
    ///      what the buyer published convicts through the whole reveal period, and the fall after it undoes nothing.
    function test_a_fall_after_the_value_was_taken_comes_too_late() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        vm.warp(START + ATTESTED_FLOOR);
        vm.assertTrue(asks(jobId, batch, leaves, 2), "the value is taken");
        demand(batch, 2);
        vm.assertFalse(asks(jobId, batch, leaves, 2), "nobody else's is");
        vm.warp(block.timestamp + REVEAL);
        expect(
            abi.encodeWithSignature(
                "RevealStillOpen(bytes32,uint32,uint64,uint64)", idOf(batch), 2, block.timestamp, block.timestamp
            )
        );
        anchor.closeDemand(batch, 2);
        prove(batch, leaves, 2);
        vm.warp(block.timestamp + 1);
        anchor.closeDemand(batch, 2);
        noUnwinding(jobId);
        vm.warp(SETTLEABLE - 1);
        slash(jobId, 2);
        vm.assertEq(opinions.burned(), 3 * (STAKE - TENTH - MAX_FEE), "burned all the same");
        assertSettled();
    }

    /// @dev A fall for a withheld leaf before the data are shown to be false, or after, does not turn one into the other.
    function test_closing_a_demand_does_not_hide_false_data() public {
        bytes32[] memory leaves = leavesOf(4);
        BatchRef memory batch = refOf(relayer, leaves);
        leaves[3] = "something else";
        bytes memory data = abi.encodePacked(leaves);
        batch.dataCommitment = keccak256(data);
        send(batch);
        uint256 jobId = post(batch, 0);
        fill(jobId);
        attestAll(jobId);
        demand(batch, 0);
        commit(challenger, idOf(batch), type(uint32).max);
        vm.prank(challenger);
        anchor.challengeData(batch, data, SALT);
        anchor.closeDemand(batch, 0);
        noUnwinding(jobId);
        vm.warp(SETTLEABLE);
        expect(abi.encodeWithSelector(IVerificationMarket.SlashInstead.selector, jobId));
        opinions.settle(jobId);
        slash(jobId, 77);
        vm.assertEq(balance(verifiers[0]), 9 ether, "slashed");
        assertSettled();
    }

    /// @dev A stake is out of its owner's reach from the last second of bidding to the end of the job.
    function test_no_way_out_of_a_seat_once_bidding_is_over() public {
        (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) = attestedJob();
        expect(abi.encodeWithSelector(IVerificationMarket.BiddingOver.selector, jobId, BIDDING_END, block.timestamp));
        bid(3, jobId, 0);
        expect(
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), verifiers[0], 9 ether, 10 ether
            )
        );
        vm.prank(verifiers[0]);
        opinions.withdraw(10 ether, payable(verifiers[0]));
        prove(batch, leaves, 1);
        expect(abi.encodeWithSelector(IVerificationMarket.AlreadyAttested.selector, jobId, verifiers[0], Verdict.Valid));
        attest(0, jobId, Verdict.Invalid);
        noUnwinding(jobId);
        expect(abi.encodeWithSelector(IVerificationMarket.TooEarly.selector, jobId, SETTLEABLE, block.timestamp));
        opinions.settle(jobId);
    }

    /// @dev Of a batch that was convicted before the job was posted, who looks says Invalid and is paid; a false Valid is no better.
    function test_a_job_on_a_convicted_batch_is_no_trap_for_who_looks() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        prove(batch, leaves, 1);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        attest(0, jobId, Verdict.Invalid);
        slash(jobId, 1);
        vm.assertEq(balance(verifiers[0]), 11 ether + feeOf(0), "fee and bounty");
        vm.assertEq(balance(verifiers[1]), 10 ether, "not asked in time");
        assertSettled();
    }

    /// @dev Ending a job from within a payment, or a payment from within the end of a job, finds the books in order.
    function test_ending_a_job_while_being_paid_wins_nothing() public {
        vm.deal(address(this), 3 ether);
        OpinionAccount account = new OpinionAccount{value: 3 ether}(opinions);
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        account.bid(jobId, 1);
        bid(0, jobId, 1);
        bid(1, jobId, 1);
        vm.warp(BIDDING_END + 1);
        attest(0, jobId, Verdict.Valid);
        prove(batch, leaves, 0);
        account.whenPaid(abi.encodeCall(opinions.slash, (jobId, 0)), false);
        account.withdraw(2 ether);
        vm.assertEq(account.reentries(), 1, "ended meanwhile");
        vm.assertEq(address(account).balance, 2 ether, "paid what it asked for");
        vm.assertEq(balance(address(account)), 1 ether + TENTH, "the stake, and the tenth of who called");
        vm.assertEq(
            address(opinions).balance,
            balance(address(account)) + balance(poster) + balance(contestant) + balance(verifiers[0])
                + balance(verifiers[1]) + balance(verifiers[2]) + balance(verifiers[3]) + opinions.burned(),
            "all ether is accounted for"
        );
    }

    /// @dev Two accounts of one key: what it signed for one says nothing for the other.
    function test_a_signature_does_not_cross_accounts_of_one_key() public {
        (BatchRef memory batch,) = anchorOf(4);
        uint256 jobId = post(batch, 0);
        address owner = vm.addr(VERIFIER_KEY);
        address[2] memory accounts;
        for (uint256 i; i < 2; ++i) {
            accounts[i] = address(new SharedKeyAccount(owner));
            fund(accounts[i], STAKE);
            vm.prank(accounts[i]);
            opinions.bid(jobId, 1);
        }
        bid(1, jobId, 1);
        vm.warp(BIDDING_END + 1);
        uint64 deadline = ATTEST_DEADLINE;
        bytes32 digest = opinions.attestationDigest(jobId, Verdict.Valid, accounts[0], deadline);
        (uint8 v, bytes32 r, bytes32 low) = vm.sign(VERIFIER_KEY, digest);
        bytes memory s = abi.encodePacked(r, low, v);
        bytes32 other = opinions.attestationDigest(jobId, Verdict.Valid, accounts[1], deadline);
        expect(abi.encodeWithSelector(IVerificationMarket.SignatureInvalid.selector, other, accounts[1]));
        opinions.attestFor(jobId, Verdict.Valid, accounts[1], deadline, s);
        opinions.attestFor(jobId, Verdict.Valid, accounts[0], deadline, s);
    }

    /// @dev The largest terms that there are: nothing overflows on the way in or out, and every wei finds its owner.
    function test_the_largest_amounts_end_in_every_way() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        Terms memory t = Terms(15, type(uint72).max, type(uint96).max, BIDDING_END, ATTEST_DEADLINE);
        fund(poster, 1 << 100);
        vm.prank(poster);
        uint256 jobId = opinions.postBatch(batch, t, type(uint96).max, 0);
        address[15] memory crowd;
        for (uint256 i; i < 15; ++i) {
            crowd[i] = address(uint160(0x1000 + i));
            fund(crowd[i], type(uint96).max);
            vm.prank(crowd[i]);
            opinions.bid(jobId, type(uint72).max);
        }
        vm.warp(BIDDING_END + 1);
        for (uint256 i; i < 14; ++i) {
            vm.prank(crowd[i]);
            opinions.attest(jobId, i < 7 ? Verdict.Valid : Verdict.Invalid);
        }
        vm.warp(ATTEST_DEADLINE + 1);
        uint256 snapshot = vm.snapshotState();
        for (uint256 way; way < 3; ++way) {
            if (way == 0) {
                prove(batch, leaves, 0);
                slash(jobId, 0);
            } else if (way == 1) {
                vm.warp(SETTLEABLE);
                opinions.settle(jobId);
            } else {
                withhold(batch, 0);
                vm.warp(SETTLEABLE);
                opinions.settle(jobId);
            }
            uint256 sum = opinions.burned() + balance(poster) + balance(anyone) + balance(contestant);
            for (uint256 i; i < 4; ++i) {
                sum += balance(verifiers[i]);
            }
            for (uint256 i; i < 15; ++i) {
                sum += balance(crowd[i]);
            }
            vm.assertEq(address(opinions).balance, sum, "all ether is accounted for");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Stakes too small to be divided back nothing: half of them is what counts, rounded down for each.
    function test_stakes_of_a_wei_are_worth_nothing() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        vm.prank(poster);
        uint256 jobId = opinions.postBatch(batch, Terms(3, 0, 1, BIDDING_END, ATTEST_DEADLINE), 0, 0);
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, jobId, 0);
        }
        vm.warp(BIDDING_END + 1);
        attestAll(jobId);
        vm.warp(START + ATTESTED_FLOOR);
        vm.assertEq(opinions.attestedStake(jobId), 0, "nothing");
        vm.assertFalse(asks(jobId, batch, leaves, 0), "attests nothing");
        prove(batch, leaves, 0);
        slash(jobId, 0);
        vm.assertEq(opinions.burned(), 3, "all of it burns");
        assertSettled();
    }

    /// @dev A leaf that was rejected once can be asked about again, but each job of it is contested on its own terms, and costs
    ///      its poster a bond of its own.
    function test_a_rejected_leaf_comes_in_by_no_other_job_that_was_contested() public {
        (uint256 a, uint256 b) = (postInstall(), postInstall());
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, a, 0);
        }
        fill(b);
        attestAll(a);
        attestAll(b);
        vm.warp(ATTEST_DEADLINE + 1);
        vm.startPrank(contestant);
        opinions.contest(a);
        opinions.contest(b);
        vm.stopPrank();
        vm.warp(uint256(opinions.jobOf(a).contestedUntil) + 1);
        opinions.settle(a);
        uint256 until = opinions.jobOf(b).contestedUntil;
        vm.warp(CONTEST_END + 1);
        expect(abi.encodeWithSelector(IVerificationMarket.AlreadyContested.selector, b, until));
        opinions.admit(b);
        opinions.settle(b);
        uint256 bond = opinions.installBond(CHUNKS);
        vm.assertEq(balance(poster), 10 ether - 2 * bond, "each bond");
        vm.assertEq(balance(contestant), 10 ether + 2 * (bond / 2), "half of each");
        assertSettled();
    }

    /// @dev A relayer that forges a leaf only to find it, behind verifiers of its own: what it wins is the poster's fees and
    ///      bounty, and what it loses is half of a slice. Posters keep below that.
    function test_a_bounty_below_half_a_slice_pays_for_no_forgery() public {
        uint256 offered = 3 * uint256(MAX_FEE);
        uint96 bounty = uint96(SLICE / 2 - offered);
        uint256 before = free(relayer) + locked(relayer) + free(challenger);
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, bounty);
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, jobId, MAX_FEE);
        }
        vm.warp(BIDDING_END + 1);
        for (uint256 i; i < QUORUM; ++i) {
            attest(i, jobId, Verdict.Invalid);
        }
        prove(batch, leaves, 0);
        slash(jobId, 0);
        uint256 won = balance(verifiers[0]) + balance(verifiers[1]) + balance(verifiers[2]) - 30 ether;
        vm.assertLe(won, offered + bounty, "at most all that was offered");
        uint256 lost = before - (free(relayer) + locked(relayer) + free(challenger));
        vm.assertEq(lost, SLICE / 2, "as much");
        assertSettled();
    }

    /// @dev Who proves before it has said so can be left without a reward: anybody ends the job first.
    function test_who_proves_first_and_speaks_second_can_come_too_late() public {
        (BatchRef memory batch, bytes32[] memory leaves) = anchorOf(4);
        uint256 jobId = post(batch, 1 ether);
        fill(jobId);
        uint256 snapshot = vm.snapshotState();
        prove(batch, leaves, 0);
        vm.prank(poster);
        opinions.slash(jobId, 0);
        vm.assertEq(balance(poster), 10 ether, "the bounty is back");
        vm.revertToState(snapshot);
        attest(0, jobId, Verdict.Invalid);
        prove(batch, leaves, 0);
        vm.prank(poster);
        opinions.slash(jobId, 0);
        vm.assertEq(balance(verifiers[0]), 11 ether + feeOf(0), "the other way round it is paid");
        assertSettled();
    }
}
