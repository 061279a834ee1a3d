// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ReceiptDigest, VerifierKey} from "../../src/types/Ids.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {AdminWorld} from "../base/AdminWorld.sol";
import {Market} from "../base/Market.sol";
import {TestWrapper} from "../doubles/TestVerifier.sol";

/// @dev What owner and guardian cannot do with all that they can do: move, freeze or redirect what is not locked, void a leaf,
///      write a score.
contract PowersTest is AdminWorld {
    function test_the_admin_draws_on_nobodys_balance() public {
        address[5] memory admins = [address(timelock), GUARDIAN, PROPOSER, EXECUTOR, address(router)];
        for (uint256 i; i < admins.length; ++i) {
            address payable to = payable(admins[i]);
            vm.startPrank(to);
            vm.expectRevert(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(0), to, 0, 1));
            market.withdraw(1, to);
            vm.expectRevert(abi.encodeWithSelector(IBonds.FreeBondTooSmall.selector, to, 0, 1));
            anchor.withdrawBond(1, to);
            vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NothingToWithdraw.selector, to));
            operators.withdraw(to);
            vm.stopPrank();
        }
    }

    function test_unlocked_money_leaves_whatever_the_admin_did() public {
        everything();
        address[2] memory accounts = [requester, controller];
        for (uint256 i; i < accounts.length; ++i) {
            uint256 balance = market.balanceOf(accounts[i]);
            vm.assertEq(balance, 10 ether, "as put in");
            paid(
                accounts[i], balance, address(market), abi.encodeCall(market.withdraw, (balance, payable(accounts[i])))
            );
        }
        (uint256 bond,) = anchor.bondOf(relayer);
        vm.assertEq(bond, 50 ether, "as put in");
        paid(relayer, bond, address(anchor), abi.encodeCall(anchor.withdrawBond, (bond, payable(relayer))));
    }

    function test_locked_money_goes_back_to_whom_it_came_from() public {
        (ProofRequest memory r,) = locked();
        everything();
        market.unwind(r);
        vm.assertEq(market.balanceOf(requester), 10 ether, "price and relay fee");
        vm.assertEq(market.balanceOf(controller), 10 ether, "collateral");
        assertSettled();
    }

    /// @dev An answer in time has it, else who put it up.
    function test_the_bond_of_a_demand_goes_where_it_belongs_whatever_the_admin_did() public {
        ProofRequest[2] memory r;
        bytes32[2] memory id;
        uint256 bond = market.inputBond();
        vm.deal(controller, 2 * bond);
        for (uint256 i; i < 2; ++i) {
            (r[i], id[i]) = locked();
            vm.prank(controller);
            market.demandInput{value: bond}(r[i]);
        }
        everything();
        vm.prank(ANYONE);
        market.answerInput(r[0], "input");
        market.unwind(r[0]);
        market.unwind(r[1]);
        vm.warp(market.inputDemandOf(id[1]).answerBy + 1);
        market.closeInputDemand(id[1]);
        vm.assertEq(market.balanceOf(ANYONE), bond, "who answered");
        vm.assertEq(market.balanceOf(controller), 10 ether + bond, "the locker");
        assertSettled();
    }

    function test_a_deposit_is_released_whatever_the_admin_did() public {
        everything();
        vm.prank(controller);
        operators.exit(operator, new uint256[](0));
        vm.warp(block.timestamp + UNBONDING);
        operators.releaseDeposit(operator, 1);
        paid(controller, DEPOSIT, address(operators), abi.encodeCall(operators.withdraw, (payable(controller))));
    }

    function test_a_slice_is_released_whatever_the_admin_did() public {
        BatchRef memory batch = anchored(receipt(request()));
        everything();
        vm.warp(block.timestamp + WINDOW + LATE + 1);
        anchor.releaseSlice(batch);
        (uint256 free, uint256 held) = anchor.bondOf(relayer);
        vm.assertEq(free, 50 ether, "free again");
        vm.assertEq(held, 0, "nothing is held");
    }

    function test_a_final_leaf_stays_final() public {
        BatchRef memory batch = anchored(receipt(request()));
        vm.warp(block.timestamp + WINDOW);
        assertPlace(batch, LeafStatus.Final);
        everything();
        assertPlace(batch, LeafStatus.Final);
    }

    function test_a_pending_leaf_is_frozen_and_not_void() public {
        BatchRef memory batch = anchored(receipt(request()));
        everything();
        assertPlace(batch, LeafStatus.Pending);
        vm.warp(block.timestamp + 365 days);
        assertPlace(batch, LeafStatus.Pending);
    }

    function test_what_is_final_is_paid_after_a_stop() public {
        (, bytes32 id,,) = claimed();
        vm.warp(block.timestamp + WINDOW);
        everything();
        market.fulfil(id);
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        vm.assertTrue(market.balanceOf(PAYEE) != 0, "to whom the receipt names");
    }

    function test_a_record_stays() public {
        ReceiptHeader memory h = receipt(request());
        recorded(h, ANYONE);
        everything();
        vm.assertTrue(anchor.isRecorded(h), "recorded");
    }

    function test_no_score_and_no_fact_changes() public {
        vm.startPrank(address(market));
        for (uint256 i; i < 20; ++i) {
            trust.recordFulfilled(operator, REFERENCE_FEE);
        }
        vm.stopPrank();
        uint16 score = trust.scoreOf(operator);
        bytes32 facts = keccak256(abi.encode(trust.factsOf(operator)));
        everything();
        vm.assertEq(trust.scoreOf(operator), score, "score");
        vm.assertEq(keccak256(abi.encode(trust.factsOf(operator))), facts, "facts");
    }

    /// @dev Records are kept by verifier key and nullifier: a verifier that accepts anything records what it likes under its own
    ///      key, and takes no record under another, whether that is there already or to come. Nor a leaf, since duplicates are
    ///      duplicates within one key.
    function test_a_verifier_that_accepts_anything_does_not_get_ahead_of_a_record() public {
        VerifierKey lax = VerifierKey.wrap(bytes32("accepts anything"));
        ReceiptHeader memory taken = receipt(request());
        recorded(taken, ANYONE);
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory honest = receipt(r);
        BatchRef memory batch = anchored(honest);
        TestWrapper accepting = new TestWrapper(address(generated), lax, true);
        vm.prank(address(timelock));
        router.add(accepting);
        taken.verifierKey = lax;
        anchor.verifyNow(taken, "no proof", publisher, notBefore);
        honest.verifierKey = lax;
        ReceiptDigest forged = anchor.verifyNow(honest, "no proof", publisher, notBefore);
        honest.verifierKey = KEY;
        vm.assertFalse(anchor.isRecorded(honest), "nothing is recorded under the other key");
        vm.assertEq(anchor.recordOf(KEY, honest.nullifier).recordedAt, 0, "and its place is free");
        market.fulfilRecorded(r, proven(honest), NO_SHARES);
        vm.assertTrue(anchor.isRecorded(honest), "so a lock that asks for a record is served");
        taken.verifierKey = KEY;
        vm.assertTrue(anchor.isRecorded(taken), "what was recorded before is untouched");
        ReceiptDigest its = anchor.recordOf(lax, honest.nullifier).digest;
        vm.assertEq(ReceiptDigest.unwrap(its), ReceiptDigest.unwrap(forged), "under its own key it has its record");
        vm.warp(block.timestamp + WINDOW);
        assertPlace(batch, LeafStatus.Final);
    }

    /// @dev They know the router, whose stop and tombstones they ask for, and nobody else of these.
    function test_no_contract_that_holds_something_names_the_admin() public view {
        address[5] memory holders =
            [address(market), address(anchor), address(operators), address(capsules), address(trust)];
        address[3] memory admins = [address(timelock), GUARDIAN, address(fees)];
        for (uint256 i; i < holders.length; ++i) {
            for (uint256 k; k < admins.length; ++k) {
                vm.assertFalse(contains(holders[i].code, admins[k]), "in the code");
                for (uint256 slot; slot < 64; ++slot) {
                    uint256 word = uint256(vm.load(holders[i], bytes32(slot)));
                    vm.assertTrue(address(uint160(word)) != admins[k], "in a slot");
                }
            }
        }
    }

    /// @dev Every power there is, used at once and to the utmost.
    function everything() private {
        vm.startPrank(address(timelock));
        fees.schedule(1000);
        router.remove(KEY);
        router.stop();
        router.renounceOwnership();
        fees.offerOwnership(STRANGER);
        vm.stopPrank();
        vm.startPrank(GUARDIAN);
        fees.retract();
        vm.stopPrank();
        vm.prank(address(timelock));
        fees.schedule(1000);
    }

    function paid(address account, uint256 amount, address by, bytes memory call) private {
        uint256 before = account.balance;
        vm.prank(account);
        (bool ok,) = by.call(call);
        vm.assertTrue(ok, "it leaves");
        vm.assertEq(account.balance - before, amount, "all of it");
    }

    function assertPlace(BatchRef memory batch, LeafStatus expected) private view {
        (LeafStatus status, bool fallen) = anchor.placeStatus(Market.idOf(batch), 0);
        vm.assertEq(uint256(status), uint256(expected), "status");
        vm.assertFalse(fallen, "the batch stands");
    }

    function contains(bytes memory code, address account) private pure returns (bool found) {
        assembly ("memory-safe") {
            let end := add(add(code, 32), sub(mload(code), 20))
            for { let p := add(code, 32) } iszero(gt(p, end)) { p := add(p, 1) } {
                if eq(shr(96, mload(p)), account) {
                    found := 1
                    break
                }
            }
        }
    }
}
