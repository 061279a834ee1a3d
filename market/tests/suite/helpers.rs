//! A world: chain, contracts, an enrolled operator, a listed capsule; a node and a launcher in memory.

use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use async_trait::async_trait;
use nonos_contracts::abi::{CapsuleRegistry, OperatorRegistry, ProofMarket, ReceiptAnchor};
use nonos_contracts::anchor::{checkpoint_at, latest_checkpoint};
use nonos_contracts::batch::{BatchState, anchor_batch, batch_of, deposit_bond};
use nonos_contracts::install::{Place, ProvenChunk, entries};
use nonos_contracts::{DeployConfig, Deployment, deploy};
use nonos_core::batch::BatchRecord;
use nonos_core::policy::Policy;
use nonos_core::receipt::{FLAG_CAPSULE_DISCLOSED, FLAG_OPERATOR_DISCLOSED, Receipt, ReceiptHeader, SCHEMA};
use nonos_core::request::{Offer, ProofRequest};
use nonos_core::{CapsuleLeaf, Fr, MessageId, ReceiptLeaf, field::fr_to_u256};
use nonos_devnet::{Config, Devnet};
use nonos_market::NodeError;
use nonos_market::chain::{EvmChain, LeafState, Patience, Sender};
use nonos_market::challenger::{self, ChallengerAgent, ChallengerMetrics};
use nonos_market::clock::Clock;
use nonos_market::launch::{Launch, LaunchFailure, LaunchOrder};
use nonos_market::node::{Inclusion, Node, ProofVerdict};
use nonos_market::operator::{self, Job, OperatorAgent, OperatorMetrics, Stage, Terms};
use nonos_market::requester::Requester;
use nonos_market::table::{Site, Table};
use nonos_market::verifier::{self, VerifierAgent, VerifierMetrics};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const PUBLISHER: usize = 1;
pub const RELAYER: usize = 2;
pub const OPERATOR: usize = 3;
pub const REQUESTER: usize = 4;
pub const CHALLENGER: usize = 5;
/// The operator's id, its identity leaf, its install.
const OPERATOR_ID: B256 = B256::repeat_byte(0xed);
const IDENTITY: u64 = 101;
const INSTALL: u64 = 3;
/// Seconds of the challenge window and of the market's grace.
pub const WINDOW: u64 = 80;
pub const GRACE: u64 = 20;
pub const ETHER: u64 = 1_000_000_000_000_000_000;

/// Accepts proofs that begin with 1: `return byte(0, calldataload(320)) == 1`, the instances being ten words.
const VERIFIER: [u8; 15] =
    [0x61, 0x01, 0x40, 0x35, 0x5f, 0x1a, 0x60, 1, 0x14, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];

/// Accepts any proof of an enrolment or install, as these tests are about what comes after it: `return 1`.
const ANY_PROOF: [u8; 8] = [0x60, 1, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];

/// Everything that a test needs.
pub struct World {
    pub devnet: Devnet,
    pub deployment: Deployment,
    pub publisher: B256,
    pub capsule: U256,
    pub node: Arc<FakeNode>,
    dir: tempfile::TempDir,
}

/// The provider of an account.
pub fn provider(devnet: &Devnet, account: usize) -> DynProvider {
    let wallet = EthereumWallet::from(devnet.accounts()[account].clone());
    ProviderBuilder::new().wallet(wallet).connect_client(devnet.client()).erased()
}

