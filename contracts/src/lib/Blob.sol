// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// @title Blob: leaves in a blob of EIP-4844, as the chain can check them
/// @dev A blob is a polynomial of degree below 4,096, given by its values at the 4,096th roots of unity of the BLS12-381 scalar
///      field; element i is the value at w^bitreverse(i), all twelve bits reversed. Leaf i is in elements 2i (its first 16 bytes)
///      and 2i + 1 (its last 16), each a number below 2^128; all other elements are 0. Equal to nonos_contracts::blob.
library Blob {
    /// @dev Elements of a blob.
    uint256 internal constant ELEMENTS = 4096;
    /// @dev Order of the BLS12-381 scalar field.
    uint256 internal constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    /// @dev w = 7^((MODULUS - 1) / 4096), a primitive 4,096th root of unity.
    uint256 private constant ROOT = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    /// @dev 1 / w.
    uint256 private constant INVERSE_ROOT = 0x391b2856c609b4784ae25ffab9dc59865046d17864183203961a252dd8543362;
    /// @dev 1 / 4,096.
    uint256 private constant INVERSE_ELEMENTS = 0x73e66878b46ae3705eb6a46a89213de7d3686828bfce5c19400fffff00100001;
    /// @dev First byte of a versioned hash of a KZG commitment.
    bytes1 private constant VERSION_KZG = 0x01;

    /// @dev Whether this names a blob by a KZG commitment. The only kind that the precompile below knows.
    function isKzg(bytes32 versionedHash) internal pure returns (bool) {
        return bytes1(versionedHash) == VERSION_KZG;
    }

    /// @dev Where the polynomial has the value that is element `element` of the blob, which is below ELEMENTS.
    function pointOf(uint256 element) internal pure returns (uint256 z) {
        z = 1;
        uint256 power = ROOT;
        // The highest bit of the element is the lowest of the exponent.
        for (uint256 bit = ELEMENTS / 2; bit != 0; bit >>= 1) {
            if (element & bit != 0) z = mulmod(z, power, MODULUS);
            power = mulmod(power, power, MODULUS);
        }
    }

    /// @dev Where a blob is compared with leaves: a point that nobody knew before blob and leaves were fixed.
    function pointFor(bytes32 versionedHash, bytes calldata leaves) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(versionedHash, keccak256(leaves)))) % MODULUS;
    }

    /// @dev The value at `z` of the polynomial whose blob is these leaves, 1 to 2,048 of them.
    ///
    ///          f(z) = (f(x) + f(-x)) / 2 + z (f(x) - f(-x)) / 2x   for f of degree 1 at most, from its values at x and -x.
    ///
    ///      Any f is even(z^2) + z odd(z^2), so what the right hand side gives for all pairs (x, -x) are the values at x^2 of a
    ///      polynomial of half the length, which has at z^2 the value that f has at z. Bits being reversed, the two of a pair
    ///      stand side by side, pair i is at x = w^bitreverse(i) with eleven bits, and on every level the points begin like those
    ///      of the first. Nothing is divided by anything that depends on z, so there is a value at every z, roots of unity
    ///      included; the twelve halves are taken at the end.
    function valueOf(bytes calldata leaves, uint256 z) internal pure returns (uint256 y) {
        assembly ("memory-safe") {
            let count := shr(5, leaves.length)
            // INVERSE_ROOT to the power of 2^0 .. 2^10, in eleven words.
            let powers := mload(0x40)
            mstore(powers, INVERSE_ROOT)
            for { let i := 32 } lt(i, 352) { i := add(i, 32) } {
                let power := mload(sub(add(powers, i), 32))
                mstore(add(powers, i), mulmod(power, power, MODULUS))
            }
            // 1 / x of pair i, for as many pairs as there are leaves; doubled until it is enough. Bit k of i is bit 10 - k of the
            // exponent.
            let points := add(powers, 352)
            let values := add(points, 32)
            mstore(points, 1)
            for { let power := sub(points, 32) } lt(values, add(points, shl(5, count))) { power := sub(power, 32) } {
                let factor := mload(power)
                let half := sub(values, points)
                for { let end := add(values, half) } lt(values, end) { values := add(values, 32) } {
                    mstore(values, mulmod(mload(sub(values, half)), factor, MODULUS))
                }
            }
            // The first level out of calldata: the halves of leaf i are pair i.
            for { let i := 0 } lt(i, shl(5, count)) { i := add(i, 32) } {
                let leaf := calldataload(add(leaves.offset, i))
                let a := shr(128, leaf)
                let b := and(leaf, 0xffffffffffffffffffffffffffffffff)
                let slope := mulmod(mulmod(sub(add(a, MODULUS), b), z, MODULUS), mload(add(points, i)), MODULUS)
                mstore(add(values, i), addmod(add(a, b), slope, MODULUS))
            }
            // Eleven more, each written over the one below. What is not there is 0.
            for { let level := 1 } lt(level, 12) { level := add(level, 1) } {
                z := mulmod(z, z, MODULUS)
                mstore(add(values, shl(5, count)), 0)
                count := shr(1, add(count, 1))
                let from := values
                for { let i := 0 } lt(i, shl(5, count)) { i := add(i, 32) } {
                    let a := mload(from)
                    let b := mload(add(from, 32))
                    let slope := mulmod(mulmod(sub(add(a, MODULUS), b), z, MODULUS), mload(add(points, i)), MODULUS)
                    mstore(add(values, i), addmod(add(a, b), slope, MODULUS))
                    from := add(from, 64)
                }
            }
            y := mulmod(mload(values), INVERSE_ELEMENTS, MODULUS)
        }
    }

    /// @dev Whether the point evaluation precompile says that the blob's polynomial has the value `y` at `z`. Commitment and proof
    ///      have 48 bytes. It fails on a commitment that is not the versioned hash's, on a wrong proof, on z or y not below MODULUS,
    ///      and for lack of gas; where there is no such precompile it returns nothing.
    function opens(bytes32 versionedHash, uint256 z, uint256 y, bytes calldata commitment, bytes calldata proof)
        internal
        view
        returns (bool held)
    {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, versionedHash)
            mstore(add(input, 32), z)
            mstore(add(input, 64), y)
            calldatacopy(add(input, 96), commitment.offset, 48)
            calldatacopy(add(input, 144), proof.offset, 48)
            held := staticcall(gas(), 0x0a, input, 192, 0, 64)
            held := and(held, eq(returndatasize(), 64))
            held := and(held, and(eq(mload(0), ELEMENTS), eq(mload(32), MODULUS)))
        }
    }
}
