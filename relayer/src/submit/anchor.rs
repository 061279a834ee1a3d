//! Anchoring: what landed, what is under way, what can start.

use alloy_primitives::U256;

use super::{Call, Now, SubmitError, Submitter, calls};
use crate::queue::{Batch, BatchState};
use crate::stage::{Stage, on_disk};
use crate::track::sighting;

impl Submitter {
    /// True if the anchor has the batch at this head: then it is noted, and nothing is sent.
    async fn landed(&mut self, batch: &Batch, now: &Now) -> Result<bool, SubmitError> {
        let found = self.chain.batch_of(batch.id(), now.head.hash).await?;
        if found.anchored_at == 0 {
            return Ok(false);
        }
        let (sequence, seen) = (batch.sequence, sighting(&now.head, &found));
        on_disk(&self.queue, move |queue| queue.mined(sequence, seen)).await?;
        self.sent.remove(&Call::Anchor(sequence));
        self.telemetry.mined.inc();
        tracing::info!(sequence, id = %batch.id(), block = now.head.number, anchored_at = found.anchored_at, "batch is on chain");
        Ok(true)
    }

    /// Whether the free bond covers another slice beside those of the batches under way.
    async fn bonded(&mut self, now: &Now, under_way: usize) -> Result<Result<(), String>, SubmitError> {
        let slice = match self.slice {
            Some(slice) => slice,
            None => *self.slice.insert(self.chain.slice().await?),
        };
        let (free, locked) = self.chain.bond_of(self.account.address(), now.head.hash).await?;
        let needed = slice.saturating_mul(U256::from(under_way).saturating_add(U256::ONE));
        if free >= needed {
            return Ok(Ok(()));
        }
        Ok(Err(format!(
            "the free bond of {} is {free} wei ({locked} locked), {} batches under way and the next one lock {needed} wei: deposit \
             more (`nonos relayer deposit`), or wait until slices are released",
            self.account.address(),
            under_way
        )))
    }

    pub(super) async fn anchor(&mut self, submitted: Vec<Batch>, now: &mut Now) -> Result<(), SubmitError> {
        let (mut under_way, mut blocked) = (0, None);
        for batch in submitted {
            if self.landed(&batch, now).await? {
                continue;
            }
            under_way += 1;
            let (call, input) = (Call::Anchor(batch.sequence), calls::anchor(&batch.reference));
            if let Err(reason) = self.drive(call, input, &batch.attempts, now).await? {
                blocked = Some(reason);
            }
        }
        let room = self.policy.in_flight.saturating_sub(under_way);
        let new = on_disk(&self.queue, move |queue| queue.batches(BatchState::Batched, 0, room)).await?;
        for batch in new {
            // A queue that was restored from a backup may have sent it.
            if self.landed(&batch, now).await? {
                continue;
            }
            let (call, input) = (Call::Anchor(batch.sequence), calls::anchor(&batch.reference));
            let done = match self.bonded(now, under_way).await? {
                Ok(()) => self.drive(call, input, &[], now).await?,
                Err(reason) => Err(reason),
            };
            if let Err(reason) = done {
                blocked = Some(reason);
                break;
            }
            under_way += 1;
        }
        self.telemetry.blocked(self.name(), blocked);
        Ok(())
    }
}
