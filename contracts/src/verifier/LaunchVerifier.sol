// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";
import {LaunchWrapper} from "./LaunchWrapper.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";
import {DEVELOPER_SRS, LaunchHalo2Verifier, VERIFIER_KEY} from "./generated/LaunchHalo2Verifier.sol";

/// @title LaunchVerifier
/// @notice See ILaunchVerifier. Creates its own copy of the generated verifier, and takes key and setup from the generated
///         file: who deploys it cannot pair a key with other code, or call a developer setup something else.
contract LaunchVerifier is LaunchWrapper {
    constructor() VerifierWrapper(address(new LaunchHalo2Verifier()), VerifierKey.wrap(VERIFIER_KEY), DEVELOPER_SRS) {}
}
