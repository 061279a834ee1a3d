// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInstallVerifier} from "../interfaces/IInstallVerifier.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";

/// @title InstallWrapper
/// @notice The wrapper around any code that has the calldata of the install circuit. See IInstallVerifier.
abstract contract InstallWrapper is VerifierWrapper, IInstallVerifier {
    /// @inheritdoc IInstallVerifier
    function verify(bytes calldata proof, uint256[5] calldata instances) external view returns (bool) {
        return _verify(abi.encodePacked(instances, proof));
    }

    /// @dev A valid proof of a chunk costs about 500k.
    function _verificationGas() internal pure override returns (uint256) {
        return 1_000_000;
    }
}
