// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ILaunchVerifier} from "../../src/interfaces/ILaunchVerifier.sol";
import {VerifierKey} from "../../src/types/Ids.sol";
import {VerifierRouter} from "../../src/verifier/VerifierRouter.sol";
import {Test} from "../base/Test.sol";
import {TestVerifier, TestWrapper} from "../doubles/TestVerifier.sol";

/// @dev Adds, removes and stops at random, as owner, guardian and stranger.
contract RouterHandler is Test {
    VerifierRouter public immutable router;
    TestWrapper[4] public wrappers;
    bool[4] public added;
    bool[4] public removed;
    bool public stopped;

    constructor() {
        vm.chainId(31337);
        router = new VerifierRouter(address(this), address(0x911), new ILaunchVerifier[](0));
        address generated = address(new TestVerifier());
        for (uint256 i; i < 4; ++i) {
            wrappers[i] = new TestWrapper(generated, VerifierKey.wrap(bytes32(i + 1)), true);
        }
    }

    function add(uint256 i) external {
        i %= 4;
        try router.add(wrappers[i]) {
            vm.assertFalse(stopped || removed[i] || added[i], "added against the rules");
            added[i] = true;
        } catch {
            vm.assertTrue(stopped || removed[i] || added[i], "could not add");
        }
    }

    function remove(uint256 i, bool asGuardian) external {
        i %= 4;
        if (asGuardian) vm.prank(address(0x911));
        try router.remove(VerifierKey.wrap(bytes32(i + 1))) {
            vm.assertFalse(removed[i], "removed twice");
            removed[i] = true;
        } catch {
            vm.assertTrue(removed[i], "could not remove");
        }
    }

    function stop(uint256 dice) external {
        if (dice % 16 != 0 || stopped) return;
        vm.prank(address(0x911));
        router.stop();
        stopped = true;
    }

    function interfere(uint256 what, uint256 i, address stranger) external {
        vm.assume(stranger != address(this) && stranger != address(0x911));
        bytes memory call = what % 3 == 0
            ? abi.encodeCall(router.add, (wrappers[i % 4]))
            : what % 3 == 1
                ? abi.encodeCall(router.remove, (VerifierKey.wrap(bytes32(i % 4 + 1))))
                : abi.encodeCall(router.stop, ());
        vm.prank(stranger);
        (bool ok,) = address(router).call(call);
        vm.assertFalse(ok, "a stranger changed the router");
    }
}

/// @dev Tombstones and the stop are monotone, and a key resolves iff it is in use on a running router.
contract RouterInvariant is Test {
    RouterHandler private handler;

    function setUp() public {
        handler = new RouterHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_flags_are_monotone_and_decide() public view {
        VerifierRouter router = handler.router();
        vm.assertTrue(router.stopped() == handler.stopped(), "stop");
        for (uint256 i; i < 4; ++i) {
            VerifierKey key = VerifierKey.wrap(bytes32(i + 1));
            vm.assertTrue(router.removed(key) == handler.removed(i), "tombstone");
            bool expected = handler.added(i) && !handler.removed(i) && !handler.stopped();
            try router.resolve(key) {
                vm.assertTrue(expected, "resolved against the rules");
            } catch {
                vm.assertFalse(expected, "did not resolve");
            }
        }
    }
}
