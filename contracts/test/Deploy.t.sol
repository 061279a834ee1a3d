// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Deploy} from "../../script/Deploy.s.sol";
import {Artifact} from "../../script/deploy/Artifact.sol";
import {Check} from "../../script/deploy/Check.sol";
import {Config, ConfigFile} from "../../script/deploy/Config.sol";
import {Addresses, Deployment, DeploymentFile} from "../../script/deploy/Deployment.sol";
import {IFeeSchedule} from "../src/interfaces/IFeeSchedule.sol";
import {IOwned} from "../src/interfaces/IOwned.sol";
import {IProofMarket} from "../src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../src/interfaces/IReceiptAnchor.sol";
import {ITrustScores} from "../src/interfaces/ITrustScores.sol";
import {IVerifierWrapper} from "../src/interfaces/IVerifierWrapper.sol";
import {Timelock} from "../src/access/Timelock.sol";
import {VerifierKey} from "../src/types/Ids.sol";
import {VERIFIER_KEY} from "../src/verifier/generated/LaunchHalo2Verifier.sol";
import {Test} from "./base/Test.sol";

/// @dev Reads files from outside, so that a revert can be expected of it.
contract Reader {
    function config(string calldata path) external view returns (Config memory) {
        return ConfigFile.read(path);
    }

    function creationCode(string calldata name, Artifact.Libraries calldata libraries) external view {
        Artifact.creationCode(name, libraries);
    }
}

