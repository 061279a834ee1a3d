//! What is fixed at deployment: times, stakes and market terms, and which of them the contracts take.

use alloy_primitives::Address;
use nonos_core::chain::is_dev_chain;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// Reveal periods that fit a challenge window, at least.
pub const MIN_REVEAL_ROUNDS: u64 = 8;

/// Terms that the contracts would refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// A time is 0 or more than a year.
    #[error("{name} is {value} s: it takes {min} s to a year ({YEAR} s)")]
    Time {
        /// Which time.
        name: &'static str,
        /// The value.
        value: u64,
        /// The smallest value.
        min: u64,
    },
    /// The reveal period is too short or too long for the chain and the challenge window.
    #[error(
        "the reveal period is {value} s: with a challenge window of {window} s it takes {min} to {max} s (an eighth of the \
         window; an hour at least outside development chains)"
    )]
    RevealPeriod {
        /// The value.
        value: u64,
        /// The challenge window.
        window: u64,
        /// Smallest value.
        min: u64,
        /// Largest value.
        max: u64,
    },
    /// An operator could leave while its receipts can still be found fraudulent.
    #[error(
        "the unbonding delay is {delay} s: it must be longer than receipt age, inclusion margin, challenge window and two \
         reveal periods together ({needed} s)"
    )]
    Unbonding {
        /// The delay.
        delay: u64,
        /// What it must exceed.
        needed: u64,
    },
    /// A slice of 0, or one that does not fit 96 bits.
    #[error("the slice is {0} wei: it takes 1 to 2^96 - 1 wei of bond for each batch")]
    Slice(u128),
    /// A base fee floor out of bounds.
    #[error("the base fee floor is {0} wei: it takes 1 to 10^13 wei")]
    BaseFeeFloor(u64),
}

/// Time bounds in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Oldest launch that is recorded.
    pub max_receipt_age: u64,
    /// Time that a transaction may need to be included.
    pub inclusion_margin: u64,
    /// Time from anchoring a batch to its finality.
    pub challenge_window: u64,
    /// Time to answer a demand; at most an eighth of the challenge window.
    pub reveal_period: u64,
    /// Time after finality for which the slice of a batch stays locked.
    pub late_slash: u64,
    /// Time from an operator's exit or expiry to the release of its deposit.
    pub unbonding_delay: u64,
    /// Shortest validity of one enrolment; at least a day.
    pub min_validity: u64,
    /// Longest validity of one enrolment.
    pub max_validity: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            max_receipt_age: DAY,
            inclusion_margin: HOUR,
            challenge_window: 7 * DAY,
            reveal_period: 12 * HOUR,
            late_slash: 7 * DAY,
            unbonding_delay: 14 * DAY,
            min_validity: DAY,
            max_validity: YEAR,
        }
    }
}

impl Times {
    /// These times with another challenge window, and the reveal period shortened to fit it.
    #[must_use]
    pub fn with_challenge_window(self, challenge_window: u64) -> Self {
        let longest = challenge_window / MIN_REVEAL_ROUNDS;
        Self { challenge_window, reveal_period: self.reveal_period.min(longest), ..self }
    }

    /// Whether the contracts take these times on this chain: the constructors' rules, said before anything is sent.
    pub fn check(&self, chain_id: u64) -> Result<(), TermsError> {
        let bounded = |name, value, min| match (min..=YEAR).contains(&value) {
            true => Ok(()),
            false => Err(TermsError::Time { name, value, min }),
        };
        bounded("the oldest receipt", self.max_receipt_age, 1)?;
        bounded("the inclusion margin", self.inclusion_margin, 0)?;
        bounded("the challenge window", self.challenge_window, MIN_REVEAL_ROUNDS)?;
        bounded("the late slash period", self.late_slash, 1)?;
        bounded("the unbonding delay", self.unbonding_delay, 1)?;
        let min = if is_dev_chain(chain_id) { 1 } else { HOUR };
        let (value, window) = (self.reveal_period, self.challenge_window);
        let max = window / MIN_REVEAL_ROUNDS;
        if value < min || value > max {
            return Err(TermsError::RevealPeriod { value, window, min, max });
        }
        let times = [self.max_receipt_age, self.inclusion_margin, window, value, value];
        let needed = times.into_iter().fold(0, u64::saturating_add);
        if needed >= self.unbonding_delay {
            return Err(TermsError::Unbonding { delay: self.unbonding_delay, needed });
        }
        Ok(())
    }
}

/// What a relayer answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stakes {
    /// Wei of bond locked for each batch; below 2^96.
    pub slice: u128,
    /// Lowest base fee, in wei, at which the bond of a demand is priced; at most 10^13.
    pub base_fee_floor: u64,
}

