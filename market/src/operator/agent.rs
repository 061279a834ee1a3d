//! The operator's service: reads submissions, looks at every job, does the one next thing about each, sleeps.

use super::decide::{Facts, decide};
use super::job::{Job, Jobs, Outcome, Stage};
use super::metrics::OperatorMetrics;
use super::terms::Terms;
use crate::chain::{Head, Market, RequestState, Submission};
use crate::clock::Clock;
use crate::cursor::{Cursor, newest};
use crate::error::{MarketError, TableError};
use crate::launch::{Launch, LaunchFailure};
use crate::node::{Inclusion, Node};
use crate::table::Table;
use alloy_primitives::B256;
use nonos_core::receipt::Receipt;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Longest pause after a failure, in seconds.
const MAX_BACKOFF: u64 = 15;

/// A launch that ended.
pub(super) type Finished = (B256, Result<Receipt, LaunchFailure>);

/// Watches, locks, launches, claims and collects for one operator.
pub struct OperatorAgent {
    pub(super) terms: Terms,
    pub(super) chain: Arc<dyn Market>,
    pub(super) node: Arc<dyn Node>,
    pub(super) launcher: Arc<dyn Launch>,
    pub(super) table: Table,
    pub(super) metrics: OperatorMetrics,
    pub(super) launches: JoinSet<Finished>,
    pub(super) launching: HashSet<B256>,
    /// Unix seconds of the last look.
    pub(super) now: u64,
    clock: Clock,
    cursor: Cursor,
}

/// What one look at a job did.
#[derive(Debug)]
pub(super) enum Did {
    /// Something, so the next step may be due at once.
    Something,
    /// Nothing: there is something to wait for.
    Nothing,
}

impl OperatorAgent {
    /// Puts the parts together; reads go on where `table` says, or from `first_block`.
    pub fn new(
        terms: Terms,
        chain: Arc<dyn Market>,
        node: Arc<dyn Node>,
        launcher: Arc<dyn Launch>,
        table: Table,
        first_block: u64,
        metrics: OperatorMetrics,
    ) -> Result<Self, MarketError> {
        let cursor = Cursor::load(&table, first_block)?;
        Ok(Self {
            terms,
            chain,
            node,
            launcher,
            table,
            metrics,
            launches: JoinSet::new(),
            launching: HashSet::new(),
            now: 0,
            clock: Clock::system(),
            cursor,
        })
    }

    /// Another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What is remembered of a request.
    pub fn job(&self, id: B256) -> Result<Option<Job>, TableError> {
        Jobs(&self.table).get(id)
    }

