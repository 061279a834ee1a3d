//! Nullifier indices, and the bar that a restored backup meets.

use nonos_core::launch_values::{IndexOutOfRange, RECEIPTS_PER_EPOCH};

use super::engine::{Change, Engine, Table};
use super::ledger::Ledger;
use super::{CounterId, Reserved, StoreError};

/// "A restore was noticed, and the epoch it bars is not known yet": no launch happens in this epoch.
const UNDECIDED: u64 = u64::MAX;
const FILE: &[u8] = b"file";
const BLOCKED: &[u8] = b"blocked";

/// What a new store says about its file.
pub(super) fn identity_entry(identity: [u8; 16]) -> Change {
    Change::new(Table::Meta, FILE, identity)
}

/// A bar that was noticed, or decided, by an older schema.
pub(super) fn blocked_entry(value: &[u8]) -> Change {
    Change::new(Table::Meta, BLOCKED, value)
}

/// (latest epoch, next index) as it is stored.
pub(super) fn index_entry(counter: &[u8; 32], epoch: u64, next: u16) -> Change {
    let value = [epoch.to_be_bytes().as_slice(), &next.to_be_bytes()].concat();
    Change::new(Table::Indices, *counter, value)
}

impl<E: Engine> Ledger<E> {
    /// Compares the file's identity with the recorded one; after a restore the next epoch asked for is barred.
    pub(super) fn notice_restore(&self, identity: [u8; 16]) -> Result<(), StoreError> {
        let _writing = self.writing();
        if self.engine.get(Table::Meta, FILE)?.is_some_and(|recorded| recorded == identity) {
            return Ok(());
        }
        self.engine.commit(&[identity_entry(identity), blocked_entry(&UNDECIDED.to_be_bytes())])
    }

    pub(super) fn reserve_index(&self, counter: &CounterId, epoch: u64) -> Result<Reserved, StoreError> {
        let _writing = self.writing();
        self.check_restored(epoch)?;
        let index = match self.latest(counter)? {
            Some((latest, _)) if latest > epoch => return Err(StoreError::EpochPast { epoch, latest }),
            Some((latest, next)) if latest == epoch => next,
            _ => 0,
        };
        if index >= RECEIPTS_PER_EPOCH {
            return Err(IndexOutOfRange { epoch, index }.into());
        }
        self.engine.commit(&[index_entry(&counter.0, epoch, index + 1)])?;
        Ok(Reserved { epoch, index })
    }

    fn latest(&self, counter: &CounterId) -> Result<Option<(u64, u16)>, StoreError> {
        let Some(bytes) = self.engine.get(Table::Indices, &counter.0)? else { return Ok(None) };
        let (Some(epoch), Some(Ok(next))) = (bytes.get(..8), bytes.get(8..).map(<[u8; 2]>::try_from)) else {
            return Err(self.corrupt("a nullifier index has not ten bytes"));
        };
        Ok(Some((self.number(epoch)?, u16::from_be_bytes(next))))
    }

    /// Bars the epoch in which a restored store is first used; later epochs are safe. The bar is durable.
    fn check_restored(&self, epoch: u64) -> Result<(), StoreError> {
        let Some(bytes) = self.engine.get(Table::Meta, BLOCKED)? else { return Ok(()) };
        let mut barred = self.number(&bytes)?;
        if barred == UNDECIDED {
            barred = epoch;
            self.engine.commit(&[blocked_entry(&barred.to_be_bytes())])?;
        }
        if epoch <= barred {
            return Err(StoreError::Restored { epoch, usable_from: barred.saturating_add(1) });
        }
        Ok(())
    }
}
