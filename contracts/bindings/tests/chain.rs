//! The contracts and the core agree on a real chain: deployment, trees, leaves, digests, reverts.

mod anvil;

use alloy::{
    network::EthereumWallet,
    providers::{Provider, ProviderBuilder},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use anvil::{ACCEPT, Anvil, KEY, accept_enrolments, accept_installs, floor};
use nonos_contracts::{
    Artifact, ChainError, DeployConfig, Deployment,
    abi::CapsuleRegistry,
    abi::OperatorRegistry,
    abi::ReceiptAnchor,
    abi::VerifierRouter,
    anchor::{Anchored, checkpoint_at, latest_checkpoint, verify_now},
    deploy,
    enrolment::{Origin, entry, next_terms, origin, publisher_terms},
    install::{Place, ProvenChunk, entries},
    roots::root_status,
    tree::{TreeFollower, TreeId},
};
use nonos_core::{
    Fr, ManifestDigest, capsule::capsule_leaf, field::fr_to_u256, ids::DigestCommitment, lean_imt::LeanImt,
    policy::Policy, publisher::publisher_leaf, receipt::ReceiptHeader,
};

fn wallet() -> (EthereumWallet, Address) {
    let signer: PrivateKeySigner = KEY.parse().expect("a key");
    let address = signer.address();
    (EthereumWallet::from(signer), address)
}

fn provider(anvil: &Anvil) -> impl Provider + Clone + 'static {
    ProviderBuilder::new().wallet(wallet().0).connect_http(anvil.url.parse().expect("a URL"))
}

fn config() -> DeployConfig {
    DeployConfig::new(wallet().1, floor())
}

struct Registry<P> {
    contract: OperatorRegistry::OperatorRegistryInstance<P>,
    deposit: U256,
    now: u64,
}

impl<P: Provider> Registry<P> {
    fn enrolment(&self, id: u8, leaf: u64, seq: u32) -> OperatorRegistry::Enrolment {
        OperatorRegistry::Enrolment {
            chainId: U256::from(31337),
            operator: B256::repeat_byte(id),
            controller: wallet().1,
            leaf: U256::from(leaf),
            validUntil: self.now + 1_000_000,
            seq,
        }
    }

    async fn enrol(&self, id: u8, leaf: u64) {
        let call = self.contract.enrol(self.enrolment(id, leaf, 1), Bytes::new()).value(self.deposit);
        assert!(call.send().await.expect("sent").get_receipt().await.expect("mined").status());
    }
}

fn tree(follower: &TreeFollower) -> &LeanImt {
    follower.tree().expect("synced")
}

fn siblings(follower: &TreeFollower, leaf: u64) -> Vec<U256> {
    let tree = tree(follower);
    let index = tree.index_of(Fr::from(leaf)).expect("in the tree");
    tree.prove(index).expect("a path").siblings.iter().map(fr_to_u256).collect()
}

