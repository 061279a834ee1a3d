//! The time that verdicts use.
//!
//! The system's clock is read once, when the node starts; from then on time passes by the monotonic clock, so that nobody who
//! sets the system's clock (or a faulty time server) makes receipts of now look like receipts of the future or of last week.
//! The chain corrects what that misses (a machine that slept, a clock that was slow when the node started): time is never
//! before the newest block. A clock that was fast at the start stays fast; the chain shows it, see [`NodeClock::ahead`].
//!
//! Wall time is used in two places only: here, once, and in the mesh for the age of beacons.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a clock takes its readings from.
pub trait TimeSource: Send + Sync {
    /// Seconds since 1970, by the system's clock; 0 on a clock before that.
    fn wall(&self) -> u64;

    /// Since some fixed moment, never backwards.
    fn steady(&self) -> Duration;
}

/// The system's clocks.
#[derive(Debug)]
pub struct SystemTimes(Instant);

impl Default for SystemTimes {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl TimeSource for SystemTimes {
    fn wall(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
    }

    fn steady(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Seconds since 1970 that only move forward.
pub struct NodeClock {
    source: Box<dyn TimeSource>,
    wall: u64,
    steady: Duration,
    chain: AtomicU64,
}

impl NodeClock {
    /// Reads the wall clock for the first and last time.
    pub fn new(source: Box<dyn TimeSource>) -> Self {
        let (wall, steady) = (source.wall(), source.steady());
        Self { source, wall, steady, chain: AtomicU64::new(0) }
    }

    /// The system's clocks.
    pub fn system() -> Self {
        Self::new(Box::<SystemTimes>::default())
    }

    fn own(&self) -> u64 {
        self.wall.saturating_add(self.source.steady().saturating_sub(self.steady).as_secs())
    }

    /// Now.
    pub fn now(&self) -> u64 {
        self.own().max(self.chain.load(Ordering::Relaxed))
    }

    /// The newest block has this time.
    pub fn see_block(&self, time: u64) {
        self.chain.fetch_max(time, Ordering::Relaxed);
    }

    /// How far this clock is ahead of the newest block: more than a few block times is a wrong clock or a chain that stands.
    pub fn ahead(&self) -> u64 {
        match self.chain.load(Ordering::Relaxed) {
            0 => 0,
            chain => self.own().saturating_sub(chain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Default)]
    struct Fake {
        wall: AtomicU64,
        steady: AtomicU64,
    }

    impl TimeSource for Arc<Fake> {
        fn wall(&self) -> u64 {
            self.wall.load(Ordering::Relaxed)
        }

        fn steady(&self) -> Duration {
            Duration::from_secs(self.steady.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn jumps_of_the_wall_clock_do_not_move_it() {
        let fake = Arc::new(Fake::default());
        fake.wall.store(1_000_000, Ordering::Relaxed);
        let clock = NodeClock::new(Box::new(fake.clone()));
        fake.steady.store(10, Ordering::Relaxed);
        for jump in [0, 999, 1_000_000_000] {
            fake.wall.store(jump, Ordering::Relaxed);
            assert_eq!(clock.now(), 1_000_010, "wall clock at {jump}");
        }
    }

    #[test]
    fn the_chain_pulls_it_forward_and_never_back() {
        let fake = Arc::new(Fake::default());
        fake.wall.store(500, Ordering::Relaxed);
        let clock = NodeClock::new(Box::new(fake.clone()));
        assert_eq!(clock.ahead(), 0, "nothing is known of the chain");
        clock.see_block(2_000);
        assert_eq!(clock.now(), 2_000, "the clock was slow when the node started");
        clock.see_block(1_000);
        assert_eq!(clock.now(), 2_000, "a replica that lags");
        fake.steady.store(1_600, Ordering::Relaxed);
        assert_eq!((clock.now(), clock.ahead()), (2_100, 100), "blocks do not come");
    }
}
