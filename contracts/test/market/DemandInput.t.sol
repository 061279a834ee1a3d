// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../../src/interfaces/IInputs.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {LockAuthorization} from "../../src/types/LockAuthorization.sol";
import {ProofRequestLib} from "../../src/lib/ProofRequestLib.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {InputWorld} from "../base/InputWorld.sol";
import {Token} from "../doubles/Tokens.sol";

/// @dev Who may demand an input, when, how often, and for how much.
contract DemandInputTest is InputWorld {
    function wrongState(bytes32 id, IProofMarket.RequestState state) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProofMarket.WrongState.selector, id, state);
    }

    function test_a_demand_sets_its_bond_aside_and_says_until_when() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        uint256 before = market.balanceOf(controller);
        vm.expectEmit(address(market));
        emit IInputs.InputDemanded(id, controller, START + GRACE, bond);
        demand(r);
        IInputs.InputDemand memory d = market.inputDemandOf(id);
        vm.assertEq(uint256(d.state), uint256(DemandState.Open), "open");
        vm.assertEq(d.answerBy, START + GRACE, "a grace from now");
        vm.assertEq(d.answeredAt, 0, "not yet");
        vm.assertEq(d.bond, bond, "bond");
        vm.assertEq(market.balanceOf(controller), before, "the bond was sent, and nothing else taken");
        assertState(id, IProofMarket.RequestState.Locked, "locked still");
        assertHeld(bond + 0.101 ether + 0.2 ether);
    }

    function test_the_bond_pays_twice_for_the_largest_answer() public {
        vm.fee(0);
        vm.assertEq(market.inputBond(), ANSWER_GAS * 2 * FEE_FLOOR, "the anchor's floor");
        vm.fee(FEE_FLOOR + 1);
        vm.assertEq(market.inputBond(), ANSWER_GAS * 2 * (FEE_FLOOR + 1), "the base fee, if it is higher");
        // The floor price of calldata, EIP-7623: of request and input, no byte of them zero, and the call around them.
        uint256 calldata_ = 4 + 25 * 32 + 2 * 32 + MAX_INPUT;
        vm.assertLe(21_000 + 40 * calldata_, ANSWER_GAS, "it covers the answer");
        vm.assertEq(market.maxInput(), MAX_INPUT, "96 KiB");
        vm.assertLe(calldata_ + 1024, 128 * 1024, "which every node relays");
    }

    function test_what_is_sent_above_the_bond_is_the_callers() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        uint256 before = market.balanceOf(controller);
        vm.prank(controller);
        market.demandInput{value: bond + 7}(r);
        vm.assertEq(market.balanceOf(controller), before + 7, "excess");
        vm.assertEq(market.inputDemandOf(id).bond, bond, "bond");
        assertHeld(bond + 0.101 ether + 0.2 ether);
    }

    function test_a_wei_less_is_refused_and_a_balance_is_no_bond() public {
        (ProofRequest memory r,) = lockedAsking();
        expect(abi.encodeWithSelector(IInputs.InputBondTooSmall.selector, bond - 1, bond));
        vm.prank(controller);
        market.demandInput{value: bond - 1}(r);
        expect(abi.encodeWithSelector(IInputs.InputBondTooSmall.selector, 0, bond));
        vm.prank(controller);
        market.demandInput(r);
    }

    function test_only_the_locker_demands() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        address[3] memory others = [requester, ANYONE, address(this)];
        for (uint256 i; i < others.length; ++i) {
            vm.deal(others[i], bond);
            expect(abi.encodeWithSelector(IProofMarket.NotLocker.selector, id, others[i], controller));
            vm.prank(others[i]);
            market.demandInput{value: bond}(r);
        }
        demand(r);
    }

    function test_an_input_is_demanded_once() public {
        (ProofRequest memory r, bytes32 id) = demanded();
        bytes memory before = abi.encodeWithSelector(IInputs.InputDemandedBefore.selector, id);
        refusedDemand(r, before);
        answer(r);
        refusedDemand(r, before);
        (r, id) = demanded();
        vm.warp(START + GRACE + 1);
        before = abi.encodeWithSelector(IInputs.InputDemandedBefore.selector, id);
        refusedDemand(r, before);
        market.closeInputDemand(id);
        refusedDemand(r, before);
    }

    function test_two_graces_before_the_deadline_is_the_last_second() public {
        (ProofRequest memory r,) = lockedAsking();
        (ProofRequest memory late, bytes32 id) = lockedAsking();
        uint256 latest = r.offer.rampStart + r.offer.timeout - 2 * GRACE;
        vm.warp(latest);
        demand(r);
        vm.warp(latest + 1);
        refusedDemand(late, abi.encodeWithSelector(IInputs.InputDemandTooLate.selector, id, latest, latest + 1));
    }

    function test_a_lock_that_is_too_short_has_no_demand() public {
        ProofRequest memory r = request();
        r.offer.timeout = uint32(2 * GRACE - 1);
        bytes32 id = lock(r);
        refusedDemand(r, abi.encodeWithSelector(IInputs.InputDemandTooLate.selector, id, START - 1, START));
    }

    function test_what_has_no_input_has_no_demand() public {
        ProofRequest memory r = asking();
        r.inputHash = 0;
        bytes32 id = lock(r);
        refusedDemand(r, abi.encodeWithSelector(IInputs.NoInput.selector, id));
    }

    function test_only_a_lock_has_a_demand() public {
        ProofRequest memory r = asking();
        bytes32 id = market.requestIdOf(r);
        refusedDemand(r, wrongState(id, IProofMarket.RequestState.None));
        vm.prank(requester);
        market.submit(r);
        refusedDemand(r, wrongState(id, IProofMarket.RequestState.Open));
        vm.prank(controller);
        market.lock(r, "", operator, NO_SHARES);
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        claim(r, h, batch);
        refusedDemand(r, wrongState(id, IProofMarket.RequestState.Claimed));
        voidLeaf(h, batch);
        market.dropClaim(id);
        refusedDemand(r, wrongState(id, IProofMarket.RequestState.Reopened));
        market.fulfilRecorded(r, proven(receipt(r)), NO_SHARES);
        refusedDemand(r, wrongState(id, IProofMarket.RequestState.Fulfilled));
    }

    function test_when_the_verifier_is_gone_there_is_nothing_to_demand() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        uint256 state = vm.snapshotState();
        router.stop();
        refusedDemand(r, abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
        vm.revertToState(state);
        router.remove(KEY);
        refusedDemand(r, abi.encodeWithSelector(IProofMarket.UnwindInstead.selector, id));
    }

    /// @dev The bond is in ether, whatever the request is paid in.
    function test_a_request_in_tokens_has_a_demand_in_ether() public {
        Token token = new Token();
        address[2] memory holders = [requester, controller];
        for (uint256 i; i < 2; ++i) {
            token.mint(holders[i], 1 ether);
            vm.startPrank(holders[i]);
            token.approve(address(market), 1 ether);
            market.depositToken(token, 1 ether);
            vm.stopPrank();
        }
        ProofRequest memory r = asking();
        r.paymentToken = address(token);
        bytes32 id = lock(r);
        demand(r);
        assertHeld(bond);
        answer(r);
        vm.assertEq(market.balanceOf(HELPER), bond, "ether");
        vm.assertEq(market.tokenBalanceOf(token, HELPER), 0, "no tokens");
        assertDemand(id, DemandState.Answered, "answered");
    }

    /// @dev Who authorised a lock is the locker, and not who sent it.
    function test_a_locker_by_signature_demands() public {
        uint256 key = uint256(keccak256("controller key"));
        controller = vm.addr(key);
        vm.deal(controller, 10 ether);
        vm.prank(controller);
        market.deposit{value: 1 ether}();
        operator = OperatorId.wrap("third root key");
        enrol(operator, 1003, 1);
        ProofRequest memory r = asking();
        bytes32 id = market.requestIdOf(r);
        LockAuthorization memory a =
            LockAuthorization(id, controller, operator, 0, type(uint128).max, uint64(block.timestamp), 1);
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901", market.domainSeparator(), keccak256(abi.encode(ProofRequestLib.LOCK_TYPEHASH, a))
            )
        );
        (uint8 v, bytes32 x, bytes32 y) = vm.sign(key, digest);
        vm.prank(ANYONE);
        market.lockFor(r, sign(r), a, abi.encodePacked(x, y, v), NO_SHARES);
        vm.deal(ANYONE, bond);
        expect(abi.encodeWithSelector(IProofMarket.NotLocker.selector, id, ANYONE, controller));
        vm.prank(ANYONE);
        market.demandInput{value: bond}(r);
        demand(r);
    }
}
