// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ITrustScores} from "../src/interfaces/ITrustScores.sol";
import {IValidationView} from "../src/interfaces/IValidationView.sol";
import {TrustScores} from "../src/trust/TrustScores.sol";
import {ValidationView} from "../src/trust/ValidationView.sol";
import {OperatorId} from "../src/types/Ids.sol";
import {Test} from "./base/Test.sol";

/// @dev What a reader of ERC-8004 sees is what TrustScores says, and nothing that it does not say.
contract ValidationViewTest is Test {
    OperatorId private constant OPERATOR = OperatorId.wrap(keccak256("root key"));
    uint256 private constant AGENT = uint256(keccak256("root key"));
    address private constant MARKET = address(0x3a);
    uint128 private constant F = 0.001 ether;
    uint256 private constant START = 1_800_000_000;
    TrustScores private trust;
    ValidationView private scores;

    function setUp() public {
        vm.warp(START);
        trust = new TrustScores(MARKET, F);
        scores = new ValidationView(trust);
    }

    function test_an_operator_without_facts_has_no_validations() public {
        assertSummary(none(), "", 0, 0);
        vm.assertEq(scores.getAgentValidations(AGENT).length, 0, "no hashes");
        bytes32 hash = OperatorId.unwrap(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IValidationView.UnknownRequest.selector, hash));
        scores.getValidationStatus(hash);
    }

    function test_the_agent_id_is_the_root_key() public view {
        vm.assertEq(scores.agentIdOf(OPERATOR), AGENT, "agent id");
    }

    function test_the_response_is_the_score_in_hundredths() public {
        fulfil(16);
        // 1000 * 17/18 * 16/32, and 472 * 100 / 999, both rounded down.
        vm.assertEq(trust.scoreOf(OPERATOR), 472, "score");
        assertSummary(none(), "", 16, 47);
        assertStatus(47);
    }

    function test_facts_of_every_kind_are_counted() public {
        fulfil(2);
        vm.startPrank(MARKET);
        trust.recordFaulted(OPERATOR, F);
        trust.recordChallenged(OPERATOR, F);
        vm.stopPrank();
        assertSummary(none(), "", 4, uint8(uint256(trust.scoreOf(OPERATOR)) * 100 / 999));
    }

    function test_a_fault_alone_is_a_response_of_zero_and_not_silence() public {
        vm.prank(MARKET);
        trust.recordFaulted(OPERATOR, F);
        assertSummary(none(), "", 1, 0);
        assertStatus(0);
    }

    function test_the_response_decays_like_the_score_while_the_count_stays() public {
        fulfil(100);
        assertSummary(none(), "", 100, 85);
        vm.warp(START + 640 days);
        uint8 response = uint8(uint256(trust.scoreOf(OPERATOR)) * 100 / 999);
        vm.assertLe(response, 1, "next to nothing");
        assertSummary(none(), "", 100, response);
        assertStatus(response);
    }

    function test_validators_filter_for_the_market() public {
        fulfil(16);
        address[] memory list = new address[](1);
        assertSummary(list, "", 0, 0);
        list[0] = address(scores);
        assertSummary(list, "", 0, 0);
        list[0] = MARKET;
        assertSummary(list, "", 16, 47);
        list = new address[](3);
        (list[0], list[2]) = (address(1), MARKET);
        assertSummary(list, "", 16, 47);
        // Named twice is not counted twice.
        (list[0], list[1]) = (MARKET, MARKET);
        assertSummary(list, "", 16, 47);
    }

    function test_tags_filter_for_the_one_there_is() public {
        fulfil(16);
        assertSummary(none(), "nonos.score", 16, 47);
        assertSummary(none(), "nonos.scor", 0, 0);
        assertSummary(none(), "zkml", 0, 0);
    }

    function test_the_one_request_hash_leads_to_the_status() public {
        fulfil(1);
        bytes32[] memory hashes = scores.getAgentValidations(AGENT);
        vm.assertEq(hashes.length, 1, "one");
        (, uint256 agent,,,,) = scores.getValidationStatus(hashes[0]);
        vm.assertEq(agent, AGENT, "and back");
    }

    function test_other_operators_are_apart() public {
        fulfil(1);
        (uint64 count,) = scores.getSummary(AGENT + 1, none(), "");
        vm.assertEq(count, 0, "count");
        vm.assertEq(scores.getAgentValidations(AGENT + 1).length, 0, "hashes");
    }

    function test_every_score_has_a_response_from_0_to_100_that_keeps_the_order() public {
        uint8 last;
        for (uint16 score; score <= 999; ++score) {
            mockScore(score);
            (, uint8 response) = scores.getSummary(AGENT, none(), "");
            vm.assertTrue(response >= last && response <= 100, "order and bound");
            vm.assertEq(response == 100 ? 1 : 0, score == 999 ? 1 : 0, "100 is for the highest score alone");
            last = response;
        }
        vm.assertEq(last, 100, "the whole range");
    }

    /// @dev The writing half of ERC-8004 is not there, under any name.
    function test_what_is_missing_reverts() public {
        bytes[4] memory calls = [
            abi.encodeWithSignature(
                "validationRequest(address,uint256,string,bytes32)", MARKET, AGENT, "", bytes32(AGENT)
            ),
            abi.encodeWithSignature(
                "validationResponse(bytes32,uint8,string,bytes32,string)", bytes32(AGENT), 100, "", bytes32(0), ""
            ),
            abi.encodeWithSignature("getIdentityRegistry()"),
            abi.encodeWithSignature("getValidatorRequests(address)", MARKET)
        ];
        for (uint256 i; i < 4; ++i) {
            vm.prank(MARKET);
            (bool ok, bytes memory data) = address(scores).call(calls[i]);
            vm.assertTrue(!ok && data.length == 0, "not there");
        }
    }

    function test_the_selectors_are_those_of_the_erc() public pure {
        vm.assertTrue(
            IValidationView.getSummary.selector == bytes4(keccak256("getSummary(uint256,address[],string)")), "summary"
        );
        vm.assertTrue(
            IValidationView.getValidationStatus.selector == bytes4(keccak256("getValidationStatus(bytes32)")), "status"
        );
        vm.assertTrue(
            IValidationView.getAgentValidations.selector == bytes4(keccak256("getAgentValidations(uint256)")), "list"
        );
    }

    function fulfil(uint256 times) private {
        for (uint256 i; i < times; ++i) {
            vm.prank(MARKET);
            trust.recordFulfilled(OPERATOR, F);
        }
    }

    function mockScore(uint16 score) private {
        ITrustScores.Facts memory one;
        one.fulfilled = 1;
        vm.mockCall(address(trust), abi.encodeCall(ITrustScores.factsOf, (OPERATOR)), abi.encode(one));
        vm.mockCall(address(trust), abi.encodeCall(ITrustScores.scoreOf, (OPERATOR)), abi.encode(score));
    }

    function none() private pure returns (address[] memory) {
        return new address[](0);
    }

    function assertSummary(address[] memory validators, string memory tag, uint64 count, uint8 average) private view {
        (uint64 c, uint8 a) = scores.getSummary(AGENT, validators, tag);
        vm.assertEq(c, count, "count");
        vm.assertEq(a, average, "average");
    }

    function assertStatus(uint8 expected) private view {
        (address validator, uint256 agent, uint8 response, bytes32 hash, string memory tag, uint256 time) =
            scores.getValidationStatus(OperatorId.unwrap(OPERATOR));
        vm.assertEq(validator, MARKET, "validator");
        vm.assertEq(agent, AGENT, "agent");
        vm.assertEq(response, expected, "response");
        vm.assertEq(hash, bytes32(0), "response hash");
        vm.assertEq(keccak256(bytes(tag)), keccak256("nonos.score"), "tag");
        vm.assertEq(time, block.timestamp, "as of now");
    }
}
