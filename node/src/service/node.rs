//! The supervisor: builds the parts, runs them, and ends them together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy_primitives::B256;
use nonos_contracts::Deployment;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::app::{App, Identity};
use super::chain::{ChainSource, ChainState, ChainWatcher, Notice, Pace};
use super::clock::{NodeClock, SystemTimes};
use super::events::Events;
use super::http::{self, Listening};
use super::intake::Intake;
use super::judge::NodeJudge;
use super::metrics::Counters;
use super::proofs::{MakeLinks, Proofs};
use super::shelf::Shelf;
use crate::install::ProofLibrary;
use crate::mesh::{self, EventLoop, MeshConfig, MeshError, MeshEvent, Multiaddr, PeerId};
use crate::store::Store;
use crate::trust::TrustBook;
use crate::verify::{ReceiptVerifier, Window};

/// Notices of the chain that may wait.
const NOTICES: usize = 1024;
/// Pairings of HTTP requests at once.
const VERIFYING: usize = 2;
/// Readers of the event stream at once.
const READERS: usize = 64;
/// How long the mesh may take to listen before the node says where it does so far.
const LISTEN: Duration = Duration::from_secs(10);

/// What a node is made of.
pub struct NodeConfig {
    /// Where receipts go.
    pub store: Arc<dyn Store>,
    /// The pinned key.
    pub verifier: ReceiptVerifier,
    /// The anchor's time bounds.
    pub window: Window,
    /// The contracts.
    pub deployment: Deployment,
    /// The chain.
    pub source: Arc<dyn ChainSource>,
    /// How often the chain is asked.
    pub pace: Pace,
    /// The mesh.
    pub mesh: MeshConfig,
    /// Where the API listens.
    pub http: SocketAddr,
    /// Whether other machines may use the API.
    pub allow_remote: bool,
    /// The time.
    pub clock: Arc<NodeClock>,
    /// STARK installs and digest proofs.
    pub proofs: ProofLibrary,
    /// Makes the keys that such files are verified with, when the first is fetched.
    pub links: MakeLinks,
}

