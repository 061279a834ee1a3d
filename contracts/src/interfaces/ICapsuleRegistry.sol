// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {CapsuleLeaf, InstallLeaf, PublisherId} from "../types/Ids.sol";
import {RootInfo} from "../types/RootInfo.sol";
import {IEnrolmentVerifier} from "./IEnrolmentVerifier.sol";
import {IInstallVerifier} from "./IInstallVerifier.sol";

/// @title ICapsuleRegistry: publishers, their catalogs, and the install tree
/// @notice A catalog is a LeanIMT (depth 12) of capsule leaves that only its publisher extends. Its first leaf is the
///         publisher's own, P(PUB; id_hi, id_lo), and cannot be removed: the leaves that a root commits to begin with it,
///         so no two catalogs ever share a root, and a root names its publisher. The leaf of a capsule is
///         computed here from its published data, so the policy that is compared with the mesh floor is the policy inside
///         the leaf: no catalog root exists that holds a policy below the floor. The install tree (depth 20) holds one
///         leaf J = P(INST; k, L) per operator and capsule version, each proven: whoever made the proof knows k, and held the
///         binary that L commits to. There is no owner; another floor, or another verifier, means another registry.
/// @dev What the chain cannot see: whether `manifestDigest` belongs to a manifest with this policy, signed by the
///      publisher's key. Nodes check that from the manifest itself before they admit a capsule; a false digest only makes
///      the publisher's own capsule unusable. A floor that names measurements admits the very same set only, because the
///      chain sees the set's hash.
/// @dev An install is proven in chunks of the binary, in as many transactions as the prover likes. What was proven so far is
///      remembered by what was reached (leaf, position and state), not as one number per leaf: chunk 0 can be proven again
///      by anybody who copies it, and a number would fall back with it. What was reached is never forgotten, so nobody can
///      delay, reset or divert an install. It ends with the leaf in the tree, once.
/// @dev Proofs name no sender. Whoever copies one from the pool and sends it first admits the prover's leaf at his own
///      expense: only who knows k can launch under it, and the prover's own call finds the leaf used, or goes on as if it had
///      been first.
/// @dev A second tree holds *attested* installs: leaves that nobody proved here, and that the attestor named at construction
///      (the VerificationMarket, or nobody) took for proven. Its first leaf is `ATTESTED_FIRST_LEAF`, the first 31 bytes of
///      keccak256("nonos1.attested-installs"). No node and no install leaf has this value but by a preimage of Poseidon for it, and
///      roots commit to the first leaf: two equal roots would have equal nodes down their left side, to where the shallower tree
///      has its first leaf, and the other that value as leaf or node (or a node that is an install leaf, of another tag). So the
///      trees never share a root, and a root says which of the two kinds of evidence is behind it.
/// @dev WARNING: `installRootInfo` knows the roots of both trees, so `ReceiptAnchor.requireAdmitted` takes receipts of both.
///      Who insists on installs that were proven on chain requires `isAttestedRoot(header.installRoot)` to be false.
/// @dev WARNING: a leaf of the attested tree is whatever the attestor admitted. If it was deceived, the leaf can be no install
///      leaf at all, such as a node over many; every receipt under a later root of that tree then proves no install.
interface ICapsuleRegistry {
    /// @notice What a publisher posts for one capsule.
    /// @param commitment C, the salted commitment to the binary's SHA3-512.
    /// @param manifestDigest keccak256 of the encoded manifest.
    /// @param policy Packed policy words w0..w4.
    struct CapsuleEntry {
        bytes32 commitment;
        bytes32 manifestDigest;
        uint256[5] policy;
    }

    /// @notice A registered publisher.
    /// @param controller Account that extends the catalog; 0 if there is no such publisher.
    /// @param key ed25519 key that signs the publisher's manifests.
    struct Publisher {
        address controller;
        bytes32 key;
    }

    /// @notice One proven chunk of a binary.
    /// @param stateOut Commitment to the sponge after the chunk; of no account in the last, but below r there too.
    /// @param proof Proof of the install circuit.
    struct InstallChunk {
        uint256 stateOut;
        bytes proof;
    }

    /// @notice Consecutive chunks of one install.
    /// @param leaf J = P(INST; k, L).
    /// @param position Number of the first of these chunks; the binary's first is 0.
    /// @param stateIn Commitment to the sponge before them: the last state of what was reached, at position 0 the prover's
    ///        choice.
    /// @param complete Whether the last of them is the binary's last.
    /// @param chunks In order, at least one.
    struct InstallProof {
        InstallLeaf leaf;
        uint64 position;
        uint256 stateIn;
        bool complete;
        InstallChunk[] chunks;
    }

