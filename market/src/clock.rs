//! Now, as agents reckon with it: the chain's time or the system's, whichever is later.
//!
//! A chain is up to a block behind the clock, and a development chain can be ahead of it. Taking the later one means that a
//! deadline is never thought to be further away than it is.

use crate::chain::Head;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of Unix seconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl Clock {
    /// The system's.
    pub fn system() -> Self {
        Self(Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())))
    }

    /// Only the chain's time counts.
    pub fn chain() -> Self {
        Self(Arc::new(|| 0))
    }

    /// Now, under this head.
    pub fn now(&self, head: &Head) -> u64 {
        head.timestamp.max((self.0)())
    }
}
