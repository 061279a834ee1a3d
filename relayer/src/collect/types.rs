//! Where receipts come from.

use alloy_primitives::Bytes;
use async_trait::async_trait;

/// Receipts in the order in which the source numbered them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Encoded receipts.
    pub receipts: Vec<Bytes>,
    /// The number to ask for next: behind the last of this page, or as asked if there was nothing. A smaller one says that
    /// the source lost its numbers and starts again from there.
    pub next: u64,
}

/// The source gave no page.
#[derive(Debug, thiserror::Error)]
#[error("the receipt source: {0}")]
pub struct SourceError(pub String);

/// A numbered, growing list of receipts: the node of this relayer.
#[async_trait]
pub trait ReceiptSource: Send + Sync {
    /// At most `limit` receipts from number `from` on.
    async fn page(&self, from: u64, limit: usize) -> Result<Page, SourceError>;
}
