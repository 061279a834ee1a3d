// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IDuplicates} from "../../src/interfaces/IDuplicates.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {Demand, DemandState} from "../../src/types/Batch.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {Nullifier} from "../../src/types/Ids.sol";
import {LeafStatus} from "../../src/types/LeafStatus.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {BatchWorld} from "../base/BatchWorld.sol";
import {ReceiptTreeModel} from "../base/ReceiptTreeModel.sol";

/// @dev Relayers, challengers and demanders at random, each call predicted by a model: it succeeds iff the model says so.
///      Receipt 0 of every batch has a schema that nobody knows, so it is fraudulent; the others are honest by themselves, but
///      all share two nullifiers, and every second batch has the same receipts at two places.
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
        bool[4] duplicate;
        bool[4] wasFinal;
    }

    /// @dev Which receipt was recorded under a nullifier, and when.
    struct RecordModel {
        bytes32 leaf;
        uint64 at;
    }

    address[4] public actors = [address(0xa1), address(0xa2), address(0xa3), address(0xa4)];
    Model[] private models;
    bytes32[][] private leavesIn;
    uint256 public stoppedAt;
    /// @dev Wei of open demand bonds.
    uint256 public openBonds;
    mapping(uint256 nullifier => RecordModel) private recordModels;
    uint256 public duplicates;
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

    /// @dev In the mesh, in calldata, in a blob that nobody can open, or in the blob of zeros, which is not these leaves.
    function anchorBatch(uint256 who, uint8 how) external by(who) {
        if (models.length == MAX_BATCHES) return;
        address actor = actors[who % 4];
        bytes32[] memory leaves = new bytes32[](SIZE);
        for (uint256 i; i < SIZE; ++i) {
            leaves[i] = anchor.leafOf(receipt(models.length, i), keccak256(PROOF));
        }
        BatchRef memory ref = refOf(actor, leaves);
        bytes memory data = abi.encodeCall(anchor.anchorBatch, (ref.root, ref.size, ref.dataCommitment));
        if (how % 4 == 1) data = abi.encodeCall(anchor.anchorBatchWithLeaves, (ref.root, abi.encodePacked(leaves)));
        if (how % 4 > 1) {
            ref.dataCommitment = how % 4 == 2 ? bytes32(uint256(1) << 248 | uint160(actor)) : zeros();
            bytes32[] memory hashes = new bytes32[](1);
            hashes[0] = ref.dataCommitment;
            vm.blobhashes(hashes);
            data = abi.encodeCall(anchor.anchorBatchInBlob, (ref.root, ref.size, ref.dataCommitment, 0));
        }
        bool possible = stoppedAt == 0 && free(actor) >= SLICE;
        vm.prank(actor);
        (bool ok,) = address(anchor).call(data);
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
        // A leaf that is void as a duplicate can still be proven fraudulent.
        bool possible = index == 0 && !m.fallen && !m.voided[0] && !m.refuted[0] && block.timestamp <= m.finalAt + LATE;
        bytes32[] memory path = ReceiptTreeModel.path(leavesIn[which], index);
        ReceiptHeader memory h = receipt(which, index);
        uint256 slice = anchor.sliceOf(id);
        vm.prank(actor);
        try anchor.challengeLeaf(m.ref, index, path, h, PROOF, SALT) {
            vm.assertTrue(possible, "challenged against the rules");
            if (isFinal(m) && !m.duplicate[index]) m.refuted[index] = true;
            else m.voided[index] = true;
            if (slice != 0) end(m);
        } catch {
            vm.assertFalse(possible, "could not challenge");
        }
    }

    /// @dev Whoever says of a batch that it is in the blob of zeros is right or not; either way no element of that is wrong.
    function challengeBlob(uint256 who, uint256 which, bool element) external by(who) {
        if (models.length == 0) return;
        Model storage m = models[which % models.length];
        address actor = actors[who % 4];
        bytes32 id = idOf(m.ref);
        vm.prank(actor);
        try anchor.commitChallenge(keccak256(abi.encode(actor, id, type(uint32).max, SALT))) {} catch {}
        vm.roll(block.number + 1);
        bool possible = !element && m.ref.dataCommitment == zeros() && !m.fallen && !isFinal(m)
            && block.timestamp <= m.finalAt + LATE;
        uint256 slice = anchor.sliceOf(id);
        bytes memory infinity = infinityPoint();
        vm.prank(actor);
        (bool ok,) = address(anchor).call{gas: 1_000_000}(
            element
                ? abi.encodeCall(anchor.challengeBlobElement, (m.ref, 2 * SIZE, 0, infinity, infinity, SALT))
                : abi.encodeCall(anchor.challengeBlob, (m.ref, new bytes(32 * SIZE), infinity, infinity, SALT))
        );
        vm.assertTrue(ok == possible, "a batch fell against the rules, or could not");
        if (!ok) return;
        m.fallen = true;
        ++fell;
        if (slice != 0) end(m);
    }

    /// @dev Commitment of the polynomial 0, and the proof of any value of it.
    function infinityPoint() private pure returns (bytes memory point) {
        point = new bytes(48);
        point[0] = 0xc0;
    }

    function zeros() private pure returns (bytes32) {
        return sha256(infinityPoint()) & bytes32(type(uint256).max >> 8) | bytes32(uint256(1) << 248);
    }

    /// @dev The same nullifier and another receipt, in a leaf that was before and is proven, and both stand.
    function duplicate(uint256 who, uint256 which, uint32 index, uint256 before, uint32 beforeIndex) external by(who) {
        if (models.length == 0) return;
        (which, index) = (which % models.length, index % SIZE);
        // Mostly in order.
        (before, beforeIndex) = (before % (before & 7 == 0 ? models.length : which + 1), beforeIndex % SIZE);
        bool possible = mayVoid(which, index, before, beforeIndex);
        vm.prank(actors[who % 4]);
        if (tryDuplicate(placed(which, index), placed(before, beforeIndex))) {
            vm.assertTrue(possible, "void as a duplicate against the rules");
            models[which].duplicate[index] = true;
            ++duplicates;
        } else {
            vm.assertFalse(possible, "could not void a duplicate");
        }
    }

    function tryDuplicate(IDuplicates.Placed memory later, IDuplicates.Placed memory earlier)
        private
        returns (bool ok)
    {
        (ok,) = address(anchor)
            .call(abi.encodeCall(anchor.challengeDuplicate, (later, keccak256(PROOF), earlier, PROOF)));
    }

    /// @dev The rule of duplicates among leaves, from the model.
    function mayVoid(uint256 which, uint32 index, uint256 before, uint32 beforeIndex) private view returns (bool) {
        Model storage m = models[which];
        if (before > which || before == which && beforeIndex >= index || beforeIndex == 0) return false;
        if (!stands(m, index) || !stands(models[before], beforeIndex) || isFinal(m)) return false;
        return clash(which, index, receipt(before, beforeIndex));
    }

    /// @dev Anybody's receipt, once per nullifier, while it is young enough.
    function record(uint256 who, uint256 which, uint32 index) external by(who) {
        if (models.length == 0) return;
        (which, index) = (which % models.length, index % SIZE);
        ReceiptHeader memory h = receipt(which, index);
        RecordModel storage r = recordModels[Nullifier.unwrap(h.nullifier)];
        bool possible = stoppedAt == 0 && index != 0 && r.at == 0 && block.timestamp <= h.launchedAt + MAX_AGE;
        vm.prank(actors[who % 4]);
        try anchor.verifyNow(h, PROOF, publisher, notBefore) {
            vm.assertTrue(possible, "recorded against the rules");
            (r.leaf, r.at) = (leavesIn[which][index], uint64(block.timestamp));
        } catch {
            vm.assertFalse(possible, "could not record");
        }
    }

    /// @dev A record of an earlier second voids a leaf with another receipt of its nullifier.
    function recordedDuplicate(uint256 who, uint256 which, uint32 index, uint256 other, uint32 otherIndex)
        external
        by(who)
    {
        if (models.length == 0) return;
        (which, index) = (which % models.length, index % SIZE);
        (other, otherIndex) = (other % models.length, otherIndex % SIZE);
        bool possible = mayVoidByRecord(which, index, other, otherIndex);
        IDuplicates.Placed memory later = placed(which, index);
        ReceiptHeader memory h = receipt(other, otherIndex);
        vm.prank(actors[who % 4]);
        try anchor.challengeRecorded(later, keccak256(PROOF), h) {
            vm.assertTrue(possible, "void by a record against the rules");
            models[which].duplicate[index] = true;
            ++duplicates;
        } catch {
            vm.assertFalse(possible, "could not void by a record");
        }
    }

    /// @dev The rule of duplicates of records, from the model.
    function mayVoidByRecord(uint256 which, uint32 index, uint256 other, uint32 otherIndex)
        private
        view
        returns (bool)
    {
        Model storage m = models[which];
        ReceiptHeader memory h = receipt(other, otherIndex);
        RecordModel storage r = recordModels[Nullifier.unwrap(h.nullifier)];
        if (r.at == 0 || r.leaf != leavesIn[other][otherIndex] || r.at >= m.anchoredAt) return false;
        return stands(m, index) && !isFinal(m) && clash(which, index, h);
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

    /// @dev Whether the place has another receipt than `h` of the nullifier of `h`.
    function clash(uint256 which, uint32 index, ReceiptHeader memory h) public view returns (bool) {
        return Nullifier.unwrap(receipt(which, index).nullifier) == Nullifier.unwrap(h.nullifier)
            && anchor.leafOf(h, keccak256(PROOF)) != leavesIn[which][index];
    }

    /// @dev Where a leaf is, for who challenges it.
    function placed(uint256 which, uint32 index) public view returns (IDuplicates.Placed memory) {
        return IDuplicates.Placed(
            models[which].ref, index, ReceiptTreeModel.path(leavesIn[which], index), receipt(which, index)
        );
    }

    function stands(Model memory m, uint256 index) public pure returns (bool) {
        return !m.fallen && !m.voided[index] && !m.duplicate[index];
    }

    /// @dev The rule of finality, from the model.
    function isFinal(Model memory m) public view returns (bool) {
        return !m.fallen && m.open == 0 && block.timestamp >= m.finalAt && (stoppedAt == 0 || m.finalAt <= stoppedAt);
    }

    /// @dev Places 0, 1 and 3 of all batches have one nullifier, places 2 another. Places 3 of batches 0 and 1 have the same
    ///      receipt, of 2 and 3, and of 4 and 5; places 2 of all even batches have the same, and of all odd ones.
    function receipt(uint256 which, uint256 index) public view returns (ReceiptHeader memory h) {
        h = header(index == 2 ? 2 : 1);
        h.outputHash = bytes32(index == 2 ? 1 + which % 2 : index == 3 ? 10 + which / 2 : 100 + which * SIZE + index);
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
                    !stands(m, i) ? LeafStatus.Void : isFinal(m) ? LeafStatus.Final : LeafStatus.Pending;
                vm.assertTrue(status == expected, "status is not the model's");
                vm.assertTrue(fallen == m.fallen, "fallen is not the model's");
                if (m.wasFinal[i]) vm.assertTrue(status == LeafStatus.Final, "final is for ever");
                m.wasFinal[i] = status == LeafStatus.Final;
            }
        }
    }
}
