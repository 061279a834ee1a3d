//! Makes batches of queued receipts.

mod age;
mod policy;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

use age::Ages;
pub use policy::{BatchPolicy, Decision};

use crate::queue::{BatchState, Queue, QueueError};
use crate::stage::{Progress, Stage, StageError, on_disk};
use crate::telemetry::Telemetry;

impl StageError for QueueError {
    fn queue(&self) -> Option<&QueueError> {
        Some(self)
    }
}

/// Batches that wait to be sent above which no more are made: while nothing leaves, receipts gather for full batches.
const MOST_UNSENT: usize = 2;

/// The batching stage.
pub struct Batcher {
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    policy: BatchPolicy,
    /// Base fee and tip as the submitter saw them last, wei per gas.
    gas_price: watch::Receiver<Option<u128>>,
    ages: Ages,
}

impl Batcher {
    /// Over `queue`; whatever is queued already counts as having reached the maximal age.
    pub fn new(
        queue: Arc<Queue>,
        telemetry: Arc<Telemetry>,
        policy: BatchPolicy,
        gas_price: watch::Receiver<Option<u128>>,
    ) -> Self {
        let ages = Ages::new(policy.max_age);
        Self { queue, telemetry, policy, gas_price, ages }
    }
}

#[async_trait]
impl Stage for Batcher {
    type Error = QueueError;

    fn name(&self) -> &'static str {
        "batch"
    }

    async fn step(&mut self) -> Result<Progress, QueueError> {
        let (queued, positions, unsent) = on_disk(&self.queue, |queue| {
            let (queued, positions) = queue.queued()?;
            let unsent = queue.batches(BatchState::Batched, 0, MOST_UNSENT)?.len();
            Ok((queued, positions, unsent))
        })
        .await?;
        let age = self.ages.of(positions, Instant::now());
        let gas_price = *self.gas_price.borrow();
        if unsent >= MOST_UNSENT || self.policy.decide(queued, age, gas_price) != Decision::Form {
            return Ok(Progress::Idle);
        }
        let max = self.policy.max_size;
        let Some(batch) = on_disk(&self.queue, move |queue| queue.form_batch(max)).await? else {
            return Ok(Progress::Idle);
        };
        self.telemetry.batched.inc_by(u64::from(batch.reference.size));
        let (sequence, size) = (batch.sequence, batch.reference.size);
        tracing::info!(sequence, size, id = %batch.id(), age = ?age, "batch made");
        Ok(Progress::More)
    }
}
