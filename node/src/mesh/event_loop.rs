//! The owner of the swarm: one task, never blocked, that everything goes through.

mod beacons;
mod commands;
mod exchange;
mod gossip;
mod heal;
mod links;
mod peer;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use futures::StreamExt;
use libp2p::request_response::{OutboundRequestId, ResponseChannel};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Swarm};
use nonos_core::MessageId;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::beacon::{BeaconScope, Directory, SignedBeacon};
use super::behaviour::{self, Behaviour, BehaviourEvent};
use super::client::MeshClient;
use super::command::{Command, Reply};
use super::config::MeshConfig;
use super::error::MeshError;
use super::event::MeshEvent;
use super::exchange::Response;
use super::gate::GateEvent;
use super::judge::{ChainView, Judge};
use super::library::Library;
use super::metrics::MeshMetrics;
use super::score::Ledger;
use super::verify::{Queue, Seen, Verdict, Worker, Workers};
use links::Links;
use peer::Peer;

/// Commands that may wait.
const COMMANDS: usize = 256;
/// Verdicts, and results of blocking tasks, that may wait.
const RESULTS: usize = 1_024;
/// Verdicts worked off before the swarm is polled again.
const VERDICTS_AT_ONCE: usize = 64;
const TICK: Duration = Duration::from_secs(1);
/// How long the connections are given to close at the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// Who waits for an answer.
enum Waiting {
    Client(Reply<Result<Response, MeshError>>),
    Recent,
    Gap(MessageId),
}

/// What a blocking task found.
enum Finished {
    Answer { peer: PeerId, channel: ResponseChannel<Response>, response: Response },
    Missing { peer: PeerId, ids: Vec<MessageId> },
    Signed(Result<Box<SignedBeacon>, String>),
}

/// The loop. Does nothing until it is run.
pub struct EventLoop {
    config: MeshConfig,
    swarm: Swarm<Behaviour>,
    peers: HashMap<PeerId, Peer>,
    bans: HashMap<PeerId, Instant>,
    links: Links,
    ledger: Ledger,
    accepted_at: Option<Instant>,
    trust: HashMap<B256, u16>,
    directory: Directory,
    queue: Arc<Queue>,
    worker: Worker,
    judge: Arc<dyn Judge>,
    library: Arc<dyn Library>,
    waiting: HashMap<OutboundRequestId, Waiting>,
    heal: heal::Heal,
    serving: Arc<Semaphore>,
    judging: Arc<Semaphore>,
    metrics: Arc<MeshMetrics>,
    events: mpsc::Sender<MeshEvent>,
    commands: mpsc::Receiver<Command>,
    verdicts: mpsc::Receiver<Verdict>,
    finished: mpsc::Receiver<Finished>,
    finish: mpsc::Sender<Finished>,
    beacon: beacons::OwnBeacon,
}

impl EventLoop {
    pub(super) fn new(
        config: MeshConfig,
        judge: Arc<dyn Judge>,
        chain: Arc<dyn ChainView>,
        library: Arc<dyn Library>,
    ) -> Result<(MeshClient, mpsc::Receiver<MeshEvent>, Self), MeshError> {
        let now = Instant::now();
        let limits = &config.limits;
        let swarm = behaviour::swarm(&config)?;
        let metrics = Arc::new(MeshMetrics::default());
        let (command_sender, commands) = mpsc::channel(COMMANDS);
        let (verdict_sender, verdicts) = mpsc::channel(RESULTS);
        let (events, event_receiver) = mpsc::channel(limits.events.max(1));
        let (finish, finished) = mpsc::channel(RESULTS);
        let queue = Arc::new(Queue::new(limits));
        let worker = Worker {
            queue: queue.clone(),
            judge: judge.clone(),
            chain,
            library: library.clone(),
            seen: Arc::new(Seen::new(limits.nullifiers)),
            scope: BeaconScope { chain_id: config.chain_id, registry: config.registry },
            verdicts: verdict_sender,
            events: events.clone(),
            metrics: metrics.clone(),
        };
        let client = MeshClient::new(
            command_sender,
            metrics.clone(),
            *swarm.local_peer_id(),
            (config.chain_id, config.anchor),
        );
        let this = Self {
            peers: HashMap::new(),
            bans: HashMap::new(),
            links: Links::new(&config.bootstrap),
            ledger: Ledger::new(config.score.clone()),
            accepted_at: None,
            trust: HashMap::new(),
            directory: Directory::new(now),
            queue,
            worker,
            judge,
            library,
            waiting: HashMap::new(),
            heal: heal::Heal::new(now),
            serving: Arc::new(Semaphore::new(limits.serving.max(1))),
            judging: Arc::new(Semaphore::new(1)),
            metrics,
            events,
            commands,
            verdicts,
            finished,
            finish,
            beacon: beacons::OwnBeacon::default(),
            swarm,
            config,
        };
        Ok((client, event_receiver, this))
    }

