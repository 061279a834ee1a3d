// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";

/// @title LaunchWrapper
/// @notice The wrapper around any code that has the calldata of the launch circuit. See ILaunchVerifier.
abstract contract LaunchWrapper is VerifierWrapper, ILaunchVerifier {
    /// @inheritdoc ILaunchVerifier
    function verify(bytes calldata proof, uint256[10] calldata instances) external view returns (bool) {
        return _verify(abi.encodePacked(instances, proof));
    }

    /// @dev A valid launch proof costs about 300k.
    function _verificationGas() internal pure override returns (uint256) {
        return 600_000;
    }
}
