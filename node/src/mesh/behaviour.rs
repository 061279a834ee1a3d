//! The network behaviour: what is combined, with which settings.

use std::time::Duration;

use libp2p::gossipsub::{
    self, IdentityTransform, MessageAuthenticity, ValidationMode, WhitelistSubscriptionFilter,
};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{
    PeerId, StreamProtocol, Swarm, SwarmBuilder, allow_block_list, connection_limits, identify, kad,
    memory_connection_limits, noise, ping, request_response, tcp, yamux,
};

use super::config::{GossipShape, MeshConfig};
use super::error::MeshError;
use super::exchange::{self, ExchangeCodec};
use super::gate::{Gate, Gossip};
use super::topic::{Topic, message_id};

const KAD: StreamProtocol = StreamProtocol::new("/nonos/kad/1");
const EXCHANGE: StreamProtocol = StreamProtocol::new(exchange::PROTOCOL);
/// A gossip frame holds one message of the largest size, and what the transport has read of the next one.
const FRAME_SLACK: usize = 32 * 1024;
/// Bytes that gossip adds to a message: topic, tags, lengths.
const ENVELOPE: usize = 64;
/// Heartbeats that a message is kept for those who ask; a verdict must come sooner.
const HISTORY: usize = 8;
/// Messages in one frame.
const MAX_PER_FRAME: usize = 512;
/// How long an id is remembered. Later repeats are recognised by their nullifier.
const DUPLICATES: Duration = Duration::from_secs(120);

/// Everything that speaks on a connection. Limits come first: they can refuse it.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub limits: connection_limits::Behaviour,
    pub memory: memory_connection_limits::Behaviour,
    pub blocked: allow_block_list::Behaviour<allow_block_list::BlockedPeers>,
    pub gate: Gate,
    pub identify: identify::Behaviour,
    pub kad: kad::Behaviour<kad::store::MemoryStore>,
    pub ping: ping::Behaviour,
    pub exchange: request_response::Behaviour<ExchangeCodec>,
}

fn gossip_config(shape: &GossipShape) -> Result<gossipsub::Config, MeshError> {
    let mut config = gossipsub::ConfigBuilder::default();
    config
        // No author, no sequence number: a message says nothing of where it began.
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message: &gossipsub::Message| {
            gossipsub::MessageId::from(message_id(message.topic.as_str(), &message.data).to_vec())
        })
        .max_transmit_size(Topic::Receipts.max_bytes() + FRAME_SLACK)
        .max_publish_messages(MAX_PER_FRAME)
        .heartbeat_interval(shape.heartbeat)
        .history_length(HISTORY)
        .duplicate_cache_time(DUPLICATES)
        .mesh_n(shape.degree)
        .mesh_n_low(shape.degree_low)
        .mesh_n_high(shape.degree_high)
        .mesh_outbound_min(shape.degree_low.saturating_sub(1).min(shape.degree / 2))
        .gossip_retransimission(2)
        .idontwant_message_size_threshold(1_000)
        .connection_handler_queue_len(shape.peer_queue);
    for topic in Topic::ALL {
        config.max_transmit_size_for_topic(topic.max_bytes() + ENVELOPE, topic.hash());
    }
    config.build().map_err(|error| MeshError::Config(error.to_string()))
}

fn gossip(config: &MeshConfig) -> Result<Gossip, MeshError> {
    config.score.check().map_err(MeshError::Config)?;
    let filter = WhitelistSubscriptionFilter(Topic::ALL.iter().map(|topic| topic.hash()).collect());
    let mut gossip = Gossip::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Anonymous,
        gossip_config(&config.gossip)?,
        filter,
        IdentityTransform,
    )
    .map_err(|error| MeshError::Config(error.to_owned()))?;
    gossip.with_peer_score(config.score.gossipsub(), config.score.thresholds()).map_err(MeshError::Config)?;
    for topic in Topic::ALL {
        gossip.subscribe(&topic.ident()).map_err(|error| MeshError::Config(error.to_string()))?;
    }
    Ok(gossip)
}

fn kademlia(own: PeerId, discovery: bool) -> kad::Behaviour<kad::store::MemoryStore> {
    let mut config = kad::Config::new(KAD);
    // Peers are found here, and nothing is stored for strangers.
    config.set_record_filtering(kad::StoreInserts::FilterBoth).set_query_timeout(Duration::from_secs(20));
    if !discovery {
        config.set_periodic_bootstrap_interval(None);
    }
    let mut kad = kad::Behaviour::with_config(own, kad::store::MemoryStore::new(own), config);
    kad.set_mode(Some(if discovery { kad::Mode::Server } else { kad::Mode::Client }));
    kad
}

impl Behaviour {
    fn new(config: &MeshConfig) -> Result<Self, MeshError> {
        let limits = &config.limits;
        let own = config.key.peer_id();
        let public = config.key.keypair().public();
        let connections = connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(32))
            .with_max_pending_outgoing(Some(32))
            .with_max_established_per_peer(Some(2))
            .with_max_established_incoming(Some(limits.connections_in))
            .with_max_established(Some(limits.connections));
        let identify = identify::Config::new(config.protocol_version(), public)
            .with_agent_version(concat!("nonos/", env!("CARGO_PKG_VERSION")).into())
            .with_cache_size(0);
        let ping = ping::Config::new().with_interval(limits.ping_interval).with_timeout(limits.ping_interval);
        let exchange = request_response::Config::default()
            .with_request_timeout(limits.request_timeout)
            .with_max_concurrent_streams(16);
        Ok(Self {
            limits: connection_limits::Behaviour::new(connections),
            memory: memory_connection_limits::Behaviour::with_max_bytes(limits.memory_bytes),
            blocked: Default::default(),
            gate: Gate::new(gossip(config)?, limits.clone()),
            identify: identify::Behaviour::new(identify),
            kad: kademlia(own, config.discovery),
            ping: ping::Behaviour::new(ping),
            exchange: request_response::Behaviour::new(
                [(EXCHANGE, request_response::ProtocolSupport::Full)],
                exchange,
            ),
        })
    }
}

/// The swarm on TCP (noise, yamux) and QUIC.
pub fn swarm(config: &MeshConfig) -> Result<Swarm<Behaviour>, MeshError> {
    let behaviour = Behaviour::new(config)?;
    let built = SwarmBuilder::with_existing_identity(config.key.keypair().clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|error| MeshError::Config(error.to_string()))?
        .with_quic()
        .with_behaviour(|_| behaviour);
    let built = match built {
        Ok(built) => built,
        Err(never) => match never {},
    };
    Ok(built.with_swarm_config(|swarm| swarm.with_idle_connection_timeout(Duration::from_secs(300))).build())
}
