//! What can go wrong with the queue file.

use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use nonos_core::batch::BatchError;

use super::types::BatchState;

/// A failed read or commit. Nothing of a failed commit is in the file.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Not written by this program.
    #[error("{0} is not a relayer queue (no redb file, or another program's)")]
    Foreign(PathBuf),
    /// Written by another version.
    #[error("{path} has queue schema {found}, this program reads schema {expected}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema it states.
        found: u32,
        /// The schema read here.
        expected: u32,
    },
    /// Made for another anchor or another account. A batch id contains the account, so live batches cannot be handed over.
    #[error(
        "{path} belongs to account {found_relayer}, anchor {found_anchor} on chain {found_chain}; this relayer is account \
         {relayer}, anchor {anchor} on chain {chain}: give it a queue file of its own"
    )]
    OtherIdentity {
        /// The file.
        path: PathBuf,
        /// Chain in the file.
        found_chain: u64,
        /// Anchor in the file.
        found_anchor: Address,
        /// Account in the file.
        found_relayer: Address,
        /// Chain of this relayer.
        chain: u64,
        /// Anchor of this relayer.
        anchor: Address,
        /// Account of this relayer.
        relayer: Address,
    },
    /// Another process has it open.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The file contradicts itself.
    #[error("{path} is damaged ({reason}); restore it from a backup or move it away")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A batch is not where a transition starts from.
    #[error("batch {sequence} is {found:?}: it cannot become {wanted:?}")]
    Transition {
        /// Which batch.
        sequence: u64,
        /// Its state.
        found: BatchState,
        /// The state asked for.
        wanted: BatchState,
    },
    /// No batch has this number.
    #[error("there is no batch {0}")]
    NoBatch(u64),
    /// The leaves give no batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The database or the system refused: disk full, file gone, ...
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

/// Wraps a database error with what was attempted.
pub(super) fn failed<E: std::fmt::Display>(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(E) -> QueueError {
    let path = path.to_owned();
    move |error| QueueError::Io { action, path, reason: error.to_string() }
}
