// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Owned} from "../access/Owned.sol";
import {IFeeSchedule} from "../interfaces/IFeeSchedule.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";

/// @title FeeSchedule
/// @notice See IFeeSchedule.
contract FeeSchedule is IFeeSchedule, Owned {
    uint256 private constant BPS = 10_000;
    uint256 private constant MIN_BURNED_BPS = 5_000;
    uint64 private constant MIN_DELAY = 7 days;
    uint64 private constant MAX_DELAY = 365 days;

    /// @dev One slot, nobody else in it. `next` holds from effectiveAt on; nothing has to write that down. Nothing waiting:
    ///      effectiveAt is not ahead, and after a retraction `next` is `now_`.
    struct Fees {
        uint16 now_;
        uint16 next;
        uint64 effectiveAt;
    }

    /// @inheritdoc IFeeSchedule
    uint16 public constant maxFeeBps = 1000;
    /// @inheritdoc IFeeSchedule
    uint16 public immutable burnedBps;
    /// @inheritdoc IFeeSchedule
    address public immutable treasury;
    /// @inheritdoc IFeeSchedule
    uint64 public immutable delay;

    Fees private fees;

    constructor(address owner_, address guardian_, FeeTerms memory terms) Owned(owner_, guardian_) {
        if (terms.feeBps > maxFeeBps) revert FeeTooHigh(terms.feeBps, maxFeeBps);
        if (terms.burnedBps < MIN_BURNED_BPS || terms.burnedBps > BPS) {
            revert BadParameter("burnedBps", terms.burnedBps);
        }
        // Otherwise burnedBps would say something else than what `split` does.
        if (terms.treasury == address(0) && terms.burnedBps != BPS) revert BadParameter("treasury", 0);
        uint64 shortest = isDevelopmentChain() ? 1 : MIN_DELAY;
        if (terms.delay < shortest || terms.delay > MAX_DELAY) revert BadParameter("delay", terms.delay);
        (burnedBps, treasury, delay) = (terms.burnedBps, terms.treasury, terms.delay);
        fees = Fees(terms.feeBps, terms.feeBps, 0);
        emit FeeScheduled(terms.feeBps, terms.feeBps, uint64(block.timestamp));
    }

    /// @inheritdoc IFeeSchedule
    function schedule(uint16 feeBps) external onlyOwner returns (uint64 effectiveAt) {
        if (feeBps > maxFeeBps) revert FeeTooHigh(feeBps, maxFeeBps);
        uint16 now_ = current();
        effectiveAt = uint64(block.timestamp) + delay;
        fees = Fees(now_, feeBps, effectiveAt);
        emit FeeScheduled(now_, feeBps, effectiveAt);
    }

    /// @inheritdoc IFeeSchedule
    function retract() external onlyOwnerOrGuardian {
        Fees memory f = fees;
        if (block.timestamp >= f.effectiveAt) revert NothingScheduled(current());
        fees = Fees(f.now_, f.now_, 0);
        emit FeeRetracted(f.next, f.effectiveAt, msg.sender);
    }

    /// @inheritdoc IFeeSchedule
    function current() public view returns (uint16 feeBps) {
        Fees memory f = fees;
        return block.timestamp < f.effectiveAt ? f.now_ : f.next;
    }

    /// @inheritdoc IFeeSchedule
    function scheduled() external view returns (uint16 next, uint64 effectiveAt) {
        Fees memory f = fees;
        return (f.next, block.timestamp < f.effectiveAt ? f.effectiveAt : 0);
    }

    /// @inheritdoc IFeeSchedule
    function split(uint256 fee) external view returns (uint256 burned, uint256 toTreasury) {
        // By quotient and remainder, so that no fee is too large to divide.
        burned = fee / BPS * burnedBps + (fee % BPS * burnedBps + BPS - 1) / BPS;
        toTreasury = fee - burned;
    }
}
