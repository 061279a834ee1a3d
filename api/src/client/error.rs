//! What can go wrong between a client and a node.

use std::time::Duration;

/// A request that did not give what was asked for. Every variant names the URL.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base address is unusable.
    #[error("`{address}` is no address of a node: {reason}; expected http://host:port")]
    Address {
        /// As given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answered.
    #[error("no answer from {url}: {reason}; is the node running? (`nonos node run` starts one)")]
    Unreachable {
        /// Asked.
        url: String,
        /// The transport's words.
        reason: String,
    },
    /// The answer took too long.
    #[error("{url} did not answer within {} s", .after.as_secs())]
    Timeout {
        /// Asked.
        url: String,
        /// Waited.
        after: Duration,
    },
    /// The node said no.
    #[error("{url} answered {status}: {message}{}", .hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
    Refused {
        /// Asked.
        url: String,
        /// HTTP status.
        status: u16,
        /// The node's words.
        message: String,
        /// What the node says to do.
        hint: Option<String>,
    },
    /// The answer is larger than anything this route gives.
    #[error("the answer of {url} is larger than {limit} bytes: not a node, or a newer one")]
    TooLarge {
        /// Asked.
        url: String,
        /// Most bytes taken.
        limit: usize,
    },
    /// The answer is not what this route gives.
    #[error("the answer of {url} cannot be read: {reason}")]
    Answer {
        /// Asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ClientError {
    /// Whether the node answered that it does not have it.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether asking again later can help: nobody there, too slow, or a node that cannot do its work right now.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}
