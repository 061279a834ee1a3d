// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {VerifierKey} from "../types/Ids.sol";
import {EnrolmentWrapper} from "./EnrolmentWrapper.sol";
import {VerifierWrapper} from "./VerifierWrapper.sol";
import {DEVELOPER_SRS, EnrolmentHalo2Verifier, VERIFIER_KEY} from "./generated/EnrolmentHalo2Verifier.sol";

/// @title EnrolmentVerifier
/// @notice See IEnrolmentVerifier. Creates its own copy of the generated verifier, and takes key and setup from the
///         generated file, as LaunchVerifier does.
contract EnrolmentVerifier is EnrolmentWrapper {
    constructor()
        VerifierWrapper(address(new EnrolmentHalo2Verifier()), VerifierKey.wrap(VERIFIER_KEY), DEVELOPER_SRS)
    {}
}
