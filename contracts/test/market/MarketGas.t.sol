// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchRef} from "../../src/types/BatchRef.sol";
import {OperatorId} from "../../src/types/Ids.sol";
import {ProofRequest} from "../../src/types/ProofRequest.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {MarketWorld} from "../base/MarketWorld.sol";

/// @dev Execution gas of every operation in the steady state: accounts that have a balance, an operator that has facts,
///      without the transaction's own 21,000 and its calldata. CI compares the snapshot (FORGE_SNAPSHOT_CHECK=true).
///      Addresses and slots are cold, as a transaction of its own finds them, unless the name says otherwise.
contract MarketGasTest is MarketWorld {
    uint256 private constant BATCH = 32;

    function setUp() public override {
        super.setUp();
        // Payee, relayer and burned sum are not empty, the operator has a fact.
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        vm.deal(ANYONE, 1 ether);
        vm.prank(ANYONE);
        market.deposit{value: 1 ether}();
    }

    function cold() private {
        vm.cool(address(market));
        vm.cool(address(anchor));
        vm.cool(address(trust));
        vm.cool(address(operators));
        vm.cool(address(router));
        vm.cool(address(testFees));
    }

    function measure(string memory name, uint256 budget) private {
        vm.assertLe(vm.snapshotGasLastCall("nonos", name), budget, name);
    }

    function test_gas_accounts() public {
        vm.deal(address(0x99), 1 ether);
        cold();
        vm.prank(address(0x99));
        market.deposit{value: 1 ether}();
        measure("market: first deposit", 30_000);
        cold();
        vm.prank(requester);
        market.deposit{value: 1 ether}();
        measure("market: deposit", 13_000);
        cold();
        vm.prank(requester);
        market.withdraw(1 ether, payable(requester));
        measure("market: withdraw", 21_000);
    }

    function test_gas_lock() public {
        ProofRequest memory r = request();
        bytes memory signature = sign(r);
        cold();
        vm.prank(controller);
        market.lock(r, signature, operator, NO_SHARES);
        measure("market: lock, signed", 170_000);
        r = request();
        cold();
        vm.prank(requester);
        market.submit(r);
        measure("market: submit", 52_000);
        cold();
        vm.prank(controller);
        market.lock(r, "", operator, NO_SHARES);
        measure("market: lock, submitted", 120_000);
    }

    /// @dev As the anchors of the budget are measured: after the same things were done in the same transaction.
    function test_gas_lock_all_warm() public {
        lock(request());
        lock(request());
        vm.assertLe(vm.snapshotGasLastCall("nonos", "market: lock, signed, all warm"), 118_000, "lock");
    }

    function test_gas_claim_and_fulfil() public {
        (ProofRequest memory r, bytes32 id) = locked();
        ReceiptHeader memory h = receipt(r);
        BatchRef memory batch = anchored(h);
        cold();
        claim(r, h, batch);
        vm.snapshotGasLastCall("nonos", "market: claim");
        vm.warp(START + WINDOW);
        cold();
        market.fulfil(id);
        measure("market: fulfil", 87_000);
    }

    function test_gas_fulfil_32() public {
        bytes32[] memory ids = new bytes32[](BATCH);
        for (uint256 i; i < BATCH; ++i) {
            (, ids[i],,) = claimed();
        }
        vm.warp(START + WINDOW);
        cold();
        market.fulfilMany(ids);
        measure("market: fulfil 32", 42_000 * BATCH);
    }

    function test_gas_fulfil_recorded() public {
        (ProofRequest memory r,) = locked();
        ReceiptHeader memory h = receipt(r);
        recorded(h, relayer);
        cold();
        market.fulfilRecorded(r, proven(h), NO_SHARES);
        vm.snapshotGasLastCall("nonos", "market: fulfil recorded");
    }

    function test_gas_slash() public {
        (ProofRequest memory r, bytes32 id) = locked();
        vm.warp(market.slashableAt(id));
        cold();
        vm.prank(ANYONE);
        market.slash(r);
        measure("market: slash", 80_000);
    }

    /// @dev As execution: of the largest answer the floor price of its calldata is 4M, whatever it executes.
    function test_gas_inputs() public {
        uint8[2] memory kib = [1, 96];
        for (uint256 i; i < 2; ++i) {
            bytes memory input = new bytes(uint256(kib[i]) * 1024);
            ProofRequest memory r = request();
            r.inputHash = keccak256(input);
            r.offer.timeout = uint32(4 * GRACE);
            lock(r);
            uint256 bond = market.inputBond();
            cold();
            vm.prank(controller);
            market.demandInput{value: bond}(r);
            if (i == 0) measure("market: demand an input", 100_000);
            cold();
            vm.prank(ANYONE);
            market.answerInput(r, input);
            measure(i == 0 ? "market: answer with 1 KiB" : "market: answer with 96 KiB", i == 0 ? 60_000 : 1_000_000);
        }
    }

    function test_gas_fulfil_without_a_lock() public {
        ProofRequest memory r = request();
        ReceiptHeader memory h = receipt(r);
        bytes memory signature = sign(r);
        cold();
        vm.prank(ANYONE);
        market.fulfilOpen(r, signature, proven(h), NO_SHARES);
        vm.snapshotGasLastCall("nonos", "market: fulfil without a lock, proof check excluded");
    }

    function test_gas_rescue() public {
        enrolOther(OperatorId.wrap("other"), 1002, ANYONE);
        (ProofRequest memory r,) = locked();
        vm.warp(market.rescuableFrom(r));
        ReceiptHeader memory h = receiptOf(r, 1002);
        cold();
        vm.prank(ANYONE);
        market.rescue(r, proven(h));
        vm.snapshotGasLastCall("nonos", "market: rescue, proof check excluded");
    }
}
