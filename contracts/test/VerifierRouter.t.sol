// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ILaunchVerifier} from "../src/interfaces/ILaunchVerifier.sol";
import {IOwned} from "../src/interfaces/IOwned.sol";
import {IVerifierRouter} from "../src/interfaces/IVerifierRouter.sol";
import {VerifierKey} from "../src/types/Ids.sol";
import {VerifierRouter} from "../src/verifier/VerifierRouter.sol";
import {World} from "./base/World.sol";
import {TestVerifier, TestWrapper} from "./doubles/TestVerifier.sol";

/// @dev Keys go from unset to in use to removed, the router from running to stopped, and nothing goes back.
contract VerifierRouterTest is World {
    VerifierKey private constant OTHER = VerifierKey.wrap(bytes32("other circuit"));
    address private constant GUARDIAN = address(0x911);
    address private constant STRANGER = address(0x5);

    function test_unset_in_use_and_removed_are_different_errors() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyUnset.selector, OTHER));
        router.resolve(OTHER);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyInUse.selector, KEY, wrapper));
        router.add(wrapper);
        router.remove(KEY);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, KEY));
        router.resolve(KEY);
    }

    function test_a_removed_key_never_comes_back() public {
        vm.prank(GUARDIAN);
        router.remove(KEY);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, KEY));
        router.add(wrapper);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, KEY));
        router.remove(KEY);
    }

    function test_a_key_can_be_barred_before_it_is_used() public {
        router.remove(OTHER);
        TestWrapper late = new TestWrapper(address(generated), OTHER, true);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyRemoved.selector, OTHER));
        router.add(late);
    }

    function test_a_stop_is_final_for_every_key() public {
        vm.prank(GUARDIAN);
        router.stop();
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
        router.resolve(KEY);
        TestWrapper late = new TestWrapper(address(generated), OTHER, true);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
        router.add(late);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.Stopped.selector));
        router.stop();
    }

    function test_strangers_can_do_nothing() public {
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, STRANGER, address(this)));
        router.add(wrapper);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotGuardian.selector, STRANGER, GUARDIAN));
        router.remove(KEY);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotGuardian.selector, STRANGER, GUARDIAN));
        router.stop();
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, STRANGER, address(this)));
        router.offerOwnership(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, STRANGER, address(this)));
        router.renounceOwnership();
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotSuccessor.selector, STRANGER, address(0)));
        router.acceptOwnership();
        vm.stopPrank();
    }

    function test_the_guardian_can_only_stop() public {
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, GUARDIAN, address(this)));
        router.add(wrapper);
    }

    function test_ownership_moves_in_two_steps() public {
        router.offerOwnership(STRANGER);
        vm.assertEq(router.owner(), address(this), "not before acceptance");
        vm.prank(STRANGER);
        router.acceptOwnership();
        vm.assertEq(router.owner(), STRANGER, "after acceptance");
        vm.assertEq(router.successor(), address(0), "the offer is used up");
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, address(this), STRANGER));
        router.renounceOwnership();
    }

    function test_renunciation_is_final_and_withdraws_the_offer() public {
        router.offerOwnership(STRANGER);
        router.renounceOwnership();
        vm.assertEq(router.owner(), address(0), "no owner");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotSuccessor.selector, STRANGER, address(0)));
        router.acceptOwnership();
    }

    function test_the_first_owner_is_somebody() public {
        vm.expectRevert(abi.encodeWithSelector(IOwned.ZeroOwner.selector));
        new VerifierRouter(address(0), GUARDIAN, list(wrapper));
    }

    function test_the_first_verifiers_are_in_use_at_once_and_nothing_is_offered() public {
        VerifierRouter fresh = new VerifierRouter(STRANGER, address(0), list(wrapper));
        vm.assertEq(address(fresh.resolve(KEY)), address(wrapper), "in use");
        vm.assertEq(fresh.owner(), STRANGER, "the owner named, not the deployer");
        vm.assertEq(fresh.successor(), address(0), "no offer is open");
        vm.expectRevert(abi.encodeWithSelector(IOwned.NotOwner.selector, address(this), STRANGER));
        fresh.add(wrapper);
        ILaunchVerifier[] memory twice = new ILaunchVerifier[](2);
        (twice[0], twice[1]) = (wrapper, wrapper);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.KeyInUse.selector, KEY, wrapper));
        new VerifierRouter(STRANGER, address(0), twice);
    }

    function test_versions_live_side_by_side() public {
        TestWrapper second = new TestWrapper(address(new TestVerifier()), OTHER, true);
        router.add(second);
        vm.assertEq(address(router.resolve(KEY)), address(wrapper), "first");
        vm.assertEq(address(router.resolve(OTHER)), address(second), "second");
        router.remove(KEY);
        vm.assertEq(address(router.resolve(OTHER)), address(second), "removing one leaves the other");
    }
}
