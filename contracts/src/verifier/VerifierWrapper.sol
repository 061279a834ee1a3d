// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierWrapper} from "../interfaces/IVerifierWrapper.sol";
import {isDevelopmentChain} from "../lib/DevelopmentChain.sol";
import {VerifierKey} from "../types/Ids.sol";

/// @title VerifierWrapper
/// @notice What every wrapper does around its generated verifier. See IVerifierWrapper.
abstract contract VerifierWrapper is IVerifierWrapper {
    /// @inheritdoc IVerifierWrapper
    VerifierKey public immutable verifierKey;
    /// @inheritdoc IVerifierWrapper
    address public immutable generated;
    /// @inheritdoc IVerifierWrapper
    bool public immutable developerSetup;

    constructor(address generated_, VerifierKey verifierKey_, bool developerSetup_) {
        if (generated_.code.length == 0) revert NoVerifierCode(generated_);
        if (VerifierKey.unwrap(verifierKey_) == 0) revert ZeroVerifierKey();
        if (developerSetup_ && !isDevelopmentChain()) revert DeveloperSetup(block.chainid, verifierKey_);
        generated = generated_;
        verifierKey = verifierKey_;
        developerSetup = developerSetup_;
    }

    /// @inheritdoc IVerifierWrapper
    function verificationGas() external pure returns (uint256) {
        return _verificationGas();
    }

    /// @dev About twice what a valid proof of the circuit costs at the prices of EIP-1108. A rejected one may cost all of
    ///      it: a failing precompile consumes the gas it was given.
    function _verificationGas() internal pure virtual returns (uint256);

    /// @dev The verdict of the generated code on `instances ‖ proof`.
    function _verify(bytes memory input) internal view returns (bool) {
        // The chain id can change under a deployed contract: by a split, or by copying the state of a development chain.
        if (developerSetup && !isDevelopmentChain()) revert DeveloperSetup(block.chainid, verifierKey);
        address target = generated;
        uint256 forwarded = _verificationGas();
        // Still forwards that much after the 1/64 that EIP-150 holds back, with room for the call and the return.
        uint256 required = forwarded * 64 / 63 + 10_000;
        if (gasleft() < required) revert InsufficientGas(gasleft(), required);
        bool ok;
        uint256 word;
        // Copies at most one word back, so that the callee cannot make the caller pay for its return data.
        assembly ("memory-safe") {
            ok := staticcall(forwarded, target, add(input, 32), mload(input), 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            word := mload(0)
        }
        return ok && word == 1;
    }
}
