// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {OperatorId} from "../types/Ids.sol";
import {ITrustScores} from "./ITrustScores.sol";

/// @title IValidationView: the trust scores, read through the three questions of an ERC-8004 validation registry
/// @notice For readers that know ERC-8004 and not this project. It keeps nothing, has no owner and writes nothing: every answer
///         is computed from ITrustScores at the call.
///
///         *The mapping.* The agent id is the operator's root key as a number. The one validator is the market
///         (`trust.reporter`), the one tag is "nonos.score". There is one validation per operator with a fact, its standing,
///         and its request hash is the operator's root key again, so that nothing needs to be stored to find it. Response =
///         floor(score * 100 / 999), 0 to 100.
///
///         *What this is not.* `averageResponse` is that response, not a mean: facts are weighed by burned fees and decay.
///         `count` counts facts since the beginning, though `getAgentValidations` names the one standing. Requests of the
///         market are not listed one by one. A response is as of the call, and so is `lastUpdate`: scores decay by the day
///         without a transaction. `responseHash` is 0: there is no file. Agent ids are not tokens of an identity registry.
///
///         *What is missing.* `validationRequest`, `validationResponse` and their events, as nobody can ask for or write a
///         score; `getIdentityRegistry`, as there is none; `getValidatorRequests`, as operators cannot be enumerated. A call
///         to any of these reverts without data.
/// @dev WARNING: what ITrustScores says of scores holds for responses. 100 is not "valid", and 0 may be "new".
interface IValidationView {
    /// @notice The operator has no facts, or the hash is not one of a root key.
    error UnknownRequest(bytes32 requestHash);

    /// @notice ERC-8004. How many facts there are, and the response to them together; (0, 0) if there are none or the filters
    ///         leave none.
    /// @param agentId Root key as a number.
    /// @param validatorAddresses Empty for any; otherwise the market must be among them.
    /// @param tag Empty for any; otherwise it must be "nonos.score".
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 averageResponse);

    /// @notice ERC-8004. The standing of an operator; reverts with UnknownRequest if it has no facts.
    /// @param requestHash Root key of the operator.
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
        );

    /// @notice ERC-8004. The one request hash of an operator, or none if it has no facts.
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory requestHashes);

    /// @notice Agent id of an operator.
    function agentIdOf(OperatorId operator) external pure returns (uint256 agentId);

    /// @notice Where the scores are.
    function trust() external view returns (ITrustScores);
}
