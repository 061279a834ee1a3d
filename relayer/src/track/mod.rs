//! Follows batches from their first sighting to finality, and notices when a reorganisation takes one back.
//!
//! Where a batch is on chain is never read from transaction receipts: a sighting is a block whose state contains the batch.
//! It counts while that block is the chain's, and settles when it has enough successors.

use std::collections::HashMap;
use std::sync::Arc;

use alloy_primitives::B256;
use async_trait::async_trait;

use crate::chain::{Chain, Head, OnChain, RpcError, Standing};
use crate::queue::{Batch, BatchState, Queue, QueueError, Sighting};
use crate::stage::{Progress, Stage, StageError, on_disk};
use crate::telemetry::Telemetry;

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] RpcError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl StageError for TrackError {
    fn queue(&self) -> Option<&QueueError> {
        match self {
            Self::Queue(error) => Some(error),
            Self::Chain(_) => None,
        }
    }
}

/// What the anchor says of a batch in the state of a block.
pub(crate) fn sighting(head: &Head, found: &OnChain) -> Sighting {
    Sighting {
        number: head.number,
        hash: head.hash,
        anchored_at: found.anchored_at,
        final_at: found.final_at,
        liable_until: found.liable_until,
        slice: found.slice,
    }
}

/// The tracking stage.
pub struct Tracker {
    pub(crate) queue: Arc<Queue>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) chain: Chain,
    /// Successors that settle a block.
    pub(crate) confirmations: u64,
}

/// One step's view: the head, and the hashes of earlier blocks, each asked for once.
struct View<'a> {
    chain: &'a Chain,
    head: Head,
    hashes: HashMap<u64, Option<B256>>,
}

impl View<'_> {
    async fn holds(&mut self, seen: &Sighting) -> Result<bool, RpcError> {
        let hash = match self.hashes.get(&seen.number) {
            Some(hash) => *hash,
            None => {
                let hash = self.chain.hash_of(seen.number).await?;
                self.hashes.insert(seen.number, hash);
                hash
            }
        };
        Ok(hash == Some(seen.hash))
    }
}

impl Tracker {
    /// A batch whose block is no longer the chain's: seen anew, or to be sent again.
    async fn again(&self, batch: &Batch, head: &Head) -> Result<(), TrackError> {
        let found = self.chain.batch_of(batch.id(), head.hash).await?;
        let sequence = batch.sequence;
        if found.anchored_at == 0 {
            on_disk(&self.queue, move |queue| queue.vanished(sequence)).await?;
            self.telemetry.vanished.inc();
            tracing::warn!(sequence, id = %batch.id(), "a reorganisation took the batch off the chain");
        } else {
            let seen = sighting(head, &found);
            on_disk(&self.queue, move |queue| queue.mined(sequence, seen)).await?;
            tracing::info!(sequence, id = %batch.id(), block = head.number, "the batch survived a reorganisation");
        }
        Ok(())
    }

    async fn mined(&self, view: &mut View<'_>) -> Result<(), TrackError> {
        let mined = on_disk(&self.queue, |queue| queue.batches(BatchState::Mined, 0, usize::MAX)).await?;
        for batch in mined {
            let Some(seen) = batch.seen else { continue };
            if !view.holds(&seen).await? {
                self.again(&batch, &view.head).await?;
            } else if view.head.number >= seen.number.saturating_add(self.confirmations) {
                // Asked a second time, by now of a settled block: the first answer may have been a lie.
                if self.chain.batch_of(batch.id(), seen.hash).await?.anchored_at == 0 {
                    self.again(&batch, &view.head).await?;
                } else {
                    on_disk(&self.queue, move |queue| queue.confirmed(batch.sequence)).await?;
                }
            }
        }
        Ok(())
    }

    async fn confirmed(&self, view: &mut View<'_>) -> Result<(), TrackError> {
        let mut confirmed =
            on_disk(&self.queue, |queue| queue.batches(BatchState::Confirmed, 0, usize::MAX)).await?;
        let height = |batch: &Batch| batch.seen.map_or(0, |seen| seen.number);
        confirmed.sort_by_key(|batch| std::cmp::Reverse(height(batch)));
        // Deeper than expected: whatever was seen above the first block that still is the chain's has to be looked at.
        let mut standing = Vec::new();
        let mut holds = false;
        for batch in confirmed {
            let Some(seen) = batch.seen else { continue };
            holds = holds || view.holds(&seen).await?;
            if holds {
                standing.push((batch, seen));
            } else {
                self.again(&batch, &view.head).await?;
            }
        }
        let Some(settled) = view.head.number.checked_sub(self.confirmations) else { return Ok(()) };
        let due: Vec<_> = standing.into_iter().filter(|(_, seen)| view.head.time >= seen.final_at).collect();
        if due.is_empty() {
            return Ok(());
        }
        // Finality is read where no reorganisation is expected to reach.
        let Some(at) = self.chain.hash_of(settled).await? else { return Ok(()) };
        for (batch, seen) in due {
            let found = self.chain.batch_of(batch.id(), at).await?;
            if found.anchored_at == 0 && settled >= seen.number {
                self.again(&batch, &view.head).await?;
            } else {
                self.finish(&batch, &seen, &found).await?;
            }
        }
        Ok(())
    }

    async fn finish(&self, batch: &Batch, seen: &Sighting, found: &OnChain) -> Result<(), TrackError> {
        let sequence = batch.sequence;
        let (final_at, liable_until) = (found.final_at, found.liable_until);
        match found.standing {
            Standing::Final => {
                let moved = Sighting { final_at, liable_until, ..*seen };
                on_disk(&self.queue, move |queue| {
                    queue.sighted(sequence, moved)?;
                    queue.finalised(sequence)
                })
                .await?;
                self.telemetry.finalised.inc();
                tracing::info!(sequence, id = %batch.id(), "batch is final");
            }
            Standing::Frozen => {
                on_disk(&self.queue, move |queue| queue.frozen(sequence)).await?;
                tracing::error!(sequence, id = %batch.id(), "the router was stopped: the batch never becomes final");
            }
            Standing::Fallen => {
                on_disk(&self.queue, move |queue| queue.fallen(sequence)).await?;
                tracing::error!(sequence, id = %batch.id(), "the batch fell: a demand for a leaf was not answered in time");
            }
            // A demand moved it, or it was not anchored yet in the settled block.
            Standing::Pending if (final_at, liable_until) != (seen.final_at, seen.liable_until) => {
                let moved = Sighting { final_at, liable_until, ..*seen };
                on_disk(&self.queue, move |queue| queue.sighted(sequence, moved)).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

#[async_trait]
impl Stage for Tracker {
    type Error = TrackError;

    fn name(&self) -> &'static str {
        "track"
    }

    async fn step(&mut self) -> Result<Progress, TrackError> {
        let head = self.chain.head().await?;
        let mut view = View { chain: &self.chain, head, hashes: HashMap::new() };
        self.mined(&mut view).await?;
        self.confirmed(&mut view).await?;
        Ok(Progress::Idle)
    }
}
