//! What can go wrong between the relayer and its chain.

use std::time::Duration;

use nonos_contracts::ChainError;

/// A read or a send that gave no answer to rely on.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No answer in time.
    #[error("no answer from the chain within {0:?}")]
    Timeout(Duration),
    /// The node or a contract answered with an error.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The node is on another chain than the deployment.
    #[error("the node is on chain {found}, the relayer is for chain {expected}")]
    WrongChain {
        /// Of the node.
        found: u64,
        /// Of the deployment.
        expected: u64,
    },
    /// The node knows no latest block.
    #[error("the node has no latest block")]
    NoHead,
}

impl RpcError {
    pub(crate) fn transport(what: &str, source: alloy::transports::TransportError) -> Self {
        Self::Chain(ChainError::Transport { what: what.to_owned(), source })
    }
}