    /// Listens, dials, gossips and answers until `cancel`; then closes the connections and returns. Needs a tokio runtime.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), MeshError> {
        self.open()?;
        let limits = &self.config.limits;
        let workers = Workers::start(&self.worker, limits.verify_threads, limits.verify_batch)?;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut verdicts = Vec::with_capacity(VERDICTS_AT_ONCE);
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                event = self.swarm.select_next_some() => self.on_swarm(event),
                _ = self.verdicts.recv_many(&mut verdicts, VERDICTS_AT_ONCE) => {
                    verdicts.drain(..).for_each(|verdict| self.on_verdict(verdict));
                }
                Some(command) = self.commands.recv() => self.on_command(command),
                Some(finished) = self.finished.recv() => self.on_finished(finished),
                _ = tick.tick() => self.on_tick(),
            }
        }
        self.close(workers).await;
        Ok(())
    }

    fn open(&mut self) -> Result<(), MeshError> {
        for address in self.config.listen.clone() {
            let refused = |reason: String| MeshError::Listen { address: address.clone(), reason };
            self.swarm.listen_on(address.clone()).map_err(|error| refused(error.to_string()))?;
        }
        for address in self.config.external.clone() {
            self.swarm.add_external_address(address);
        }
        Ok(())
    }

    async fn close(mut self, workers: Workers) {
        // Threads that wait for room among the verdicts give up once nobody receives them.
        self.verdicts.close();
        let stopped = tokio::task::spawn_blocking(move || workers.stop());
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let goodbye = async {
            while self.swarm.connected_peers().next().is_some() {
                let _ = self.swarm.select_next_some().await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, goodbye).await;
        if stopped.await.is_err() {
            tracing::error!("a verification thread panicked while it stopped");
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gate(GateEvent::Gossip(event))) => self.on_gossip(event),
            SwarmEvent::Behaviour(BehaviourEvent::Gate(GateEvent::Throttled { peer, messages })) => {
                self.on_throttled(peer, messages);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Gate(GateEvent::Malformed { peer })) => {
                self.on_malformed(peer);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Exchange(event)) => self.on_exchange(event),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(event)) => self.on_identify(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.on_ping(event),
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } => {
                self.on_connected(peer_id, &endpoint)
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => self.on_disconnected(peer_id),
            SwarmEvent::NewListenAddr { address, .. } => self.on_listening(address),
            SwarmEvent::ListenerClosed { addresses, reason: Err(error), .. } => {
                tracing::error!(?addresses, %error, "a listener closed");
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed"),
            _ => {}
        }
    }

    fn on_listening(&mut self, address: Multiaddr) {
        tracing::info!(%address, "listening");
        self.notice(MeshEvent::Listening(address));
        self.beacon.addresses_changed();
    }

    fn on_finished(&mut self, finished: Finished) {
        match finished {
            Finished::Answer { peer, channel, response } => self.answer(peer, channel, response),
            Finished::Missing { peer, ids } => self.on_missing(peer, ids),
            Finished::Signed(signed) => self.on_signed(signed),
        }
    }

    fn on_tick(&mut self) {
        let now = Instant::now();
        self.lift_bans(now);
        self.tend_links(now);
        self.tend_peers(now);
        self.tend_heal(now);
        self.tend_beacon(now);
        self.ledger.sweep(now);
        self.queue.report(&self.metrics);
        self.metrics.mesh_peers.set(self.peers.len() as u64);
        self.metrics.mesh_banned_peers.set(self.bans.len() as u64);
    }

    /// Tells the service something it can do without.
    fn notice(&self, event: MeshEvent) {
        if self.events.try_send(event).is_err() {
            self.metrics.mesh_notices_dropped_total.up();
        }
    }

    fn trust_of(&self, peer: &PeerId) -> (Option<B256>, u16) {
        let operator = self.directory.operator(peer);
        (operator, operator.and_then(|operator| self.trust.get(&operator).copied()).unwrap_or(0))
    }
}
