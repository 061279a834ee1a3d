//! Which operator vouches for which peer, as far as beacons say.

use std::collections::HashMap;
use std::time::Instant;

use alloy_primitives::B256;
use libp2p::PeerId;
use serde::Serialize;

use super::record::{LIFETIME, SignedBeacon};
use crate::mesh::score::TokenBucket;

/// Peers remembered.
const MAX_PEERS: usize = 4_096;
/// Peers of one operator.
const MAX_PER_OPERATOR: usize = 64;
/// A newer beacon of a peer counts only so many seconds after the last.
const MIN_INTERVAL: u64 = 30;
/// New beacons of operators without a score that are taken per second: keys cost nothing.
const STRANGERS_PER_S: f64 = 5.0;
const STRANGERS_BURST: f64 = 100.0;

/// What became of a beacon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Taken; forward it.
    New,
    /// Known, older than what is known, or too soon after it.
    Old,
    /// Too many of its kind.
    Full,
}

/// An operator and the peers it vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatorInfo {
    /// The operator: its ed25519 root key.
    pub operator: B256,
    /// The peer.
    pub peer: String,
    /// Where the operator says it can be reached.
    pub addresses: Vec<String>,
    /// When it said so, Unix seconds.
    pub issued_at: u64,
    /// Its trust score, 0 to 1000.
    pub trust: u16,
}

#[derive(Debug, Clone)]
struct Entry {
    operator: B256,
    issued_at: u64,
    addresses: Vec<String>,
}

/// Peers and operators. Bounded: operators with a score push out those without.
pub struct Directory {
    peers: HashMap<PeerId, Entry>,
    strangers: TokenBucket,
}

impl Directory {
    /// Nobody is known.
    pub fn new(now: Instant) -> Self {
        Self { peers: HashMap::new(), strangers: TokenBucket::new(STRANGERS_PER_S, STRANGERS_BURST, now) }
    }

    /// The operator of a peer.
    pub fn operator(&self, peer: &PeerId) -> Option<B256> {
        self.peers.get(peer).map(|entry| entry.operator)
    }

