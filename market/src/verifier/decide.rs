//! What to bid. A pure function of the job and the places that are taken.

use super::agent::Terms;
use crate::chain::Place;
use alloy_primitives::{Address, U256};
use nonos_core::opinion;

/// What is offered for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Bid this fee, in wei.
    Bid(u128),
    /// We hold a place, or others ask for less than we do: wait.
    Wait,
    /// This job is not for us.
    Never(Unfit),
}

/// Why a job is not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It pays less than looking at its leaves is worth to us.
    Fee {
        /// The job's highest fee.
        most: u128,
        /// Our lowest.
        least: u128,
    },
    /// Its stake is more than we risk.
    Stake(U256),
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fee { most, least } => write!(f, "it pays at most {most} wei, we ask for {least}"),
            Self::Stake(stake) => write!(f, "its stake of {stake} wei is more than we risk"),
        }
    }
}

/// As much as the job pays while places are free; then a tenth below the dearest place, but not below our own price.
pub fn offer(us: &Terms, job: &opinion::Terms, leaves: u32, places: &[Place], account: Address) -> Offer {
    let most = job.maxFee.to::<u128>();
    let least = us.min_fee.saturating_add(us.fee_per_leaf.saturating_mul(leaves.into()));
    if least > most {
        return Offer::Never(Unfit::Fee { most, least });
    }
    let stake = U256::from(job.stake);
    if stake > us.max_stake {
        return Offer::Never(Unfit::Stake(stake));
    }
    if places.iter().any(|place| place.verifier == account) {
        return Offer::Wait;
    }
    if places.len() < usize::from(job.quorum) {
        return Offer::Bid(most);
    }
    let worst = places.iter().map(|place| place.fee).max().unwrap_or(0);
    // Not by a wei: whoever is displaced comes back, and every bid is a transaction.
    let below = worst.saturating_sub((worst / 10).max(1)).max(least);
    if below < worst { Offer::Bid(below) } else { Offer::Wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Address = Address::repeat_byte(1);

    fn terms() -> Terms {
        Terms { min_fee: 50, fee_per_leaf: 1, max_stake: U256::from(1_000), ..Terms::default() }
    }

    fn job(quorum: u8, max_fee: u64, stake: u64) -> opinion::Terms {
        opinion::Terms {
            quorum,
            maxFee: U256::from(max_fee).to(),
            stake: U256::from(stake).to(),
            biddingEnd: Default::default(),
            attestDeadline: Default::default(),
        }
    }

    fn places(fees: &[u128]) -> Vec<Place> {
        (2..)
            .zip(fees)
            .map(|(i, fee)| Place { verifier: Address::repeat_byte(i), fee: *fee, said: false })
            .collect()
    }

    #[test]
    fn while_places_are_free_the_highest_fee_is_asked_for() {
        assert_eq!(offer(&terms(), &job(2, 200, 1_000), 10, &places(&[3]), US), Offer::Bid(200));
    }

    #[test]
    fn a_full_job_is_underbid_by_a_tenth_and_never_below_our_price() {
        let bid = |fees: &[u128]| offer(&terms(), &job(2, 200, 1_000), 10, &places(fees), US);
        assert_eq!(bid(&[100, 200]), Offer::Bid(180));
        assert_eq!(bid(&[61, 60]), Offer::Bid(60), "our price");
        assert_eq!(bid(&[60, 60]), Offer::Wait, "they work for less, or were earlier");
        assert_eq!(bid(&[0, 0]), Offer::Wait);
    }

    #[test]
    fn who_holds_a_place_waits() {
        let mut held = places(&[100, 200]);
        held[0].verifier = US;
        assert_eq!(offer(&terms(), &job(2, 200, 1_000), 10, &held, US), Offer::Wait);
        assert_eq!(offer(&terms(), &job(3, 200, 1_000), 10, &held, US), Offer::Wait);
    }

    #[test]
    fn small_fees_and_large_stakes_are_not_for_us() {
        let never = |job| match offer(&terms(), &job, 10, &[], US) {
            Offer::Never(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(never(job(1, 59, 1_000)), Unfit::Fee { most: 59, least: 60 });
        assert_eq!(never(job(1, 60, 1_001)), Unfit::Stake(U256::from(1_001)));
        assert_eq!(offer(&terms(), &job(1, 60, 1_000), 10, &[], US), Offer::Bid(60));
    }
}
