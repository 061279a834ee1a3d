//! The chain as verdicts see it: answers from memory, and an error where memory is not enough.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy_primitives::{B256, U256};
use nonos_core::{BatchId, CatalogRoot, InstallRoot, OperatorRoot};

pub use super::facts::AnchoredBatch;
use super::facts::{Dated, Sum, Tree};
use super::source::{ChainFault, Head};
use crate::mesh::ChainView;
use crate::service::clock::{NodeClock, TimeSource};
use crate::verify::{RootSource, RootSourceError, RootStanding};

/// Heads remembered for finding the end of a reorganisation. A deeper one makes the journal be read again from the start.
const HEADS: usize = 256;
/// Blocks remembered because a receipt named them.
const BLOCKS: usize = 1024;

#[derive(Default)]
struct Inner {
    journal: Vec<Dated>,
    sum: Sum,
    heads: VecDeque<Head>,
    blocks: BTreeMap<u64, Head>,
    /// When the chain last answered whole, by the steady clock.
    contact: Option<Duration>,
    fault: Option<String>,
}

/// Shared by the watcher, who writes, and everybody else, who reads.
pub struct ChainState {
    inner: RwLock<Inner>,
    clock: Arc<NodeClock>,
    steady: Box<dyn TimeSource>,
    /// After this long without contact the root of now may not be that any more.
    trusted_for: Duration,
    /// After this long without contact a root that is not known here may well be one.
    complete_for: Duration,
}

impl ChainState {
    /// Nothing known yet. `poll` is how often the chain is asked, `margin` how long a launch may lie after its root.
    pub fn new(clock: Arc<NodeClock>, steady: Box<dyn TimeSource>, poll: Duration, margin: Duration) -> Self {
        let complete_for = poll.saturating_mul(4).max(Duration::from_secs(30));
        let inner = RwLock::new(Inner::default());
        Self { inner, clock, steady, trusted_for: margin.max(complete_for), complete_for }
    }

    fn read<T>(&self, read: impl FnOnce(&Inner) -> T) -> T {
        read(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut Inner) -> T) -> T {
        write(&mut self.inner.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn silence(&self, inner: &Inner) -> Option<Duration> {
        inner.contact.map(|contact| self.steady.steady().saturating_sub(contact))
    }

    fn recent(&self, inner: &Inner) -> bool {
        inner.fault.is_none() && self.silence(inner).is_some_and(|silence| silence <= self.complete_for)
    }

    /// Whether the last question was answered, and not long ago.
    pub fn reachable(&self) -> bool {
        self.read(|inner| self.recent(inner))
    }

    /// The last block whose facts were taken in.
    pub fn head(&self) -> Option<Head> {
        self.read(|inner| inner.heads.back().copied())
    }

    /// Why the chain could not be followed, if it could not.
    pub fn fault(&self) -> Option<String> {
        self.read(|inner| inner.fault.clone())
    }

    /// A batch on chain.
    pub fn batch(&self, id: &BatchId) -> Option<AnchoredBatch> {
        self.read(|inner| inner.sum.batch(id))
    }

    /// Batches on chain.
    pub fn batches(&self) -> usize {
        self.read(|inner| inner.sum.batch_count())
    }

    /// Remembers a block that a receipt names.
    pub fn learn_block(&self, head: Head) {
        self.write(|inner| {
            inner.blocks.insert(head.number, head);
            if inner.blocks.len() > BLOCKS {
                inner.blocks.pop_first();
            }
        });
    }

    /// The chain did not answer, or was not believed.
    pub fn failed(&self, fault: &ChainFault) {
        self.write(|inner| inner.fault = Some(fault.to_string()));
    }

    pub(super) fn contacted(&self) {
        let now = self.steady.steady();
        self.write(|inner| {
            inner.contact = Some(now);
            inner.fault = None;
        });
    }

    pub(super) fn heads(&self) -> Vec<Head> {
        self.read(|inner| inner.heads.iter().copied().collect())
    }

    /// The journal up to and including block `keep`, and what it adds up to. Nothing for `None`.
    pub(super) fn kept(&self, keep: Option<u64>) -> (Vec<Dated>, Sum) {
        self.read(|inner| {
            let end = keep.map_or(0, |keep| inner.journal.partition_point(|dated| dated.block <= keep));
            let kept = inner.journal[..end].to_vec();
            let sum = if end == inner.journal.len() { inner.sum.clone() } else { Sum::of(&kept) };
            (kept, sum)
        })
    }

    /// Takes a state that was checked: the journal up to `head`, whose part after `keep` is new.
    pub(super) fn take(&self, keep: Option<u64>, head: Head, journal: Vec<Dated>, sum: Sum) {
        self.clock.see_block(head.time);
        self.write(|inner| {
            inner.journal = journal;
            inner.sum = sum;
            inner.heads.retain(|old| keep.is_some_and(|keep| old.number <= keep));
            inner.blocks.retain(|number, _| keep.is_some_and(|keep| *number <= keep));
            inner.heads.push_back(head);
            if inner.heads.len() > HEADS {
                inner.heads.pop_front();
            }
        });
        self.contacted();
    }

    fn standing(&self, tree: Tree, root: U256) -> Result<RootStanding, RootSourceError> {
        self.read(|inner| {
            let Some(silence) = self.silence(inner) else {
                let fault = inner.fault.clone().unwrap_or_else(|| "it was not read yet".to_owned());
                return Err(RootSourceError(fault));
            };
            let since_contact = || format!("it last answered {} s ago", silence.as_secs());
            match inner.sum.life(tree, root) {
                Some(life) => match life.superseded {
                    Some(at) => Ok(RootStanding::Superseded { since: life.since, at }),
                    None if silence <= self.trusted_for => Ok(RootStanding::Current { since: life.since }),
                    None => Err(RootSourceError(since_contact())),
                },
                None if self.recent(inner) => Ok(RootStanding::Unknown),
                None => Err(RootSourceError(inner.fault.clone().unwrap_or_else(since_contact))),
            }
        })
    }
}

impl RootSource for ChainState {
    fn operator(&self, root: OperatorRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(Tree::Operators, root.to_u256())
    }

    fn install(&self, root: InstallRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(Tree::Installs, root.to_u256())
    }

    fn catalog(&self, root: CatalogRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(Tree::Catalogs, root.to_u256())
    }

    fn block(&self, number: u64) -> Result<Option<(B256, u64)>, RootSourceError> {
        Ok(self.read(|inner| {
            let head = inner.heads.iter().rev().find(|head| head.number == number);
            head.or_else(|| inner.blocks.get(&number)).map(|head| (head.hash, head.time))
        }))
    }
}

impl ChainView for ChainState {
    fn batch_anchored(&self, batch: &BatchId) -> Result<bool, RootSourceError> {
        Ok(self.batch(batch).is_some_and(|batch| !batch.fallen))
    }
}
