// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierWrapper} from "../contracts/src/interfaces/IVerifierWrapper.sol";
import {isDevelopmentChain} from "../contracts/src/lib/DevelopmentChain.sol";
import {VerifierKey} from "../contracts/src/types/Ids.sol";
import {Vm} from "../contracts/test/base/Vm.sol";
import {Artifact} from "./deploy/Artifact.sol";
import {Check} from "./deploy/Check.sol";
import {Config, ConfigFile, TimelockConfig} from "./deploy/Config.sol";
import {Addresses, Deployment, DeploymentFile} from "./deploy/Deployment.sol";

/// @title Deploy: everything, wired and checked
/// @notice From the repository root:
///
///             export NONOS_DEPLOY_CONFIG=script/config/NAME.json
///             forge script script/Deploy.s.sol --rpc-url URL --account NAME --slow --broadcast
///             forge script script/Deploy.s.sol --rpc-url URL --sig 'check(string)' script/deployments/CHAIN-ID
///
///         The first writes `script/deployments/CHAIN-ID.json`, the file that the clients read.
///         NONOS_DEPLOYMENTS names another folder (one that foundry.toml lets scripts write to). Development chains do without
///         NONOS_DEPLOY_CONFIG. What the configuration holds: script/deploy/Config.sol.
/// @dev The deploying account gets no role. Nothing else may be sent from it meanwhile, since the addresses of contracts that
///      name each other follow from its nonce; if something is, the market's constructor reverts.
/// @dev A verifier with a developer setup is refused by its wrapper's constructor, outside development chains.
contract Deploy is Check {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// @dev Least delay of a timelock that owns a real deployment.
    uint256 private constant MIN_TIMELOCK_DELAY = 2 days;

    /// @dev The timelock would give no time, or nobody could use it.
    error BadTimelock(string what, uint256 value);

    Artifact.Libraries private libraries;

    function run() external returns (Deployment memory d) {
        d = deploy(ConfigFile.read(_configPath()));
        string memory folder = vm.envOr("NONOS_DEPLOYMENTS", string("script/deployments"));
        vm.createDir(folder, true);
        DeploymentFile.write(d, string.concat(folder, "/", vm.toString(block.chainid)));
    }

    /// @dev Compares a deployment that `run` wrote with the chain.
    /// @param path Of its files, without ".json".
    function check(string calldata path) external view {
        checkDeployment(DeploymentFile.read(path));
    }

    /// @dev Order and parameters are those of `nonos_contracts::deploy`.
    function deploy(Config memory c) public returns (Deployment memory d) {
        if (c.owner == address(0)) _requireUsable(c.timelock);
        (d.chainId, d.firstBlock, d.guardian) = (block.chainid, block.number, c.guardian);
        Addresses memory a = d.addresses;
        delete libraries;
        a.poseidonT3 = libraries.poseidonT3 = _create("PoseidonT3", "");
        a.poseidonTagged = libraries.poseidonTagged = _create("PoseidonTagged", "");
        a.marketRules = libraries.marketRules = _create("MarketRules", "");
        a.claims = libraries.claims = _create("Claims", "");
        a.inputDemands = libraries.inputDemands = _create("InputDemands", "");
        a.tokenAccounts = libraries.tokenAccounts = _create("TokenAccounts", "");
        a.admission = libraries.admission = _create("Admission", "");
        a.fraud = libraries.fraud = _create("Fraud", "");
        (a.launchVerifier, a.launchHalo2Verifier, d.verifierKey) = _verifier("LaunchVerifier");
        (a.enrolmentVerifier, a.enrolmentHalo2Verifier, d.enrolmentKey) = _verifier("EnrolmentVerifier");
        (a.installVerifier, a.installHalo2Verifier, d.installKey) = _verifier("InstallVerifier");
        if (c.owner == address(0)) c.owner = d.timelock = _timelock(c.timelock);
        d.owner = c.owner;
        address[] memory initial = new address[](1);
        initial[0] = a.launchVerifier;
        a.verifierRouter = _create("VerifierRouter", abi.encode(c.owner, c.guardian, initial));
        a.feeSchedule = _create("FeeSchedule", abi.encode(c.owner, c.guardian, c.fees));
        _deployCore(c, a);
        a.validationView = _create("ValidationView", abi.encode(a.trustScores));
        checkDeployment(d);
    }

    /// @dev Registry, registry, anchor, scores, market, verification market: the first and the scores name the market before it is
    ///      there, the second the verification market. What the markets name besides is created before them.
    function _deployCore(Config memory c, Addresses memory a) private {
        address market = vm.computeCreateAddress(msg.sender, vm.getNonce(msg.sender) + 4);
        address opinions = vm.computeCreateAddress(msg.sender, vm.getNonce(msg.sender) + 5);
        a.operatorRegistry = _create(
            "OperatorRegistry",
            abi.encode(
                a.enrolmentVerifier,
                market,
                c.operators.deposit,
                c.operators.bounty,
                c.operators.minValidity,
                c.operators.maxValidity,
                c.operators.unbondingDelay
            )
        );
        a.capsuleRegistry =
            _create("CapsuleRegistry", abi.encode(a.enrolmentVerifier, a.installVerifier, c.policyFloor, opinions));
        a.receiptAnchor = _create(
            "ReceiptAnchor", abi.encode(a.verifierRouter, a.operatorRegistry, a.capsuleRegistry, c.times, c.stakes)
        );
        a.trustScores = _create("TrustScores", abi.encode(market, c.market.referenceFee));
        a.proofMarket = _create(
            "ProofMarket",
            abi.encode(a.receiptAnchor, a.trustScores, a.feeSchedule, c.market.collateralFloorBps, c.market.grace)
        );
        a.verificationMarket = _create("VerificationMarket", abi.encode(a.receiptAnchor, c.verification));
    }

    function _timelock(TimelockConfig memory t) private returns (address) {
        return _create("Timelock", abi.encode(t.minDelay, t.proposers, t.executors));
    }

    function _requireUsable(TimelockConfig memory t) private view {
        uint256 least = isDevelopmentChain() ? 1 : MIN_TIMELOCK_DELAY;
        if (t.minDelay < least) revert BadTimelock("minDelay", t.minDelay);
        if (t.proposers.length == 0) revert BadTimelock("proposers", 0);
        if (t.executors.length == 0) revert BadTimelock("executors", 0);
    }

    function _verifier(string memory name) private returns (address wrapper, address generated, bytes32 key) {
        wrapper = _create(name, "");
        generated = IVerifierWrapper(wrapper).generated();
        key = VerifierKey.unwrap(IVerifierWrapper(wrapper).verifierKey());
    }

    /// @dev Reverts as the constructor does.
    function _create(string memory name, bytes memory arguments) private returns (address created) {
        bytes memory code = bytes.concat(Artifact.creationCode(name, libraries), arguments);
        bytes memory reason;
        vm.startBroadcast(msg.sender);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
            if iszero(created) {
                reason := mload(0x40)
                mstore(reason, returndatasize())
                returndatacopy(add(reason, 32), 0, returndatasize())
                mstore(0x40, add(reason, and(add(returndatasize(), 63), not(31))))
            }
        }
        vm.stopBroadcast();
        if (created != address(0)) return created;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }

    function _configPath() private view returns (string memory) {
        if (!isDevelopmentChain()) return vm.envString("NONOS_DEPLOY_CONFIG");
        return vm.envOr("NONOS_DEPLOY_CONFIG", string("script/config/development.json"));
    }
}
