//! Connections: kept, watched, cut, and opened again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, identify, ping};

use super::EventLoop;
use super::peer::Peer;
use crate::mesh::error::MeshError;
use crate::mesh::event::MeshEvent;
use crate::mesh::score::Offence;

/// Addresses dialled again and again.
const MAX_LINKS: usize = 64;
/// Bans kept; the one that ends first gives way.
const MAX_BANS: usize = 8_192;
/// Addresses of one peer that are remembered.
const MAX_ADDRESSES: usize = 8;
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);
/// A peer that has not said who it is by then is cut off.
const IDENTIFY_WITHIN: Duration = Duration::from_secs(15);
/// Probes in a row that may fail.
const MISSED_PINGS: u32 = 2;

struct Link {
    peer: Option<PeerId>,
    next: Instant,
    wait: Duration,
}

/// Whom this node means to stay connected to.
pub struct Links(HashMap<Multiaddr, Link>);

fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    address.iter().find_map(|part| match part {
        Protocol::P2p(peer) => Some(peer),
        _ => None,
    })
}

impl Links {
    /// Dials these at the next opportunity.
    pub fn new(addresses: &[Multiaddr]) -> Self {
        let mut links = Self(HashMap::new());
        addresses.iter().for_each(|address| {
            links.add(address.clone(), Instant::now());
        });
        links
    }

    /// False: there are too many.
    pub fn add(&mut self, address: Multiaddr, next: Instant) -> bool {
        if self.0.len() >= MAX_LINKS && !self.0.contains_key(&address) {
            return false;
        }
        let peer = peer_of(&address);
        self.0.insert(address, Link { peer, next, wait: FIRST_RETRY });
        true
    }

    fn connected(&mut self, peer: PeerId, address: &Multiaddr) {
        for (wanted, link) in &mut self.0 {
            if link.peer == Some(peer) || wanted == address {
                link.peer = Some(peer);
                link.wait = FIRST_RETRY;
            }
        }
    }

    fn disconnected(&mut self, peer: PeerId, now: Instant) {
        self.0
            .values_mut()
            .filter(|link| link.peer == Some(peer))
            .for_each(|link| link.next = now + FIRST_RETRY);
    }

    fn drop_peer(&mut self, peer: PeerId) {
        self.0.retain(|_, link| link.peer != Some(peer));
    }

    /// What is to be dialled now.
    fn due(&mut self, now: Instant, up: impl Fn(&PeerId) -> bool) -> Vec<Multiaddr> {
        let mut due = Vec::new();
        for (address, link) in &mut self.0 {
            if link.next <= now && !link.peer.as_ref().is_some_and(&up) {
                link.next = now + link.wait;
                link.wait = (link.wait * 2).min(LAST_RETRY);
                due.push(address.clone());
            }
        }
        due
    }
}

/// Whether an address makes sense outside of its own network.
fn is_public(address: &Multiaddr) -> bool {
    address.iter().all(|part| match part {
        Protocol::Ip4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let local = ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared;
            !(local || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast())
        }
        Protocol::Ip6(ip) => {
            let [first, ..] = ip.segments();
            let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || local
                || ip.to_ipv4_mapped().is_some())
        }
        // No resolver is built in.
        Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_) | Protocol::Dnsaddr(_) => false,
        _ => true,
    })
}

impl EventLoop {
    pub(super) fn on_connected(&mut self, peer: PeerId, endpoint: &ConnectedPoint) {
        let (address, outbound) = (endpoint.get_remote_address().clone(), endpoint.is_dialer());
        if outbound {
            self.links.connected(peer, &address);
        }
        let (limits, now) = (&self.config.limits, Instant::now());
        self.peers.entry(peer).or_insert_with(|| Peer::new(address, outbound, limits, now));
        self.metrics.mesh_peers.set(self.peers.len() as u64);
        self.apply_score(peer);
    }

