// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {Pricing} from "../../src/lib/Pricing.sol";
import {ProofRequestLib} from "../../src/lib/ProofRequestLib.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {Offer, ProofRequest} from "../../src/types/ProofRequest.sol";
import {TrustScores} from "../../src/trust/TrustScores.sol";
import {Test} from "../base/Test.sol";

/// @dev Solidity computes what the Rust core computed for generated cases: ids, prices, collateral, weights, decay, scores.
contract AgreementTest is Test {
    struct RequestCase {
        ProofRequest request;
        uint256 chainId;
        address market;
        bytes32 id;
        uint256 time;
        uint256 price;
        uint256 score;
        uint256 floorBps;
        uint256 collateral;
        uint256 rescuableFrom;
        uint256 rescueReward;
    }

    struct Step {
        uint256 fact;
        uint256 fee;
        uint256 time;
    }

    struct FactsCase {
        Step[] steps;
        uint256 readAt;
        uint256 referenceFee;
        uint256 successes;
        uint256 faults;
        uint256 score;
    }

    function vectors(string memory name) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile("core/tests/market_vectors.json"), name);
    }

    function idOf(ProofRequest calldata request, address market) external view returns (bytes32) {
        return ProofRequestLib.id(request, market);
    }

    function priceAt(Offer calldata offer, uint256 time) external pure returns (uint256) {
        return Pricing.priceAt(offer, time);
    }

    function rescuableFrom(Offer calldata offer) external pure returns (uint256) {
        return Pricing.rescuableFrom(offer);
    }

    function test_ids_prices_and_collateral_are_the_cores() public {
        RequestCase[] memory cases = abi.decode(vectors(".requests"), (RequestCase[]));
        for (uint256 i; i < cases.length; ++i) {
            RequestCase memory c = cases[i];
            vm.chainId(c.chainId);
            vm.assertEq(this.idOf(c.request, c.market), c.id, "id");
            vm.assertEq(this.priceAt(c.request.offer, c.time), c.price, "price");
            uint256 collateral = Pricing.requiredCollateral(
                c.request.baseCollateral, c.score, c.request.offer.maxPrice, uint16(c.floorBps)
            );
            vm.assertEq(collateral, c.collateral, "collateral");
            vm.assertEq(this.rescuableFrom(c.request.offer), c.rescuableFrom, "rescuable from");
            (uint256 reward, uint256 burned) = Pricing.rescue(collateral);
            vm.assertEq(reward, c.rescueReward, "reward of a rescue");
            vm.assertEq(reward + burned, collateral, "nothing is lost");
        }
        vm.assertEq(cases.length, 32, "all of them");
    }

    function test_weights_decay_and_scores_are_the_cores() public {
        FactsCase[] memory cases = abi.decode(vectors(".facts"), (FactsCase[]));
        for (uint256 i; i < cases.length; ++i) {
            FactsCase memory c = cases[i];
            TrustScores scores = new TrustScores(address(this), uint128(c.referenceFee));
            OperatorId operator = OperatorId.wrap(bytes32(i));
            for (uint256 k; k < c.steps.length; ++k) {
                Step memory step = c.steps[k];
                vm.warp(step.time);
                if (step.fact == 0) scores.recordFulfilled(operator, step.fee);
                else if (step.fact == 1) scores.recordFaulted(operator, step.fee);
                else scores.recordChallenged(operator, step.fee);
            }
            vm.warp(c.readAt);
            ITrustScores.Standing memory s = scores.standingOf(operator);
            vm.assertEq(s.successes, c.successes, "successes");
            vm.assertEq(s.faults, c.faults, "faults");
            vm.assertEq(scores.scoreOf(operator), c.score, "score");
        }
        vm.assertEq(cases.length, 32, "all of them");
    }
}
