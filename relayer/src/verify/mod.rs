//! Verifies receipts before they can cost anything: the contract's bytecode on the proof, the anchor's rules on the rest.

mod admission;
mod error;
mod evm;
mod proof;
mod types;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use nonos_core::receipt::Receipt;
use tokio::time::Instant;

pub use admission::{Bounds, ChainAdmission};
pub use error::{NotAdmitted, Pending, Refusal};
pub use evm::{EvmFault, EvmVerifier};
pub use proof::ReceiptCheck;
pub use types::{Admission, ProofCheck};

use crate::queue::{Judgement, Queue, QueueError, Waiting};
use crate::stage::{Progress, Stage, StageError, on_disk};
use crate::telemetry::Telemetry;

/// A failed step.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The chain could not be asked; the receipts wait.
    #[error(transparent)]
    Unavailable(Pending),
    /// A check panicked or was cancelled.
    #[error("a proof check did not finish: {0}")]
    Check(tokio::task::JoinError),
}

impl StageError for VerifyError {
    fn queue(&self) -> Option<&QueueError> {
        match self {
            Self::Queue(error) => Some(error),
            _ => None,
        }
    }
}

/// Receipts looked at in one step.
const STEP: usize = 64;

/// Receipts whose proof is not checked again while they wait for the chain.
const MOST_KEPT: usize = 1_024;

/// A receipt whose proof is good, and for which the chain does not know something yet.
struct Deferred {
    since: Instant,
    receipt: Option<Box<Receipt>>,
}

/// The verifying stage.
pub struct Verifier {
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    proofs: Arc<dyn ProofCheck>,
    admission: Arc<dyn Admission>,
    /// How long the chain may take to learn what a receipt relies on.
    patience: Duration,
    /// Receipts that wait for the chain, by position. Only in memory: a restart is patient again.
    deferred: HashMap<u64, Deferred>,
    /// Where the next step goes on, so that receipts that wait for the chain do not hold up the others.
    position: u64,
}

impl Verifier {
    /// Over `queue`, with these two judges.
    pub fn new(
        queue: Arc<Queue>,
        telemetry: Arc<Telemetry>,
        proofs: Arc<dyn ProofCheck>,
        admission: Arc<dyn Admission>,
        patience: Duration,
    ) -> Self {
        Self { queue, telemetry, proofs, admission, patience, deferred: HashMap::new(), position: 0 }
    }

    /// Judges one receipt; `None` leaves it waiting.
    async fn judge(&mut self, waiting: &Waiting, proof: Verdict) -> Result<Option<Judgement>, VerifyError> {
        let position = waiting.position;
        let (outcome, receipt) = match proof {
            Ok(receipt) => (self.admission.admit(&receipt).await, Some(receipt)),
            Err(refusal) => (Err(NotAdmitted::Refused(refusal)), None),
        };
        let refusal = match outcome {
            Ok(()) => {
                self.deferred.remove(&position);
                return Ok(Some(Judgement::Accept));
            }
            Err(NotAdmitted::Pending(unavailable @ Pending::Unavailable(_))) => {
                return Err(VerifyError::Unavailable(unavailable));
            }
            Err(NotAdmitted::Pending(Pending::NotYet(reason))) => {
                let keep = self.deferred.len() < MOST_KEPT;
                let deferred = self.deferred.entry(position).or_insert_with(|| {
                    tracing::debug!(leaf = %waiting.leaf, %reason, "waits for the chain");
                    Deferred { since: Instant::now(), receipt: None }
                });
                let waited = deferred.since.elapsed();
                if waited < self.patience {
                    deferred.receipt = receipt.filter(|_| keep);
                    return Ok(None);
                }
                Refusal::Patience { waited: waited.as_secs(), reason }
            }
            Err(NotAdmitted::Refused(refusal)) => refusal,
        };
        tracing::warn!(leaf = %waiting.leaf, reason = %refusal, "receipt refused");
        self.deferred.remove(&position);
        Ok(Some(Judgement::Refuse))
    }

    /// The verdicts on proofs, each on a thread of its own; those of deferred receipts are known.
    async fn prove(&mut self, waiting: &[Waiting]) -> Result<Vec<Verdict>, VerifyError> {
        let checks: Vec<_> = waiting
            .iter()
            .map(|receipt| {
                let known = self.deferred.get_mut(&receipt.position).and_then(|d| d.receipt.take());
                let (proofs, bytes) = (Arc::clone(&self.proofs), receipt.receipt.clone());
                async move {
                    match known {
                        Some(receipt) => Ok(Ok(receipt)),
                        None => tokio::task::spawn_blocking(move || proofs.check(&bytes).map(Box::new)).await,
                    }
                }
            })
            .collect();
        let verdicts = join_all(checks).await;
        verdicts.into_iter().map(|verdict| verdict.map_err(VerifyError::Check)).collect()
    }
}

type Verdict = Result<Box<Receipt>, Refusal>;

#[async_trait]
impl Stage for Verifier {
    type Error = VerifyError;

    fn name(&self) -> &'static str {
        "verify"
    }

    async fn step(&mut self) -> Result<Progress, VerifyError> {
        let from = self.position;
        let waiting = on_disk(&self.queue, move |queue| queue.waiting(from, STEP)).await?;
        let Some(last) = waiting.last() else {
            self.position = 0;
            return Ok(Progress::Idle);
        };
        let next = last.position.saturating_add(1);
        let verdicts = self.prove(&waiting).await?;
        let (mut judgements, mut failure) = (Vec::new(), None);
        for (receipt, verdict) in waiting.iter().zip(verdicts) {
            match self.judge(receipt, verdict).await {
                Ok(Some(judgement)) => judgements.push((receipt.position, judgement)),
                Ok(None) => {}
                // What was judged before the chain went away is kept.
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let accepted = judgements.iter().filter(|(_, judgement)| *judgement == Judgement::Accept).count();
        let refused = judgements.len() - accepted;
        on_disk(&self.queue, move |queue| queue.judge(&judgements)).await?;
        self.telemetry.accepted.inc_by(accepted as u64);
        self.telemetry.refused.inc_by(refused as u64);
        if let Some(error) = failure {
            return Err(error);
        }
        self.position = next;
        Ok(Progress::More)
    }
}