#[tokio::test]
async fn trees_follow_the_chain_through_changes_and_reorganisations() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    accept_enrolments(&provider, &deployment).await;
    let registry = deployment.addresses.operator_registry;
    let contract = OperatorRegistry::new(registry, &provider);
    let deposit = contract.deposit().call().await.expect("deposit");
    let now = latest_checkpoint(&provider).await.expect("block").timestamp;
    let chain = Registry { contract, deposit, now };
    let id = TreeId::Operators { registry };
    let mut follower = TreeFollower::new(id, deployment.first_block);

    follower.sync(&provider).await.expect("an empty tree");
    for i in 1..=5u8 {
        chain.enrol(i, 100 + u64::from(i)).await;
    }
    follower.sync(&provider).await.expect("five leaves");
    let five = fr_to_u256(&tree(&follower).root());
    assert_eq!(tree(&follower).len(), 5);

    // Rotate and exit with paths from the rebuilt tree; a path of the old tree is refused in words.
    let stale = siblings(&follower, 101);
    let path = siblings(&follower, 103);
    let call = chain.contract.rotate(chain.enrolment(3, 203, 2), Bytes::new(), path);
    call.send().await.expect("rotated").get_receipt().await.expect("mined");
    let refused = chain.contract.exit(B256::repeat_byte(1), stale).call().await.err().expect("stale path");
    let text = ChainError::call("exit", refused).to_string();
    assert_eq!(
        text,
        "exit: the contract refused: WrongSiblingNodes(): the tree changed since the Merkle path was made; \
         rebuild the path from the latest events and retry"
    );
    follower.sync(&provider).await.expect("rotated");
    let call = chain.contract.exit(B256::repeat_byte(1), siblings(&follower, 101));
    call.send().await.expect("exited").get_receipt().await.expect("mined");
    follower.sync(&provider).await.expect("exited");
    assert_eq!(tree(&follower).leaf(0), Some(Fr::from(0)));
    assert!(
        root_status(&provider, &deployment, id, five).await.expect("status").is_valid(),
        "superseded, valid"
    );
    assert!(!root_status(&provider, &deployment, id, U256::ZERO).await.expect("status").is_valid());

    // Replace blocks that were read: same leaf count, other leaves.
    let snapshot: U256 = provider.raw_request("evm_snapshot".into(), ()).await.expect("snapshot");
    chain.enrol(6, 106).await;
    follower.sync(&provider).await.expect("before the reorganisation");
    let reverted: bool = provider.raw_request("evm_revert".into(), (snapshot,)).await.expect("revert");
    assert!(reverted);
    let fresh = self::provider(&anvil);
    let contract = OperatorRegistry::new(registry, &fresh);
    Registry { contract, deposit, now }.enrol(7, 107).await;
    follower.sync(&provider).await.expect("after the reorganisation");
    assert_eq!(tree(&follower).leaf(5), Some(Fr::from(107)));
}

#[tokio::test]
async fn capsule_leaves_and_policies_are_the_cores() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    accept_enrolments(&provider, &deployment).await;
    let registry = deployment.addresses.capsule_registry;
    let capsules = CapsuleRegistry::new(registry, &provider);
    let key = B256::repeat_byte(0xed);
    let publisher = capsules.registerPublisher(key, U256::ONE, Bytes::new()).call().await.expect("an id");
    let call = capsules.registerPublisher(key, U256::ONE, Bytes::new());
    call.send().await.expect("sent").get_receipt().await.expect("mined");

    let mut admitted = Vec::new();
    for i in 0..40u64 {
        let seed = |j: u64| keccak256([i.to_be_bytes(), j.to_be_bytes()].concat());
        let policy = Policy {
            required_cpu: u128::from(seed(0)[0] & 3),
            min_isolation: seed(1)[0] % 5,
            allowed_syscalls: [u64::from_be_bytes(seed(2)[..8].try_into().expect("eight")); 8],
            allowed_caps: i,
            max_memory_pages: u32::from(seed(3)[0]) << 8,
            max_network: seed(4)[0] % 5,
            measurements: (1..=i % 5).map(Fr::from).collect(),
        };
        let entry = CapsuleRegistry::CapsuleEntry {
            commitment: seed(5),
            manifestDigest: seed(6),
            policy: policy.words().map(|word| fr_to_u256(&word)),
        };
        let leaf = capsule_leaf(&DigestCommitment(seed(5).0), policy.hash(), ManifestDigest(seed(6)));
        assert_eq!(capsules.leafOf(entry.clone()).call().await.expect("a leaf"), leaf.to_u256(), "leaf {i}");
        let accepted = capsules.requirePolicy(entry.policy).call().await.is_ok();
        assert_eq!(accepted, policy.is_at_least_as_strict_as(&floor()), "floor {i}: {policy:?}");
        if accepted {
            admitted.push(entry);
        }
    }
    assert!(admitted.len() > 5 && admitted.len() < 35, "{} of 40 admitted", admitted.len());
    admitted.truncate(6);
    let count = admitted.len();
    capsules.publish(publisher, admitted).send().await.expect("sent").get_receipt().await.expect("mined");
    let id = TreeId::Catalog { registry, publisher };
    let mut follower = TreeFollower::new(id, deployment.first_block);
    follower.sync(&provider).await.expect("the catalog");
    assert_eq!(tree(&follower).leaf(0), Some(publisher_leaf(publisher)), "the catalog names its publisher");
    assert_eq!(tree(&follower).len(), 1 + count);
    assert!(
        root_status(&provider, &deployment, id, fr_to_u256(&tree(&follower).root()))
            .await
            .expect("status")
            .is_valid()
    );
}

