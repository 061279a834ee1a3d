//! When to make a batch: by size, age and gas price.

use std::time::Duration;

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPolicy {
    /// Largest batch; a full one goes at any price.
    pub max_size: usize,
    /// Age of the oldest receipt from which a smaller batch goes, if gas is cheap enough.
    pub max_age: Duration,
    /// Age from which it goes at any price.
    pub hard_age: Duration,
    /// Gas price up to which smaller batches go, wei per gas.
    pub gas_price_ceiling: u128,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is queued.
    Nothing,
    /// Too few, too young.
    Young,
    /// Old enough, but gas is too dear.
    Dear,
    /// Make a batch.
    Form,
}

impl BatchPolicy {
    /// Decides for `queued` receipts, the oldest of this age; `gas_price` is the base fee and tip of now, `None` if it is not
    /// known, which counts as too dear.
    pub fn decide(&self, queued: u64, age: Duration, gas_price: Option<u128>) -> Decision {
        if queued == 0 {
            Decision::Nothing
        } else if queued >= self.max_size as u64 || age >= self.hard_age {
            Decision::Form
        } else if age < self.max_age {
            Decision::Young
        } else if gas_price.is_some_and(|price| price <= self.gas_price_ceiling) {
            Decision::Form
        } else {
            Decision::Dear
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: BatchPolicy = BatchPolicy {
        max_size: 8,
        max_age: Duration::from_secs(10),
        hard_age: Duration::from_secs(60),
        gas_price_ceiling: 100,
    };

    #[test]
    fn size_age_and_price_decide_in_this_order() {
        let decide = |queued, age, price| POLICY.decide(queued, Duration::from_secs(age), price);
        assert_eq!(decide(0, 1_000, Some(1)), Decision::Nothing);
        assert_eq!(decide(8, 0, None), Decision::Form, "a full batch goes at any price");
        assert_eq!(decide(7, 9, Some(1)), Decision::Young);
        assert_eq!(decide(7, 10, Some(100)), Decision::Form);
        assert_eq!(decide(7, 10, Some(101)), Decision::Dear);
        assert_eq!(decide(7, 59, None), Decision::Dear, "an unknown price is not a low one");
        assert_eq!(decide(1, 60, Some(u128::MAX)), Decision::Form, "nothing waits for ever");
    }

    proptest! {
        #[test]
        fn waiting_longer_or_paying_less_never_turns_a_batch_down(
            queued in 1u64..20, age in 0u64..100, price in 0u128..200, more in 0u64..100, less in 0u128..200,
        ) {
            let decide = |age, price| POLICY.decide(queued, Duration::from_secs(age), Some(price));
            if decide(age, price) == Decision::Form {
                prop_assert_eq!(decide(age + more, price.saturating_sub(less)), Decision::Form);
            }
        }
    }
}
