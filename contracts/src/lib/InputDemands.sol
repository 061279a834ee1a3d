// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../interfaces/IInputs.sol";
import {IProofMarket} from "../interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {DemandState} from "../types/Batch.sol";
import {KeptLock} from "../types/KeptLock.sol";
import {Parties} from "../types/Parties.sol";
import {ProofRequest, requestOf} from "../types/ProofRequest.sol";
import {MarketRules} from "./MarketRules.sol";

/// @title InputDemands: demands for the input of a locked request
/// @dev Linked and called by delegatecall, like MarketRules. See IInputs. What a demand means for a lock is in MarketRules.
library InputDemands {
    /// @dev A transaction that every node relays has 128 KiB at most; this leaves room for the request, and for other ways to send it.
    uint256 internal constant MAX_INPUT = 98_304;
    /// @dev Gas that the largest answer costs at most, as a transaction: the floor price of its calldata (EIP-7623), 40 gas for
    ///      each of 99,172 bytes, and 21,000.
    uint256 private constant ANSWER_GAS = 4_000_000;

    /// @dev See IInputs.demandInput. Gives the bond.
    function demand(
        IInputs.InputDemand storage d,
        KeptLock storage l,
        bytes32 requestId,
        uint256[25] calldata words,
        Parties calldata p,
        uint256 sent
    ) external returns (uint256 bond_) {
        ProofRequest calldata r = requestOf(words);
        if (l.state != IProofMarket.RequestState.Locked) revert IProofMarket.WrongState(requestId, l.state);
        if (msg.sender != l.locker) revert IProofMarket.NotLocker(requestId, msg.sender, l.locker);
        if (r.inputHash == 0) revert IInputs.NoInput(requestId);
        if (d.state != DemandState.None) revert IInputs.InputDemandedBefore(requestId);
        uint256 latest = l.deadline - 2 * p.grace;
        if (block.timestamp > latest) revert IInputs.InputDemandTooLate(requestId, latest, block.timestamp);
        if (MarketRules.isVerifierGone(r, p)) revert IProofMarket.UnwindInstead(requestId);
        bond_ = _bond(p.anchor);
        if (sent < bond_) revert IInputs.InputBondTooSmall(sent, bond_);
        _open(d, requestId, uint64(block.timestamp + p.grace), bond_);
    }

    /// @dev See IInputs.answerInput. Gives the bond, which is the caller's.
    function answer(IInputs.InputDemand storage d, bytes32 requestId, bytes32 inputHash, bytes calldata input)
        external
        returns (uint256)
    {
        uint64 answerBy = _requireOpen(d, requestId);
        if (block.timestamp > answerBy) revert IInputs.InputAnswerTooLate(requestId, answerBy, block.timestamp);
        if (input.length > MAX_INPUT) revert IInputs.InputTooLong(input.length, MAX_INPUT);
        bytes32 given = keccak256(input);
        if (given != inputHash) revert IInputs.OtherInput(given, inputHash);
        (d.state, d.answeredAt) = (DemandState.Answered, uint64(block.timestamp));
        emit IInputs.InputAnswered(requestId, msg.sender, input);
        return d.bond;
    }

    /// @dev See IInputs.closeInputDemand. Gives the bond, which is the locker's.
    function close(IInputs.InputDemand storage d, bytes32 requestId, address locker) external returns (uint256 bond_) {
        uint64 answerBy = _requireOpen(d, requestId);
        if (block.timestamp <= answerBy) revert IInputs.InputAnswerOpen(requestId, answerBy, block.timestamp);
        d.state = DemandState.Closed;
        bond_ = d.bond;
        emit IInputs.InputDemandClosed(requestId, locker, bond_);
    }

    /// @dev See IInputs.inputBond.
    function bond(IReceiptAnchor anchor) external view returns (uint256) {
        return _bond(anchor);
    }

    function _open(IInputs.InputDemand storage d, bytes32 requestId, uint64 answerBy, uint256 bond_) private {
        // Ether that was sent, so it fits.
        (d.state, d.answerBy, d.bond) = (DemandState.Open, answerBy, uint96(bond_));
        emit IInputs.InputDemanded(requestId, msg.sender, answerBy, bond_);
    }

    function _bond(IReceiptAnchor anchor) private view returns (uint256) {
        uint256 floor = anchor.stakes().baseFeeFloor;
        return ANSWER_GAS * 2 * (block.basefee > floor ? block.basefee : floor);
    }

    function _requireOpen(IInputs.InputDemand storage d, bytes32 requestId) private view returns (uint64 answerBy) {
        if (d.state != DemandState.Open) revert IInputs.NoOpenInputDemand(requestId, d.state);
        return d.answerBy;
    }
}
