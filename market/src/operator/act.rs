//! Doing the next thing: each step is safe to repeat, and what it changed is read back from the chain, not believed.

use super::agent::{Did, OperatorAgent};
use super::decide::{Step, Waiting};
use super::job::{Job, Jobs, Outcome, Stage};
use super::terms::Refusal;
use crate::chain::{Head, RequestState};
use crate::error::{MarketError, SendError, TableError};
use crate::launch::{LaunchFailure, LaunchOrder};
use crate::node::{Inclusion, input};
use alloy_primitives::{B256, U256, keccak256};
use nonos_core::CapsuleLeaf;
use nonos_core::receipt::Receipt;
use nonos_core::request::ProofRequest;
use std::sync::Arc;

/// Refusals after which this receipt can never be recorded: only a new launch helps.
const RECEIPT_IS_DEAD: [&str; 7] = [
    "RootUnknown(",
    "RootStale(",
    "LaunchedAfterRoot(",
    "LaunchedBeforeRoot(",
    "NotBeforeUnknown(",
    "NotBeforeMismatch(",
    "ReceiptTooOld(",
];
/// Refusals of a claim that time may heal: the endpoint or the chain does not know the batch (yet).
const CLAIM_MAY_HEAL: [&str; 2] = ["BatchUnknown(", "LaunchedInFuture("];

/// How often a receipt that is paid for already is offered to a node that does not take it.
const PAID_POSTS: u32 = 8;

fn names(reason: &str, errors: &[&str]) -> bool {
    errors.iter().any(|name| reason.contains(name))
}

impl OperatorAgent {
    #[allow(clippy::too_many_arguments, reason = "what one look has gathered")]
    pub(super) async fn act(
        &mut self,
        job: &mut Job,
        step: Step,
        state: &RequestState,
        receipt: Option<Receipt>,
        inclusion: Option<Inclusion>,
        head: &Head,
        now: u64,
    ) -> Result<Did, MarketError> {
        match (step, receipt, inclusion) {
            (Step::Wait(what), _, _) => {
                if what == Waiting::Slash && job.failures == 0 {
                    self.metrics.missed();
                    self.failed(job, now, "the deadline has passed: the collateral will be slashed")?;
                }
                Ok(Did::Nothing)
            }
            (Step::End(Outcome::Paid), Some(receipt), _)
                if job.posted.is_none() && job.failures < PAID_POSTS =>
            {
                // Paid, but the requester has nothing yet: it was too late to wait for the node before.
                self.post(job, &receipt).await
            }
            (Step::End(outcome), _, _) => self.end(job, outcome, head),
            (Step::Lock, _, _) => self.lock(job, head, now).await,
            (Step::Launch, _, _) => self.launch(job, state, now).await,
            (Step::Post, Some(receipt), _) => self.post(job, &receipt).await,
            (Step::Claim, Some(receipt), Some(inclusion)) => self.claim(job, &receipt, &inclusion).await,
            (Step::FulfilRecorded, Some(receipt), _) => self.fulfil_recorded(job, &receipt).await,
            (Step::Fulfil, _, _) => {
                let sent = self.chain.fulfil(job.id, &job.request).await;
                self.sent("fulfil", sent)
            }
            (Step::DropClaim, _, _) => {
                // Never claim the same void leaf again; written first, so that it holds through a kill.
                job.claim_refused = true;
                Jobs(&self.table).put(job)?;
                let sent = self.chain.drop_claim(job.id, &job.request).await;
                self.sent("drop_claim", sent)
            }
            (Step::Unwind, _, _) => {
                let sent = self.chain.unwind(job.id, &job.request).await;
                self.sent("unwind", sent)
            }
            // Decided from facts that include the receipt and the inclusion; without them there is nothing to do.
            (Step::Post | Step::Claim | Step::FulfilRecorded, _, _) => Ok(Did::Nothing),
        }
    }

    fn sent(
        &self,
        kind: &'static str,
        result: Result<crate::chain::Mined, SendError>,
    ) -> Result<Did, MarketError> {
        self.metrics.sent(kind, &result);
        Ok(result.map(|_| Did::Something)?)
    }

