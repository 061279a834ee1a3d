// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";
import {InstallWrapper} from "./InstallWrapper.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";
import {DEVELOPER_SRS, InstallHalo2Verifier, VERIFIER_KEY} from "./generated/InstallHalo2Verifier.sol";

/// @title InstallVerifier
/// @notice See IInstallVerifier. Creates its own copy of the generated verifier, and takes key and setup from the
///         generated file, as LaunchVerifier does.
contract InstallVerifier is InstallWrapper {
    constructor() VerifierWrapper(address(new InstallHalo2Verifier()), VerifierKey.wrap(VERIFIER_KEY), DEVELOPER_SRS) {}
}
