// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "../base/Vm.sol";
import {Test} from "../base/Test.sol";
import {Role, Surface} from "./Surface.sol";

/// @dev The list of functions is the artifacts' list, and what it says of the admin holds: it has a role in two contracts, and
///      neither of them holds anything.
contract SurfaceTest is Test, Surface {
    string private constant FOLDER = "contracts/artifacts/";

    function test_every_function_of_every_artifact_is_in_the_list_and_no_other() public view {
        string[] memory contracts = artifacts();
        uint256 seen;
        for (uint256 i; i < contracts.length; ++i) {
            string[] memory names = changing(contracts[i]);
            uint256 listed = listedOf(contracts[i]);
            for (uint256 k; k < names.length; ++k) {
                string memory what = string.concat(contracts[i], ".", names[k]);
                vm.assertEq(timesListed(contracts[i], names[k]), 1, string.concat(what, " is in the list once"));
                for (uint256 j; j < k; ++j) {
                    vm.assertFalse(
                        same(names[j], names[k]), string.concat(what, " is overloaded: the list goes by name")
                    );
                }
            }
            vm.assertEq(names.length, listed, string.concat("the list has a function that is gone from ", contracts[i]));
            seen += names.length;
        }
        vm.assertEq(seen, surface().length, "the list names a contract that is not deployed");
        vm.assertTrue(contracts.length > 16 && seen > 50, "there is something to compare");
    }

    function test_the_admin_has_a_role_in_router_fee_schedule_and_timelock_alone() public view {
        Entry[] memory entries = surface();
        for (uint256 i; i < entries.length; ++i) {
            Role role = entries[i].role;
            if (role == Role.Anyone || role == Role.Market || role == Role.Attestor) continue;
            string memory name = entries[i].contractName;
            bool admin = same(name, "VerifierRouter") || same(name, "FeeSchedule") || same(name, "Timelock");
            vm.assertTrue(admin, string.concat(name, ".", entries[i].functionName));
        }
    }

    /// @dev So no function of theirs can move what somebody put in. (The timelock takes ether, for its own operations.)
    function test_router_fee_schedule_scores_and_view_take_no_ether() public view {
        string[4] memory names = ["VerifierRouter", "FeeSchedule", "TrustScores", "ValidationView"];
        for (uint256 i; i < names.length; ++i) {
            string memory json = vm.readFile(string.concat(FOLDER, names[i], ".json"));
            string memory filter = "$.abi[?(@.stateMutability == 'payable')].type";
            vm.assertEq(select(json, filter).length, 0, names[i]);
        }
    }

    /// @dev The generated verifiers are a fallback each, and change nothing; the timelock takes ether.
    function test_nothing_is_done_by_a_call_that_the_list_does_not_know() public view {
        string[] memory contracts = artifacts();
        for (uint256 i; i < contracts.length; ++i) {
            string memory json = vm.readFile(string.concat(FOLDER, contracts[i], ".json"));
            uint256 found = select(json, "$.abi[?(@.type == 'fallback')].type").length
                + select(json, "$.abi[?(@.type == 'receive')].type").length;
            bool generated = bytes(contracts[i]).length > 13 && same(ending(contracts[i], 13), "Halo2Verifier");
            uint256 expected = generated || same(contracts[i], "Timelock") ? 1 : 0;
            vm.assertEq(found, expected, contracts[i]);
        }
    }

    /// @dev No owner, no pause, no upgrade: under whatever name, they would also be in the list above.
    function test_what_holds_funds_leaves_and_scores_has_nobody_over_it() public view {
        string[6] memory names = [
            "OperatorRegistry", "CapsuleRegistry", "ReceiptAnchor", "ProofMarket", "VerificationMarket", "TrustScores"
        ];
        string[10] memory signs = [
            "owner",
            "guardian",
            "successor",
            "admin",
            "pause",
            "paused",
            "hasRole",
            "upgradeToAndCall",
            "proxiableUUID",
            "implementation"
        ];
        for (uint256 i; i < names.length; ++i) {
            string[] memory all = functions(names[i], "");
            for (uint256 k; k < all.length; ++k) {
                for (uint256 j; j < signs.length; ++j) {
                    vm.assertFalse(same(all[k], signs[j]), string.concat(names[i], ".", all[k]));
                }
            }
        }
    }

    function artifacts() private view returns (string[] memory names) {
        Vm.DirEntry[] memory files = vm.readDir(FOLDER);
        names = new string[](files.length);
        for (uint256 i; i < files.length; ++i) {
            names[i] = stem(files[i].path);
        }
    }

    function changing(string memory contractName) private view returns (string[] memory) {
        return functions(contractName, " && @.stateMutability != 'view' && @.stateMutability != 'pure'");
    }

    function functions(string memory contractName, string memory which) private view returns (string[] memory) {
        string memory json = vm.readFile(string.concat(FOLDER, contractName, ".json"));
        return select(json, string.concat("$.abi[?(@.type == 'function'", which, ")].name"));
    }

    /// @dev The strings at a path that matches any number of places: forge gives one by itself and several as a list. The third
    ///      word tells, if there is one: of a list it is the first offset, of a single string its text, which begins with a letter.
    function select(string memory json, string memory path) private pure returns (string[] memory found) {
        bytes memory raw = vm.parseJson(json, path);
        if (raw.length <= 64) return found;
        uint256 third;
        assembly ("memory-safe") {
            third := mload(add(raw, 96))
        }
        if (third >> 248 == 0) return abi.decode(raw, (string[]));
        found = new string[](1);
        found[0] = abi.decode(raw, (string));
    }

    function listedOf(string memory contractName) private view returns (uint256 count) {
        Entry[] memory entries = surface();
        for (uint256 i; i < entries.length; ++i) {
            if (same(entries[i].contractName, contractName)) ++count;
        }
    }

    function timesListed(string memory contractName, string memory functionName) private view returns (uint256 count) {
        Entry[] memory entries = surface();
        for (uint256 i; i < entries.length; ++i) {
            if (same(entries[i].contractName, contractName) && same(entries[i].functionName, functionName)) ++count;
        }
    }

    function ending(string memory text, uint256 length) private pure returns (string memory) {
        bytes memory end = new bytes(length);
        for (uint256 i; i < length; ++i) {
            end[i] = bytes(text)[bytes(text).length - length + i];
        }
        return string(end);
    }

    /// @dev A file's name without folder and ".json".
    function stem(string memory path) private pure returns (string memory) {
        bytes memory text = bytes(path);
        uint256 from = text.length;
        while (from != 0 && text[from - 1] != "/") --from;
        bytes memory name = new bytes(text.length - from - 5);
        for (uint256 i; i < name.length; ++i) {
            name[i] = text[from + i];
        }
        return string(name);
    }
}
