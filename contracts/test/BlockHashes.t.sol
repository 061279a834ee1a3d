// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BlockHashes} from "../src/lib/BlockHashes.sol";
import {Blocks} from "./base/Blocks.sol";
import {Test} from "./base/Test.sol";

/// @dev What the chain knows of its own blocks, and the time inside a header.
contract BlockHashesTest is Test {
    function known(uint256 number) external view returns (bytes32) {
        return BlockHashes.known(number);
    }

    function timestamp(bytes calldata header) external pure returns (uint64) {
        return BlockHashes.timestamp(header);
    }

    function test_hashes_reach_8191_blocks_back_and_not_further() public {
        vm.roll(20_000);
        Blocks.installHistory(vm);
        for (uint256 back = 1; back <= 8192; back = back * 2) {
            uint256 number = 20_000 - back;
            bytes32 hash = keccak256(abi.encode(number));
            if (back <= 256) vm.setBlockhash(number, hash);
            else Blocks.remember(vm, number, hash);
            vm.assertEq(this.known(number), back <= 8191 ? hash : bytes32(0), "known");
        }
        Blocks.remember(vm, 20_000 - 8191, "oldest");
        vm.assertEq(this.known(20_000 - 8191), "oldest", "8,191 back is the oldest");
        vm.assertEq(this.known(20_000), 0, "this block");
        vm.assertEq(this.known(20_001), 0, "the future");
        vm.assertEq(this.known(type(uint64).max), 0, "nonsense");
    }

    function test_without_a_history_contract_256_blocks_are_known() public {
        vm.roll(20_000);
        vm.setBlockhash(19_744, "a");
        vm.assertEq(this.known(19_744), "a", "256 back");
        vm.assertEq(this.known(19_743), 0, "257 back");
    }

    function test_fuzz_time_is_read_from_any_header(uint64 number, uint64 time) public view {
        vm.assertEq(this.timestamp(Blocks.header(number, time)), time, "time");
    }

    function test_fuzz_garbage_reverts_or_gives_a_number(bytes memory garbage) public view {
        try this.timestamp(garbage) {}
        catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == BlockHashes.MalformedBlockHeader.selector, "named error");
        }
    }

    function test_fuzz_cut_headers_revert(uint256 cut) public {
        bytes memory header = Blocks.header(123_456, 1_800_000_000);
        uint256 length = bound(cut, 0, 455);
        assembly {
            mstore(header, length)
        }
        vm.expectRevert(abi.encodeWithSelector(BlockHashes.MalformedBlockHeader.selector, length));
        this.timestamp(header);
    }
}
