//! A token bucket: so many at once, so many per second in the long run.

use std::time::Instant;

/// Tokens that come back with time.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    tokens: f64,
    burst: f64,
    per_s: f64,
    at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(per_s: f64, burst: f64, now: Instant) -> Self {
        Self { tokens: burst, burst, per_s, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + seconds * self.per_s).min(self.burst);
        self.at = now.max(self.at);
    }

    /// Takes `cost` tokens, or none if there are fewer.
    pub fn take(&mut self, cost: f64, now: Instant) -> bool {
        self.refill(now);
        let enough = self.tokens >= cost;
        if enough {
            self.tokens -= cost;
        }
        enough
    }

    /// Takes `cost` tokens if there are any at all; the bucket may go below zero and has to recover first.
    pub fn charge(&mut self, cost: f64, now: Instant) -> bool {
        self.refill(now);
        let any = self.tokens > 0.0;
        if any {
            self.tokens -= cost;
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10.0, 3.0, start);
        assert_eq!((0..5).filter(|_| bucket.take(1.0, start)).count(), 3);
        assert_eq!((0..50).filter(|i| bucket.take(1.0, start + Duration::from_millis(100 * i))).count(), 49);
        // A long pause gives no more than the burst; a clock that goes back gives nothing.
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..5).filter(|_| bucket.take(1.0, later)).count(), 3);
        assert!(!bucket.take(1.0, start));
    }

    #[test]
    fn a_charge_is_paid_back() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(1.0, 10.0, start);
        assert!(bucket.charge(15.0, start));
        assert!(!bucket.charge(1.0, start + Duration::from_secs(4)));
        assert!(bucket.charge(1.0, start + Duration::from_secs(6)));
    }
}
