// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev Drives a market at random, right and wrong calls alike, and keeps books of its own: what every account should have,
///      what is set aside, how each request got where it is. A call that succeeds must be one that the books allow.
contract MarketHandler is MarketWorld {
    using {isHeld} for IProofMarket.RequestState;

    /// @dev One request as the books have it.
    struct Entry {
        ProofRequest request;
        bytes32 id;
        IProofMarket.RequestState state;
        ReceiptHeader header;
        BatchRef batch;
        bool anchored;
        bool voided;
        uint256 price;
        uint256 collateral;
        uint256 fee;
        uint256 ends;
        uint64 reopenedUntil;
        uint64 claimedAt;
    }

    address[6] public accounts;
    mapping(address account => uint256) public owned;
    uint256 public burnedSum;
    uint256 public escrow;
    uint256 public paid;
    uint256 public slashed;
    uint256 public challengedCount;
    uint256 public unwound;
    bool public stopped;
    uint256 public calls;
    Entry[] private entries;

    constructor() {
        setUp();
        accounts = [requester, controller, relayer, PAYEE, ANYONE, address(this)];
        (owned[requester], owned[controller]) = (10 ether, 10 ether);
    }

    function deposit(uint256 who, uint96 amount) external {
        address account = accounts[who % 6];
        amount = uint96(amount % 3 ether);
        vm.deal(account, amount);
        vm.prank(account);
        market.deposit{value: amount}();
        owned[account] += amount;
        ++calls;
    }

    /// @dev What the books say is there leaves, and not a wei more.
    function withdraw(uint256 who, uint96 amount) external {
        address account = accounts[who % 6];
        uint256 sum = amount % (owned[account] + 2);
        vm.prank(account);
        (bool ok,) = address(market).call(abi.encodeCall(market.withdraw, (sum, payable(address(0x9999)))));
        vm.assertTrue(ok == (sum <= owned[account]), "withdrawals of unlocked funds always work");
        if (ok) owned[account] -= sum;
        ++calls;
    }

    function submit(uint96 min, uint96 rise, uint96 base, uint32 length) external {
        Entry storage e = open(min, rise, base, length);
        vm.prank(requester);
        market.submit(e.request);
        e.state = IProofMarket.RequestState.Open;
        ++calls;
    }

    function lockSigned(uint96 min, uint96 rise, uint96 base, uint32 length, uint32 wait_) external {
        Entry storage e = open(min, rise, base, length);
        vm.warp(block.timestamp + wait_ % (e.request.offer.lockTimeout + 2));
        tryLock(e, sign(e.request));
    }

    function lockSubmitted(uint256 i) external {
        if (entries.length == 0) return;
        tryLock(pick(i), "");
    }

    function cancel(uint256 i, bool stranger) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        vm.prank(stranger ? ANYONE : requester);
        bool ok = send(abi.encodeCall(market.cancel, (e.request)));
        vm.assertTrue(ok == (!stranger && uint256(e.state) < 2), "cancel: requester only, not when locked");
        if (ok) e.state = IProofMarket.RequestState.Cancelled;
    }

    function expire(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        bool due = block.timestamp > uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout;
        bool ok = send(abi.encodeCall(market.expire, (e.request)));
        vm.assertTrue(ok == (due && e.state == IProofMarket.RequestState.Open), "expire: open and due");
        if (ok) e.state = IProofMarket.RequestState.Expired;
    }

    /// @dev Anchors a receipt for a request and claims with it.
    function claim(uint256 i) external {
        if (entries.length == 0 || stopped) return;
        Entry storage e = pick(i);
        if (e.anchored) return;
        (uint256 free,) = anchor.bondOf(relayer);
        if (free < SLICE) return;
        e.header = receipt(e.request);
        e.batch = anchored(e.header);
        e.anchored = true;
        bool inTime = block.timestamp <= uint256(e.request.offer.rampStart) + e.request.offer.timeout;
        bool allowed = e.state == IProofMarket.RequestState.Locked && inTime && e.price <= SLICE / 2;
        vm.prank(controller);
        bool ok = send(abi.encodeCall(market.claim, (e.request, evidence(e.header, e.batch))));
        vm.assertTrue(ok == allowed, "claim: locked, in time, within half of the slice");
        if (!ok) return;
        (e.state, e.claimedAt) = (IProofMarket.RequestState.Claimed, uint64(block.timestamp));
    }

    /// @dev Proves the claimed leaf of a request fraudulent.
    function voidClaimed(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        if (e.state != IProofMarket.RequestState.Claimed || e.voided || isFinal(e) || stopped) return;
        voidLeaf(e.header, e.batch);
        e.voided = true;
        ++calls;
    }

    function fulfil(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        bool allowed = e.state == IProofMarket.RequestState.Claimed && !e.voided && isFinal(e);
        bool ok = send(abi.encodeCall(market.fulfil, (e.id)));
        vm.assertTrue(ok == allowed, "fulfil: claimed and final");
        if (ok) pay(e, relayer);
    }

    function fulfilAll() external {
        bytes32[] memory ids = new bytes32[](entries.length);
        uint256 expected;
        for (uint256 i; i < entries.length; ++i) {
            Entry storage e = entries[i];
            ids[i] = e.id;
            if (e.state != IProofMarket.RequestState.Claimed || e.voided || !isFinal(e)) continue;
            ++expected;
            pay(e, relayer);
        }
        vm.assertEq(market.fulfilMany(ids), expected, "fulfilMany");
        ++calls;
    }

    function drop(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        bool allowed = e.state == IProofMarket.RequestState.Claimed && e.voided;
        bool ok = send(abi.encodeCall(market.dropClaim, (e.id)));
        vm.assertTrue(ok == allowed, "dropClaim: claimed and void");
        if (!ok) return;
        (e.state, e.reopenedUntil) = (IProofMarket.RequestState.Reopened, uint64(block.timestamp) + GRACE);
        ++challengedCount;
    }

    /// @dev Records a receipt by `verifyNow` and asks to be paid for it.
    function record(uint256 i, bool sameReceipt) external {
        if (entries.length == 0 || stopped) return;
        Entry storage e = pick(i);
        ReceiptHeader memory h = sameReceipt && e.anchored ? e.header : receipt(e.request);
        if (anchor.recordOf(h.nullifier).recordedAt != 0 || block.timestamp - h.launchedAt > MAX_AGE) return;
        recorded(h, ANYONE);
        uint256 last = uint256(e.request.offer.rampStart) + e.request.offer.timeout;
        if (e.reopenedUntil > last) last = e.reopenedUntil;
        bool ok = send(abi.encodeCall(market.fulfilRecorded, (e.request, h)));
        vm.assertTrue(ok == (e.state.isHeld() && block.timestamp <= last), "fulfilRecorded: held and in time");
        if (ok) pay(e, ANYONE);
    }

    function slash(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        uint256 closed = uint256(e.request.offer.rampStart) + e.request.offer.timeout + WINDOW;
        if (e.reopenedUntil > closed) closed = e.reopenedUntil;
        bool allowed = e.state.isHeld() && e.state != IProofMarket.RequestState.Claimed && !stopped
            && block.timestamp > closed + GRACE;
        vm.prank(ANYONE);
        bool ok = send(abi.encodeCall(market.slash, (e.request)));
        vm.assertTrue(ok == allowed, "slash: a default, late enough, verifier in use");
        if (!ok) return;
        end(e, IProofMarket.RequestState.Slashed);
        uint256 caller = e.collateral / 10;
        uint256 share = e.collateral / 2 - caller;
        if (share > e.price) share = e.price;
        owned[ANYONE] += caller;
        owned[requester] += share + e.price + e.request.relayFee;
        burnedSum += e.collateral - caller - share;
        ++slashed;
    }

    function unwind(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        bool final_ = e.state == IProofMarket.RequestState.Claimed && !e.voided && isFinal(e);
        bool ok = send(abi.encodeCall(market.unwind, (e.request)));
        vm.assertTrue(ok == (stopped && e.state.isHeld() && !final_), "unwind: held, stopped, not final");
        if (!ok) return;
        end(e, IProofMarket.RequestState.Unwound);
        ++unwound;
        owned[requester] += e.price + e.request.relayFee;
        owned[controller] += e.collateral;
    }

    function wait(uint32 time, uint8 long) external {
        vm.warp(block.timestamp + time % (long % 3 == 0 ? 5 days : 40 minutes));
        ++calls;
    }

    function stop(uint256 dice) external {
        if (dice % 64 != 0 || stopped || entries.length < 8) return;
        router.stop();
        (stopped, stoppedAt) = (true, block.timestamp);
        ++calls;
    }

    uint256 private stoppedAt;

    function count() external view returns (uint256) {
        return entries.length;
    }

    function entryOf(uint256 i) external view returns (Entry memory) {
        return entries[i];
    }

    function contracts() external view returns (IProofMarket, address, uint256) {
        return (market, address(trust), SLICE);
    }

    function liabilities() external view returns (uint256) {
        return operators.liabilitiesOf(operator).open;
    }

    function facts() external view returns (uint256 fulfilled, uint256 faulted, uint256 challenged, uint256 score) {
        fulfilled = trust.factsOf(operator).fulfilled;
        faulted = trust.factsOf(operator).faulted;
        challenged = trust.factsOf(operator).challenged;
        score = trust.scoreOf(operator);
    }

    /// @dev Mostly one that holds a lock, if there is any: that is where things happen.
    function pick(uint256 i) private view returns (Entry storage) {
        for (uint256 k; i % 4 != 0 && k < entries.length; ++k) {
            Entry storage e = entries[(i / 4 + k) % entries.length];
            if (e.state.isHeld()) return e;
        }
        return entries[i / 4 % entries.length];
    }

    function open(uint96 min, uint96 rise, uint96 base, uint32 length) private returns (Entry storage e) {
        e = entries.push();
        ProofRequest memory r = request();
        r.offer.minPrice = min % 0.6 ether;
        r.offer.maxPrice = r.offer.minPrice + rise % 0.2 ether;
        r.offer.rampLength = length % 3601;
        r.baseCollateral = base % 0.3 ether;
        e.request = r;
        e.id = market.requestIdOf(r);
    }

    function tryLock(Entry storage e, bytes memory signature) private {
        uint256 price = market.priceAt(e.request, uint64(block.timestamp));
        uint256 collateral = market.collateralOf(e.request, operator);
        bool inTime = block.timestamp <= uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout;
        bool agreed = e.state == IProofMarket.RequestState.Open || e.state == IProofMarket.RequestState.None
            && signature.length != 0;
        bool funded = owned[requester] >= price + e.request.relayFee && owned[controller] >= collateral;
        bool enrolled = operators.operatorOf(operator).validUntil >= e.request.offer.rampStart + e.request.offer.timeout;
        vm.prank(controller);
        bool ok = send(abi.encodeCall(market.lock, (e.request, signature, operator)));
        vm.assertTrue(ok == (inTime && agreed && funded && enrolled && !stopped), "lock");
        if (!ok) return;
        (e.state, e.price, e.collateral) = (IProofMarket.RequestState.Locked, price, collateral);
        vm.assertTrue(e.request.offer.minPrice <= price && price <= e.request.offer.maxPrice, "min <= price <= max");
        owned[requester] -= price + e.request.relayFee;
        owned[controller] -= collateral;
        escrow += price + e.request.relayFee + collateral;
    }

    function pay(Entry storage e, address relay) private {
        end(e, IProofMarket.RequestState.Fulfilled);
        e.fee = e.price * FEE_BPS / 10_000;
        owned[PAYEE] += e.price - e.fee;
        owned[relay] += e.request.relayFee;
        owned[controller] += e.collateral;
        burnedSum += e.fee;
        ++paid;
    }

    function end(Entry storage e, IProofMarket.RequestState state) private {
        escrow -= e.price + e.request.relayFee + e.collateral;
        e.state = state;
        ++e.ends;
    }

    function isFinal(Entry storage e) private view returns (bool) {
        uint256 finalAt = uint256(e.claimedAt) + WINDOW;
        return block.timestamp >= finalAt && (!stopped || finalAt <= stoppedAt);
    }

    function send(bytes memory call) private returns (bool ok) {
        ++calls;
        (ok,) = address(market).call(call);
    }
}

/// @dev Whether a request in this state holds escrow and collateral.
function isHeld(IProofMarket.RequestState state) pure returns (bool) {
    return state == IProofMarket.RequestState.Locked || state == IProofMarket.RequestState.Claimed
        || state == IProofMarket.RequestState.Reopened;
}
