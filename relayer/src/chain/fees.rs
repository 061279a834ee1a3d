//! EIP-1559 fees: what to offer, and what to offer instead.

/// What a transaction offers, wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Most it pays in all.
    pub max_fee: u128,
    /// Most it pays on top of the base fee.
    pub tip: u128,
}

/// Bounds of what is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeePolicy {
    /// Least priority fee, wei per gas.
    pub min_tip: u128,
    /// Most priority fee that is offered at first, whatever the node proposes, wei per gas.
    pub max_tip: u128,
    /// No transaction ever offers more than this, wei per gas.
    pub cap: u128,
}

/// A replacement has to offer this much more of both, in thousandths. Nodes ask for 10 %; some for 12.5 %.
const BUMP: u128 = 1_125;

impl FeePolicy {
    /// What to offer at this base fee: twice of it, which outlasts six full blocks in a row, and the tip. `None` if the next
    /// block alone would cost more than the cap.
    pub fn offer(&self, base_fee: u64, proposed_tip: u128) -> Option<Fees> {
        let tip = proposed_tip.clamp(self.min_tip, self.max_tip.max(self.min_tip));
        let base_fee = u128::from(base_fee);
        let next = base_fee.saturating_add(base_fee / 8).saturating_add(tip);
        if next > self.cap {
            return None;
        }
        let max_fee = base_fee.saturating_mul(2).saturating_add(tip).min(self.cap);
        Some(Fees { max_fee, tip })
    }

    /// What to offer instead of `old`: an eighth more of both, or what would be offered now if that is more. `None` if it
    /// would exceed the cap.
    pub fn replace(&self, old: Fees, base_fee: u64, proposed_tip: u128) -> Option<Fees> {
        let bumped = |fee: u128| fee.saturating_mul(BUMP).div_ceil(1_000).max(fee.saturating_add(1));
        let now = self.offer(base_fee, proposed_tip).unwrap_or(Fees { max_fee: 0, tip: 0 });
        let fees = Fees { max_fee: bumped(old.max_fee).max(now.max_fee), tip: bumped(old.tip).max(now.tip) };
        let fees = Fees { max_fee: fees.max_fee.max(fees.tip), ..fees };
        (fees.max_fee <= self.cap).then_some(fees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: FeePolicy = FeePolicy { min_tip: 1, max_tip: 1_000, cap: 10_000 };

    #[test]
    fn the_first_offer_is_twice_the_base_fee_and_never_above_the_cap() {
        assert_eq!(POLICY.offer(100, 10), Some(Fees { max_fee: 210, tip: 10 }));
        assert_eq!(POLICY.offer(100, 0), Some(Fees { max_fee: 201, tip: 1 }));
        assert_eq!(POLICY.offer(100, 5_000), Some(Fees { max_fee: 1_200, tip: 1_000 }));
        assert_eq!(POLICY.offer(8_000, 10), Some(Fees { max_fee: 10_000, tip: 10 }));
        assert_eq!(POLICY.offer(9_000, 10), None, "the next block could cost 10,135");
    }

    proptest! {
        #[test]
        fn every_replacement_is_accepted_by_the_strictest_node_and_ends_at_the_cap(
            base_fee in 1u64..8_000, proposed in 0u128..5_000, later in 1u64..20_000,
        ) {
            let Some(mut old) = POLICY.offer(base_fee, proposed) else { return Ok(()) };
            let mut rounds = 0;
            while let Some(new) = POLICY.replace(old, later, proposed) {
                prop_assert!(new.max_fee * 1_000 >= old.max_fee * 1_125);
                prop_assert!(new.tip * 1_000 >= old.tip * 1_125);
                prop_assert!(new.max_fee <= POLICY.cap && new.tip <= new.max_fee);
                old = new;
                rounds += 1;
            }
            prop_assert!(rounds < 100);
        }
    }
}
