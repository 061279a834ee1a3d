// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofMarket} from "../../src/interfaces/IProofMarket.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {InstallLeaf, OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev A receipt whose install was only attested serves a request that says so, on every way to be paid, and no other.
contract AttestedInstallTest is MarketWorld {
    uint256 private root;

    function setUp() public override {
        super.setUp();
        vm.prank(attestorAddress());
        root = capsules.admitAttested(InstallLeaf.wrap(7001));
        enrolOther(OperatorId.wrap("other"), 1002, ANYONE);
    }

    function requestOf(uint8 assurance) private returns (ProofRequest memory r) {
        r = request();
        r.assurance = assurance;
    }

    function attested(ProofRequest memory r) private returns (ReceiptHeader memory h) {
        h = receipt(r);
        h.installRoot = root;
    }

    function reason() private view returns (bytes memory) {
        return abi.encodeWithSelector(IProofMarket.InstallOnlyAttested.selector, root);
    }

    function test_a_claim() public {
        ProofRequest memory r = requestOf(0);
        lock(r);
        ReceiptHeader memory h = attested(r);
        IProofMarket.Evidence memory e = evidence(h, anchored(h));
        expect(reason());
        vm.prank(controller);
        market.claim(r, e);
        r = requestOf(2);
        lock(r);
        h = attested(r);
        claim(r, h, anchored(h));
    }

    function test_a_recorded_receipt() public {
        for (uint8 assurance; assurance < 4; ++assurance) {
            ProofRequest memory r = requestOf(assurance);
            bytes32 id = lock(r);
            ReceiptHeader memory h = attested(r);
            recorded(h, ANYONE);
            if (assurance < 2) expect(reason());
            market.fulfilRecorded(r, proven(h), NO_SHARES);
            if (assurance >= 2) assertState(id, IProofMarket.RequestState.Fulfilled, "paid");
        }
    }

    function test_a_receipt_without_a_lock() public {
        for (uint8 assurance; assurance < 4; ++assurance) {
            ProofRequest memory r = requestOf(assurance);
            IProofMarket.Proven memory p = proven(attested(r));
            bytes memory signature = sign(r);
            if (assurance < 2) expect(reason());
            market.fulfilOpen(r, signature, p, NO_SHARES);
        }
    }

    function test_a_rescue() public {
        for (uint8 assurance; assurance < 4; ++assurance) {
            ProofRequest memory r = requestOf(assurance);
            lock(r);
            vm.warp(market.rescuableFrom(r));
            ReceiptHeader memory h = receiptOf(r, 1002);
            h.installRoot = root;
            if (assurance < 2) expect(reason());
            market.rescue(r, proven(h));
        }
    }

    /// @dev Bit 0 and bit 1 are independent.
    function test_recorded_and_attested_still_takes_no_claim() public {
        ProofRequest memory r = requestOf(3);
        bytes32 id = lock(r);
        ReceiptHeader memory h = attested(r);
        IProofMarket.Evidence memory e = evidence(h, anchored(h));
        expect(abi.encodeWithSelector(IProofMarket.RecordRequired.selector, id));
        vm.prank(controller);
        market.claim(r, e);
    }

    function test_an_install_proven_on_chain_serves_every_request() public {
        for (uint8 assurance; assurance < 4; ++assurance) {
            ProofRequest memory r = requestOf(assurance);
            market.fulfilOpen(r, sign(r), proven(receipt(r)), NO_SHARES);
        }
    }
}
