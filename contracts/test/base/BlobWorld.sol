// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IChallenges} from "../../src/interfaces/IChallenges.sol";
import {BatchRef} from "../../src/types/BatchRef.sol";
import {BatchWorld} from "./BatchWorld.sol";

/// @dev Batches with their leaves in blobs, out of vectors that a KZG library made, and a model of what such a blob is, straight from
///      EIP-4844.
abstract contract BlobWorld is BatchWorld {
    /// @dev A blob and the batch that names it. `leaves` is what the blob decodes to, `root` what the relayer says; `proof` opens the
    ///      blob at `z`, where it has the value `y`.
    struct Case {
        uint32 size;
        bytes32 root;
        bytes leaves;
        bytes commitment;
        bytes32 versionedHash;
        uint256 z;
        uint256 y;
        bytes proof;
        Element[] elements;
    }

    /// @dev A value of the blob, and the proof of it.
    struct Element {
        uint32 index;
        bytes32 value;
        bytes proof;
    }

    uint256 private constant R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    function caseOf(string memory name) internal view returns (Case memory c) {
        string memory json = vm.readFile("contracts/test/vectors/blobs.json");
        string memory at = ".cases[0]";
        for (
            uint256 i;
            keccak256(bytes(vm.parseJsonString(json, string.concat(at, ".name")))) != keccak256(bytes(name));

        ) {
            at = string.concat(".cases[", vm.toString(++i), "]");
        }
        c.size = uint32(vm.parseJsonUint(json, string.concat(at, ".size")));
        c.root = vm.parseJsonBytes32(json, string.concat(at, ".root"));
        c.leaves = vm.parseJsonBytes(json, string.concat(at, ".leaves"));
        c.commitment = vm.parseJsonBytes(json, string.concat(at, ".commitment"));
        c.versionedHash = vm.parseJsonBytes32(json, string.concat(at, ".versionedHash"));
        c.z = uint256(vm.parseJsonBytes32(json, string.concat(at, ".z")));
        c.y = uint256(vm.parseJsonBytes32(json, string.concat(at, ".y")));
        c.proof = vm.parseJsonBytes(json, string.concat(at, ".proof"));
        c.elements = elementsOf(json, string.concat(at, ".elements["));
    }

    function elementsOf(string memory json, string memory list) private view returns (Element[] memory elements) {
        uint256 count;
        while (vm.keyExistsJson(json, string.concat(list, vm.toString(count), "]"))) ++count;
        elements = new Element[](count);
        for (uint256 i; i < count; ++i) {
            string memory at = string.concat(list, vm.toString(i), "]");
            elements[i].index = uint32(vm.parseJsonUint(json, string.concat(at, ".index")));
            elements[i].value = vm.parseJsonBytes32(json, string.concat(at, ".value"));
            elements[i].proof = vm.parseJsonBytes(json, string.concat(at, ".proof"));
        }
    }

    /// @dev The blobs of what is sent from now on.
    function blobs(bytes32 first, bytes32 second) internal {
        bytes32[] memory hashes = new bytes32[](2);
        (hashes[0], hashes[1]) = (first, second);
        vm.blobhashes(hashes);
    }

    /// @dev Anchors the batch of a case with its blob.
    function put(Case memory c) internal returns (BatchRef memory batch) {
        batch = BatchRef(relayer, c.root, c.size, c.versionedHash);
        blobs(c.versionedHash, 0);
        vm.prank(relayer);
        anchor.anchorBatchInBlob(c.root, c.size, c.versionedHash, 0);
    }

    function blobCall(BatchRef memory batch, bytes memory leaves, bytes memory commitment, bytes memory proof)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodeCall(anchor.challengeBlob, (batch, leaves, commitment, proof, SALT));
    }

    function elementCall(
        BatchRef memory batch,
        uint32 element,
        bytes32 value,
        bytes memory commitment,
        bytes memory proof
    ) internal view returns (bytes memory) {
        return abi.encodeCall(anchor.challengeBlobElement, (batch, element, value, commitment, proof, SALT));
    }

    function committed(bytes32 id) internal {
        if (anchor.committedIn(keccak256(abi.encode(challenger, id, type(uint32).max, SALT))) == 0) {
            commit(challenger, id, type(uint32).max);
        }
    }

    /// @dev A challenge of a whole batch, committed to in time, that is refused for this reason.
    function refused(bytes memory data, bytes memory reason) internal {
        BatchRef memory batch;
        assembly ("memory-safe") {
            mcopy(batch, add(data, 36), 128)
        }
        committed(idOf(batch));
        vm.prank(challenger);
        // A precompile that fails takes all gas that it is given.
        (bool ok, bytes memory given) = address(anchor).call{gas: 3_000_000}(data);
        vm.assertFalse(ok, "accepted");
        vm.assertEq(keccak256(given), keccak256(reason), "for another reason");
    }

    /// @dev Where blob and leaves are compared.
    function pointFor(bytes32 versionedHash, bytes memory leaves) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(versionedHash, keccak256(leaves)))) % R;
    }

    /// @dev 7^((r - 1) / 4096) to the power of the element's number, its twelve bits reversed.
    function modelPoint(uint256 element) internal view returns (uint256) {
        uint256 reversed;
        for (uint256 i; i < 12; ++i) {
            if (element >> i & 1 == 1) reversed += 1 << (11 - i);
        }
        return power(power(7, (R - 1) / 4096), reversed);
    }

    /// @dev EIP-4844's evaluation: (z^4096 - 1) / 4096 * sum of f_i w_i / (z - w_i).
    function modelValue(bytes memory leaves, uint256 z) internal view returns (uint256 y) {
        for (uint256 i; i < leaves.length / 16; ++i) {
            uint256 f;
            assembly ("memory-safe") {
                f := shr(128, mload(add(add(leaves, 32), mul(i, 16))))
            }
            uint256 w = modelPoint(i);
            y = addmod(y, mulmod(mulmod(f, w, R), power(addmod(z, R - w, R), R - 2), R), R);
        }
        y = mulmod(mulmod(y, power(4096, R - 2), R), addmod(power(z, 4096), R - 1, R), R);
    }

    function power(uint256 base, uint256 exponent) internal view returns (uint256 result) {
        bytes memory input = abi.encode(32, 32, 32, base, exponent, R);
        (bool ok, bytes memory output) = address(5).staticcall(input);
        require(ok);
        result = abi.decode(output, (uint256));
    }

    function split(bytes memory leaves) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](leaves.length / 32);
        for (uint256 i; i < list.length; ++i) {
            assembly ("memory-safe") {
                mstore(add(add(list, 32), mul(i, 32)), mload(add(add(leaves, 32), mul(i, 32))))
            }
        }
    }

    /// @dev The same with one bit changed.
    function flip(bytes memory data, uint256 place) internal pure returns (bytes memory other) {
        other = bytes.concat(data);
        other[place] ^= 0x01;
    }

    function cut(bytes memory data, uint256 length) internal pure returns (bytes memory shorter) {
        shorter = bytes.concat(data);
        assembly ("memory-safe") {
            mstore(shorter, length)
        }
    }

    function randomLeaves(uint256 size, uint256 seed) internal pure returns (bytes memory leaves) {
        bytes32[] memory list = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            list[i] = keccak256(abi.encode(seed, i));
            // Now and then the extremes.
            if (uint256(list[i]) % 8 == 0) list[i] = bytes32(type(uint256).max);
            if (uint256(list[i]) % 8 == 1) list[i] = bytes32(uint256(type(uint128).max));
        }
        return abi.encodePacked(list);
    }

    function opening(bytes32 versionedHash, uint256 z, uint256 y) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IChallenges.OpeningRefused.selector, versionedHash, z, y);
    }

    function wrongLength(bytes32 what, uint256 given, uint256 expected) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IChallenges.WrongLength.selector, what, given, expected);
    }
}
