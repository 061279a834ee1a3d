// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {TestFees} from "../doubles/TestFees.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A market is wired to its anchor and its scores, and its parameters are within bounds, for good.
contract ConstructTest is MarketWorld {
    function refused(TestFees f, uint16 floorBps, uint64 grace, bytes32 name, uint256 value) private {
        ITrustScores t = predictedScores();
        bytes memory arguments = abi.encode(anchor, t, f, floorBps, grace);
        expect(abi.encodeWithSelector(IProofMarket.BadParameter.selector, name, value));
        this.create(arguments);
    }

    function create(bytes memory arguments) external returns (address) {
        return deploy("ProofMarket.sol:ProofMarket", arguments);
    }

    function predictedScores() private returns (ITrustScores) {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        return ITrustScores(deploy("TrustScores.sol:TrustScores", abi.encode(predicted, REFERENCE_FEE)));
    }

    function test_parameters_out_of_bounds_are_refused() public {
        refused(new TestFees(0, 1001, 10_000, address(0)), FLOOR_BPS, GRACE, "fees", 1001);
        refused(testFees, 0, GRACE, "collateralFloorBps", 0);
        refused(testFees, 10_001, GRACE, "collateralFloorBps", 10_001);
        refused(testFees, FLOOR_BPS, 0, "grace", 0);
        refused(testFees, FLOOR_BPS, 30 days + 1, "grace", 30 days + 1);
    }

    /// @dev Scores of another market would take no facts from this one.
    function test_the_scores_name_the_market() public {
        bytes memory arguments = abi.encode(anchor, trust, testFees, FLOOR_BPS, GRACE);
        expect(
            abi.encodeWithSelector(
                IProofMarket.BadParameter.selector, bytes32("trust"), uint256(uint160(address(market)))
            )
        );
        this.create(arguments);
    }

    /// @dev A registry that names another market would count no liabilities of this one: every lock would fail.
    function test_the_registry_names_the_market() public {
        bytes memory arguments = abi.encode(anchor, predictedScores(), testFees, FLOOR_BPS, GRACE);
        expect(
            abi.encodeWithSelector(
                IProofMarket.BadParameter.selector, bytes32("operators"), uint256(uint160(address(market)))
            )
        );
        this.create(arguments);
    }

    function test_everything_is_wired() public view {
        vm.assertEq(address(market.anchor()), address(anchor), "anchor");
        vm.assertEq(address(market.router()), address(router), "router");
        vm.assertEq(address(market.operators()), address(operators), "operators");
        vm.assertEq(address(market.capsules()), address(capsules), "capsules");
        vm.assertEq(address(market.trust()), address(trust), "trust");
        vm.assertEq(trust.reporter(), address(market), "reporter");
        vm.assertEq(operators.reporter(), address(market), "who reports liabilities");
        vm.assertEq(market.challengeWindow(), WINDOW, "window");
        vm.assertEq(address(market.fees()), address(testFees), "fees");
        vm.assertEq(market.protocolFeeBps(), FEE_BPS, "fee");
        vm.assertEq(market.collateralFloorBps(), FLOOR_BPS, "floor");
        vm.assertEq(market.grace(), GRACE, "grace");
        vm.assertEq(trust.referenceFee(), REFERENCE_FEE, "F");
    }
}
