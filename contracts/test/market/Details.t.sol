// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {CapsuleHash} from "../../src/poseidon/CapsuleHash.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {CapsuleLeaf, OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {Callback} from "../doubles/Callbacks.sol";
import {TestFees} from "../doubles/TestFees.sol";
import {Token, TokenWithHook} from "../doubles/Tokens.sol";

/// @dev Small things that a test of the large ones does not notice: which books, which rounding, which second.
contract DetailsTest is MarketWorld {
    address private constant TREASURY = address(0x7ea5);
    OperatorId private constant OTHER = OperatorId.wrap("other root key");
    Token private token;

    function newFees() internal override returns (TestFees) {
        return new TestFees(FEE_BPS, 1000, 6000, TREASURY);
    }

    function put(address account, uint256 amount) private {
        if (address(token) == address(0)) token = new Token();
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(market), amount);
        market.depositToken(token, amount);
        vm.stopPrank();
    }

    function inTokens() private returns (ProofRequest memory r) {
        put(requester, 10 ether);
        put(controller, 10 ether);
        r = request();
        r.paymentToken = address(token);
    }

    function test_a_success_weighs_what_was_burned_and_not_the_treasurys_part() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        bytes memory s = sign(r);
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Fulfilled, 0.0015 ether, 1_000_000, uint64(block.timestamp)
        );
        market.fulfilOpen(r, s, proven(h), NO_SHARES);
    }

    function test_of_a_fee_in_tokens_the_treasury_gets_tokens() public {
        ProofRequest memory r = inTokens();
        ReceiptHeader memory h = receipt(r);
        market.fulfilOpen(r, sign(r), proven(h), NO_SHARES);
        vm.assertEq(market.tokenBalanceOf(token, TREASURY), 0.001 ether, "two fifths");
        vm.assertEq(market.balanceOf(TREASURY), 0, "no ether");
        vm.assertEq(market.lockOf(market.requestIdOf(r)).extras, 1, "extras");
    }

    function test_a_rescue_in_tokens_burns_tokens() public {
        enrolOther(OTHER, 1002, ANYONE);
        ProofRequest memory r = inTokens();
        lock(r);
        vm.warp(market.rescuableFrom(r));
        market.rescue(r, proven(receiptOf(r, 1002)));
        vm.assertEq(market.tokenBurned(token), 0.12 ether, "in tokens");
        vm.assertEq(market.burned(), 0, "no ether");
    }

    function test_a_default_weighs_what_would_have_been_burned_callback_or_not() public {
        ProofRequest memory r = request();
        (r.callback, r.callbackGas) = (ANYONE, 1);
        bytes32 id = lock(r);
        vm.warp(market.slashableAt(id));
        vm.expectEmit(address(trust));
        emit ITrustScores.FactRecorded(
            operator, ITrustScores.Fact.Faulted, 0.0015 ether, 1_500_000, uint64(block.timestamp)
        );
        market.slash(r);
    }

    function test_a_nonce_that_is_voided_twice_is_void() public {
        vm.startPrank(controller);
        market.voidNonces(0, 3);
        market.voidNonces(0, 3);
        vm.stopPrank();
        vm.assertTrue(market.isNonceUsed(controller, 1), "void");
    }

    function test_a_score_that_is_just_enough_is_enough() public {
        for (uint256 i; i < 3; ++i) {
            ProofRequest memory q = request();
            market.fulfilOpen(q, sign(q), proven(receipt(q)), NO_SHARES);
        }
        ProofRequest memory r = request();
        r.minTrust = trust.scoreOf(operator);
        vm.assertTrue(r.minTrust != 0, "some");
        lock(r);
    }

    function test_collateral_above_88_bits_is_refused() public {
        put(controller, 2 ** 100);
        ProofRequest memory r = inTokens();
        r.baseCollateral = type(uint88).max;
        bytes memory s = sign(r);
        expect(
            abi.encodeWithSelector(
                IProofMarket.AmountTooLarge.selector, bytes32("collateral"), uint256(type(uint88).max) * 2
            )
        );
        vm.prank(controller);
        market.lock(r, s, operator, NO_SHARES);
    }

    function test_the_least_gas_that_settles_gives_the_callback_its_due() public {
        Callback callback = new Callback();
        ProofRequest memory r = request();
        (r.callback, r.callbackGas) = (address(callback), 500_000);
        lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        bytes memory c = abi.encodeCall(market.fulfilRecorded, (r, proven(h), NO_SHARES));
        (uint256 low, uint256 high) = (50_000, 1_000_000);
        while (high - low > 1) {
            uint256 mid = (low + high) / 2;
            uint256 state = vm.snapshotState();
            vm.cool(address(callback));
            (bool ok,) = address(market).call{gas: mid}(c);
            vm.revertToState(state);
            if (ok) high = mid;
            else low = mid;
        }
        vm.cool(address(callback));
        (bool done,) = address(market).call{gas: high}(c);
        vm.assertTrue(done, "settles");
        vm.assertLe(500_000 - 1_000, callback.gasGiven(), "with its gas");
    }

    function test_a_launch_in_the_earliest_second_serves() public {
        ProofRequest memory r = request();
        r.earliestLaunch = uint64(block.timestamp);
        market.fulfilOpen(r, sign(r), proven(receipt(r)), NO_SHARES);
    }

    function test_no_way_in_counts_twice_what_a_hook_brings() public {
        TokenWithHook hook = new TokenWithHook();
        address permits = address(this);
        hook.mint(permits, 10 ether);
        hook.mint(address(hook), 10 ether);
        hook.approve(address(market), type(uint256).max);
        hook.approveAs(address(hook), address(market));
        bytes memory again = abi.encodeCall(market.depositTokenWithPermit, (hook, 5 ether, 0, 0, 0, 0));
        hook.whenMoved(address(market), again);
        market.depositTokenWithPermit(hook, 5 ether, 0, 0, 0, 0);
        uint256 books = market.tokenBalanceOf(hook, permits) + market.tokenBalanceOf(hook, address(hook));
        vm.assertLe(books, hook.balanceOf(address(market)), "no more than there is");
    }

    function test_no_tokens_go_to_nobody() public {
        inTokens();
        expect(abi.encodeWithSelector(IEtherAccounts.ZeroRecipient.selector));
        vm.prank(requester);
        market.withdrawToken(token, 1, address(0));
    }

    function test_a_slot_that_is_freed_is_not_taken_any_more() public {
        (, bytes32 id, ReceiptHeader memory h, BatchRef memory b) = claimed();
        vm.assertEq(market.claimOf(id).taken, 0.1 ether, "taken");
        voidLeaf(h, b);
        market.dropClaim(id);
        vm.assertEq(market.claimOf(id).taken, 0, "freed");
    }

    /// @dev Or a credit to somebody could overflow, and no end of a lock would work any more, nor the release of a deposit.
    function test_a_balance_that_no_honest_token_has_is_refused() public {
        inTokens();
        token.mint(ANYONE, type(uint256).max - token.totalSupply());
        vm.startPrank(ANYONE);
        token.approve(address(market), type(uint256).max);
        market.depositToken(token, type(uint128).max);
        expect(
            abi.encodeWithSelector(IAccounts.BalanceTooLarge.selector, token, ANYONE, uint256(type(uint128).max) + 1)
        );
        market.depositToken(token, 1);
        vm.stopPrank();
    }

    /// @dev Otherwise a lock would be a free option on the price: nobody could serve it, and it would be unwound.
    function test_a_capsule_that_is_not_listed_is_not_locked() public {
        ProofRequest memory r = request();
        r.capsuleLeaf = CapsuleLeaf.wrap(777);
        bytes memory s = sign(r);
        expect(abi.encodeWithSelector(IProofMarket.CapsuleNotListed.selector, market.requestIdOf(r)));
        vm.prank(controller);
        market.lock(r, s, operator, NO_SHARES);
    }

    function test_a_revocation_forgives_no_default() public {
        (ProofRequest memory r, bytes32 id) = locked();
        uint256 deadline = r.offer.rampStart + r.offer.timeout;
        uint256[] memory siblings = new uint256[](1);
        siblings[0] = CapsuleHash.publisherLeaf(publisher);
        vm.prank(publisherAccount);
        capsules.revoke(publisher, capsule, siblings);
        vm.warp(deadline + 1);
        expect(abi.encodeWithSelector(IProofMarket.NothingToUnwind.selector, id));
        vm.prank(controller);
        market.unwind(r);
        vm.warp(deadline);
        vm.prank(controller);
        market.unwind(r);
    }

    /// @dev The provider has a grace to settle what was recorded in time; nobody expires it away, and nobody is charged later.
    function test_what_was_recorded_in_time_is_settled_within_the_grace_or_not_at_all() public {
        ProofRequest memory r = request();
        ProofRequest memory late = request();
        vm.startPrank(requester);
        market.submit(r);
        market.submit(late);
        vm.stopPrank();
        uint256 last = r.offer.rampStart + r.offer.lockTimeout;
        vm.warp(last);
        (ReceiptHeader memory h, ReceiptHeader memory h2) = (receipt(r), receipt(late));
        recorded(h, ANYONE);
        recorded(h2, ANYONE);
        bytes32 id = market.requestIdOf(r);
        vm.warp(last + GRACE);
        expect(abi.encodeWithSelector(IProofMarket.LockDeadlineAhead.selector, id, last + GRACE, last + GRACE));
        market.expire(r);
        market.fulfilOpen(r, "", proven(h), NO_SHARES);
        vm.warp(last + GRACE + 1);
        IProofMarket.Proven memory p = proven(h2);
        expect(
            abi.encodeWithSelector(
                IProofMarket.LockDeadlinePassed.selector, market.requestIdOf(late), last + GRACE, last + GRACE + 1
            )
        );
        market.fulfilOpen(late, "", p, NO_SHARES);
        market.expire(late);
    }

    function test_after_a_stop_not_even_a_record_of_before_is_charged() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        bytes memory s = sign(r);
        router.stop();
        expect(abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
        market.fulfilOpen(r, s, proven(h), NO_SHARES);
    }

    /// @dev A receipt is handed on with the offsets that it came with. Wherever they point, nobody else is paid, or something else:
    ///      the head of the receipt, which says who, is where it is.
    function test_fuzz_offsets_in_a_receipt_change_nobodys_due(uint256 offset, bool ofProof, uint8 how) public {
        ProofRequest memory r = request();
        bytes32 id = lock(r);
        bytes memory data = abi.encodeCall(market.fulfilRecorded, (r, proven(receipt(r)), NO_SHARES));
        // After request, two offsets and header. Near, before the receipt, or anywhere.
        if (how % 3 == 0) offset = offset % 4096;
        else if (how % 3 == 1) offset = type(uint256).max - offset % 4096;
        uint256 place = 4 + 32 * (ofProof ? uint256(48) : 49);
        assembly ("memory-safe") {
            mstore(add(add(data, 32), place), offset)
        }
        uint256 before = market.balanceOf(PAYEE);
        (bool ok,) = address(market).call(data);
        IProofMarket.RequestState state = ok ? IProofMarket.RequestState.Fulfilled : IProofMarket.RequestState.Locked;
        assertState(id, state, "paid or nothing");
        vm.assertEq(market.balanceOf(PAYEE) - before, ok ? 0.0975 ether : 0, "its due");
    }
}
