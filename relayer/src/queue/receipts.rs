//! Receipts in the queue: arrival, judgement, and the way into a batch.

use std::collections::HashSet;

use alloy_primitives::Bytes;
use nonos_core::ReceiptLeaf;
use nonos_core::batch::BatchRecord;
use redb::{ReadableTable, ReadableTableMetadata};

use super::codec;
use super::number;
use super::tables::{
    BATCH_LEAVES, BATCHES, BY_STATE, KIND_BATCHED, KIND_QUEUED, KIND_WAITING, LEAVES, META, QUEUED, RECEIPTS,
    UNPUBLISHED, WAITING,
};
use super::{Arrival, Batch, BatchState, Judgement, LeafState, Queue, QueueError, Waiting};

impl Queue {
    /// The arrival number that the source is asked for next.
    pub fn cursor(&self) -> Result<u64, QueueError> {
        self.file.read(|transaction| number(&transaction.open_table(META)?, "cursor"))
    }

    /// Takes a page of arrivals and moves the cursor, in one commit. Leaves that are known are skipped; gives the number
    /// of new ones.
    pub fn arrive(&self, arrivals: &[Arrival], cursor: u64) -> Result<usize, QueueError> {
        self.file.write(|transaction| {
            let mut meta = transaction.open_table(META)?;
            let mut leaves = transaction.open_table(LEAVES)?;
            let mut receipts = transaction.open_table(RECEIPTS)?;
            let mut waiting = transaction.open_table(WAITING)?;
            let mut position = number(&meta, "position")?;
            let mut new = 0;
            for arrival in arrivals {
                let leaf = *arrival.leaf.bytes();
                if leaves.get(leaf)?.is_some() {
                    continue;
                }
                leaves.insert(leaf, (KIND_WAITING, position))?;
                receipts.insert(leaf, &arrival.receipt[..])?;
                waiting.insert(position, leaf)?;
                position += 1;
                new += 1;
            }
            meta.insert("position", &position.to_be_bytes()[..])?;
            meta.insert("cursor", &cursor.to_be_bytes()[..])?;
            Ok(new)
        })
    }

    /// Where a leaf is; `None` if it never came, or was refused.
    pub fn leaf(&self, leaf: &ReceiptLeaf) -> Result<Option<LeafState>, QueueError> {
        let entry = self.file.read(|transaction| {
            let leaves = transaction.open_table(LEAVES)?;
            Ok(leaves.get(*leaf.bytes())?.map(|entry| entry.value()))
        })?;
        entry
            .map(|(kind, number)| match kind {
                KIND_WAITING => Ok(LeafState::Waiting),
                KIND_QUEUED => Ok(LeafState::Queued),
                KIND_BATCHED => Ok(LeafState::Batched(number)),
                other => Err(self.file.corrupt(format!("leaf {leaf} is of the unknown kind {other}"))),
            })
            .transpose()
    }

    /// The encoded receipt of a leaf, while it is kept.
    pub fn receipt(&self, leaf: &ReceiptLeaf) -> Result<Option<Bytes>, QueueError> {
        self.file.read(|transaction| {
            let receipts = transaction.open_table(RECEIPTS)?;
            Ok(receipts.get(*leaf.bytes())?.map(|bytes| Bytes::copy_from_slice(bytes.value())))
        })
    }

    /// Receipts that are not judged yet from `position` on, oldest first.
    pub fn waiting(&self, position: u64, limit: usize) -> Result<Vec<Waiting>, QueueError> {
        self.file.read(|transaction| {
            let receipts = transaction.open_table(RECEIPTS)?;
            let waiting = transaction.open_table(WAITING)?;
            let entries = waiting.range(position..)?.take(limit);
            entries
                .map(|entry| {
                    let (position, leaf) = entry?;
                    let leaf = leaf.value();
                    let receipt = receipts.get(leaf)?.ok_or_else(|| {
                        self.file.corrupt(format!("receipt {} has no bytes", ReceiptLeaf::from(leaf)))
                    })?;
                    Ok(Waiting {
                        position: position.value(),
                        leaf: leaf.into(),
                        receipt: Bytes::copy_from_slice(receipt.value()),
                    })
                })
                .collect()
        })
    }