    /// The peers of an operator.
    pub fn peers_of(&self, operator: &B256) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, entry)| entry.operator == *operator).map(|(peer, _)| *peer).collect()
    }

    /// Enters a verified beacon. `trust` is the score of an operator, 0 for strangers.
    pub fn apply(
        &mut self,
        peer: PeerId,
        signed: &SignedBeacon,
        trust: &dyn Fn(&B256) -> u16,
        now: Instant,
    ) -> Applied {
        let beacon = &signed.beacon;
        let stranger = trust(&beacon.operatorId) == 0;
        match self.peers.get(&peer) {
            Some(known) if beacon.issuedAt < known.issued_at.saturating_add(MIN_INTERVAL) => {
                return Applied::Old;
            }
            Some(known) if known.operator == beacon.operatorId => {}
            _ => {
                if self.peers_of(&beacon.operatorId).len() >= MAX_PER_OPERATOR
                    || (stranger && !self.strangers.take(1.0, now))
                    || (self.peers.len() >= MAX_PEERS
                        && !self.peers.contains_key(&peer)
                        && !self.make_room(stranger, trust))
                {
                    return Applied::Full;
                }
            }
        }
        let entry = Entry {
            operator: beacon.operatorId,
            issued_at: beacon.issuedAt,
            addresses: beacon.addresses.clone(),
        };
        self.peers.insert(peer, entry);
        Applied::New
    }

    /// Forgets the oldest stranger; strangers do not push out strangers.
    fn make_room(&mut self, stranger: bool, trust: &dyn Fn(&B256) -> u16) -> bool {
        if stranger {
            return false;
        }
        let strangers = self.peers.iter().filter(|(_, entry)| trust(&entry.operator) == 0);
        let oldest = strangers.min_by_key(|(_, entry)| entry.issued_at).map(|(peer, _)| *peer);
        oldest.is_some_and(|peer| self.peers.remove(&peer).is_some())
    }

    /// Forgets what has expired; returns whose operator is no longer known.
    pub fn sweep(&mut self, unix_now: u64) -> Vec<PeerId> {
        let expired = |entry: &Entry| unix_now > entry.issued_at.saturating_add(LIFETIME);
        let gone: Vec<PeerId> =
            self.peers.iter().filter(|(_, entry)| expired(entry)).map(|(peer, _)| *peer).collect();
        for peer in &gone {
            self.peers.remove(peer);
        }
        gone
    }

    /// Everybody, with scores.
    pub fn list(&self, trust: &dyn Fn(&B256) -> u16) -> Vec<OperatorInfo> {
        self.peers
            .iter()
            .map(|(peer, entry)| OperatorInfo {
                operator: entry.operator,
                peer: peer.to_string(),
                addresses: entry.addresses.clone(),
                issued_at: entry.issued_at,
                trust: trust(&entry.operator),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Beacon;
    use super::*;
    use std::time::Duration;

    fn signed(operator: u8, issued_at: u64) -> SignedBeacon {
        let beacon = Beacon {
            chainId: 1,
            registry: Default::default(),
            operatorId: B256::repeat_byte(operator),
            peerId: Default::default(),
            issuedAt: issued_at,
            addresses: vec![],
        };
        SignedBeacon { beacon, rootSignature: Default::default(), peerSignature: Default::default() }
    }

    fn trust(operator: &B256) -> u16 {
        if operator[0] >= 0x80 { 500 } else { 0 }
    }

    #[test]
    fn only_the_newer_counts_and_not_too_often() {
        let now = Instant::now();
        let (mut directory, peer) = (Directory::new(now), PeerId::random());
        let mut apply = |operator, at| directory.apply(peer, &signed(operator, at), &trust, now);
        assert_eq!(apply(1, 1_000), Applied::New);
        assert_eq!(apply(1, 1_000), Applied::Old);
        assert_eq!(apply(2, 1_029), Applied::Old);
        assert_eq!(apply(2, 1_030), Applied::New);
        assert_eq!(directory.operator(&peer), Some(B256::repeat_byte(2)));
        assert_eq!(directory.sweep(1_030 + LIFETIME), vec![]);
        assert_eq!(directory.sweep(1_031 + LIFETIME), vec![peer]);
        assert_eq!(directory.operator(&peer), None);
    }

    #[test]
    fn strangers_are_rationed_and_operators_have_a_share() {
        let now = Instant::now();
        let mut directory = Directory::new(now);
        let taken = (0..200)
            .filter(|i| {
                directory.apply(PeerId::random(), &signed(*i as u8 % 100, 1_000), &trust, now) == Applied::New
            })
            .count();
        assert_eq!(taken, STRANGERS_BURST as usize);
        let later = now + Duration::from_secs(2);
        assert_eq!(directory.apply(PeerId::random(), &signed(1, 1_000), &trust, later), Applied::New);
        let taken = (0..100)
            .filter(|_| directory.apply(PeerId::random(), &signed(0x80, 1_000), &trust, now) == Applied::New)
            .count();
        assert_eq!(taken, MAX_PER_OPERATOR);
    }

    #[test]
    fn a_full_directory_gives_way_to_operators_with_a_score_alone() {
        let mut now = Instant::now();
        let mut directory = Directory::new(now);
        let oldest = PeerId::random();
        directory.apply(oldest, &signed(1, 1), &trust, now);
        while directory.peers.len() < MAX_PEERS {
            now += Duration::from_secs(1);
            let operator = (directory.peers.len() / 60) as u8;
            let mut one = signed(0, 1_000);
            one.beacon.operatorId = B256::with_last_byte(operator);
            directory.apply(PeerId::random(), &one, &trust, now);
        }
        let later = now + Duration::from_secs(60);
        assert_eq!(directory.apply(PeerId::random(), &signed(3, 1_000), &trust, later), Applied::Full);
        assert_eq!(directory.apply(PeerId::random(), &signed(0x90, 1_000), &trust, later), Applied::New);
        assert_eq!((directory.operator(&oldest), directory.peers.len()), (None, MAX_PEERS));
    }
}
