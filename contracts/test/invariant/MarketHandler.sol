// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ProofRequestLib} from "../../src/lib/ProofRequestLib.sol";
import {DemandState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {LockAuthorization} from "../../src/types/LockAuthorization.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {Market} from "../base/Market.sol";
import {MarketWorld} from "../base/MarketWorld.sol";
import {TestFees} from "../doubles/TestFees.sol";
import {Token} from "../doubles/Tokens.sol";

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
        uint256 feeBps;
        uint256 ends;
        uint64 reopenedUntil;
        uint64 claimedAt;
        DemandState demand;
        uint64 answerBy;
        uint64 answeredAt;
    }

    uint256 private constant CONTROLLER_KEY = uint256(keccak256("controller key"));
    uint256 private constant OTHER_LEAF_TAG = 1002;
    uint256 private constant BURNED_SHARE = 6_000;
    address private constant TREASURY = address(0x73ea);

    address[7] public accounts;
    /// @dev By token, 0 being ether.
    mapping(address token => mapping(address account => uint256)) public owned;
    mapping(address token => uint256) public burnedSum;
    mapping(address token => uint256) public escrow;
    Token public token;
    uint256 public paid;
    uint256 public slashed;
    uint256 public challengedCount;
    uint256 public unwound;
    /// @dev Bonds of demands that were neither answered nor closed.
    uint256 public bonds;
    uint256 public answeredCount;
    uint256 public neutral;
    bool public stopped;
    uint256 public calls;
    Entry[] private entries;

    constructor() {
        controller = vm.addr(CONTROLLER_KEY);
        setUp();
        accounts = [requester, controller, relayer, PAYEE, ANYONE, address(this), TREASURY];
        (owned[address(0)][requester], owned[address(0)][controller]) = (10 ether, 10 ether);
        enrolOther(OperatorId.wrap(keccak256("other root key")), OTHER_LEAF_TAG, ANYONE);
        token = new Token();
        depositTokens(requester, 10 ether);
        depositTokens(controller, 10 ether);
    }

    function newFees() internal override returns (TestFees) {
        return new TestFees(FEE_BPS, 1000, uint16(BURNED_SHARE), TREASURY);
    }

    function depositToken(uint256 who, uint96 amount) external {
        depositTokens(accounts[who % 7], amount % 3 ether);
        ++calls;
    }

    function withdrawToken(uint256 who, uint96 amount) external {
        address account = accounts[who % 7];
        uint256 sum = amount % (owned[address(token)][account] + 2);
        vm.prank(account);
        (bool ok,) = address(market).call(abi.encodeCall(market.withdrawToken, (token, sum, address(0x9999))));
        vm.assertTrue(ok == (sum <= owned[address(token)][account]), "unlocked tokens always leave");
        if (ok) owned[address(token)][account] -= sum;
        ++calls;
    }

    /// @dev What is locked keeps the fee of its lock.
    function changeFee(uint16 bps) external {
        testFees.set(bps % 1001);
        ++calls;
    }

    function deposit(uint256 who, uint96 amount) external {
        address account = accounts[who % 7];
        amount = uint96(amount % 3 ether);
        vm.deal(account, amount);
        vm.prank(account);
        market.deposit{value: amount}();
        owned[address(0)][account] += amount;
        ++calls;
    }

    /// @dev What the books say is there leaves, and not a wei more.
    function withdraw(uint256 who, uint96 amount) external {
        address account = accounts[who % 7];
        uint256 sum = amount % (owned[address(0)][account] + 2);
        vm.prank(account);
        (bool ok,) = address(market).call(abi.encodeCall(market.withdraw, (sum, payable(address(0x9999)))));
        vm.assertTrue(ok == (sum <= owned[address(0)][account]), "withdrawals of unlocked funds always work");
        if (ok) owned[address(0)][account] -= sum;
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

    /// @dev Somebody else sends a lock that the controller authorised, within its limits or not.
    function lockFor(uint96 min, uint96 rise, uint96 base, uint32 length, uint8 limits) external {
        Entry storage e = open(min, rise, base, length);
        uint256 price = market.priceAt(e.request, uint64(block.timestamp));
        uint256 collateral = market.collateralOf(e.request, operator);
        LockAuthorization memory a = LockAuthorization({
            requestId: e.id,
            locker: controller,
            operatorId: operator,
            minPrice: uint128(price + limits % 2),
            maxCollateral: uint128(collateral - (limits % 3 == 0 && collateral != 0 ? 1 : 0)),
            deadline: uint64(block.timestamp),
            nonce: entries.length
        });
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901", market.domainSeparator(), keccak256(abi.encode(ProofRequestLib.LOCK_TYPEHASH, a))
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CONTROLLER_KEY, digest);
        bytes memory call =
            abi.encodeCall(market.lockFor, (e.request, sign(e.request), a, abi.encodePacked(r, s, v), NO_SHARES));
        lockBy(e, ANYONE, call, true, a.minPrice <= price && a.maxCollateral >= collateral);
    }

    /// @dev Serves a request without a lock.
    function serve(uint256 i, bool signed) external {
        if (entries.length == 0 || stopped) return;
        Entry storage e = entries[i % entries.length];
        address t = e.request.paymentToken;
        bool agreed = e.state == IProofMarket.RequestState.Open || e.state == IProofMarket.RequestState.None && signed;
        uint256 price = market.priceAt(e.request, uint64(block.timestamp));
        bool inTime = block.timestamp <= uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout;
        bool funded = owned[t][requester] >= price + e.request.relayFee;
        bytes memory signature = signed ? sign(e.request) : bytes("");
        IProofMarket.Proven memory p = proven(receiptOf(e.request, OTHER_LEAF_TAG));
        vm.prank(ANYONE);
        bool ok = send(abi.encodeCall(market.fulfilOpen, (e.request, signature, p, NO_SHARES)));
        vm.assertTrue(ok == (agreed && inTime && funded && takesFee(e)), "fulfilOpen: agreed, in time, funded");
        if (!ok) return;
        (e.price, e.feeBps) = (price, testFees.current());
        owned[t][requester] -= price + e.request.relayFee;
        escrow[t] += price + e.request.relayFee;
        pay(e, ANYONE);
        --paid;
    }

    /// @dev Another operator serves what was locked.
    function rescue(uint256 i, bool own) external {
        if (entries.length == 0 || stopped) return;
        Entry storage e = pick(i);
        bool allowed = e.state == IProofMarket.RequestState.Locked && !own && block.timestamp >= firstRescue(e)
            && block.timestamp <= uint256(e.request.offer.rampStart) + e.request.offer.timeout;
        IProofMarket.Proven memory p = proven(receiptOf(e.request, own ? 1001 : OTHER_LEAF_TAG));
        bool ok = send(abi.encodeCall(market.rescue, (e.request, p)));
        vm.assertTrue(ok == allowed, "rescue: locked, late, in time, by another");
        if (!ok) return;
        address t = e.request.paymentToken;
        end(e, IProofMarket.RequestState.Rescued);
        uint256 reward = e.collateral * 2 / 5;
        owned[t][PAYEE] += reward;
        owned[t][requester] += e.price + e.request.relayFee;
        burnedSum[t] += e.collateral - reward;
        ++slashed;
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
        bool due = block.timestamp > uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout + GRACE;
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
        bool allowed = e.state == IProofMarket.RequestState.Locked && inTime && (e.price <= SLICE / 2 || inToken(e));
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
        vm.assertTrue(ok == (allowed && !inToken(e)), "fulfil: claimed and final, in ether");
        if (!ok) {
            ok = send(abi.encodeCall(market.fulfilClaimed, (e.request, NO_SHARES)));
            vm.assertTrue(ok == allowed, "fulfilClaimed: claimed and final");
        }
        if (ok) pay(e, relayer);
    }

    function fulfilAll() external {
        bytes32[] memory ids = new bytes32[](entries.length);
        uint256 expected;
        for (uint256 i; i < entries.length; ++i) {
            Entry storage e = entries[i];
            ids[i] = e.id;
            if (e.state != IProofMarket.RequestState.Claimed || e.voided || !isFinal(e) || inToken(e)) continue;
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
        if (anchor.recordOf(h.verifierKey, h.nullifier).recordedAt != 0 || block.timestamp - h.launchedAt > MAX_AGE) {
            return;
        }
        recorded(h, ANYONE);
        uint256 last = uint256(e.request.offer.rampStart) + e.request.offer.timeout;
        if (e.reopenedUntil > last) last = e.reopenedUntil;
        bool ok = send(abi.encodeCall(market.fulfilRecorded, (e.request, proven(h), NO_SHARES)));
        vm.assertTrue(ok == (e.state.isHeld() && block.timestamp <= last), "fulfilRecorded: held and in time");
        if (ok) pay(e, ANYONE);
    }

    function slash(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pick(i);
        bool allowed = e.state.isHeld() && e.state != IProofMarket.RequestState.Claimed && !stopped && isOverdue(e)
            && !isNeutral(e);
        vm.prank(ANYONE);
        bool ok = send(abi.encodeCall(market.slash, (e.request)));
        vm.assertTrue(ok == allowed, "slash: a default, late enough, verifier in use");
        if (!ok) return;
        end(e, IProofMarket.RequestState.Slashed);
        uint256 caller = e.collateral / 10;
        uint256 share = e.collateral / 2 - caller;
        if (share > e.price) share = e.price;
        address t = e.request.paymentToken;
        owned[t][ANYONE] += caller;
        owned[t][requester] += share + e.price + e.request.relayFee;
        burnedSum[t] += e.collateral - caller - share;
        ++slashed;
    }

    function unwind(uint256 i, bool locker) external {
        if (entries.length == 0) return;
        Entry storage e = i % 2 == 0 ? pick(i / 2) : pickDemanded(i / 2);
        bool final_ = e.state == IProofMarket.RequestState.Claimed && !e.voided && isFinal(e);
        bool allowed = stopped && e.state.isHeld() && !final_ || isNeutral(e) && (locker || isOverdue(e));
        vm.prank(locker ? controller : ANYONE);
        bool ok = send(abi.encodeCall(market.unwind, (e.request)));
        vm.assertTrue(ok == allowed, "unwind: held, stopped, not final; or without the input that was demanded");
        if (!ok) return;
        if (!stopped) ++neutral;
        end(e, IProofMarket.RequestState.Unwound);
        ++unwound;
        owned[e.request.paymentToken][requester] += e.price + e.request.relayFee;
        owned[e.request.paymentToken][controller] += e.collateral;
    }

    /// @dev The locker demands an input, or a stranger; with the bond, more or less.
    function demandInput(uint256 i, uint8 who, uint8 more) external {
        if (entries.length == 0) return;
        Entry storage e = pickDemandable(i);
        bool stranger = who % 8 == 0;
        uint256 bond = market.inputBond();
        uint256 sent = bond + more % 8 - (more % 8 == 0 ? 1 : 0);
        bool allowed = isDemandable(e) && !stranger && !stopped && sent >= bond;
        address account = stranger ? ANYONE : controller;
        vm.deal(account, sent);
        vm.prank(account);
        ++calls;
        (bool ok,) = address(market).call{value: sent}(abi.encodeCall(market.demandInput, (e.request)));
        vm.assertTrue(ok == allowed, "demandInput: locked, by the locker, once, early, for the bond");
        if (!ok) return;
        (e.demand, e.answerBy) = (DemandState.Open, uint64(block.timestamp) + GRACE);
        bonds += bond;
        owned[address(0)][account] += sent - bond;
    }

    /// @dev Anybody shows an input, or something else.
    function answerInput(uint256 i, uint256 who, uint8 what) external {
        if (entries.length == 0) return;
        Entry storage e = pickDemanded(i);
        bool wrong = what % 8 == 0;
        bool allowed = e.demand == DemandState.Open && block.timestamp <= e.answerBy && !wrong;
        address account = accounts[who % 7];
        vm.prank(account);
        bool ok = send(abi.encodeCall(market.answerInput, (e.request, wrong ? bytes("else") : bytes("input"))));
        vm.assertTrue(ok == allowed, "answerInput: open, in time, the input");
        if (!ok) return;
        (e.demand, e.answeredAt) = (DemandState.Answered, uint64(block.timestamp));
        uint256 bond = market.inputDemandOf(e.id).bond;
        bonds -= bond;
        owned[address(0)][account] += bond;
        ++answeredCount;
    }

    function closeDemand(uint256 i) external {
        if (entries.length == 0) return;
        Entry storage e = pickDemanded(i);
        bool allowed = e.demand == DemandState.Open && block.timestamp > e.answerBy;
        bool ok = send(abi.encodeCall(market.closeInputDemand, (e.id)));
        vm.assertTrue(ok == allowed, "closeInputDemand: open, and too late for an answer");
        if (!ok) return;
        e.demand = DemandState.Closed;
        uint256 bond = market.inputDemandOf(e.id).bond;
        bonds -= bond;
        owned[address(0)][controller] += bond;
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

    /// @dev Mostly one whose demand is open, if there is any.
    function pickDemanded(uint256 i) private view returns (Entry storage) {
        for (uint256 k; i % 8 != 0 && k < entries.length; ++k) {
            Entry storage e = entries[(i / 8 + k) % entries.length];
            if (e.demand == DemandState.Open) return e;
        }
        return entries[i / 8 % entries.length];
    }

    /// @dev Mostly one whose input can be demanded, if there is any.
    function pickDemandable(uint256 i) private view returns (Entry storage) {
        for (uint256 k; i % 8 != 0 && k < entries.length; ++k) {
            Entry storage e = entries[(i / 8 + k) % entries.length];
            if (isDemandable(e)) return e;
        }
        return entries[i / 8 % entries.length];
    }

    function isDemandable(Entry storage e) private view returns (bool) {
        uint256 deadline = uint256(e.request.offer.rampStart) + e.request.offer.timeout;
        return e.state == IProofMarket.RequestState.Locked && e.demand == DemandState.None
            && block.timestamp + 2 * GRACE <= deadline;
    }

    function firstRescue(Entry storage e) private view returns (uint256 from) {
        if (e.demand == DemandState.Open || e.demand == DemandState.Closed) return type(uint256).max;
        uint256 between = e.request.offer.timeout - e.request.offer.lockTimeout;
        from = uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout + (between + 1) / 2 + 1;
        if (e.demand == DemandState.Answered && e.answeredAt + GRACE > from) from = e.answeredAt + GRACE;
    }

    /// @dev Late enough for a slash.
    function isOverdue(Entry storage e) private view returns (bool) {
        uint256 closed = uint256(e.request.offer.rampStart) + e.request.offer.timeout + WINDOW;
        if (e.reopenedUntil > closed) closed = e.reopenedUntil;
        return block.timestamp > closed + GRACE;
    }

    /// @dev The input was demanded and not shown, and the locker did not claim.
    function isNeutral(Entry storage e) private view returns (bool) {
        bool unanswered = e.demand == DemandState.Closed || e.demand == DemandState.Open && block.timestamp > e.answerBy;
        return unanswered && e.state == IProofMarket.RequestState.Locked;
    }

    function open(uint96 min, uint96 rise, uint96 base, uint32 length) private returns (Entry storage e) {
        e = entries.push();
        ProofRequest memory r = request();
        r.offer.minPrice = min % 0.6 ether;
        r.offer.maxPrice = r.offer.minPrice + rise % 0.2 ether;
        r.offer.rampLength = length % 3601;
        r.baseCollateral = base % 0.3 ether;
        // Two of three leave time for a demand.
        if (length % 3 != 0) r.offer.timeout = uint32(4 * GRACE);
        // A quarter is paid in the token.
        if (base % 4 == 0) r.paymentToken = address(token);
        e.request = r;
        e.id = market.requestIdOf(r);
    }

    function tryLock(Entry storage e, bytes memory signature) private {
        bytes memory call = abi.encodeCall(market.lock, (e.request, signature, operator, NO_SHARES));
        lockBy(e, controller, call, signature.length != 0, true);
    }

    function lockBy(Entry storage e, address sender, bytes memory call, bool signed, bool authorized) private {
        uint256 price = market.priceAt(e.request, uint64(block.timestamp));
        uint256 collateral = market.collateralOf(e.request, operator);
        bool allowed = authorized && isLockable(e, signed, price, collateral);
        vm.prank(sender);
        bool ok = send(call);
        vm.assertTrue(ok == allowed, "lock");
        if (!ok) return;
        (e.state, e.price, e.collateral) = (IProofMarket.RequestState.Locked, price, collateral);
        e.feeBps = testFees.current();
        vm.assertTrue(e.request.offer.minPrice <= price && price <= e.request.offer.maxPrice, "min <= price <= max");
        address t = e.request.paymentToken;
        owned[t][requester] -= price + e.request.relayFee;
        owned[t][controller] -= collateral;
        escrow[t] += price + e.request.relayFee + collateral;
    }

    function isLockable(Entry storage e, bool signed, uint256 price, uint256 collateral) private view returns (bool) {
        if (stopped || !takesFee(e)) return false;
        if (block.timestamp > uint256(e.request.offer.rampStart) + e.request.offer.lockTimeout) return false;
        bool agreed = e.state == IProofMarket.RequestState.Open || e.state == IProofMarket.RequestState.None && signed;
        address t = e.request.paymentToken;
        bool funded = owned[t][requester] >= price + e.request.relayFee && owned[t][controller] >= collateral;
        uint256 needed = uint256(e.request.offer.rampStart) + e.request.offer.timeout + WINDOW + 2 * REVEAL + GRACE;
        return agreed && funded && operators.operatorOf(operator).validUntil >= needed;
    }

    function pay(Entry storage e, address relay) private {
        address t = e.request.paymentToken;
        end(e, IProofMarket.RequestState.Fulfilled);
        uint256 fee = e.price * e.feeBps / 10_000;
        uint256 burnt = (fee * BURNED_SHARE + 9_999) / 10_000;
        owned[t][PAYEE] += e.price - fee;
        owned[t][relay] += e.request.relayFee;
        owned[t][controller] += e.collateral;
        owned[t][TREASURY] += fee - burnt;
        burnedSum[t] += burnt;
        ++paid;
    }

    function end(Entry storage e, IProofMarket.RequestState state) private {
        escrow[e.request.paymentToken] -= e.price + e.request.relayFee + e.collateral;
        e.state = state;
        ++e.ends;
    }

    function depositTokens(address account, uint256 amount) private {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(market), amount);
        market.depositToken(token, amount);
        vm.stopPrank();
        owned[address(token)][account] += amount;
    }

    function inToken(Entry storage e) private view returns (bool) {
        return e.request.paymentToken != address(0);
    }

    /// @dev The requester accepts the fee that holds now.
    function takesFee(Entry storage e) private view returns (bool) {
        return testFees.current() <= e.request.maxProtocolFeeBps;
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
