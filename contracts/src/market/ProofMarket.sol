// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IFeeSchedule} from "../interfaces/IFeeSchedule.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {Inputs} from "./Inputs.sol";
import {Locks} from "./Locks.sol";
import {MarketBase} from "./MarketBase.sol";
import {Settlements} from "./Settlements.sol";

/// @title ProofMarket
/// @notice See IProofMarket.
contract ProofMarket is Locks, Inputs, Settlements {
    constructor(
        IReceiptAnchor anchor_,
        ITrustScores trust_,
        IFeeSchedule fees_,
        uint16 collateralFloorBps_,
        uint64 grace_
    ) MarketBase(anchor_, trust_, fees_, collateralFloorBps_, grace_) {}
}
