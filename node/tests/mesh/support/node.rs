//! A whole mesh node: loop, client, and a service that stores what comes.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use nonos_node::mesh::{
    Judge, MeshClient, MeshConfig, MeshEvent, MeshMetrics, Multiaddr, NodeKey, PeerId, VerifiedReceipt,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::chain::MemoryChain;
use super::library::MemoryLibrary;
use super::receipts::{ANCHOR, CHAIN, REGISTRY};
use super::until;

pub struct Node {
    pub client: MeshClient,
    pub library: Arc<MemoryLibrary>,
    pub notices: Arc<Mutex<Vec<MeshEvent>>>,
    pub received: Arc<Mutex<Vec<VerifiedReceipt>>>,
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

pub fn config() -> MeshConfig {
    let mut config = MeshConfig::new(NodeKey::generate().unwrap(), CHAIN, ANCHOR, REGISTRY);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    config.private_addresses = true;
    // A test says who is connected to whom.
    config.discovery = false;
    // Quick meshes, and every test peer on one address.
    config.gossip.heartbeat = Duration::from_millis(200);
    config.score.peers_per_address = None;
    config.limits.heal_interval = Duration::from_secs(3_600);
    config
}

impl Node {
    pub fn start(config: MeshConfig, judge: Arc<dyn Judge>, chain: &Arc<MemoryChain>) -> Self {
        Self::with_library(config, judge, chain, MemoryLibrary::new())
    }

    pub fn with_library(
        config: MeshConfig,
        judge: Arc<dyn Judge>,
        chain: &Arc<MemoryChain>,
        library: Arc<MemoryLibrary>,
    ) -> Self {
        let (client, mut events, node) =
            nonos_node::mesh::new(config, judge, chain.clone(), library.clone()).unwrap();
        let cancel = CancellationToken::new();
        let (notices, received) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (to, kept, shelf) = (notices.clone(), received.clone(), library.clone());
        let service = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    MeshEvent::Receipt(verified) => {
                        shelf.put(&verified.receipt);
                        kept.lock().unwrap().push(*verified);
                    }
                    notice => to.lock().unwrap().push(notice),
                }
            }
        });
        let token = cancel.clone();
        let run = tokio::spawn(async move { node.run(token).await.unwrap() });
        Self { client, library, notices, received, cancel, tasks: vec![run, service] }
    }

    pub fn id(&self) -> PeerId {
        self.client.peer_id()
    }

    pub fn metrics(&self) -> &MeshMetrics {
        self.client.metrics()
    }

    /// An address that includes the name.
    pub async fn address(&self) -> Multiaddr {
        let mut found = None;
        until("the node listens", async || {
            found = self.client.listeners().await.unwrap().first().cloned();
            found.is_some()
        })
        .await;
        found.unwrap().with_p2p(self.id()).unwrap()
    }

    pub async fn connect(&self, other: &Node) {
        self.client.dial(other.address().await).await.unwrap();
        until("two nodes know each other", async || self.knows(other).await && other.knows(self).await).await;
    }

    /// Connected, and identified.
    pub async fn knows(&self, other: &Node) -> bool {
        let id = other.id().to_string();
        self.client.peers().await.unwrap().iter().any(|peer| peer.peer == id && !peer.agent.is_empty())
    }

    pub async fn score_of(&self, peer: PeerId) -> Option<f64> {
        let id = peer.to_string();
        self.client.peers().await.unwrap().iter().find(|info| info.peer == id).map(|info| info.score)
    }

    pub fn banned(&self, peer: PeerId) -> bool {
        let notices = self.notices.lock().unwrap();
        notices.iter().any(|event| matches!(event, MeshEvent::Banned { peer: who, .. } if *who == peer))
    }

    /// Stops the node and sees it end.
    pub async fn stop(self) {
        self.cancel.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}
