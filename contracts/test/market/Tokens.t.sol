// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAccounts} from "../../src/interfaces/IAccounts.sol";
import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {
    Token,
    TokenThatReturnsFalse,
    TokenWithBlocklist,
    TokenWithFee,
    TokenWithHook,
    TokenWithoutReturn
} from "../doubles/Tokens.sol";

/// @dev Tokens go in and out, each in books of its own; what one does wrong stays its own.
contract TokensTest is MarketWorld {
    uint256 private constant OWNER_KEY = 77;
    address private owner = vm.addr(OWNER_KEY);
    Token private token;

    function setUp() public override {
        super.setUp();
        token = new Token();
        token.mint(owner, 100);
    }

    function put(IERC20 t, uint256 amount) private {
        vm.startPrank(owner);
        t.approve(address(market), amount);
        market.depositToken(t, amount);
        vm.stopPrank();
    }

    function balance(IERC20 t) private view returns (uint256) {
        return market.tokenBalanceOf(t, owner);
    }

    function test_a_deposit_is_credited_and_can_be_withdrawn() public {
        vm.prank(owner);
        token.approve(address(market), 40);
        vm.expectEmit(address(market));
        emit IAccounts.TokenDeposited(token, owner, 40);
        vm.prank(owner);
        market.depositToken(token, 40);
        vm.assertEq(balance(token), 40, "credited");
        vm.assertEq(market.balanceOf(owner), 0, "ether has its own books");
        vm.expectEmit(address(market));
        emit IAccounts.TokenWithdrawn(token, owner, ANYONE, 15);
        vm.prank(owner);
        market.withdrawToken(token, 15, ANYONE);
        vm.assertEq(balance(token), 25, "what is left");
        vm.assertEq(token.balanceOf(ANYONE), 15, "paid out");
        vm.assertEq(token.balanceOf(address(market)), 25, "and held");
    }

    function test_nobody_withdraws_more_than_it_has_or_anothers() public {
        put(token, 40);
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(token), owner, 40, 41));
        vm.prank(owner);
        market.withdrawToken(token, 41, owner);
        expect(abi.encodeWithSelector(IEtherAccounts.InsufficientBalance.selector, address(token), ANYONE, 0, 1));
        vm.prank(ANYONE);
        market.withdrawToken(token, 1, ANYONE);
    }

    function test_an_address_without_code_is_no_token() public {
        IERC20 nothing = IERC20(address(0x70));
        bytes memory reason = abi.encodeWithSelector(IAccounts.NotAToken.selector, nothing);
        expect(reason);
        market.depositToken(nothing, 1);
        expect(reason);
        market.depositTokenWithPermit(nothing, 1, 0, 27, 0, 0);
        expect(reason);
        market.withdrawToken(nothing, 0, ANYONE);
        expect(abi.encodeWithSelector(IAccounts.NotAToken.selector, address(0)));
        market.depositToken(IERC20(address(0)), 1);
    }

    function permit(uint256 amount, uint256 deadline) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                address(market),
                amount,
                token.nonces(owner),
                deadline
            )
        );
        return vm.sign(OWNER_KEY, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }

    function test_a_permit_serves_in_place_of_an_approval() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(40, block.timestamp);
        vm.prank(owner);
        market.depositTokenWithPermit(token, 40, block.timestamp, v, r, s);
        vm.assertEq(balance(token), 40, "credited");
        vm.assertEq(token.allowance(owner, address(market)), 0, "used up");
    }

    /// @dev Anybody who sees a permit in the pool can send it: the deposit works all the same.
    function test_a_permit_that_somebody_else_sent_does_no_harm() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(40, block.timestamp);
        vm.prank(ANYONE);
        token.permit(owner, address(market), 40, block.timestamp, v, r, s);
        vm.prank(owner);
        market.depositTokenWithPermit(token, 40, block.timestamp, v, r, s);
        vm.assertEq(balance(token), 40, "credited");
    }

    function test_a_wrong_permit_is_no_approval() public {
        (uint8 v, bytes32 r, bytes32 s) = permit(39, block.timestamp);
        vm.expectPartialRevert(IERC20Errors.ERC20InsufficientAllowance.selector);
        vm.prank(owner);
        market.depositTokenWithPermit(token, 40, block.timestamp, v, r, s);
        vm.assertEq(token.balanceOf(owner), 100, "nothing moved");
    }

    function test_what_arrives_is_credited_and_not_what_was_sent() public {
        TokenWithFee t = new TokenWithFee();
        t.mint(owner, 1000);
        put(t, 1000);
        vm.assertEq(balance(t), 990, "less its fee");
        vm.prank(owner);
        market.withdrawToken(t, 990, owner);
        vm.assertEq(t.balanceOf(address(market)), 0, "all of it leaves");
    }

    function test_a_token_that_returns_nothing_works() public {
        TokenWithoutReturn t = new TokenWithoutReturn();
        t.mint(owner, 10);
        vm.startPrank(owner);
        t.approve(address(market), 10);
        market.depositToken(IERC20(address(t)), 10);
        vm.assertEq(balance(IERC20(address(t))), 10, "credited");
        market.withdrawToken(IERC20(address(t)), 10, ANYONE);
        vm.stopPrank();
        vm.assertEq(t.balanceOf(ANYONE), 10, "paid out");
    }

    function test_a_token_that_returns_false_moves_nothing() public {
        IERC20 t = IERC20(address(new TokenThatReturnsFalse()));
        expect(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, t));
        market.depositToken(t, 1);
        vm.assertEq(market.tokenBalanceOf(t, address(this)), 0, "nothing credited");
    }

    /// @dev A blocked account waits; others, other tokens and ether are not touched by that.
    function test_a_blocked_recipient_holds_up_nobody_else() public {
        TokenWithBlocklist t = new TokenWithBlocklist();
        t.mint(owner, 10);
        put(t, 10);
        t.setBlocked(ANYONE, true);
        expect(abi.encodeWithSelector(TokenWithBlocklist.Blocked.selector, ANYONE));
        vm.prank(owner);
        market.withdrawToken(t, 5, ANYONE);
        vm.assertEq(balance(t), 10, "the balance stays");
        vm.prank(owner);
        market.withdrawToken(t, 5, PAYEE);
        t.setFrozen(true);
        vm.expectPartialRevert(TokenWithBlocklist.Blocked.selector);
        vm.prank(owner);
        market.withdrawToken(t, 5, PAYEE);
        vm.prank(requester);
        market.withdraw(10 ether, payable(ANYONE));
        vm.assertEq(balance(t), 5, "and stays");
    }

    /// @dev Counted twice, the inner deposit would be worth twice what arrived.
    function test_a_token_that_calls_back_is_counted_once() public {
        TokenWithHook t = new TokenWithHook();
        t.mint(owner, 10);
        t.mint(address(t), 10);
        t.approveAs(address(t), address(market));
        t.whenMoved(address(market), abi.encodeCall(market.depositToken, (t, 5)));
        put(t, 10);
        vm.assertEq(balance(t), 10, "the outer deposit");
        vm.assertEq(market.tokenBalanceOf(t, address(t)), 0, "the inner one failed");
        vm.assertEq(
            bytes32(bytes4(t.answer())),
            bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "by the guard"
        );
        vm.assertEq(t.balanceOf(address(market)), 10, "what is held is what was credited");
    }

    function test_a_token_that_calls_back_withdraws_once() public {
        TokenWithHook t = new TokenWithHook();
        t.mint(owner, 10);
        put(t, 10);
        vm.prank(owner);
        market.withdrawToken(t, 4, address(t));
        t.approveAs(address(t), address(market));
        t.whenMoved(address(market), abi.encodeCall(market.withdrawToken, (t, 1, address(t))));
        vm.prank(owner);
        market.withdrawToken(t, 4, owner);
        vm.assertEq(balance(t), 2, "once");
        vm.assertEq(t.balanceOf(address(market)), 2, "and held");
    }
}