fn header(seed: u64, checkpoint: &nonos_contracts::anchor::Checkpoint, key: B256) -> ReceiptHeader {
    let word = |j: u64| keccak256([seed.to_be_bytes(), j.to_be_bytes()].concat());
    let field = |j: u64| U256::from_be_bytes(word(j).0) >> 8;
    ReceiptHeader {
        schema: 1,
        verifierKey: key,
        flags: (seed % 4) as u8,
        capsuleTag: field(1),
        catalogRoot: field(2),
        operatorTag: field(3),
        operatorRoot: field(4),
        installRoot: field(5),
        stateTag: field(6),
        nullifier: field(7),
        executionKey: word(8),
        onionNetwork: 1,
        onionKey: word(9),
        launchedAt: checkpoint.timestamp,
        notBeforeBlock: checkpoint.number,
        notBeforeHash: checkpoint.hash,
        requestId: word(10),
        payee: Address::from_word(word(11)),
        inputHash: word(12),
        outputHash: word(13),
        disclosures: word(14),
    }
}

#[tokio::test]
async fn digests_and_instances_are_the_cores_and_refusals_are_readable() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    let address = deployment.addresses.receipt_anchor;
    let anchor = ReceiptAnchor::new(address, &provider);
    let checkpoint = latest_checkpoint(&provider).await.expect("a block");
    for seed in 0..16 {
        let header = header(seed, &checkpoint, deployment.verifier_key);
        let digest = anchor.digestOf((&header).into()).call().await.expect("a digest");
        assert_eq!(digest, header.digest(31337, address).0, "digest {seed}");
        let instances = anchor.instancesOf((&header).into()).call().await.expect("instances");
        let expected = header.instance(31337, address).expect("canonical").map(|x| fr_to_u256(&x));
        assert_eq!(instances, expected, "instances {seed}");
        assert!(
            !anchor.isProofValid((&header).into(), vec![0; 1248].into()).call().await.expect("a verdict")
        );
    }
    let header = header(1, &checkpoint, deployment.verifier_key);
    let error = verify_now(&provider, &deployment, &header, Bytes::new(), B256::ZERO)
        .await
        .expect_err("no such root");
    let expected = format!("RootUnknown(tree: \"operators\", root: {:#066x})", header.operatorRoot);
    assert!(error.to_string().contains(&expected), "{error}");
    // The header of a given block is the one that the chain hashed.
    assert_eq!(checkpoint_at(&provider, checkpoint.number).await.expect("a block"), checkpoint);
}

