//! The verifier's service: reads jobs, looks at their batches, bids, vouches, and collects.

use super::decide::{Offer, offer};
use super::job::{Entry, Jobs, Look};
use super::metrics::VerifierMetrics;
use crate::chain::{BatchStanding, Head, JobStanding, JobState, Mined, Opinions};
use crate::clock::Clock;
use crate::cursor::{Cursor, newest};
use crate::error::{MarketError, SendError, TableError};
use crate::judge::{self, Word};
use crate::node::Node;
use crate::repeat::repeat;
use crate::table::Table;
use alloy_primitives::{B256, U256};
use nonos_contracts::blob::LeafBlob;
use nonos_core::batch::data_commitment;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a verifier works. Amounts in wei.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Least fee for a job,
    pub min_fee: u128,
    /// and for each leaf of its batch.
    pub fee_per_leaf: u128,
    /// Most stake for one job.
    pub max_stake: U256,
    /// Most leaves looked at before every job had its turn.
    pub leaves_per_look: u32,
    /// Most jobs under watch at a time.
    pub max_jobs: usize,
    /// How often the chain is looked at.
    pub poll: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            min_fee: 200_000_000_000_000,
            fee_per_leaf: 1_000_000_000_000,
            max_stake: U256::from(1_000_000_000_000_000_000u64),
            leaves_per_look: 256,
            max_jobs: 1024,
            poll: Duration::from_secs(4),
        }
    }
}

/// Works for a verification market.
pub struct VerifierAgent {
    terms: Terms,
    chain: Arc<dyn Opinions>,
    node: Arc<dyn Node>,
    table: Table,
    metrics: VerifierMetrics,
    clock: Clock,
    cursor: Cursor,
}

impl VerifierAgent {
    /// Puts the parts together; reads go on where `table` says, or from `first_block`.
    pub fn new(
        terms: Terms,
        chain: Arc<dyn Opinions>,
        node: Arc<dyn Node>,
        table: Table,
        first_block: u64,
        metrics: VerifierMetrics,
    ) -> Result<Self, MarketError> {
        let cursor = Cursor::load(&table, first_block)?;
        Ok(Self { terms, chain, node, table, metrics, clock: Clock::system(), cursor })
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Works until it is cancelled. Ends early only if its own table fails.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), MarketError> {
        tracing::info!(account = %self.chain.account(), "verifier agent is up");
        repeat(self.terms.poll, &cancel, async || self.look().await).await?;
        tracing::info!("verifier agent stopped");
        Ok(())
    }

