//! What arrives from mesh and chain, to disk; and what is wanted, fetched.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use nonos_api::types::Event;
use nonos_core::BatchId;
use nonos_core::batch::BatchRecord;
use nonos_core::receipt::Receipt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::chain::Notice;
use crate::mesh::MeshEvent;
use crate::store::{Put, PutBatch, StoreError};

/// Events taken at once: their receipts go to disk with one commit.
const AT_ONCE: usize = 64;
/// Batches whose records are looked for.
const MAX_WANTED: usize = 1024;
/// Records fetched at once.
const MAX_FETCHING: usize = 8;
/// How often what could not be fetched is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// How long to wait for a disk that refuses.
const DISK: Duration = Duration::from_secs(1);

pub struct Intake {
    app: Arc<App>,
    mesh: mpsc::Receiver<MeshEvent>,
    chain: mpsc::Receiver<Notice>,
    wanted: BTreeSet<BatchId>,
    fetching: JoinSet<(BatchId, Option<BatchRecord>)>,
}

impl Intake {
    pub fn new(app: Arc<App>, mesh: mpsc::Receiver<MeshEvent>, chain: mpsc::Receiver<Notice>) -> Self {
        Self { app, mesh, chain, wanted: BTreeSet::new(), fetching: JoinSet::new() }
    }

    /// Runs until the mesh has ended, so that every receipt it verified is on disk.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut again = tokio::time::interval(AGAIN);
        again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut events = Vec::with_capacity(AT_ONCE);
        loop {
            tokio::select! {
                taken = self.mesh.recv_many(&mut events, AT_ONCE) => {
                    if taken == 0 {
                        return;
                    }
                    self.mesh_events(&mut events, &cancel).await;
                }
                Some(notice) = self.chain.recv() => self.notice(notice).await,
                Some(fetched) = self.fetching.join_next() => {
                    if let Ok((id, record)) = fetched {
                        self.fetched(id, record).await;
                    }
                }
                _ = again.tick() => self.fetch_wanted(),
            }
        }
    }

    async fn mesh_events(&mut self, events: &mut Vec<MeshEvent>, cancel: &CancellationToken) {
        let mut receipts = Vec::new();
        for event in events.drain(..) {
            match event {
                MeshEvent::Receipt(verified) => receipts.push(verified.receipt),
                MeshEvent::Batch { batch, .. } => self.want(batch.id()).await,
                MeshEvent::Connected(peer) => self.peer(peer.to_string(), true),
                MeshEvent::Disconnected(peer) => self.peer(peer.to_string(), false),
                MeshEvent::Banned { peer, seconds } => {
                    tracing::warn!(%peer, seconds, "a peer was cut off for misbehaving");
                }
                MeshEvent::Beacon { operator, peer } => {
                    self.app.trust.stir();
                    let peer_id = peer.to_string();
                    self.app.events.tell(Event::Operator { operator_id: operator, peer_id });
                }
                MeshEvent::Listening(address) => tracing::info!(%address, "the mesh listens"),
            }
        }
        if !receipts.is_empty() {
            keep(&self.app, Arc::new(receipts), cancel).await;
        }
    }

    fn peer(&self, peer_id: String, connected: bool) {
        tracing::debug!(peer = peer_id, connected, "peer");
        self.app.events.tell(Event::Peer { peer_id, connected });
    }

    async fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Anchored { batch, block, final_at } => {
                let id = batch.id();
                self.app.events.tell(Event::Anchored { batch_id: id.into(), block, final_at });
                self.want(id).await;
                self.app.announce(id).await;
            }
            Notice::Leaves { batch, leaves } => self.leaves(batch, leaves).await,
            Notice::Settled(_) => self.app.trust.stir(),
            Notice::Head(head) => {
                self.app.events.tell(Event::Chain { head: head.number, reachable: true });
            }
            Notice::Lost(_) => {
                self.app.counters.chain_faults.up();
                let head = self.app.chain.head().map_or(0, |head| head.number);
                self.app.events.tell(Event::Chain { head, reachable: false });
            }
        }
    }

    /// Looks for the record of a batch, unless it is here.
    async fn want(&mut self, id: BatchId) {
        match self.app.store(move |store| store.batch(&id)).await {
            Ok(Some(_)) => return,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the store does not answer"),
        }
        if self.wanted.len() < MAX_WANTED {
            self.wanted.insert(id);
        }
        self.fetch_wanted();
    }

    fn fetch_wanted(&mut self) {
        let room = MAX_FETCHING.saturating_sub(self.fetching.len());
        for id in self.wanted.iter().copied().take(room).collect::<Vec<_>>() {
            self.wanted.remove(&id);
            let app = self.app.clone();
            self.fetching.spawn(async move { (id, app.mesh.fetch_batch(id).await.ok()) });
        }
    }

    async fn fetched(&mut self, id: BatchId, record: Option<BatchRecord>) {
        match record {
            Some(record) => self.store_batch(record).await,
            // Nobody has it yet: it waits for the next turn, behind the others.
            None if self.wanted.len() < MAX_WANTED => drop(self.wanted.insert(id)),
            None => {}
        }
    }

    /// The leaves of a batch that was anchored with them.
    async fn leaves(&mut self, id: BatchId, leaves: Vec<B256>) {
        let Some(anchored) = self.app.chain.batch(&id) else { return };
        let identity = &self.app.identity;
        let record = BatchRecord {
            chainId: identity.chain_id,
            anchor: identity.anchor,
            batch: anchored.batch,
            leaves,
        };
        self.wanted.remove(&id);
        self.store_batch(record).await;
    }

    async fn store_batch(&self, record: BatchRecord) {
        if let Err(error) = put_batch(&self.app, record).await {
            tracing::error!(%error, "a batch could not be stored");
        }
    }
}

/// Stores a batch, tells whoever listens, and the mesh if it is anchored.
pub async fn put_batch(app: &App, record: BatchRecord) -> Result<PutBatch, StoreError> {
    let put = app.store(move |store| store.put_batch(&record)).await?;
    if let PutBatch::Stored(id) = put {
        app.counters.batches_stored.up();
        app.events.tell(Event::Batch { batch_id: id.into() });
        app.announce(id).await;
    }
    Ok(put)
}

/// Stores receipts that were verified, however long the disk refuses. A node that stops meanwhile loses them here, and gets
/// them again from its peers: nobody was told that they are stored.
async fn keep(app: &App, receipts: Arc<Vec<Receipt>>, cancel: &CancellationToken) {
    loop {
        let batch = receipts.clone();
        let put = app.store(move |store| store.put_all(&batch.iter().collect::<Vec<_>>())).await;
        match put {
            Ok(puts) => {
                for (receipt, put) in receipts.iter().zip(puts) {
                    stored(app, receipt, put);
                }
                return;
            }
            Err(error) => tracing::error!(%error, "verified receipts wait for the store"),
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(DISK) => {}
        }
    }
}

/// Counts and tells what became of a receipt.
pub fn stored(app: &App, receipt: &Receipt, put: Put) {
    if let Put::Stored(id) = put {
        app.counters.receipts_stored.up();
        app.events.tell(Event::Receipt { message_id: id.into(), leaf: receipt.leaf().into() });
    }
}