#[tokio::test]
async fn a_deployment_file_is_checked_against_the_chain() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    let text = serde_json::to_string(&deployment).expect("JSON");
    let read: Deployment = serde_json::from_str(&text).expect("the same file");
    assert_eq!(read, deployment);
    read.check(&provider).await.expect("in order");

    let mut elsewhere = deployment.clone();
    elsewhere.chain_id = 1;
    assert!(matches!(elsewhere.check(&provider).await, Err(ChainError::WrongChain { file: 1, node: 31337 })));
    let mut missing = deployment.clone();
    missing.addresses.capsule_registry = Address::repeat_byte(9);
    assert!(matches!(
        missing.check(&provider).await,
        Err(ChainError::NoCode { contract: "CapsuleRegistry", .. })
    ));
    let mut swapped = deployment.clone();
    swapped.addresses.operator_registry = deployment.addresses.verifier_router;
    assert!(matches!(
        swapped.check(&provider).await,
        Err(ChainError::OtherCode { contract: "OperatorRegistry", .. })
    ));
    let second = deploy(&provider, &config()).await.expect("deployed");
    let mut mixed = deployment.clone();
    mixed.addresses.capsule_registry = second.addresses.capsule_registry;
    // Another copy of the libraries is linked into it.
    assert!(matches!(
        mixed.check(&provider).await,
        Err(ChainError::OtherCode { contract: "CapsuleRegistry", .. })
    ));
    let mut mixed = deployment.clone();
    mixed.addresses.verifier_router = second.addresses.verifier_router;
    assert!(matches!(mixed.check(&provider).await, Err(ChainError::Miswired { .. })));
    let mut other_key = deployment.clone();
    other_key.verifier_key = B256::repeat_byte(7);
    assert!(matches!(other_key.check(&provider).await, Err(ChainError::OtherKey { circuit: "launch", .. })));
    let mut other_key = deployment.clone();
    other_key.enrolment_key = B256::repeat_byte(7);
    assert!(matches!(
        other_key.check(&provider).await,
        Err(ChainError::OtherKey { circuit: "enrolment", .. })
    ));
    let mut other_key = deployment.clone();
    other_key.install_key = B256::repeat_byte(7);
    assert!(matches!(other_key.check(&provider).await, Err(ChainError::OtherKey { circuit: "install", .. })));
    // Another deployment's enrolment verifier has the same code and key, but the registries do not ask it.
    let mut mixed = deployment.clone();
    mixed.addresses.enrolment_verifier = second.addresses.enrolment_verifier;
    mixed.addresses.enrolment_halo2_verifier = second.addresses.enrolment_halo2_verifier;
    assert!(matches!(
        mixed.check(&provider).await,
        Err(ChainError::Miswired { contract: "the operators' verifier", .. })
    ));
    let mut mixed = deployment.clone();
    mixed.addresses.install_verifier = second.addresses.install_verifier;
    mixed.addresses.install_halo2_verifier = second.addresses.install_halo2_verifier;
    assert!(matches!(
        mixed.check(&provider).await,
        Err(ChainError::Miswired { contract: "the capsules' install verifier", .. })
    ));
    for role in ["owner", "guardian"] {
        let mut other = deployment.clone();
        *(if role == "owner" { &mut other.owner } else { &mut other.guardian }) = Address::repeat_byte(9);
        let error = other.check(&provider).await.expect_err("another role");
        let expected = format!("{role} of the router");
        assert!(matches!(error, ChainError::OtherRole { role: named, .. } if named == expected), "{error}");
    }

    // What the chain holds is what is checked in; the generated verifier has no immutable.
    let code = provider.get_code_at(deployment.addresses.launch_halo2_verifier).await.expect("code");
    assert_eq!(code, Artifact::launch_halo2_verifier().expect("artifact").runtime_code);

    // A verifier that takes any install, or any enrolment, is not ours, wherever it came from.
    accept_installs(&provider, &deployment).await;
    assert!(matches!(
        deployment.check(&provider).await,
        Err(ChainError::OtherCode { contract: "InstallHalo2Verifier", .. })
    ));
    accept_enrolments(&provider, &deployment).await;
    assert!(matches!(
        deployment.check(&provider).await,
        Err(ChainError::OtherCode { contract: "EnrolmentHalo2Verifier", .. })
    ));
}

/// The deploying account gets no role: the owner named owns the router from the start, and no offer is open.
#[tokio::test]
async fn a_router_belongs_to_the_owner_named() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let owner = Address::repeat_byte(0x0a);
    let deployment = deploy(&provider, &DeployConfig::new(owner, floor())).await.expect("deployed");
    let router = VerifierRouter::new(deployment.addresses.verifier_router, &provider);
    assert_eq!(router.owner().call().await.expect("owner"), owner);
    assert_eq!(router.successor().call().await.expect("successor"), Address::ZERO);
    let nobody = deploy(&provider, &DeployConfig::new(Address::ZERO, floor())).await;
    assert!(matches!(nobody, Err(ChainError::ZeroOwner)));
}

