// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInputs} from "../interfaces/IInputs.sol";
import {InputDemands} from "../lib/InputDemands.sol";
import {ProofRequest, wordsOf} from "../types/ProofRequest.sol";
import {MarketBase} from "./MarketBase.sol";

/// @title Inputs
/// @notice Demands for the input of a locked request. See IInputs.
abstract contract Inputs is MarketBase {
    /// @inheritdoc IInputs
    uint256 public constant maxInput = InputDemands.MAX_INPUT;

    /// @inheritdoc IInputs
    function demandInput(ProofRequest calldata request) external payable {
        bytes32 requestId = requestIdOf(request);
        uint256 bond = InputDemands.demand(
            demands[requestId], locks[requestId], requestId, wordsOf(request), _parties(), msg.value
        );
        if (msg.value > bond) _credit(address(0), msg.sender, msg.value - bond);
    }

    /// @inheritdoc IInputs
    function answerInput(ProofRequest calldata request, bytes calldata input) external {
        bytes32 requestId = requestIdOf(request);
        _credit(address(0), msg.sender, InputDemands.answer(demands[requestId], requestId, request.inputHash, input));
    }

    /// @inheritdoc IInputs
    function closeInputDemand(bytes32 requestId) external {
        address locker = locks[requestId].locker;
        _credit(address(0), locker, InputDemands.close(demands[requestId], requestId, locker));
    }

    /// @inheritdoc IInputs
    function inputDemandOf(bytes32 requestId) external view returns (InputDemand memory) {
        return demands[requestId];
    }

    /// @inheritdoc IInputs
    function inputBond() external view returns (uint256) {
        return InputDemands.bond(anchor);
    }
}
