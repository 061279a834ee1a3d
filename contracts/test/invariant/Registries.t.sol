// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IdentityLeaf, InstallLeaf, OperatorId} from "../../src/types/Ids.sol";
import {RootInfo} from "../../src/types/RootInfo.sol";
import {InstallModel} from "../base/InstallModel.sol";
import {LeanImtModel} from "../base/LeanImtModel.sol";
import {World} from "../base/World.sol";
import {TestEnrolmentWrapper, TestInstallWrapper, TestVerifier} from "../doubles/TestVerifier.sol";
import {RegistryHandler} from "./RegistryHandler.sol";

/// @dev What holds after any sequence of calls: trees equal their definition, roots move forward only, used leaves stay
///      used, sequence numbers grow, and the registry holds exactly what it owes.
contract RegistriesInvariant is World {
    RegistryHandler private handler;

    function setUp() public override {
        vm.chainId(31337);
        vm.warp(START);
        enrolmentGenerated = new TestVerifier();
        enrolmentGenerated.tell(TestVerifier.Answer.Statement, 0);
        enrolmentWrapper = new TestEnrolmentWrapper(address(enrolmentGenerated), ENROLMENT_KEY, true);
        operators = newOperators(address(0x4e9));
        installGenerated = new TestVerifier();
        installGenerated.tell(TestVerifier.Answer.Statement, 0);
        installWrapper = new TestInstallWrapper(address(installGenerated), INSTALL_KEY, true);
        capsules = newCapsules();
        handler = new RegistryHandler(operators, capsules);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory s = new bytes4[](13);
        (s[0], s[1], s[2]) = (handler.enrol.selector, handler.rotate.selector, handler.exit.selector);
        (s[3], s[4], s[5]) = (handler.expire.selector, handler.release.selector, handler.withdraw.selector);
        (s[6], s[7], s[8]) = (handler.installs.selector, handler.replay.selector, handler.wait.selector);
        (s[9], s[10], s[11]) = (handler.raise.selector, handler.lower.selector, handler.reuse.selector);
        s[12] = handler.forge.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), s);
    }

    function invariant_trees_equal_their_definition() public view {
        vm.assertEq(operators.root(), LeanImtModel.root(handler.allLeaves()), "operator root");
        vm.assertEq(capsules.installRoot(), LeanImtModel.root(handler.allInstalls()), "install root");
    }

    /// @dev An install is in the tree iff all of its chunks were proven, one after the other; what was reached stays reached,
    ///      and nothing else is.
    function invariant_installs_are_where_their_proofs_are() public view {
        for (uint256 n; n < handler.INSTALLS(); ++n) {
            uint256 leaf = handler.installLeaf(n);
            vm.assertTrue(capsules.isInstallUsed(InstallLeaf.wrap(leaf)) == handler.admitted(n), "in the tree");
            for (uint64 p; p <= handler.chunksOf(n); ++p) {
                vm.assertTrue(
                    capsules.isInstallReached(InstallLeaf.wrap(leaf), p, InstallModel.state(leaf, p))
                        == handler.reached(n, p),
                    "reached"
                );
            }
        }
    }

    function invariant_roots_move_forward_only() public {
        uint64 before;
        for (uint256 i; i < handler.rootCount(); ++i) {
            uint256 root = handler.roots(i);
            RootInfo memory info = operators.rootInfo(root);
            if (root == 0) {
                vm.assertEq(info.insertedAt, 0, "root 0 is never recorded");
                continue;
            }
            vm.assertLe(before, info.insertedAt, "inserted in order");
            before = info.insertedAt;
            vm.assertTrue((info.supersededAt == 0) == (root == operators.root()), "one current root");
            if (info.supersededAt == 0) continue;
            vm.assertLe(info.insertedAt, info.supersededAt, "superseded after it was inserted");
            if (handler.supersededAt(i) == 0) handler.seen(i, info.supersededAt);
            vm.assertEq(info.supersededAt, handler.supersededAt(i), "superseded once and for all");
        }
    }

    function invariant_sequence_numbers_never_fall() public view {
        for (uint256 id = 1; id < 5; ++id) {
            vm.assertEq(operators.operatorOf(OperatorId.wrap(bytes32(id))).seq, handler.latest(id), "seq");
        }
    }

    /// @dev From the latest leaf of a root key back to its first: as many as were accepted, all signed by it, in order.
    function invariant_leaves_chain_back_to_the_first_of_their_key() public view {
        for (uint256 id = 1; id < 5; ++id) {
            IdentityLeaf leaf = operators.latestLeafOf(OperatorId.wrap(bytes32(id)));
            uint256 seq = handler.latest(id) + 1;
            for (uint256 i; i < handler.enrolments(id); ++i) {
                IOperatorRegistry.Origin memory origin = operators.originOf(leaf);
                vm.assertEq(OperatorId.unwrap(origin.operator), bytes32(id), "signed by this key");
                vm.assertTrue(origin.seq < seq, "numbers grow");
                (leaf, seq) = (origin.predecessor, origin.seq);
            }
            vm.assertEq(IdentityLeaf.unwrap(leaf), 0, "the first stands on nothing");
        }
    }

    function invariant_liabilities_are_the_reporters() public view {
        for (uint256 id = 1; id < 5; ++id) {
            vm.assertEq(operators.liabilitiesOf(OperatorId.wrap(bytes32(id))).open, handler.open(id), "open");
        }
    }

    function invariant_the_registry_holds_exactly_what_it_owes() public view {
        uint256 owed = handler.active() * DEPOSIT + handler.held() + handler.credited();
        vm.assertEq(address(operators).balance, owed, "balance");
        uint256 balances = operators.balanceOf(address(0x4ee9));
        for (uint256 id = 1; id < 5; ++id) {
            balances += operators.balanceOf(handler.controllerOf(id));
        }
        vm.assertEq(balances, handler.credited(), "credited accounts");
    }

    /// @dev What was credited so far is bounties, and deposits whose leaf left the tree at least the delay ago.
    function invariant_only_bounties_leave_before_the_delay() public view {
        vm.assertLe(handler.everCredited(), handler.bounties() + handler.matured(), "early payment");
    }
}
