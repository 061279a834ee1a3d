//! What stops a submission for now.

use crate::chain::RpcError;
use crate::queue::QueueError;
use crate::stage::StageError;

/// A failed step; the next one starts from the file and the chain again.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The chain.
    #[error(transparent)]
    Chain(#[from] RpcError),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The key cannot sign.
    #[error("cannot sign: {0}")]
    Sign(#[from] alloy::signers::Error),
}

impl StageError for SubmitError {
    fn queue(&self) -> Option<&QueueError> {
        match self {
            Self::Queue(error) => Some(error),
            _ => None,
        }
    }
}
