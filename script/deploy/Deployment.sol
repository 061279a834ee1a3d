// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "../../contracts/test/base/Vm.sol";

/// @dev Where everything is: the file that the Rust clients read (`Deployment` of nonos-contracts).
/// @param firstBlock Block before the first deployment transaction: where event reads start.
/// @param verifierKey H(verifying key, SRS hash) of the launch verifier; likewise the other two.
/// @param owner Owner of router and fee schedule.
/// @param guardian Their guardian.
/// @param timelock The owner, if that is a timelock of this deployment; else 0.
struct Deployment {
    uint256 chainId;
    uint256 firstBlock;
    bytes32 verifierKey;
    bytes32 enrolmentKey;
    bytes32 installKey;
    address owner;
    address guardian;
    address timelock;
    Addresses addresses;
}

struct Addresses {
    address poseidonT3;
    address poseidonTagged;
    address marketRules;
    address claims;
    address inputDemands;
    address tokenAccounts;
    address admission;
    address fraud;
    address launchHalo2Verifier;
    address launchVerifier;
    address enrolmentHalo2Verifier;
    address enrolmentVerifier;
    address installHalo2Verifier;
    address installVerifier;
    address verifierRouter;
    address operatorRegistry;
    address capsuleRegistry;
    address receiptAnchor;
    address proofMarket;
    address trustScores;
    address feeSchedule;
    address verificationMarket;
    address validationView;
}

/// @title DeploymentFile: writes and reads a Deployment, as `PATH.json`
library DeploymentFile {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function write(Deployment memory d, string memory path) internal {
        string memory text = string.concat(
            "{\n",
            _number("chainId", d.chainId),
            _number("firstBlock", d.firstBlock),
            _key("verifierKey", d.verifierKey),
            _key("enrolmentKey", d.enrolmentKey),
            _key("installKey", d.installKey),
            _address("  ", "owner", d.owner),
            _address("  ", "guardian", d.guardian),
            _address("  ", "timelock", d.timelock),
            '  "addresses": {\n',
            _addresses(d.addresses),
            "  }\n}\n"
        );
        vm.writeFile(string.concat(path, ".json"), text);
    }

    function read(string memory path) internal view returns (Deployment memory d) {
        string memory json = vm.readFile(string.concat(path, ".json"));
        d.chainId = vm.parseJsonUint(json, ".chainId");
        d.firstBlock = vm.parseJsonUint(json, ".firstBlock");
        d.verifierKey = vm.parseJsonBytes32(json, ".verifierKey");
        d.enrolmentKey = vm.parseJsonBytes32(json, ".enrolmentKey");
        d.installKey = vm.parseJsonBytes32(json, ".installKey");
        d.owner = vm.parseJsonAddress(json, ".owner");
        d.guardian = vm.parseJsonAddress(json, ".guardian");
        d.timelock = vm.parseJsonAddress(json, ".timelock");
        Addresses memory a = d.addresses;
        a.poseidonT3 = vm.parseJsonAddress(json, ".addresses.poseidonT3");
        a.poseidonTagged = vm.parseJsonAddress(json, ".addresses.poseidonTagged");
        a.marketRules = vm.parseJsonAddress(json, ".addresses.marketRules");
        a.claims = vm.parseJsonAddress(json, ".addresses.claims");
        a.inputDemands = vm.parseJsonAddress(json, ".addresses.inputDemands");
        a.tokenAccounts = vm.parseJsonAddress(json, ".addresses.tokenAccounts");
        a.admission = vm.parseJsonAddress(json, ".addresses.admission");
        a.fraud = vm.parseJsonAddress(json, ".addresses.fraud");
        a.launchHalo2Verifier = vm.parseJsonAddress(json, ".addresses.launchHalo2Verifier");
        a.launchVerifier = vm.parseJsonAddress(json, ".addresses.launchVerifier");
        a.enrolmentHalo2Verifier = vm.parseJsonAddress(json, ".addresses.enrolmentHalo2Verifier");
        a.enrolmentVerifier = vm.parseJsonAddress(json, ".addresses.enrolmentVerifier");
        a.installHalo2Verifier = vm.parseJsonAddress(json, ".addresses.installHalo2Verifier");
        a.installVerifier = vm.parseJsonAddress(json, ".addresses.installVerifier");
        a.verifierRouter = vm.parseJsonAddress(json, ".addresses.verifierRouter");
        a.operatorRegistry = vm.parseJsonAddress(json, ".addresses.operatorRegistry");
        a.capsuleRegistry = vm.parseJsonAddress(json, ".addresses.capsuleRegistry");
        a.receiptAnchor = vm.parseJsonAddress(json, ".addresses.receiptAnchor");
        a.proofMarket = vm.parseJsonAddress(json, ".addresses.proofMarket");
        a.trustScores = vm.parseJsonAddress(json, ".addresses.trustScores");
        a.feeSchedule = vm.parseJsonAddress(json, ".addresses.feeSchedule");
        a.verificationMarket = vm.parseJsonAddress(json, ".addresses.verificationMarket");
        a.validationView = vm.parseJsonAddress(json, ".addresses.validationView");
    }

    function _addresses(Addresses memory a) private pure returns (string memory text) {
        string memory indent = "    ";
        text = string.concat(
            _address(indent, "poseidonT3", a.poseidonT3),
            _address(indent, "poseidonTagged", a.poseidonTagged),
            _address(indent, "marketRules", a.marketRules),
            _address(indent, "claims", a.claims),
            _address(indent, "inputDemands", a.inputDemands),
            _address(indent, "tokenAccounts", a.tokenAccounts),
            _address(indent, "admission", a.admission),
            _address(indent, "fraud", a.fraud)
        );
        text = string.concat(
            text,
            _address(indent, "launchHalo2Verifier", a.launchHalo2Verifier),
            _address(indent, "launchVerifier", a.launchVerifier),
            _address(indent, "enrolmentHalo2Verifier", a.enrolmentHalo2Verifier),
            _address(indent, "enrolmentVerifier", a.enrolmentVerifier),
            _address(indent, "installHalo2Verifier", a.installHalo2Verifier)
        );
        text = string.concat(
            text,
            _address(indent, "installVerifier", a.installVerifier),
            _address(indent, "verifierRouter", a.verifierRouter),
            _address(indent, "operatorRegistry", a.operatorRegistry),
            _address(indent, "capsuleRegistry", a.capsuleRegistry),
            _address(indent, "receiptAnchor", a.receiptAnchor),
            _address(indent, "proofMarket", a.proofMarket),
            _address(indent, "trustScores", a.trustScores),
            _address(indent, "feeSchedule", a.feeSchedule),
            _address(indent, "verificationMarket", a.verificationMarket),
            _last(indent, "validationView", a.validationView)
        );
    }

    function _number(string memory name, uint256 value) private pure returns (string memory) {
        return string.concat('  "', name, '": ', vm.toString(value), ",\n");
    }

    function _key(string memory name, bytes32 value) private pure returns (string memory) {
        return string.concat('  "', name, '": "', vm.toString(value), '",\n');
    }

    function _address(string memory indent, string memory name, address value) private pure returns (string memory) {
        return string.concat(indent, '"', name, '": "', vm.toString(value), '",\n');
    }

    function _last(string memory indent, string memory name, address value) private pure returns (string memory) {
        return string.concat(indent, '"', name, '": "', vm.toString(value), '"\n');
    }
}