    /// Judges waiting receipts, in one commit. Those that are no longer waiting are left alone.
    pub fn judge(&self, judgements: &[(u64, Judgement)]) -> Result<(), QueueError> {
        if judgements.is_empty() {
            return Ok(());
        }
        self.file.write(|transaction| {
            let mut leaves = transaction.open_table(LEAVES)?;
            let mut receipts = transaction.open_table(RECEIPTS)?;
            let mut waiting = transaction.open_table(WAITING)?;
            let mut queued = transaction.open_table(QUEUED)?;
            for (position, judgement) in judgements {
                let Some(leaf) = waiting.remove(position)?.map(|leaf| leaf.value()) else { continue };
                match judgement {
                    Judgement::Accept => {
                        leaves.insert(leaf, (KIND_QUEUED, *position))?;
                        queued.insert(position, leaf)?;
                    }
                    Judgement::Refuse => {
                        leaves.remove(leaf)?;
                        receipts.remove(leaf)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// Number of queued receipts, and the positions of the oldest and the newest.
    pub fn queued(&self) -> Result<(u64, Option<(u64, u64)>), QueueError> {
        self.file.read(|transaction| {
            let queued = transaction.open_table(QUEUED)?;
            let oldest = queued.first()?.map(|(position, _)| position.value());
            let newest = queued.last()?.map(|(position, _)| position.value());
            Ok((queued.len()?, oldest.zip(newest)))
        })
    }

    /// Makes a batch of the oldest queued receipts, at most `max`, in one commit. `None` if there are none.
    pub fn form_batch(&self, max: usize) -> Result<Option<Batch>, QueueError> {
        let identity = self.identity;
        self.file.write(|transaction| {
            let mut queued = transaction.open_table(QUEUED)?;
            let mut chosen = Vec::new();
            for entry in queued.iter()?.take(max) {
                let (position, leaf) = entry?;
                chosen.push((position.value(), leaf.value()));
            }
            if chosen.is_empty() {
                return Ok(None);
            }
            let members = chosen.iter().map(|(_, leaf)| ReceiptLeaf::from(*leaf));
            let record = BatchRecord::new(identity.chain_id, identity.anchor, identity.relayer, members)
                .map_err(QueueError::from)?;
            let mut meta = transaction.open_table(META)?;
            let sequence = number(&meta, "sequence")? + 1;
            meta.insert("sequence", &sequence.to_be_bytes()[..])?;

            let mut leaves = transaction.open_table(LEAVES)?;
            let mut seen = HashSet::with_capacity(chosen.len());
            for (position, leaf) in &chosen {
                let before = leaves.insert(leaf, (KIND_BATCHED, sequence))?.map(|entry| entry.value());
                if before != Some((KIND_QUEUED, *position)) || !seen.insert(leaf) {
                    let leaf = ReceiptLeaf::from(*leaf);
                    return Err(self.file.corrupt(format!("leaf {leaf} is queued twice")).into());
                }
                queued.remove(position)?;
            }
            let batch = Batch {
                sequence,
                state: BatchState::Batched,
                reference: record.batch,
                attempts: Vec::new(),
                seen: None,
                published: false,
            };
            transaction.open_table(BATCHES)?.insert(sequence, &codec::encode(&batch)[..])?;
            let members: Vec<u8> = chosen.iter().flat_map(|(_, leaf)| *leaf).collect();
            transaction.open_table(BATCH_LEAVES)?.insert(sequence, &members[..])?;
            transaction.open_table(BY_STATE)?.insert((BatchState::Batched as u8, sequence), ())?;
            transaction.open_table(UNPUBLISHED)?.insert(sequence, ())?;
            Ok(Some(batch))
        })
    }
}
