//! Trust scores of operators, read from the chain and from nowhere else.
//!
//! What peers say about each other is not asked, and two scores are never merged: the contract computes a score from settled
//! facts, and this book holds what it said last. Scores order the verification queue, lift the peers of an operator in the
//! mesh, and decide which newcomers are admitted when there is no room for all.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy_primitives::B256;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::mesh::MeshClient;
use crate::service::chain::{ChainFault, ChainSource, ChainState};

/// How often scores are read though nothing was settled: they decay by the day.
const REFRESH: Duration = Duration::from_secs(600);
/// Most operators whose scores are kept.
const MAX_OPERATORS: usize = 4096;

/// A score as the contract said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// 0 to 999.
    pub score: u16,
    /// The newest block when it was read.
    pub block: u64,
}

/// Scores by operator.
#[derive(Debug, Default)]
pub struct TrustBook {
    scores: RwLock<BTreeMap<B256, Score>>,
    changed: Notify,
}

impl TrustBook {
    /// What the chain said last about this operator.
    pub fn get(&self, operator: &B256) -> Option<Score> {
        self.scores.read().unwrap_or_else(PoisonError::into_inner).get(operator).copied()
    }

    /// Something was settled, or a new operator appeared: read again soon.
    pub fn stir(&self) {
        self.changed.notify_one();
    }

    /// Reads the scores of these operators. On an error the book stays as it is.
    pub async fn read(
        &self,
        source: &dyn ChainSource,
        block: u64,
        operators: &[B256],
    ) -> Result<Vec<(B256, u16)>, ChainFault> {
        let scores = source.scores(operators).await?;
        let read: Vec<(B256, u16)> = operators.iter().copied().zip(scores).collect();
        let mut book = self.scores.write().unwrap_or_else(PoisonError::into_inner);
        for (operator, score) in &read {
            // A server that answers from an old block must not take a newer score back.
            let known = book.get(operator).map_or(0, |score| score.block);
            if block >= known && (book.len() < MAX_OPERATORS || book.contains_key(operator)) {
                book.insert(*operator, Score { score: *score, block });
            }
        }
        Ok(read)
    }

    /// Keeps the scores of all operators with a beacon, and tells the mesh, until it is told to stop.
    pub async fn run(
        self: Arc<Self>,
        source: Arc<dyn ChainSource>,
        chain: Arc<ChainState>,
        mesh: MeshClient,
        cancel: CancellationToken,
    ) {
        loop {
            if let (Some(head), Ok(operators)) = (chain.head(), mesh.operators().await) {
                let mut ids: Vec<B256> = operators.iter().map(|operator| operator.operator).collect();
                ids.sort_unstable();
                ids.dedup();
                match self.read(&*source, head.number, &ids).await {
                    Ok(scores) if !scores.is_empty() => drop(mesh.set_trust(scores).await),
                    Ok(_) => {}
                    Err(fault) => tracing::debug!(%fault, "the scores could not be read"),
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(REFRESH) => {}
                () = self.changed.notified() => {}
            }
        }
    }
}
