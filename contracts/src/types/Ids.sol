// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @dev H(verifying key, SRS hash): names one circuit under one trusted setup.
type VerifierKey is bytes32;

/// @dev An operator's ed25519 root public key. Stable across rotations of the identity key.
type OperatorId is bytes32;

/// @dev keccak256(abi.encode(controller, ed25519 key)): nobody can register under somebody else's address.
type PublisherId is bytes32;

/// @dev P(ID; k, meta), a leaf of the operator tree. A field element.
type IdentityLeaf is uint256;

/// @dev P(CAP; P(DIG; C_hi, C_lo), P(MAN; policyHash, keccak(manifest) >> 8)), a leaf of a catalog. A field element.
type CapsuleLeaf is uint256;

/// @dev P(INST; k, L), a leaf of the install tree. A field element.
type InstallLeaf is uint256;

/// @dev P(NUL; k, epoch * 2^10 + index): a receipt counts once. A field element.
type Nullifier is uint256;

/// @dev EIP-712 digest of a ReceiptHeader under one chain and one anchor.
type ReceiptDigest is bytes32;
