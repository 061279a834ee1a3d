// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "../../contracts/test/base/Vm.sol";

/// @title Artifact: the checked-in code of `contracts/artifacts`, linked
/// @dev From the files and not by import: what is deployed is then, byte for byte, what the Rust clients deploy and compare
///      with, whatever this build's settings, and the contracts that are compiled for size stay so.
library Artifact {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The code that is linked into others.
    struct Libraries {
        address poseidonT3;
        address poseidonTagged;
        address marketRules;
        address claims;
        address inputDemands;
        address tokenAccounts;
        address admission;
        address fraud;
    }

    /// @dev The code calls a library that is not deployed yet.
    error Unlinked(string contractName, string libraryName);

    function creationCode(string memory name, Libraries memory libraries) internal view returns (bytes memory code) {
        string memory json = _read(name);
        code = vm.parseJsonBytes(json, ".creationCode");
        _link(name, json, ".creationLinks", code, libraries);
    }

    /// @dev Whether the code at `at` is this contract's, whatever its constructor put into its immutables.
    function isAt(string memory name, address at, Libraries memory libraries) internal view returns (bool) {
        string memory json = _read(name);
        bytes memory expected = vm.parseJsonBytes(json, ".runtimeCode");
        bytes memory actual = at.code;
        if (actual.length != expected.length) return false;
        _link(name, json, ".runtimeLinks", expected, libraries);
        // A library begins by comparing its own address (PUSH20 0, ADDRESS, EQ), which its creation code writes there.
        if (bytes23(expected) == bytes23(uint184(0x73) << 176 | uint184(0x3014))) _put(expected, 1, at);
        uint256[] memory places = vm.parseJsonUintArray(json, ".runtimeImmutables");
        for (uint256 i; i < places.length; ++i) {
            _clear(expected, places[i]);
            _clear(actual, places[i]);
        }
        return keccak256(actual) == keccak256(expected);
    }

    function _read(string memory name) private view returns (string memory) {
        return vm.readFile(string.concat("contracts/artifacts/", name, ".json"));
    }

    function _link(
        string memory name,
        string memory json,
        string memory key,
        bytes memory code,
        Libraries memory libraries
    ) private view {
        _linkOne(name, json, key, "PoseidonT3", code, libraries.poseidonT3);
        _linkOne(name, json, key, "PoseidonTagged", code, libraries.poseidonTagged);
        _linkOne(name, json, key, "MarketRules", code, libraries.marketRules);
        _linkOne(name, json, key, "Claims", code, libraries.claims);
        _linkOne(name, json, key, "InputDemands", code, libraries.inputDemands);
        _linkOne(name, json, key, "TokenAccounts", code, libraries.tokenAccounts);
        _linkOne(name, json, key, "Admission", code, libraries.admission);
        _linkOne(name, json, key, "Fraud", code, libraries.fraud);
    }

    function _linkOne(
        string memory name,
        string memory json,
        string memory key,
        string memory libraryName,
        bytes memory code,
        address at
    ) private view {
        key = string.concat(key, ".", libraryName);
        if (!vm.keyExistsJson(json, key)) return;
        if (at == address(0)) revert Unlinked(name, libraryName);
        uint256[] memory places = vm.parseJsonUintArray(json, key);
        for (uint256 i; i < places.length; ++i) {
            _put(code, places[i], at);
        }
    }

    /// @dev Writes 20 bytes at `place`, which the compiler reserved.
    function _put(bytes memory code, uint256 place, address at) private pure {
        assembly ("memory-safe") {
            let target := add(add(code, 32), place)
            mstore(target, or(shl(96, at), and(mload(target), 0xffffffffffffffffffffffff)))
        }
    }

    /// @dev Zeroes the 32 bytes of an immutable.
    function _clear(bytes memory code, uint256 place) private pure {
        assembly ("memory-safe") {
            mstore(add(add(code, 32), place), 0)
        }
    }
}
