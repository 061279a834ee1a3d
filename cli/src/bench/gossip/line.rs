//! Nodes for measurements: limits out of the way, an empty library.

use super::LOST;
use super::receipts::{ANCHOR, CHAIN, Roots};
use alloy_primitives::B256;
use eyre::{Result, WrapErr, eyre};
use nonos_core::{BatchId, CapsuleLeaf, MessageId, Nullifier, ReceiptLeaf};
use nonos_node::mesh::{Judge, Library, LibraryError, MeshClient, MeshConfig, MeshError, MeshEvent, NodeKey};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

type Found = Result<Option<Vec<u8>>, LibraryError>;

/// Nothing on the shelves.
struct Empty;

impl Library for Empty {
    fn receipt(&self, _: &MessageId) -> Found {
        Ok(None)
    }

    fn receipt_by_leaf(&self, _: &ReceiptLeaf) -> Found {
        Ok(None)
    }

    fn batch(&self, _: &BatchId) -> Found {
        Ok(None)
    }

    fn blob(&self, _: &B256) -> Found {
        Ok(None)
    }

    fn package(&self, _: &CapsuleLeaf) -> Found {
        Ok(None)
    }

    fn proof(&self, _: &B256, _: &B256, _: u32) -> Found {
        Ok(None)
    }

    fn recent(&self, _: usize) -> Result<Vec<MessageId>, LibraryError> {
        Ok(vec![])
    }

    fn missing(&self, ids: &[MessageId]) -> Result<Vec<MessageId>, LibraryError> {
        Ok(ids.to_vec())
    }

    fn by_nullifier(&self, _: &Nullifier) -> Result<Option<MessageId>, LibraryError> {
        Ok(None)
    }
}

/// A node on loopback that takes as much as comes.
pub fn config() -> Result<MeshConfig> {
    let mut config = MeshConfig::new(NodeKey::generate()?, CHAIN, ANCHOR, ANCHOR);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse()?];
    config.discovery = false;
    config.private_addresses = true;
    config.score.peers_per_address = None;
    let limits = &mut config.limits;
    (limits.messages_per_s, limits.message_burst) = (1e9, 1e9);
    (limits.bytes_per_s, limits.byte_burst) = (1e12, 1e12);
    limits.queue_share_new = limits.queue_length;
    limits.queue_share = limits.queue_length;
    limits.heal_interval = Duration::from_secs(86_400);
    Ok(config)
}

/// A running node.
pub struct Node {
    /// To talk to it.
    pub client: MeshClient,
    events: mpsc::Receiver<MeshEvent>,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), MeshError>>,
}

/// Starts a node.
pub fn single(config: Result<MeshConfig>, judge: Arc<dyn Judge>) -> Result<Node> {
    let (client, events, node) = nonos_node::mesh::new(config?, judge, Roots::of(&[]), Arc::new(Empty))?;
    let cancel = CancellationToken::new();
    let task = tokio::spawn(node.run(cancel.clone()));
    Ok(Node { client, events, cancel, task })
}

impl Node {
    /// Ends the node.
    pub async fn stop(self) -> Result<()> {
        self.cancel.cancel();
        Ok(self.task.await??)
    }
}

/// Three nodes of which the outer two know the middle one alone.
pub struct Line {
    /// The first node.
    pub first: MeshClient,
    nodes: [Node; 3],
}

impl Line {
    /// Starts them and waits until gossip flows.
    pub async fn start(
        config: impl Fn() -> Result<MeshConfig>,
        judge: impl Fn(usize) -> Arc<dyn Judge>,
    ) -> Result<Self> {
        let nodes = [single(config(), judge(0))?, single(config(), judge(1))?, single(config(), judge(2))?];
        let middle = &nodes[1].client;
        let start = Instant::now();
        let address = loop {
            if let Some(address) = middle.listeners().await?.into_iter().next() {
                break address;
            }
            pause(start, "the middle node does not listen").await?;
        };
        for outer in [&nodes[0], &nodes[2]] {
            outer.client.dial(address.clone()).await.wrap_err("connecting to the middle node")?;
        }
        for node in &nodes {
            let wanted = if node.client.peer_id() == middle.peer_id() { 2 } else { 1 };
            while node.client.peers().await?.iter().filter(|peer| !peer.agent.is_empty()).count() < wanted {
                pause(start, "the nodes do not connect").await?;
            }
        }
        // Two heartbeats, so that everybody is in everybody's mesh.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(Self { first: nodes[0].client.clone(), nodes })
    }

    /// The next event at the third node, notices aside.
    pub async fn next(&mut self) -> Result<MeshEvent> {
        loop {
            let event = tokio::time::timeout(LOST, self.nodes[2].events.recv()).await;
            let event = event.map_err(|_| eyre!("nothing arrived for {} s", LOST.as_secs()))?;
            let event = event.ok_or_else(|| eyre!("the third node has ended"))?;
            if matches!(event, MeshEvent::Receipt(_)) {
                // What the middle one keeps for its service is of no interest.
                while self.nodes[1].events.try_recv().is_ok() {}
                return Ok(event);
            }
        }
    }

    /// How many receipts more are there at once.
    pub fn ready(&mut self) -> u64 {
        let mut count = 0;
        while let Ok(event) = self.nodes[2].events.try_recv() {
            count += u64::from(matches!(event, MeshEvent::Receipt(_)));
        }
        count
    }

    /// Ends all three.
    pub async fn stop(self) -> Result<()> {
        for node in self.nodes {
            node.stop().await?;
        }
        Ok(())
    }
}

async fn pause(since: Instant, what: &str) -> Result<()> {
    if since.elapsed() > LOST {
        return Err(eyre!("{what} within {} s", LOST.as_secs()));
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}