    /// @notice An account registered as the publisher with this key; `leaf` is at index 0 of its catalog.
    event PublisherRegistered(
        PublisherId indexed publisher, address indexed controller, bytes32 indexed key, uint256 leaf
    );
    /// @notice A capsule was appended to a catalog, with the data that its leaf is made of. The leaf of
    ///         PublisherRegistered, then these and CapsuleRevoked in order, rebuild the catalog.
    event CapsulePublished(PublisherId indexed publisher, CapsuleLeaf indexed leaf, uint256 index, CapsuleEntry entry);
    /// @notice A capsule was removed from a catalog for good.
    event CapsuleRevoked(PublisherId indexed publisher, CapsuleLeaf indexed leaf, uint256 index);
    /// @notice A catalog has a new root.
    event CatalogAdvanced(PublisherId indexed publisher, uint256 indexed root, uint256 size);
    /// @notice Chunks of an install were proven, and its next may begin at `position` in `state`. Comes again if they are
    ///         proven again.
    event InstallAdvanced(InstallLeaf indexed leaf, uint64 position, uint256 state);
    /// @notice An install leaf was appended at `index`; `root` is the tree's after the whole call, so installs that were
    ///         admitted together share it.
    event InstallAdmitted(uint256 indexed index, InstallLeaf leaf, uint256 root);

    /// @notice The attestor appended a leaf to the attested tree at `index`, whose root is now `root`.
    event InstallAttested(uint256 indexed index, InstallLeaf leaf, uint256 root);

    /// @notice The caller is not the attestor.
    error NotAttestor(address caller, address attestor);
    /// @notice The publisher key is 0.
    error ZeroPublisherKey();
    /// @notice The proof does not show that this key signed the registration of this account, here: another key's
    ///         signature, another account, registry or chain, another leaf.
    error PublisherProofRejected(bytes32 key, address controller);
    /// @notice The caller registered this key before.
    error PublisherInUse(PublisherId publisher);
    /// @notice No such publisher.
    error PublisherUnknown(PublisherId publisher);
    /// @notice The caller does not control the publisher.
    error NotPublisher(PublisherId publisher, address caller, address controller);
    /// @notice A construction parameter is outside its bounds.
    error BadParameter(bytes32 name, uint256 value);
    /// @notice Nothing was given to publish, or to admit.
    error NoEntries();
    /// @notice An install was given without chunks.
    error NoChunks(InstallLeaf leaf);
    /// @notice No chunk of this install that was ever proven here ends before `position` in this state: the chunks before
    ///         were not sent, or are of another install, place or registry.
    error InstallNotReached(InstallLeaf leaf, uint64 position, uint256 state);
    /// @notice The proof is not one of chunk `position` of this install, from the state before to the state given, and the
    ///         last one exactly if it was given as the last.
    error InstallProofRejected(InstallLeaf leaf, uint64 position);
    /// @notice The leaf is the publisher's own, the first of the catalog, and stays.
    error NotACapsule(PublisherId publisher, CapsuleLeaf leaf);

    /// @notice Registers the caller as a publisher and opens its catalog with the publisher's leaf.
    /// @dev The key signed "nonos1.enrol" ‖ leaf ‖ digest, the digest being the EIP-712 one of PublisherRegistration(bytes32
    ///      key,address controller) under the domain {"NONOS Publishers", "1", chainId, this registry}; the enrolment circuit
    ///      proves it, with meta 0. So the id contains an account and a key that belong together. One key can sign for
    ///      several accounts, and each gets an id of its own.
    /// @param key ed25519 key that signs the manifests.
    /// @param leaf P(ID; k, 0) for a k of the prover: a value that the proof is bound to, and that nothing else uses.
    /// @param proof Enrolment proof.
    /// @return publisher keccak256(abi.encode(caller, key)).
    function registerPublisher(bytes32 key, uint256 leaf, bytes calldata proof) external returns (PublisherId publisher);

    /// @notice Appends capsules to the caller's catalog; the catalog advances by one root. Reverts as a whole if one
    ///         policy is malformed or below the floor, or one capsule was in this catalog before.
    /// @param publisher The caller's publisher id.
    /// @param entries Capsules in leaf order.
    /// @return root New root of the catalog.
    function publish(PublisherId publisher, CapsuleEntry[] calldata entries) external returns (uint256 root);

