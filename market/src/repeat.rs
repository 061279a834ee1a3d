//! How an agent that only looks lives: again and again until it is told to stop.

use crate::error::MarketError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Looks again at once while there is something to do, and after a pause otherwise.
pub async fn repeat(
    poll: Duration,
    cancel: &CancellationToken,
    mut look: impl AsyncFnMut() -> Result<bool, MarketError>,
) -> Result<(), MarketError> {
    loop {
        let busy = look().await?;
        if cancel.is_cancelled() {
            return Ok(());
        }
        if busy {
            continue;
        }
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(poll) => {}
        }
    }
}