    pub(super) fn on_disconnected(&mut self, peer: PeerId) {
        self.links.disconnected(peer, Instant::now());
        let Some(known) = self.peers.remove(&peer) else { return };
        self.metrics.mesh_peers.set(self.peers.len() as u64);
        // What it was to bring may come from another.
        self.release_gaps(known.gaps);
        if known.identified {
            self.notice(MeshEvent::Disconnected(peer));
        }
    }

    pub(super) fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { peer_id: peer, info, .. } = event else { return };
        if info.protocol_version != self.config.protocol_version() {
            tracing::info!(%peer, theirs = %info.protocol_version.escape_debug(), "a peer of another mesh");
            self.metrics.mesh_foreign_peers_total.up();
            self.links.drop_peer(peer);
            let _ = self.swarm.disconnect_peer_id(peer);
            return;
        }
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.agent = info.agent_version.chars().filter(|c| !c.is_control()).take(64).collect();
        // Once per connection: a peer that identifies itself anew all the time is not listened to.
        if !std::mem::replace(&mut known.identified, true) {
            self.notice(MeshEvent::Connected(peer));
            self.ask_recent(peer);
            self.beacon.peer_came();
            self.remember(peer, info.listen_addrs);
        }
    }

    /// Lets others find a peer where it says it listens; what it said before is forgotten.
    fn remember(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        if !self.config.discovery {
            return;
        }
        let private = self.config.private_addresses;
        let kad = &mut self.swarm.behaviour_mut().kad;
        kad.remove_peer(&peer);
        let usable = addresses.into_iter().filter(|address| private || is_public(address));
        for address in usable.take(MAX_ADDRESSES) {
            kad.add_address(&peer, address);
        }
        let _ = kad.bootstrap();
    }

    pub(super) fn on_ping(&mut self, event: ping::Event) {
        let Some(known) = self.peers.get_mut(&event.peer) else { return };
        match event.result {
            Ok(time) => {
                known.ping_ms = Some(time.as_secs_f64() * 1e3);
                known.missed_pings = 0;
            }
            Err(error) => {
                known.missed_pings += 1;
                if known.missed_pings >= MISSED_PINGS {
                    tracing::debug!(peer = %event.peer, %error, "a peer answers no probes");
                    let _ = self.swarm.disconnect_peer_id(event.peer);
                }
            }
        }
    }

    /// Enters an offence, with what follows from it.
    pub(super) fn blame(&mut self, peer: PeerId, offence: Offence) {
        let now = Instant::now();
        if peer == *self.swarm.local_peer_id() || self.bans.contains_key(&peer) {
            return;
        }
        tracing::debug!(%peer, ?offence, "offence");
        match self.ledger.enter(peer, offence, now) {
            None => self.apply_score(peer),
            Some(sentence) => {
                tracing::warn!(%peer, ?offence, seconds = sentence.length.as_secs(), nth = sentence.nth, "banned");
                if self.bans.len() >= MAX_BANS
                    && let Some(first) = self.bans.iter().min_by_key(|(_, until)| **until).map(|(p, _)| *p)
                {
                    self.unban(first);
                }
                self.bans.insert(peer, now + sentence.length);
                self.swarm.behaviour_mut().blocked.block_peer(peer);
                self.swarm.behaviour_mut().gate.set_gray(peer, true);
                self.metrics.mesh_bans_total.up();
                self.metrics.mesh_banned_peers.set(self.bans.len() as u64);
                self.notice(MeshEvent::Banned { peer, seconds: sentence.length.as_secs() });
            }
        }
    }

    fn unban(&mut self, peer: PeerId) {
        self.bans.remove(&peer);
        self.swarm.behaviour_mut().blocked.unblock_peer(peer);
    }

    pub(super) fn lift_bans(&mut self, now: Instant) {
        let over: Vec<PeerId> =
            self.bans.iter().filter(|(_, until)| **until <= now).map(|(peer, _)| *peer).collect();
        over.into_iter().for_each(|peer| self.unban(peer));
    }

    /// Tells gossipsub what trust and offences make of a peer, and shuts the gate for whom it no longer listens to.
    pub(super) fn apply_score(&mut self, peer: PeerId) {
        let (_, trust) = self.trust_of(&peer);
        let points = self.ledger.points(&peer, Instant::now());
        let score = self.config.score.application_score(trust, points);
        let gate = &mut self.swarm.behaviour_mut().gate;
        gate.gossip.set_application_score(&peer, score);
        let total = gate.gossip.peer_score(&peer).unwrap_or(0.0);
        let gray = total < self.config.score.graylist_threshold;
        gate.set_gray(peer, gray);
        if let Some(known) = self.peers.get_mut(&peer) {
            known.gray = gray;
        }
    }

    pub(super) fn tend_peers(&mut self, now: Instant) {
        let all: Vec<(PeerId, bool)> = self
            .peers
            .iter()
            .map(|(peer, known)| (*peer, !known.identified && now > known.since + IDENTIFY_WITHIN))
            .collect();
        for (peer, silent) in all {
            self.apply_score(peer);
            if silent {
                tracing::debug!(%peer, "a peer does not say who it is");
                let _ = self.swarm.disconnect_peer_id(peer);
            }
        }
    }

    pub(super) fn tend_links(&mut self, now: Instant) {
        let (peers, bans) = (&self.peers, &self.bans);
        let due = self.links.due(now, |peer| peers.contains_key(peer) || bans.contains_key(peer));
        for address in due {
            if let Err(error) = self.swarm.dial(address.clone()) {
                tracing::debug!(%address, %error, "cannot dial");
            }
        }
    }

    pub(super) fn dial(&mut self, address: Multiaddr) -> Result<(), MeshError> {
        let failed = |reason: String| MeshError::Dial { address: address.clone(), reason };
        if peer_of(&address) == Some(*self.swarm.local_peer_id()) {
            return Err(failed("it is this node's own".into()));
        }
        self.swarm.dial(address.clone()).map_err(|error| failed(error.to_string()))?;
        if self.links.add(address.clone(), Instant::now() + FIRST_RETRY) {
            Ok(())
        } else {
            Err(failed(format!("{MAX_LINKS} addresses are dialled again and again already")))
        }
    }

    pub(super) fn hangup(&mut self, peer: PeerId) {
        self.links.drop_peer(peer);
        let _ = self.swarm.disconnect_peer_id(peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_apart() {
        let public = |text: &str| is_public(&text.parse().unwrap());
        for address in
            ["/ip4/8.8.8.8/tcp/1", "/ip6/2001:4860:4860::8888/udp/1/quic-v1", "/ip4/100.63.0.1/tcp/1"]
        {
            assert!(public(address), "{address}");
        }
        for address in [
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.1.1.1/tcp/1",
            "/ip4/192.168.1.1/tcp/1",
            "/ip4/169.254.1.1/tcp/1",
            "/ip4/100.64.0.1/tcp/1",
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/255.255.255.255/tcp/1",
            "/ip6/::1/tcp/1",
            "/ip6/fd00::1/tcp/1",
            "/ip6/fe80::1/tcp/1",
            "/ip6/::ffff:10.0.0.1/tcp/1",
            "/dns4/example.net/tcp/1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn lost_links_are_dialled_with_growing_pauses() {
        let start = Instant::now();
        let peer = PeerId::random();
        let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/9/p2p/{peer}").parse().unwrap();
        let mut links = Links::new(std::slice::from_ref(&address));
        let mut pauses = Vec::new();
        let mut last = None;
        for second in 0..400 {
            let now = start + Duration::from_secs(second) + Duration::from_millis(500);
            if !links.due(now, |_| false).is_empty() {
                pauses.extend(last.map(|last| second - last));
                last = Some(second);
            }
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
        links.connected(peer, &Multiaddr::empty());
        let later = start + Duration::from_secs(1_000);
        assert!(links.due(later, |_| true).is_empty(), "connected");
        links.disconnected(peer, later);
        assert!(links.due(later, |_| false).is_empty());
        assert_eq!(links.due(later + FIRST_RETRY, |_| false), [address]);
        links.drop_peer(peer);
        assert!(links.due(later + Duration::from_secs(99), |_| false).is_empty());
    }
}
