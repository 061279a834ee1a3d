//! What stops an agent, and what only delays it.

use alloy_primitives::utils::format_ether;
use alloy_primitives::{B256, U256};
use nonos_contracts::ChainError;
use std::path::PathBuf;

/// An error of the agents' tables.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Written by another program, or by another agent.
    #[error("{path} is not the table of the {agent} agent; name another file, or move it away")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose table was expected.
        agent: &'static str,
    },
    /// Written by another version.
    #[error("{path} has schema {found}, this program reads schema {expected}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema it states.
        found: u32,
        /// The schema read here.
        expected: u32,
    },
    /// Written for another market or chain.
    #[error("{path} belongs to {found}, this agent works for {expected}; give each deployment its own file")]
    OtherDeployment {
        /// The file.
        path: PathBuf,
        /// Chain and contract it states.
        found: String,
        /// Chain and contract of this agent.
        expected: String,
    },
    /// Another process works on it.
    #[error(
        "{path} is in use: another {agent} agent runs on it, and two would lock and pay twice; stop that one first"
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// Whose table it is.
        agent: &'static str,
    },
    /// An entry that this program did not write, or that was damaged.
    #[error("{path}: the entry {key} cannot be read ({reason}); restore the file from a backup")]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry.
        key: String,
        /// The decoder's answer.
        reason: String,
    },
    /// The database or the system refused.
    #[error("{action} {path}: {reason}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The answer.
        reason: String,
    },
}

/// A transaction that did not do what it was sent for.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A contract refused, in a simulation or when it was mined. Nothing changed.
    #[error("{what}: the contract refused: {reason}")]
    Refused {
        /// What was attempted.
        what: String,
        /// The decoded error.
        reason: String,
    },
    /// It was handed over, and it is not known what became of it: it may still be mined. Look at the state before trying again.
    #[error("{what}: {reason}; it may still be mined, so the contract's state decides what is next")]
    Uncertain {
        /// What was attempted.
        what: String,
        /// Why it is not known.
        reason: String,
    },
    /// The chain did not take it.
    #[error("{what}: not sent: {reason}")]
    NotSent {
        /// What was attempted.
        what: String,
        /// The transport's or the node's answer.
        reason: String,
    },
}

impl SendError {
    /// Whether a contract said no.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// An error of the operator's or challenger's node.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// It could not be reached, or it failed.
    #[error("{what}: the node does not answer: {reason}")]
    Unreachable {
        /// What was attempted.
        what: &'static str,
        /// The client's error.
        reason: String,
    },
    /// It refused.
    #[error("{what}: the node refused: {reason}")]
    Refused {
        /// What was attempted.
        what: &'static str,
        /// Its words.
        reason: String,
    },
    /// It answered with something else than was asked for.
    #[error("{what}: the node's answer is wrong: {reason}")]
    Answer {
        /// What was attempted.
        what: &'static str,
        /// What does not fit.
        reason: String,
    },
}

/// What ends an agent or a command. Everything that time may heal is retried and never comes up here.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The agent's own memory.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The chain.
    #[error(transparent)]
    Chain(Box<ChainError>),
    /// A transaction.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The node.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// There is no such request.
    #[error(
        "request {0} is not known to this market: another chain or market, not mined yet, or a request that was only signed"
    )]
    UnknownRequest(B256),
    /// Terms that no contract accepts, or that cannot be met any more.
    #[error("the request cannot be made: {0}")]
    Terms(String),
    /// Too little in the market account.
    #[error(
        "{} ETH in the market account, {} ETH needed for {purpose}; put the rest in with `nonos market deposit {}`",
        format_ether(*.account_holds),
        format_ether(*.needed),
        format_ether(*.missing)
    )]
    Balance {
        /// Free balance.
        account_holds: U256,
        /// What it takes.
        needed: U256,
        /// The difference.
        missing: U256,
        /// What for.
        purpose: &'static str,
    },
    /// A request that this operator does not serve.
    #[error("this request is not served: {0}")]
    NotServed(String),
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(String),
    /// Stopped before it was done.
    #[error("stopped: {0}")]
    Stopped(String),
}

impl From<ChainError> for MarketError {
    fn from(error: ChainError) -> Self {
        Self::Chain(Box::new(error))
    }
}
