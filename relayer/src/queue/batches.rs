//! Batches in the queue: look-ups, and every transition as one commit that checks where it starts from.

use alloy_primitives::B256;
use nonos_core::batch::BatchRecord;
use redb::{ReadableTable, WriteTransaction};

use super::codec;
use super::file::Fault;
use super::tables::{BATCH_LEAVES, BATCHES, BY_STATE, RECEIPTS, UNPUBLISHED};
use super::{Attempt, Batch, BatchState, Queue, QueueError, Record, Sighting};

impl Queue {
    /// The batch of this number.
    pub fn batch(&self, sequence: u64) -> Result<Batch, QueueError> {
        self.file.read(|transaction| self.load(&transaction.open_table(BATCHES)?, sequence))
    }

    /// Batches in a state from number `from` on, oldest first.
    pub fn batches(&self, state: BatchState, from: u64, limit: usize) -> Result<Vec<Batch>, QueueError> {
        self.file.read(|transaction| {
            let batches = transaction.open_table(BATCHES)?;
            let by_state = transaction.open_table(BY_STATE)?;
            let range = by_state.range((state as u8, from)..(state as u8 + 1, 0))?.take(limit);
            range.map(|entry| self.load(&batches, entry?.0.value().1)).collect()
        })
    }

    /// The newest batch in a state.
    pub fn newest(&self, state: BatchState) -> Result<Option<Batch>, QueueError> {
        self.file.read(|transaction| {
            let batches = transaction.open_table(BATCHES)?;
            let by_state = transaction.open_table(BY_STATE)?;
            let last = by_state.range((state as u8, 0)..(state as u8 + 1, 0))?.next_back();
            last.map(|entry| self.load(&batches, entry?.0.value().1)).transpose()
        })
    }

    /// A batch with its leaves, as the node takes it.
    pub fn record(&self, sequence: u64) -> Result<Record, QueueError> {
        let batch = self.batch(sequence)?;
        let leaves = self.file.read(|transaction| {
            let members = transaction.open_table(BATCH_LEAVES)?;
            let bytes = members.get(sequence)?.ok_or(QueueError::NoBatch(sequence))?;
            Ok(bytes.value().chunks(32).map(|leaf| B256::right_padding_from(leaf)).collect())
        })?;
        let (chain_id, anchor) = (self.identity.chain_id, self.identity.anchor);
        let record = BatchRecord { chainId: chain_id, anchor, batch: batch.reference, leaves };
        record.check().map_err(|error| self.file.corrupt(format!("batch {sequence}: {error}")))?;
        Ok(Record { sequence, record })
    }

    /// Numbers of batches that the node does not have yet.
    pub fn unpublished(&self, limit: usize) -> Result<Vec<u64>, QueueError> {
        self.file.read(|transaction| {
            let unpublished = transaction.open_table(UNPUBLISHED)?;
            unpublished.iter()?.take(limit).map(|entry| Ok(entry?.0.value())).collect()
        })
    }

    /// Remembers a transaction *before* it is sent: `Batched` or `Submitted` becomes `Submitted`.
    pub fn attempt(&self, sequence: u64, attempt: Attempt) -> Result<Batch, QueueError> {
        use BatchState::{Batched, Submitted};
        self.change(sequence, Submitted, &[Batched, Submitted], |batch| batch.attempts.push(attempt))
    }

    /// The batch was seen in the state of a block. Also from `Batched`: a queue restored from a backup may have sent
    /// more than it remembers.
    pub fn mined(&self, sequence: u64, sighting: Sighting) -> Result<Batch, QueueError> {
        use BatchState::{Batched, Confirmed, Mined, Submitted};
        self.change(sequence, Mined, &[Batched, Submitted, Mined, Confirmed], |batch| {
            batch.seen = Some(sighting);
        })
    }

    /// A reorganisation took the batch off the chain: it has to be sent again.
    pub fn vanished(&self, sequence: u64) -> Result<Batch, QueueError> {
        use BatchState::{Confirmed, Mined, Submitted};
        self.change(sequence, Submitted, &[Mined, Confirmed], |batch| batch.seen = None)
    }

