//! The plan of the next transaction, case by case.

use super::*;
use alloy_primitives::B256;
use proptest::prelude::*;

const POLICY: FeePolicy = FeePolicy { min_tip: 1, max_tip: 100, cap: 1_000 };
const RULES: Resend = Resend { blocks: 3, pause: Duration::from_secs(10) };
const LATER: Option<Duration> = Some(Duration::from_secs(10));

fn attempt(nonce: u64, at_block: u64) -> Attempt {
    Attempt { nonce, max_fee: 200, tip: 10, gas_limit: 150_000, hash: B256::ZERO, at_block }
}

fn nonces(next: u64, pending: u64, ours: &[u64]) -> Nonces {
    Nonces { next, pending, ours: ours.iter().copied().collect() }
}

fn at(attempts: &[Attempt], ago: Option<Duration>, nonces: &Nonces, height: u64) -> Action {
    let head = Head { number: height, hash: B256::ZERO, time: 0, base_fee: 100 };
    decide(attempts, ago, nonces, &head, RULES, (&POLICY, 10))
}

#[test]
fn the_first_transaction_goes_behind_everything_under_way() {
    assert_eq!(at(&[], None, &nonces(5, 5, &[]), 1), Action::Fresh { nonce: 5 });
    assert_eq!(at(&[], None, &nonces(5, 7, &[]), 1), Action::Fresh { nonce: 7 }, "another sender's");
    assert_eq!(at(&[], None, &nonces(5, 5, &[5, 6]), 1), Action::Fresh { nonce: 7 }, "ours");
    assert_eq!(at(&[], None, &nonces(5, u64::MAX, &[]), 1), Action::Fresh { nonce: 69 }, "a lie, bounded");
}

#[test]
fn what_may_not_have_been_sent_is_sent_as_it_was() {
    let last = attempt(5, 1);
    assert_eq!(at(&[last], None, &nonces(5, 5, &[5]), 1), Action::Repeat(last));
    assert_eq!(at(&[last], Some(Duration::from_secs(9)), &nonces(5, 6, &[5]), 99), Action::Wait);
    assert_eq!(
        at(&[last], LATER, &nonces(5, 6, &[5]), 3),
        Action::Repeat(last),
        "too few blocks to pay more"
    );
}

#[test]
fn a_stuck_transaction_is_replaced_with_its_own_nonce_until_the_cap() {
    let last = attempt(5, 1);
    let fees = Fees { max_fee: 225, tip: 12 };
    let replace = Action::Replace { nonce: 5, fees, gas_limit: 150_000 };
    assert_eq!(at(&[last], LATER, &nonces(5, 6, &[5]), 4), replace);
    let dear = Attempt { max_fee: 900, ..last };
    assert_eq!(at(&[dear], LATER, &nonces(5, 6, &[5]), 4), Action::Repeat(dear), "1,013 is above the cap");
    // Second in line: paying more would not help.
    let second = attempt(6, 1);
    assert_eq!(at(&[second], LATER, &nonces(5, 7, &[5, 6]), 4), Action::Repeat(second));
}

#[test]
fn a_lost_nonce_is_given_up_and_repeated_losses_slow_down() {
    let lost = attempt(5, 10);
    assert_eq!(at(&[lost], LATER, &nonces(6, 6, &[]), 10), Action::Fresh { nonce: 6 });
    let twice = [lost, attempt(6, 10)];
    assert_eq!(at(&twice, LATER, &nonces(7, 7, &[]), 10), Action::Wait);
    assert_eq!(at(&twice, LATER, &nonces(7, 7, &[]), 11), Action::Fresh { nonce: 7 });
    assert_eq!(at(&twice, LATER, &nonces(7, 7, &[]), 2), Action::Fresh { nonce: 7 }, "the chain went back");
    // An older transaction that can still be included is preferred to a third one.
    let older = attempt(9, 1);
    assert_eq!(at(&[older, lost], LATER, &nonces(6, 10, &[9]), 2), Action::Repeat(older));
}

#[test]
fn a_gap_before_our_nonce_is_filled_when_nobody_else_does() {
    let behind = attempt(8, 1);
    // The node says that another sender's transactions are there.
    assert_eq!(at(&[behind], LATER, &nonces(5, 8, &[8]), 4), Action::Repeat(behind));
    // They are not, or not all.
    assert_eq!(at(&[behind], LATER, &nonces(5, 5, &[8]), 4), Action::Fresh { nonce: 5 });
    assert_eq!(at(&[behind], LATER, &nonces(5, 6, &[6, 8]), 4), Action::Fresh { nonce: 7 });
    // Much later the node is not believed.
    assert_eq!(at(&[behind], LATER, &nonces(5, 8, &[8]), 25), Action::Fresh { nonce: 5 });
}

proptest! {
    /// Whatever is remembered, a nonce that is given out is unused on this chain and no other call of ours has it.
    #[test]
    fn no_new_nonce_is_used_or_taken(
        next in 0u64..50, pending in 0u64..200, others in proptest::collection::btree_set(0u64..80, 0..6),
        own in proptest::collection::vec((0u64..80, 0u64..40), 0..5), height in 0u64..60, sent in any::<bool>(),
    ) {
        let own: Vec<Attempt> = own.into_iter().map(|(nonce, at)| attempt(nonce, at)).collect();
        let mut nonces = nonces(next, pending, &[]);
        nonces.ours = others.iter().copied().chain(own.iter().map(|a| a.nonce)).filter(|n| *n >= next).collect();
        match at(&own, LATER.filter(|_| sent), &nonces, height) {
            Action::Fresh { nonce } => {
                prop_assert!(nonce >= next);
                prop_assert!(!nonces.ours.contains(&nonce));
            }
            Action::Replace { nonce, .. } => prop_assert!(own.iter().any(|a| a.nonce == nonce)),
            Action::Repeat(again) => prop_assert!(own.contains(&again) && again.nonce >= next),
            Action::Wait => {}
        }
    }
}
