// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IEtherAccounts} from "../../src/interfaces/IEtherAccounts.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {ProofRequestLib} from "../../src/lib/ProofRequestLib.sol";
import {IdentityLeaf, OperatorId, PublisherId, VerifierKey, CapsuleLeaf} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A lock charges what was signed, to whom it was signed by, and pins who serves.
contract LockTest is MarketWorld {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function refused(ProofRequest memory r, bytes memory signature, bytes memory reason) private {
        expect(reason);
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_a_lock_sets_aside_price_fee_and_collateral_and_pins_the_operator() public {
        ProofRequest memory r = request();
        vm.warp(block.timestamp + 300);
        bytes32 id = market.requestIdOf(r);
        bytes memory signature = sign(r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestSubmitted(id, requester, r);
        vm.expectEmit(address(market));
        emit IProofMarket.RequestLocked(
            id, controller, operator, IdentityLeaf.wrap(1001), 0.15 ether, 0.2 ether, r.offer.rampStart + 7200
        );
        vm.prank(controller);
        (bytes32 got, uint256 price) = market.lock(r, signature, operator, NO_SHARES);
        vm.assertEq(got, id, "id");
        vm.assertEq(price, 0.15 ether, "half way up the ramp");
        vm.assertEq(market.balanceOf(requester), 10 ether - 0.151 ether, "requester");
        vm.assertEq(market.balanceOf(controller), 10 ether - 0.2 ether, "locker");
        IProofMarket.Lock memory l = market.lockOf(id);
        vm.assertEq(l.locker, controller, "locker");
        vm.assertEq(l.price, 0.15 ether, "price");
        vm.assertEq(l.collateral, 0.2 ether, "collateral: base times two at score 0");
        vm.assertEq(l.relayFee, 0.001 ether, "relay fee");
        vm.assertEq(l.deadline, r.offer.rampStart + 7200, "deadline");
        vm.assertEq(OperatorId.unwrap(l.operator), OperatorId.unwrap(operator), "operator");
        vm.assertEq(IdentityLeaf.unwrap(l.leaf), 1001, "leaf");
    }

    function test_fuzz_the_price_is_between_min_and_max_before_the_lock_deadline(uint256 wait, uint96 min, uint96 rise)
        public
    {
        ProofRequest memory r = request();
        r.offer.minPrice = min % 2 ether;
        r.offer.maxPrice = r.offer.minPrice + rise % 2 ether;
        vm.warp(block.timestamp + wait % 3601);
        bytes32 id = lock(r);
        uint256 price = market.lockOf(id).price;
        vm.assertLe(r.offer.minPrice, price, "at least min");
        vm.assertLe(price, r.offer.maxPrice, "at most max");
        vm.assertEq(price, market.priceAt(r, uint64(block.timestamp)), "the price of this second");
    }

    function test_the_last_second_is_the_lock_deadline() public {
        ProofRequest memory r = request();
        uint256 last = r.offer.rampStart + r.offer.lockTimeout;
        vm.warp(last + 1);
        bytes memory late =
            abi.encodeWithSelector(IProofMarket.LockDeadlinePassed.selector, market.requestIdOf(r), last, last + 1);
        refused(r, sign(r), late);
        vm.warp(last);
        lock(r);
    }

    function test_before_the_ramp_the_price_is_min() public {
        ProofRequest memory r = request();
        r.offer.rampStart += 1000;
        vm.assertEq(market.lockOf(lock(r)).price, 0.1 ether, "min");
    }

    function test_a_signature_serves_once() public {
        (ProofRequest memory r, bytes32 id) = locked();
        refused(
            r, sign(r), abi.encodeWithSelector(IProofMarket.WrongState.selector, id, IProofMarket.RequestState.Locked)
        );
    }

    function test_without_signature_or_submission_nothing_is_charged() public {
        ProofRequest memory r = request();
        refused(r, "", abi.encodeWithSelector(IProofMarket.NotSubmitted.selector, market.requestIdOf(r)));
        refused(r, new bytes(64), abi.encodeWithSelector(IProofMarket.SignatureLength.selector, 64));
        refused(r, new bytes(66), abi.encodeWithSelector(IProofMarket.SignatureLength.selector, 66));
        refused(r, new bytes(65), abi.encodeWithSelector(IProofMarket.SignatureParity.selector, 0));
        bytes memory zeros = new bytes(65);
        zeros[64] = bytes1(uint8(27));
        // ecrecover answers 0 here; the requester is never 0.
        refused(r, zeros, abi.encodeWithSelector(IProofMarket.SignatureInvalid.selector, address(0), r.requester));
        bytes memory other = signWith(7, r);
        refused(r, other, abi.encodeWithSelector(IProofMarket.SignatureInvalid.selector, vm.addr(7), r.requester));
    }

    function test_the_other_form_of_a_signature_is_refused() public {
        ProofRequest memory r = request();
        (uint8 v, bytes32 r_, bytes32 s) = vm.sign(REQUESTER_KEY, market.requestIdOf(r));
        bytes32 high = bytes32(ORDER - uint256(s));
        bytes memory twin = abi.encodePacked(r_, high, v == 27 ? uint8(28) : uint8(27));
        vm.assertEq(ecrecover(market.requestIdOf(r), v == 27 ? 28 : 27, r_, high), requester, "the curve accepts it");
        refused(r, twin, abi.encodeWithSelector(IProofMarket.SignatureHighS.selector, high));
        for (uint256 i; i < 256; ++i) {
            if (i == 27 || i == 28) continue;
            bytes memory bent = abi.encodePacked(r_, s, uint8(i));
            refused(r, bent, abi.encodeWithSelector(IProofMarket.SignatureParity.selector, i));
        }
    }

    /// @dev Every member of the request, one at a time: the old signature does not serve the changed request.
    function test_any_mutated_member_changes_the_id_and_voids_the_signature() public {
        ProofRequest memory r = request();
        bytes memory signature = sign(r);
        bytes32 id = market.requestIdOf(r);
        uint256 words = 25;
        for (uint256 i; i < words; ++i) {
            // The ABI encoding is one word per member, nested ones included: flip the lowest bit of the i-th.
            bytes memory encoded = abi.encode(r);
            encoded[32 * i + 31] ^= 0x01;
            ProofRequest memory mutated = abi.decode(encoded, (ProofRequest));
            vm.assertTrue(market.requestIdOf(mutated) != id, "another id");
            vm.prank(controller);
            (bool ok,) = address(market).call(abi.encodeCall(market.lock, (mutated, signature, operator, NO_SHARES)));
            vm.assertFalse(ok, "locked a mutated request");
        }
        vm.assertEq(abi.encode(r).length, words * 32, "no member was left out");
        vm.assertEq(market.balanceOf(requester), 10 ether, "nothing was charged");
    }

    function test_fuzz_any_change_of_one_word_changes_the_id(uint8 word, uint256 value) public {
        ProofRequest memory r = request();
        bytes memory encoded = abi.encode(r);
        bytes32 before;
        uint256 place = 32 * (uint256(word) % 25);
        assembly {
            before := mload(add(add(encoded, 32), place))
            mstore(add(add(encoded, 32), place), value)
        }
        vm.assume(bytes32(value) != before);
        (bool ok, bytes memory result) = address(market).staticcall(bytes.concat(market.requestIdOf.selector, encoded));
        // Words out of range do not decode at all.
        if (ok) vm.assertTrue(abi.decode(result, (bytes32)) != market.requestIdOf(r), "another id");
    }

    function test_signatures_do_not_cross_chains_or_markets() public {
        ProofRequest memory r = request();
        bytes memory signature = sign(r);
        bytes32 id = market.requestIdOf(r);
        vm.chainId(1337);
        vm.assertTrue(market.requestIdOf(r) != id, "the chain is in the id");
        vm.prank(controller);
        vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
        market.lock(r, signature, operator, NO_SHARES);
        vm.chainId(31337);
        // The same code with a storage of its own: the constructor takes a registry that names another market for nothing.
        IProofMarket other = IProofMarket(address(0x0713e5));
        vm.etch(address(other), address(market).code);
        vm.assertTrue(other.requestIdOf(r) != id, "the market is in the id");
        vm.prank(requester);
        other.deposit{value: 1 ether}();
        vm.prank(controller);
        vm.expectPartialRevert(IProofMarket.SignatureInvalid.selector);
        other.lock(r, signature, operator, NO_SHARES);
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
    }

    function test_the_id_is_eip712_written_out() public {
        ProofRequest memory r = request();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("NONOS ProofMarket"),
                keccak256("1"),
                31337,
                address(market)
            )
        );
        bytes memory first = abi.encode(
            ProofRequestLib.TYPEHASH,
            r.requester,
            r.salt,
            r.anchor,
            r.verifierKey,
            r.publisherId,
            r.capsuleLeaf,
            r.inputHash,
            r.inputLocatorHash,
            r.earliestLaunch,
            r.assurance
        );
        bytes memory second = abi.encode(
            r.minTrust,
            r.operatorId,
            r.paymentToken,
            r.offer.minPrice,
            r.offer.maxPrice,
            r.offer.rampStart,
            r.offer.rampLength,
            r.offer.lockTimeout,
            r.offer.timeout
        );
        bytes memory third =
            abi.encode(r.baseCollateral, r.relayFee, r.maxProtocolFeeBps, r.feeSharesHash, r.callback, r.callbackGas);
        bytes32 hashed = keccak256(bytes.concat(first, second, third));
        vm.assertEq(market.domainSeparator(), domain, "domain");
        vm.assertEq(
            market.requestIdOf(r), keccak256(abi.encodePacked(hex"1901", domain, hashed)), "flat type, 25 words"
        );
    }

    function test_only_the_controller_of_a_live_operator_that_may_serve_locks() public {
        ProofRequest memory r = request();
        bytes memory signature = sign(r);
        expect(abi.encodeWithSelector(IProofMarket.NotController.selector, operator, ANYONE, controller));
        vm.prank(ANYONE);
        market.lock(r, signature, operator, NO_SHARES);
        OperatorId unknown = OperatorId.wrap(keccak256("nobody"));
        expect(abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, unknown));
        vm.prank(controller);
        market.lock(r, signature, unknown, NO_SHARES);
        r = request();
        r.operatorId = unknown;
        refused(r, sign(r), abi.encodeWithSelector(IProofMarket.OperatorNotNamed.selector, operator, unknown));
        r.operatorId = operator;
        lock(r);
    }

    function test_an_exited_operator_locks_nothing() public {
        vm.prank(controller);
        operators.exit(operator, new uint256[](0));
        ProofRequest memory r = request();
        refused(r, sign(r), abi.encodeWithSelector(IOperatorRegistry.NotEnrolled.selector, operator));
    }

    function test_the_enrolment_lasts_as_long_as_a_receipt_can_be_due() public {
        uint64 until = operators.operatorOf(operator).validUntil;
        ProofRequest memory r = request();
        // A batch can fall a window and two reveal periods after the deadline; then there is the grace.
        uint64 tail = WINDOW + 2 * REVEAL + GRACE;
        r.offer.rampStart = until - 7200 - tail + 1;
        refused(r, sign(r), abi.encodeWithSelector(IProofMarket.EnrolmentTooShort.selector, operator, until, until + 1));
        r.offer.rampStart = until - 7200 - tail;
        lock(r);
    }

    function test_trust_that_was_not_earned_is_refused() public {
        ProofRequest memory r = request();
        r.minTrust = 1;
        refused(r, sign(r), abi.encodeWithSelector(IProofMarket.TrustTooLow.selector, operator, 0, 1));
    }

    function test_a_verifier_that_is_gone_locks_nothing() public {
        ProofRequest memory r = request();
        r.verifierKey = VerifierKey.wrap("unset");
        refused(r, sign(r), abi.encodeWithSelector(IVerifierRouter.KeyUnset.selector, r.verifierKey));
        r = request();
        router.remove(KEY);
        refused(r, sign(r), abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, KEY));
        router.stop();
        refused(r, sign(r), abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
    }

    function test_both_sides_need_their_balance() public {
        ProofRequest memory r = request();
        vm.prank(requester);
        market.withdraw(10 ether - 0.101 ether + 1, payable(requester));
        refused(
            r,
            sign(r),
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), requester, 0.101 ether - 1, 0.101 ether
            )
        );
        vm.prank(requester);
        market.deposit{value: 1}();
        vm.prank(controller);
        market.withdraw(10 ether - 0.2 ether + 1, payable(controller));
        refused(
            r,
            sign(r),
            abi.encodeWithSelector(
                IEtherAccounts.InsufficientBalance.selector, address(0), controller, 0.2 ether - 1, 0.2 ether
            )
        );
        vm.prank(controller);
        market.deposit{value: 1}();
        lock(r);
        vm.assertEq(market.balanceOf(requester) + market.balanceOf(controller), 0, "to the last wei");
    }

    /// @dev The floor keeps trust from unlocking a giant: a fifth of maxPrice here, however small the base.
    function test_collateral_never_falls_below_the_floor() public {
        ProofRequest memory r = request();
        r.baseCollateral = 0;
        r.offer.maxPrice = 5 ether + 1;
        vm.assertEq(market.collateralOf(r, operator), 1 ether + 1, "rounded up");
        vm.assertEq(market.lockOf(lock(r)).collateral, 1 ether + 1, "taken");
        r = request();
        r.baseCollateral = type(uint128).max;
        refused(
            r,
            sign(r),
            abi.encodeWithSelector(
                IProofMarket.AmountTooLarge.selector, bytes32("collateral"), 2 * uint256(type(uint128).max)
            )
        );
    }
}