impl World {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let devnet = Devnet::new(config);
        let deployer = provider(&devnet, 0);
        let floor = Policy {
            required_cpu: 0,
            min_isolation: 2,
            allowed_syscalls: [u64::MAX; 8],
            allowed_caps: u64::MAX,
            max_memory_pages: (1 << 24) - 1,
            max_network: 3,
            measurements: vec![],
        };
        let mut terms = DeployConfig::new(devnet.accounts()[0].address(), floor.clone());
        terms.times = terms.times.with_challenge_window(WINDOW);
        terms.market.grace = GRACE;
        let deployment = deploy(&deployer, &terms).await.unwrap();
        let a = &deployment.addresses;
        let code = Bytes::from_static(&VERIFIER);
        let () = deployer.raw_request("anvil_setCode".into(), (a.launch_halo2_verifier, code)).await.unwrap();
        for place in [a.enrolment_halo2_verifier, a.install_halo2_verifier] {
            let code = Bytes::from_static(&ANY_PROOF);
            let () = deployer.raw_request("anvil_setCode".into(), (place, code)).await.unwrap();
        }

        let now = latest_checkpoint(&deployer).await.unwrap().timestamp;
        let controller = provider(&devnet, OPERATOR);
        let registry = OperatorRegistry::new(a.operator_registry, &controller);
        let deposit = registry.deposit().call().await.unwrap();
        let enrolment = OperatorRegistry::Enrolment {
            chainId: U256::from(deployment.chain_id),
            operator: OPERATOR_ID,
            controller: devnet.accounts()[OPERATOR].address(),
            leaf: U256::from(IDENTITY),
            validUntil: now + 1_000_000,
            seq: 1,
        };
        mined(registry.enrol(enrolment, Bytes::new()).value(deposit).send().await.unwrap()).await;
        let owner = provider(&devnet, PUBLISHER);
        let capsules = CapsuleRegistry::new(a.capsule_registry, &owner);
        let place = Place { position: 0, state: Fr::from(1) };
        let chunks = [ProvenChunk { state_out: Fr::from(2), proof: Bytes::new() }];
        let install = entries(Fr::from(INSTALL).into(), place, &chunks);
        mined(capsules.admitInstalls(install).send().await.unwrap()).await;
        let key = B256::repeat_byte(0x0c);
        let publisher = capsules.registerPublisher(key, U256::ONE, Bytes::new()).call().await.unwrap();
        mined(capsules.registerPublisher(key, U256::ONE, Bytes::new()).send().await.unwrap()).await;
        let entry = CapsuleRegistry::CapsuleEntry {
            commitment: keccak256(b"commitment"),
            manifestDigest: keccak256(b"manifest"),
            policy: floor.words().map(|word| fr_to_u256(&word)),
        };
        let capsule = capsules.leafOf(entry.clone()).call().await.unwrap();
        mined(capsules.publish(publisher, vec![entry]).send().await.unwrap()).await;