impl Default for Stakes {
    /// 0.1 ether and 1 gwei.
    fn default() -> Self {
        Self { slice: 100_000_000_000_000_000, base_fee_floor: 1_000_000_000 }
    }
}

impl Stakes {
    /// Whether the anchor takes these stakes.
    pub fn check(&self) -> Result<(), TermsError> {
        if self.slice == 0 || self.slice >> 96 != 0 {
            return Err(TermsError::Slice(self.slice));
        }
        if self.base_fee_floor == 0 || self.base_fee_floor > 10_000_000_000_000 {
            return Err(TermsError::BaseFeeFloor(self.base_fee_floor));
        }
        Ok(())
    }
}

/// Terms of the market. Its constructor names the ones that it does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// Protocol fee that holds from the start, in basis points of a price.
    pub protocol_fee_bps: u16,
    /// Part of each fee that is burned, in basis points of the fee: 5,000 to 10,000, and all of it without a treasury.
    pub burned_fee_bps: u16,
    /// Who gets the rest of the fees; zero for nobody.
    pub treasury: Address,
    /// Time from the announcement of another fee to its effect, in seconds: a week at least outside development chains.
    pub fee_delay: u64,
    /// Collateral that no score lowers, in basis points of the highest price.
    pub collateral_floor_bps: u16,
    /// Time to have a receipt verified after a claim was dropped, in seconds.
    pub grace: u64,
    /// Burned fee with which a success counts fully, in wei.
    pub reference_fee: u128,
}

impl Default for MarketConfig {
    /// 2.5 %, all of it burned, changed with a week's notice; 20 %, one hour, 0.0001 ether.
    fn default() -> Self {
        Self {
            protocol_fee_bps: 250,
            burned_fee_bps: 10_000,
            treasury: Address::ZERO,
            fee_delay: 7 * DAY,
            collateral_floor_bps: 2_000,
            grace: HOUR,
            reference_fee: 100_000_000_000_000,
        }
    }
}

/// Terms of the verification market. Its constructor names the ones that it does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationConfig {
    /// Least age of a batch on which an opinion counts before it is final, in seconds; at most half the challenge window.
    pub attested_floor: u64,
    /// Least time that a challenger has left then, and time to slash after finality, in seconds; at most a quarter of the
    /// window.
    pub grace: u64,
    /// Time to contest an install, in seconds.
    pub contest_window: u64,
    /// Time to answer a contest, in seconds,
    pub answer_base: u64,
    /// and for each chunk.
    pub answer_per_chunk: u64,
    /// What the poster of an install puts up on top of the price of a contest, in wei; not 0.
    pub least_install_bond: u128,
}

impl VerificationConfig {
    /// A seventh of the challenge window, a twenty-eighth, two days, a day, a minute, 0.1 ether: what suits a window.
    pub fn fitting(challenge_window: u64) -> Self {
        Self {
            attested_floor: (challenge_window / 7).max(1),
            grace: (challenge_window / 28).max(1),
            contest_window: 2 * DAY,
            answer_base: DAY,
            answer_per_chunk: 60,
            least_install_bond: 100_000_000_000_000_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_fit_every_chain() {
        assert_eq!(Times::default().check(1), Ok(()));
        assert_eq!(Stakes::default().check(), Ok(()));
    }

    #[test]
    fn short_windows_are_for_development_chains() {
        let times = Times::default().with_challenge_window(60);
        assert_eq!(times.reveal_period, 7);
        assert_eq!(times.check(31337), Ok(()));
        let error = times.check(1).unwrap_err();
        assert_eq!(error, TermsError::RevealPeriod { value: 7, window: 60, min: 3600, max: 7 });
        let error = Times::default().with_challenge_window(7).check(31337).unwrap_err();
        assert_eq!(error, TermsError::Time { name: "the challenge window", value: 7, min: 8 });
    }

    #[test]
    fn the_unbonding_delay_covers_every_window_together() {
        let mut times = Times::default();
        let needed = 25 * HOUR + 7 * DAY + DAY;
        times.unbonding_delay = needed;
        assert_eq!(times.check(1), Err(TermsError::Unbonding { delay: needed, needed }));
        times.unbonding_delay += 1;
        assert_eq!(times.check(1), Ok(()));
    }

    #[test]
    fn stakes_fit_their_types() {
        let stakes = Stakes::default();
        for slice in [0, 1 << 96, u128::MAX] {
            assert_eq!(Stakes { slice, ..stakes }.check(), Err(TermsError::Slice(slice)));
        }
        for base_fee_floor in [0, 10_000_000_000_001] {
            let error = Stakes { base_fee_floor, ..stakes }.check().unwrap_err();
            assert_eq!(error, TermsError::BaseFeeFloor(base_fee_floor));
        }
    }
}
