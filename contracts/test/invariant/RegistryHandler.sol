// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {CapsuleRegistry} from "../../src/registry/CapsuleRegistry.sol";
import {OperatorRegistry} from "../../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, InstallLeaf, OperatorId} from "../../src/types/Ids.sol";
import {RootInfo} from "../../src/types/RootInfo.sol";
import {LeanImtModel} from "../base/LeanImtModel.sol";
import {Test} from "../base/Test.sol";

/// @dev Drives the registries with random but possible calls and remembers what must hold afterwards.
contract RegistryHandler is Test {
    uint256 private constant MAX_LEAVES = 12;
    address private constant KEEPER = address(0x4ee9);

    OperatorRegistry public immutable operators;
    CapsuleRegistry public immutable capsules;

    uint256[] public leaves;
    uint256[] public installs;
    uint256[] public everUsed;
    uint256[] public roots;
    uint64[] public supersededAt;
    uint256 public active;
    /// @dev In wei: held in releases, in balances now, ever put into balances, bounties among these.
    uint256 public held;
    uint256 public credited;
    uint256 public everCredited;
    uint256 public bounties;
    mapping(uint256 id => uint32) public latest;
    mapping(uint256 id => uint32[]) private ended;

    /// @dev Leaves that left the tree: when, and what may be paid for them after the delay.
    struct Removal {
        uint256 time;
        uint256 amount;
    }

    Removal[] private removals;
    uint256 private counter = 1;

    constructor(OperatorRegistry operators_, CapsuleRegistry capsules_) {
        (operators, capsules) = (operators_, capsules_);
    }

    function controllerOf(uint256 id) public pure returns (address) {
        return address(uint160(0x1000 + id));
    }

    function enrol(uint256 id, uint32 step) external {
        id = bound(id, 1, 4);
        if (leaves.length >= MAX_LEAVES || leafOf(id) != 0) return;
        IOperatorRegistry.Enrolment memory e = next(id, step);
        vm.deal(controllerOf(id), operators.deposit());
        uint256 sum = operators.deposit();
        vm.prank(controllerOf(id));
        operators.enrolUnproven{value: sum}(e);
        leaves.push(IdentityLeaf.unwrap(e.leaf));
        active += 1;
        moved();
    }

    function rotate(uint256 id, uint32 step) external {
        id = bound(id, 1, 4);
        uint256 old = leafOf(id);
        if (old == 0) return;
        (uint256 index, uint256[] memory siblings) = place(old);
        IOperatorRegistry.Enrolment memory e = next(id, step);
        vm.prank(controllerOf(id));
        operators.rotateUnproven(e, siblings);
        leaves[index] = IdentityLeaf.unwrap(e.leaf);
        moved();
    }

    function exit(uint256 id) external {
        id = bound(id, 1, 4);
        uint256 old = leafOf(id);
        if (old == 0) return;
        (uint256 index, uint256[] memory siblings) = place(old);
        bool due = block.timestamp > operators.operatorOf(OperatorId.wrap(bytes32(id))).validUntil;
        vm.prank(controllerOf(id));
        try operators.exit(OperatorId.wrap(bytes32(id)), siblings) {
            vm.assertFalse(due, "exited after expiry");
            removed(id, index, operators.deposit());
        } catch {
            vm.assertTrue(due, "could not exit");
        }
    }

    function expire(uint256 id) external {
        id = bound(id, 1, 4);
        uint256 old = leafOf(id);
        if (old == 0) return;
        (uint256 index, uint256[] memory siblings) = place(old);
        bool due = block.timestamp > operators.operatorOf(OperatorId.wrap(bytes32(id))).validUntil;
        vm.prank(KEEPER);
        try operators.expire(OperatorId.wrap(bytes32(id)), siblings) {
            vm.assertTrue(due, "expired early");
            credit(operators.bounty());
            bounties += operators.bounty();
            removed(id, index, operators.deposit() - operators.bounty());
        } catch {
            vm.assertFalse(due, "could not expire");
        }
    }

    function release(uint256 id) external {
        id = bound(id, 1, 4);
        for (uint256 i; i < ended[id].length; ++i) {
            uint256 amount = operators.releaseOf(OperatorId.wrap(bytes32(id)), ended[id][i]).amount;
            try operators.releaseDeposit(OperatorId.wrap(bytes32(id)), ended[id][i]) {
                held -= amount;
                credit(amount);
            } catch {}
        }
    }

    function withdraw(uint256 id) external {
        address account = bound(id, 0, 4) == 0 ? KEEPER : controllerOf(bound(id, 0, 4));
        uint256 balance = operators.balanceOf(account);
        if (balance == 0) return;
        vm.prank(account);
        operators.withdraw(payable(address(0x9999)));
        credited -= balance;
    }

    function admitInstall() external {
        if (installs.length >= MAX_LEAVES) return;
        uint256 leaf = fresh();
        capsules.admitInstallUnproven(InstallLeaf.wrap(leaf));
        installs.push(leaf);
    }

    /// @dev Any leaf that ever was in a tree is refused, whoever sends it.
    function replay(uint256 which, uint256 id, uint32 step) external {
        if (everUsed.length == 0) return;
        uint256 leaf = everUsed[which % everUsed.length];
        id = bound(id, 1, 4);
        IOperatorRegistry.Enrolment memory e = next(id, step);
        everUsed.pop();
        latest[id] = operators.operatorOf(OperatorId.wrap(bytes32(id))).seq;
        e.leaf = IdentityLeaf.wrap(leaf);
        if (!operators.isLeafUsed(e.leaf)) return;
        uint256 sum = operators.deposit();
        vm.deal(controllerOf(id), sum);
        vm.prank(controllerOf(id));
        (bool ok,) = address(operators).call{value: sum}(abi.encodeCall(operators.enrolUnproven, (e)));
        vm.assertFalse(ok, "a used leaf was accepted");
    }

    function wait(uint32 time) external {
        vm.warp(block.timestamp + bound(time, 1, 20 days));
    }

    function place(uint256 leaf) private view returns (uint256 index, uint256[] memory siblings) {
        while (leaves[index] != leaf) ++index;
        siblings = LeanImtModel.path(leaves, index);
    }

    function leafOf(uint256 id) private view returns (uint256) {
        return IdentityLeaf.unwrap(operators.operatorOf(OperatorId.wrap(bytes32(id))).leaf);
    }

    function fresh() private returns (uint256 leaf) {
        leaf = uint256(keccak256(abi.encode("leaf", counter++))) >> 8;
    }

    function next(uint256 id, uint32 step) private returns (IOperatorRegistry.Enrolment memory) {
        latest[id] += uint32(bound(step, 1, 1000));
        uint256 leaf = fresh();
        everUsed.push(leaf);
        return IOperatorRegistry.Enrolment(
            OperatorId.wrap(bytes32(id)),
            controllerOf(id),
            IdentityLeaf.wrap(leaf),
            uint64(block.timestamp) + 30 days,
            latest[id]
        );
    }

    function removed(uint256 id, uint256 index, uint256 amount) private {
        ended[id].push(latest[id]);
        removals.push(Removal(block.timestamp, amount));
        leaves[index] = 0;
        active -= 1;
        held += amount;
        moved();
    }

    function credit(uint256 amount) private {
        credited += amount;
        everCredited += amount;
    }

    /// @dev Sum over the leaves that left at least the delay ago.
    function matured() external view returns (uint256 sum) {
        for (uint256 i; i < removals.length; ++i) {
            if (removals[i].time + operators.unbondingDelay() <= block.timestamp) sum += removals[i].amount;
        }
    }

    function moved() private {
        roots.push(operators.root());
        supersededAt.push(0);
    }

    /// @dev Called by the invariant: fixes the first time seen for each superseded root.
    function seen(uint256 i, uint64 time) external {
        supersededAt[i] = time;
    }

    function rootCount() external view returns (uint256) {
        return roots.length;
    }

    function allLeaves() external view returns (uint256[] memory) {
        return leaves;
    }

    function allInstalls() external view returns (uint256[] memory) {
        return installs;
    }
}
