//! Tells the node which leaves a batch has, as soon as it is on chain: challengers and claimants need them.

use std::sync::Arc;

use async_trait::async_trait;
use nonos_core::batch::BatchRecord;

use crate::queue::{BatchState, Queue, QueueError};
use crate::stage::{Progress, Stage, StageError, on_disk};

/// The node did not take a batch.
#[derive(Debug, thiserror::Error)]
#[error("the node did not take the batch: {0}")]
pub struct SinkError(pub String);

/// Takes batch records; the same one any number of times.
#[async_trait]
pub trait BatchSink: Send + Sync {
    /// Returns when the record is durable on the other side.
    async fn publish(&self, record: &BatchRecord) -> Result<(), SinkError>;
}

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The node.
    #[error("batch {sequence}: {source}")]
    Sink {
        /// Which batch.
        sequence: u64,
        /// What the node says.
        source: SinkError,
    },
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl StageError for PublishError {
    fn queue(&self) -> Option<&QueueError> {
        match self {
            Self::Queue(error) => Some(error),
            Self::Sink { .. } => None,
        }
    }
}

/// Batches looked at in one step.
const STEP: usize = 64;
/// Batches that the node may refuse before a step ends: one that is refused does not hold up the others, a node that is away
/// does.
const REFUSALS: usize = 3;

/// The publishing stage.
pub struct Publisher {
    pub(crate) queue: Arc<Queue>,
    pub(crate) sink: Arc<dyn BatchSink>,
}

#[async_trait]
impl Stage for Publisher {
    type Error = PublishError;

    fn name(&self) -> &'static str {
        "publish"
    }

    async fn step(&mut self) -> Result<Progress, PublishError> {
        let sequences = on_disk(&self.queue, |queue| queue.unpublished(STEP)).await?;
        let mut refused = Vec::new();
        for sequence in sequences {
            let batch = on_disk(&self.queue, move |queue| queue.batch(sequence)).await?;
            if batch.state < BatchState::Mined {
                continue;
            }
            let record = on_disk(&self.queue, move |queue| queue.record(sequence)).await?.record;
            match self.sink.publish(&record).await {
                Ok(()) => {
                    on_disk(&self.queue, move |queue| queue.published(sequence)).await?;
                    tracing::debug!(sequence, id = %batch.id(), "published");
                }
                Err(source) => refused.push(PublishError::Sink { sequence, source }),
            }
            if refused.len() >= REFUSALS {
                break;
            }
        }
        refused.pop().map_or(Ok(Progress::Idle), Err)
    }
}
