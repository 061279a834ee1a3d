// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {IFeeSchedule} from "../../src/interfaces/IFeeSchedule.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IOwned} from "../../src/interfaces/IOwned.sol";
import {ITrustScores} from "../../src/interfaces/ITrustScores.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {IdentityLeaf, InstallLeaf, VerifierKey} from "../../src/types/Ids.sol";
import {AdminWorld} from "../base/AdminWorld.sol";
import {TestVerifier, TestWrapper} from "../doubles/TestVerifier.sol";
import {Role, Surface} from "./Surface.sol";

/// @dev Who can do what: every function with a role is refused to everybody else by its exact error, and done for whoever has
///      the role. Which functions there are, and which have a role, is Surface's list; Surface.t.sol holds it against the
///      artifacts.
contract AdminTest is AdminWorld, Surface {
    /// @dev A call that works for whoever has the role, made ready by `setUp`.
    struct Case {
        string contractName;
        string functionName;
        Role role;
        address target;
        bytes data;
    }

    address private constant SUCCESSOR = address(0x5acc);
    VerifierKey private constant OTHER = VerifierKey.wrap(bytes32("other circuit"));
    Case[] private cases;
    bytes32 private waiting;

    function setUp() public override {
        super.setUp();
        vm.startPrank(address(timelock));
        router.offerOwnership(SUCCESSOR);
        fees.offerOwnership(SUCCESSOR);
        fees.schedule(500);
        vm.stopPrank();
        vm.prank(address(market));
        operators.raiseLiability(operator);
        propose(timelock, address(this), "ready");
        proposeBatch("ready");
        vm.warp(block.timestamp + TIMELOCK_DELAY);
        waiting = propose(timelock, address(this), "waiting");
        listOwned("VerifierRouter", address(router));
        listOwned("FeeSchedule", address(fees));
        listRouterAndFees();
        listReported();
        listTimelock();
    }

    /// @dev What the timelock calls in these tests.
    fallback() external {}

    function test_every_function_with_a_role_has_a_case_and_every_case_a_role() public view {
        uint256 withRole;
        Entry[] memory entries = surface();
        for (uint256 i; i < entries.length; ++i) {
            if (entries[i].role == Role.Anyone) continue;
            ++withRole;
            uint256 found;
            for (uint256 k; k < cases.length; ++k) {
                if (!same(cases[k].contractName, entries[i].contractName)) continue;
                if (!same(cases[k].functionName, entries[i].functionName)) continue;
                vm.assertTrue(cases[k].role == entries[i].role, "the role of the list");
                ++found;
            }
            vm.assertEq(found, 1, string.concat(entries[i].contractName, ".", entries[i].functionName));
        }
        vm.assertEq(cases.length, withRole, "no case beside the list");
    }

    function test_everybody_without_the_role_is_refused_by_name() public {
        address[12] memory callers = everybody();
        for (uint256 i; i < cases.length; ++i) {
            Case memory c = cases[i];
            for (uint256 k; k < callers.length; ++k) {
                if (has(c, callers[k])) continue;
                vm.prank(callers[k]);
                (bool ok, bytes memory reason) = c.target.call(c.data);
                string memory what = string.concat(c.contractName, ".", c.functionName, " by ", vm.toString(callers[k]));
                vm.assertFalse(ok, what);
                vm.assertEq(keccak256(reason), keccak256(refusal(c, callers[k])), what);
            }
        }
    }

    /// @dev The other half: what is refused above is refused for the caller, and nothing else.
    function test_whoever_has_the_role_can_do_it() public {
        address[12] memory callers = everybody();
        for (uint256 i; i < cases.length; ++i) {
            Case memory c = cases[i];
            uint256 allowed;
            for (uint256 k; k < callers.length; ++k) {
                if (!has(c, callers[k])) continue;
                ++allowed;
                uint256 before = vm.snapshotState();
                vm.prank(callers[k]);
                (bool ok,) = c.target.call(c.data);
                vm.assertTrue(ok, string.concat(c.contractName, ".", c.functionName));
                vm.revertToState(before);
            }
            vm.assertTrue(allowed != 0, "somebody can");
        }
    }

    function everybody() private view returns (address[12] memory) {
        return [
            address(timelock),
            GUARDIAN,
            SUCCESSOR,
            PROPOSER,
            EXECUTOR,
            address(market),
            attestorAddress(),
            address(this),
            controller,
            requester,
            relayer,
            STRANGER
        ];
    }

    /// @dev The column of the table: which account has which role in this world.
    function has(Case memory c, address caller) private view returns (bool) {
        if (c.role == Role.Owner || c.role == Role.TimelockItself) return caller == address(timelock);
        if (c.role == Role.OwnerOrGuardian) return caller == address(timelock) || caller == GUARDIAN;
        if (c.role == Role.Successor) return caller == SUCCESSOR;
        if (c.role == Role.Market) return caller == address(market);
        if (c.role == Role.Attestor) return caller == attestorAddress();
        if (c.role == Role.Executor) return caller == EXECUTOR;
        return caller == PROPOSER;
    }

    function refusal(Case memory c, address caller) private view returns (bytes memory) {
        if (c.role == Role.Owner) return notOwner(caller, address(timelock));
        if (c.role == Role.OwnerOrGuardian) {
            return abi.encodeWithSelector(IOwned.NotGuardian.selector, caller, GUARDIAN);
        }
        if (c.role == Role.Successor) return abi.encodeWithSelector(IOwned.NotSuccessor.selector, caller, SUCCESSOR);
        if (c.role == Role.Market) {
            // The same error, and so the same selector, in both contracts.
            return abi.encodeWithSelector(ITrustScores.NotReporter.selector, caller, address(market));
        }
        if (c.role == Role.Attestor) {
            return abi.encodeWithSelector(ICapsuleRegistry.NotAttestor.selector, caller, attestorAddress());
        }
        if (same(c.functionName, "updateDelay")) {
            return abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, caller);
        }
        bytes32 role = timelock.DEFAULT_ADMIN_ROLE();
        if (c.role == Role.Proposer) role = timelock.PROPOSER_ROLE();
        if (c.role == Role.Canceller) role = timelock.CANCELLER_ROLE();
        if (c.role == Role.Executor) role = timelock.EXECUTOR_ROLE();
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
    }

    function listOwned(string memory name, address target) private {
        add(name, "offerOwnership", Role.Owner, target, abi.encodeCall(IOwned.offerOwnership, (STRANGER)));
        add(name, "acceptOwnership", Role.Successor, target, abi.encodeCall(IOwned.acceptOwnership, ()));
        add(name, "renounceOwnership", Role.Owner, target, abi.encodeCall(IOwned.renounceOwnership, ()));
    }

    function listRouterAndFees() private {
        TestWrapper second = new TestWrapper(address(new TestVerifier()), OTHER, true);
        address r = address(router);
        add("VerifierRouter", "add", Role.Owner, r, abi.encodeCall(IVerifierRouter.add, (second)));
        add("VerifierRouter", "remove", Role.OwnerOrGuardian, r, abi.encodeCall(IVerifierRouter.remove, (KEY)));
        add("VerifierRouter", "stop", Role.OwnerOrGuardian, r, abi.encodeCall(IVerifierRouter.stop, ()));
        address f = address(fees);
        add("FeeSchedule", "schedule", Role.Owner, f, abi.encodeCall(IFeeSchedule.schedule, (1000)));
        add("FeeSchedule", "retract", Role.OwnerOrGuardian, f, abi.encodeCall(IFeeSchedule.retract, ()));
    }

    function listReported() private {
        address t = address(trust);
        string memory name = "TrustScores";
        add(name, "recordFulfilled", Role.Market, t, abi.encodeCall(ITrustScores.recordFulfilled, (operator, 1 ether)));
        add(name, "recordFaulted", Role.Market, t, abi.encodeCall(ITrustScores.recordFaulted, (operator, 1 ether)));
        add(
            name, "recordChallenged", Role.Market, t, abi.encodeCall(ITrustScores.recordChallenged, (operator, 1 ether))
        );
        bytes memory admit = abi.encodeCall(ICapsuleRegistry.admitAttested, (InstallLeaf.wrap(7001)));
        add("CapsuleRegistry", "admitAttested", Role.Attestor, address(capsules), admit);
        address o = address(operators);
        name = "OperatorRegistry";
        add(name, "raiseLiability", Role.Market, o, abi.encodeCall(IOperatorRegistry.raiseLiability, (operator)));
        IdentityLeaf leaf = IdentityLeaf.wrap(1001);
        add(name, "lowerLiability", Role.Market, o, abi.encodeCall(IOperatorRegistry.lowerLiability, (leaf)));
    }

    function listTimelock() private {
        TimelockController t = timelock;
        bytes32 role = t.PROPOSER_ROLE();
        (address[] memory to, uint256[] memory value, bytes[] memory data) = batch("later");
        timelockCase(
            "schedule", Role.Proposer, abi.encodeCall(t.schedule, (address(this), 0, "later", 0, 0, TIMELOCK_DELAY))
        );
        timelockCase(
            "scheduleBatch", Role.Proposer, abi.encodeCall(t.scheduleBatch, (to, value, data, 0, 0, TIMELOCK_DELAY))
        );
        timelockCase("cancel", Role.Canceller, abi.encodeCall(t.cancel, (waiting)));
        timelockCase("execute", Role.Executor, abi.encodeCall(t.execute, (address(this), 0, "ready", 0, 0)));
        (to, value, data) = batch("ready");
        timelockCase("executeBatch", Role.Executor, abi.encodeCall(t.executeBatch, (to, value, data, 0, 0)));
        timelockCase("updateDelay", Role.TimelockItself, abi.encodeCall(t.updateDelay, (0)));
        timelockCase("grantRole", Role.TimelockItself, abi.encodeCall(t.grantRole, (role, STRANGER)));
        timelockCase("revokeRole", Role.TimelockItself, abi.encodeCall(t.revokeRole, (role, PROPOSER)));
    }

    function timelockCase(string memory functionName, Role role, bytes memory data) private {
        add("Timelock", functionName, role, address(timelock), data);
    }

    function add(string memory contractName, string memory functionName, Role role, address target, bytes memory data)
        private
    {
        cases.push(Case(contractName, functionName, role, target, data));
    }

    function proposeBatch(bytes memory data) private {
        (address[] memory to, uint256[] memory values, bytes[] memory list_) = batch(data);
        vm.prank(PROPOSER);
        timelock.scheduleBatch(to, values, list_, 0, 0, TIMELOCK_DELAY);
    }

    function batch(bytes memory one)
        private
        view
        returns (address[] memory to, uint256[] memory values, bytes[] memory data)
    {
        (to, values, data) = (only(address(this)), new uint256[](1), new bytes[](1));
        data[0] = one;
    }
}