/// Anybody may send a receipt: to find it recorded is success, and a refusal for another reason is none.
#[tokio::test]
async fn a_receipt_that_somebody_else_sent_is_recorded_all_the_same() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    accept_enrolments(&provider, &deployment).await;
    accept_installs(&provider, &deployment).await;
    let a = &deployment.addresses;
    // A generated verifier that accepts: this is about what comes after the proof.
    let accept = Bytes::from_static(&ACCEPT);
    let () = provider
        .raw_request("anvil_setCode".into(), (a.launch_halo2_verifier, accept))
        .await
        .expect("code replaced");
    let operators = OperatorRegistry::new(a.operator_registry, &provider);
    let capsules = CapsuleRegistry::new(a.capsule_registry, &provider);
    let now = latest_checkpoint(&provider).await.expect("block").timestamp;
    let deposit = operators.deposit().call().await.expect("deposit");
    Registry { contract: operators.clone(), deposit, now }.enrol(1, 101).await;
    let place = Place { position: 0, state: Fr::from(1) };
    let chunks = [ProvenChunk { state_out: Fr::from(2), proof: Bytes::new() }];
    let installs = entries(Fr::from(3).into(), place, &chunks);
    let call = capsules.admitInstalls(installs);
    call.send().await.expect("sent").get_receipt().await.expect("mined");
    let key = B256::repeat_byte(0xed);
    let publisher = capsules.registerPublisher(key, U256::ONE, Bytes::new()).call().await.expect("an id");
    let call = capsules.registerPublisher(key, U256::ONE, Bytes::new());
    call.send().await.expect("sent").get_receipt().await.expect("mined");

    let checkpoint = latest_checkpoint(&provider).await.expect("a block");
    let mut header = header(2, &checkpoint, deployment.verifier_key);
    header.operatorRoot = operators.root().call().await.expect("root");
    header.installRoot = capsules.installRoot().call().await.expect("root");
    header.catalogRoot = capsules.catalogRoot(publisher).call().await.expect("root");
    let proof = Bytes::from(vec![0; 1248]);
    let first = verify_now(&provider, &deployment, &header, proof.clone(), publisher).await;
    let first = first.expect("recorded");
    assert!(first.transaction().is_some(), "{first:?}");
    let second = verify_now(&provider, &deployment, &header, proof.clone(), publisher).await;
    assert!(
        matches!(second, Ok(Anchored::AlreadyRecorded { submitter, .. }) if submitter == wallet().1),
        "{second:?}"
    );
    // Another receipt with the nullifier of this one is a repetition, not a success.
    header.payee = Address::repeat_byte(0xbd);
    let error = verify_now(&provider, &deployment, &header, proof, publisher).await.expect_err("spent");
    assert!(error.to_string().contains("NullifierUsed("), "{error}");
}

/// Outside development chains a launch names a block that is not the newest: that one may still be replaced.
#[tokio::test]
async fn checkpoints_of_real_chains_lie_behind_the_head() {
    for (chain, depth) in [(1, 2), (31337, 0)] {
        let anvil = Anvil::start(chain);
        let provider = provider(&anvil);
        assert_eq!(latest_checkpoint(&provider).await.expect("a block").number, 0, "the chain is too short");
        let () = provider.raw_request("anvil_mine".into(), (U256::from(10),)).await.expect("mined");
        assert_eq!(latest_checkpoint(&provider).await.expect("a block").number, 10 - depth);
    }
}

/// An unreachable node changes nothing, and a tree whose events contradict the contract is not handed out.
#[tokio::test]
async fn a_tree_is_kept_through_outages_and_dropped_on_contradiction() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    accept_enrolments(&provider, &deployment).await;
    let registry = deployment.addresses.operator_registry;
    let contract = OperatorRegistry::new(registry, &provider);
    let deposit = contract.deposit().call().await.expect("deposit");
    let now = latest_checkpoint(&provider).await.expect("block").timestamp;
    let chain = Registry { contract, deposit, now };
    let mut follower = TreeFollower::new(TreeId::Operators { registry }, deployment.first_block);
    assert!(follower.tree().is_none(), "not synced yet");
    chain.enrol(1, 101).await;
    follower.sync(&provider).await.expect("one leaf");
    let (root, next) = (tree(&follower).root(), follower.next_block());

    let gone = Anvil::start(31337);
    let dead = self::provider(&gone);
    drop(gone);
    let error = follower.sync(&dead).await.expect_err("nobody answers");
    assert!(matches!(error, ChainError::Transport { .. }), "{error}");
    assert_eq!((tree(&follower).root(), follower.next_block()), (root, next), "untouched");

    // Events from after the deployment only: the first leaf is missing from them.
    chain.enrol(2, 102).await;
    let mut late = TreeFollower::new(TreeId::Operators { registry }, next);
    let error = late.sync(&provider).await.expect_err("a gap");
    assert!(matches!(error, ChainError::LogGap { .. }), "{error}");
    assert!(late.tree().is_none(), "not handed out");
    let mut later = TreeFollower::new(TreeId::Operators { registry }, follower.next_block() + 10);
    let error = later.sync(&provider).await.expect_err("no events at all");
    assert!(matches!(error, ChainError::RootMismatch { .. }), "{error}");
    assert!(later.tree().is_none(), "not handed out");
    follower.sync(&provider).await.expect("two leaves");
    assert_eq!(tree(&follower).len(), 2);
}