    fn end(&self, job: &mut Job, outcome: Outcome, head: &Head) -> Result<Did, MarketError> {
        match outcome {
            Outcome::Slashed => tracing::error!(request = %job.id, "our collateral was slashed"),
            _ => tracing::info!(request = %job.id, outcome = outcome.word(), "over"),
        }
        self.metrics.ended(outcome);
        job.stage = Stage::Over(outcome);
        job.block = head.number;
        Jobs(&self.table).put(job)?;
        Ok(Did::Something)
    }

    fn refuse(&self, job: &mut Job, refusal: Refusal, head: &Head) -> Result<Did, MarketError> {
        tracing::info!(request = %job.id, why = %refusal, "not served");
        self.metrics.refused(refusal.word());
        job.trouble = Some(refusal.to_string());
        self.end(job, Outcome::Refused, head)
    }

    async fn lock(&mut self, job: &mut Job, head: &Head, now: u64) -> Result<Did, MarketError> {
        // The time that was enough when the request came may have been spent waiting for the price.
        if let Err(refusal) = self.terms.screen(&job.request, now) {
            return self.refuse(job, refusal, head);
        }
        if let Some(why) = self.held_up(job)? {
            tracing::debug!(request = %job.id, why, "not locked now");
            return Ok(Did::Nothing);
        }
        let order = self.order(job, job.request.price_terms().deadline()).await?;
        if !job.tried {
            match self.launcher.preflight(&order).await {
                Ok(()) => {
                    job.tried = true;
                    Jobs(&self.table).put(job)?;
                }
                Err(LaunchFailure { reason, retry: false }) => {
                    return self.refuse(job, Refusal::Preflight(reason), head);
                }
                Err(failure) => return Err(MarketError::NotServed(format!("a trial run failed: {failure}"))),
            }
        }
        let stake = self.chain.stake(&job.request, self.terms.operator).await?;
        if stake.score < job.request.minTrust {
            let refusal = Refusal::Trust { wanted: job.request.minTrust, ours: stake.score };
            return self.refuse(job, refusal, head);
        }
        if stake.collateral > self.terms.max_collateral {
            let refusal = Refusal::Collateral { needed: stake.collateral, limit: self.terms.max_collateral };
            return self.refuse(job, refusal, head);
        }
        if self.at_stake().await?.saturating_add(stake.collateral) > self.terms.budget {
            tracing::debug!(request = %job.id, "not locked now: the budget for collateral is used up");
            return Ok(Did::Nothing);
        }
        if stake.free < stake.collateral {
            return Err(MarketError::Balance {
                account_holds: stake.free,
                needed: stake.collateral,
                missing: stake.collateral - stake.free,
                purpose: "the collateral of a lock",
            });
        }
        let price = job.request.price_terms().price_at(now);
        let owed = U256::from(price).saturating_add(U256::from(job.request.relayFee));
        if self.chain.balance_of(job.request.requester).await? < owed {
            return Err(MarketError::NotServed(format!("the requester cannot pay {owed} wei now")));
        }
        // On disk before it is sent: whoever wakes up next knows that a lock may be on its way.
        job.stage = Stage::Locking;
        Jobs(&self.table).put(job)?;
        tracing::info!(request = %job.id, price, collateral = %stake.collateral, "locking");
        let sent = self.chain.lock(&job.request, &job.signature, self.terms.operator).await;
        self.metrics.sent("lock", &sent);
        match sent {
            Ok(_) => Ok(Did::Something),
            // It may have landed nevertheless, or somebody else's has: the state says which.
            Err(error) => {
                let after = self.chain.state_of(job.id, &job.request).await?;
                tracing::warn!(request = %job.id, %error, state = after.word(), "the lock was not confirmed");
                match after {
                    RequestState::Open => Err(error.into()),
                    _ => Ok(Did::Something),
                }
            }
        }
    }