        let relayer = provider(&devnet, RELAYER);
        deposit_bond(&relayer, &deployment, U256::from(ETHER)).await.unwrap();
        let node = Arc::new(FakeNode {
            relayer,
            deployment: deployment.clone(),
            account: devnet.accounts()[RELAYER].address(),
            shelf: Mutex::default(),
        });
        let world = Self { devnet, deployment, publisher, capsule, node, dir: tempfile::tempdir().unwrap() };
        for account in [OPERATOR, REQUESTER] {
            world.requester(account).deposit(U256::from(ETHER)).await.unwrap();
        }
        world
    }

    pub fn address(&self, account: usize) -> Address {
        self.devnet.accounts()[account].address()
    }

    pub fn chain(&self, account: usize) -> EvmChain {
        let plain = provider(&self.devnet, account);
        let signer = self.devnet.accounts()[account].clone();
        let patience = Patience { bump: Duration::from_secs(30), total: Duration::from_secs(60) };
        let sender = Sender::new(plain.clone(), signer, self.devnet.chain_id(), patience);
        EvmChain::new(plain, self.deployment.clone(), Arc::new(sender))
    }

    pub fn requester(&self, account: usize) -> Requester {
        Requester::new(self.chain(account), self.node.clone()).with_clock(Clock::chain())
    }

    fn table(&self, name: &str, agent: &'static str, contract: Address) -> Table {
        let path: PathBuf = self.dir.path().join(name);
        Table::open(&path, agent, Site { chain_id: self.devnet.chain_id(), contract }).unwrap()
    }

    pub fn terms(&self) -> Terms {
        Terms {
            operator: OPERATOR_ID,
            payee: self.address(OPERATOR),
            anchor: self.deployment.addresses.receipt_anchor,
            verifier_key: self.deployment.verifier_key,
            min_price: 1_000,
            fee_bps: 250,
            max_collateral: U256::from(ETHER),
            budget: U256::from(ETHER),
            max_owed: 2,
            max_watched: 16,
            launch_time: 10,
            margin: 60,
            max_attempts: 3,
            poll: Duration::from_millis(5),
        }
    }

    fn launcher(&self, account: usize) -> FakeLauncher {
        FakeLauncher {
            provider: provider(&self.devnet, account),
            deployment: self.deployment.clone(),
            publisher: self.publisher,
            node: self.node.clone(),
        }
    }

    /// A receipt that answers no request; 1 is a good proof.
    pub async fn launched(&self, proof: u8) -> Receipt {
        self.node.shelf(|shelf| shelf.proof = Some(proof));
        let order = LaunchOrder {
            request: B256::ZERO,
            verifier_key: self.deployment.verifier_key,
            capsule: CapsuleLeaf::try_from(self.capsule).unwrap(),
            publisher: self.publisher,
            package: Arc::from(&b"package"[..]),
            input: Arc::from(&b""[..]),
            payee: self.address(OPERATOR),
            earliest: 0,
            deadline: u64::MAX,
        };
        self.launcher(OPERATOR).launch(&order).await.unwrap()
    }

    /// The operator agent on its table: making another one is a restart.
    pub fn operator(&self) -> OperatorAgent {
        let table = self.table("operator", operator::AGENT, self.deployment.addresses.proof_market);
        let launcher = Arc::new(self.launcher(OPERATOR));
        let chain = Arc::new(self.chain(OPERATOR));
        let first = self.deployment.first_block;
        OperatorAgent::new(
            self.terms(),
            chain,
            self.node.clone(),
            launcher,
            table,
            first,
            OperatorMetrics::default(),
        )
        .unwrap()
        .with_clock(Clock::chain())
    }

    pub fn challenger(&self) -> ChallengerAgent {
        let table = self.table("challenger", challenger::AGENT, self.deployment.addresses.receipt_anchor);
        let terms = challenger::Terms {
            patience: 10,
            poll: Duration::from_millis(5),
            ..challenger::Terms::default()
        };
        let salts = || Ok(alloy::signers::local::PrivateKeySigner::random().to_bytes());
        let (chain, first) = (Arc::new(self.chain(CHALLENGER)), self.deployment.first_block);
        ChallengerAgent::new(
            terms,
            chain,
            self.node.clone(),
            table,
            first,
            ChallengerMetrics::default(),
            salts,
        )
        .unwrap()
        .with_clock(Clock::chain())
    }

    /// The verifier agent of an account, on its table.
    pub fn verifier(&self, account: usize) -> VerifierAgent {
        let contract = self.deployment.addresses.verification_market;
        let table = self.table(&format!("verifier {account}"), verifier::AGENT, contract);
        let terms = verifier::Terms { min_fee: 1_000, fee_per_leaf: 10, ..verifier::Terms::default() };
        let (chain, first) = (Arc::new(self.chain(account)), self.deployment.first_block);
        VerifierAgent::new(terms, chain, self.node.clone(), table, first, VerifierMetrics::default())
            .unwrap()
            .with_clock(Clock::chain())
    }

    pub fn pass(&self, seconds: u64) {
        self.devnet.increase_time(seconds);
        self.devnet.mine(1).unwrap();
    }

    /// A request that can be locked at once, for its lowest price of 0.001 ether.
    pub async fn request(&self, salt: u64) -> ProofRequest {
        let terms = self.requester(REQUESTER).terms().await.unwrap();
        let input = Bytes::from_static(b"one two three");
        ProofRequest {
            requester: self.address(REQUESTER),
            salt: U256::from(salt),
            anchor: self.deployment.addresses.receipt_anchor,
            verifierKey: self.deployment.verifier_key,
            publisherId: self.publisher,
            capsuleLeaf: self.capsule,
            inputHash: self.requester(REQUESTER).offer_input(input).await.unwrap(),
            inputLocatorHash: B256::ZERO,
            earliestLaunch: 0,
            assurance: 0,
            minTrust: 0,
            operatorId: B256::ZERO,
            paymentToken: Address::ZERO,
            offer: Offer {
                minPrice: u128::from(ETHER / 1_000),
                maxPrice: u128::from(ETHER / 500),
                rampStart: self.devnet.timestamp(),
                rampLength: 100,
                lockTimeout: 300,
                timeout: 600,
            },
            baseCollateral: u128::from(ETHER / 500),
            relayFee: 1_000,
            maxProtocolFeeBps: terms.protocol_fee_bps,
            feeSharesHash: B256::ZERO,
            callback: Address::ZERO,
            callbackGas: 0,
        }
    }

    pub async fn submitted(&self, salt: u64) -> (B256, ProofRequest) {
        let request = self.request(salt).await;
        (self.requester(REQUESTER).submit(&request).await.unwrap(), request)
    }

    pub async fn score(&self) -> u16 {
        nonos_contracts::trust::score_of(
            &provider(&self.devnet, 0),
            self.deployment.addresses.trust_scores,
            OPERATOR_ID,
        )
        .await
        .unwrap()
    }
}