/// What the registry and the core say of the same enrolment; and that without a proof nobody enrols or publishes.
#[tokio::test]
async fn enrolments_are_the_cores_and_are_proven() {
    let anvil = Anvil::start(31337);
    let provider = provider(&anvil);
    let deployment = deploy(&provider, &config()).await.expect("deployed");
    let a = &deployment.addresses;
    let operators = OperatorRegistry::new(a.operator_registry, &provider);
    let capsules = CapsuleRegistry::new(a.capsule_registry, &provider);
    let until = latest_checkpoint(&provider).await.expect("block").timestamp + 1_000_000;
    let (key, account, k) = ([0xa1; 32], wallet().1, Fr::from(0x6b));
    let deposit = operators.deposit().call().await.expect("deposit");

    let terms = next_terms(&provider, &deployment, key, account, until).await.expect("terms");
    assert_eq!((terms.seq, terms.predecessor), (1, U256::ZERO), "its first");
    let first = terms.leaf(&k);
    let sent = entry(&terms, first);
    let digest = operators.digestOf(sent.clone()).call().await.expect("a digest");
    assert_eq!(digest, terms.digest());
    let meta = operators.metaOf(sent.clone()).call().await.expect("a meta");
    assert_eq!(meta, fr_to_u256(&terms.meta()));
    let publisher = publisher_terms(&deployment, key, account);
    let digest = capsules.publisherDigestOf(key.into(), account).call().await.expect("a digest");
    assert_eq!(digest, publisher.digest());

    let refused = operators.enrol(sent.clone(), Bytes::from(vec![0; 3_264])).value(deposit).call().await;
    let text = ChainError::call("enrolling", refused.expect_err("no proof")).to_string();
    assert!(text.contains("EnrolmentProofRejected(operator: 0xa1a1"), "{text}");
    let refused = capsules.registerPublisher(key.into(), U256::ONE, Bytes::new()).call().await;
    let text = ChainError::call("registering", refused.expect_err("no proof")).to_string();
    assert!(text.contains("PublisherProofRejected(key: 0xa1a1"), "{text}");

    accept_enrolments(&provider, &deployment).await;
    assert_eq!(origin(&provider, &deployment, first).await.expect("an answer"), None);
    let call = operators.enrol(sent, Bytes::new()).value(deposit);
    assert!(call.send().await.expect("sent").get_receipt().await.expect("mined").status());
    let next = next_terms(&provider, &deployment, key, account, until).await.expect("terms");
    assert_eq!((next.seq, next.predecessor), (2, first.to_u256()));
    let second = next.leaf(&Fr::from(0x6c));
    let call = operators.rotate(entry(&next, second), Bytes::new(), vec![]);
    assert!(call.send().await.expect("sent").get_receipt().await.expect("mined").status());
    let found = origin(&provider, &deployment, second).await.expect("an answer").expect("enrolled");
    assert_eq!(found, Origin { operator: key.into(), predecessor: first.to_u256(), seq: 2 });
}

#[tokio::test]
async fn a_developer_setup_cannot_be_deployed_on_a_real_chain() {
    let anvil = Anvil::start(1);
    let error = deploy(&provider(&anvil), &config()).await.expect_err("refused");
    let text = error.to_string();
    assert!(
        text.starts_with(
            "deploying LaunchVerifier: the contract refused: DeveloperSetup(chainId: 1, key: 0x"
        ),
        "{text}"
    );
}
