// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IFeeSchedule} from "../interfaces/IFeeSchedule.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";

/// @notice Whom a market asks, and its own terms: what its linked libraries need of its immutables.
/// @param tail Seconds after the deadline in which a claimed leaf can still turn out void and a receipt be due anew.
struct Parties {
    IReceiptAnchor anchor;
    IFeeSchedule fees;
    ICapsuleRegistry capsules;
    IOperatorRegistry operators;
    IVerifierRouter router;
    ITrustScores trust;
    uint16 floorBps;
    uint256 challengeWindow;
    uint256 grace;
    uint256 tail;
}
