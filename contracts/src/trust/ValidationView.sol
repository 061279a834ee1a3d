// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ITrustScores} from "../interfaces/ITrustScores.sol";
import {IValidationView} from "../interfaces/IValidationView.sol";
import {OperatorId} from "../types/Ids.sol";

/// @title ValidationView
/// @notice See IValidationView.
contract ValidationView is IValidationView {
    string private constant TAG = "nonos.score";
    /// @dev Highest score there is.
    uint256 private constant MAX_SCORE = 999;

    /// @inheritdoc IValidationView
    ITrustScores public immutable trust;

    constructor(ITrustScores trust_) {
        trust = trust_;
    }

    /// @inheritdoc IValidationView
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse)
    {
        if (bytes(tag).length != 0 && keccak256(bytes(tag)) != keccak256(bytes(TAG))) return (0, 0);
        if (!_namesMarket(validatorAddresses)) return (0, 0);
        OperatorId operator = _operatorOf(agentId);
        count = _count(operator);
        if (count != 0) averageResponse = _response(operator);
    }

    /// @inheritdoc IValidationView
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        )
    {
        OperatorId operator = OperatorId.wrap(requestHash);
        if (_count(operator) == 0) revert UnknownRequest(requestHash);
        return (trust.reporter(), uint256(requestHash), _response(operator), 0, TAG, block.timestamp);
    }

    /// @inheritdoc IValidationView
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory requestHashes) {
        requestHashes = new bytes32[](_count(_operatorOf(agentId)) == 0 ? 0 : 1);
        if (requestHashes.length != 0) requestHashes[0] = bytes32(agentId);
    }

    /// @inheritdoc IValidationView
    function agentIdOf(OperatorId operator) external pure returns (uint256 agentId) {
        return uint256(OperatorId.unwrap(operator));
    }

    function _operatorOf(uint256 agentId) private pure returns (OperatorId) {
        return OperatorId.wrap(bytes32(agentId));
    }

    /// @dev Facts of every kind; the counters are far smaller than the sum's type.
    function _count(OperatorId operator) private view returns (uint64) {
        ITrustScores.Facts memory f = trust.factsOf(operator);
        return uint64(f.fulfilled) + f.faulted + f.challenged;
    }

    function _response(OperatorId operator) private view returns (uint8) {
        return uint8(uint256(trust.scoreOf(operator)) * 100 / MAX_SCORE);
    }

    function _namesMarket(address[] calldata validators) private view returns (bool) {
        if (validators.length == 0) return true;
        address market = trust.reporter();
        for (uint256 i; i < validators.length; ++i) {
            if (validators[i] == market) return true;
        }
        return false;
    }
}
