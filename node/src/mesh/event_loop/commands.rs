//! What the client asks for.

use std::time::Instant;

use alloy_primitives::B256;
use libp2p::PeerId;

use super::{EventLoop, Waiting};
use crate::mesh::command::Command;
use crate::mesh::event::{PeerInfo, Source};
use crate::mesh::verify::{Job, Payload};

impl EventLoop {
    pub(super) fn on_command(&mut self, command: Command) {
        // Whoever asked may be gone; then nobody misses the answer.
        match command {
            Command::Publish { topic, data, reply } => {
                let _ = reply.send(self.publish(topic, data));
            }
            Command::Ask { peer, request, reply } => self.ask(peer, request, Waiting::Client(reply)),
            Command::Verify { bytes, reply } => {
                let (payload, source) = (Payload::Receipt(bytes), Source::Local);
                self.enqueue(Job { payload, source, ticket: None, reply: Some(reply) });
            }
            Command::Candidates { reply } => {
                let _ = reply.send(self.candidates());
            }
            Command::Blame { peer, offence } => self.blame(peer, offence),
            Command::Peers { reply } => {
                let _ = reply.send(self.peer_list());
            }
            Command::Operators { reply } => {
                let trust = |operator: &B256| self.trust.get(operator).copied().unwrap_or(0);
                let _ = reply.send(self.directory.list(&trust));
            }
            Command::Trust { scores } => self.on_trust(scores),
            Command::Dial { address, reply } => {
                let _ = reply.send(self.dial(address));
            }
            Command::Hangup { peer, reply } => {
                self.hangup(peer);
                let _ = reply.send(());
            }
            Command::Listeners { reply } => {
                let _ = reply.send(self.swarm.listeners().cloned().collect());
            }
        }
    }

    /// Whom to ask, those with the best score first.
    fn candidates(&self) -> Vec<PeerId> {
        let gossip = &self.swarm.behaviour().gate.gossip;
        let mut peers: Vec<(PeerId, f64)> = self
            .peers
            .iter()
            .filter(|(_, known)| known.identified && !known.gray)
            .map(|(peer, _)| (*peer, gossip.peer_score(peer).unwrap_or(0.0)))
            .collect();
        peers.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        peers.into_iter().map(|(peer, _)| peer).collect()
    }

    fn peer_list(&self) -> Vec<PeerInfo> {
        let now = Instant::now();
        let gossip = &self.swarm.behaviour().gate.gossip;
        self.peers
            .iter()
            .map(|(peer, known)| {
                let (operator, trust) = self.trust_of(peer);
                PeerInfo {
                    peer: peer.to_string(),
                    address: known.address.to_string(),
                    outbound: known.outbound,
                    agent: known.agent.clone(),
                    score: gossip.peer_score(peer).unwrap_or(0.0),
                    points: self.ledger.points(peer, now),
                    operator,
                    trust,
                    accepted: known.accepted,
                    rejected: known.rejected,
                    ping_ms: known.ping_ms,
                    connected_s: now.saturating_duration_since(known.since).as_secs(),
                }
            })
            .collect()
    }

    fn on_trust(&mut self, scores: Vec<(B256, u16)>) {
        for (operator, score) in scores {
            if score == 0 {
                self.trust.remove(&operator);
            } else {
                self.trust.insert(operator, score.min(1_000));
            }
            for peer in self.directory.peers_of(&operator) {
                self.apply_score(peer);
            }
        }
    }
}
