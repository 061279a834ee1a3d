// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {FeeShare} from "../../src/types/FeeShare.sol";
import {CapsuleLeaf, Nullifier, OperatorId, PublisherId} from "../../src/types/Ids.sol";
import {Offer, ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {TestFees} from "../doubles/TestFees.sol";
import {TestVerifier} from "../doubles/TestVerifier.sol";
import {Market} from "./Market.sol";
import {World} from "./World.sol";

/// @dev A world with a market: a funded requester that signs, a funded locker (the operator's controller), a bonded
///      relayer, and requests, receipts and batches of two leaves that are in order.
abstract contract MarketWorld is World {
    uint16 internal constant FEE_BPS = 250;
    uint16 internal constant FLOOR_BPS = 2000;
    uint64 internal constant GRACE = 1 hours;
    uint128 internal constant REFERENCE_FEE = 0.001 ether;
    uint256 internal constant REQUESTER_KEY = uint256(keccak256("requester key"));
    bytes internal constant PROOF = "a launch proof";
    bytes32 internal constant OTHER_LEAF = keccak256("somebody else's leaf");
    address internal constant PAYEE = address(0xfee);
    address internal constant ANYONE = address(0xa11);

    address internal requester = vm.addr(REQUESTER_KEY);
    address internal relayer = address(0x4e1a);
    FeeShare[] internal NO_SHARES;
    TestFees internal testFees;
    IProofMarket internal market;
    ITrustScores internal trust;
    CapsuleLeaf internal capsule;
    uint256 private nonce;

    function setUp() public virtual override {
        super.setUp();
        capsule = capsules.leafOf(entry(1));
        testFees = newFees();
        (market, trust) = newMarket(FLOOR_BPS, GRACE, REFERENCE_FEE);
        vm.deal(requester, 100 ether);
        vm.deal(relayer, 100 ether);
        vm.prank(requester);
        market.deposit{value: 10 ether}();
        vm.prank(controller);
        market.deposit{value: 10 ether}();
        vm.prank(relayer);
        anchor.depositBond{value: 50 ether}();
        generated.tell(TestVerifier.Answer.One, 0);
    }

    /// @dev All of the fee is burned, unless a test says otherwise.
    function newFees() internal virtual returns (TestFees) {
        return new TestFees(FEE_BPS, 1000, 10_000, address(0));
    }

    /// @dev The scores first, with the address that the market will have, and that the registry knows: once per world.
    function newMarket(uint16 floorBps, uint64 grace, uint128 referenceFee)
        internal
        returns (IProofMarket m, ITrustScores t)
    {
        t = ITrustScores(deploy("TrustScores.sol:TrustScores", abi.encode(marketAddress(), referenceFee)));
        bytes memory code = vm.getCode("ProofMarket.sol:ProofMarket");
        m = IProofMarket(factory.create(bytes.concat(code, abi.encode(anchor, t, testFees, floorBps, grace))));
    }

    /// @dev A request that can be locked now, for another salt each time.
    function request() internal returns (ProofRequest memory r) {
        r = Market.request(requester, address(anchor), KEY, publisher, capsule);
        r.salt = ++nonce;
        r.offer.rampStart = uint64(block.timestamp);
        r.earliestLaunch = uint64(block.timestamp) - 100;
    }

    function sign(ProofRequest memory r) internal view returns (bytes memory) {
        return signWith(REQUESTER_KEY, r);
    }

    function signWith(uint256 key, ProofRequest memory r) internal view returns (bytes memory) {
        (uint8 v, bytes32 r_, bytes32 s) = vm.sign(key, market.requestIdOf(r));
        return abi.encodePacked(r_, s, v);
    }

    function lock(ProofRequest memory r) internal returns (bytes32 id) {
        bytes memory signature = sign(r);
        vm.prank(controller);
        (id,) = market.lock(r, signature, operator, NO_SHARES);
    }

    function locked() internal returns (ProofRequest memory r, bytes32 id) {
        r = request();
        id = lock(r);
    }

    /// @dev A receipt that serves the request, launched now.
    function receipt(ProofRequest memory r) internal returns (ReceiptHeader memory h) {
        h = goodHeader();
        h.flags = 3;
        h.capsuleTag = CapsuleLeaf.unwrap(r.capsuleLeaf);
        h.operatorTag = 1001;
        h.nullifier = Nullifier.wrap(1_000_000 + ++nonce);
        h.launchedAt = uint64(block.timestamp);
        h.requestId = market.requestIdOf(r);
        h.inputHash = r.inputHash;
        h.payee = PAYEE;
    }

    /// @dev A batch whose first leaf is the receipt's.
    function anchored(ReceiptHeader memory h) internal returns (BatchRef memory batch) {
        batch = Market.batch(relayer, anchor.leafOf(h, keccak256(PROOF)), OTHER_LEAF);
        vm.prank(relayer);
        anchor.anchorBatch(batch.root, batch.size, batch.dataCommitment);
    }

    function evidence(ReceiptHeader memory h, BatchRef memory batch)
        internal
        view
        returns (IProofMarket.Evidence memory)
    {
        bytes32[] memory path = new bytes32[](1);
        path[0] = OTHER_LEAF;
        return IProofMarket.Evidence(batch, 0, path, h, PROOF, notBefore);
    }

    function claim(ProofRequest memory r, ReceiptHeader memory h, BatchRef memory batch) internal {
        vm.prank(controller);
        market.claim(r, evidence(h, batch));
    }

    /// @dev A request that is locked and claimed with a leaf that is not final.
    function claimed() internal returns (ProofRequest memory r, bytes32 id, ReceiptHeader memory h, BatchRef memory b) {
        (r, id) = locked();
        h = receipt(r);
        b = anchored(h);
        claim(r, h, b);
    }

    /// @dev Proves the first leaf of the batch fraudulent: the verifier accepts nothing meanwhile.
    function voidLeaf(ReceiptHeader memory h, BatchRef memory batch) internal {
        generated.tell(TestVerifier.Answer.Revert, 0);
        bytes32 salt = "salt";
        bytes32[] memory path = new bytes32[](1);
        path[0] = OTHER_LEAF;
        anchor.commitChallenge(keccak256(abi.encode(address(this), Market.idOf(batch), uint32(0), salt)));
        vm.roll(block.number + 1);
        anchor.challengeLeaf(batch, 0, path, h, PROOF, salt);
        generated.tell(TestVerifier.Answer.One, 0);
    }

    /// @dev Lets the batch fall by a demand for its other leaf that nobody answers. Takes half a day.
    function fell(BatchRef memory batch) internal {
        uint256 bond = anchor.demandBond();
        vm.deal(address(this), bond);
        anchor.demandReveal{value: bond}(batch, 1);
        vm.warp(block.timestamp + REVEAL + 1);
        anchor.closeDemand(batch, 1);
    }

    function recorded(ReceiptHeader memory h, address by) internal {
        vm.prank(by);
        anchor.verifyNow(h, PROOF, publisher, notBefore);
    }

    /// @dev Another publisher that lists the same capsule.
    function secondPublisher() internal returns (PublisherId second) {
        vm.startPrank(publisherAccount);
        second = capsules.registerPublisher("second key", PUBLISHER_LEAF + 1, "");
        ICapsuleRegistry.CapsuleEntry[] memory entries = new ICapsuleRegistry.CapsuleEntry[](1);
        entries[0] = entry(1);
        capsules.publish(second, entries);
        vm.stopPrank();
    }

    /// @dev What serves a request that nobody recorded yet.
    function proven(ReceiptHeader memory h) internal view returns (IProofMarket.Proven memory) {
        return IProofMarket.Proven(h, PROOF, notBefore);
    }

    /// @dev Another operator, with another controller and leaf; gives a receipt of it for the request, launched now.
    function enrolOther(OperatorId id, uint256 leaf, address otherController) internal {
        address own = controller;
        controller = otherController;
        vm.deal(otherController, 100 ether);
        enrol(id, leaf, 1);
        controller = own;
    }

    function receiptOf(ProofRequest memory r, uint256 leaf) internal returns (ReceiptHeader memory h) {
        h = receipt(r);
        h.operatorTag = leaf;
    }

    function expect(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function assertState(bytes32 id, IProofMarket.RequestState state, string memory why) internal view {
        vm.assertEq(uint256(market.stateOf(id)), uint256(state), why);
    }

    /// @dev Nothing is set aside: all ether is balances and the burned sum.
    function assertSettled() internal view {
        uint256 sum = market.balanceOf(requester) + market.balanceOf(controller) + market.balanceOf(relayer)
            + market.balanceOf(PAYEE) + market.balanceOf(ANYONE) + market.burned();
        vm.assertEq(address(market).balance, sum, "all ether is accounted for");
    }

    receive() external payable {}
}
