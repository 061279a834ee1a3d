//! The node's chain watcher on a real chain, behind an RPC server that limits ranges, dies and drops events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use alloy_primitives::{Address, B256, Bytes, U256};
use nonos_api::types::BatchStatus;
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::batch::{anchor_batch, anchor_batch_with_leaves, deposit_bond, slice};
use nonos_contracts::install::{Place, ProvenChunk, entries};
use nonos_contracts::{DeployConfig, Deployment, deploy};
use nonos_core::batch::BatchRecord;
use nonos_core::policy::Policy;
use nonos_core::{Fr, InstallRoot};
use nonos_devnet::{Config, Devnet, DevnetTransport, Orphans};
use nonos_node::mesh::ChainView;
use nonos_node::service::chain::{
    ChainFault, ChainSource, ChainState, ChainWatcher, Notice, Pace, RpcSource,
};
use nonos_node::service::clock::{NodeClock, SystemTimes};
use nonos_node::verify::{RootSource, RootStanding};
use tokio::sync::{Notify, mpsc};
use tower::Service;

/// How the server misbehaves.
#[derive(Debug, Default)]
struct Faults {
    /// Most blocks of one `eth_getLogs`; 0 for no limit.
    range: AtomicU64,
    refused: AtomicU64,
    dead: AtomicBool,
    silent: AtomicBool,
}

/// The devnet's transport with faults.
#[derive(Debug, Clone)]
struct Faulty {
    inner: DevnetTransport,
    faults: Arc<Faults>,
}

/// Number of blocks that a log request asks for.
fn range(params: &str) -> u64 {
    let params: serde_json::Value = serde_json::from_str(params).unwrap();
    let number = |name: &str| {
        let text = params[0][name].as_str().unwrap().trim_start_matches("0x").to_owned();
        u64::from_str_radix(&text, 16).unwrap()
    };
    number("toBlock") - number("fromBlock") + 1
}

impl Service<RequestPacket> for Faulty {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        if self.faults.dead.load(Ordering::Relaxed) {
            return Box::pin(async { Err(TransportErrorKind::custom_str("connection refused")) });
        }
        if let RequestPacket::Single(request) = &packet
            && request.method() == "eth_getLogs"
        {
            let id = request.id().clone();
            let most = self.faults.range.load(Ordering::Relaxed);
            if most > 0 && range(request.params().unwrap().get()) > most {
                self.faults.refused.fetch_add(1, Ordering::Relaxed);
                let error = ErrorPayload {
                    code: -32005,
                    message: format!("query exceeds max block range {most}").into(),
                    data: None,
                };
                let payload = ResponsePayload::Failure(error);
                return Box::pin(async { Ok(ResponsePacket::Single(Response { id, payload })) });
            }
            if self.faults.silent.load(Ordering::Relaxed) {
                let payload = ResponsePayload::Success(serde_json::value::to_raw_value(&[(); 0]).unwrap());
                return Box::pin(async { Ok(ResponsePacket::Single(Response { id, payload })) });
            }
        }
        self.inner.call(packet)
    }
}

struct World {
    devnet: Devnet,
    provider: DynProvider,
    deployment: Deployment,
    account: Address,
    faults: Arc<Faults>,
    source: Arc<RpcSource>,
    state: Arc<ChainState>,
    watcher: ChainWatcher,
    notices: mpsc::Receiver<Notice>,
}

