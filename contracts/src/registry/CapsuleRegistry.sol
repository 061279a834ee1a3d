// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ICapsuleRegistry} from "../interfaces/ICapsuleRegistry.sol";
import {IEnrolmentVerifier} from "../interfaces/IEnrolmentVerifier.sol";
import {IInstallVerifier} from "../interfaces/IInstallVerifier.sol";
import {EnrolmentStatement} from "../lib/EnrolmentStatement.sol";
import {requireFieldElement} from "../lib/Field.sol";
import {HistoricTree} from "../lib/HistoricTree.sol";
import {PolicyFloor} from "../lib/PolicyFloor.sol";
import {CapsuleHash} from "../poseidon/CapsuleHash.sol";
import {CapsuleLeaf, InstallLeaf, PublisherId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";

/// @title CapsuleRegistry
/// @notice See ICapsuleRegistry.
contract CapsuleRegistry is ICapsuleRegistry {
    using HistoricTree for HistoricTree.Tree;
    using PolicyFloor for uint256[5];

    /// @dev Depth of a catalog in the launch circuit.
    uint256 private constant CATALOG_DEPTH = 12;
    /// @dev Depth of the install tree in the launch circuit.
    uint256 private constant INSTALL_DEPTH = 20;
    /// @dev First leaf of the attested tree: below 2^248, so a field element. See ICapsuleRegistry.
    uint256 private constant ATTESTED_FIRST_LEAF = uint256(keccak256("nonos1.attested-installs")) >> 8;

    /// @inheritdoc ICapsuleRegistry
    IEnrolmentVerifier public immutable verifier;
    /// @inheritdoc ICapsuleRegistry
    IInstallVerifier public immutable installVerifier;
    /// @inheritdoc ICapsuleRegistry
    address public immutable attestor;

    uint256 private immutable FLOOR0;
    uint256 private immutable FLOOR1;
    uint256 private immutable FLOOR2;
    uint256 private immutable FLOOR3;
    uint256 private immutable FLOOR4;

    HistoricTree.Tree private installs;
    HistoricTree.Tree private attested;
    /// @dev By keccak256(abi.encode(leaf, position, state)). Set once and for all: see ICapsuleRegistry.
    mapping(bytes32 => bool) private reached;
    mapping(PublisherId publisher => Publisher) private publishers;
    mapping(PublisherId publisher => HistoricTree.Tree) private catalogs;

    constructor(
        IEnrolmentVerifier verifier_,
        IInstallVerifier installVerifier_,
        uint256[5] memory floor,
        address attestor_
    ) {
        _requireCode("verifier", address(verifier_));
        _requireCode("installVerifier", address(installVerifier_));
        (verifier, installVerifier) = (verifier_, installVerifier_);
        floor.requireWellFormed();
        (FLOOR0, FLOOR1, FLOOR2, FLOOR3, FLOOR4) = (floor[0], floor[1], floor[2], floor[3], floor[4]);
        attestor = attestor_;
        if (attestor_ == address(0)) return;
        attested.append(ATTESTED_FIRST_LEAF, INSTALL_DEPTH);
        attested.advance();
    }

    /// @inheritdoc ICapsuleRegistry
    function registerPublisher(bytes32 key, uint256 leaf, bytes calldata proof)
        external
        returns (PublisherId publisher)
    {
        if (key == 0) revert ZeroPublisherKey();
        publisher = PublisherId.wrap(keccak256(abi.encode(msg.sender, key)));
        if (publishers[publisher].controller != address(0)) revert PublisherInUse(publisher);
        requireFieldElement("leaf", leaf);
        bytes32 digest = EnrolmentStatement.publisherDigest(key, msg.sender);
        if (!verifier.verify(proof, EnrolmentStatement.instances(key, leaf, 0, digest))) {
            revert PublisherProofRejected(key, msg.sender);
        }
        publishers[publisher] = Publisher({controller: msg.sender, key: key});
        HistoricTree.Tree storage catalog = catalogs[publisher];
        uint256 own = CapsuleHash.publisherLeaf(publisher);
        catalog.append(own, CATALOG_DEPTH);
        emit PublisherRegistered(publisher, msg.sender, key, own);
        emit CatalogAdvanced(publisher, catalog.advance(), catalog.tree.size);
    }

    /// @inheritdoc ICapsuleRegistry
    function publish(PublisherId publisher, CapsuleEntry[] calldata entries) external returns (uint256 root) {
        _requireController(publisher);
        if (entries.length == 0) revert NoEntries();
        HistoricTree.Tree storage catalog = catalogs[publisher];
        uint256[5] memory floor = policyFloor();
        for (uint256 i; i < entries.length; ++i) {
            uint256[5] memory policy = entries[i].policy;
            policy.requireWellFormed();
            policy.requireMeets(floor);
            CapsuleLeaf leaf = CapsuleHash.leaf(entries[i].commitment, entries[i].manifestDigest, policy);
            uint256 index = catalog.append(CapsuleLeaf.unwrap(leaf), CATALOG_DEPTH);
            emit CapsulePublished(publisher, leaf, index, entries[i]);
        }
        root = catalog.advance();
        emit CatalogAdvanced(publisher, root, catalog.tree.size);
    }

    /// @inheritdoc ICapsuleRegistry
    function revoke(PublisherId publisher, CapsuleLeaf leaf, uint256[] calldata siblings) external {
        _requireController(publisher);
        HistoricTree.Tree storage catalog = catalogs[publisher];
        uint256 index = catalog.set(CapsuleLeaf.unwrap(leaf), 0, siblings);
        // The leaf at index 0 is the publisher's own: without it the root would not name the publisher any more.
        if (index == 0) revert NotACapsule(publisher, leaf);
        emit CapsuleRevoked(publisher, leaf, index);
        emit CatalogAdvanced(publisher, catalog.advance(), catalog.tree.size);
    }

    /// @inheritdoc ICapsuleRegistry
    function admitInstalls(InstallProof[] calldata proofs) external returns (uint256 root) {
        if (proofs.length == 0) revert NoEntries();
        // All leaves before any proof: who comes second with one of many pays for a look and not for the proofs.
        for (uint256 i; i < proofs.length; ++i) {
            installs.requireNew(InstallLeaf.unwrap(proofs[i].leaf));
        }
        uint256 index = installs.tree.size;
        for (uint256 i; i < proofs.length; ++i) {
            InstallProof calldata proof = proofs[i];
            uint256 state = _verifyChunks(proof);
            if (proof.complete) {
                // Looks again whether the leaf is new: an entry before may have been the same install.
                installs.append(InstallLeaf.unwrap(proof.leaf), INSTALL_DEPTH);
            } else {
                uint64 position = proof.position + uint64(proof.chunks.length);
                reached[_place(proof.leaf, position, state)] = true;
                emit InstallAdvanced(proof.leaf, position, state);
            }
        }
        if (index == installs.tree.size) return installs.recordedRoot;
        root = installs.advance();
        for (uint256 i; i < proofs.length; ++i) {
            if (proofs[i].complete) emit InstallAdmitted(index++, proofs[i].leaf, root);
        }
    }

    /// @inheritdoc ICapsuleRegistry
    function admitAttested(InstallLeaf leaf) external returns (uint256 root) {
        if (msg.sender != attestor) revert NotAttestor(msg.sender, attestor);
        uint256 index = attested.append(InstallLeaf.unwrap(leaf), INSTALL_DEPTH);
        root = attested.advance();
        emit InstallAttested(index, leaf, root);
    }

    /// @inheritdoc ICapsuleRegistry
    function leafOf(CapsuleEntry calldata entry) external pure returns (CapsuleLeaf) {
        return CapsuleHash.leaf(entry.commitment, entry.manifestDigest, entry.policy);
    }

    /// @inheritdoc ICapsuleRegistry
    function requirePolicy(uint256[5] calldata policy) external view {
        uint256[5] memory words = policy;
        words.requireWellFormed();
        words.requireMeets(policyFloor());
    }

    /// @inheritdoc ICapsuleRegistry
    function policyFloor() public view returns (uint256[5] memory) {
        return [FLOOR0, FLOOR1, FLOOR2, FLOOR3, FLOOR4];
    }

    /// @inheritdoc ICapsuleRegistry
    function publisherDigestOf(bytes32 key, address controller) external view returns (bytes32) {
        return EnrolmentStatement.publisherDigest(key, controller);
    }

    /// @inheritdoc ICapsuleRegistry
    function publisherOf(PublisherId publisher) external view returns (Publisher memory) {
        return publishers[publisher];
    }

    /// @inheritdoc ICapsuleRegistry
    function catalogRoot(PublisherId publisher) external view returns (uint256) {
        return catalogs[publisher].recordedRoot;
    }

    /// @inheritdoc ICapsuleRegistry
    function catalogSize(PublisherId publisher) external view returns (uint256) {
        return catalogs[publisher].tree.size;
    }

    /// @inheritdoc ICapsuleRegistry
    function catalogRootInfo(PublisherId publisher, uint256 root) external view returns (RootInfo memory) {
        return catalogs[publisher].roots[root];
    }

    /// @inheritdoc ICapsuleRegistry
    function isCapsuleUsed(PublisherId publisher, CapsuleLeaf leaf) external view returns (bool) {
        return catalogs[publisher].isUsed(CapsuleLeaf.unwrap(leaf));
    }

    /// @inheritdoc ICapsuleRegistry
    function isCapsuleListed(PublisherId publisher, CapsuleLeaf leaf) external view returns (bool) {
        return catalogs[publisher].isPresent(CapsuleLeaf.unwrap(leaf));
    }

    /// @inheritdoc ICapsuleRegistry
    function installRoot() external view returns (uint256) {
        return installs.recordedRoot;
    }

    /// @inheritdoc ICapsuleRegistry
    function installSize() external view returns (uint256) {
        return installs.tree.size;
    }

    /// @inheritdoc ICapsuleRegistry
    function installRootInfo(uint256 root) external view returns (RootInfo memory info) {
        info = installs.roots[root];
        if (info.insertedAt == 0) info = attested.roots[root];
    }

    /// @inheritdoc ICapsuleRegistry
    function isAttestedRoot(uint256 root) external view returns (bool) {
        return attested.roots[root].insertedAt != 0;
    }

    /// @inheritdoc ICapsuleRegistry
    function attestedRoot() external view returns (uint256) {
        return attested.recordedRoot;
    }

    /// @inheritdoc ICapsuleRegistry
    function attestedSize() external view returns (uint256) {
        return attested.tree.size;
    }

    /// @inheritdoc ICapsuleRegistry
    function isInstallAttested(InstallLeaf leaf) external view returns (bool) {
        return attested.isUsed(InstallLeaf.unwrap(leaf));
    }

    /// @inheritdoc ICapsuleRegistry
    function isInstallUsed(InstallLeaf leaf) external view returns (bool) {
        return installs.isUsed(InstallLeaf.unwrap(leaf));
    }

    /// @inheritdoc ICapsuleRegistry
    function isInstallReached(InstallLeaf leaf, uint64 position, uint256 state) external view returns (bool) {
        return reached[_place(leaf, position, state)];
    }

    /// @dev Verifies the chunks one after the other and gives the state in which the last one ends.
    function _verifyChunks(InstallProof calldata proof) private view returns (uint256 state) {
        uint256 count = proof.chunks.length;
        if (count == 0) revert NoChunks(proof.leaf);
        state = proof.stateIn;
        requireFieldElement("stateIn", state);
        uint64 position = proof.position;
        // The circuit begins with the empty sponge at position 0, and only there: nothing else needs to have been reached.
        if (position != 0 && !reached[_place(proof.leaf, position, state)]) {
            revert InstallNotReached(proof.leaf, position, state);
        }
        for (uint256 i; i < count; ++i) {
            InstallChunk calldata chunk = proof.chunks[i];
            requireFieldElement("stateOut", chunk.stateOut);
            uint256 more = proof.complete && i + 1 == count ? 0 : 1;
            uint256[5] memory instances = [InstallLeaf.unwrap(proof.leaf), position, more, state, chunk.stateOut];
            if (!installVerifier.verify(chunk.proof, instances)) revert InstallProofRejected(proof.leaf, position);
            state = chunk.stateOut;
            ++position;
        }
    }

    /// @dev Where an install was reached.
    function _place(InstallLeaf leaf, uint64 position, uint256 state) private pure returns (bytes32) {
        return keccak256(abi.encode(leaf, position, state));
    }

    function _requireCode(bytes32 name, address contract_) private view {
        if (contract_.code.length == 0) revert BadParameter(name, uint160(contract_));
    }

    /// @dev The caller controls the publisher.
    function _requireController(PublisherId publisher) private view {
        address controller = publishers[publisher].controller;
        if (controller == address(0)) revert PublisherUnknown(publisher);
        if (controller != msg.sender) revert NotPublisher(publisher, msg.sender, controller);
    }
}
