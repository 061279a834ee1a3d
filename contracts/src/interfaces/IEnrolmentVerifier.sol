// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierWrapper} from "./IVerifierWrapper.sol";

/// @title IEnrolmentVerifier: the immutable wrapper around one generated verifier of enrolments
/// @notice What a valid proof says: the ed25519 key signed "nonos1.enrol" ‖ leaf ‖ digest (76 bytes), and whoever made the
///         proof knows k with leaf = P(ID; k, meta). The registries compute key, meta and digest themselves; see
///         `lib/EnrolmentStatement.sol`.
/// @dev No key of this circuit goes through the router: a registry is bound to one verifier for good. A false answer to a
///      valid proof costs the sender its gas and nobody anything else.
interface IEnrolmentVerifier is IVerifierWrapper {
    /// @notice Verifies an enrolment proof.
    /// @param proof SHPLONK proof bytes; any other length than the circuit's is rejected.
    /// @param instances key_hi, key_lo, leaf, meta, digest_hi, digest_lo; values not below r are rejected.
    /// @return Whether the proof is valid.
    function verify(bytes calldata proof, uint256[6] calldata instances) external view returns (bool);
}
