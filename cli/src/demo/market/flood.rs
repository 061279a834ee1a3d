//! A peer that speaks the mesh's protocol and keeps none of its rules.

use crate::demo::world::World;
use eyre::{Result, WrapErr, bail, ensure, eyre};
use futures::StreamExt;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, Swarm, SwarmBuilder, identify, noise, tcp, yamux};
use nonos_node::mesh::{Multiaddr, NodeKey, Topic};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// More than any flood gets rid of before it is cut off.
const MOST: u64 = 200_000;
/// How long to wait for the target to answer, and for the end of the flood.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
}

/// How a flood ended.
pub struct Flood {
    /// Messages handed to the network.
    pub sent: u64,
    /// Whether the target hung up.
    pub dropped: bool,
    /// Whether it took the flooder back afterwards.
    pub back: bool,
}

/// Connects to `target` and sends it the same bytes as fast as the connection takes them.
pub async fn flood(world: &World, target: &Multiaddr, bytes: &[u8]) -> Result<Flood> {
    let anchor = world.deployment.addresses.receipt_anchor;
    let mut swarm = swarm(format!("/nonos/1/{}/{anchor:#x}", world.chain.id))?;
    let topic = IdentTopic::new(Topic::Receipts.name());
    swarm.behaviour_mut().gossip.subscribe(&topic).wrap_err("subscribing the flooder")?;
    let peer = connect(&mut swarm, target).await?;
    let start = Instant::now();
    let mut sent = 0;
    while sent < MOST && swarm.is_connected(&peer) && start.elapsed() < PATIENCE {
        for _ in 0..64 {
            match swarm.behaviour_mut().gossip.publish(topic.clone(), bytes) {
                Ok(_) => sent += 1,
                Err(_) => break,
            }
        }
        drive(&mut swarm, Duration::from_millis(2)).await;
    }
    while swarm.is_connected(&peer) && start.elapsed() < PATIENCE {
        drive(&mut swarm, Duration::from_millis(20)).await;
    }
    let dropped = !swarm.is_connected(&peer);
    // A ban lets nothing of this peer in again: the target closes a new connection before any message passes.
    let back = dropped && swarm.dial(target.clone()).is_ok() && {
        drive(&mut swarm, Duration::from_secs(1)).await;
        swarm.is_connected(&peer)
    };
    Ok(Flood { sent, dropped, back })
}

fn swarm(version: String) -> Result<Swarm<Behaviour>> {
    let key = NodeKey::generate().wrap_err("a key for the flooder")?.keypair().clone();
    let public = key.public();
    let gossip = gossip()?;
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .wrap_err("a transport for the flooder")?
        .with_behaviour(|_| Behaviour {
            gossip,
            identify: identify::Behaviour::new(identify::Config::new(version, public)),
        })
        .map_err(|error| eyre!("a behaviour for the flooder: {error}"))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build();
    Ok(swarm)
}

/// Ids are counted, so that the same bytes go out again and again.
fn gossip() -> Result<gossipsub::Behaviour> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(|_: &gossipsub::Message| {
            MessageId::from(NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes().to_vec())
        })
        .max_transmit_size(1 << 20)
        .heartbeat_interval(Duration::from_millis(200))
        .build()
        .map_err(|error| eyre!("gossip of the flooder: {error}"))?;
    gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config)
        .map_err(|error| eyre!("gossip of the flooder: {error}"))
}

/// Dials, and waits until the target has subscribed to something.
async fn connect(swarm: &mut Swarm<Behaviour>, target: &Multiaddr) -> Result<PeerId> {
    swarm.dial(target.clone()).wrap_err("dialling the node to be flooded")?;
    let start = Instant::now();
    loop {
        let subscribed = swarm.behaviour().gossip.all_peers().find(|(_, topics)| !topics.is_empty());
        if let Some(peer) = subscribed.map(|(peer, _)| *peer) {
            return Ok(peer);
        }
        ensure!(start.elapsed() < PATIENCE, "the node to be flooded does not answer");
        if let Ok(SwarmEvent::OutgoingConnectionError { error, .. }) =
            tokio::time::timeout(Duration::from_millis(100), swarm.select_next_some()).await
        {
            bail!("the node to be flooded cannot be reached: {error}");
        }
    }
}

/// Lets the network work for a while.
async fn drive(swarm: &mut Swarm<Behaviour>, time: Duration) {
    let work =
        async { while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionClosed { .. }) {} };
    let _ = tokio::time::timeout(time, work).await;
}
