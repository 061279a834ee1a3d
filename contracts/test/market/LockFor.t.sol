// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {LockAuthorization} from "../../src/types/LockAuthorization.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {SigningAccount} from "../doubles/MarketAccounts.sol";

/// @dev A lock that somebody else sends is exactly the one that the locker signed.
contract LockForTest is MarketWorld {
    uint256 private constant LOCKER_KEY = 55;

    function setUp() public override {
        controller = vm.addr(LOCKER_KEY);
        super.setUp();
    }

    function authorization(ProofRequest memory r) private view returns (LockAuthorization memory) {
        return LockAuthorization({
            requestId: market.requestIdOf(r),
            locker: controller,
            operatorId: operator,
            minPrice: 0.1 ether,
            maxCollateral: 0.2 ether,
            deadline: uint64(block.timestamp + 60),
            nonce: 256 * 3 + 7
        });
    }

    /// @dev EIP-712 written out once more.
    function digest(LockAuthorization memory a, uint256 chainId, address verifying) private pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("NONOS ProofMarket"),
                keccak256("1"),
                chainId,
                verifying
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "LockAuthorization(bytes32 requestId,address locker,bytes32 operatorId,uint128 minPrice,uint128 maxCollateral,uint64 deadline,uint256 nonce)"
                ),
                a.requestId,
                a.locker,
                a.operatorId,
                a.minPrice,
                a.maxCollateral,
                a.deadline,
                a.nonce
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function signed(LockAuthorization memory a) private view returns (bytes memory) {
        return bytesOf(LOCKER_KEY, digest(a, block.chainid, address(market)));
    }

    function bytesOf(uint256 key, bytes32 digest_) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest_);
        return abi.encodePacked(r, s, v);
    }

    function send(ProofRequest memory r, LockAuthorization memory a, bytes memory signature)
        private
        returns (bytes32 id)
    {
        bytes memory consent = sign(r);
        vm.prank(ANYONE);
        (id,) = market.lockFor(r, consent, a, signature, NO_SHARES);
    }

    function refused(ProofRequest memory r, LockAuthorization memory a, bytes memory signature, bytes memory reason)
        private
    {
        bytes memory consent = sign(r);
        expect(reason);
        vm.prank(ANYONE);
        market.lockFor(r, consent, a, signature, NO_SHARES);
    }

    function test_anybody_sends_the_lock_and_the_locker_pays_for_it() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        bytes32 id = send(r, a, signed(a));
        vm.assertEq(market.lockOf(id).locker, controller, "locker");
        vm.assertEq(market.balanceOf(controller), 10 ether - 0.2 ether, "collateral");
        vm.assertEq(market.balanceOf(ANYONE), 0, "the sender is nobody");
        vm.assertTrue(market.isNonceUsed(controller, a.nonce), "nonce");
        vm.assertFalse(market.isNonceUsed(controller, a.nonce + 1), "its neighbour");
        vm.assertEq(operators.liabilitiesOf(operator).open, 1, "liable");
    }

    function test_any_changed_member_voids_the_signature() public {
        ProofRequest memory r = request();
        LockAuthorization memory good = authorization(r);
        bytes memory signature = signed(good);
        for (uint256 i; i < 5; ++i) {
            LockAuthorization memory a = authorization(r);
            if (i == 0) a.operatorId = OperatorId.wrap("another");
            if (i == 1) a.minPrice -= 1;
            if (i == 2) a.maxCollateral += 1;
            if (i == 3) a.deadline += 1;
            if (i == 4) a.nonce += 1;
            bytes memory consent = sign(r);
            vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
            market.lockFor(r, consent, a, signature, NO_SHARES);
        }
        ProofRequest memory other = request();
        refused(
            other,
            good,
            signature,
            abi.encodeWithSelector(IProofMarket.OtherRequest.selector, good.requestId, market.requestIdOf(other))
        );
        good.locker = ANYONE;
        bytes memory agreed = sign(r);
        vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
        market.lockFor(r, agreed, good, signature, NO_SHARES);
        good.locker = address(0);
        refused(r, good, signature, abi.encodeWithSelector(IProofMarket.ZeroLocker.selector));
    }

    function test_signatures_do_not_cross_chains_markets_or_roles() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        bytes[3] memory wrong = [
            bytesOf(LOCKER_KEY, digest(a, block.chainid + 1, address(market))),
            bytesOf(LOCKER_KEY, digest(a, block.chainid, address(this))),
            // The locker's signature under the request itself: consent of a requester, not of a locker.
            bytesOf(LOCKER_KEY, a.requestId)
        ];
        for (uint256 i; i < 3; ++i) {
            bytes memory consent = sign(r);
            vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
            market.lockFor(r, consent, a, wrong[i], NO_SHARES);
        }
        // And the other way round: an authorisation is no consent.
        a.locker = requester;
        bytes memory asConsent = bytesOf(REQUESTER_KEY, digest(a, block.chainid, address(market)));
        vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
        vm.prank(controller);
        market.lock(r, asConsent, operator, NO_SHARES);
    }

    function test_the_other_form_of_a_signature_is_refused() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        (uint8 v, bytes32 x, bytes32 s) = vm.sign(LOCKER_KEY, digest(a, block.chainid, address(market)));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes32 high = bytes32(order - uint256(s));
        refused(
            r,
            a,
            abi.encodePacked(x, high, uint8(v == 27 ? 28 : 27)),
            abi.encodeWithSelector(IProofMarket.SignatureHighS.selector, high)
        );
    }

    function test_its_last_second_is_the_deadline() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        a.minPrice = 0;
        bytes memory signature = signed(a);
        vm.warp(a.deadline + 1);
        refused(
            r,
            a,
            signature,
            abi.encodeWithSelector(IProofMarket.AuthorizationExpired.selector, a.deadline, a.deadline + 1)
        );
        vm.warp(a.deadline);
        send(r, a, signature);
    }

    function test_price_and_collateral_are_within_what_was_signed() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        a.minPrice = 0.1 ether + 1;
        refused(
            r,
            a,
            signed(a),
            abi.encodeWithSelector(IProofMarket.PriceTooLow.selector, a.requestId, 0.1 ether, 0.1 ether + 1)
        );
        a = authorization(r);
        a.maxCollateral = 0.2 ether - 1;
        refused(
            r,
            a,
            signed(a),
            abi.encodeWithSelector(IProofMarket.CollateralTooHigh.selector, a.requestId, 0.2 ether, 0.2 ether - 1)
        );
        a = authorization(r);
        send(r, a, signed(a));
    }

    function test_of_several_with_one_nonce_at_most_one_becomes_a_lock() public {
        ProofRequest memory first = request();
        ProofRequest memory second = request();
        LockAuthorization memory a = authorization(first);
        LockAuthorization memory b = authorization(second);
        send(first, a, signed(a));
        refused(second, b, signed(b), abi.encodeWithSelector(IProofMarket.NonceUsed.selector, controller, b.nonce));
    }

    function test_a_voided_nonce_authorises_nothing() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        vm.expectEmit(address(market));
        emit IProofMarket.NoncesVoided(controller, 3, 1 << 7);
        vm.prank(controller);
        market.voidNonces(3, 1 << 7);
        refused(r, a, signed(a), abi.encodeWithSelector(IProofMarket.NonceUsed.selector, controller, a.nonce));
        // Somebody else's nonces are somebody else's.
        vm.prank(ANYONE);
        market.voidNonces(3, type(uint256).max);
        a.nonce += 1;
        send(r, a, signed(a));
    }

    function test_only_the_controller_can_authorise_its_operator() public {
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        a.locker = vm.addr(56);
        refused(
            r,
            a,
            bytesOf(56, digest(a, block.chainid, address(market))),
            abi.encodeWithSelector(IProofMarket.NotController.selector, operator, a.locker, controller)
        );
    }

    function test_a_contract_can_be_the_locker() public {
        SigningAccount account = new SigningAccount{value: 1 ether}(market, vm.addr(LOCKER_KEY));
        OperatorId other = OperatorId.wrap("contract's");
        enrolOther(other, 1002, address(account));
        ProofRequest memory r = request();
        LockAuthorization memory a = authorization(r);
        (a.locker, a.operatorId) = (address(account), other);
        bytes32 digest_ = digest(a, block.chainid, address(market));
        refused(
            r,
            a,
            bytesOf(56, digest_),
            abi.encodeWithSelector(IProofMarket.SignatureRefused.selector, address(account), digest_)
        );
        bytes32 id = send(r, a, bytesOf(LOCKER_KEY, digest_));
        vm.assertEq(market.lockOf(id).locker, address(account), "locker");
        vm.assertEq(market.balanceOf(address(account)), 0.8 ether, "collateral");
    }
}
