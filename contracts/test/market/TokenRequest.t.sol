// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";
import {Token, TokenWithBlocklist} from "../doubles/Tokens.sol";

/// @dev Requests that are paid in a token: all amounts are in it, none of it becomes trust, and no batch backs it.
contract TokenRequestTest is MarketWorld {
    Token private token;

    function setUp() public override {
        super.setUp();
        token = new Token();
        put(requester, 10 ether);
        put(controller, 10 ether);
    }

    function put(address account, uint256 amount) private {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(market), amount);
        market.depositToken(token, amount);
        vm.stopPrank();
    }

    function inTokens() private returns (ProofRequest memory r) {
        r = request();
        r.paymentToken = address(token);
    }

    function balance(address account) private view returns (uint256) {
        return market.tokenBalanceOf(token, account);
    }

    function assertTokensSettled() private view {
        uint256 sum = balance(requester) + balance(controller) + balance(relayer) + balance(PAYEE) + balance(ANYONE);
        vm.assertEq(token.balanceOf(address(market)), sum + market.tokenBurned(token), "all tokens are accounted for");
    }

    function test_a_lock_sets_tokens_aside_and_no_ether() public {
        bytes32 id = lock(inTokens());
        vm.assertEq(balance(requester), 10 ether - 0.101 ether, "price and relay fee");
        vm.assertEq(balance(controller), 10 ether - 0.2 ether, "collateral");
        vm.assertEq(market.balanceOf(requester), 10 ether, "no ether");
        vm.assertEq(market.balanceOf(controller), 10 ether, "no ether");
        vm.assertEq(market.lockOf(id).extras, 1, "in a token");
    }

    function test_ether_does_not_pay_for_a_request_in_tokens() public {
        ProofRequest memory r = inTokens();
        vm.prank(requester);
        market.withdrawToken(token, 10 ether, requester);
        bytes memory signature = sign(r);
        expect(
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(token), requester, 0, 0.101 ether
            )
        );
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_a_recorded_receipt_pays_tokens_and_gives_no_trust() public {
        ProofRequest memory r = inTokens();
        lock(r);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        vm.assertEq(balance(PAYEE), 0.0975 ether, "payee");
        vm.assertEq(balance(ANYONE), 0.001 ether, "relay fee");
        vm.assertEq(balance(controller), 10 ether, "collateral back");
        vm.assertEq(market.tokenBurned(token), 0.0025 ether, "the fee, burned");
        vm.assertEq(market.burned(), 0, "no ether was");
        vm.assertEq(trust.standingOf(operator).successes, 0, "anybody can make a token");
        vm.assertEq(trust.factsOf(operator).fulfilled, 1, "the fact is kept");
        assertTokensSettled();
        assertSettled();
    }

    /// @dev Nobody knows what tokens are worth beside a slice in wei: the proof is checked when it is claimed with.
    function test_a_claim_on_tokens_checks_the_proof_and_takes_nothing_of_the_slice() public {
        ProofRequest memory r = inTokens();
        bytes32 id = lock(r);
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        IProofMarket.Evidence memory e = evidence(h, batch);
        generated.tell(TestVerifier.Answer.Revert, 0);
        expect(abi.encodeWithSelector(IProofMarket.ClaimProofInvalid.selector, id, KEY));
        vm.prank(controller);
        market.claim(r, e);
        generated.tell(TestVerifier.Answer.One, 0);
        claim(r, h, batch);
        vm.assertEq(market.claimedOf(Market.idOf(batch)), 0, "nothing of the slice");
        vm.assertEq(market.claimOf(id).taken, 0, "nothing taken");
        vm.warp(START + WINDOW);
        expect(abi.encodeWithSelector(IProofMarket.RequestNeeded.selector, id));
        market.fulfil(id);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = id;
        vm.assertEq(market.fulfilMany(ids), 0, "passed over");
        market.fulfilClaimed(r, NO_SHARES);
        vm.assertEq(balance(PAYEE), 0.0975 ether, "payee");
        assertTokensSettled();
    }

    function test_a_default_is_slashed_in_tokens_and_weighs_like_the_smallest() public {
        ProofRequest memory r = inTokens();
        bytes32 id = lock(r);
        vm.warp(market.slashableAt(id));
        vm.prank(ANYONE);
        market.slash(r);
        vm.assertEq(balance(ANYONE), 0.02 ether, "caller");
        vm.assertEq(balance(requester), 10 ether + 0.08 ether, "requester: its own and a share");
        vm.assertEq(market.tokenBurned(token), 0.1 ether, "half is burned");
        vm.assertEq(trust.standingOf(operator).faults, 1_000_000, "one");
        assertTokensSettled();
    }

    function test_a_stop_unwinds_in_tokens() public {
        ProofRequest memory r = inTokens();
        lock(r);
        router.stop();
        market.unwind(r);
        vm.assertEq(balance(requester), 10 ether, "requester");
        vm.assertEq(balance(controller), 10 ether, "locker");
        assertTokensSettled();
    }

    /// @dev A settlement moves no token, so no token can hold it up.
    function test_a_frozen_token_does_not_hold_up_a_settlement() public {
        TokenWithBlocklist frozen = new TokenWithBlocklist();
        token = Token(address(frozen));
        put(requester, 10 ether);
        put(controller, 10 ether);
        ProofRequest memory r = inTokens();
        bytes32 id = lock(r);
        frozen.setFrozen(true);
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        assertState(id, IProofMarket.RequestState.Fulfilled, "fulfilled");
    }
}
