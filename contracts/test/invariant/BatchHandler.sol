// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {Demand, DemandState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {BatchWorld} from "../base/BatchWorld.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";

/// @dev Relayers, challengers and demanders at random, each call predicted by a model: it succeeds iff the model says so.
///      Receipt 0 of every batch has a schema that nobody knows, so it is fraudulent; the others are honest.
contract BatchHandler is BatchWorld {
    uint32 public constant SIZE = 4;
    uint256 private constant MAX_BATCHES = 6;

    struct Model {
        BatchRef ref;
        uint64 anchoredAt;
        uint64 finalAt;
        uint256 open;
        bool fallen;
        uint256 ends;
        bool[4] voided;
        bool[4] refuted;
        bool[4] wasFinal;
    }

    address[4] public actors = [address(0xa1), address(0xa2), address(0xa3), address(0xa4)];
    Model[] private models;
    bytes32[][] private leavesIn;
    uint256 public stoppedAt;
    /// @dev Wei of open demand bonds.
    uint256 public openBonds;
    uint256 public fell;
    uint256 public slashed;
    uint256 public released;

    constructor() {
        setUp();
        for (uint256 i; i < 4; ++i) {
            vm.deal(actors[i], 100 ether);
            vm.prank(actors[i]);
            anchor.depositBond{value: 4 ether}();
        }
    }

    /// @dev Whatever an account does, no other account's free bond gets smaller, and nobody's wallet either.
    modifier by(uint256 seed) {
        uint256 who = seed % 4;
        uint256[4] memory before;
        for (uint256 i; i < 4; ++i) {
            before[i] = free(actors[i]);
        }
        vm.roll(block.number + 1);
        _;
        for (uint256 i; i < 4; ++i) {
            if (i != who) vm.assertLe(before[i], free(actors[i]), "somebody else's free bond got smaller");
        }
        watch();
    }

    function deposit(uint256 who, uint256 amount) external by(who) {
        amount = bound(amount, 1, 2 ether);
        address actor = actors[who % 4];
        if (actor.balance < amount) return;
        vm.prank(actor);
        anchor.depositBond{value: amount}();
    }

    function withdraw(uint256 who, uint256 amount) external by(who) {
        address actor = actors[who % 4];
        uint256 available = free(actor);
        amount = bound(amount, 0, available + available / 8 + 1);
        vm.prank(actor);
        try anchor.withdrawBond(amount, payable(actor)) {
            vm.assertLe(amount, available, "withdrew what was not free");
        } catch {
            vm.assertTrue(amount > available, "could not withdraw free bond");
        }
    }

    function anchorBatch(uint256 who, bool onChain) external by(who) {
        if (models.length == MAX_BATCHES) return;
        address actor = actors[who % 4];
        bytes32[] memory leaves = new bytes32[](SIZE);
        for (uint256 i; i < SIZE; ++i) {
            leaves[i] = anchor.leafOf(receipt(models.length, i), keccak256(PROOF));
        }
        BatchRef memory ref = refOf(actor, leaves);
        bool possible = stoppedAt == 0 && free(actor) >= SLICE;
        vm.prank(actor);
        (bool ok,) = address(anchor)
            .call(
                onChain
                    ? abi.encodeCall(anchor.anchorBatchWithLeaves, (ref.root, abi.encodePacked(leaves)))
                    : abi.encodeCall(anchor.anchorBatch, (ref.root, ref.size, ref.dataCommitment))
            );
        vm.assertTrue(ok == possible, "anchored against the rules, or could not");
        if (!ok) return;
        Model storage m = models.push();
        m.ref = ref;
        m.anchoredAt = uint64(block.timestamp);
        m.finalAt = m.anchoredAt + WINDOW;
        leavesIn.push(leaves);
    }

    function anchorAgain(uint256 who, uint256 which) external by(who) {
        if (models.length == 0) return;
        BatchRef memory ref = models[which % models.length].ref;
        vm.prank(ref.relayer);
        try anchor.anchorBatch(ref.root, ref.size, ref.dataCommitment) {
            vm.assertTrue(false, "anchored twice");
        } catch {}
    }

    function challenge(uint256 who, uint256 which, uint32 index) external by(who) {
        if (models.length == 0) return;
        which %= models.length;
        // The fraudulent one mostly.
        index = index % 8 < SIZE ? index % 8 : 0;
        Model storage m = models[which];
        address actor = actors[who % 4];
        bytes32 id = idOf(m.ref);
        vm.prank(actor);
        try anchor.commitChallenge(keccak256(abi.encode(actor, id, index, SALT))) {} catch {}
        vm.roll(block.number + 1);
        bool possible = index == 0 && !m.fallen && !m.voided[0] && !m.refuted[0] && block.timestamp <= m.finalAt + LATE;
        bytes32[] memory path = ReceiptTreeModel.path(leavesIn[which], index);
        ReceiptHeader memory h = receipt(which, index);
        uint256 slice = anchor.sliceOf(id);
        vm.prank(actor);
        try anchor.challengeLeaf(m.ref, index, path, h, PROOF, SALT) {
            vm.assertTrue(possible, "challenged against the rules");
            if (isFinal(m)) m.refuted[index] = true;
            else m.voided[index] = true;
            if (slice != 0) end(m);
        } catch {
            vm.assertFalse(possible, "could not challenge");
        }
    }

    function demandReveal(uint256 who, uint256 which, uint32 index, uint64 fee) external by(who) {
        if (models.length == 0) return;
        which %= models.length;
        index %= SIZE + 1;
        vm.fee(fee % 100 gwei);
        Model storage m = models[which];
        address actor = actors[who % 4];
        uint256 bond = anchor.demandBond();
        bool possible = stoppedAt == 0 && !m.fallen && block.timestamp < m.anchoredAt + WINDOW && index < SIZE
            && anchor.demandOf(idOf(m.ref), index).state == DemandState.None && actor.balance >= bond;
        if (actor.balance < bond) return;
        vm.prank(actor);
        try anchor.demandReveal{value: bond}(m.ref, index) {
            vm.assertTrue(possible, "demanded against the rules");
            m.open += 1;
            openBonds += bond;
            uint64 paused = uint64(block.timestamp) + 2 * REVEAL;
            if (paused > m.finalAt) m.finalAt = paused;
        } catch {
            vm.assertFalse(possible, "could not demand");
        }
    }

    function reveal(uint256 who, uint256 which, uint32 index) external by(who) {
        if (models.length == 0) return;
        which %= models.length;
        index %= SIZE;
        Model storage m = models[which];
        Demand memory d = anchor.demandOf(idOf(m.ref), index);
        bool possible = !m.fallen && d.state == DemandState.Open && block.timestamp <= d.deadline;
        bytes32[] memory path = ReceiptTreeModel.path(leavesIn[which], index);
        ReceiptHeader memory h = receipt(which, index);
        vm.prank(actors[who % 4]);
        try anchor.revealLeaf(m.ref, index, path, h, PROOF) {
            vm.assertTrue(possible, "revealed against the rules");
            m.open -= 1;
            openBonds -= d.bond;
        } catch {
            vm.assertFalse(possible, "could not reveal");
        }
    }

    function closeDemand(uint256 who, uint256 which, uint32 index) external by(who) {
        if (models.length == 0) return;
        which %= models.length;
        index %= SIZE;
        Model storage m = models[which];
        Demand memory d = anchor.demandOf(idOf(m.ref), index);
        bool possible = d.state == DemandState.Open && (m.fallen || block.timestamp > d.deadline);
        uint256 slice = anchor.sliceOf(idOf(m.ref));
        vm.prank(actors[who % 4]);
        try anchor.closeDemand(m.ref, index) {
            vm.assertTrue(possible, "closed against the rules");
            vm.assertFalse(isFinal(m), "a final batch fell");
            m.open -= 1;
            openBonds -= d.bond;
            if (!m.fallen) ++fell;
            m.fallen = true;
            if (slice != 0) end(m);
        } catch {
            vm.assertFalse(possible, "could not close");
        }
    }

    function release(uint256 who, uint256 which) external by(who) {
        if (models.length == 0) return;
        Model storage m = models[which % models.length];
        bool possible = m.ends == 0 && block.timestamp > m.finalAt + LATE && m.open == 0;
        vm.prank(actors[who % 4]);
        try anchor.releaseSlice(m.ref) {
            vm.assertTrue(possible, "released against the rules");
            m.ends += 1;
            ++released;
        } catch {
            vm.assertFalse(possible, "could not release");
        }
    }

    /// @dev Hours half of the time, days otherwise: demands run out, batches become final, slices come back.
    function wait(uint256 time) external by(0) {
        vm.warp(block.timestamp + bound(time, 1, time & 1 == 0 ? REVEAL : WINDOW));
    }

    function stop(uint256 dice) external by(0) {
        if (dice % 64 != 0 || stoppedAt != 0) return;
        router.stop();
        stoppedAt = block.timestamp;
    }

    function bonds() external view returns (IReceiptAnchor) {
        return anchor;
    }

    function count() external view returns (uint256) {
        return models.length;
    }

    function modelOf(uint256 i) external view returns (Model memory) {
        return models[i];
    }

    function leavesOfBatch(uint256 i) external view returns (bytes32[] memory) {
        return leavesIn[i];
    }

    /// @dev The rule of finality, from the model.
    function isFinal(Model memory m) public view returns (bool) {
        return !m.fallen && m.open == 0 && block.timestamp >= m.finalAt && (stoppedAt == 0 || m.finalAt <= stoppedAt);
    }

    function receipt(uint256 which, uint256 index) private view returns (ReceiptHeader memory h) {
        h = header(which * SIZE + index);
        if (index == 0) h.schema = 2;
    }

    function end(Model storage m) private {
        m.ends += 1;
        ++slashed;
    }

    /// @dev Every status after every call: what was final stays final, what was void stays void.
    function watch() private {
        for (uint256 b; b < models.length; ++b) {
            Model storage m = models[b];
            for (uint32 i; i < SIZE; ++i) {
                (LeafStatus status, bool fallen) = anchor.placeStatus(idOf(m.ref), i);
                LeafStatus expected =
                    m.fallen || m.voided[i] ? LeafStatus.Void : isFinal(m) ? LeafStatus.Final : LeafStatus.Pending;
                vm.assertTrue(status == expected, "status is not the model's");
                vm.assertTrue(fallen == m.fallen, "fallen is not the model's");
                if (m.wasFinal[i]) vm.assertTrue(status == LeafStatus.Final, "final is for ever");
                m.wasFinal[i] = status == LeafStatus.Final;
            }
        }
    }
}
