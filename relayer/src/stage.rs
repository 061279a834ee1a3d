//! The one shape of every stage: a step that can be repeated at any time, and the loop around it.
//!
//! A step looks at the queue file and at the world, and moves what can be moved. It keeps nothing in memory that a restart
//! would miss, so a crash between any two instructions is the same as a step that was not made.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::queue::{Queue, QueueError};
use crate::telemetry::Telemetry;

/// What a step achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do at once.
    More,
    /// Nothing to do until something changes.
    Idle,
}

/// An error of a stage.
pub trait StageError: Display + Send {
    /// The queue error in it, if that is what it is.
    fn queue(&self) -> Option<&QueueError>;
}

/// A stage of the relayer.
#[async_trait]
pub trait Stage: Send {
    /// Its errors.
    type Error: StageError;

    /// Name in logs, metrics and `/v1/status`.
    fn name(&self) -> &'static str;

    /// Moves what can be moved.
    async fn step(&mut self) -> Result<Progress, Self::Error>;
}

/// Longest pause after errors in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs a stage until `cancel` fires; a step that was begun is finished. Errors are reported and tried again, with longer
/// and longer pauses, but for a damaged or foreign queue file, which ends the relayer.
pub(crate) async fn drive<S: Stage>(
    mut stage: S,
    pause: Duration,
    telemetry: Arc<Telemetry>,
    cancel: CancellationToken,
) -> Result<(), QueueError> {
    let mut failures = 0u32;
    while !cancel.is_cancelled() {
        let wait = match stage.step().await {
            Ok(progress) => {
                if failures > 0 {
                    tracing::info!(stage = stage.name(), "works again after {failures} errors");
                }
                failures = 0;
                telemetry.worked(stage.name());
                match progress {
                    Progress::More => Duration::ZERO,
                    Progress::Idle => pause,
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(stage = stage.name(), %error, failures, "step failed, will try again");
                telemetry.failed(stage.name(), &error);
                if error.queue().is_some_and(is_fatal) {
                    return Err(reason(&error));
                }
                pause.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE.max(pause))
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    Ok(())
}

/// Whether trying again cannot help.
const fn is_fatal(error: &QueueError) -> bool {
    matches!(
        error,
        QueueError::Corrupt { .. }
            | QueueError::Foreign(_)
            | QueueError::Schema { .. }
            | QueueError::OtherIdentity { .. }
    )
}

fn reason<E: StageError>(error: &E) -> QueueError {
    match error.queue() {
        Some(QueueError::Corrupt { path, reason }) => {
            QueueError::Corrupt { path: path.clone(), reason: reason.clone() }
        }
        Some(QueueError::Foreign(path)) => QueueError::Foreign(path.clone()),
        _ => QueueError::Corrupt { path: Default::default(), reason: error.to_string() },
    }
}

/// Runs a piece of work on the queue where blocking is allowed.
pub(crate) async fn on_disk<T: Send + 'static>(
    queue: &Arc<Queue>,
    work: impl FnOnce(&Queue) -> Result<T, QueueError> + Send + 'static,
) -> Result<T, QueueError> {
    let queue = Arc::clone(queue);
    match tokio::task::spawn_blocking(move || work(&queue)).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(QueueError::Io {
                action: "cannot finish the work on",
                path: "the queue".into(),
                reason: cancelled.to_string(),
            }),
        },
    }
}
