//! The challenger's service: reads batches, looks at every leaf, acts on what is not in order.

use super::metrics::ChallengerMetrics;
use super::watch::{Evidence, Finding, Watch, Watches};
use crate::chain::{BatchStanding, Batches, Head};
use crate::clock::Clock;
use crate::cursor::{Cursor, newest};
use crate::error::{MarketError, TableError};
use crate::judge::{self, Word};
use crate::node::Node;
use crate::repeat::repeat;
use crate::table::Table;
use alloy_primitives::{B256, Bytes, U256};
use nonos_core::receipt::{Receipt, ReceiptHeader};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a challenger works. Times in seconds of the chain, amounts in wei.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long receipts and leaf lists may take to come before they are demanded.
    pub patience: u64,
    /// Most demands for one batch; 0 never demands.
    pub max_demands: u32,
    /// Most wei for the bond of one demand.
    pub max_bond: U256,
    /// Most leaves looked at before every batch had its turn.
    pub leaves_per_look: u32,
    /// Most batches under watch at a time.
    pub max_watched: usize,
    /// How often the chain is looked at.
    pub poll: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            patience: 15 * 60,
            max_demands: 4,
            max_bond: U256::from(50_000_000_000_000_000u64),
            leaves_per_look: 256,
            max_watched: 4096,
            poll: Duration::from_secs(4),
        }
    }
}

/// Watches an anchor's batches.
pub struct ChallengerAgent {
    pub(super) terms: Terms,
    pub(super) chain: Arc<dyn Batches>,
    pub(super) node: Arc<dyn Node>,
    pub(super) table: Table,
    pub(super) metrics: ChallengerMetrics,
    salts: fn() -> Result<B256, String>,
    clock: Clock,
    cursor: Cursor,
}

/// What a leaf turned out to be.
enum Leaf {
    InOrder,
    Wrong(Finding),
}

impl ChallengerAgent {
    /// Puts the parts together; reads go on where `table` says, or from `first_block`. `salts` gives fresh random words:
    /// whoever could guess one could take the reward.
    pub fn new(
        terms: Terms,
        chain: Arc<dyn Batches>,
        node: Arc<dyn Node>,
        table: Table,
        first_block: u64,
        metrics: ChallengerMetrics,
        salts: fn() -> Result<B256, String>,
    ) -> Result<Self, MarketError> {
        let cursor = Cursor::load(&table, first_block)?;
        Ok(Self { terms, chain, node, table, metrics, salts, clock: Clock::system(), cursor })
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Watches until it is cancelled. Ends early only if its own table fails.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), MarketError> {
        tracing::info!(account = %self.chain.account(), "challenger agent is up");
        repeat(self.terms.poll, &cancel, async || self.look().await).await?;
        tracing::info!("challenger agent stopped");
        Ok(())
    }

