//! The chain's clock: wall time plus an offset that tests move, and the exact time of the next block if one is set.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::RpcError;

/// Source of block timestamps. Copied into snapshots.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    offset: i64,
    next: Option<u64>,
}

/// Unix time in seconds.
pub(crate) fn wall_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

impl Clock {
    /// A clock that shows `time` now.
    pub(crate) fn starting_at(time: u64) -> Self {
        Self { offset: difference(time, wall_time()), next: None }
    }

    /// Timestamp of a block on top of one at `parent`. Never earlier than the parent; equal times are allowed, as on
    /// anvil, so that a burst of instant blocks does not run ahead of the wall clock.
    pub(crate) fn next_timestamp(&self, parent: u64) -> u64 {
        self.next.unwrap_or_else(|| wall_time().saturating_add_signed(self.offset).max(parent))
    }

    /// Records that a block with this timestamp was made.
    pub(crate) fn made(&mut self, timestamp: u64) {
        if self.next.take().is_some() {
            self.offset = difference(timestamp, wall_time());
        }
    }

    /// Moves the clock forward; returns the whole offset in seconds.
    pub(crate) fn increase(&mut self, seconds: u64) -> i64 {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.offset = self.offset.saturating_add(seconds);
        self.next = self.next.map(|next| next.saturating_add_signed(seconds));
        self.offset
    }

    /// Fixes the timestamp of the next block; later ones go on from there.
    pub(crate) fn set_next(&mut self, timestamp: u64, parent: u64) -> Result<(), RpcError> {
        if timestamp < parent {
            return Err(RpcError::params(format!(
                "timestamp {timestamp} is before the previous block's {parent}; time cannot go back"
            )));
        }
        self.next = Some(timestamp);
        Ok(())
    }
}

fn difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_timestamp_is_used_once_and_time_goes_on_from_it() {
        let mut clock = Clock::default();
        let far = wall_time() + 1_000_000;
        clock.set_next(far, 5).unwrap();
        assert_eq!(clock.next_timestamp(5), far);
        clock.made(far);
        assert!((far..far + 5).contains(&clock.next_timestamp(far)));
    }

    #[test]
    fn increases_add_up() {
        let mut clock = Clock::default();
        assert_eq!(clock.increase(10), 10);
        assert_eq!(clock.increase(5), 15);
        assert!(clock.next_timestamp(0) >= wall_time() + 14);
    }

    #[test]
    fn time_never_goes_back() {
        let mut clock = Clock::default();
        assert_eq!(clock.next_timestamp(u64::MAX), u64::MAX);
        let error = clock.set_next(9, 10).unwrap_err();
        assert_eq!(error.message, "timestamp 9 is before the previous block's 10; time cannot go back");
    }
}
