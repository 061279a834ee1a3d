// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BlockHashes} from "../../src/lib/BlockHashes.sol";
import {Vm} from "./Vm.sol";

/// @dev Block headers as real chains encode them, and the real history contract.
library Blocks {
    /// @dev Runtime code of the EIP-2935 contract, as deployed on every chain since Prague.
    bytes internal constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

    function integer(uint256 x) internal pure returns (bytes memory) {
        if (x == 0) return hex"80";
        if (x < 0x80) return abi.encodePacked(uint8(x));
        uint256 size;
        for (uint256 y = x; y != 0; y >>= 8) {
            ++size;
        }
        bytes memory digits = new bytes(size);
        for (uint256 i = size; i > 0; x >>= 8) {
            digits[--i] = bytes1(uint8(x));
        }
        return abi.encodePacked(uint8(0x80 + size), digits);
    }

    /// @dev RLP of a post-merge header: the members up to extra data, then the ones that follow in Prague.
    function header(uint256 number, uint256 timestamp) internal pure returns (bytes memory) {
        bytes memory hashes = abi.encodePacked(hex"a0", keccak256("parent"), hex"a0", keccak256("ommers"));
        bytes memory roots =
            abi.encodePacked(hex"a0", bytes32("state"), hex"a0", bytes32("txs"), hex"a0", bytes32("receipts"));
        bytes memory integers =
            abi.encodePacked(integer(0), integer(number), integer(60_000_000), integer(21_000), integer(timestamp));
        bytes memory payload = abi.encodePacked(
            hashes,
            hex"94",
            address(0xc0ffee),
            roots,
            hex"b90100",
            new bytes(256),
            integers,
            hex"80",
            hex"a0",
            bytes32("mix")
        );
        payload = abi.encodePacked(payload, hex"88", bytes8(0), integer(7), hex"a0", bytes32("withdrawals"), hex"8080");
        return abi.encodePacked(hex"f9", uint16(payload.length), payload);
    }

    function installHistory(Vm vm) internal {
        vm.etch(BlockHashes.HISTORY, HISTORY_CODE);
    }

    function remember(Vm vm, uint256 number, bytes32 hash) internal {
        vm.store(BlockHashes.HISTORY, bytes32(number % 8191), hash);
    }
}
