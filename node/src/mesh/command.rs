//! What the client asks of the loop.

use alloy_primitives::B256;
use libp2p::{Multiaddr, PeerId};
use nonos_core::receipt::Receipt;
use tokio::sync::oneshot;

use super::beacon::OperatorInfo;
use super::error::MeshError;
use super::event::{PeerInfo, Published};
use super::exchange::{Request, Response};
use super::score::Offence;
use super::topic::Topic;
use crate::verify::Refusal;

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<T>;

/// One request of the client.
pub enum Command {
    /// Gossip these bytes.
    Publish { topic: Topic, data: Vec<u8>, reply: Reply<Result<Published, MeshError>> },
    /// Ask this peer.
    Ask { peer: PeerId, request: Request, reply: Reply<Result<Response, MeshError>> },
    /// Have this receipt verified with the others.
    Verify { bytes: Vec<u8>, reply: Reply<Result<Receipt, Refusal>> },
    /// Who may be asked, best first.
    Candidates { reply: Reply<Vec<PeerId>> },
    /// A peer did this.
    Blame { peer: PeerId, offence: Offence },
    /// Everybody connected.
    Peers { reply: Reply<Vec<PeerInfo>> },
    /// Everybody vouched for.
    Operators { reply: Reply<Vec<OperatorInfo>> },
    /// Scores from the chain.
    Trust { scores: Vec<(B256, u16)> },
    /// Connect, and stay connected.
    Dial { address: Multiaddr, reply: Reply<Result<(), MeshError>> },
    /// Cut a connection, and do not dial again.
    Hangup { peer: PeerId, reply: Reply<()> },
    /// Where this node listens.
    Listeners { reply: Reply<Vec<Multiaddr>> },
}
