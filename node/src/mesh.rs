//! The mesh: receipts, batch announcements and beacons by gossip, everything else by request and response.
//!
//! One [`EventLoop`] owns the libp2p swarm. Everybody else holds a [`MeshClient`] (commands in) or the receiver of
//! [`MeshEvent`]s (facts out); both are bounded channels. Nothing that costs more than a hash happens on the swarm task:
//! proofs are checked by threads of their own behind a bounded queue, and the store is asked by blocking tasks.
//!
//! ```text
//!   peers -> gate (token bucket per peer) -> gossipsub -> loop -> queue -> verification threads -> MeshEvent -> service
//!                                                          ^                      |
//!                                                          +---- verdict ---------+  (forward, ignore, or punish)
//! ```
//!
//! | module | noun |
//! |---|---|
//! | `config` | what a node is told: keys, addresses, limits |
//! | `topic` | the three topics and the message id |
//! | `gate` | messages counted per peer before gossipsub sees them |
//! | `verify` | bounded queue, batched verification |
//! | `score` | gossipsub score parameters, ledger of offences, bans |
//! | `beacon` | who operates which peer |
//! | `exchange` | the request-response protocol |
//! | `event_loop` | the swarm and its owner |
//! | `client` | what the rest of the node calls |
//! | `proofs` | files of the STARK, fetched piece by piece |
//!
//! An onion transport is no part of this module: a node listens on TCP and QUIC as it is told.

mod beacon;
mod behaviour;
mod client;
mod command;
mod config;
mod error;
mod event;
mod event_loop;
pub mod exchange;
mod gate;
mod judge;
mod library;
mod metrics;
mod node_key;
mod proofs;
mod score;
mod topic;
mod verify;

pub use beacon::{Beacon, BeaconError, BeaconSigner, MAX_BEACON_BYTES, OperatorInfo, SignedBeacon};
pub use client::MeshClient;
pub use config::{GossipShape, MeshConfig, MeshLimits};
pub use error::MeshError;
pub use event::{MeshEvent, PeerInfo, Published, Source, VerifiedReceipt};
pub use event_loop::EventLoop;
pub use judge::{ChainView, Judge, ReceiptJudge};
pub use library::{Library, LibraryError};
pub use metrics::{MeshMetrics, Metric};
pub use node_key::{NodeKey, NodeKeyError};
pub use proofs::{FetchProofError, WantedProof};
pub use score::{Offence, ScoreParams};
pub use topic::{MAX_GOSSIP_BYTES, Topic, message_id};

pub use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};

use std::sync::Arc;
use tokio::sync::mpsc;

/// Builds the three ends of a mesh: commands in, events out, and the loop between them, which does nothing until
/// [`EventLoop::run`] is awaited.
///
/// `judge` gives verdicts, `chain` says what is anchored, `library` answers the questions of others. Events must be
/// received: verification stops, and the queue fills, while the event channel is full.
pub fn new(
    config: MeshConfig,
    judge: Arc<dyn Judge>,
    chain: Arc<dyn ChainView>,
    library: Arc<dyn Library>,
) -> Result<(MeshClient, mpsc::Receiver<MeshEvent>, EventLoop), MeshError> {
    EventLoop::new(config, judge, chain, library)
}
