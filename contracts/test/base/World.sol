// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBatches} from "../../src/interfaces/IBatches.sol";
import {ICapsuleRegistry} from "../../src/interfaces/ICapsuleRegistry.sol";
import {IInstallVerifier} from "../../src/interfaces/IInstallVerifier.sol";
import {ILaunchVerifier} from "../../src/interfaces/ILaunchVerifier.sol";
import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {CapsuleRegistry} from "../../src/registry/CapsuleRegistry.sol";
import {OperatorRegistry} from "../../src/registry/OperatorRegistry.sol";
import {IdentityLeaf, Nullifier, OperatorId, PublisherId, VerifierKey} from "../../src/types/Ids.sol";
import {ReceiptHeader} from "../../src/types/ReceiptHeader.sol";
import {VerifierRouter} from "../../src/verifier/VerifierRouter.sol";
import {Factory} from "../doubles/Factory.sol";
import {TestEnrolmentWrapper, TestInstallWrapper, TestVerifier, TestWrapper} from "../doubles/TestVerifier.sol";
import {Blocks} from "./Blocks.sol";
import {InstallModel} from "./InstallModel.sol";
import {Test} from "./Test.sol";

/// @dev Everything deployed on a development chain, with one operator, one publisher with one capsule, one install, and a
///      receipt header that is in order.
abstract contract World is Test {
    uint256 internal constant DEPOSIT = 0.01 ether;
    uint256 internal constant BOUNTY = 0.0005 ether;
    uint64 internal constant MAX_AGE = 1 days;
    uint64 internal constant MARGIN = 1 hours;
    uint64 internal constant WINDOW = 7 days;
    uint64 internal constant REVEAL = 12 hours;
    uint64 internal constant LATE = 7 days;
    uint96 internal constant SLICE = 1 ether;
    uint64 internal constant FEE_FLOOR = 1 gwei;
    uint64 internal constant UNBONDING = 14 days;
    uint64 internal constant START = 1_800_000_000;
    VerifierKey internal constant KEY = VerifierKey.wrap(bytes32("test circuit"));
    VerifierKey internal constant ENROLMENT_KEY = VerifierKey.wrap(bytes32("test enrolment circuit"));
    VerifierKey internal constant INSTALL_KEY = VerifierKey.wrap(bytes32("test install circuit"));
    /// @dev P(ID; k, 0) of some k, for all that these tests know.
    uint256 internal constant PUBLISHER_LEAF = 4001;

    address internal controller = address(0xc0);
    address internal publisherAccount = address(0xab);
    OperatorId internal operator = OperatorId.wrap(keccak256("root key"));
    TestVerifier internal generated;
    TestWrapper internal wrapper;
    /// @dev Takes any enrolment proof until told otherwise.
    TestVerifier internal enrolmentGenerated;
    TestEnrolmentWrapper internal enrolmentWrapper;
    /// @dev Takes any proof of a chunk until told otherwise.
    TestVerifier internal installGenerated;
    TestInstallWrapper internal installWrapper;
    /// @dev Creates the market, whose address the registry is told beforehand.
    Factory internal factory;
    VerifierRouter internal router;
    OperatorRegistry internal operators;
    CapsuleRegistry internal capsules;
    IReceiptAnchor internal anchor;
    PublisherId internal publisher;
    bytes internal notBefore;

    function setUp() public virtual {
        vm.chainId(31337);
        vm.roll(10_000);
        vm.warp(START);
        Blocks.installHistory(vm);
        generated = new TestVerifier();
        wrapper = new TestWrapper(address(generated), KEY, true);
        router = new VerifierRouter(address(this), address(0x911), list(wrapper));
        enrolmentGenerated = new TestVerifier();
        enrolmentWrapper = new TestEnrolmentWrapper(address(enrolmentGenerated), ENROLMENT_KEY, true);
        installGenerated = new TestVerifier();
        installWrapper = new TestInstallWrapper(address(installGenerated), INSTALL_KEY, true);
        factory = new Factory();
        operators = newOperators(marketAddress());
        capsules = newCapsules();
        anchor = newAnchor(times(), stakes());
        vm.deal(controller, 100 ether);
        enrol(operator, 1001, 1);
        vm.prank(publisherAccount);
        publisher = capsules.registerPublisher("publisher key", PUBLISHER_LEAF, "");
        publishOne(1);
        install(3001);
        notBefore = Blocks.header(9_990, START - 100);
        vm.setBlockhash(9_990, keccak256(notBefore));
    }

    function marketAddress() internal view returns (address) {
        return vm.computeCreateAddress(address(factory), 1);
    }

    /// @dev Where the factory puts the verification market, if it is created after the market.
    function attestorAddress() internal view returns (address) {
        return vm.computeCreateAddress(address(factory), 2);
    }

    function newOperators(address reporter) internal returns (OperatorRegistry) {
        return new OperatorRegistry(enrolmentWrapper, reporter, DEPOSIT, BOUNTY, 1 days, 365 days, UNBONDING);
    }

    function newCapsules() internal returns (CapsuleRegistry) {
        return new CapsuleRegistry(enrolmentWrapper, installWrapper, floor(), attestorAddress());
    }

    function times() internal pure virtual returns (IReceiptAnchor.Times memory) {
        return IReceiptAnchor.Times(MAX_AGE, MARGIN, WINDOW, REVEAL, LATE);
    }

    function stakes() internal pure returns (IBatches.Stakes memory) {
        return IBatches.Stakes(SLICE, FEE_FLOOR);
    }

    /// @dev By name: the contract is compiled for size, which an import would carry over to everything here.
    function newAnchor(IReceiptAnchor.Times memory t, IBatches.Stakes memory k) internal returns (IReceiptAnchor) {
        bytes memory arguments = abi.encode(router, operators, capsules, t, k);
        return IReceiptAnchor(deploy("ReceiptAnchor.sol:ReceiptAnchor", arguments));
    }

    /// @dev The real verifier of installs, and how long its proofs are, as it says itself. By name, like the anchor.
    function realInstalls() internal returns (IInstallVerifier verifier, uint256 proofLength) {
        verifier = IInstallVerifier(deploy("InstallVerifier.sol:InstallVerifier", ""));
        (, bytes memory reason) = verifier.generated().staticcall("");
        // CalldataLength(actual, expected), five of the words being instances.
        assembly ("memory-safe") {
            proofLength := sub(mload(add(reason, 68)), 160)
        }
    }

    function list(ILaunchVerifier one) internal pure returns (ILaunchVerifier[] memory verifiers) {
        verifiers = new ILaunchVerifier[](1);
        verifiers[0] = one;
    }

    /// @dev Everything allowed but isolation below 2 and networks above "onion only".
    function floor() internal pure returns (uint256[5] memory) {
        return [
            uint256(3) << 128 | uint256(type(uint24).max) << 132,
            type(uint192).max,
            type(uint192).max,
            uint256(type(uint192).max) | uint256(7) << 192,
            0
        ];
    }

    function strictPolicy() internal pure returns (uint256[5] memory) {
        return [uint256(15) << 128 | uint256(64) << 132, 0xff, 0, uint256(3) << 192, 0];
    }

    function entry(uint256 seed) internal pure returns (ICapsuleRegistry.CapsuleEntry memory) {
        return ICapsuleRegistry.CapsuleEntry(
            keccak256(abi.encode("C", seed)), keccak256(abi.encode("M", seed)), strictPolicy()
        );
    }

    function publishOne(uint256 seed) internal returns (uint256) {
        ICapsuleRegistry.CapsuleEntry[] memory entries = new ICapsuleRegistry.CapsuleEntry[](1);
        entries[0] = entry(seed);
        vm.prank(publisherAccount);
        return capsules.publish(publisher, entries);
    }

    function enrolment(OperatorId id, uint256 leaf, uint32 seq)
        internal
        view
        returns (IOperatorRegistry.Enrolment memory)
    {
        return IOperatorRegistry.Enrolment(
            block.chainid, id, controller, IdentityLeaf.wrap(leaf), uint64(block.timestamp) + 90 days, seq
        );
    }

    function enrol(OperatorId id, uint256 leaf, uint32 seq) internal returns (uint256 index) {
        IOperatorRegistry.Enrolment memory e = enrolment(id, leaf, seq);
        vm.prank(controller);
        return operators.enrol{value: DEPOSIT}(e, "");
    }

    /// @dev Admits the install of a binary of one chunk.
    function install(uint256 leaf) internal returns (uint256 root) {
        return capsules.admitInstalls(InstallModel.list(InstallModel.whole(leaf, 1)));
    }

    function goodHeader() internal view returns (ReceiptHeader memory h) {
        h.schema = 1;
        h.verifierKey = KEY;
        h.flags = 1;
        h.capsuleTag = 11;
        h.catalogRoot = capsules.catalogRoot(publisher);
        h.operatorTag = 12;
        h.operatorRoot = operators.root();
        h.installRoot = capsules.installRoot();
        h.stateTag = 13;
        h.nullifier = Nullifier.wrap(14);
        h.executionKey = keccak256("execution");
        h.launchedAt = START - 50;
        h.notBeforeBlock = 9_990;
        h.notBeforeHash = keccak256(notBefore);
        h.payee = address(0xbeef);
        h.requestId = keccak256("request");
    }
}
