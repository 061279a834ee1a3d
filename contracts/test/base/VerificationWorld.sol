// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerificationMarket} from "../../src/interfaces/IVerificationMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf} from "../../src/types/Ids.sol";
import {Fate, Job, JobState, Terms, Verdict} from "../../src/types/Job.sol";
import {BatchWorld} from "./BatchWorld.sol";

/// @dev A world with a verification market that the registry names, a funded poster, four funded verifiers that can sign, and
///      jobs on batches and installs. A job here has three verifiers.
abstract contract VerificationWorld is BatchWorld {
    uint64 internal constant ATTESTED_FLOOR = 1 days;
    uint64 internal constant VERIFICATION_GRACE = 6 hours;
    uint64 internal constant CONTEST_WINDOW = 2 days;
    uint64 internal constant ANSWER_BASE = 1 days;
    uint64 internal constant ANSWER_PER_CHUNK = 60;
    uint96 internal constant LEAST_BOND = 0.5 ether;
    uint8 internal constant QUORUM = 3;
    uint72 internal constant MAX_FEE = 0.01 ether;
    uint96 internal constant STAKE = 1 ether;
    uint40 internal constant BIDDING_END = uint40(START + 1 hours);
    uint40 internal constant ATTEST_DEADLINE = uint40(START + 5 hours);
    /// @dev When a batch that was anchored at the start and never demanded can be settled.
    uint256 internal constant SETTLEABLE = START + WINDOW + VERIFICATION_GRACE;
    uint256 internal constant CONTEST_END = ATTEST_DEADLINE + CONTEST_WINDOW;
    uint32 internal constant CHUNKS = 40;
    bytes32 internal constant FILE = keccak256("install file");
    InstallLeaf internal constant LEAF = InstallLeaf.wrap(7001);
    uint256 internal constant VERIFIER_KEY = uint256(keccak256("verifier key")) >> 8;

    address internal poster = address(0x9057);
    address internal contestant = address(0xc047);
    address internal anyone = address(0xa11);
    address[4] internal verifiers;
    IVerificationMarket internal opinions;

    function setUp() public virtual override {
        super.setUp();
        // In the place of the proof market, whose address comes first.
        factory.create(hex"5f5ff3");
        opinions = IVerificationMarket(
            factory.create(
                bytes.concat(vm.getCode("VerificationMarket.sol:VerificationMarket"), abi.encode(anchor, parameters()))
            )
        );
        for (uint256 i; i < 4; ++i) {
            verifiers[i] = vm.addr(VERIFIER_KEY + i);
            fund(verifiers[i], 10 ether);
        }
        fund(poster, 10 ether);
        fund(contestant, 10 ether);
    }

    function parameters() internal pure returns (IVerificationMarket.Parameters memory) {
        return IVerificationMarket.Parameters(
            ATTESTED_FLOOR, VERIFICATION_GRACE, CONTEST_WINDOW, ANSWER_BASE, ANSWER_PER_CHUNK, LEAST_BOND
        );
    }

    function fund(address account, uint256 amount) internal {
        vm.deal(account, amount);
        vm.prank(account);
        opinions.deposit{value: amount}();
    }

    function terms() internal pure returns (Terms memory) {
        return Terms(QUORUM, MAX_FEE, STAKE, BIDDING_END, ATTEST_DEADLINE);
    }

    function post(BatchRef memory batch, uint96 bounty) internal returns (uint256 jobId) {
        vm.prank(poster);
        return opinions.postBatch(batch, terms(), bounty, bytes32("canary"));
    }

    function postInstall() internal returns (uint256 jobId) {
        vm.prank(poster);
        return opinions.postInstall(LEAF, CHUNKS, FILE, terms());
    }

    function bid(uint256 i, uint256 jobId, uint72 fee) internal {
        vm.prank(verifiers[i]);
        opinions.bid(jobId, fee);
    }

    /// @dev Fee of the i-th verifier.
    function feeOf(uint256 i) internal pure returns (uint72) {
        return uint72(0.001 ether * (i + 1));
    }

    /// @dev The first three win, and bidding is over.
    function fill(uint256 jobId) internal {
        for (uint256 i; i < QUORUM; ++i) {
            bid(i, jobId, feeOf(i));
        }
        vm.warp(BIDDING_END + 1);
    }

    function attest(uint256 i, uint256 jobId, Verdict verdict) internal {
        vm.prank(verifiers[i]);
        opinions.attest(jobId, verdict);
    }

    function attestAll(uint256 jobId) internal {
        for (uint256 i; i < QUORUM; ++i) {
            attest(i, jobId, Verdict.Valid);
        }
    }

    /// @dev A batch of four and a job on it that three said Valid of.
    function attestedJob() internal returns (uint256 jobId, BatchRef memory batch, bytes32[] memory leaves) {
        (batch, leaves) = anchorOf(4);
        jobId = post(batch, 0);
        fill(jobId);
        attestAll(jobId);
    }

    /// @dev A job on an install that three said Valid of.
    function confirmedInstall() internal returns (uint256 jobId) {
        jobId = postInstall();
        fill(jobId);
        attestAll(jobId);
    }

    /// @dev Proves the leaf at `index` fraudulent: the verifier takes nothing meanwhile.
    function prove(BatchRef memory batch, bytes32[] memory leaves, uint32 index) internal {
        invalid();
        challenge(batch, leaves, index);
        valid();
    }

    /// @dev Lets the batch fall by a demand that nobody answers. Takes a reveal period.
    function withhold(BatchRef memory batch, uint32 index) internal {
        demand(batch, index);
        vm.warp(block.timestamp + REVEAL + 1);
        anchor.closeDemand(batch, index);
    }

    function balance(address account) internal view returns (uint256) {
        return opinions.balanceOf(account);
    }

    function expect(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function assertState(uint256 jobId, JobState state) internal view {
        Job memory j = opinions.jobOf(jobId);
        vm.assertEq(uint256(j.state), uint256(state), "state of the job");
    }

    /// @dev Nothing is set aside: all ether is balances and the burned sum.
    function assertSettled() internal view {
        uint256 sum = balance(poster) + balance(contestant) + balance(anyone) + opinions.burned();
        for (uint256 i; i < 4; ++i) {
            sum += balance(verifiers[i]);
        }
        vm.assertEq(address(opinions).balance, sum, "all ether is accounted for");
    }
}
