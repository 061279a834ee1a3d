// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReveals} from "../interfaces/IReveals.sol";
import {Demand, DemandState} from "../types/Batch.sol";
import {BatchRef} from "../types/BatchRef.sol";
import {ReceiptHeader} from "../types/ReceiptHeader.sol";
import {Duplicates} from "./Duplicates.sol";

/// @title Reveals
/// @notice See IReveals.
abstract contract Reveals is Duplicates, IReveals {
    /// @dev Demands of one batch that can be open at a time: bounds what a relayer has to answer in one reveal period.
    uint16 internal constant MAX_OPEN_DEMANDS = 256;
    /// @dev Reveal periods in a challenge window, at least: together with MAX_OPEN_DEMANDS every place of the largest
    ///      batch can be demanded in time, so a relayer cannot use up the demands itself.
    uint64 internal constant MIN_ROUNDS = 8;
    /// @dev Gas that answering a demand costs at most, the transaction's own included, for a proof of usual length.
    uint256 private constant REVEAL_GAS = 160_000;
    /// @dev A proof of 1,248 bytes is what there is; this leaves room for other circuits and still fits a challenge.
    uint256 private constant MAX_PROOF = 8_192;

    uint64 internal immutable REVEAL_PERIOD;

    mapping(bytes32 place => Demand) private demands;

    constructor(uint64 revealPeriod) {
        REVEAL_PERIOD = revealPeriod;
    }

    /// @inheritdoc IReveals
    function demandReveal(BatchRef calldata batch, uint32 index) external payable {
        _requireRunning();
        (bytes32 batchId, Slot memory slot) = _standing(batch);
        uint64 time = uint64(block.timestamp);
        uint64 until = _demandableUntil(slot);
        if (time > until) revert DemandTooLate(batchId, until, time);
        if (index >= batch.size) revert IndexOutOfBounds(index, batch.size);
        Demand storage demand = demands[_place(batchId, index)];
        if (demand.state != DemandState.None) revert AlreadyDemanded(batchId, index);
        if (slot.openDemands == MAX_OPEN_DEMANDS) revert TooManyDemands(batchId, MAX_OPEN_DEMANDS);
        uint256 bond = demandBond();
        if (msg.value < bond) revert DemandBondTooSmall(msg.value, bond);
        uint64 deadline = time + REVEAL_PERIOD;
        (demand.state, demand.demander, demand.deadline, demand.bond) =
        (DemandState.Open, msg.sender, deadline, uint128(bond));
        uint64 pausedUntil = deadline + REVEAL_PERIOD;
        if (pausedUntil > slot.finalAt) slot.finalAt = uint48(pausedUntil);
        ++slot.openDemands;
        _store(batchId, slot);
        if (msg.value > bond) _credit(msg.sender, msg.value - bond);
        emit RevealDemanded(batchId, index, msg.sender, deadline, slot.finalAt, bond);
    }

    /// @inheritdoc IReveals
    function revealLeaf(
        BatchRef calldata batch,
        uint32 index,
        bytes32[] calldata path,
        ReceiptHeader calldata header,
        bytes calldata proof
    ) external {
        (bytes32 batchId, Slot memory slot) = _standing(batch);
        Demand storage demand = _open(batchId, index);
        uint64 deadline = demand.deadline;
        if (block.timestamp > deadline) revert RevealTooLate(batchId, index, deadline, uint64(block.timestamp));
        if (proof.length > MAX_PROOF) revert ProofTooLong(proof.length, MAX_PROOF);
        (, bytes32 leaf) = _included(batchId, batch, index, path, header, keccak256(proof));
        demand.state = DemandState.Answered;
        --slot.openDemands;
        _store(batchId, slot);
        uint256 bond = demand.bond;
        _credit(msg.sender, bond / 2);
        _credit(batch.relayer, bond - bond / 2);
        emit LeafRevealed(batchId, index, msg.sender, leaf, header, proof);
    }

    /// @inheritdoc IReveals
    function closeDemand(BatchRef calldata batch, uint32 index) external {
        (bytes32 batchId, Slot memory slot) = _known(batch);
        Demand storage demand = _open(batchId, index);
        (address demander, uint64 deadline, uint256 bond) = (demand.demander, demand.deadline, demand.bond);
        if (!_fell(slot) && block.timestamp <= deadline) {
            revert RevealStillOpen(batchId, index, deadline, uint64(block.timestamp));
        }
        demand.state = DemandState.Closed;
        --slot.openDemands;
        _credit(demander, bond);
        emit DemandClosed(batchId, index, demander, bond);
        if (_fell(slot)) _store(batchId, slot);
        else _fall(batchId, batch.relayer, slot, demander, WITHHELD);
    }

    /// @inheritdoc IReveals
    function demandOf(bytes32 batchId, uint32 index) external view returns (Demand memory) {
        return demands[_place(batchId, index)];
    }

    /// @inheritdoc IReveals
    function demandBond() public view returns (uint256) {
        uint256 price = block.basefee > BASE_FEE_FLOOR ? block.basefee : BASE_FEE_FLOOR;
        return REVEAL_GAS * 2 * price;
    }

    function _open(bytes32 batchId, uint32 index) private view returns (Demand storage demand) {
        demand = demands[_place(batchId, index)];
        if (demand.state != DemandState.Open) revert NoOpenDemand(batchId, index);
    }
}