/// Why a node could not start, or did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Everybody on the network could hand things in.
    #[error(
        "the API would listen on {0}, where other machines reach it; it has no access control: listen on 127.0.0.1, or \
         allow it (--allow-remote) behind something that has"
    )]
    Remote(SocketAddr),
    /// The API's address cannot be had.
    #[error("the API cannot listen on {address}: {source}")]
    Http {
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The mesh failed.
    #[error(transparent)]
    Mesh(#[from] MeshError),
    /// A part ended that must not.
    #[error("{0} ended, though nobody told it to")]
    Ended(&'static str),
    /// A part broke.
    #[error("{what} broke: {reason}")]
    Broke {
        /// Which part.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

/// Where a node can be reached.
#[derive(Debug, Clone)]
pub struct Started {
    /// The API.
    pub http: SocketAddr,
    /// Its name in the mesh.
    pub peer: PeerId,
    /// Where the mesh listens.
    pub listen: Vec<Multiaddr>,
}

/// A node that is built and bound, and does nothing until [`Node::run`].
pub struct Node {
    app: Arc<App>,
    http: Listening,
    event_loop: EventLoop,
    events: mpsc::Receiver<MeshEvent>,
    watcher: ChainWatcher,
    notices: mpsc::Receiver<Notice>,
    addresses: usize,
}

impl Node {
    /// Builds the parts and binds the API.
    pub async fn bind(config: NodeConfig, cancel: CancellationToken) -> Result<Self, NodeError> {
        let address = config.http;
        if !address.ip().is_loopback() && !config.allow_remote {
            return Err(NodeError::Remote(address));
        }
        let http = http::bind(address, config.allow_remote).await;
        let http = http.map_err(|source| NodeError::Http { address, source })?;

        let margin = Duration::from_secs(config.window.inclusion_margin);
        let steady = Box::<SystemTimes>::default();
        let chain = Arc::new(ChainState::new(config.clock.clone(), steady, config.pace.poll, margin));
        let (told, notices) = mpsc::channel(NOTICES);
        let wake = Arc::new(Notify::new());
        let watcher = ChainWatcher::new(
            config.source.clone(),
            chain.clone(),
            config.deployment.first_block,
            config.pace,
            told,
            wake.clone(),
        );
        let verifier_key = config.verifier.key();
        let judge =
            Arc::new(NodeJudge { verifier: config.verifier, chain: chain.clone(), clock: config.clock });
        let addresses = config.mesh.listen.len();
        let operator = config.mesh.beacon.as_ref().map(|beacon| B256::from(beacon.root_public()));
        let proofs = Proofs::new(Arc::new(config.proofs), config.links);
        let shelf = Arc::new(Shelf { store: config.store.clone(), proofs: proofs.library.clone() });
        let (mesh, events, event_loop) = mesh::new(config.mesh, judge.clone(), chain.clone(), shelf)?;
        let contracts = &config.deployment.addresses;
        let app = Arc::new(App {
            identity: Identity {
                chain_id: config.deployment.chain_id,
                anchor: contracts.receipt_anchor,
                operator_registry: contracts.operator_registry,
                capsule_registry: contracts.capsule_registry,
                verifier_key,
                operator,
            },
            store: config.store,
            proofs,
            judge,
            chain,
            source: config.source,
            mesh,
            trust: Arc::new(TrustBook::default()),
            events: Events::default(),
            counters: Counters::default(),
            wake,
            verifying: Semaphore::new(VERIFYING),
            reading: Arc::new(Semaphore::new(READERS)),
            listening: AtomicBool::new(false),
            cancel,
        });
        Ok(Self { app, http, event_loop, events, watcher, notices, addresses })
    }

    /// Where the API is bound.
    pub fn http(&self) -> SocketAddr {
        self.http.address
    }

    /// Runs until the token given to [`Node::bind`] is cancelled, then drains: requests in flight are answered, verified
    /// receipts reach the disk. `started` is called once everything listens.
    pub async fn run(self, started: impl FnOnce(Started)) -> Result<(), NodeError> {
        let Self { app, http, event_loop, events, watcher, notices, addresses } = self;
        let cancel = app.cancel.clone();
        let address = http.address;
        let mut parts: JoinSet<(&'static str, Result<(), NodeError>)> = JoinSet::new();
        let token = cancel.clone();
        parts.spawn(async move { ("the mesh", event_loop.run(token).await.map_err(NodeError::from)) });
        let (api, token) = (app.clone(), cancel.clone());
        parts.spawn(async move {
            let served = http.serve(api, token).await;
            ("the API", served.map_err(|source| NodeError::Http { address, source }))
        });
        let token = cancel.clone();
        parts.spawn(async move {
            watcher.run(token).await;
            ("the chain watcher", Ok(()))
        });
        let (intake, token) = (Intake::new(app.clone(), events, notices), cancel.clone());
        parts.spawn(async move {
            intake.run(token).await;
            ("the intake", Ok(()))
        });
        let (trust, source, token) = (app.trust.clone(), app.source.clone(), cancel.clone());
        let (chain, mesh) = (app.chain.clone(), app.mesh.clone());
        parts.spawn(async move {
            trust.run(source, chain, mesh, token).await;
            ("the trust book", Ok(()))
        });

        tokio::select! {
            biased;
            () = cancel.cancelled() => return drain(parts).await,
            listen = listening(&app, addresses) => {
                app.listening.store(listen.len() >= addresses, Ordering::Relaxed);
                started(Started { http: address, peer: app.mesh.peer_id(), listen });
            }
            Some(ended) = parts.join_next() => return Err(end(&cancel, parts, ended).await),
        }
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            Some(ended) = parts.join_next() => Some(ended),
        };
        match ended {
            None => drain(parts).await,
            Some(ended) => Err(end(&cancel, parts, ended).await),
        }
    }
}

type Ended = Result<(&'static str, Result<(), NodeError>), tokio::task::JoinError>;

/// A part ended too early: ends the others, and says which and why.
async fn end(
    cancel: &CancellationToken,
    parts: JoinSet<(&'static str, Result<(), NodeError>)>,
    ended: Ended,
) -> NodeError {
    cancel.cancel();
    // What the others say comes after what this one said.
    let _ = drain(parts).await;
    match ended {
        Ok((_, Err(error))) => error,
        Ok((what, Ok(()))) => NodeError::Ended(what),
        Err(error) => NodeError::Broke { what: "a part of the node", reason: error.to_string() },
    }
}

/// Waits for all parts; the first error counts.
async fn drain(mut parts: JoinSet<(&'static str, Result<(), NodeError>)>) -> Result<(), NodeError> {
    let mut outcome = Ok(());
    while let Some(ended) = parts.join_next().await {
        let ended = match ended {
            Ok((_, ended)) => ended,
            Err(error) => Err(NodeError::Broke { what: "a part of the node", reason: error.to_string() }),
        };
        outcome = outcome.and(ended);
    }
    outcome
}

/// Waits until the mesh listens on as many addresses as it was told.
async fn listening(app: &App, addresses: usize) -> Vec<Multiaddr> {
    let mut listen = Vec::new();
    let started = std::time::Instant::now();
    while started.elapsed() < LISTEN {
        listen = app.mesh.listeners().await.unwrap_or_default();
        if listen.len() >= addresses {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    listen
}
