// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IOwned} from "../../contracts/src/interfaces/IOwned.sol";
import {ICapsuleRegistry} from "../../contracts/src/interfaces/ICapsuleRegistry.sol";
import {IOperatorRegistry} from "../../contracts/src/interfaces/IOperatorRegistry.sol";
import {IProofMarket} from "../../contracts/src/interfaces/IProofMarket.sol";
import {IReceiptAnchor} from "../../contracts/src/interfaces/IReceiptAnchor.sol";
import {ITrustScores} from "../../contracts/src/interfaces/ITrustScores.sol";
import {IValidationView} from "../../contracts/src/interfaces/IValidationView.sol";
import {IVerificationMarket} from "../../contracts/src/interfaces/IVerificationMarket.sol";
import {IVerifierRouter} from "../../contracts/src/interfaces/IVerifierRouter.sol";
import {IVerifierWrapper} from "../../contracts/src/interfaces/IVerifierWrapper.sol";
import {VerifierKey} from "../../contracts/src/types/Ids.sol";
import {Artifact} from "./Artifact.sol";
import {Addresses, Deployment} from "./Deployment.sol";

/// @title Check: whether the contracts at the addresses of a file are the ones that the file says, and belong together
/// @dev In this order, stopping at the first that disagrees: chain, code, keys, verifiers, roles, references. What the router does with
///      the key today is not asked: a stop is a state of a deployment, not an error in its file.
abstract contract Check {
    /// @dev The file is for another chain.
    error WrongChain(uint256 file, uint256 actual);
    /// @dev There is no code.
    error NoCode(string contractName, address at);
    /// @dev The code is not the one in contracts/artifacts.
    error OtherCode(string contractName, address at);
    /// @dev A verifier has another key than the file says.
    error OtherKey(string circuit, bytes32 actual, bytes32 file);
    /// @dev A contract names another address than the file.
    error Miswired(string what, address actual, address file);
    /// @dev Somebody else than the file says has a role.
    error OtherRole(string role, address actual, address file);

    function checkDeployment(Deployment memory d) public view {
        if (block.chainid != d.chainId) revert WrongChain(d.chainId, block.chainid);
        _checkCode(d);
        Addresses memory a = d.addresses;
        _key("launch", a.launchVerifier, d.verifierKey);
        _key("enrolment", a.enrolmentVerifier, d.enrolmentKey);
        _key("install", a.installVerifier, d.installKey);
        _checkVerifiers(d);
        _checkRoles("router", IOwned(a.verifierRouter), d);
        _checkRoles("fee schedule", IOwned(a.feeSchedule), d);
        if (d.timelock != address(0) && d.owner != d.timelock) {
            revert OtherRole("owner beside the timelock", d.owner, d.timelock);
        }
        _checkReferences(a);
    }

    function _checkCode(Deployment memory d) private view {
        Addresses memory a = d.addresses;
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
        _code("PoseidonT3", a.poseidonT3, libraries);
        _code("PoseidonTagged", a.poseidonTagged, libraries);
        _code("MarketRules", a.marketRules, libraries);
        _code("Claims", a.claims, libraries);
        _code("InputDemands", a.inputDemands, libraries);
        _code("TokenAccounts", a.tokenAccounts, libraries);
        _code("Admission", a.admission, libraries);
        _code("Fraud", a.fraud, libraries);
        _code("LaunchHalo2Verifier", a.launchHalo2Verifier, libraries);
        _code("LaunchVerifier", a.launchVerifier, libraries);
        _code("EnrolmentHalo2Verifier", a.enrolmentHalo2Verifier, libraries);
        _code("EnrolmentVerifier", a.enrolmentVerifier, libraries);
        _code("InstallHalo2Verifier", a.installHalo2Verifier, libraries);
        _code("InstallVerifier", a.installVerifier, libraries);
        _code("VerifierRouter", a.verifierRouter, libraries);
        _code("OperatorRegistry", a.operatorRegistry, libraries);
        _code("CapsuleRegistry", a.capsuleRegistry, libraries);
        _code("ReceiptAnchor", a.receiptAnchor, libraries);
        _code("ProofMarket", a.proofMarket, libraries);
        _code("TrustScores", a.trustScores, libraries);
        _code("FeeSchedule", a.feeSchedule, libraries);
        _code("VerificationMarket", a.verificationMarket, libraries);
        _code("ValidationView", a.validationView, libraries);
        if (d.timelock != address(0)) _code("Timelock", d.timelock, libraries);
    }

    function _checkVerifiers(Deployment memory d) private view {
        Addresses memory a = d.addresses;
        _link("the launch wrapper's code", IVerifierWrapper(a.launchVerifier).generated(), a.launchHalo2Verifier);
        _link(
            "the enrolment wrapper's code", IVerifierWrapper(a.enrolmentVerifier).generated(), a.enrolmentHalo2Verifier
        );
        _link("the install wrapper's code", IVerifierWrapper(a.installVerifier).generated(), a.installHalo2Verifier);
        VerifierKey key = VerifierKey.wrap(d.verifierKey);
        _link("the router's key", address(IVerifierRouter(a.verifierRouter).wrapperOf(key)), a.launchVerifier);
    }

    function _checkReferences(Addresses memory a) private view {
        IOperatorRegistry operators = IOperatorRegistry(a.operatorRegistry);
        _link("the operators' verifier", address(operators.verifier()), a.enrolmentVerifier);
        _link("the operators' reporter", operators.reporter(), a.proofMarket);
        ICapsuleRegistry capsules = ICapsuleRegistry(a.capsuleRegistry);
        _link("the capsules' verifier", address(capsules.verifier()), a.enrolmentVerifier);
        _link("the capsules' install verifier", address(capsules.installVerifier()), a.installVerifier);
        IReceiptAnchor anchor = IReceiptAnchor(a.receiptAnchor);
        _link("the anchor's router", address(anchor.router()), a.verifierRouter);
        _link("the anchor's operators", address(anchor.operators()), a.operatorRegistry);
        _link("the anchor's capsules", address(anchor.capsules()), a.capsuleRegistry);
        IProofMarket market = IProofMarket(a.proofMarket);
        _link("the market's anchor", address(market.anchor()), a.receiptAnchor);
        _link("the market's operators", address(market.operators()), a.operatorRegistry);
        _link("the market's capsules", address(market.capsules()), a.capsuleRegistry);
        _link("the market's router", address(market.router()), a.verifierRouter);
        _link("the market's trust scores", address(market.trust()), a.trustScores);
        _link("the capsules' attestor", capsules.attestor(), a.verificationMarket);
        IVerificationMarket opinions = IVerificationMarket(a.verificationMarket);
        _link("the verification market's anchor", address(opinions.anchor()), a.receiptAnchor);
        _link("the market's fee schedule", address(market.fees()), a.feeSchedule);
        _link("the validation view's trust scores", address(IValidationView(a.validationView).trust()), a.trustScores);
        _link("the trust scores' reporter", ITrustScores(a.trustScores).reporter(), a.proofMarket);
    }

    function _checkRoles(string memory what, IOwned owned, Deployment memory d) private view {
        address owner = owned.owner();
        if (owner != d.owner) revert OtherRole(string.concat("owner of the ", what), owner, d.owner);
        address guardian = owned.guardian();
        if (guardian != d.guardian) revert OtherRole(string.concat("guardian of the ", what), guardian, d.guardian);
    }

    function _code(string memory name, address at, Artifact.Libraries memory libraries) private view {
        if (at.code.length == 0) revert NoCode(name, at);
        if (!Artifact.isAt(name, at, libraries)) revert OtherCode(name, at);
    }

    function _key(string memory circuit, address wrapper, bytes32 file) private view {
        bytes32 actual = VerifierKey.unwrap(IVerifierWrapper(wrapper).verifierKey());
        if (actual != file) revert OtherKey(circuit, actual, file);
    }

    function _link(string memory what, address actual, address file) private pure {
        if (actual != file) revert Miswired(what, actual, file);
    }
}
