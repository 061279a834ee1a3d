// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInstallVerifier} from "../src/interfaces/IInstallVerifier.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {VerifierKey} from "../src/types/Ids.sol";
import {EnrolmentVerifier} from "../src/verifier/EnrolmentVerifier.sol";
import {LaunchVerifier} from "../src/verifier/LaunchVerifier.sol";
import {
    DEVELOPER_SRS as ENROLMENT_DEVELOPER_SRS,
    VERIFIER_KEY as ENROLMENT_VERIFIER_KEY
} from "../src/verifier/generated/EnrolmentHalo2Verifier.sol";
import {DEVELOPER_SRS, VERIFIER_KEY} from "../src/verifier/generated/LaunchHalo2Verifier.sol";
import {World} from "./base/World.sol";
import {TestEnrolmentWrapper, TestInstallWrapper, TestVerifier, TestWrapper} from "./doubles/TestVerifier.sol";

/// @dev The wrapper passes exactly `instances ‖ proof` on, reads exactly one word back, and never takes a lack of gas for
///      a verdict.
contract VerifierWrapperTest is World {
    uint256[10] private instances;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 10; ++i) {
            instances[i] = 100 + i;
        }
    }

    function test_fuzz_calldata_is_instances_then_proof(bytes memory proof, uint256[10] memory values) public {
        // Not the selector of one of the double's own functions, which would be called instead.
        values[0] >>= 32;
        generated.tell(TestVerifier.Answer.OnlyExpected, keccak256(abi.encodePacked(values, proof)));
        vm.assertTrue(wrapper.verify(proof, values), "exact");
        vm.assertFalse(wrapper.verify(bytes.concat(proof, hex"00"), values), "a byte more");
        unchecked {
            values[9] += 1;
        }
        vm.assertFalse(wrapper.verify(proof, values), "another instance");
    }

    function test_only_the_word_one_accepts() public {
        for (uint8 i; i <= uint8(TestVerifier.Answer.ReturnBomb); ++i) {
            if (i == uint8(TestVerifier.Answer.OnlyExpected)) continue;
            generated.tell(TestVerifier.Answer(i), 0);
            vm.assertTrue(wrapper.verify("proof", instances) == (i == 0), "verdict");
        }
    }

    function test_rejection_by_burnt_gas_costs_at_most_the_verification_gas() public {
        generated.tell(TestVerifier.Answer.BurnGas, 0);
        uint256 before = gasleft();
        vm.assertFalse(wrapper.verify("proof", instances), "rejected");
        vm.assertLe(before - gasleft(), wrapper.verificationGas() + 50_000, "gas burnt");
    }

    function test_too_little_gas_is_an_error_and_not_a_verdict() public {
        generated.tell(TestVerifier.Answer.Heavy, 0);
        for (uint256 gasGiven = 50_000; gasGiven < 660_000; gasGiven += 10_000) {
            try wrapper.verify{gas: gasGiven}("proof", instances) returns (bool ok) {
                vm.assertTrue(ok, "a verdict with little gas");
            } catch (bytes memory reason) {
                vm.assertTrue(bytes4(reason) == IVerifierWrapper.InsufficientGas.selector, "named error");
            }
        }
    }

    function test_developer_setup_is_refused_on_real_chains() public {
        for (uint256 i; i < 3; ++i) {
            uint256 chain = [uint256(1), 11155111, 10][i];
            vm.chainId(chain);
            vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, chain, KEY));
            new TestWrapper(address(generated), KEY, true);
            new TestWrapper(address(generated), KEY, false);
        }
        vm.chainId(1337);
        new TestWrapper(address(generated), KEY, true);
    }

    /// @dev The same of the other circuit: six words, then the proof, and gas for twice what it costs.
    function test_fuzz_the_enrolment_wrapper_has_six_instances(bytes memory proof, uint256[6] memory values) public {
        enrolmentGenerated.tell(
            TestVerifier.Answer.OnlyExpected, keccak256(bytes.concat(abi.encodePacked(values), proof))
        );
        vm.assertTrue(enrolmentWrapper.verify(proof, values), "exact");
        vm.assertFalse(enrolmentWrapper.verify(bytes.concat(proof, hex"00"), values), "a byte more");
        unchecked {
            values[5] += 1;
        }
        vm.assertFalse(enrolmentWrapper.verify(proof, values), "another instance");
    }

    /// @dev And of the third: five words, then the proof.
    function test_fuzz_the_install_wrapper_has_five_instances(bytes memory proof, uint256[5] memory values) public {
        installGenerated.tell(
            TestVerifier.Answer.OnlyExpected, keccak256(bytes.concat(abi.encodePacked(values), proof))
        );
        vm.assertTrue(installWrapper.verify(proof, values), "exact");
        vm.assertFalse(installWrapper.verify(bytes.concat(proof, hex"00"), values), "a byte more");
        unchecked {
            values[4] += 1;
        }
        vm.assertFalse(installWrapper.verify(proof, values), "another instance");
    }

    function test_no_install_verdict_on_a_real_chain() public {
        uint256[5] memory values;
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, INSTALL_KEY));
        installWrapper.verify("proof", values);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, INSTALL_KEY));
        new TestInstallWrapper(address(installGenerated), INSTALL_KEY, true);
    }

    function test_each_circuit_has_its_own_gas() public {
        vm.assertEq(wrapper.verificationGas(), 600_000, "launch");
        vm.assertEq(enrolmentWrapper.verificationGas(), 1_000_000, "enrolment");
        vm.assertEq(installWrapper.verificationGas(), 1_000_000, "install");
        uint256[6] memory values;
        enrolmentGenerated.tell(TestVerifier.Answer.Heavy, 0);
        enrolmentGenerated.weigh(980_000);
        for (uint256 gasGiven = 50_000; gasGiven < 1_060_000; gasGiven += 10_000) {
            try enrolmentWrapper.verify{gas: gasGiven}("proof", values) returns (bool ok) {
                vm.assertTrue(ok, "a verdict with little gas");
            } catch (bytes memory reason) {
                vm.assertTrue(bytes4(reason) == IVerifierWrapper.InsufficientGas.selector, "named error");
            }
        }
        vm.assertTrue(enrolmentWrapper.verify("proof", values), "with enough");
    }

    function test_no_enrolment_verdict_on_a_real_chain() public {
        uint256[6] memory values;
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, ENROLMENT_KEY));
        enrolmentWrapper.verify("proof", values);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, ENROLMENT_KEY));
        new TestEnrolmentWrapper(address(enrolmentGenerated), ENROLMENT_KEY, true);
    }

    /// @dev A wrapper that was deployed on a development chain and finds itself on another one says nothing at all.
    function test_developer_setup_gives_no_verdict_on_real_chains() public {
        TestWrapper real = new TestWrapper(address(generated), KEY, false);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, KEY));
        wrapper.verify("proof", instances);
        vm.assertTrue(real.verify("proof", instances), "a real setup is not concerned");
        vm.chainId(1337);
        vm.assertTrue(wrapper.verify("proof", instances), "development chain");
    }

    function test_nonsense_is_not_wrapped() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.NoVerifierCode.selector, address(0x77)));
        new TestWrapper(address(0x77), KEY, false);
        vm.expectRevert(abi.encodeWithSelector(IVerifierWrapper.ZeroVerifierKey.selector));
        new TestWrapper(address(generated), VerifierKey.wrap(0), false);
    }

    function test_launch_verifier_takes_key_and_setup_from_the_generated_file() public {
        LaunchVerifier launch = new LaunchVerifier();
        vm.assertEq(VerifierKey.unwrap(launch.verifierKey()), VERIFIER_KEY, "key");
        vm.assertTrue(launch.developerSetup() == DEVELOPER_SRS, "setup");
        vm.assertTrue(launch.generated().code.length > 1000, "its own generated verifier");
        vm.assertFalse(launch.verify(new bytes(1248), instances), "zeros are no proof");
        vm.assertFalse(launch.verify("", instances), "nothing is no proof");
    }

    function test_enrolment_verifier_takes_key_and_setup_from_the_generated_file() public {
        EnrolmentVerifier enrolments = new EnrolmentVerifier();
        uint256[6] memory values;
        vm.assertEq(VerifierKey.unwrap(enrolments.verifierKey()), ENROLMENT_VERIFIER_KEY, "key");
        vm.assertTrue(enrolments.developerSetup() == ENROLMENT_DEVELOPER_SRS, "setup");
        vm.assertTrue(enrolments.generated().code.length > 1000, "its own generated verifier");
        vm.assertFalse(enrolments.verify(new bytes(3_264), values), "zeros are no proof");
        vm.assertFalse(enrolments.verify("", values), "nothing is no proof");
    }

    function test_install_verifier_is_around_its_own_generated_verifier() public {
        (IInstallVerifier installs, uint256 proofLength) = realInstalls();
        uint256[5] memory values;
        vm.assertFalse(VerifierKey.unwrap(installs.verifierKey()) == 0, "key");
        uint256 size = installs.generated().code.length;
        vm.assertTrue(size > 1000, "its own generated verifier");
        vm.assertLe(size, 24_576, "EIP-170");
        vm.assertTrue(proofLength > 1000 && proofLength % 32 == 0, "the length that it asks for");
        vm.assertFalse(installs.verify(new bytes(proofLength), values), "zeros are no proof");
        vm.assertFalse(installs.verify("", values), "nothing is no proof");
    }

    function test_launch_verifier_of_a_developer_setup_stays_on_development_chains() public {
        if (!DEVELOPER_SRS) return;
        vm.chainId(1);
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierWrapper.DeveloperSetup.selector, 1, VerifierKey.wrap(VERIFIER_KEY))
        );
        new LaunchVerifier();
    }
}