    /// The block of the sighting has enough successors.
    pub fn confirmed(&self, sequence: u64) -> Result<Batch, QueueError> {
        self.change(sequence, BatchState::Confirmed, &[BatchState::Mined], |_| ())
    }

    /// The anchor says something new about a confirmed batch (a demand moved its finality).
    pub fn sighted(&self, sequence: u64, sighting: Sighting) -> Result<Batch, QueueError> {
        use BatchState::Confirmed;
        self.change(sequence, Confirmed, &[Confirmed], |batch| batch.seen = Some(sighting))
    }

    /// The anchor calls the batch final.
    pub fn finalised(&self, sequence: u64) -> Result<Batch, QueueError> {
        self.change(sequence, BatchState::Final, &[BatchState::Confirmed], |_| ())
    }

    /// The anchor dropped the batch.
    pub fn fallen(&self, sequence: u64) -> Result<Batch, QueueError> {
        use BatchState::{Confirmed, Fallen, Final, Mined};
        self.change(sequence, Fallen, &[Mined, Confirmed, Final], |_| ())
    }

    /// The router was stopped: the batch stays, but never becomes final.
    pub fn frozen(&self, sequence: u64) -> Result<Batch, QueueError> {
        self.change(sequence, BatchState::Frozen, &[BatchState::Confirmed], |_| ())
    }

    /// The slice is free: the receipts' bytes are not needed any more. Their leaves stay.
    pub fn released(&self, sequence: u64) -> Result<Batch, QueueError> {
        use BatchState::{Final, Frozen, Released};
        self.change_with(sequence, Released, &[Final, Frozen], |transaction, _| {
            let members = transaction.open_table(BATCH_LEAVES)?;
            let mut receipts = transaction.open_table(RECEIPTS)?;
            if let Some(bytes) = members.get(sequence)? {
                for leaf in bytes.value().chunks_exact(32) {
                    receipts.remove(B256::from_slice(leaf).0)?;
                }
            }
            Ok(())
        })
    }

    /// The node has the leaves.
    pub fn published(&self, sequence: u64) -> Result<Batch, QueueError> {
        self.file.write(|transaction| {
            let mut batches = transaction.open_table(BATCHES)?;
            let mut batch = self.load(&batches, sequence)?;
            batch.published = true;
            batches.insert(sequence, &codec::encode(&batch)[..])?;
            transaction.open_table(UNPUBLISHED)?.remove(sequence)?;
            Ok(batch)
        })
    }

    fn change(
        &self,
        sequence: u64,
        to: BatchState,
        from: &[BatchState],
        edit: impl FnOnce(&mut Batch),
    ) -> Result<Batch, QueueError> {
        self.change_with(sequence, to, from, |_, batch| {
            edit(batch);
            Ok(())
        })
    }

    fn change_with(
        &self,
        sequence: u64,
        to: BatchState,
        from: &[BatchState],
        edit: impl FnOnce(&WriteTransaction, &mut Batch) -> Result<(), Fault>,
    ) -> Result<Batch, QueueError> {
        self.file.write(|transaction| {
            let mut batches = transaction.open_table(BATCHES)?;
            let mut batch = self.load(&batches, sequence)?;
            let found = batch.state;
            if !from.contains(&found) {
                return Err(QueueError::Transition { sequence, found, wanted: to }.into());
            }
            edit(transaction, &mut batch)?;
            batch.state = to;
            batches.insert(sequence, &codec::encode(&batch)[..])?;
            if found != to {
                let mut by_state = transaction.open_table(BY_STATE)?;
                by_state.remove((found as u8, sequence))?;
                by_state.insert((to as u8, sequence), ())?;
            }
            Ok(batch)
        })
    }

    fn load(&self, batches: &impl ReadableTable<u64, &'static [u8]>, sequence: u64) -> Result<Batch, Fault> {
        let bytes = batches.get(sequence)?.ok_or(QueueError::NoBatch(sequence))?;
        Ok(codec::decode(sequence, bytes.value()).map_err(|reason| self.file.corrupt(reason))?)
    }
}