/// @dev The script deploys what the file says, and the check finds every single address that is not the file's.
contract DeployTest is Test {
    string private constant CONFIG = "script/config/development.json";
    string private constant FOLDER = "contracts/cache/deployments";
    address private constant OTHER = address(0x07e5);

    Deploy private script;
    Deployment private d;
    /// @dev Of the addresses of a Deployment, in their order; then the timelock.
    string[24] private names = [
        "PoseidonT3",
        "PoseidonTagged",
        "MarketRules",
        "Claims",
        "InputDemands",
        "TokenAccounts",
        "Admission",
        "Fraud",
        "LaunchHalo2Verifier",
        "LaunchVerifier",
        "EnrolmentHalo2Verifier",
        "EnrolmentVerifier",
        "InstallHalo2Verifier",
        "InstallVerifier",
        "VerifierRouter",
        "OperatorRegistry",
        "CapsuleRegistry",
        "ReceiptAnchor",
        "ProofMarket",
        "TrustScores",
        "FeeSchedule",
        "VerificationMarket",
        "ValidationView",
        "Timelock"
    ];

    function setUp() public {
        vm.chainId(31337);
        vm.warp(1_800_000_000);
        vm.roll(1234);
        script = new Deploy();
        d = script.deploy(ConfigFile.read(CONFIG));
    }

    function test_everything_is_deployed_and_in_order() public view {
        script.checkDeployment(d);
        vm.assertEq(d.chainId, 31337, "chain");
        vm.assertEq(d.firstBlock, 1234, "first block");
        vm.assertEq(d.verifierKey, VERIFIER_KEY, "launch key");
        vm.assertEq(d.owner, d.timelock, "the timelock owns");
        vm.assertEq(d.guardian, address(0x911), "guardian");
    }

    function test_the_configuration_arrives_where_it_belongs() public view {
        Config memory c = ConfigFile.read(CONFIG);
        IReceiptAnchor anchor = IReceiptAnchor(d.addresses.receiptAnchor);
        vm.assertEq(keccak256(abi.encode(anchor.times())), keccak256(abi.encode(c.times)), "times");
        IProofMarket market = IProofMarket(d.addresses.proofMarket);
        vm.assertEq(market.grace(), c.market.grace, "grace");
        vm.assertEq(market.collateralFloorBps(), c.market.collateralFloorBps, "collateral floor");
        vm.assertEq(ITrustScores(d.addresses.trustScores).referenceFee(), c.market.referenceFee, "reference fee");
        IFeeSchedule fees = IFeeSchedule(d.addresses.feeSchedule);
        vm.assertEq(fees.current(), c.fees.feeBps, "fee");
        vm.assertEq(fees.burnedBps(), c.fees.burnedBps, "burned part");
        vm.assertEq(fees.delay(), c.fees.delay, "delay of fees");
        Timelock timelock = Timelock(payable(d.timelock));
        vm.assertEq(timelock.getMinDelay(), c.timelock.minDelay, "delay of the timelock");
        vm.assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), c.timelock.proposers[0]), "proposer");
        vm.assertTrue(timelock.hasRole(timelock.CANCELLER_ROLE(), c.timelock.proposers[0]), "canceller");
        vm.assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)), "anyone executes");
    }

    function test_whoever_deploys_has_no_role() public view {
        Timelock timelock = Timelock(payable(d.timelock));
        bytes32[4] memory roles = [
            timelock.DEFAULT_ADMIN_ROLE(), timelock.PROPOSER_ROLE(), timelock.CANCELLER_ROLE(), timelock.EXECUTOR_ROLE()
        ];
        for (uint256 i; i < 4; ++i) {
            vm.assertFalse(timelock.hasRole(roles[i], address(this)), "the deploying account");
            vm.assertFalse(timelock.hasRole(roles[i], address(script)), "the script");
        }
        vm.assertTrue(timelock.hasRole(roles[0], address(timelock)), "the timelock is its own admin");
        IOwned[2] memory owned = [IOwned(d.addresses.verifierRouter), IOwned(d.addresses.feeSchedule)];
        for (uint256 i; i < 2; ++i) {
            vm.assertEq(owned[i].owner(), address(timelock), "owner");
            vm.assertEq(owned[i].successor(), address(0), "nothing is offered");
        }
    }

    function test_a_given_owner_owns_and_there_is_no_timelock() public {
        Config memory c = ConfigFile.read(CONFIG);
        c.owner = OTHER;
        Deployment memory given = script.deploy(c);
        vm.assertEq(given.timelock, address(0), "no timelock");
        vm.assertEq(IOwned(given.addresses.verifierRouter).owner(), OTHER, "router");
        vm.assertEq(IOwned(given.addresses.feeSchedule).owner(), OTHER, "fee schedule");
        script.checkDeployment(given);
    }

    function test_run_writes_the_files_that_check_reads() public {
        vm.setEnv("NONOS_DEPLOYMENTS", FOLDER);
        vm.setEnv("NONOS_DEPLOY_CONFIG", CONFIG);
        Deployment memory written = script.run();
        string memory path = string.concat(FOLDER, "/31337");
        script.check(path);
        vm.assertEq(
            keccak256(abi.encode(DeploymentFile.read(path))), keccak256(abi.encode(written)), "what was deployed"
        );
        string memory json = vm.readFile(string.concat(path, ".json"));
        vm.assertEq(vm.parseJsonAddress(json, ".addresses.proofMarket"), written.addresses.proofMarket, "market");
        vm.removeFile(string.concat(path, ".json"));
    }

    function test_check_names_an_address_without_code() public {
        for (uint256 i; i < names.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Check.NoCode.selector, names[i], OTHER));
            script.checkDeployment(with(i, OTHER));
        }
    }

    function test_check_names_an_address_with_other_code() public {
        for (uint256 i; i < names.length; ++i) {
            address at = i == 0 ? d.addresses.trustScores : d.addresses.poseidonT3;
            vm.expectRevert(abi.encodeWithSelector(Check.OtherCode.selector, names[i], at));
            script.checkDeployment(with(i, at));
        }
    }

    /// @dev The hardest case: the very same code, of another deployment. For each address what does not agree any more.
    function test_check_names_what_an_address_of_another_deployment_breaks() public {
        Deployment memory o = script.deploy(ConfigFile.read(CONFIG));
        Addresses memory a = d.addresses;
        // Whatever calls a library has its address in its code.
        expectOther("OperatorRegistry", a.operatorRegistry);
        script.checkDeployment(with(0, o.addresses.poseidonT3));
        expectOther("OperatorRegistry", a.operatorRegistry);
        script.checkDeployment(with(1, o.addresses.poseidonTagged));
        expectOther("ProofMarket", a.proofMarket);
        script.checkDeployment(with(2, o.addresses.marketRules));
        expectOther("ProofMarket", a.proofMarket);
        script.checkDeployment(with(3, o.addresses.claims));
        expectOther("ProofMarket", a.proofMarket);
        script.checkDeployment(with(4, o.addresses.inputDemands));
        expectOther("ProofMarket", a.proofMarket);
        script.checkDeployment(with(5, o.addresses.tokenAccounts));
        expectOther("ReceiptAnchor", a.receiptAnchor);
        script.checkDeployment(with(6, o.addresses.admission));
        expectOther("ReceiptAnchor", a.receiptAnchor);
        script.checkDeployment(with(7, o.addresses.fraud));
        expectLink("the launch wrapper's code", a.launchHalo2Verifier, o.addresses.launchHalo2Verifier);
        script.checkDeployment(with(8, o.addresses.launchHalo2Verifier));
        expectLink("the launch wrapper's code", o.addresses.launchHalo2Verifier, a.launchHalo2Verifier);
        script.checkDeployment(with(9, o.addresses.launchVerifier));
        expectLink("the enrolment wrapper's code", a.enrolmentHalo2Verifier, o.addresses.enrolmentHalo2Verifier);
        script.checkDeployment(with(10, o.addresses.enrolmentHalo2Verifier));
        expectLink("the enrolment wrapper's code", o.addresses.enrolmentHalo2Verifier, a.enrolmentHalo2Verifier);
        script.checkDeployment(with(11, o.addresses.enrolmentVerifier));
        expectLink("the install wrapper's code", a.installHalo2Verifier, o.addresses.installHalo2Verifier);
        script.checkDeployment(with(12, o.addresses.installHalo2Verifier));
        expectLink("the install wrapper's code", o.addresses.installHalo2Verifier, a.installHalo2Verifier);
        script.checkDeployment(with(13, o.addresses.installVerifier));
        expectLink("the router's key", o.addresses.launchVerifier, a.launchVerifier);
        script.checkDeployment(with(14, o.addresses.verifierRouter));
        expectOther("OperatorRegistry", o.addresses.operatorRegistry);
        script.checkDeployment(with(15, o.addresses.operatorRegistry));
        expectOther("CapsuleRegistry", o.addresses.capsuleRegistry);
        script.checkDeployment(with(16, o.addresses.capsuleRegistry));
        expectOther("ReceiptAnchor", o.addresses.receiptAnchor);
        script.checkDeployment(with(17, o.addresses.receiptAnchor));
        expectOther("ProofMarket", o.addresses.proofMarket);
        script.checkDeployment(with(18, o.addresses.proofMarket));
        expectLink("the market's trust scores", a.trustScores, o.addresses.trustScores);
        script.checkDeployment(with(19, o.addresses.trustScores));
        expectRole("owner beside the timelock", d.owner, o.timelock);
        script.checkDeployment(with(23, o.timelock));
        expectRole("owner of the fee schedule", o.owner, d.owner);
        script.checkDeployment(with(20, o.addresses.feeSchedule));
        expectLink("the capsules' attestor", a.verificationMarket, o.addresses.verificationMarket);
        script.checkDeployment(with(21, o.addresses.verificationMarket));
        expectLink("the validation view's trust scores", o.addresses.trustScores, a.trustScores);
        script.checkDeployment(with(22, o.addresses.validationView));
    }

    /// @dev References that the code alone does not give away: the same libraries, another parameter.
    function test_check_names_each_reference_between_contracts_of_one_code() public {
        Addresses memory a = d.addresses;
        Config memory c = ConfigFile.read(CONFIG);
        Artifact.Libraries memory libraries = Artifact.Libraries(
            a.poseidonT3,
            a.poseidonTagged,
            a.marketRules,
            a.claims,
            a.inputDemands,
            a.tokenAccounts,
            a.admission,
            a.fraud
        );
        address wrapper = make("EnrolmentVerifier", libraries, "");
        address registry = make("OperatorRegistry", libraries, operatorArguments(c, wrapper, a.proofMarket));
        expectLink("the operators' verifier", wrapper, a.enrolmentVerifier);
        script.checkDeployment(with(15, registry));
        registry = make("OperatorRegistry", libraries, operatorArguments(c, a.enrolmentVerifier, OTHER));
        expectLink("the operators' reporter", OTHER, a.proofMarket);
        script.checkDeployment(with(15, registry));
        registry = make("OperatorRegistry", libraries, operatorArguments(c, a.enrolmentVerifier, a.proofMarket));
        expectLink("the anchor's operators", a.operatorRegistry, registry);
        script.checkDeployment(with(15, registry));
        registry = make(
            "CapsuleRegistry", libraries, abi.encode(wrapper, a.installVerifier, c.policyFloor, a.verificationMarket)
        );
        expectLink("the capsules' verifier", wrapper, a.enrolmentVerifier);
        script.checkDeployment(with(16, registry));
        wrapper = make("InstallVerifier", libraries, "");
        registry = make(
            "CapsuleRegistry", libraries, abi.encode(a.enrolmentVerifier, wrapper, c.policyFloor, a.verificationMarket)
        );
        expectLink("the capsules' install verifier", wrapper, a.installVerifier);
        script.checkDeployment(with(16, registry));
        registry = make(
            "CapsuleRegistry",
            libraries,
            abi.encode(a.enrolmentVerifier, a.installVerifier, c.policyFloor, a.verificationMarket)
        );
        expectLink("the anchor's capsules", a.capsuleRegistry, registry);
        script.checkDeployment(with(16, registry));
        address anchor = make(
            "ReceiptAnchor",
            libraries,
            abi.encode(a.verifierRouter, a.operatorRegistry, a.capsuleRegistry, c.times, c.stakes)
        );
        expectLink("the market's anchor", a.receiptAnchor, anchor);
        script.checkDeployment(with(17, anchor));
        address trust = make("TrustScores", libraries, abi.encode(OTHER, c.market.referenceFee));
        expectLink("the market's trust scores", a.trustScores, trust);
        script.checkDeployment(with(19, trust));
        address scores = make("ValidationView", libraries, abi.encode(trust));
        expectLink("the validation view's trust scores", trust, a.trustScores);
        script.checkDeployment(with(22, scores));
    }

    function test_check_names_a_router_that_is_not_the_anchors() public {
        Artifact.Libraries memory none;
        address[] memory initial = new address[](1);
        initial[0] = d.addresses.launchVerifier;
        address router = make("VerifierRouter", none, abi.encode(d.owner, d.guardian, initial));
        expectLink("the anchor's router", d.addresses.verifierRouter, router);
        script.checkDeployment(with(14, router));
    }

    function test_check_names_another_chain_key_owner_and_guardian() public {
        Deployment memory wrong = d;
        wrong.chainId = 1;
        vm.expectRevert(abi.encodeWithSelector(Check.WrongChain.selector, 1, 31337));
        script.checkDeployment(wrong);
        wrong = d;
        wrong.verifierKey = "launch";
        expectKey("launch", d.verifierKey, "launch");
        script.checkDeployment(wrong);
        wrong = d;
        wrong.enrolmentKey = "enrolment";
        expectKey("enrolment", d.enrolmentKey, "enrolment");
        script.checkDeployment(wrong);
        wrong = d;
        wrong.installKey = "install";
        expectKey("install", d.installKey, "install");
        script.checkDeployment(wrong);
        wrong = d;
        wrong.owner = OTHER;
        expectRole("owner of the router", d.owner, OTHER);
        script.checkDeployment(wrong);
        wrong = d;
        wrong.guardian = OTHER;
        expectRole("guardian of the router", d.guardian, OTHER);
        script.checkDeployment(wrong);
    }

    function test_a_stop_is_no_disagreement() public {
        vm.prank(d.guardian);
        (bool ok,) = d.addresses.verifierRouter.call(abi.encodeWithSignature("stop()"));
        vm.assertTrue(ok, "stopped");
        script.checkDeployment(d);
    }

    function test_a_developer_setup_is_refused_on_every_real_chain() public {
        Config memory c = ConfigFile.read(CONFIG);
        c.timelock.minDelay = 2 days;
        uint24[3] memory chains = [1, 11_155_111, 31338];
        for (uint256 i; i < 3; ++i) {
            vm.chainId(chains[i]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IVerifierWrapper.DeveloperSetup.selector, chains[i], VerifierKey.wrap(VERIFIER_KEY)
                )
            );
            script.deploy(c);
        }
    }

    function test_what_a_constructor_refuses_is_what_the_script_says() public {
        Config memory c = ConfigFile.read(CONFIG);
        c.fees.feeBps = 1001;
        vm.expectRevert(abi.encodeWithSelector(IFeeSchedule.FeeTooHigh.selector, 1001, 1000));
        script.deploy(c);
        c = ConfigFile.read(CONFIG);
        c.market.grace = 0;
        vm.expectRevert(abi.encodeWithSelector(IProofMarket.BadParameter.selector, bytes32("grace"), 0));
        script.deploy(c);
    }

    function test_a_timelock_that_nobody_can_use_is_refused() public {
        Config memory c = ConfigFile.read(CONFIG);
        c.timelock.minDelay = 0;
        refusedTimelock(c, "minDelay");
        c = ConfigFile.read(CONFIG);
        c.timelock.proposers = new address[](0);
        refusedTimelock(c, "proposers");
        c = ConfigFile.read(CONFIG);
        c.timelock.executors = new address[](0);
        refusedTimelock(c, "executors");
    }

    function test_a_real_deployment_has_a_timelock_of_two_days() public {
        Config memory c = ConfigFile.read(CONFIG);
        c.timelock.minDelay = 2 days - 1;
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(Deploy.BadTimelock.selector, "minDelay", 2 days - 1));
        script.deploy(c);
    }

    function test_numbers_that_do_not_fit_are_named() public {
        string memory json = vm.readFile(CONFIG);
        Reader reader = new Reader();
        vm.createDir(FOLDER, true);
        string memory path = string.concat(FOLDER, "/too-large.json");
        vm.writeFile(path, replace(json, '"feeBps": 250', '"feeBps": 65536'));
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.TooLarge.selector, ".fees.feeBps", 65_536, 65_535));
        reader.config(path);
        vm.writeFile(path, replace(json, '"policyFloor": [', '"policyFloor": [1, '));
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.WrongFloor.selector, 6));
        reader.config(path);
        vm.removeFile(path);
    }

    function test_code_is_not_linked_to_a_library_that_is_not_there() public {
        Reader reader = new Reader();
        Artifact.Libraries memory libraries;
        vm.expectRevert(abi.encodeWithSelector(Artifact.Unlinked.selector, "OperatorRegistry", "PoseidonT3"));
        reader.creationCode("OperatorRegistry", libraries);
        libraries.poseidonT3 = OTHER;
        vm.expectRevert(abi.encodeWithSelector(Artifact.Unlinked.selector, "OperatorRegistry", "PoseidonTagged"));
        reader.creationCode("OperatorRegistry", libraries);
        libraries.poseidonTagged = OTHER;
        reader.creationCode("OperatorRegistry", libraries);
    }

    function test_check_names_another_owner_or_guardian_of_the_fees() public {
        Config memory c = ConfigFile.read(CONFIG);
        Artifact.Libraries memory none;
        address other = make("FeeSchedule", none, abi.encode(OTHER, d.guardian, c.fees));
        expectRole("owner of the fee schedule", OTHER, d.owner);
        script.checkDeployment(with(20, other));
        other = make("FeeSchedule", none, abi.encode(d.owner, OTHER, c.fees));
        expectRole("guardian of the fee schedule", OTHER, d.guardian);
        script.checkDeployment(with(20, other));
    }

    function refusedTimelock(Config memory c, string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(Deploy.BadTimelock.selector, what, 0));
        script.deploy(c);
    }

    function operatorArguments(Config memory c, address wrapper, address market) private pure returns (bytes memory) {
        return abi.encode(
            wrapper,
            market,
            c.operators.deposit,
            c.operators.bounty,
            c.operators.minValidity,
            c.operators.maxValidity,
            c.operators.unbondingDelay
        );
    }

    function make(string memory name, Artifact.Libraries memory libraries, bytes memory arguments)
        private
        returns (address created)
    {
        bytes memory code = bytes.concat(Artifact.creationCode(name, libraries), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        vm.assertTrue(created != address(0), name);
    }

    /// @dev The deployment with another address in the place of `names[i]`.
    function with(uint256 i, address at) private view returns (Deployment memory other) {
        other = d;
        if (i == 23) {
            other.timelock = at;
            return other;
        }
        Addresses memory a = other.addresses;
        // A struct of addresses is words in memory, in their order.
        assembly ("memory-safe") {
            mstore(add(a, mul(i, 32)), at)
        }
    }

    function replace(string memory text, string memory from, string memory to) private pure returns (string memory) {
        (bytes memory t, bytes memory f) = (bytes(text), bytes(from));
        for (uint256 i; i + f.length <= t.length; ++i) {
            bytes32 here;
            assembly ("memory-safe") {
                here := keccak256(add(add(t, 32), i), mload(f))
            }
            if (here != keccak256(f)) continue;
            return string.concat(slice(t, 0, i), to, slice(t, i + f.length, t.length));
        }
        revert("not in the text");
    }

    function slice(bytes memory t, uint256 from, uint256 to) private pure returns (string memory) {
        bytes memory part = new bytes(to - from);
        for (uint256 i; i < part.length; ++i) {
            part[i] = t[from + i];
        }
        return string(part);
    }

    function expectLink(string memory what, address actual, address file) private {
        vm.expectRevert(abi.encodeWithSelector(Check.Miswired.selector, what, actual, file));
    }

    function expectOther(string memory name, address at) private {
        vm.expectRevert(abi.encodeWithSelector(Check.OtherCode.selector, name, at));
    }

    function expectRole(string memory role, address actual, address file) private {
        vm.expectRevert(abi.encodeWithSelector(Check.OtherRole.selector, role, actual, file));
    }

    function expectKey(string memory circuit, bytes32 actual, bytes32 file) private {
        vm.expectRevert(abi.encodeWithSelector(Check.OtherKey.selector, circuit, actual, file));
    }
}
