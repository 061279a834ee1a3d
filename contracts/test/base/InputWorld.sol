// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../../src/interfaces/IInputs.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @dev A market with locks that leave time for a demand: four graces to serve. The locker has ether of its own for bonds, and
///      there is a second operator.
abstract contract InputWorld is MarketWorld {
    uint256 internal constant ANSWER_GAS = 4_000_000;
    uint256 internal constant MAX_INPUT = 98_304;
    OperatorId internal constant OTHER = OperatorId.wrap("other root key");
    uint256 internal constant OTHER_LEAF_TAG = 1002;
    bytes internal constant INPUT = "input";
    address internal constant HELPER = address(0x4e1);

    uint256 internal bond;

    function setUp() public virtual override {
        super.setUp();
        enrolOther(OTHER, OTHER_LEAF_TAG, ANYONE);
        bond = market.inputBond();
        vm.deal(controller, 100 ether);
    }

    /// @dev Deadline START + 4 graces, so demands up to START + 2, rescue from START + 2.5 graces and a second.
    function asking() internal returns (ProofRequest memory r) {
        r = request();
        r.offer.timeout = uint32(4 * GRACE);
    }

    function lockedAsking() internal returns (ProofRequest memory r, bytes32 id) {
        r = asking();
        id = lock(r);
    }

    function demanded() internal returns (ProofRequest memory r, bytes32 id) {
        (r, id) = lockedAsking();
        demand(r);
    }

    function answered() internal returns (ProofRequest memory r, bytes32 id) {
        (r, id) = demanded();
        answer(r);
    }

    /// @dev A second after the last one in which it could be answered.
    function unanswered() internal returns (ProofRequest memory r, bytes32 id) {
        (r, id) = demanded();
        vm.warp(block.timestamp + GRACE + 1);
    }

    function demand(ProofRequest memory r) internal {
        vm.prank(controller);
        market.demandInput{value: bond}(r);
    }

    function answer(ProofRequest memory r) internal {
        vm.prank(HELPER);
        market.answerInput(r, INPUT);
    }

    function refusedDemand(ProofRequest memory r, bytes memory reason) internal {
        expect(reason);
        vm.prank(controller);
        market.demandInput{value: bond}(r);
    }

    function refusedAnswer(ProofRequest memory r, bytes memory input, bytes memory reason) internal {
        expect(reason);
        vm.prank(HELPER);
        market.answerInput(r, input);
    }

    function assertDemand(bytes32 id, DemandState state, string memory why) internal view {
        vm.assertEq(uint256(market.inputDemandOf(id).state), uint256(state), why);
    }

    /// @dev Nothing is set aside but what the argument says: all other ether is balances and the burned sum.
    function assertHeld(uint256 held) internal view {
        uint256 sum = market.balanceOf(requester) + market.balanceOf(controller) + market.balanceOf(relayer)
            + market.balanceOf(PAYEE) + market.balanceOf(ANYONE) + market.balanceOf(HELPER)
            + market.balanceOf(address(this)) + market.burned();
        vm.assertEq(address(market).balance, sum + held, "all ether is accounted for");
    }
}
