//! Gossipsub behind a turnstile: messages are counted per peer before gossipsub hashes, remembers or reports them.
//!
//! Gossipsub drops exact repeats without telling anybody and keeps the id of every new message for minutes, so a flood
//! costs memory and time that no score ever sees. Here each peer has a token bucket for messages and one for bytes; what
//! exceeds them is dropped unread and reported, and so is everything from a peer that was put on the gray list.

use std::collections::{HashMap, HashSet, VecDeque};
use std::task::{Context, Poll};
use std::time::Instant;

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::gossipsub::{self, IdentityTransform, WhitelistSubscriptionFilter};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::config::MeshLimits;
use super::score::TokenBucket;

/// Gossipsub with the topics of this protocol and no others.
pub type Gossip = gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>;
type FromHandler = THandlerOutEvent<Gossip>;

/// What comes out of the gate.
#[derive(Debug)]
pub enum GateEvent {
    /// Gossipsub has something to say.
    Gossip(gossipsub::Event),
    /// Messages of a peer were dropped unread.
    Throttled {
        /// Whose.
        peer: PeerId,
        /// How many.
        messages: u32,
    },
    /// Messages of a peer were malformed as gossip: too large for their topic, or with an author where none may be.
    Malformed {
        /// Whose.
        peer: PeerId,
    },
}

struct Meter {
    messages: TokenBucket,
    bytes: TokenBucket,
    connections: usize,
}

/// Gossipsub and the turnstile before it.
pub struct Gate {
    /// The inner behaviour.
    pub gossip: Gossip,
    meters: HashMap<PeerId, Meter>,
    gray: HashSet<PeerId>,
    pending: VecDeque<GateEvent>,
    limits: MeshLimits,
}

impl Gate {
    /// Puts the gate before `gossip`.
    pub fn new(gossip: Gossip, limits: MeshLimits) -> Self {
        Self { gossip, meters: HashMap::new(), gray: HashSet::new(), pending: VecDeque::new(), limits }
    }

    /// Drops everything from this peer until it is taken off the list. Ends with the connection.
    pub fn set_gray(&mut self, peer: PeerId, gray: bool) {
        if gray && self.meters.contains_key(&peer) {
            self.gray.insert(peer);
        } else {
            self.gray.remove(&peer);
        }
    }

    fn meter(&mut self, peer: PeerId, event: FromHandler) -> FromHandler {
        let FromHandler::Message { mut rpc, mut invalid_messages } = event else { return event };
        let now = Instant::now();
        let gray = self.gray.contains(&peer);
        let mut dropped = 0u32;
        if let Some(meter) = self.meters.get_mut(&peer) {
            // Control messages cost as much as a message each: some make this node send a good deal in return.
            let control = rpc.control_msgs.len() + rpc.subscriptions.len();
            if gray || (control > 0 && !meter.messages.charge(control as f64, now)) {
                dropped = dropped.saturating_add(u32::try_from(control).unwrap_or(u32::MAX));
                rpc.control_msgs.clear();
                rpc.subscriptions.clear();
            }
            let mut passes = |bytes: usize| {
                let pass = !gray && meter.messages.take(1.0, now) && meter.bytes.charge(bytes as f64, now);
                if !pass {
                    dropped = dropped.saturating_add(1);
                }
                pass
            };
            rpc.messages.retain(|message| passes(message.data.len()));
            invalid_messages.retain(|(message, _)| passes(message.data.len()));
        }
        if dropped > 0 {
            // One notice per peer at a time: a flood must not grow this queue either.
            let waiting = self.pending.iter_mut().find_map(|event| match event {
                GateEvent::Throttled { peer: whose, messages } if *whose == peer => Some(messages),
                _ => None,
            });
            match waiting {
                Some(messages) => *messages = messages.saturating_add(dropped),
                None => self.pending.push_back(GateEvent::Throttled { peer, messages: dropped }),
            }
        }
        if !invalid_messages.is_empty() {
            self.pending.push_back(GateEvent::Malformed { peer });
        }
        FromHandler::Message { rpc, invalid_messages }
    }

    fn enter(&mut self, peer: PeerId) {
        let now = Instant::now();
        let limits = &self.limits;
        let meter = self.meters.entry(peer).or_insert_with(|| Meter {
            messages: TokenBucket::new(limits.messages_per_s, limits.message_burst, now),
            bytes: TokenBucket::new(limits.bytes_per_s, limits.byte_burst, now),
            connections: 0,
        });
        meter.connections += 1;
    }

    fn leave(&mut self, peer: PeerId, remaining: usize) {
        if remaining == 0 {
            self.meters.remove(&peer);
            self.gray.remove(&peer);
        } else if let Some(meter) = self.meters.get_mut(&peer) {
            meter.connections = remaining;
        }
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = THandler<Gossip>;
    type ToSwarm = GateEvent;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.gossip.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_inbound_connection(connection, peer, local, remote)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.gossip.handle_pending_outbound_connection(connection, peer, addresses, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_outbound_connection(connection, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            FromSwarm::ConnectionEstablished(established) => self.enter(established.peer_id),
            FromSwarm::ConnectionClosed(closed) => self.leave(closed.peer_id, closed.remaining_established),
            _ => {}
        }
        self.gossip.on_swarm_event(event);
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        let event = self.meter(peer, event);
        self.gossip.on_connection_handler_event(peer, connection, event);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some(event) = self.pending.pop_front() {
            return Poll::Ready(ToSwarm::GenerateEvent(event));
        }
        self.gossip.poll(context).map(|event| event.map_out(GateEvent::Gossip))
    }
}
