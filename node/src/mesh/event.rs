//! What the mesh tells the node.

use alloy_primitives::B256;
use libp2p::{Multiaddr, PeerId};
use nonos_core::MessageId;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::Receipt;
use serde::Serialize;

/// Where a receipt came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Forwarded by this peer.
    Gossip(PeerId),
    /// Fetched from this peer to close a gap.
    Exchange(PeerId),
    /// Handed in at this node.
    Local,
}

impl Source {
    /// The peer, if it was not this node.
    pub fn peer(&self) -> Option<PeerId> {
        match self {
            Self::Gossip(peer) | Self::Exchange(peer) => Some(*peer),
            Self::Local => None,
        }
    }
}

/// A receipt with three positive verdicts, whose nullifier was not seen before.
#[derive(Debug, Clone)]
pub struct VerifiedReceipt {
    /// Names its bytes.
    pub id: MessageId,
    /// The receipt.
    pub receipt: Receipt,
    /// Where it came from.
    pub source: Source,
}

/// Facts for the node's service.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MeshEvent {
    /// A new receipt, verified. Never dropped: verification waits while the channel is full.
    Receipt(Box<VerifiedReceipt>),
    /// An anchored batch was announced whose record may be fetched.
    Batch {
        /// Which batch.
        batch: BatchRef,
        /// Who forwarded the announcement, and so is likely to have it.
        from: PeerId,
    },
    /// A peer is connected and speaks for the same deployment.
    Connected(PeerId),
    /// The last connection to a peer is gone.
    Disconnected(PeerId),
    /// A peer was cut off for a time.
    Banned {
        /// Who.
        peer: PeerId,
        /// Seconds.
        seconds: u64,
    },
    /// An operator's root key vouches for a peer.
    Beacon {
        /// The operator (its ed25519 root key).
        operator: B256,
        /// The peer.
        peer: PeerId,
    },
    /// The node can be reached here.
    Listening(Multiaddr),
}

/// What became of a message that was to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Published {
    /// It went to at least one peer.
    Sent,
    /// Nobody listens at the moment; whoever connects later asks for what is recent.
    Nobody,
    /// It went out before.
    Already,
}

/// A connected peer, as the node sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerInfo {
    /// Its name: the hash of its network key.
    pub peer: String,
    /// The address of the connection.
    pub address: String,
    /// Whether this node dialled.
    pub outbound: bool,
    /// Name and version, as the peer says.
    pub agent: String,
    /// Gossip score. Negative: it misbehaved.
    pub score: f64,
    /// Offence points; they halve every few minutes and end in a ban.
    pub points: f64,
    /// The operator that vouches for it by a beacon.
    pub operator: Option<B256>,
    /// Trust score of that operator, 0 to 1000.
    pub trust: u16,
    /// Receipts it was the first to bring.
    pub accepted: u64,
    /// Messages it sent that prove it misbehaves.
    pub rejected: u64,
    /// Last round trip, milliseconds.
    pub ping_ms: Option<f64>,
    /// Seconds since it connected.
    pub connected_s: u64,
}
