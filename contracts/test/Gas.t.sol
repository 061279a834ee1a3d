// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../src/interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {IdentityLeaf, OperatorId} from "../src/types/Ids.sol";
import {ReceiptHeader} from "../src/types/ReceiptHeader.sol";
import {PROOF_LENGTH} from "../src/verifier/generated/EnrolmentHalo2Verifier.sol";
import {InstallModel} from "./base/InstallModel.sol";
import {LeanImtModel} from "./base/LeanImtModel.sol";
import {World} from "./base/World.sol";
import {TestVerifier} from "./doubles/TestVerifier.sol";

/// @dev Execution gas of every operation, without the transaction's own 21,000 and its calldata. CI compares the snapshot
///      (FORGE_SNAPSHOT_CHECK=true); the budgets leave room for what a proof will cost.
contract GasTest is World {
    uint256 private installProofLength;

    function test_gas_insert_and_update_at_1024() public {
        uint256[] memory leaves = new uint256[](1025);
        leaves[0] = 1001;
        for (uint256 i = 1; i < 1024; ++i) {
            leaves[i] = 10_000 + i;
            enrol(OperatorId.wrap(bytes32(i)), leaves[i], 1);
        }
        // The last of 1,024 closes every level: ten hashes.
        vm.assertLe(
            vm.snapshotGasLastCall("nonos", "enrol as number 1,024 (10 hashes), proof check excluded"), 500_000, "enrol"
        );
        IOperatorRegistry.Enrolment memory e = enrolment(OperatorId.wrap(bytes32(uint256(1024))), 11_024, 1);
        leaves[1024] = 11_024;
        vm.prank(controller);
        operators.enrol{value: DEPOSIT}(e, new bytes(PROOF_LENGTH));
        vm.assertLe(
            vm.snapshotGasLastCall("nonos", "enrol as number 1,025 (1 hash), proof check excluded"), 500_000, "enrol"
        );

        uint256[] memory siblings = LeanImtModel.path(leaves, 500);
        e = enrolment(OperatorId.wrap(bytes32(uint256(500))), 20_500, 2);
        vm.prank(controller);
        operators.rotate(e, new bytes(PROOF_LENGTH), siblings);
        vm.assertLe(
            vm.snapshotGasLastCall("nonos", "rotate at 1,025 (depth 11), proof check excluded"), 1_000_000, "rotate"
        );
        leaves[500] = 20_500;

        siblings = LeanImtModel.path(leaves, 501);
        vm.prank(controller);
        operators.exit(OperatorId.wrap(bytes32(uint256(501))), siblings);
        vm.snapshotGasLastCall("nonos", "exit at 1,025 (depth 11)");
    }

    function test_gas_small_operations() public {
        vm.prank(address(0x99));
        capsules.registerPublisher("another key", PUBLISHER_LEAF, new bytes(PROOF_LENGTH));
        vm.snapshotGasLastCall("nonos", "register a publisher, proof check excluded");
        publishOne(2);
        vm.snapshotGasLastCall("nonos", "publish the second capsule");
        uint256[10] memory instances;
        wrapper.verify(new bytes(1248), instances);
        vm.snapshotGasLastCall("nonos", "wrapper around an accepting verifier");
    }

    /// @dev Chunks of an install with proofs of the circuit's length.
    function chunks(uint256 leaf, uint64 from, uint256 count, bool complete)
        private
        view
        returns (ICapsuleRegistry.InstallProof memory proof)
    {
        proof = InstallModel.part(leaf, from, count, complete);
        for (uint256 i; i < count; ++i) {
            proof.chunks[i].proof = new bytes(installProofLength);
        }
    }

    /// @dev Everything cold, as a transaction of its own finds it.
    function snapshotInstalls(ICapsuleRegistry.InstallProof[] memory proofs, string memory name) private {
        vm.cool(address(capsules));
        vm.cool(address(installWrapper));
        vm.cool(address(installGenerated));
        capsules.admitInstalls(proofs);
        vm.snapshotGasLastCall("nonos", name);
    }

    function test_gas_installs() public {
        (, installProofLength) = realInstalls();
        snapshotInstalls(
            InstallModel.list(chunks(3002, 0, 1, true)), "admit the second install, 1 chunk, proof check excluded"
        );
        snapshotInstalls(
            InstallModel.list(chunks(3003, 0, 20, false)), "20 of 40 chunks of an install, proof checks excluded"
        );
        snapshotInstalls(
            InstallModel.list(chunks(3003, 20, 20, true)),
            "the other 20 of 40 chunks, admit the third install, proof checks excluded"
        );
        ICapsuleRegistry.InstallProof[] memory ten = new ICapsuleRegistry.InstallProof[](10);
        for (uint256 i; i < 10; ++i) {
            ten[i] = chunks(3004 + i, 0, 1, true);
        }
        snapshotInstalls(ten, "admit ten installs of 1 chunk, proof checks excluded");
    }

    function test_gas_verify_now_without_the_proof() public {
        ReceiptHeader memory h = goodHeader();
        generated.tell(TestVerifier.Answer.One, 0);
        anchor.verifyNow(h, new bytes(1248), publisher, notBefore);
        vm.assertLe(vm.snapshotGasLastCall("nonos", "verifyNow, proof check excluded"), 150_000, "verifyNow");
    }
}
