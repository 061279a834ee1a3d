//! Prices and collateral of a proof request: the reverse Dutch ramp, exact for every input and equal to the contract's.

use alloy_primitives::U256;

/// One basis point is a ten-thousandth.
pub const BPS: u64 = 10_000;

/// The price terms of a `ProofRequest`. Times are Unix seconds, lengths seconds, amounts in the payment token's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Price until the ramp starts.
    pub min_price: u128,
    /// Price from the end of the ramp to the lock deadline.
    pub max_price: u128,
    /// When the price starts to rise; all deadlines count from here.
    pub ramp_start: u64,
    /// How long it rises; 0 jumps right after `ramp_start`.
    pub ramp_length: u32,
    /// From `ramp_start` to the last second in which the request can be locked at a price.
    pub lock_timeout: u32,
    /// From `ramp_start` to the last second of fulfilment.
    pub timeout: u32,
}

/// Terms that no contract accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// min > max
    #[error("minPrice {min} is above maxPrice {max}: the price rises over time")]
    Prices {
        /// minPrice
        min: u128,
        /// maxPrice
        max: u128,
    },
    /// Not rampLength ≤ lockTimeout ≤ timeout
    #[error("rampLength {ramp}, lockTimeout {lock}, timeout {timeout}: each must be at most the next")]
    Order {
        /// rampLength
        ramp: u32,
        /// lockTimeout
        lock: u32,
        /// timeout
        timeout: u32,
    },
    /// The deadline does not fit 64 bits.
    #[error("rampStart {start} + timeout {timeout} exceeds 2^64: a time in milliseconds?")]
    Overflow {
        /// rampStart
        start: u64,
        /// timeout
        timeout: u32,
    },
}

impl Offer {
    /// Checks min ≤ max, rampLength ≤ lockTimeout ≤ timeout, and that the deadline fits 64 bits.
    pub fn validate(&self) -> Result<(), OfferError> {
        if self.min_price > self.max_price {
            return Err(OfferError::Prices { min: self.min_price, max: self.max_price });
        }
        if self.ramp_length > self.lock_timeout || self.lock_timeout > self.timeout {
            return Err(OfferError::Order {
                ramp: self.ramp_length,
                lock: self.lock_timeout,
                timeout: self.timeout,
            });
        }
        match self.ramp_start.checked_add(self.timeout.into()) {
            Some(_) => Ok(()),
            None => Err(OfferError::Overflow { start: self.ramp_start, timeout: self.timeout }),
        }
    }

    /// Last second with a price (inclusive); saturates for terms that [`Offer::validate`] refuses.
    pub const fn lock_deadline(&self) -> u64 {
        self.ramp_start.saturating_add(self.lock_timeout as u64)
    }

    /// Last second of fulfilment (inclusive); saturates likewise.
    pub const fn deadline(&self) -> u64 {
        self.ramp_start.saturating_add(self.timeout as u64)
    }

    /// First second in which somebody else may rescue a lock: half of the time between the last lock and the deadline is the
    /// locker's alone, whenever it locked. After the deadline, so never, if that time is less than two seconds.
    pub const fn rescuable_from(&self) -> u64 {
        let between = self.timeout.saturating_sub(self.lock_timeout) as u64;
        self.lock_deadline().saturating_add(between.div_ceil(2)).saturating_add(1)
    }

    /// Last second in which nobody but the locker may serve a lock.
    pub const fn alone_until(&self) -> u64 {
        let last = self.rescuable_from().saturating_sub(1);
        if last < self.deadline() { last } else { self.deadline() }
    }

    /// The price at a time: `minPrice` up to `rampStart`, then linear (rounded down) to `maxPrice` over `rampLength`,
    /// constant up to and including the lock deadline, 0 after it.
    ///
    /// Total: no input overflows. If min > max (refused by [`Offer::validate`]) the price stays at min.
    pub fn price_at(&self, time: u64) -> u128 {
        if time > self.lock_deadline() {
            return 0;
        }
        let rise = self.max_price.saturating_sub(self.min_price);
        let elapsed = u128::from(time.saturating_sub(self.ramp_start));
        let length = u128::from(self.ramp_length);
        let gained = if elapsed == 0 {
            0
        } else if elapsed >= length {
            rise
        } else {
            // floor(rise·elapsed/length) without a 160-bit product: split rise = q·length + r. Here length > elapsed ≥ 1,
            // q·elapsed ≤ rise, and r·elapsed < 2^64.
            let q = rise.checked_div(length).unwrap_or(0);
            let r = rise.checked_rem(length).unwrap_or(0);
            let part = r.saturating_mul(elapsed).checked_div(length).unwrap_or(0);
            q.saturating_mul(elapsed).saturating_add(part)
        };
        self.min_price.saturating_add(gained)
    }

    /// The first second at which the price is at least `target`, or `None` if it never is: what an operator waits for.
    pub fn first_time_at(&self, target: u128) -> Option<u64> {
        if target <= self.min_price {
            return Some(0);
        }
        let (mut low, mut high) = (self.ramp_start, self.lock_deadline());
        if self.price_at(high) < target {
            return None;
        }
        // The price is monotone on [rampStart, lock deadline].
        while low < high {
            let middle = low.midpoint(high);
            if self.price_at(middle) >= target {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Some(low)
    }
}

/// Collateral that an operator of a trust score locks: `max(base·(2000 - score)/1000, maxPrice·floorBps/10000)`.
///
/// Both quotients are rounded up, so rounding never favours the locker. `score` is 0 to 1000 (more counts as 1000).
/// The floor keeps trust earned on small jobs from unlocking a giant default. 256 bits wide, so no input overflows.
pub fn required_collateral(base: u128, score: u16, max_price: u128, floor_bps: u16) -> U256 {
    let factor = 2000u16.saturating_sub(score.min(1000));
    let by_trust = U256::from(base).wrapping_mul(U256::from(factor)).div_ceil(U256::from(1000));
    let floor = U256::from(max_price).wrapping_mul(U256::from(floor_bps)).div_ceil(U256::from(BPS));
    by_trust.max(floor)
}

/// What a rescuer gets of the collateral, two fifths rounded down, and what is burned: the rest.
pub fn rescue(collateral: U256) -> (U256, U256) {
    // Collateral fits 88 bits; of more the product would not tell the truth, and then everything is burned.
    let doubled = collateral.checked_mul(U256::from(2)).unwrap_or_default();
    let reward = doubled.checked_div(U256::from(5)).unwrap_or_default();
    (reward, collateral.saturating_sub(reward))
}

#[cfg(test)]
mod tests;
