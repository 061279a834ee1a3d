// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {EnrolmentStatement} from "../src/lib/EnrolmentStatement.sol";
import {OperatorId} from "../src/types/Ids.sol";
import {Test} from "./base/Test.sol";

/// @dev Stands where a registry stands, so that its address is the one in the statement.
contract StatementHarness {
    function enrolmentDigest(
        OperatorId operator,
        address controller,
        uint256 predecessor,
        uint64 validUntil,
        uint32 seq
    ) external view returns (bytes32) {
        return EnrolmentStatement.enrolmentDigest(operator, controller, predecessor, validUntil, seq);
    }

    function publisherDigest(bytes32 key, address controller) external view returns (bytes32) {
        return EnrolmentStatement.publisherDigest(key, controller);
    }

    function meta(OperatorId operator, address controller, uint64 validUntil, uint32 seq)
        external
        view
        returns (uint256)
    {
        return EnrolmentStatement.meta(operator, controller, validUntil, seq);
    }
}

/// @dev Solidity computes what the Rust core computed for generated cases: digests, metas, instances.
contract EnrolmentStatementTest is Test {
    struct Place {
        address registry;
        uint256 chainId;
        OperatorId operator;
        address controller;
    }

    struct Terms {
        uint256 predecessor;
        uint256 validUntil;
        uint256 seq;
    }

    struct Result {
        uint256 leaf;
        bytes32 digest;
        uint256 meta;
        uint256[6] instances;
    }

    struct EnrolmentCase {
        Place place;
        Terms terms;
        Result result;
    }

    struct RegistrationCase {
        address registry;
        uint256 chainId;
        bytes32 key;
        address controller;
        uint256 leaf;
        bytes32 digest;
        uint256[6] instances;
    }

    bytes private code = address(new StatementHarness()).code;

    function vectors(string memory name) private view returns (bytes memory) {
        return vm.parseJsonBytes(vm.readFile("core/tests/enrolment_vectors.json"), name);
    }

    /// @dev The harness as the registry of a case, on its chain.
    function placed(address registry, uint256 chainId) private returns (StatementHarness) {
        vm.etch(registry, code);
        vm.chainId(chainId);
        return StatementHarness(registry);
    }

    function assertInstances(uint256[6] memory actual, uint256[6] memory expected) private pure {
        for (uint256 i; i < 6; ++i) {
            vm.assertEq(actual[i], expected[i], "instance");
        }
    }

    function test_enrolments_are_the_cores() public {
        EnrolmentCase[] memory cases = abi.decode(vectors(".enrolments"), (EnrolmentCase[]));
        vm.assertEq(cases.length, 32, "cases");
        for (uint256 i; i < cases.length; ++i) {
            (Place memory p, Terms memory t, Result memory r) = (cases[i].place, cases[i].terms, cases[i].result);
            StatementHarness registry = placed(p.registry, p.chainId);
            (uint64 until, uint32 seq) = (uint64(t.validUntil), uint32(t.seq));
            bytes32 digest = registry.enrolmentDigest(p.operator, p.controller, t.predecessor, until, seq);
            vm.assertEq(digest, r.digest, "digest");
            uint256 meta = registry.meta(p.operator, p.controller, until, seq);
            vm.assertEq(meta, r.meta, "meta");
            bytes32 key = OperatorId.unwrap(p.operator);
            assertInstances(EnrolmentStatement.instances(key, r.leaf, meta, digest), r.instances);
        }
    }

    function test_registrations_are_the_cores() public {
        RegistrationCase[] memory cases = abi.decode(vectors(".registrations"), (RegistrationCase[]));
        vm.assertEq(cases.length, 32, "cases");
        for (uint256 i; i < cases.length; ++i) {
            RegistrationCase memory c = cases[i];
            bytes32 digest = placed(c.registry, c.chainId).publisherDigest(c.key, c.controller);
            vm.assertEq(digest, c.digest, "digest");
            assertInstances(EnrolmentStatement.instances(c.key, c.leaf, 0, digest), c.instances);
        }
    }

    /// @dev Key and digest of any value give halves below 2^128, and no two values the same halves.
    function test_fuzz_halves_lose_nothing(bytes32 key, bytes32 digest) public pure {
        uint256[6] memory words = EnrolmentStatement.instances(key, 1, 2, digest);
        vm.assertEq(bytes32(words[0] << 128 | words[1]), key, "key");
        vm.assertEq(bytes32(words[4] << 128 | words[5]), digest, "digest");
        vm.assertLe(words[0] | words[1] | words[4] | words[5], type(uint128).max, "halves");
    }
}