async fn mined(pending: alloy::providers::PendingTransactionBuilder<alloy::network::Ethereum>) {
    assert!(pending.get_receipt().await.unwrap().status());
}

/// Looks until the job has this stage.
pub async fn until(agent: &mut OperatorAgent, id: B256, wanted: impl Fn(&Stage) -> bool) -> Job {
    for _ in 0..400 {
        agent.look(true).await.unwrap();
        if let Some(job) = agent.job(id).unwrap()
            && wanted(&job.stage)
        {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never: {:?}", agent.job(id).unwrap())
}

/// What a fake node has.
#[derive(Default)]
pub struct Shelf {
    pub receipts: Vec<Receipt>,
    pub batched: HashMap<B256, BatchRecord>,
    pub blobs: HashMap<B256, Bytes>,
    /// The node calls every proof bad.
    pub lies: bool,
    /// Leaf lists are kept back.
    pub withholds: bool,
    pub launches: u32,
    /// What the next launches prove: 1 is a good proof.
    pub proof: Option<u8>,
}

/// A node with a relayer behind it, which anchors when it is told to.
pub struct FakeNode {
    relayer: DynProvider,
    deployment: Deployment,
    account: Address,
    pub shelf: Mutex<Shelf>,
}

impl FakeNode {
    pub fn shelf<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        work(&mut self.shelf.lock().unwrap())
    }

    /// Anchors these leaves.
    pub async fn anchor_leaves(&self, leaves: Vec<ReceiptLeaf>) -> BatchRecord {
        let (chain, anchor) = (self.deployment.chain_id, self.deployment.addresses.receipt_anchor);
        let record = BatchRecord::new(chain, anchor, self.account, leaves).unwrap();
        anchor_batch(&self.relayer, &self.deployment, &record.batch).await.unwrap();
        self.shelf(|shelf| shelf.batched.insert(record.id().0, record.clone()));
        record
    }

    /// Anchors every receipt that is in no batch yet.
    pub async fn anchor(&self) -> BatchRecord {
        let leaves = self.shelf(|shelf| {
            let known: Vec<B256> = shelf.batched.values().flat_map(|record| record.leaves.clone()).collect();
            let leaves = shelf.receipts.iter().map(Receipt::leaf);
            leaves.filter(|leaf| !known.contains(&leaf.0)).collect::<Vec<_>>()
        });
        self.anchor_leaves(leaves).await
    }
}

#[async_trait]
impl Node for FakeNode {
    async fn post_receipt(&self, receipt: &Receipt) -> Result<MessageId, NodeError> {
        self.shelf(|shelf| {
            if !shelf.receipts.contains(receipt) {
                shelf.receipts.push(receipt.clone());
            }
        });
        Ok(receipt.message_id())
    }

    async fn receipts_of(&self, request: B256) -> Result<Vec<Receipt>, NodeError> {
        Ok(self.shelf(|shelf| {
            shelf.receipts.iter().filter(|receipt| receipt.header.requestId == request).cloned().collect()
        }))
    }

    async fn receipt_of_leaf(&self, leaf: ReceiptLeaf) -> Result<Option<Receipt>, NodeError> {
        Ok(self.shelf(|shelf| shelf.receipts.iter().find(|receipt| receipt.leaf() == leaf).cloned()))
    }

    async fn inclusion(&self, id: MessageId) -> Result<Option<Inclusion>, NodeError> {
        let found = self.shelf(|shelf| {
            let receipt = shelf.receipts.iter().find(|receipt| receipt.message_id() == id)?;
            let (leaf, mut records) = (receipt.leaf(), shelf.batched.values());
            records.find_map(|record| Some((record.clone(), record.index_of(&leaf)?)))
        });
        let Some((record, index)) = found else { return Ok(None) };
        let batch = batch_of(&self.relayer, &self.deployment, record.id()).await.unwrap();
        Ok(batch.map(|batch| Inclusion {
            batch: record.batch,
            index: index as u32,
            path: record.path(index).unwrap(),
            anchored_at: batch.anchored_at,
            final_at: batch.final_at,
            status: match batch.state {
                BatchState::Final => LeafState::Final,
                BatchState::Fallen => LeafState::Void,
                _ => LeafState::Pending,
            },
        }))
    }

    async fn leaves(&self, batch: B256) -> Result<Option<Vec<B256>>, NodeError> {
        Ok(self.shelf(|shelf| match shelf.withholds {
            true => None,
            false => shelf.batched.get(&batch).map(|record| record.leaves.clone()),
        }))
    }

    async fn proof_verdict(&self, receipt: &Receipt) -> Result<ProofVerdict, NodeError> {
        Ok(match self.shelf(|shelf| shelf.lies) || receipt.launchProof[0] != 1 {
            true => ProofVerdict::Invalid("the pairing does not hold".into()),
            false => ProofVerdict::Valid,
        })
    }

    async fn put_blob(&self, bytes: Bytes) -> Result<B256, NodeError> {
        let hash = keccak256(&bytes);
        self.shelf(|shelf| shelf.blobs.insert(hash, bytes));
        Ok(hash)
    }

    async fn blob(&self, hash: B256) -> Result<Option<Bytes>, NodeError> {
        Ok(self.shelf(|shelf| shelf.blobs.get(&hash).cloned()))
    }

    async fn package(&self, _: CapsuleLeaf) -> Result<Option<Bytes>, NodeError> {
        Ok(Some(Bytes::from_static(b"package")))
    }
}

/// Makes receipts under the present roots, without proving anything.
pub struct FakeLauncher {
    provider: DynProvider,
    deployment: Deployment,
    publisher: B256,
    node: Arc<FakeNode>,
}

#[async_trait]
impl Launch for FakeLauncher {
    async fn preflight(&self, _: &LaunchOrder) -> Result<(), LaunchFailure> {
        Ok(())
    }

    async fn launch(&self, order: &LaunchOrder) -> Result<Receipt, LaunchFailure> {
        let a = &self.deployment.addresses;
        let checkpoint = latest_checkpoint(&self.provider).await.unwrap();
        let (number, proof) = self.node.shelf(|shelf| {
            shelf.launches += 1;
            (shelf.launches, shelf.proof.unwrap_or(1))
        });
        let operators = OperatorRegistry::new(a.operator_registry, &self.provider);
        let capsules = CapsuleRegistry::new(a.capsule_registry, &self.provider);
        let header = ReceiptHeader {
            schema: SCHEMA,
            verifierKey: order.verifier_key,
            flags: FLAG_CAPSULE_DISCLOSED | FLAG_OPERATOR_DISCLOSED,
            capsuleTag: order.capsule.to_u256(),
            catalogRoot: capsules.catalogRoot(self.publisher).call().await.unwrap(),
            operatorTag: U256::from(IDENTITY),
            operatorRoot: operators.root().call().await.unwrap(),
            installRoot: capsules.installRoot().call().await.unwrap(),
            stateTag: fr_to_u256(&Fr::from(5)),
            nullifier: U256::from(number),
            executionKey: B256::repeat_byte(6),
            onionNetwork: 0,
            onionKey: B256::ZERO,
            launchedAt: checkpoint.timestamp,
            notBeforeBlock: checkpoint.number,
            notBeforeHash: checkpoint.hash,
            requestId: order.request,
            payee: order.payee,
            inputHash: keccak256(&order.input),
            outputHash: keccak256(b"output"),
            disclosures: B256::ZERO,
        };
        Ok(Receipt {
            chainId: self.deployment.chain_id,
            anchor: a.receipt_anchor,
            header,
            executionSignature: vec![1; 64].into(),
            onionSignature: Bytes::new(),
            launchProof: vec![proof; 1_248].into(),
            openings: vec![],
        })
    }

    async fn find(&self, _: B256) -> Result<Vec<Receipt>, LaunchFailure> {
        Ok(Vec::new())
    }
}

/// Slashed amounts and the like, straight from the anchor.
pub async fn bond_of(world: &World, account: usize) -> (U256, U256) {
    let provider = provider(&world.devnet, 0);
    let anchor = ReceiptAnchor::new(world.deployment.addresses.receipt_anchor, &provider);
    let bond = anchor.bondOf(world.address(account)).call().await.unwrap();
    (bond.free, bond.locked)
}

/// Another operator's identity leaf and root key, enrolled by the challenger's account.
const OTHER_IDENTITY: u64 = IDENTITY + 1;
pub const OTHER_ID: B256 = B256::repeat_byte(0x77);

impl World {
    /// A receipt of another operator for a request, with what the market takes beside it.
    pub async fn receipt_of_another(&self, id: B256, request: &ProofRequest) -> ProofMarket::Proven {
        let account = provider(&self.devnet, CHALLENGER);
        let registry = OperatorRegistry::new(self.deployment.addresses.operator_registry, &account);
        let deposit = registry.deposit().call().await.unwrap();
        let enrolment = OperatorRegistry::Enrolment {
            chainId: U256::from(self.deployment.chain_id),
            operator: OTHER_ID,
            controller: self.address(CHALLENGER),
            leaf: U256::from(OTHER_IDENTITY),
            validUntil: self.devnet.timestamp() + 1_000_000,
            seq: 1,
        };
        mined(registry.enrol(enrolment, Bytes::new()).value(deposit).send().await.unwrap()).await;
        let launcher = self.launcher(CHALLENGER);
        let order = LaunchOrder {
            request: id,
            verifier_key: request.verifierKey,
            capsule: CapsuleLeaf::try_from(request.capsuleLeaf).unwrap(),
            publisher: request.publisherId,
            package: Arc::from(&b"package"[..]),
            input: Arc::from(&b"one two three"[..]),
            payee: self.address(CHALLENGER),
            earliest: 0,
            deadline: request.deadline(),
        };
        let Receipt { mut header, launchProof, .. } = launcher.launch(&order).await.unwrap();
        header.operatorTag = U256::from(OTHER_IDENTITY);
        let checkpoint = checkpoint_at(&account, header.notBeforeBlock).await.unwrap();
        ProofMarket::Proven {
            header: (&header).into(),
            proof: launchProof,
            notBeforeHeader: checkpoint.header,
        }
    }
}
