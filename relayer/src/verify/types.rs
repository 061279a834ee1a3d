//! What verification is made of: two traits, so that stages can be tested with neither proofs nor a chain.

use async_trait::async_trait;
use nonos_core::receipt::Receipt;

use super::error::{NotAdmitted, Refusal};

/// "Proof valid": a pure function of the receipt. Blocks for milliseconds.
pub trait ProofCheck: Send + Sync {
    /// Judges encoded bytes; gives the receipt back for the next check.
    fn check(&self, bytes: &[u8]) -> Result<Receipt, Refusal>;
}

/// "Enrolled, admitted, in time": asks the chain.
#[async_trait]
pub trait Admission: Send + Sync {
    /// Whether a challenge could void the leaf for what the chain knows.
    async fn admit(&self, receipt: &Receipt) -> Result<(), NotAdmitted>;
}
