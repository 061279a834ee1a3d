//! What can go wrong between the node and its mesh.

use libp2p::PeerId;

use super::exchange::ResponseFault;
use super::library::LibraryError;

/// Failures of the mesh as its caller sees them.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// The configuration contradicts itself, or the system refuses it.
    #[error("mesh configuration: {0}")]
    Config(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: libp2p::Multiaddr,
        /// The system's answer.
        reason: String,
    },
    /// An address cannot be dialled.
    #[error("cannot dial {address}: {reason}")]
    Dial {
        /// The address.
        address: libp2p::Multiaddr,
        /// Why.
        reason: String,
    },
    /// The event loop has ended.
    #[error("the mesh has stopped")]
    Stopped,
    /// More work is waiting than may wait.
    #[error("the mesh is busy: {0}")]
    Busy(&'static str),
    /// The message is larger than the topic allows.
    #[error("{actual} bytes: a message on {topic} has at most {max}")]
    TooLarge {
        /// Topic name.
        topic: &'static str,
        /// Bytes given.
        actual: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Nobody is connected who could be asked.
    #[error("no peer is connected that could be asked")]
    NoPeers,
    /// Everybody asked said no.
    #[error("none of the {asked} peers asked has it")]
    NotFound {
        /// Number of peers that answered.
        asked: usize,
    },
    /// A peer did not answer.
    #[error("peer {peer} did not answer: {reason}")]
    NoAnswer {
        /// Who was asked.
        peer: PeerId,
        /// What happened.
        reason: String,
    },
    /// A peer answered with something else than was asked for.
    #[error("peer {peer} answered wrongly: {fault}")]
    WrongAnswer {
        /// Who was asked.
        peer: PeerId,
        /// What is wrong with it.
        fault: ResponseFault,
    },
    /// The node's own library failed.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The root key did not sign.
    #[error("the beacon was not signed: {0}")]
    Beacon(String),
    /// A thread could not be started.
    #[error("cannot start a verification thread: {0}")]
    Thread(std::io::Error),
}
