//! Verdicts as the mesh needs them: in two steps, so that the pairing can be shared.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use nonos_core::BatchId;
use nonos_core::receipt::Receipt;

use crate::verify::{ProofFault, ReceiptVerifier, Refusal, RootSource, RootSourceError, Screened, Verdicts};

/// The chain as the mesh sees it. Answers come from memory: they are asked for once per message.
pub trait ChainView: RootSource + Send + Sync + 'static {
    /// Whether the chain knows this batch: `Ok(false)` also while this node is behind.
    fn batch_anchored(&self, batch: &BatchId) -> Result<bool, RootSourceError>;
}

/// Gives verdicts on receipts. Called by the verification threads.
pub trait Judge: Send + Sync + 'static {
    /// Size and canonical form.
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal>;

    /// Everything but the pairing, cheapest first.
    fn screen(&self, receipt: Receipt) -> Result<Screened, Refusal>;

    /// The pairing, shared by all. One result each, in order, as if each had been alone.
    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>>;

    /// Every verdict on bytes that somebody asks about.
    fn answer(&self, bytes: &[u8]) -> Verdicts;
}

/// The judge of a deployment: pinned key, roots of the chain, the system's clock.
pub struct ReceiptJudge {
    verifier: ReceiptVerifier,
    chain: Arc<dyn ChainView>,
}

impl ReceiptJudge {
    /// Verdicts of `verifier` with the roots of `chain`.
    pub fn new(verifier: ReceiptVerifier, chain: Arc<dyn ChainView>) -> Self {
        Self { verifier, chain }
    }
}

impl Judge for ReceiptJudge {
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        Ok(Receipt::decode(bytes).map_err(ProofFault::Form)?)
    }

    fn screen(&self, receipt: Receipt) -> Result<Screened, Refusal> {
        self.verifier.screen(receipt, &*self.chain, unix_now())
    }

    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        self.verifier.confirm(screened)
    }

    fn answer(&self, bytes: &[u8]) -> Verdicts {
        self.verifier.judge(bytes, &*self.chain, unix_now())
    }
}

/// Seconds since 1970; 0 on a clock before that, which makes every receipt one of the future.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
