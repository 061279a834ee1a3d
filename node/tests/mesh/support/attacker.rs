//! A peer that speaks the protocol and keeps none of its rules: gossipsub with everything switched off.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, Swarm, SwarmBuilder, identify, noise, tcp, yamux};
use nonos_node::mesh::{Multiaddr, NodeKey, Topic};

use super::receipts::{ANCHOR, CHAIN};

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
}

pub struct Attacker {
    swarm: Swarm<Behaviour>,
    target: PeerId,
    pub sent: u64,
}

impl Attacker {
    /// Connects and waits until the target has subscribed.
    pub async fn connect(target: &Multiaddr, id: PeerId) -> Self {
        Self::claiming(target, id, format!("/nonos/1/{CHAIN}/{ANCHOR:#x}")).await
    }

    /// The same, and says to be of another mesh if that is what `version` is.
    pub async fn claiming(target: &Multiaddr, id: PeerId, version: String) -> Self {
        let key = NodeKey::generate().unwrap().keypair().clone();
        let public = key.public();
        let mut swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| Behaviour {
                gossip: gossip(),
                identify: identify::Behaviour::new(
                    identify::Config::new(version, public).with_agent_version("attacker".into()),
                ),
            })
            .unwrap()
            .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
            .build();
        for topic in Topic::ALL {
            swarm.behaviour_mut().gossip.subscribe(&IdentTopic::new(topic.name())).unwrap();
        }
        swarm.dial(target.clone()).unwrap();
        let mut this = Self { swarm, target: id, sent: 0 };
        let wait = async {
            while this.swarm.behaviour().gossip.all_peers().all(|(_, topics)| topics.len() < Topic::ALL.len())
            {
                if let SwarmEvent::ConnectionClosed { .. } = this.swarm.select_next_some().await {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(super::PATIENCE, wait).await;
        this
    }

    pub fn id(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }

    pub fn connected(&self) -> bool {
        self.swarm.is_connected(&self.target)
    }

    /// Sends bytes, whatever they are.
    pub fn send(&mut self, topic: Topic, bytes: Vec<u8>) -> bool {
        let sent = self.swarm.behaviour_mut().gossip.publish(IdentTopic::new(topic.name()), bytes).is_ok();
        self.sent += u64::from(sent);
        sent
    }

    /// Lets the network work for a while.
    pub async fn rest(&mut self, time: Duration) {
        let _ = tokio::time::timeout(time, async {
            loop {
                if let SwarmEvent::ConnectionClosed { .. } = self.swarm.select_next_some().await {
                    break;
                }
            }
        })
        .await;
    }

    /// Sends as fast as the connection takes it until it is cut or `most` are sent.
    pub async fn flood(&mut self, topic: Topic, most: u64, mut next: impl FnMut(u64) -> Vec<u8>) {
        let mut n = 0;
        while n < most && self.connected() {
            for _ in 0..64 {
                if !self.send(topic, next(n)) {
                    break;
                }
                n += 1;
            }
            self.rest(Duration::from_millis(2)).await;
        }
        // What is still in the queues.
        for _ in 0..50 {
            if !self.connected() {
                break;
            }
            self.rest(Duration::from_millis(20)).await;
        }
    }
}

/// Ids are counted, so that the same bytes go out again and again; sizes are unlimited.
fn gossip() -> gossipsub::Behaviour {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(|_: &gossipsub::Message| {
            MessageId::from(NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes().to_vec())
        })
        .max_transmit_size(4 << 20)
        .connection_handler_queue_len(256)
        .heartbeat_interval(Duration::from_millis(200))
        .build()
        .unwrap();
    gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config).unwrap()
}