    /// @notice Removes a capsule from the caller's catalog for good. No other publisher can bring it back for receipts of
    ///         this catalog: a catalog with the same capsules has another root.
    /// @param publisher The caller's publisher id.
    /// @param leaf The capsule.
    /// @param siblings Merkle path of the leaf.
    function revoke(PublisherId publisher, CapsuleLeaf leaf, uint256[] calldata siblings) external;

    /// @notice Takes chunks of installs. The leaf of each that is complete is appended to the tree, which advances by one
    ///         root, if any is; of the others it is remembered how far they are. Reverts as a whole if one proof is rejected,
    ///         one does not begin where its install was reached, or one leaf was admitted before: then nothing was verified.
    /// @dev Anybody may send anybody's proofs; see above. The state in which an earlier entry of this call ends is reached
    ///      for the later ones.
    /// @param proofs The installs, or parts of them.
    /// @return root The tree's root afterwards; 0 while it has none.
    function admitInstalls(InstallProof[] calldata proofs) external returns (uint256 root);

    /// @notice Appends a leaf to the attested tree. Attestor only. It may be in the proven tree, or come there later.
    /// @return root The attested tree's root afterwards.
    function admitAttested(InstallLeaf leaf) external returns (uint256 root);

    /// @notice The leaf of a capsule, P(CAP; P(DIG; C_hi, C_lo), P(MAN; F(POL; policy), manifestDigest >> 8)).
    function leafOf(CapsuleEntry calldata entry) external pure returns (CapsuleLeaf);

    /// @notice Reverts unless the words are a policy that meets the floor.
    function requirePolicy(uint256[5] calldata policy) external view;

    /// @notice The digest that a publisher's key signs for an account.
    function publisherDigestOf(bytes32 key, address controller) external view returns (bytes32);

    /// @notice Judge of the proofs that publishers hold their keys, for good.
    function verifier() external view returns (IEnrolmentVerifier);

    /// @notice Judge of the proofs that operators hold the binaries, for good.
    function installVerifier() external view returns (IInstallVerifier);

    /// @notice The mesh floor, packed.
    function policyFloor() external view returns (uint256[5] memory);

    /// @notice A publisher; all zero if there is none.
    function publisherOf(PublisherId publisher) external view returns (Publisher memory);

    /// @notice The current root of a catalog; 0 if the publisher is not registered.
    function catalogRoot(PublisherId publisher) external view returns (uint256);

    /// @notice Number of leaves in a catalog: the publisher's own and the capsules, revoked ones included.
    function catalogSize(PublisherId publisher) external view returns (uint256);

    /// @notice Life of a catalog root; unknown for every publisher but the one whose catalog had it.
    function catalogRootInfo(PublisherId publisher, uint256 root) external view returns (RootInfo memory);

    /// @notice Whether a capsule is, or ever was, in a catalog.
    function isCapsuleUsed(PublisherId publisher, CapsuleLeaf leaf) external view returns (bool);

    /// @notice Whether a capsule is in a catalog now: published and not revoked.
    function isCapsuleListed(PublisherId publisher, CapsuleLeaf leaf) external view returns (bool);

    /// @notice The current root of the proven install tree; 0 while there is none.
    function installRoot() external view returns (uint256);

    /// @notice Number of proven install leaves.
    function installSize() external view returns (uint256);

    /// @notice Life of an install root, proven or attested: see the warning above.
    function installRootInfo(uint256 root) external view returns (RootInfo memory);

    /// @notice Whether the root is, or was, one of the attested tree. False for every root of the proven one.
    function isAttestedRoot(uint256 root) external view returns (bool);

    /// @notice The current root of the attested tree; 0 if there is no attestor.
    function attestedRoot() external view returns (uint256);

    /// @notice Number of leaves of the attested tree, its fixed first one included; 0 if there is no attestor.
    function attestedSize() external view returns (uint256);

    /// @notice Whether an install leaf is in the attested tree.
    function isInstallAttested(InstallLeaf leaf) external view returns (bool);

    /// @notice Who admits attested installs, for good; 0 for nobody.
    function attestor() external view returns (address);

    /// @notice Whether an install leaf is in the proven tree.
    function isInstallUsed(InstallLeaf leaf) external view returns (bool);

    /// @notice Whether the chunk `position` of an install may begin in this state, because the chunks before it were proven
    ///         here. Chunk 0 begins in any, and none is recorded for it.
    function isInstallReached(InstallLeaf leaf, uint64 position, uint256 state) external view returns (bool);
}
