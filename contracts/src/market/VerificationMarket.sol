// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IVerificationMarket} from "../interfaces/IVerificationMarket.sol";
import {Job, JobKind} from "../types/Job.sol";
import {BatchOpinions} from "./BatchOpinions.sol";
import {InstallOpinions} from "./InstallOpinions.sol";
import {Opinions} from "./Opinions.sol";

/// @title VerificationMarket
/// @notice See IVerificationMarket.
contract VerificationMarket is BatchOpinions, InstallOpinions {
    constructor(IReceiptAnchor anchor_, Parameters memory p)
        Opinions(anchor_)
        BatchOpinions(p.attestedFloor, p.grace)
        InstallOpinions(p.contestWindow, p.answerBase, p.answerPerChunk, p.leastInstallBond)
    {}

    /// @inheritdoc IVerificationMarket
    function settle(uint256 jobId) external {
        Job storage j = _open(jobId);
        if (j.kind == JobKind.Batch) _settleBatch(jobId, j);
        else _settleInstall(jobId, j);
    }

    /// @inheritdoc IVerificationMarket
    function unwind(uint256 jobId) external {
        Job storage j = _open(jobId);
        if (j.kind == JobKind.Batch) _unwindBatch(jobId, j);
        else _unwindInstall(jobId, j);
    }
}
