//! What the watcher asks of a chain.

use alloy_primitives::{B256, U256};
use async_trait::async_trait;
use nonos_api::types::BatchStatus;
use nonos_core::BatchId;

use super::facts::Dated;

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, Unix seconds.
    pub time: u64,
}

/// State of a batch on chain, by the contract itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchStanding {
    /// Pending, final, frozen or fallen.
    pub status: BatchStatus,
    /// Time of the anchoring block.
    pub anchored_at: u64,
    /// When it becomes, or became, final, as things stand.
    pub final_at: u64,
}

/// Why the chain could not be read, or was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// No answer, or an error.
    #[error("{what}: {reason}")]
    Unreachable {
        /// What was asked.
        what: String,
        /// The transport's words.
        reason: String,
    },
    /// An answer that contradicts itself or what was asked for.
    #[error("the RPC server's answer makes no sense: {0}")]
    Nonsense(String),
    /// Events and contracts disagree.
    #[error(
        "the events up to block {block} give the {tree} root {derived}, the contract says {stated}: the RPC server drops or \
         invents events; nothing of it was taken"
    )]
    Contradiction {
        /// Which tree.
        tree: &'static str,
        /// At this block.
        block: u64,
        /// From events.
        derived: U256,
        /// From the contract.
        stated: U256,
    },
    /// The block that was read up to is not there any more.
    #[error("block {0} was replaced while its events were read")]
    Moved(u64),
}

/// A chain, or something that claims to be one. Nothing it says is believed unless it fits together.
#[async_trait]
pub trait ChainSource: Send + Sync + 'static {
    /// The newest block.
    async fn head(&self) -> Result<Head, ChainFault>;

    /// The block with this number.
    async fn block(&self, number: u64) -> Result<Option<Head>, ChainFault>;

    /// The facts of the blocks `from..=to`, in order.
    async fn facts(&self, from: u64, to: u64) -> Result<Vec<Dated>, ChainFault>;

    /// The roots of operator and install tree as the contracts state them at a block; zero for an empty tree.
    async fn roots(&self, block: u64) -> Result<[U256; 2], ChainFault>;

    /// What the anchor says of a batch at the newest block; `None` if it was never anchored.
    async fn batch(&self, id: &BatchId) -> Result<Option<BatchStanding>, ChainFault>;

    /// Scores of operators at the newest block, one each.
    async fn scores(&self, operators: &[B256]) -> Result<Vec<u16>, ChainFault>;
}