impl World {
    async fn new() -> Self {
        let devnet = Devnet::new(Config::default());
        let signer = devnet.accounts()[0].clone();
        let account = signer.address();
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(signer))
            .connect_client(devnet.client())
            .erased();
        let floor = Policy {
            required_cpu: 0,
            min_isolation: 1,
            allowed_syscalls: [u64::MAX; 8],
            allowed_caps: u64::MAX,
            max_memory_pages: 1024,
            max_network: 3,
            measurements: vec![],
        };
        let deployment = deploy(&provider, &DeployConfig::new(account, floor)).await.unwrap();
        // `return 1`: the watcher reads what comes after the proof.
        let (place, code) =
            (deployment.addresses.install_halo2_verifier, [0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]);
        let code = Bytes::copy_from_slice(&code);
        let () = provider.raw_request("anvil_setCode".into(), (place, code)).await.unwrap();
        let faults = Arc::new(Faults::default());
        let transport = Faulty { inner: devnet.transport(), faults: faults.clone() };
        let reader = ProviderBuilder::new().connect_client(RpcClient::new(transport, true)).erased();
        let source = Arc::new(RpcSource::new(reader, deployment.clone()));
        let clock = Arc::new(NodeClock::system());
        let hour = Duration::from_secs(3_600);
        let state =
            Arc::new(ChainState::new(clock, Box::<SystemTimes>::default(), Duration::from_secs(2), hour));
        let (sender, notices) = mpsc::channel(10_000);
        let wake = Arc::new(Notify::new());
        let watcher = ChainWatcher::new(
            source.clone(),
            state.clone(),
            deployment.first_block,
            Pace::default(),
            sender,
            wake,
        );
        Self { devnet, provider, deployment, account, faults, source, state, watcher, notices }
    }

    /// Admits an install leaf, whatever its proof; gives the new root.
    async fn install(&self, leaf: u64) -> InstallRoot {
        let registry = CapsuleRegistry::new(self.deployment.addresses.capsule_registry, &self.provider);
        let place = Place { position: 0, state: Fr::from(1) };
        let chunks = [ProvenChunk { state_out: Fr::from(2), proof: Bytes::new() }];
        let install = entries(Fr::from(leaf).into(), place, &chunks);
        let sent = registry.admitInstalls(install).send().await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
        registry.installRoot().call().await.unwrap().try_into().unwrap()
    }

    async fn sync(&mut self) -> Result<(), ChainFault> {
        while self.watcher.poll().await? {}
        Ok(())
    }

    fn standing(&self, root: InstallRoot) -> RootStanding {
        self.state.install(root).unwrap()
    }

    fn batch(&self, n: u8) -> BatchRecord {
        let leaves = (0..3).map(|i| B256::repeat_byte(n + i).into());
        let anchor = self.deployment.addresses.receipt_anchor;
        BatchRecord::new(self.deployment.chain_id, anchor, self.account, leaves).unwrap()
    }

    fn notices(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.notices.try_recv().ok()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_and_batches_are_the_contracts_through_limits_outages_and_reorganisations() {
    let mut world = World::new().await;
    let mut roots = Vec::new();
    for leaf in 1..=12 {
        roots.push(world.install(leaf).await);
    }
    world.devnet.mine(300).unwrap();

    // The server takes seven blocks at a time.
    world.faults.range.store(7, Ordering::Relaxed);
    world.sync().await.unwrap();
    assert!(world.faults.refused.load(Ordering::Relaxed) > 3, "the limit was met");
    let (last, earlier) = roots.split_last().unwrap();
    assert!(matches!(world.standing(*last), RootStanding::Current { .. }));
    assert!(earlier.iter().all(|root| matches!(world.standing(*root), RootStanding::Superseded { .. })));
    assert_eq!(world.standing(InstallRoot::from(Fr::from(77))), RootStanding::Unknown);

    // It dies, and comes back.
    world.faults.dead.store(true, Ordering::Relaxed);
    let new = world.install(13).await;
    for _ in 0..5 {
        assert!(matches!(world.sync().await.unwrap_err(), ChainFault::Unreachable { .. }));
    }
    world.faults.dead.store(false, Ordering::Relaxed);

    // It drops events: nothing is taken, until it tells the truth.
    world.faults.silent.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let fault = world.sync().await.unwrap_err();
        assert!(matches!(fault, ChainFault::Contradiction { tree: "install", .. }), "{fault}");
    }
    assert!(matches!(world.standing(*last), RootStanding::Current { .. }), "the last state that was checked");
    world.faults.silent.store(false, Ordering::Relaxed);
    world.sync().await.unwrap();
    assert!(matches!(world.standing(new), RootStanding::Current { .. }));
    assert!(matches!(world.standing(*last), RootStanding::Superseded { .. }));
    world.notices();

    // Batches, with and without their leaves on chain.
    let slice = slice(&world.provider, &world.deployment).await.unwrap();
    deposit_bond(&world.provider, &world.deployment, slice * U256::from(4)).await.unwrap();
    let (first, second) = (world.batch(1), world.batch(50));
    anchor_batch(&world.provider, &world.deployment, &first.batch).await.unwrap();
    world.sync().await.unwrap();
    let block = world.devnet.height();
    anchor_batch_with_leaves(&world.provider, &world.deployment, &second.batch, &second.leaves)
        .await
        .unwrap();
    world.sync().await.unwrap();
    assert!(
        world.state.batch_anchored(&first.id()).unwrap() && world.state.batch_anchored(&second.id()).unwrap()
    );
    assert_eq!(world.source.batch(&first.id()).await.unwrap().unwrap().status, BatchStatus::Pending);
    assert_eq!(world.source.batch(&world.batch(99).id()).await.unwrap(), None);
    let notices = world.notices();
    let anchored = |record: &BatchRecord| {
        notices.iter().any(|n| matches!(n, Notice::Anchored { batch, .. } if *batch == record.batch))
    };
    assert!(anchored(&first) && anchored(&second));
    let leaves = Notice::Leaves { batch: second.id(), leaves: second.leaves.clone() };
    assert!(notices.contains(&leaves), "leaves that are on chain are read from there");

    // The second batch is reorganised away, and the first one stays.
    let depth = world.devnet.height() - block;
    world.devnet.reorg(depth, Orphans::Drop).unwrap();
    world.devnet.mine(2).unwrap();
    world.sync().await.unwrap();
    assert!(world.state.batch_anchored(&first.id()).unwrap());
    assert!(!world.state.batch_anchored(&second.id()).unwrap());

    // Nobody has a score, and that is what the chain says.
    assert_eq!(world.source.scores(&[B256::repeat_byte(1)]).await.unwrap(), [0]);
}
