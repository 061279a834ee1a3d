//! Submits batches: the only stage that sends transactions.
//!
//! A transaction is remembered before it is sent, so whatever the node answers, and whenever the process dies, the next step
//! knows every nonce and every hash that may be out. Whether a batch landed is asked of the anchor by its id, never
//! concluded from what became of a transaction.

mod anchor;
mod calls;
mod errands;
mod error;
mod plan;
mod send;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use alloy_primitives::U256;
use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

pub use error::SubmitError;
pub use plan::{Action, Nonces, Resend, decide};

use crate::chain::{Account, Chain, FeePolicy, Head};
use crate::queue::{Attempt, Batch, BatchState, Queue};
use crate::stage::{Progress, Stage, on_disk};
use crate::telemetry::Telemetry;

/// What the submitter may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmitPolicy {
    /// Fees.
    pub fees: FeePolicy,
    /// When to send again.
    pub resend: Resend,
    /// Most batches under way at a time.
    pub in_flight: usize,
    /// Blocks after which the state of the chain is taken for settled.
    pub confirmations: u64,
}

/// The submitting stage.
pub struct Submitter {
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    chain: Chain,
    account: Account,
    policy: SubmitPolicy,
    /// For the batcher: base fee and tip, wei per gas.
    gas_price: watch::Sender<Option<u128>>,
    /// Bond that a batch locks, wei; read once, it is fixed.
    slice: Option<U256>,
    /// When this process sent the last transaction of a call. A restart forgets it and sends again, which is harmless.
    sent: HashMap<Call, Instant>,
    /// Transactions of errands. Losing them in a crash loses nothing: the chain says which errands are still to be run.
    errands: HashMap<Call, Vec<Attempt>>,
    /// Where the round through the batches that can be demanded goes on.
    watched: u64,
}

/// One thing that is to happen on chain once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    /// Anchor a batch.
    Anchor(u64),
    /// An errand: free the slice of a batch.
    Release(u64),
    /// An errand: show a leaf of a batch.
    Reveal(u64, u32),
}

/// What one step knows of the chain.
struct Now {
    head: Head,
    nonces: Nonces,
    tip: u128,
}

impl Submitter {
    /// Over `queue`; tells the gas price to whoever holds the other end of `gas_price`.
    pub fn new(
        queue: Arc<Queue>,
        telemetry: Arc<Telemetry>,
        chain: Chain,
        account: Account,
        policy: SubmitPolicy,
        gas_price: watch::Sender<Option<u128>>,
    ) -> Self {
        let (sent, errands) = (HashMap::new(), HashMap::new());
        Self { queue, telemetry, chain, account, policy, gas_price, slice: None, sent, errands, watched: 0 }
    }

    async fn look(&self, live: &[Batch]) -> Result<Now, SubmitError> {
        let head = self.chain.head().await?;
        let next = self.chain.nonce(self.account.address(), head.hash).await?;
        // Hints: without them, the least is assumed.
        let pending = self.chain.pending_nonce(self.account.address()).await.unwrap_or(next);
        let tip = self.chain.priority_fee().await.unwrap_or(self.policy.fees.min_tip);
        let attempts = live.iter().flat_map(|batch| &batch.attempts);
        let ours = attempts.chain(self.errands.values().flatten()).map(|attempt| attempt.nonce);
        let ours: BTreeSet<u64> = ours.filter(|nonce| *nonce >= next).collect();
        self.telemetry.height.set(i64::try_from(head.number).unwrap_or(i64::MAX));
        self.telemetry.base_fee.set(i64::try_from(head.base_fee).unwrap_or(i64::MAX));
        let offered =
            tip.clamp(self.policy.fees.min_tip, self.policy.fees.max_tip.max(self.policy.fees.min_tip));
        self.gas_price.send_replace(Some(u128::from(head.base_fee).saturating_add(offered)));
        Ok(Now { head, nonces: Nonces { next, pending, ours }, tip })
    }
}

#[async_trait]
impl Stage for Submitter {
    type Error = SubmitError;

    fn name(&self) -> &'static str {
        "submit"
    }

    async fn step(&mut self) -> Result<Progress, SubmitError> {
        let submitted =
            on_disk(&self.queue, |queue| queue.batches(BatchState::Submitted, 0, usize::MAX)).await?;
        let mut now = self.look(&submitted).await.inspect_err(|_| {
            self.gas_price.send_replace(None);
        })?;
        self.anchor(submitted, &mut now).await?;
        self.release(&mut now).await?;
        self.reveal(&mut now).await?;
        Ok(Progress::Idle)
    }
}
