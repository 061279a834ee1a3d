//! The supervisor: builds the stages over one queue, runs them, and drains them in order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use alloy::providers::DynProvider;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::Address;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::batch::Batcher;
use crate::chain::{Account, Chain, RpcError};
use crate::collect::{Collector, LeafOf, ReceiptSource, leaf_of};
use crate::config::Config;
use crate::http::{self, HttpError};
use crate::publish::{BatchSink, Publisher};
use crate::queue::{Identity, Queue, QueueError};
use crate::stage::drive;
use crate::submit::Submitter;
use crate::telemetry::Telemetry;
use crate::track::Tracker;
use crate::verify::{Admission, ProofCheck, Verifier};

/// Why a relayer cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RelayerError {
    /// The queue file.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The chain is another one.
    #[error(transparent)]
    Chain(#[from] RpcError),
    /// The status server.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The status server ended.
    #[error("the status server ended: {0}")]
    Serve(std::io::Error),
    /// A stage panicked: a bug. The queue file is as consistent as after a crash.
    #[error("a stage ended abnormally: {0}")]
    Stage(#[from] tokio::task::JoinError),
}

/// What the relayer works with.
pub struct Parts {
    /// alloy's provider for the chain.
    pub provider: DynProvider,
    /// EIP-155 chain id that it has to be on.
    pub chain_id: u64,
    /// The ReceiptAnchor.
    pub anchor: Address,
    /// The key that anchors.
    pub signer: PrivateKeySigner,
    /// Where receipts come from.
    pub source: Arc<dyn ReceiptSource>,
    /// Who learns of batches.
    pub sink: Arc<dyn BatchSink>,
    /// Judge of proofs.
    pub proofs: Arc<dyn ProofCheck>,
    /// Judge of what the chain knows.
    pub admission: Arc<dyn Admission>,
    /// How a leaf is read from what the source delivers.
    pub leaf_of: LeafOf,
}

/// A relayer, ready to run.
pub struct Relayer {
    parts: Parts,
    config: Config,
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    listener: Option<tokio::net::TcpListener>,
}

impl Relayer {
    /// Opens the queue and binds the status server. The chain is not asked: a relayer starts while it is away.
    pub async fn new(parts: Parts, config: Config, queue: &Path) -> Result<Self, RelayerError> {
        let identity =
            Identity { chain_id: parts.chain_id, anchor: parts.anchor, relayer: parts.signer.address() };
        let queue = Arc::new(Queue::open(queue, identity)?);
        let listener = match config.http {
            Some(address) => Some(http::bind(address).await?),
            None => None,
        };
        Ok(Self { parts, config, queue, telemetry: Arc::default(), listener })
    }

    /// Where the status server listens.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// The queue.
    pub fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Runs until `cancel` fires: then nothing more is collected, judged or batched, the step of the submitter under way is
    /// finished, and what is queued waits in the file. Ends early only when the file is damaged or a stage panics.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), RelayerError> {
        let Self { parts, config, queue, telemetry, listener } = self;
        let chain = Chain::new(parts.provider, parts.anchor, config.patience);
        match chain.require_id(parts.chain_id).await {
            Err(wrong @ RpcError::WrongChain { .. }) => return Err(wrong.into()),
            // Away for now: every step asks again, and a transaction is signed for one chain only.
            Err(error) => tracing::warn!(%error, "the chain does not answer yet"),
            Ok(()) => {}
        }
        let (gas_price, price) = watch::channel(None);
        let (q, t) = (|| Arc::clone(&queue), || Arc::clone(&telemetry));
        let collector = Collector {
            source: parts.source,
            queue: q(),
            telemetry: t(),
            leaf_of: parts.leaf_of,
            page: config.page,
            backlog: config.backlog,
        };
        let verifier = Verifier::new(q(), t(), parts.proofs, parts.admission, config.admission_patience);
        let batcher = Batcher::new(q(), t(), config.batch, price);
        let account = Account::new(parts.signer, parts.chain_id, parts.anchor);
        let submitter = Submitter::new(q(), t(), chain.clone(), account, config.submit, gas_price);
        let tracker =
            Tracker { queue: q(), telemetry: t(), chain, confirmations: config.submit.confirmations };
        let publisher = Publisher { queue: q(), sink: parts.sink };

        // The first failure stops everything; each stage finishes its step.
        let stop = cancel.child_token();
        let mut stages: JoinSet<Result<(), RelayerError>> = JoinSet::new();
        macro_rules! stage {
            ($stage:expr, $pause:expr) => {{
                let running = drive($stage, $pause, t(), stop.clone());
                stages.spawn(async move { Ok(running.await?) });
            }};
        }
        stage!(collector, config.collect_poll);
        stage!(verifier, config.collect_poll);
        stage!(batcher, config.collect_poll);
        stage!(submitter, config.poll);
        stage!(tracker, config.poll);
        stage!(publisher, config.poll);
        let server_stop = CancellationToken::new();
        let server =
            listener.map(|listener| tokio::spawn(http::serve(listener, q(), t(), server_stop.clone())));

        let mut outcome = Ok(());
        while let Some(ended) = stages.join_next().await {
            let ended = match ended {
                Ok(ended) => ended,
                Err(panicked) => Err(panicked.into()),
            };
            stop.cancel();
            if outcome.is_ok() {
                outcome = ended;
            }
        }
        server_stop.cancel();
        if let Some(server) = server {
            server.await?.map_err(RelayerError::Serve)?;
        }
        outcome
    }
}

impl Parts {
    /// The way a leaf is read from a real receipt.
    pub const RECEIPTS: LeafOf = leaf_of;
}
