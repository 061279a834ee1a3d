//! Polling: reads on, notices reorganisations, survives outages.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use nonos_core::BatchId;
use nonos_core::batch::BatchRef;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::facts::{Dated, Fact};
use super::source::{ChainFault, ChainSource, Head};
use super::state::ChainState;

/// Blocks whose facts are taken in at once: a first sync shows progress, and an outage in it loses little.
const STRIDE: u64 = 50_000;

/// How often the chain is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// While it answers.
    pub poll: Duration,
    /// After the first failure; doubles with every further one.
    pub first_retry: Duration,
    /// Longest wait after a failure.
    pub last_retry: Duration,
}

impl Default for Pace {
    /// Two seconds; from one second to a minute.
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(2),
            first_retry: Duration::from_secs(1),
            last_retry: Duration::from_secs(60),
        }
    }
}

/// What the rest of the node has to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A batch is on chain. May come again after a reorganisation or a restart.
    Anchored {
        /// What was anchored.
        batch: BatchRef,
        /// In this block.
        block: u64,
        /// When it becomes final unless it is challenged.
        final_at: u64,
    },
    /// Its leaves were in the transaction.
    Leaves {
        /// Which batch.
        batch: BatchId,
        /// Its leaves.
        leaves: Vec<B256>,
    },
    /// An operator's score has to be read again.
    Settled(B256),
    /// The chain went on, or came back.
    Head(Head),
    /// The chain does not answer, or is not believed.
    Lost(ChainFault),
}

/// Follows a chain into a [`ChainState`].
pub struct ChainWatcher {
    source: Arc<dyn ChainSource>,
    state: Arc<ChainState>,
    first_block: u64,
    pace: Pace,
    notices: mpsc::Sender<Notice>,
    wake: Arc<Notify>,
}

impl ChainWatcher {
    /// Follows `source` from `first_block` on. `wake` makes it poll at once.
    pub fn new(
        source: Arc<dyn ChainSource>,
        state: Arc<ChainState>,
        first_block: u64,
        pace: Pace,
        notices: mpsc::Sender<Notice>,
        wake: Arc<Notify>,
    ) -> Self {
        Self { source, state, first_block, pace, notices, wake }
    }

    /// Polls until it is told to stop.
    pub async fn run(self, cancel: CancellationToken) {
        let mut failures = 0u32;
        loop {
            let polled = tokio::select! {
                () = cancel.cancelled() => return,
                polled = self.poll() => polled,
            };
            let wait = match polled {
                Ok(true) => continue,
                Ok(false) => {
                    if failures > 0 {
                        tracing::info!(failures, "the chain answers again");
                    }
                    failures = 0;
                    self.pace.poll
                }
                Err(fault) => {
                    if failures == 0 {
                        tracing::warn!(%fault, "the chain cannot be followed");
                    }
                    self.state.failed(&fault);
                    let _ = self.notices.send(Notice::Lost(fault)).await;
                    let doubled = self.pace.first_retry.saturating_mul(1 << failures.min(16));
                    failures = failures.saturating_add(1);
                    doubled.min(self.pace.last_retry)
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                // Somebody met a root that is not known here; an outage is not asked about more often for that.
                () = self.wake.notified(), if failures == 0 => {}
            }
        }
    }

    /// One step. `true` if there is more to read.
    pub async fn poll(&self) -> Result<bool, ChainFault> {
        let newest = self.source.head().await?;
        let keep = match self.common(&newest).await? {
            Common::Nothing => None,
            Common::Upto(keep) => Some(keep),
            Common::Ahead => {
                self.state.contacted();
                return Ok(false);
            }
        };
        let from = keep.map_or(self.first_block, |keep| keep.saturating_add(1));
        let head = match from.saturating_add(STRIDE) {
            end if end < newest.number => self.known_block(end).await?,
            _ => newest,
        };
        let facts = if from <= head.number { self.source.facts(from, head.number).await? } else { vec![] };
        check_order(&facts, from, head.number)?;
        let (mut journal, mut sum) = self.state.kept(keep);
        facts.iter().for_each(|dated| sum.add(dated));
        let stated = self.source.roots(head.number).await?;
        if self.known_block(head.number).await?.hash != head.hash {
            return Err(ChainFault::Moved(head.number));
        }
        let derived = sum.registry_roots();
        for (tree, (derived, stated)) in
            ["operator", "install"].into_iter().zip(derived.into_iter().zip(stated))
        {
            if derived != stated {
                return Err(ChainFault::Contradiction { tree, block: head.number, derived, stated });
            }
        }
        // Leaves go to the store, not into memory.
        journal.extend(facts.iter().filter(|dated| !matches!(dated.fact, Fact::Leaves { .. })).cloned());
        self.state.take(keep, head, journal, sum);
        self.tell(facts, head).await;
        Ok(head.number < newest.number)
    }

    async fn known_block(&self, number: u64) -> Result<Head, ChainFault> {
        let block = self.source.block(number).await?;
        block.ok_or_else(|| {
            ChainFault::Nonsense(format!("block {number} is below the head, but is not there"))
        })
    }

    /// How far what was read before still stands.
    async fn common(&self, newest: &Head) -> Result<Common, ChainFault> {
        let heads = self.state.heads();
        let mut replaced = false;
        for head in heads.iter().rev().filter(|head| head.number <= newest.number) {
            let found =
                if head.number == newest.number { *newest } else { self.known_block(head.number).await? };
            if found.hash != head.hash {
                tracing::warn!(block = head.number, "the chain was reorganised");
                replaced = true;
                continue;
            }
            let last = heads.last().map_or(0, |last| last.number);
            return Ok(match head.number {
                // A replica that lags, or the head of before: nothing new.
                number if number == newest.number || (newest.number < last && !replaced) => Common::Ahead,
                number => Common::Upto(number),
            });
        }
        Ok(Common::Nothing)
    }

    async fn tell(&self, facts: Vec<Dated>, head: Head) {
        for dated in facts {
            let notice = match dated.fact {
                Fact::Anchored { batch, final_at } => {
                    Notice::Anchored { batch, block: dated.block, final_at }
                }
                Fact::Leaves { batch, leaves } => Notice::Leaves { batch, leaves },
                Fact::Settled(operator) => Notice::Settled(operator),
                _ => continue,
            };
            let _ = self.notices.send(notice).await;
        }
        let _ = self.notices.send(Notice::Head(head)).await;
    }
}

enum Common {
    /// Nothing stands: read from the start.
    Nothing,
    /// Everything up to this block stands.
    Upto(u64),
    /// Everything stands, and there is nothing new.
    Ahead,
}

/// Facts lie in the blocks that were asked for, in order.
fn check_order(facts: &[Dated], from: u64, to: u64) -> Result<(), ChainFault> {
    let mut last = from;
    for dated in facts {
        if dated.block < last || dated.block > to {
            let block = dated.block;
            return Err(ChainFault::Nonsense(format!(
                "an event of block {block} among those of {last}..={to}"
            )));
        }
        last = dated.block;
    }
    Ok(())
}
