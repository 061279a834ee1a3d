//! Collects receipts: pages from the source into the queue, the cursor moving in the same commit.

mod types;

use std::sync::Arc;

use async_trait::async_trait;
use nonos_core::ReceiptLeaf;
use nonos_core::receipt::Receipt;

pub use types::{Page, ReceiptSource, SourceError};

use crate::queue::{Arrival, Queue, QueueError};
use crate::stage::{Progress, Stage, StageError, on_disk};
use crate::telemetry::Telemetry;

/// Reads the leaf out of encoded bytes; an error refuses them before they enter the queue.
pub type LeafOf = fn(&[u8]) -> Result<ReceiptLeaf, String>;

/// The leaf of a strictly decoded receipt.
pub fn leaf_of(bytes: &[u8]) -> Result<ReceiptLeaf, String> {
    Receipt::decode(bytes).map(|receipt| receipt.leaf()).map_err(|error| error.to_string())
}

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl StageError for CollectError {
    fn queue(&self) -> Option<&QueueError> {
        match self {
            Self::Queue(error) => Some(error),
            _ => None,
        }
    }
}

/// The collecting stage.
pub struct Collector {
    pub(crate) source: Arc<dyn ReceiptSource>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) leaf_of: LeafOf,
    /// Receipts per page.
    pub(crate) page: usize,
    /// Above this many receipts in the queue that no batch took yet, collecting pauses: the node keeps the rest.
    pub(crate) backlog: u64,
}

#[async_trait]
impl Stage for Collector {
    type Error = CollectError;

    fn name(&self) -> &'static str {
        "collect"
    }

    async fn step(&mut self) -> Result<Progress, CollectError> {
        let counts = on_disk(&self.queue, Queue::counts).await?;
        if counts.waiting + counts.queued >= self.backlog {
            self.telemetry.blocked(
                self.name(),
                Some(format!(
                    "{} receipts wait already: batches do not leave",
                    counts.waiting + counts.queued
                )),
            );
            return Ok(Progress::Idle);
        }
        self.telemetry.blocked(self.name(), None);
        let from = counts.cursor;
        let page = self.source.page(from, self.page).await?;
        if page.next < from {
            tracing::warn!(
                from,
                next = page.next,
                "the source numbers its receipts anew; known ones are skipped"
            );
        }
        if page.next == from {
            return Ok(Progress::Idle);
        }
        let mut arrivals = Vec::with_capacity(page.receipts.len());
        for receipt in page.receipts {
            match (self.leaf_of)(&receipt) {
                Ok(leaf) => arrivals.push(Arrival { leaf, receipt }),
                Err(reason) => {
                    tracing::warn!(%reason, "the source delivered what is no receipt");
                    self.telemetry.refused.inc();
                }
            }
        }
        let next = page.next;
        let new = on_disk(&self.queue, move |queue| queue.arrive(&arrivals, next)).await?;
        self.telemetry.arrived.inc_by(new as u64);
        Ok(Progress::More)
    }
}
