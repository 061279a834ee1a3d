// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {CapsuleRegistry} from "../../src/registry/CapsuleRegistry.sol";
import {OperatorRegistry} from "../../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, OperatorId} from "../../src/types/Ids.sol";
import {RootInfo} from "../../src/types/RootInfo.sol";
import {InstallModel} from "../base/InstallModel.sol";
import {LeanImtModel} from "../base/LeanImtModel.sol";
import {Statement} from "../base/Statement.sol";
import {Test} from "../base/Test.sol";

/// @dev Drives the registries with random but possible calls and remembers what must hold afterwards. Every enrolment and
///      every chunk of an install is proven, to verifiers that take a proof for its own statement only.
contract RegistryHandler is Test {
    uint256 private constant MAX_LEAVES = 12;
    address private constant KEEPER = address(0x4ee9);
    /// @dev Installs that exist. Install n is of a binary of n % 4 + 1 chunks.
    uint256 public constant INSTALLS = 12;

    OperatorRegistry public immutable operators;
    CapsuleRegistry public immutable capsules;

    uint256[] public leaves;
    /// @dev Install leaves in the order of the tree.
    uint256[] private installed;
    uint256[] public roots;
    uint64[] public supersededAt;
    uint256 public active;
    /// @dev In wei: held in releases, in balances now, ever put into balances, bounties among these.
    uint256 public held;
    uint256 public credited;
    uint256 public everCredited;
    uint256 public bounties;
    mapping(uint256 id => uint32) public latest;
    mapping(uint256 id => uint256) public enrolments;
    mapping(uint256 id => uint256) public open;
    mapping(uint256 id => uint256) private lastEnd;
    mapping(uint256 n => bool) public admitted;
    mapping(uint256 n => mapping(uint256 position => bool)) public reached;

    /// @dev A deposit that is held: `liableUntil` is when the last liability ended that it answers for.
    struct Held {
        uint32 seq;
        uint256 leftAt;
        uint256 liableUntil;
        bool released;
    }

    mapping(uint256 id => Held[]) private ended;

    /// @dev Everything that a root key ever signed, as whoever watches the chain has it.
    struct Signed {
        IOperatorRegistry.Enrolment e;
        bytes proof;
    }

    Signed[] private published;

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
        (IOperatorRegistry.Enrolment memory e, bytes memory proof) = next(id, step, fresh());
        bool ok = send(e, proof);
        vm.assertTrue(ok == (open[id] == 0), "enrols unless it is liable");
        if (!ok) return;
        accepted(id, e, proof);
        leaves.push(IdentityLeaf.unwrap(e.leaf));
        active += 1;
        lastEnd[id] = 0;
        moved();
    }

    function rotate(uint256 id, uint32 step) external {
        id = bound(id, 1, 4);
        uint256 old = leafOf(id);
        if (old == 0) return;
        (uint256 index, uint256[] memory siblings) = place(old);
        (IOperatorRegistry.Enrolment memory e, bytes memory proof) = next(id, step, fresh());
        vm.prank(controllerOf(id));
        operators.rotate(e, proof, siblings);
        accepted(id, e, proof);
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
        OperatorId operator = OperatorId.wrap(bytes32(id));
        for (uint256 i; i < ended[id].length; ++i) {
            Held storage h = ended[id][i];
            bool latestOne = i + 1 == ended[id].length;
            // While the operator is enrolled, or was again, what it owes is not this deposit's.
            if (latestOne && leafOf(id) == 0) h.liableUntil = lastEnd[id];
            bool liable = latestOne && leafOf(id) == 0 && open[id] != 0;
            uint256 from = (h.leftAt > h.liableUntil ? h.leftAt : h.liableUntil) + operators.unbondingDelay();
            uint256 amount = operators.releaseOf(operator, h.seq).amount;
            try operators.releaseDeposit(operator, h.seq) {
                vm.assertTrue(!liable && !h.released && block.timestamp >= from, "released early, or twice");
                h.released = true;
                held -= amount;
                credit(amount);
            } catch {
                vm.assertTrue(liable || h.released || block.timestamp < from, "stuck");
            }
        }
    }

    /// @dev The market reports a lock.
    function raise(uint256 id) external {
        id = bound(id, 1, 4);
        if (leafOf(id) == 0 || open[id] > 2) return;
        vm.prank(operators.reporter());
        operators.raiseLiability(OperatorId.wrap(bytes32(id)));
        open[id] += 1;
    }

    /// @dev The market reports the end of one, whether or not the operator is still there.
    function lower(uint256 id) external {
        id = bound(id, 1, 4);
        if (open[id] == 0) return;
        OperatorId operator = OperatorId.wrap(bytes32(id));
        IdentityLeaf leaf = operators.latestLeafOf(operator);
        vm.prank(operators.reporter());
        operator = operators.lowerLiability(leaf);
        vm.assertEq(uint256(OperatorId.unwrap(operator)), id, "whose leaf it is");
        open[id] -= 1;
        lastEnd[id] = block.timestamp;
        if (leafOf(id) == 0) ended[id][ended[id].length - 1].liableUntil = block.timestamp;
    }

    function withdraw(uint256 id) external {
        address account = bound(id, 0, 4) == 0 ? KEEPER : controllerOf(bound(id, 0, 4));
        uint256 balance = operators.balanceOf(account);
        if (balance == 0) return;
        vm.prank(account);
        operators.withdraw(payable(address(0x9999)));
        credited -= balance;
    }

    /// @dev Any chunks of any two installs in one call, first ones again included: taken iff each begins where its install
    ///      was reached and none is in the tree, whatever was sent before by anybody.
    function installs(uint256 n, uint64 from, uint256 count, uint256 m) external {
        ICapsuleRegistry.InstallProof[] memory proofs = new ICapsuleRegistry.InstallProof[](2);
        uint256[2] memory who = [bound(n, 0, INSTALLS - 1), bound(m, 0, INSTALLS - 1)];
        bool possible = !admitted[who[0]] && !admitted[who[1]];
        for (uint256 i; i < 2; ++i) {
            uint256 all = chunksOf(who[i]);
            // The second begins at its first chunk.
            uint64 at = i == 0 ? uint64(bound(from, 0, all - 1)) : 0;
            uint256 some = bound(count >> (128 * i), 1, all - at);
            proofs[i] = InstallModel.part(installLeaf(who[i]), at, some, at + some == all);
            if (at != 0 && !reached[who[i]][at]) possible = false;
        }
        if (who[0] == who[1] && proofs[0].complete && proofs[1].complete) possible = false;
        (bool ok,) = address(capsules).call(abi.encodeCall(capsules.admitInstalls, (proofs)));
        vm.assertTrue(ok == possible, "chunks are taken iff they follow");
        if (!ok) return;
        for (uint256 i; i < 2; ++i) {
            if (proofs[i].complete) {
                admitted[who[i]] = true;
                installed.push(installLeaf(who[i]));
            } else {
                reached[who[i]][proofs[i].position + proofs[i].chunks.length] = true;
            }
        }
    }

    /// @dev Proofs of other chunks, of an honest install's leaf or of its own: whatever is put together out of proofs that
    ///      exist, one chunk is not where it was proven.
    function forge(uint256 n, uint256 m, uint64 from, uint64 at, bool complete) external {
        uint256 leaf = installLeaf(bound(n, 0, INSTALLS - 1));
        uint256 other = installLeaf(bound(m, 0, INSTALLS - 1));
        (from, at) = (uint64(bound(from, 0, 3)), uint64(bound(at, 0, 3)));
        // One of a part's chunks is the one of another place, install or end.
        ICapsuleRegistry.InstallProof memory proof = InstallModel.part(leaf, from, 3, complete);
        bool more = at % 2 == 0;
        uint256 slot = bound(m, 0, 2);
        ICapsuleRegistry.InstallChunk memory foreign = InstallModel.chunk(other, at, more);
        if (other == leaf && at == from + slot && more == (slot != 2 || !complete)) return;
        proof.chunks[slot] = foreign;
        (bool ok,) = address(capsules).call(abi.encodeCall(capsules.admitInstalls, (InstallModel.list(proof))));
        vm.assertFalse(ok, "a forged chain was taken");
    }

    function installLeaf(uint256 n) public pure returns (uint256) {
        return uint256(keccak256(abi.encode("install", n))) >> 8;
    }

    function chunksOf(uint256 n) public pure returns (uint256) {
        return n % 4 + 1;
    }

    /// @dev Any leaf that ever was in a tree is refused, even if a root key signs it anew.
    function reuse(uint256 which, uint256 id, uint32 step) external {
        if (published.length == 0) return;
        IdentityLeaf leaf = published[which % published.length].e.leaf;
        (IOperatorRegistry.Enrolment memory e, bytes memory proof) =
            next(bound(id, 1, 4), step, IdentityLeaf.unwrap(leaf));
        vm.assertFalse(send(e, proof), "a used leaf was accepted");
    }

    /// @dev Any enrolment that was ever signed and sent is refused when it is sent again, as it is or under another key.
    function replay(uint256 which, uint256 id) external {
        if (published.length == 0) return;
        Signed memory old = published[which % published.length];
        vm.assertFalse(send(old.e, old.proof), "an enrolment was replayed");
        old.e.operator = OperatorId.wrap(bytes32(bound(id, 1, 4)));
        old.e.leaf = IdentityLeaf.wrap(fresh());
        old.e.seq = latest[bound(id, 1, 4)] + 1;
        vm.assertFalse(send(old.e, old.proof), "a proof served another enrolment");
        uint256 sitting = leafOf(bound(id, 1, 4));
        if (sitting == 0) return;
        (, uint256[] memory siblings) = place(sitting);
        vm.prank(controllerOf(bound(id, 1, 4)));
        (bool ok,) = address(operators).call(abi.encodeCall(operators.rotate, (old.e, old.proof, siblings)));
        vm.assertFalse(ok, "a proof served another rotation");
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

    /// @dev The next enrolment of a root key, signed.
    function next(uint256 id, uint32 step, uint256 leaf)
        private
        view
        returns (IOperatorRegistry.Enrolment memory e, bytes memory proof)
    {
        e = IOperatorRegistry.Enrolment(
            block.chainid,
            OperatorId.wrap(bytes32(id)),
            controllerOf(id),
            IdentityLeaf.wrap(leaf),
            uint64(block.timestamp) + 30 days,
            latest[id] + uint32(bound(step, 1, 1000))
        );
        uint256 predecessor = IdentityLeaf.unwrap(operators.latestLeafOf(e.operator));
        proof = Statement.enrolment(e, predecessor, address(operators));
    }

    function send(IOperatorRegistry.Enrolment memory e, bytes memory proof) private returns (bool ok) {
        uint256 sum = operators.deposit();
        vm.deal(e.controller, sum);
        vm.prank(e.controller);
        (ok,) = address(operators).call{value: sum}(abi.encodeCall(operators.enrol, (e, proof)));
    }

    function accepted(uint256 id, IOperatorRegistry.Enrolment memory e, bytes memory proof) private {
        latest[id] = e.seq;
        enrolments[id] += 1;
        published.push(Signed(e, proof));
    }

    function removed(uint256 id, uint256 index, uint256 amount) private {
        ended[id].push(Held(latest[id], block.timestamp, lastEnd[id], false));
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
        return installed;
    }
}
