// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IEnrolmentVerifier} from "../interfaces/IEnrolmentVerifier.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";

/// @title EnrolmentWrapper
/// @notice The wrapper around any code that has the calldata of the enrolment circuit. See IEnrolmentVerifier.
abstract contract EnrolmentWrapper is VerifierWrapper, IEnrolmentVerifier {
    /// @inheritdoc IEnrolmentVerifier
    function verify(bytes calldata proof, uint256[6] calldata instances) external view returns (bool) {
        return _verify(abi.encodePacked(instances, proof));
    }

    /// @dev A valid enrolment proof costs about 490k.
    function _verificationGas() internal pure override returns (uint256) {
        return 1_000_000;
    }
}
