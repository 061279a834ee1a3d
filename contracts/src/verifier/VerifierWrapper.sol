// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ILaunchVerifier} from "../interfaces/ILaunchVerifier.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {VerifierKey} from "../types/Ids.sol";

/// @title VerifierWrapper
/// @notice What every wrapper does around its generated verifier. See ILaunchVerifier.
abstract contract VerifierWrapper is ILaunchVerifier {
    /// @dev About twice what a valid launch proof costs at the prices of EIP-1108. A rejected one may cost all of it: a
    ///      failing precompile consumes the gas it was given.
    uint256 private constant VERIFICATION_GAS = 600_000;
    /// @dev Smallest gas that still forwards VERIFICATION_GAS after the 1/64 that EIP-150 holds back, with room for
    ///      the calldata copy and the return.
    uint256 private constant REQUIRED_GAS = VERIFICATION_GAS * 64 / 63 + 10_000;

    /// @inheritdoc ILaunchVerifier
    VerifierKey public immutable verifierKey;
    /// @inheritdoc ILaunchVerifier
    address public immutable generated;
    /// @inheritdoc ILaunchVerifier
    bool public immutable developerSetup;

    constructor(address generated_, VerifierKey verifierKey_, bool developerSetup_) {
        if (generated_.code.length == 0) revert NoVerifierCode(generated_);
        if (VerifierKey.unwrap(verifierKey_) == 0) revert ZeroVerifierKey();
        if (developerSetup_ && !isDevelopmentChain()) revert DeveloperSetup(block.chainid, verifierKey_);
        generated = generated_;
        verifierKey = verifierKey_;
        developerSetup = developerSetup_;
    }

    /// @inheritdoc ILaunchVerifier
    function verificationGas() external pure returns (uint256) {
        return VERIFICATION_GAS;
    }

    /// @inheritdoc ILaunchVerifier
    function verify(bytes calldata proof, uint256[10] calldata instances) external view returns (bool) {
        // The chain id can change under a deployed contract: by a split, or by copying the state of a development chain.
        if (developerSetup && !isDevelopmentChain()) revert DeveloperSetup(block.chainid, verifierKey);
        bytes memory input = abi.encodePacked(instances, proof);
        address target = generated;
        if (gasleft() < REQUIRED_GAS) revert InsufficientGas(gasleft(), REQUIRED_GAS);
        bool ok;
        uint256 word;
        // Copies at most one word back, so that the callee cannot make the caller pay for its return data.
        assembly ("memory-safe") {
            ok := staticcall(VERIFICATION_GAS, target, add(input, 32), mload(input), 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            word := mload(0)
        }
        return ok && word == 1;
    }
}
