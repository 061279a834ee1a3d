//! What a node is told about its mesh.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use libp2p::Multiaddr;

use super::beacon::BeaconSigner;
use super::node_key::NodeKey;
use super::score::ScoreParams;

/// Everything the event loop needs to know. The numbers are in [`MeshLimits`]; their defaults suit a node with two cores
/// and a gigabyte to spare.
#[derive(Clone)]
pub struct MeshConfig {
    /// Names the peer.
    pub key: NodeKey,
    /// The chain that this mesh is for. Peers of another chain or anchor are disconnected.
    pub chain_id: u64,
    /// The anchor contract.
    pub anchor: Address,
    /// The operator registry that beacons name.
    pub registry: Address,
    /// Where to listen: `/ip4/0.0.0.0/tcp/4001`, `/ip4/0.0.0.0/udp/4001/quic-v1`.
    pub listen: Vec<Multiaddr>,
    /// Under which addresses others reach this node, where they differ from those it listens on.
    pub external: Vec<Multiaddr>,
    /// Whom to dial, and to dial again whenever the connection is lost: `/ip4/../tcp/../p2p/ID`.
    pub bootstrap: Vec<Multiaddr>,
    /// Whether to look for peers beyond those given, and to be found (Kademlia; nothing is stored for others).
    pub discovery: bool,
    /// Whether addresses on loopback and private networks are worth telling and dialling.
    pub private_addresses: bool,
    /// The root key of the operator, if this node tells whose it is.
    pub beacon: Option<Arc<dyn BeaconSigner>>,
    /// Sizes, rates and times.
    pub limits: MeshLimits,
    /// Degree and timing of gossip.
    pub gossip: GossipShape,
    /// What behaviour is worth.
    pub score: ScoreParams,
}

impl MeshConfig {
    /// A node that listens nowhere and knows nobody, with default numbers.
    pub fn new(key: NodeKey, chain_id: u64, anchor: Address, registry: Address) -> Self {
        Self {
            key,
            chain_id,
            anchor,
            registry,
            listen: vec![],
            external: vec![],
            bootstrap: vec![],
            discovery: true,
            private_addresses: false,
            beacon: None,
            limits: MeshLimits::default(),
            gossip: GossipShape::default(),
            score: ScoreParams::default(),
        }
    }

    /// What peers of the same mesh say in their identification.
    pub(super) fn protocol_version(&self) -> String {
        format!("/nonos/1/{}/{:#x}", self.chain_id, self.anchor)
    }
}

/// Degree and timing of gossip.
#[derive(Debug, Clone)]
pub struct GossipShape {
    /// Peers that get each message in full.
    pub degree: usize,
    /// Fewer than this: more are sought.
    pub degree_low: usize,
    /// More than this: some are pruned.
    pub degree_high: usize,
    /// How often the mesh is tended.
    pub heartbeat: Duration,
    /// Messages that may wait for one peer; more are dropped for it.
    pub peer_queue: usize,
}

impl Default for GossipShape {
    fn default() -> Self {
        Self {
            degree: 5,
            degree_low: 3,
            degree_high: 10,
            heartbeat: Duration::from_millis(700),
            peer_queue: 1024,
        }
    }
}

/// Sizes, rates and times.
#[derive(Debug, Clone)]
pub struct MeshLimits {
    /// Connections, both directions together.
    pub connections: u32,
    /// Connections that others opened; the rest is kept for those this node chooses, against eclipse.
    pub connections_in: u32,
    /// Resident memory of the process above which no connection is taken, bytes.
    pub memory_bytes: usize,
    /// Gossip messages a peer may send per second, in the long run.
    pub messages_per_s: f64,
    /// Gossip messages a peer may send at once.
    pub message_burst: f64,
    /// Gossip bytes a peer may send per second, in the long run.
    pub bytes_per_s: f64,
    /// Gossip bytes a peer may send at once.
    pub byte_burst: f64,
    /// Useless messages (stale, repeated, of unknown roots) a peer may send per second before they count against it.
    pub useless_per_s: f64,
    /// Useless messages a peer may send at once.
    pub useless_burst: f64,
    /// Receipts that may wait for verification.
    pub queue_length: usize,
    /// Bytes that may wait for verification.
    pub queue_bytes: usize,
    /// Receipts of one peer that may wait, once it has brought as many good ones.
    pub queue_share: usize,
    /// Receipts of a new peer that may wait; each good one it brings adds one, up to the full share.
    pub queue_share_new: usize,
    /// Verification threads. Pairings of a large batch use all cores besides.
    pub verify_threads: usize,
    /// Most receipts in one batch.
    pub verify_batch: usize,
    /// Verified nullifiers remembered in memory; older ones are asked of the library.
    pub nullifiers: usize,
    /// Exchange requests a peer may send per second, in the long run.
    pub requests_per_s: f64,
    /// Exchange requests a peer may send at once.
    pub request_burst: f64,
    /// Verdicts a peer may ask for per second, in the long run.
    pub verdicts_per_s: f64,
    /// Verdicts a peer may ask for at once.
    pub verdict_burst: f64,
    /// Bytes a peer may be sent in answers per second, in the long run.
    pub answer_bytes_per_s: f64,
    /// Bytes a peer may be sent in answers at once; at least the largest answer.
    pub answer_byte_burst: f64,
    /// Requests of others that are worked on at once.
    pub serving: usize,
    /// Requests to others that are open at once.
    pub asking: usize,
    /// An exchange that takes longer has failed.
    pub request_timeout: Duration,
    /// Receipts asked about when a peer connects and from time to time after.
    pub heal_depth: u16,
    /// How often one connected peer is asked for recent receipts.
    pub heal_interval: Duration,
    /// How often a connection is probed.
    pub ping_interval: Duration,
    /// How often the own beacon is published.
    pub beacon_interval: Duration,
    /// Events that may wait for the service.
    pub events: usize,
}

impl Default for MeshLimits {
    fn default() -> Self {
        Self {
            connections: 128,
            connections_in: 96,
            memory_bytes: 2 << 30,
            messages_per_s: 600.0,
            message_burst: 1_200.0,
            bytes_per_s: 4e6,
            byte_burst: 16e6,
            useless_per_s: 4.0,
            useless_burst: 400.0,
            queue_length: 1_024,
            queue_bytes: 16 << 20,
            queue_share: 256,
            queue_share_new: 32,
            verify_threads: 2,
            verify_batch: 64,
            nullifiers: 65_536,
            requests_per_s: 50.0,
            request_burst: 1_100.0,
            verdicts_per_s: 1.0,
            verdict_burst: 5.0,
            answer_bytes_per_s: 4e6,
            answer_byte_burst: 32e6,
            serving: 16,
            asking: 256,
            request_timeout: Duration::from_secs(20),
            heal_depth: 1_024,
            heal_interval: Duration::from_secs(30),
            ping_interval: Duration::from_secs(10),
            beacon_interval: Duration::from_secs(600),
            events: 1_024,
        }
    }
}