    /// Serves until it is cancelled. Launches that run then are waited for: their receipts are stored, and the next life
    /// goes on with them. Ends early only if its own table fails.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), MarketError> {
        tracing::info!(account = %self.chain.account(), operator = %self.terms.operator, "operator agent is up");
        loop {
            let busy = self.look(true).await?;
            if cancel.is_cancelled() {
                break;
            }
            self.pause(&cancel, busy).await?;
            if cancel.is_cancelled() {
                break;
            }
        }
        self.drain().await
    }

    /// Serves one request to its end, whatever else is on the market.
    pub async fn serve(mut self, id: B256, cancel: CancellationToken) -> Result<Outcome, MarketError> {
        if Jobs(&self.table).get(id)?.is_none() {
            let found = self.chain.submission(id).await?.ok_or(MarketError::UnknownRequest(id))?;
            let head = self.chain.head().await?;
            let worth = self.terms.screen(&found.request, self.clock.now(&head));
            let worth = worth.map_err(|refusal| MarketError::NotServed(refusal.to_string()))?;
            Jobs(&self.table).put(&Job::new(id, found.request, found.block, worth))?;
        }
        loop {
            let busy = self.look(false).await?;
            if let Some(Job { stage: Stage::Over(outcome), trouble, .. }) = Jobs(&self.table).get(id)? {
                return match (outcome, trouble) {
                    (Outcome::Refused, Some(trouble)) => Err(MarketError::NotServed(trouble)),
                    _ => Ok(outcome),
                };
            }
            self.pause(&cancel, busy).await?;
            if cancel.is_cancelled() {
                self.drain().await?;
                return Err(MarketError::Stopped(format!(
                    "request {id} is not settled; run the same command again to go on"
                )));
            }
        }
    }

    async fn pause(&mut self, cancel: &CancellationToken, busy: bool) -> Result<(), MarketError> {
        if busy {
            return Ok(());
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(self.terms.poll) => {}
            Some(ended) = self.launches.join_next(), if !self.launches.is_empty() => self.launched(ended)?,
        }
        Ok(())
    }

    async fn drain(&mut self) -> Result<(), MarketError> {
        while let Some(ended) = self.launches.join_next().await {
            self.launched(ended)?;
        }
        tracing::info!("operator agent stopped");
        Ok(())
    }

    fn launched(&mut self, ended: Result<Finished, tokio::task::JoinError>) -> Result<(), TableError> {
        match ended {
            Ok((id, result)) => self.launch_ended(id, result),
            Err(error) => {
                // Which one it was is not known: all that are not running any more may be tried again.
                tracing::error!(%error, "a launch broke off");
                self.launching.clear();
                Ok(())
            }
        }
    }

    /// One look at everything. Only errors of the table come out; all others are logged and tried again. True if
    /// something was done, so that the next look need not wait.
    pub async fn look(&mut self, watch: bool) -> Result<bool, MarketError> {
        while let Some(ended) = self.launches.try_join_next() {
            self.launched(ended)?;
        }
        let outage = || self.metrics.outage("chain");
        let Some(head) = newest(&*self.chain, outage).await else { return Ok(false) };
        let mut busy = watch && self.read(&head).await?;
        let now = self.clock.now(&head);
        self.now = now;
        let mut jobs = Jobs(&self.table).active()?;
        self.metrics.stages(&jobs);
        // What is owed comes before what could be earned; then by what it pays.
        jobs.sort_by_key(|job| {
            (job.stage == Stage::Watching, std::cmp::Reverse(job.request.offer.maxPrice), job.id)
        });
        for mut job in jobs {
            if job.retry_at > now || self.launching.contains(&job.id) {
                continue;
            }
            match self.advance(&mut job, &head, now).await {
                Ok(Did::Something) => {
                    busy = true;
                    if job.failures > 0 {
                        (job.failures, job.trouble) = (0, None);
                        Jobs(&self.table).put(&job)?;
                    }
                }
                Ok(Did::Nothing) => {}
                Err(MarketError::Table(error)) => return Err(error.into()),
                Err(error) => self.failed(&mut job, now, &error.to_string())?,
            }
        }
        Ok(busy)
    }

    /// Leaves a job alone for a while, longer after each failure.
    pub(super) fn failed(&self, job: &mut Job, now: u64, trouble: &str) -> Result<(), TableError> {
        job.failures = job.failures.saturating_add(1);
        job.retry_at = now.saturating_add((1 << job.failures.min(4)).min(MAX_BACKOFF));
        tracing::warn!(request = %job.id, stage = job.stage.word(), failures = job.failures, trouble, "not done, to be tried again");
        job.trouble = Some(trouble.to_owned());
        Jobs(&self.table).put(job)
    }

    /// Reads one page of submissions. True if there is more to read.
    async fn read(&mut self, head: &Head) -> Result<bool, MarketError> {
        let chain = Arc::clone(&self.chain);
        let Some(span) = self.cursor.due(&*chain, head).await else { return Ok(false) };
        let found = async {
            Ok((chain.submissions(span.from, span.to).await?, chain.own_locks(span.from, span.to).await?))
        };
        let (found, locked) = match found.await {
            Ok(found) => found,
            Err(error) if self.cursor.shrink(&error) => return Ok(true),
            Err(error) => {
                self.metrics.outage("chain");
                tracing::warn!(%error, from = span.from, to = span.to, "cannot read submissions");
                return Ok(false);
            }
        };
        if span.reorganised {
            self.revive(span.from)?;
        }
        for submission in found {
            self.consider(submission, head)?;
        }
        for id in locked {
            if let Err(error) = self.adopt(id).await {
                tracing::warn!(request = %id, %error, "cannot read a request that we locked");
                return Ok(false);
            }
        }
        self.cursor.advance(&self.table, &span)?;
        Ok(span.to < head.number)
    }

    /// A lock of ours that the table knows nothing of (a lost table, a lock made by hand) is a debt all the same.
    async fn adopt(&self, id: B256) -> Result<(), MarketError> {
        let jobs = Jobs(&self.table);
        if jobs.get(id)?.is_none()
            && let Some(found) = self.chain.submission(id).await?
        {
            tracing::warn!(request = %id, "found a lock of ours that was not in the table");
            jobs.put(&Job::new(id, found.request, found.block, 0))?;
        }
        Ok(())
    }

    /// What ended in blocks that may be gone is looked at again.
    fn revive(&self, from: u64) -> Result<(), TableError> {
        let jobs = Jobs(&self.table);
        for mut job in jobs.ended_since(from)? {
            if job.stage == Stage::Over(Outcome::Refused) {
                continue;
            }
            job.stage = if job.receipt.is_some() { Stage::Proven } else { Stage::Watching };
            jobs.put(&job)?;
        }
        Ok(())
    }

    fn consider(&self, found: Submission, head: &Head) -> Result<(), MarketError> {
        let jobs = Jobs(&self.table);
        if jobs.get(found.id)?.is_some() {
            return Ok(());
        }
        self.metrics.seen();
        match self.terms.screen(&found.request, self.clock.now(head)) {
            Err(refusal) => {
                self.metrics.refused(refusal.word());
                tracing::info!(request = %found.id, why = %refusal, "not served");
            }
            Ok(_) if jobs.active()?.len() >= self.terms.max_watched => {
                self.metrics.refused("busy");
                tracing::warn!(request = %found.id, watched = self.terms.max_watched, "ignored: enough is watched already");
            }
            Ok(worth) => {
                tracing::info!(request = %found.id, worth_from = worth, max_price = found.request.offer.maxPrice, "watching");
                jobs.put(&Job::new(found.id, found.request, found.block, worth))?;
            }
        }
        Ok(())
    }

    /// The one next thing about a job.
    async fn advance(&mut self, job: &mut Job, head: &Head, now: u64) -> Result<Did, MarketError> {
        if job.stage == Stage::Locking {
            // A lock of ours, perhaps of a former life, may still be on its way: its fate decides, not our memory.
            self.chain.settle().await?;
        }
        let state = self.chain.state_of(job.id, &job.request).await?;
        self.take_note(job, &state)?;
        let key_in_use = self.chain.key_in_use(job.request.verifierKey).await?;
        let listed = job.receipt.is_some() || self.chain.is_listed(&job.request).await?;
        let receipt =
            job.decoded().map_err(|error| MarketError::Setting(format!("the stored receipt: {error}")))?;
        let locked = matches!(state, RequestState::Locked(_));
        let recorded_at = match &receipt {
            Some(receipt) if locked => self.chain.recorded_at(&receipt.header).await?,
            _ => None,
        };
        let inclusion = if locked { self.inclusion(job).await } else { None };
        let open = RequestState::Open;
        let signed = state == RequestState::Unknown && !job.signature.is_empty();
        let step = decide(&Facts {
            now,
            state: if signed { &open } else { &state },
            account: self.chain.account(),
            operator: self.terms.operator,
            key_in_use,
            listed,
            lock_deadline: job.request.price_terms().lock_deadline(),
            worth_from: job.worth_from,
            proven: receipt.is_some(),
            posted: job.posted.is_some(),
            recorded_at,
            inclusion: inclusion.as_ref(),
            claim_refused: job.claim_refused,
            margin: self.terms.margin,
        });
        self.act(job, step, &state, receipt, inclusion, head, now).await
    }

    /// Writes down what the contract says, so that a later life starts from there.
    fn take_note(&self, job: &mut Job, state: &RequestState) -> Result<(), TableError> {
        let ours = matches!(state, RequestState::Locked(lock)
            if lock.locker == self.chain.account() && lock.operator == self.terms.operator);
        let stage = match (ours, job.receipt.is_some()) {
            (true, true) => Stage::Proven,
            (true, false) => Stage::Owing,
            // Signed and not submitted: the market has not heard of it before it is locked.
            (false, _) if matches!(state, RequestState::Open | RequestState::Unknown) => Stage::Watching,
            (false, _) => job.stage,
        };
        if stage != job.stage {
            tracing::info!(request = %job.id, from = job.stage.word(), to = stage.word(), "moved on");
            job.stage = stage;
            Jobs(&self.table).put(job)?;
        }
        Ok(())
    }

    /// A batch that holds the receipt. A node that does not answer is like no batch: the deadline does not wait for it.
    async fn inclusion(&self, job: &Job) -> Option<Inclusion> {
        let id = job.posted?;
        match self.node.inclusion(id).await {
            Ok(found) => found,
            Err(error) => {
                self.metrics.outage("node");
                tracing::warn!(request = %job.id, %error, "cannot ask for a batch");
                None
            }
        }
    }
}