    /// Why nothing is locked now, if so.
    fn held_up(&self, job: &Job) -> Result<Option<&'static str>, TableError> {
        let owed: Vec<Job> = Jobs(&self.table)
            .active()?
            .into_iter()
            .filter(|other| other.owes() && other.id != job.id)
            .collect();
        if owed.len() >= self.terms.max_owed {
            return Ok(Some("enough receipts are owed already"));
        }
        // What cannot be served is retried before anything is added to it.
        let stuck = owed.iter().any(|other| other.failures > 0);
        self.metrics.holding(stuck);
        Ok(stuck.then_some("a launch that is owed failed; it comes first"))
    }

    async fn at_stake(&self) -> Result<U256, MarketError> {
        let mut sum = U256::ZERO;
        for job in Jobs(&self.table).active()? {
            if matches!(job.stage, Stage::Watching) {
                continue;
            }
            if let RequestState::Locked(lock) = self.chain.state_of(job.id, &job.request).await? {
                sum = sum.saturating_add(U256::from(lock.collateral));
            }
        }
        Ok(sum)
    }

    /// Package and input, both compared with what the request names.
    async fn order(&self, job: &Job, deadline: u64) -> Result<LaunchOrder, MarketError> {
        let request = &job.request;
        let capsule = CapsuleLeaf::try_from(request.capsuleLeaf)
            .map_err(|error| MarketError::NotServed(format!("capsuleLeaf: {error}")))?;
        let Some(package) = self.node.package(capsule).await? else {
            return Err(MarketError::NotServed(format!(
                "neither node nor mesh has the package of capsule {capsule}"
            )));
        };
        let input = input(&*self.node, request.inputHash).await?.ok_or_else(|| {
            MarketError::NotServed(format!("neither node nor mesh has the input {}", request.inputHash))
        })?;
        if keccak256(&input) != request.inputHash {
            return Err(MarketError::NotServed(format!(
                "the node gave an input with hash {} for {}",
                keccak256(&input),
                request.inputHash
            )));
        }
        Ok(LaunchOrder {
            request: job.id,
            capsule,
            publisher: request.publisherId,
            package: Arc::from(&package[..]),
            input: Arc::from(&input[..]),
            payee: self.terms.payee,
            earliest: request.earliestLaunch,
            deadline,
            verifier_key: request.verifierKey,
        })
    }

    async fn launch(&mut self, job: &mut Job, state: &RequestState, now: u64) -> Result<Did, MarketError> {
        if now < job.request.earliestLaunch {
            return Ok(Did::Nothing);
        }
        // A former life may have got as far as the receipt.
        let found = self.launcher.find(job.id).await;
        for receipt in found.map_err(|failure| MarketError::NotServed(failure.to_string()))? {
            match serves(&receipt, job.id, &job.request) {
                Ok(()) if job.discarded.contains(&receipt.message_id()) => {}
                Ok(()) => {
                    tracing::info!(request = %job.id, "found the receipt of an earlier launch");
                    return self.proven(job, &receipt).map_err(Into::into);
                }
                Err(why) => tracing::warn!(request = %job.id, why, "an earlier launch does not serve it"),
            }
        }
        if job.attempts >= self.terms.max_attempts {
            if job.failures == 0 {
                let trouble = job.trouble.take().unwrap_or_default();
                self.failed(
                    job,
                    now,
                    &format!("no launch in {} attempts succeeded: {trouble}", job.attempts),
                )?;
            }
            return Ok(Did::Nothing);
        }
        let deadline = match state {
            RequestState::Locked(lock) => lock.deadline,
            _ => job.request.price_terms().deadline(),
        };
        let order = self.order(job, deadline).await?;
        job.attempts += 1;
        Jobs(&self.table).put(job)?;
        tracing::info!(request = %job.id, attempt = job.attempts, "launching");
        self.metrics.launch();
        self.launching.insert(job.id);
        let (launcher, id) = (Arc::clone(&self.launcher), job.id);
        self.launches.spawn(async move { (id, launcher.launch(&order).await) });
        Ok(Did::Nothing)
    }

    /// A launch ended: its receipt is on disk before anything is done with it.
    pub(super) fn launch_ended(
        &mut self,
        id: B256,
        result: Result<Receipt, LaunchFailure>,
    ) -> Result<(), TableError> {
        self.launching.remove(&id);
        let Some(mut job) = Jobs(&self.table).get(id)? else { return Ok(()) };
        let result = result.and_then(|receipt| match serves(&receipt, id, &job.request) {
            Ok(()) => Ok(receipt),
            Err(why) => Err(LaunchFailure::passing(format!("the receipt does not serve the request: {why}"))),
        });
        match result {
            Ok(receipt) => self.proven(&mut job, &receipt).map(drop),
            Err(failure) => {
                self.metrics.launch_failed();
                if !failure.retry {
                    job.attempts = self.terms.max_attempts;
                }
                tracing::error!(request = %id, attempt = job.attempts, %failure, "a launch failed");
                self.failed(&mut job, self.now, &failure.reason)
            }
        }
    }

    fn proven(&self, job: &mut Job, receipt: &Receipt) -> Result<Did, TableError> {
        job.receipt = Some(receipt.encode().into());
        (job.posted, job.stage) = (None, Stage::Proven);
        (job.failures, job.retry_at, job.trouble) = (0, 0, None);
        Jobs(&self.table).put(job)?;
        tracing::info!(request = %job.id, "proven");
        Ok(Did::Something)
    }

    async fn post(&self, job: &mut Job, receipt: &Receipt) -> Result<Did, MarketError> {
        let id = self.node.post_receipt(receipt).await?;
        job.posted = Some(id);
        Jobs(&self.table).put(job)?;
        tracing::info!(request = %job.id, receipt = %id, "posted");
        Ok(Did::Something)
    }

    async fn claim(
        &self,
        job: &mut Job,
        receipt: &Receipt,
        inclusion: &Inclusion,
    ) -> Result<Did, MarketError> {
        tracing::info!(request = %job.id, batch = %inclusion.batch.id(), index = inclusion.index, "claiming");
        let sent = self.chain.claim(&job.request, receipt, inclusion).await;
        self.metrics.sent("claim", &sent);
        match sent {
            Ok(_) => Ok(Did::Something),
            Err(SendError::Refused { reason, what }) if !names(&reason, &CLAIM_MAY_HEAL) => {
                let after = self.chain.state_of(job.id, &job.request).await?;
                let stands = matches!(&after, RequestState::Locked(lock) if lock.claim.is_some());
                if !stands && !after.is_over() {
                    tracing::warn!(request = %job.id, reason, "the claim is refused: verifyNow instead");
                    job.claim_refused = true;
                    Jobs(&self.table).put(job)?;
                }
                drop(what);
                Ok(Did::Something)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// In one transaction where the receipt is not recorded yet: between two, somebody could rescue the lock.
    async fn fulfil_recorded(&self, job: &mut Job, receipt: &Receipt) -> Result<Did, MarketError> {
        tracing::info!(request = %job.id, "having the receipt verified on chain, and paid");
        match self.chain.fulfil_recorded(&job.request, receipt).await {
            Ok(mined) => self.sent("fulfil_recorded", Ok(mined)),
            Err(SendError::Refused { reason, .. }) if names(&reason, &RECEIPT_IS_DEAD) => {
                // It can never be recorded. A new launch, under the present roots, can.
                self.metrics.discarded();
                tracing::warn!(request = %job.id, reason, "this receipt is of no use any more: launching again");
                job.discarded.push(receipt.message_id());
                (job.receipt, job.posted) = (None, None);
                job.stage = Stage::Owing;
                Jobs(&self.table).put(job)?;
                Ok(Did::Something)
            }
            Err(error) => {
                self.metrics.sent("fulfil_recorded", &Err::<crate::chain::Mined, _>(&error));
                Err(error.into())
            }
        }
    }
}

/// Whether a receipt is the one that a request asks for; the market checks the same and more.
pub fn serves(receipt: &Receipt, id: B256, request: &ProofRequest) -> Result<(), String> {
    let header = &receipt.header;
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: &'static str| {
        if !holds {
            wrong.push(what);
        }
    };
    check(receipt.anchor == request.anchor, "anchor");
    check(header.requestId == id, "requestId");
    check(header.verifierKey == request.verifierKey, "verifierKey");
    check(header.capsule_disclosed() && header.capsuleTag == request.capsuleLeaf, "capsule");
    check(header.operator_disclosed(), "operator not disclosed");
    check(header.inputHash == request.inputHash, "inputHash");
    check(header.launchedAt >= request.earliestLaunch, "launchedAt");
    if wrong.is_empty() { Ok(()) } else { Err(format!("other than requested: {}", wrong.join(", "))) }
}
