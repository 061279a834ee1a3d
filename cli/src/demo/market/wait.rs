//! Waiting for what others do: polled, with an end.

use super::fleet::Fleet;
use eyre::{Result, bail};
use std::time::{Duration, Instant};

/// How long anything may take here. The demo's windows are some seconds; the rest is a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until the answer is `Some`. A service that died meanwhile is the better error.
pub async fn until<T>(
    what: &str,
    fleet: &mut Fleet,
    mut ask: impl AsyncFnMut(&Fleet) -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = ask(fleet).await? {
            return Ok(found);
        }
        fleet.check()?;
        if start.elapsed() > PATIENCE {
            bail!("waited {} s in vain: {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