    /// One look at everything. True if something was done, so that the next look need not wait.
    pub async fn look(&mut self) -> Result<bool, MarketError> {
        let outage = || self.metrics.outage("chain");
        let Some(head) = newest(&*self.chain, outage).await else { return Ok(false) };
        let mut busy = self.read(&head).await?;
        let now = self.clock.now(&head);
        let watched = Watches(&self.table).open()?;
        self.metrics.watched(watched.len());
        for mut watch in watched {
            match self.attend(&mut watch, &head, now).await {
                Ok(did) => busy |= did,
                Err(MarketError::Table(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(batch = %watch.batch.id, %error, "not done, to be tried again"),
            }
        }
        Ok(busy)
    }

    /// What is known of every batch under watch.
    pub fn watches(&self) -> Result<Vec<Watch>, TableError> {
        Watches(&self.table).open()
    }

    /// Batches that ended with something not in order.
    pub fn findings(&self) -> Result<Vec<Watch>, TableError> {
        Watches(&self.table).closed_with_findings()
    }

    async fn read(&mut self, head: &Head) -> Result<bool, MarketError> {
        let chain = Arc::clone(&self.chain);
        let Some(span) = self.cursor.due(&*chain, head).await else { return Ok(false) };
        let found = async {
            Ok((chain.anchored(span.from, span.to).await?, chain.revealed(span.from, span.to).await?))
        };
        let (anchored, revealed) = match found.await {
            Ok(found) => found,
            Err(error) if self.cursor.shrink(&error) => return Ok(true),
            Err(error) => {
                self.metrics.outage("chain");
                tracing::warn!(%error, from = span.from, to = span.to, "cannot read batches");
                return Ok(false);
            }
        };
        let watches = Watches(&self.table);
        for batch in anchored {
            if watches.knows(batch.id)? {
                continue;
            }
            if watches.open()?.len() >= self.terms.max_watched {
                // The cursor stays where it is: the batch is read again when there is room.
                tracing::warn!(batch = %batch.id, "too many batches are under watch; reading stops until some are final");
                return Ok(false);
            }
            self.metrics.batch();
            tracing::info!(batch = %batch.id, leaves = batch.batch.size, relayer = %batch.batch.relayer, "watching");
            watches.put(&Watch::new(batch, self.clock.now(head)))?;
        }
        for leaf in revealed {
            // Whoever demanded it: it is a leaf with its receipt, which we may not have had.
            let evidence = Box::new(Evidence { header: leaf.header, proof: leaf.proof });
            let watched = watches.open()?.into_iter().find(|watch| watch.batch.id == leaf.batch);
            if let Some(mut watch) = watched
                && matches!(
                    watch.findings.get(&leaf.index),
                    None | Some(Finding::Missing { .. } | Finding::Demanded)
                )
            {
                watch.findings.insert(leaf.index, Finding::Undecided { evidence });
                watch.settled = false;
                watches.put(&watch)?;
            }
        }
        self.cursor.advance(&self.table, &span)?;
        Ok(span.to < head.number)
    }

    /// Looks at one batch, as far as one turn goes. True if something was done.
    async fn attend(&mut self, watch: &mut Watch, head: &Head, now: u64) -> Result<bool, MarketError> {
        if watch.settled && now < watch.batch.final_at {
            return Ok(false);
        }
        let standing = self.chain.standing(watch.batch.id).await?;
        let watches = Watches(&self.table);
        match standing {
            BatchStanding::Unknown => {
                tracing::info!(batch = %watch.batch.id, "reorganised away");
                watches.forget(watch.batch.id)?;
                return Ok(true);
            }
            BatchStanding::Pending { .. } => {}
            BatchStanding::Final | BatchStanding::Frozen | BatchStanding::Fallen => {
                if !watch.is_entangled() {
                    watches.close(watch)?;
                    return Ok(true);
                }
            }
        }
        let mut did = false;
        if let BatchStanding::Pending { final_at, .. } = standing
            && watch.settled
        {
            // Somebody demanded a leaf: it is final later than was said first.
            watch.batch.final_at = final_at.max(now.saturating_add(1));
            watches.put(watch)?;
            return Ok(false);
        }
        if let BatchStanding::Pending { .. } = standing {
            did |= self.fetch_leaves(watch).await?;
            did |= self.look_at_leaves(watch, now).await?;
        }
        let places: Vec<u32> = watch.findings.keys().copied().collect();
        for index in places {
            did |= self.act(watch, index, &standing, head, now).await?;
        }
        if let BatchStanding::Pending { demandable_until, .. } = standing
            && watch.leaves.is_none()
            && !watch.settled
            && now > watch.since.saturating_add(self.terms.patience)
        {
            // Nobody has the list: to show any place takes somebody who has all of it.
            // Which one, nobody can foresee.
            let word = U256::from_be_bytes(self.salt()?.0);
            let index = u32::try_from(word % U256::from(watch.batch.batch.size.max(1))).unwrap_or(0);
            if !watch.findings.contains_key(&index) {
                did |= self.demand(watch, index, demandable_until, now).await?;
            }
        }
        if watch.settle() {
            watches.put(watch)?;
        }
        Ok(did)
    }

    async fn fetch_leaves(&self, watch: &mut Watch) -> Result<bool, MarketError> {
        if watch.leaves.is_some() {
            return Ok(false);
        }
        let batch = watch.batch;
        let outage = |error| {
            self.metrics.outage("node");
            tracing::debug!(batch = %batch.id, %error, "the node has no leaves");
        };
        let leaves = judge::leaves(&*self.node, &*self.chain, &batch, outage).await?;
        watch.leaves = leaves;
        if watch.leaves.is_some() {
            Watches(&self.table).put(watch)?;
        }
        Ok(watch.leaves.is_some())
    }

    async fn look_at_leaves(&self, watch: &mut Watch, now: u64) -> Result<bool, MarketError> {
        let Some(leaves) = watch.leaves.clone() else { return Ok(false) };
        let size = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        let last = watch.next.saturating_add(self.terms.leaves_per_look).min(size);
        let from = watch.next;
        for (index, leaf) in (from..last).zip(leaves.iter().skip(from as usize)) {
            // What was revealed meanwhile is a finding already.
            if !watch.findings.contains_key(&index)
                && let Leaf::Wrong(finding) = self.judge(leaf, now).await?
            {
                watch.findings.insert(index, finding);
            }
            watch.next = index + 1;
        }
        if watch.next > from {
            self.metrics.leaves(u64::from(watch.next - from));
            Watches(&self.table).put(watch)?;
        }
        Ok(watch.next > from)
    }

    async fn judge(&self, leaf: &B256, now: u64) -> Result<Leaf, MarketError> {
        let word = judge::leaf(&*self.node, &*self.chain, *leaf).await;
        let evidence =
            |receipt: Receipt| Box::new(Evidence { header: receipt.header, proof: receipt.launchProof });
        Ok(match word.inspect_err(|_| self.metrics.outage("node"))? {
            Word::InOrder => Leaf::InOrder,
            Word::Missing => Leaf::Wrong(Finding::Missing { since: now }),
            Word::Suspect(receipt, why) => {
                self.metrics.suspect();
                tracing::warn!(%leaf, why, "a suspect leaf");
                Leaf::Wrong(Finding::Suspect { evidence: evidence(*receipt), salt: None })
            }
            Word::Undecided(receipt, why) => {
                tracing::debug!(%leaf, why, "the node cannot judge a leaf: asking the chain");
                Leaf::Wrong(Finding::Undecided { evidence: evidence(*receipt) })
            }
        })
    }

    /// Asks the node again for a leaf that was missing.
    pub(super) async fn again(&self, watch: &mut Watch, index: u32, now: u64) -> Result<bool, MarketError> {
        let leaf = watch.leaves.as_ref().and_then(|leaves| leaves.get(index as usize)).copied();
        let Some(leaf) = leaf else { return Ok(false) };
        match self.judge(&leaf, now).await? {
            Leaf::InOrder => {
                watch.findings.remove(&index);
            }
            Leaf::Wrong(Finding::Missing { .. }) => return Ok(false),
            Leaf::Wrong(finding) => {
                watch.findings.insert(index, finding);
            }
        }
        Watches(&self.table).put(watch)?;
        Ok(true)
    }

    pub(super) fn salt(&self) -> Result<B256, MarketError> {
        (self.salts)()
            .map_err(|error| MarketError::Setting(format!("the system gives no random bytes: {error}")))
    }

    /// Whether header and proof are what stands at this place.
    pub(super) fn stands_for(
        &self,
        watch: &Watch,
        index: u32,
        header: &ReceiptHeader,
        proof: &Bytes,
    ) -> bool {
        let leaf = watch.leaves.as_ref().and_then(|leaves| leaves.get(index as usize));
        leaf.is_some_and(|leaf| *leaf == self.chain.leaf_of(header, proof))
    }
}
