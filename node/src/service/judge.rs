//! One judge for HTTP and mesh: pinned key, the chain's roots, the node's clock.

use std::sync::Arc;

use nonos_core::receipt::Receipt;

use super::chain::ChainState;
use super::clock::NodeClock;
use crate::mesh::Judge;
use crate::verify::{ProofFault, ReceiptVerifier, Refusal, Screened, Verdicts};

/// Verdicts of this node.
pub struct NodeJudge {
    /// The pinned key.
    pub verifier: ReceiptVerifier,
    /// The roots.
    pub chain: Arc<ChainState>,
    /// The time.
    pub clock: Arc<NodeClock>,
}

impl NodeJudge {
    /// All three verdicts positive, or the first that is not.
    pub fn accept(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        self.verifier.accept(bytes, &*self.chain, self.clock.now())
    }
}

impl Judge for NodeJudge {
    fn decode(&self, bytes: &[u8]) -> Result<Receipt, Refusal> {
        Ok(Receipt::decode(bytes).map_err(ProofFault::Form)?)
    }

    fn screen(&self, receipt: Receipt) -> Result<Screened, Refusal> {
        self.verifier.screen(receipt, &*self.chain, self.clock.now())
    }

    fn confirm(&self, screened: Vec<Screened>) -> Vec<Result<Receipt, Refusal>> {
        self.verifier.confirm(screened)
    }

    fn answer(&self, bytes: &[u8]) -> Verdicts {
        self.verifier.judge(bytes, &*self.chain, self.clock.now())
    }
}
