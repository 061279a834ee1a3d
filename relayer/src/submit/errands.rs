//! Errands: freeing the slices of batches that nobody can challenge any more, and showing leaves that somebody demands.
//!
//! What is to be done is read from the chain in every step, so nothing of it is kept on disk.

use alloy_primitives::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use nonos_core::receipt::Receipt;

use super::{Call, Now, SubmitError, Submitter, calls};
use crate::queue::{Batch, BatchState};
use crate::stage::on_disk;

/// Batches whose slices are looked at in one step.
const RELEASES: usize = 4;
/// Batches that are asked for open demands in one step: a round through a week's batches takes minutes, an answer may take
/// hours.
const WATCHED: usize = 16;
/// Places of a batch asked for at a time.
const AT_ONCE: usize = 8;

impl Submitter {
    async fn run_errand(
        &mut self,
        call: Call,
        input: Bytes,
        now: &mut Now,
    ) -> Result<Result<(), String>, SubmitError> {
        let attempts = self.errands.get(&call).cloned().unwrap_or_default();
        self.drive(call, input, &attempts, now).await
    }

    fn done(&mut self, errand: Call) {
        self.errands.remove(&errand);
        self.sent.remove(&errand);
    }

    /// Frees the slices of batches that nobody can challenge any more.
    pub(super) async fn release(&mut self, now: &mut Now) -> Result<(), SubmitError> {
        for state in [BatchState::Final, BatchState::Frozen] {
            let batches = on_disk(&self.queue, move |queue| queue.batches(state, 0, RELEASES)).await?;
            for batch in batches {
                let liable_until = batch.seen.map_or(u64::MAX, |seen| seen.liable_until);
                if now.head.time <= liable_until {
                    continue;
                }
                let settled = now.head.number.saturating_sub(self.policy.confirmations);
                let Some(settled) = self.chain.hash_of(settled).await? else { continue };
                let sequence = batch.sequence;
                if self.chain.batch_of(batch.id(), settled).await?.slice.is_zero() {
                    on_disk(&self.queue, move |queue| queue.released(sequence)).await?;
                    self.done(Call::Release(sequence));
                    tracing::info!(sequence, id = %batch.id(), "slice released");
                } else if !self.chain.batch_of(batch.id(), now.head.hash).await?.slice.is_zero() {
                    let (call, input) = (Call::Release(sequence), calls::release(&batch.reference));
                    if let Err(reason) = self.run_errand(call, input, now).await? {
                        tracing::debug!(sequence, %reason, "slice not released yet");
                    }
                }
            }
        }
        Ok(())
    }

    /// Answers demands: a batch with one that is not answered in time falls. Demands are found by asking the anchor, not by
    /// events, so that no limit of a node's log queries can hide one.
    pub(super) async fn reveal(&mut self, now: &mut Now) -> Result<(), SubmitError> {
        let from = self.watched;
        let batches = on_disk(&self.queue, move |queue| {
            let mut batches = queue.batches(BatchState::Mined, from, WATCHED)?;
            batches.extend(queue.batches(BatchState::Confirmed, from, WATCHED)?);
            batches.sort_by_key(|batch| batch.sequence);
            batches.truncate(WATCHED);
            Ok(batches)
        })
        .await?;
        self.watched = batches.last().map_or(0, |last| last.sequence.saturating_add(1));
        for batch in batches {
            let found = self.chain.batch_of(batch.id(), now.head.hash).await?;
            let known = self.demanded().filter(|(sequence, _)| *sequence == batch.sequence).count();
            if usize::from(found.open_demands) > known {
                self.find(&batch, now).await?;
            }
        }
        for (sequence, index) in self.demanded().collect::<Vec<_>>() {
            let batch = on_disk(&self.queue, move |queue| queue.batch(sequence)).await?;
            if !self.chain.demanded(batch.id(), index, now.head.hash).await? {
                // Answered, or fallen, or reorganised away.
                self.done(Call::Reveal(sequence, index));
            } else if let Err(reason) = self.answer(&batch, index, now).await? {
                tracing::error!(sequence, index, %reason, "a demand is not answered: the slice is at risk");
            }
        }
        Ok(())
    }

    /// Places that somebody demands to see, as far as they were found.
    fn demanded(&self) -> impl Iterator<Item = (u64, u32)> {
        self.errands.keys().filter_map(|errand| match errand {
            Call::Reveal(sequence, index) => Some((*sequence, *index)),
            _ => None,
        })
    }

    /// Asks for every place of a batch.
    async fn find(&mut self, batch: &Batch, now: &Now) -> Result<(), SubmitError> {
        let (id, at, chain) = (batch.id(), now.head.hash, &self.chain);
        let places = stream::iter(0..batch.reference.size)
            .map(async |index| chain.demanded(id, index, at).await.map(|open| open.then_some(index)));
        let open: Vec<Option<u32>> = places.buffered(AT_ONCE).try_collect().await?;
        for index in open.into_iter().flatten() {
            tracing::warn!(sequence = batch.sequence, index, "somebody demands to see a leaf");
            self.errands.entry(Call::Reveal(batch.sequence, index)).or_default();
        }
        Ok(())
    }

    async fn answer(
        &mut self,
        batch: &Batch,
        index: u32,
        now: &mut Now,
    ) -> Result<Result<(), String>, SubmitError> {
        let sequence = batch.sequence;
        let record = on_disk(&self.queue, move |queue| queue.record(sequence)).await?.record;
        let place = index as usize;
        let (Some(leaf), Ok(path)) = (record.leaves.get(place).copied(), record.path(place)) else {
            return Ok(Err("the batch has no such place".to_owned()));
        };
        let bytes = on_disk(&self.queue, move |queue| queue.receipt(&leaf.into())).await?;
        let Some(receipt) = bytes.and_then(|bytes| Receipt::decode(&bytes).ok()) else {
            return Ok(Err("its receipt is not in the queue".to_owned()));
        };
        let input = calls::reveal(&batch.reference, index, path, &receipt);
        self.run_errand(Call::Reveal(sequence, index), input, now).await
    }
}
