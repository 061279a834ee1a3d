//! How long receipts have been queued, by a clock that no adjustment of the system's time moves.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Looks closer together than this are one.
const RESOLUTION: Duration = Duration::from_millis(50);

/// When which positions were seen first. A receipt is as old as the first look that could have seen it.
#[derive(Debug)]
pub(super) struct Ages {
    /// (Newest position seen, when), both growing.
    marks: VecDeque<(u64, Instant)>,
    /// Age of what is found at the first look, so that a process that is restarted again and again still makes batches.
    credit: Option<Duration>,
}

impl Ages {
    pub(super) fn new(credit: Duration) -> Self {
        Self { marks: VecDeque::new(), credit: Some(credit) }
    }

    /// Age of the oldest of the queued positions, which lie between `oldest` and `newest`.
    pub(super) fn of(&mut self, queued: Option<(u64, u64)>, now: Instant) -> Duration {
        let credit = self.credit.take().unwrap_or_default();
        let Some((oldest, newest)) = queued else {
            self.marks.clear();
            return Duration::ZERO;
        };
        match self.marks.back_mut() {
            Some((position, _)) if newest <= *position => {}
            Some((position, seen)) if now.saturating_duration_since(*seen) < RESOLUTION => *position = newest,
            _ => self.marks.push_back((newest, now.checked_sub(credit).unwrap_or(now))),
        }
        while self.marks.front().is_some_and(|(position, _)| *position < oldest) {
            self.marks.pop_front();
        }
        self.marks.front().map_or(Duration::ZERO, |(_, seen)| now.saturating_duration_since(*seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_receipt_ages_from_the_first_look_that_saw_it() {
        let start = Instant::now() + 100 * SECOND;
        let mut ages = Ages::new(50 * SECOND);
        assert_eq!(ages.of(None, start), Duration::ZERO);
        assert_eq!(ages.of(Some((0, 3)), start + SECOND), Duration::ZERO);
        assert_eq!(ages.of(Some((0, 9)), start + 3 * SECOND), 2 * SECOND);
        // 0 to 3 went into a batch: 4 came with the second look.
        assert_eq!(ages.of(Some((4, 9)), start + 7 * SECOND), 4 * SECOND);
        assert_eq!(ages.of(None, start + 8 * SECOND), Duration::ZERO);
        assert_eq!(ages.of(Some((10, 10)), start + 9 * SECOND), Duration::ZERO);
    }

    #[test]
    fn what_was_there_at_the_start_has_its_age() {
        let start = Instant::now() + 100 * SECOND;
        let mut ages = Ages::new(5 * SECOND);
        assert_eq!(ages.of(Some((7, 9)), start), 5 * SECOND);
        assert_eq!(ages.of(Some((7, 12)), start + SECOND), 6 * SECOND);
        assert_eq!(ages.of(Some((10, 12)), start + 2 * SECOND), SECOND);
    }
}
