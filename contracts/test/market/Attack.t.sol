// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../../src/interfaces/IInputs.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {FeeShare} from "../../src/types/FeeShare.sol";
import {IdentityLeaf} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {InputWorld} from "../base/InputWorld.sol";
import {Market} from "../base/Market.sol";
import {Callback} from "../doubles/Callbacks.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";
import {Token} from "../doubles/Tokens.sol";

/// @dev Whoever tries to get more than its part by how it says what it says, or when. Each test is one attempt, named by what it
///      proves.
contract AttackTest is InputWorld {
    /// @dev Words of a call in front of a claim's evidence, and within it of the offsets of path, proof and block header.
    uint256 private constant EVIDENCE = 26;
    uint256 private constant PATH = 5;
    uint256 private constant EVIDENCE_PROOF = 27;
    uint256 private constant NOT_BEFORE = 28;

    function setWord(bytes memory data, uint256 word, uint256 value) private pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 36), mul(32, word)), value)
        }
    }

    function wordsOf(bytes memory encoded, uint256 from, uint256 count) private pure returns (bytes memory words) {
        words = new bytes(32 * count);
        for (uint256 i; i < words.length; ++i) {
            words[i] = encoded[32 * from + i];
        }
    }

    function clone(bytes memory data) private pure returns (bytes memory) {
        return bytes.concat(data);
    }

    // Offsets.

    /// @dev A claim is handed on with the offsets that it came with. Wherever they point, it is this claim or none.
    function test_fuzz_offsets_in_evidence_make_no_other_claim(uint256 offset, uint8 which, uint8 how) public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        bytes memory call = abi.encodeCall(market.claim, (r, evidence(h, batch)));
        if (how % 3 == 0) offset = offset % 4096;
        else if (how % 3 == 1) offset = type(uint256).max - offset % 4096;
        uint256[3] memory places = [PATH, EVIDENCE_PROOF, NOT_BEFORE];
        setWord(call, EVIDENCE + places[which % 3], offset);
        vm.prank(controller);
        (bool ok,) = address(market).call(call);
        IProofMarket.Claim memory c = market.claimOf(id);
        assertState(id, ok ? IProofMarket.RequestState.Claimed : IProofMarket.RequestState.Locked, "claimed or not");
        vm.assertEq(c.batchId, ok ? Market.idOf(batch) : bytes32(0), "batch");
        vm.assertEq(c.index, 0, "place");
        vm.assertEq(c.payee, ok ? PAYEE : address(0), "payee");
        vm.assertEq(c.relayer, ok ? relayer : address(0), "relayer");
        vm.assertEq(market.claimedOf(Market.idOf(batch)), c.taken, "taken once");
    }

    /// @dev An offset that points in front of the evidence is followed to words of the call to the library, the request's among them. A
    ///      proof of such words is nowhere in the evidence; it is the leaf's all the same, and convicts.
    function test_a_proof_where_no_decoder_looks_convicts_all_the_same() public {
        ProofRequest memory r = asking();
        // What follows this member, read as the length of a proof: the times to lock and to serve.
        r.offer.rampLength = 64;
        bytes32 id = lock(r);
        ReceiptHeader memory h = receipt(r);
        bytes memory proof = abi.encode(r.offer.lockTimeout, r.offer.timeout);
        bytes32[] memory path = new bytes32[](1);
        path[0] = OTHER_LEAF;
        BatchRef memory batch = Market.batch(relayer, anchor.leafOf(h, keccak256(proof)), OTHER_LEAF);
        vm.prank(relayer);
        anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
        bytes memory call = abi.encodeCall(market.claim, (r, IProofMarket.Evidence(batch, 0, path, h, "", notBefore)));
        bool ok;
        for (uint256 back = 1; back < 64 && !ok; ++back) {
            setWord(call, EVIDENCE + EVIDENCE_PROOF, type(uint256).max - 32 * back + 1);
            vm.prank(controller);
            (ok,) = address(market).call(call);
        }
        vm.assertTrue(ok, "claimed");
        generated.tell(TestVerifier.Answer.Revert, 0);
        anchor.commitChallenge(keccak256(abi.encode(address(this), Market.idOf(batch), uint32(0), bytes32("salt"))));
        vm.roll(block.number + 1);
        anchor.challengeLeaf(batch, 0, path, h, proof, "salt");
        market.dropClaim(id);
        vm.warp(market.slashableAt(id));
        market.slash(r);
        assertState(id, IProofMarket.RequestState.Slashed, "slashed");
        assertHeld(0);
    }

    /// @dev Padding is not read: dirty, or, at the end, not there, the claim is the same.
    function test_padding_in_a_claim_changes_nothing() public {
        for (uint256 i; i < 2; ++i) {
            (ProofRequest memory r, bytes32 id) = lockedAsking();
            ReceiptHeader memory h = receipt(r);
            BatchRef memory batch = anchored(h);
            bytes memory data = abi.encodeCall(market.claim, (r, evidence(h, batch)));
            if (i == 0) {
                // Behind the head: the path of one word, and the proof of less than one.
                data[4 + 32 * (EVIDENCE + 29 + 2 + 1) + 31] = 0x01;
            } else {
                setWord(data, EVIDENCE + EVIDENCE_PROOF, data.length - 4 - 32 * EVIDENCE);
                data = bytes.concat(data, abi.encode(PROOF.length), PROOF);
            }
            vm.prank(controller);
            (bool ok,) = address(market).call(data);
            vm.assertTrue(ok, "claimed");
            vm.assertEq(market.claimOf(id).batchId, Market.idOf(batch), "with this batch");
            vm.assertEq(market.claimOf(id).payee, PAYEE, "for this payee");
        }
    }

    /// @dev Of a receipt that is recorded the proof is not read: nothing need be behind its head, and the shares may lie in it.
    function test_arguments_that_overlap_or_end_early_pay_what_the_head_says() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        bytes memory head = wordsOf(abi.encode(h), 0, 21);
        // The header's onion network, which is 0, is the number of shares.
        bytes memory call = bytes.concat(
            market.fulfilRecorded.selector,
            abi.encode(r),
            abi.encode(27 * 32, 38 * 32),
            head,
            abi.encode(type(uint256).max, type(uint256).max)
        );
        for (uint256 cut = 1; cut < 66; cut += 32) {
            bytes memory shorter = clone(call);
            assembly ("memory-safe") {
                mstore(shorter, sub(mload(shorter), cut))
            }
            (bool early,) = address(market).call(shorter);
            vm.assertFalse(early, "a head that is not all there was taken");
        }
        uint256 before = market.balanceOf(PAYEE);
        (bool ok,) = address(market).call(call);
        vm.assertTrue(ok, "all of the head");
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        vm.assertEq(market.balanceOf(PAYEE) - before, 0.0975 ether, "its due");
        vm.assertEq(market.balanceOf(ANYONE), r.relayFee, "who recorded");
        assertHeld(0);
    }

    /// @dev What is copied word by word is read by the rules of its types, in the market and in its libraries.
    function test_dirty_words_in_evidence_and_receipts_are_refused() public {
        (ProofRequest memory r, bytes32 id) = lockedAsking();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        bytes memory call = abi.encodeCall(market.claim, (r, evidence(h, batch)));
        // Relayer, size and index; then the header's narrow members.
        uint256[9] memory inEvidence = [uint256(0), 2, 4, 6, 8, 17, 19, 20, 23];
        for (uint256 i; i < inEvidence.length; ++i) {
            refusedDirty(controller, call, EVIDENCE + inEvidence[i]);
        }
        uint256[6] memory inHeader = [uint256(0), 2, 11, 13, 14, 17];
        bytes memory recording = abi.encodeCall(market.fulfilRecorded, (r, proven(h), NO_SHARES));
        ProofRequest memory q = asking();
        bytes memory opening = abi.encodeCall(market.fulfilOpen, (q, sign(q), proven(receipt(q)), NO_SHARES));
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < inHeader.length; ++i) {
            refusedDirty(ANYONE, recording, 27 + inHeader[i]);
            // Behind the signature of three words and its length.
            refusedDirty(ANYONE, opening, 28 + 4 + inHeader[i]);
        }
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory other = receiptOf(r, OTHER_LEAF_TAG);
        bytes memory rescuing = abi.encodeCall(market.rescue, (r, proven(other)));
        for (uint256 i; i < inHeader.length; ++i) {
            refusedDirty(ANYONE, rescuing, 26 + inHeader[i]);
        }
        (bool ok,) = address(market).call(rescuing);
        vm.assertTrue(ok, "a clean rescue");
        vm.revertToState(snapshot);
        vm.prank(controller);
        (ok,) = address(market).call(call);
        vm.assertTrue(ok, "a clean claim");
        (ok,) = address(market).call(recording);
        vm.assertTrue(ok, "a clean record");
        (ok,) = address(market).call(opening);
        vm.assertTrue(ok, "a clean receipt without a lock");
        assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
    }

    function refusedDirty(address by, bytes memory call, uint256 word) private {
        bytes memory dirty = clone(call);
        dirty[4 + 32 * word] = 0x80;
        vm.prank(by);
        (bool ok,) = address(market).call(dirty);
        vm.assertFalse(ok, "a dirty word was taken");
    }

    // Amounts.

    /// @dev The largest of everything, side by side in two slots: what goes in comes out, to the last unit.
    function test_the_largest_amounts_are_kept_whole() public {
        uint256 most = type(uint88).max;
        Token token = new Token();
        put(token, requester, 2 * most);
        put(token, controller, most);
        testFees.set(1000);
        ProofRequest memory r = asking();
        r.paymentToken = address(token);
        (r.offer.minPrice, r.offer.maxPrice) = (uint128(most), uint128(most));
        (r.relayFee, r.baseCollateral) = (uint128(most), uint128(most / 2));
        (r.callback, r.callbackGas) = (HELPER, 1);
        FeeShare[] memory shares = new FeeShare[](2);
        (shares[0], shares[1]) = (FeeShare(requester, 2_500), FeeShare(HELPER, 2_500));
        r.feeSharesHash = keccak256(abi.encode(shares));
        bytes memory signature = sign(r);
        vm.prank(controller);
        (bytes32 id,) = market.lock(r, signature, operator, shares);
        IProofMarket.Lock memory l = market.lockOf(id);
        vm.assertEq(l.locker, controller, "locker");
        vm.assertEq(l.price, most, "price");
        vm.assertEq(l.relayFee, most, "relay fee");
        vm.assertEq(l.collateral, most - 1, "collateral");
        vm.assertEq(l.deadline, r.offer.rampStart + r.offer.timeout, "deadline");
        vm.assertEq(l.feeBps, 1000, "fee");
        vm.assertEq(l.extras, 7, "extras");
        vm.assertEq(IdentityLeaf.unwrap(l.leaf), 1001, "leaf");
        ReceiptHeader memory h = receipt(r);
        recorded(h, ANYONE);
        market.fulfilRecorded(r, proven(h), shares);
        uint256 sum = market.tokenBalanceOf(token, requester) + market.tokenBalanceOf(token, controller)
            + market.tokenBalanceOf(token, PAYEE) + market.tokenBalanceOf(token, ANYONE)
            + market.tokenBalanceOf(token, HELPER) + market.tokenBurned(token);
        vm.assertEq(sum, 3 * most, "every unit");
        vm.assertEq(market.tokenBalanceOf(token, controller), most, "collateral back");
        vm.assertEq(market.tokenBalanceOf(token, ANYONE), most, "relay fee");
    }

    function put(Token token, address account, uint256 amount) private {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(market), amount);
        market.depositToken(token, amount);
        vm.stopPrank();
    }

    // Demands, from within and in front of others.

    /// @dev A callback that ends the demand of the request that it is told of gets what anybody else would, and once.
    function test_a_demand_that_is_ended_by_the_callback_ends_once() public {
        for (uint256 i; i < 2; ++i) {
            Callback callback = new Callback();
            ProofRequest memory r = asking();
            (r.callback, r.callbackGas) = (address(callback), 400_000);
            bytes32 id = lock(r);
            demand(r);
            bytes memory call = abi.encodeCall(market.answerInput, (r, INPUT));
            uint256 lockers = market.balanceOf(controller) + market.lockOf(id).collateral;
            if (i == 1) {
                call = abi.encodeCall(market.closeInputDemand, (id));
                vm.warp(market.inputDemandOf(id).answerBy + 1);
                lockers += bond;
            }
            callback.behave(Callback.Manner.CallsBack, call);
            market.fulfilRecorded(r, proven(receipt(r)), NO_SHARES);
            vm.assertEq(callback.reentries(), 1, "ended");
            vm.assertEq(market.balanceOf(address(callback)), i == 0 ? bond : 0, "the answer's");
            vm.assertEq(market.balanceOf(controller), lockers, "the locker's");
            (bool again,) = address(market).call(call);
            vm.assertFalse(again, "once");
        }
    }

    /// @dev A callback of a settled request finds nothing else to end it by.
    function test_a_callback_ends_its_request_in_no_other_way() public {
        ProofRequest memory r = asking();
        Callback callback = new Callback();
        (r.callback, r.callbackGas) = (address(callback), 500_000);
        bytes32 id = lock(r);
        demand(r);
        vm.warp(block.timestamp + GRACE + 1);
        market.closeInputDemand(id);
        IProofMarket.Proven memory p = proven(receipt(r));
        bytes[7] memory calls = [
            abi.encodeCall(market.unwind, (r)),
            abi.encodeCall(market.slash, (r)),
            abi.encodeCall(market.rescue, (r, p)),
            abi.encodeCall(market.fulfilRecorded, (r, p, NO_SHARES)),
            abi.encodeCall(market.fulfilOpen, (r, sign(r), p, NO_SHARES)),
            abi.encodeCall(market.dropClaim, (id)),
            abi.encodeCall(market.closeInputDemand, (id))
        ];
        for (uint256 i; i < calls.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            callback.behave(Callback.Manner.CallsBack, calls[i]);
            market.fulfilRecorded(r, p, NO_SHARES);
            vm.assertEq(callback.reentries(), 0, "ended twice");
            vm.assertEq(callback.requestId(), id, "told");
            vm.assertEq(operators.liabilitiesOf(operator).open, 0, "liable for nothing");
            assertState(id, IProofMarket.RequestState.Fulfilled, "fulfilled");
            vm.revertToState(snapshot);
        }
    }

    /// @dev A locker that sees a rescue coming demands the input first. Whoever rescues had it: it answers, is paid for it, and
    ///      rescues a grace later with the receipt that it has.
    function test_a_demand_in_front_of_a_rescue_puts_it_off_for_a_bond() public {
        ProofRequest memory r = request();
        r.offer.timeout = uint32(10 * GRACE);
        bytes32 id = lock(r);
        uint256 from = market.rescuableFrom(r);
        vm.warp(from);
        ReceiptHeader memory h = receiptOf(r, OTHER_LEAF_TAG);
        recorded(h, ANYONE);
        demand(r);
        IProofMarket.Proven memory p = proven(h);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, type(uint256).max, block.timestamp));
        market.rescue(r, p);
        answer(r);
        vm.warp(from + GRACE - 1);
        expect(abi.encodeWithSelector(IProofMarket.NotRescuable.selector, id, from + GRACE, block.timestamp));
        market.rescue(r, p);
        expect(abi.encodeWithSelector(IInputs.InputDemandedBefore.selector, id));
        vm.prank(controller);
        market.demandInput{value: bond}(r);
        vm.warp(from + GRACE);
        uint256 lockers = market.balanceOf(controller);
        market.rescue(r, p);
        assertState(id, IProofMarket.RequestState.Rescued, "rescued");
        vm.assertEq(market.balanceOf(controller), lockers, "no collateral back");
        vm.assertEq(market.balanceOf(HELPER), bond, "and no bond");
        assertDemand(id, DemandState.Answered, "answered");
        assertHeld(0);
    }
}
