//! What the parts of the service share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use alloy_primitives::{Address, B256};
use nonos_core::{BatchId, VerifierKey};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::chain::{ChainSource, ChainState};
use super::events::Events;
use super::judge::NodeJudge;
use super::metrics::Counters;
use super::proofs::Proofs;
use crate::mesh::MeshClient;
use crate::store::{Store, StoreError};
use crate::trust::TrustBook;

/// The deployment and the keys of a node, for its self-description.
#[derive(Debug, Clone)]
pub struct Identity {
    pub chain_id: u64,
    pub anchor: Address,
    pub operator_registry: Address,
    pub capsule_registry: Address,
    pub verifier_key: VerifierKey,
    pub operator: Option<B256>,
}

pub struct App {
    pub identity: Identity,
    pub store: Arc<dyn Store>,
    pub proofs: Proofs,
    pub judge: Arc<NodeJudge>,
    pub chain: Arc<ChainState>,
    pub source: Arc<dyn ChainSource>,
    pub mesh: MeshClient,
    pub trust: Arc<TrustBook>,
    pub events: Events,
    pub counters: Counters,
    /// Makes the watcher poll now.
    pub wake: Arc<Notify>,
    /// Pairings of HTTP requests at once.
    pub verifying: Semaphore,
    /// Readers of the event stream at once.
    pub reading: Arc<Semaphore>,
    /// Whether the mesh listens where it was told to.
    pub listening: AtomicBool,
    pub cancel: CancellationToken,
}

impl App {
    /// Asks the store on a thread that may block.
    pub async fn store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&*store)).await;
        let asked = asked.unwrap_or_else(|error| {
            Err(StoreError::Io { action: "the store's thread", path: "".into(), reason: error.to_string() })
        });
        if let Err(StoreError::Io { .. } | StoreError::Corrupt { .. }) = &asked {
            self.counters.store_errors.up();
        }
        asked
    }

    /// Tells the mesh about a batch that is both on chain and here; says nothing before, because peers would not listen.
    pub async fn announce(&self, id: BatchId) {
        let Some(anchored) = self.chain.batch(&id).filter(|batch| !batch.fallen) else { return };
        if !matches!(self.store(move |store| store.batch(&id)).await, Ok(Some(_))) {
            return;
        }
        if let Err(error) = self.mesh.announce_batch(&anchored.batch).await {
            tracing::debug!(%error, batch = %id, "the batch was not announced");
        }
    }
}