    /// One look at everything. True if something was done, so that the next look need not wait.
    pub async fn look(&mut self) -> Result<bool, MarketError> {
        let outage = || self.metrics.outage("chain");
        let Some(head) = newest(&*self.chain, outage).await else { return Ok(false) };
        let mut busy = self.read(&head).await?;
        let now = self.clock.now(&head);
        let open = Jobs(&self.table).open()?;
        self.metrics.open(open.len());
        for mut entry in open {
            match self.attend(&mut entry, now).await {
                Ok(did) => busy |= did,
                Err(MarketError::Table(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(job = %entry.job.id, %error, "not done, to be tried again"),
            }
        }
        Ok(busy)
    }

    /// Jobs that go on, and those that ended for us.
    pub fn jobs(&self) -> Result<(Vec<Entry>, Vec<Entry>), TableError> {
        let jobs = Jobs(&self.table);
        Ok((jobs.open()?, jobs.closed()?))
    }

    async fn read(&mut self, head: &Head) -> Result<bool, MarketError> {
        let chain = Arc::clone(&self.chain);
        let Some(span) = self.cursor.due(&*chain, head).await else { return Ok(false) };
        let posted = match chain.posted(span.from, span.to).await {
            Ok(posted) => posted,
            Err(error) if self.cursor.shrink(&error) => return Ok(true),
            Err(error) => {
                self.metrics.outage("chain");
                tracing::warn!(%error, from = span.from, to = span.to, "cannot read jobs");
                return Ok(false);
            }
        };
        let jobs = Jobs(&self.table);
        for job in posted {
            if jobs.knows(job.id)? {
                continue;
            }
            if jobs.open()?.len() >= self.terms.max_jobs {
                // The cursor stays where it is: the job is read again when there is room.
                tracing::warn!(job = %job.id, "too many jobs are under watch; reading stops until some have ended");
                return Ok(false);
            }
            let batch = match chain.anchored_batch(job.batch).await {
                Ok(Some(batch)) => batch,
                Ok(None) => continue,
                Err(error) => {
                    self.metrics.outage("chain");
                    tracing::warn!(%error, batch = %job.batch, "cannot read the batch of a job");
                    return Ok(false);
                }
            };
            self.metrics.job();
            tracing::info!(job = %job.id, batch = %job.batch, leaves = batch.batch.size, "an opinion is wanted");
            jobs.put(&Entry::new(job, batch))?;
        }
        self.cursor.advance(&self.table, &span)?;
        Ok(span.to < head.number)
    }

    /// The next thing about one job. True if something was done.
    async fn attend(&self, entry: &mut Entry, now: u64) -> Result<bool, MarketError> {
        let id = entry.job.id;
        let standing = self.chain.job(id).await?;
        match standing.state {
            JobState::Open => {}
            JobState::Unknown => {
                tracing::info!(job = %id, "reorganised away");
                Jobs(&self.table).forget(id)?;
                return Ok(true);
            }
            ended => {
                if ended == JobState::Slashed {
                    self.metrics.slashed();
                    tracing::warn!(job = %id, batch = %entry.job.batch, "fraud was proven in a batch that an opinion was wanted on");
                }
                return self.close(entry, format!("{ended:?}").to_lowercase());
            }
        }
        let us = self.chain.account();
        let held = standing.places.iter().find(|place| place.verifier == us);
        let bidding = now <= entry.job.terms.biddingEnd.to::<u64>();
        match held.map(|place| place.said) {
            Some(false) if bidding => Ok(false),
            Some(said) => self.hold(entry, &standing, said, now).await,
            None if bidding => self.seek(entry, &standing).await,
            None => self.close(entry, "others hold the places".into()),
        }
    }

    /// We have a place, and bidding is over.
    async fn hold(
        &self,
        entry: &mut Entry,
        standing: &JobStanding,
        said: bool,
        now: u64,
    ) -> Result<bool, MarketError> {
        let id = entry.job.id;
        let terms = &entry.job.terms;
        if standing.places.len() < usize::from(terms.quorum) {
            return self.tried("unwind", id, self.chain.give_up(id).await);
        }
        if said || now > terms.attestDeadline.to::<u64>() {
            if now < standing.settleable_at {
                return Ok(false);
            }
            return self.tried("settle", id, self.chain.settle(id).await);
        }
        // Known before it was bid on; only a lost table makes it look again.
        if let Look::Underway { .. } = entry.look {
            return self.inspect(entry).await;
        }
        if entry.look != Look::Sound {
            tracing::error!(job = %id, look = ?entry.look, "we hold a place and cannot vouch: silence costs a tenth of the stake");
            return Ok(false);
        }
        self.tried("vouch", id, self.chain.vouch(id).await)
    }

    /// We have none, and bids are taken.
    async fn seek(&self, entry: &mut Entry, standing: &JobStanding) -> Result<bool, MarketError> {
        let id = entry.job.id;
        let (leaves, us) = (entry.batch.batch.size, self.chain.account());
        let fee = match offer(&self.terms, &entry.job.terms, leaves, &standing.places, us) {
            Offer::Never(why) => return self.close(entry, format!("not for us: {why}")),
            Offer::Wait => None,
            Offer::Bid(fee) => Some(fee),
        };
        match &entry.look {
            Look::Underway { .. } => return self.inspect(entry).await,
            Look::Unsound { why } => {
                let end = format!("not vouched for: {why}");
                return self.close(entry, end);
            }
            Look::Sound => {}
        }
        let Some(fee) = fee else { return Ok(false) };
        if !matches!(self.chain.standing(entry.job.batch).await?, BatchStanding::Pending { .. }) {
            return Ok(false);
        }
        let (free, stake) = (self.chain.free().await?, U256::from(entry.job.terms.stake));
        if free < stake {
            tracing::warn!(job = %id, %free, %stake, "too little is free for the stake; put ether in with `nonos verifier deposit`");
            return Ok(false);
        }
        self.tried("bid", id, self.chain.bid(id, fee).await)
    }

    /// Looks at some more leaves.
    async fn inspect(&self, entry: &mut Entry) -> Result<bool, MarketError> {
        let Look::Underway { leaves, next } = entry.look.clone() else { return Ok(false) };
        let batch = entry.batch;
        let Some(leaves) = leaves else {
            let outage = |error| {
                self.metrics.outage("node");
                tracing::debug!(batch = %batch.id, %error, "the node has no leaves");
            };
            let Some(leaves) = judge::leaves(&*self.node, &*self.chain, &batch, outage).await? else {
                return Ok(false);
            };
            if !is_committed(&leaves, batch.batch.dataCommitment) {
                return self.found_wrong(entry, "the data are not the leaves under the root".into());
            }
            entry.look = Look::Underway { leaves: Some(leaves), next };
            Jobs(&self.table).put(entry)?;
            return Ok(true);
        };
        let from = next as usize;
        let turn = leaves.iter().skip(from).take(self.terms.leaves_per_look as usize);
        let mut next = next;
        for leaf in turn {
            let word = judge::leaf(&*self.node, &*self.chain, *leaf).await;
            match word.inspect_err(|_| self.metrics.outage("node"))? {
                Word::InOrder => {
                    self.metrics.leaf();
                    next = next.saturating_add(1);
                }
                // It may still come, while bids are taken.
                Word::Missing => break,
                Word::Suspect(_, why) | Word::Undecided(_, why) => {
                    return self.found_wrong(entry, format!("leaf {next}: {why}"));
                }
            }
        }
        let done = next as usize >= leaves.len();
        let did = next as usize > from;
        entry.look = if done { Look::Sound } else { Look::Underway { leaves: Some(leaves), next } };
        if did {
            Jobs(&self.table).put(entry)?;
        }
        Ok(did)
    }

    fn found_wrong(&self, entry: &mut Entry, why: String) -> Result<bool, MarketError> {
        tracing::warn!(job = %entry.job.id, batch = %entry.job.batch, why, "not to be vouched for");
        self.metrics.unsound();
        entry.look = Look::Unsound { why };
        Jobs(&self.table).put(entry)?;
        Ok(true)
    }

    fn close(&self, entry: &Entry, end: String) -> Result<bool, MarketError> {
        tracing::info!(job = %entry.job.id, end, "over for us");
        Jobs(&self.table).close(entry, end)?;
        Ok(true)
    }

    /// A refusal is no failure: somebody was faster, or it is too early by a block. The contract's state decides what is next.
    fn tried(
        &self,
        kind: &'static str,
        job: B256,
        sent: Result<Mined, SendError>,
    ) -> Result<bool, MarketError> {
        self.metrics.sent(kind, &sent);
        match sent {
            Ok(mined) => {
                tracing::info!(%job, kind, tx = %mined.hash, "mined");
                Ok(true)
            }
            Err(SendError::Refused { reason, .. }) => {
                tracing::info!(%job, kind, reason, "refused");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a batch that commits to this has exactly these leaves as its data: by their hash, or by the blob that they make.
fn is_committed(leaves: &[B256], commitment: B256) -> bool {
    B256::from(data_commitment(leaves)) == commitment
        || LeafBlob::encode(leaves).is_ok_and(|blob| blob.versioned_hash() == commitment)
}
