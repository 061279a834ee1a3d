//! What the loop knows of a connected peer.

use std::collections::VecDeque;
use std::time::Instant;

use libp2p::Multiaddr;
use nonos_core::MessageId;

use crate::mesh::config::MeshLimits;
use crate::mesh::score::TokenBucket;
use crate::mesh::verify::Level;

/// Trust score from which the peers of an operator go first.
const TRUSTED_FROM: u16 = 100;
/// Good messages after which a peer is no stranger.
const KNOWN_FROM: u64 = 8;

/// One peer, while it is connected.
pub struct Peer {
    pub since: Instant,
    pub address: Multiaddr,
    pub outbound: bool,
    pub agent: String,
    /// Has said that it speaks for the same deployment.
    pub identified: bool,
    pub accepted: u64,
    pub rejected: u64,
    pub ping_ms: Option<f64>,
    pub missed_pings: u32,
    pub gray: bool,
    pub useless: TokenBucket,
    pub requests: TokenBucket,
    pub verdicts: TokenBucket,
    pub answer_bytes: TokenBucket,
    /// Receipts it has and this node has not.
    pub gaps: VecDeque<MessageId>,
    /// Of those, asked for and not answered.
    pub asked: usize,
    pub healed_at: Option<Instant>,
}

impl Peer {
    pub fn new(address: Multiaddr, outbound: bool, limits: &MeshLimits, now: Instant) -> Self {
        Self {
            since: now,
            address,
            outbound,
            agent: String::new(),
            identified: false,
            accepted: 0,
            rejected: 0,
            ping_ms: None,
            missed_pings: 0,
            gray: false,
            useless: TokenBucket::new(limits.useless_per_s, limits.useless_burst, now),
            requests: TokenBucket::new(limits.requests_per_s, limits.request_burst, now),
            verdicts: TokenBucket::new(limits.verdicts_per_s, limits.verdict_burst, now),
            answer_bytes: TokenBucket::new(limits.answer_bytes_per_s, limits.answer_byte_burst, now),
            gaps: VecDeque::new(),
            asked: 0,
            healed_at: None,
        }
    }

    /// Where its messages wait, and how many may: a stranger cannot make this node check more proofs at a time than it has
    /// earned.
    pub fn standing(&self, trust: u16, limits: &MeshLimits) -> (Level, usize) {
        if trust >= TRUSTED_FROM {
            return (Level::Trusted, limits.queue_share);
        }
        let earned = usize::try_from(self.accepted).unwrap_or(usize::MAX);
        let share =
            limits.queue_share_new.saturating_add(earned).min(limits.queue_share.max(limits.queue_share_new));
        (if self.accepted >= KNOWN_FROM { Level::Known } else { Level::New }, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_earned() {
        let limits = MeshLimits { queue_share: 100, queue_share_new: 10, ..Default::default() };
        let mut peer = Peer::new(Multiaddr::empty(), false, &limits, Instant::now());
        assert_eq!(peer.standing(0, &limits), (Level::New, 10));
        peer.accepted = 8;
        assert_eq!(peer.standing(99, &limits), (Level::Known, 18));
        peer.accepted = u64::MAX;
        assert_eq!(peer.standing(0, &limits), (Level::Known, 100));
        peer.accepted = 0;
        assert_eq!(peer.standing(100, &limits), (Level::Trusted, 100));
    }
}
