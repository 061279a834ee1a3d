//! Reads the whole file and checks that its tables tell one story.

use std::collections::{BTreeSet, HashSet};

use nonos_core::ReceiptLeaf;
use redb::{ReadableTable, ReadableTableMetadata};

use super::file::Fault;
use super::tables::{
    BATCH_LEAVES, BATCHES, BY_STATE, KIND_BATCHED, KIND_QUEUED, KIND_WAITING, LEAVES, META, QUEUED, RECEIPTS,
    UNPUBLISHED, WAITING,
};
use super::{BatchState, Queue, QueueError, codec, number};

/// What a check went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Leaves.
    pub leaves: u64,
    /// Batches.
    pub batches: u64,
}

impl Queue {
    /// Every leaf is in exactly one place, every batch has the leaves that its id commits to and stands under its state,
    /// numbers have no gap. An error names the first contradiction.
    pub fn check(&self) -> Result<Checked, QueueError> {
        self.file
            .read(|transaction| {
                let wrong = |reason: String| Fault::from(self.file.corrupt(reason));
                let meta = transaction.open_table(META)?;
                let leaves = transaction.open_table(LEAVES)?;
                let receipts = transaction.open_table(RECEIPTS)?;
                let members = transaction.open_table(BATCH_LEAVES)?;
                let by_state = transaction.open_table(BY_STATE)?;
                let unpublished = transaction.open_table(UNPUBLISHED)?;
                let mut placed = HashSet::new();
                let mut place = |leaf: [u8; 32], kind: u8, number: u64| -> Result<(), Fault> {
                    let name = ReceiptLeaf::from(leaf);
                    if !placed.insert(leaf) {
                        return Err(wrong(format!("leaf {name} is in two places")));
                    }
                    match leaves.get(leaf)?.map(|entry| entry.value()) {
                        Some(entry) if entry == (kind, number) => Ok(()),
                        entry => {
                            Err(wrong(format!("leaf {name} is at ({kind}, {number}), noted is {entry:?}")))
                        }
                    }
                };
                for (table, kind) in [(WAITING, KIND_WAITING), (QUEUED, KIND_QUEUED)] {
                    for entry in transaction.open_table(table)?.iter()? {
                        let (position, leaf) = entry?;
                        place(leaf.value(), kind, position.value())?;
                        if receipts.get(leaf.value())?.is_none() {
                            let name = ReceiptLeaf::from(leaf.value());
                            return Err(wrong(format!("leaf {name} waits without a receipt")));
                        }
                    }
                }
                let (mut count, mut ids, mut states) = (0, HashSet::new(), BTreeSet::new());
                for entry in transaction.open_table(BATCHES)?.iter()? {
                    let (sequence, bytes) = entry?;
                    let sequence = sequence.value();
                    count += 1;
                    if sequence != count {
                        return Err(wrong(format!("batch {count} is missing")));
                    }
                    let batch = codec::decode(sequence, bytes.value()).map_err(wrong)?;
                    if !ids.insert(batch.id()) {
                        return Err(wrong(format!("two batches have the id {}", batch.id())));
                    }
                    let seen = batch.state >= BatchState::Mined;
                    if batch.seen.is_some() != seen {
                        return Err(wrong(format!("batch {sequence} is {:?}, seen: {seen}", batch.state)));
                    }
                    if batch.published == unpublished.get(sequence)?.is_some() {
                        return Err(wrong(format!("batch {sequence} is and is not published")));
                    }
                    states.insert((batch.state as u8, sequence));
                    let bytes = members.get(sequence)?;
                    let bytes = bytes.ok_or_else(|| wrong(format!("batch {sequence} has no leaves")))?;
                    for leaf in bytes.value().chunks(32) {
                        let leaf = leaf.try_into().map_err(|_| wrong("a leaf is cut off".into()))?;
                        place(leaf, KIND_BATCHED, sequence)?;
                    }
                }
                let noted: BTreeSet<(u8, u64)> =
                    by_state.iter()?.map(|entry| Ok(entry?.0.value())).collect::<Result<_, Fault>>()?;
                if noted != states {
                    return Err(wrong("the index of states is not that of the batches".into()));
                }
                if number(&meta, "sequence")? != count {
                    return Err(wrong(format!("{count} batches, noted are {}", number(&meta, "sequence")?)));
                }
                if leaves.len()? != placed.len() as u64 {
                    return Err(wrong(format!("{} leaves noted, {} found", leaves.len()?, placed.len())));
                }
                Ok((Checked { leaves: placed.len() as u64, batches: count }, count))
            })
            .and_then(|(checked, count)| {
                // Roots and commitments, outside of the transaction above.
                (1..=count).try_for_each(|sequence| self.record(sequence).map(drop)).map(|()| checked)
            })
    }
}
