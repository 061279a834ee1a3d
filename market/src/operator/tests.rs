//! The operator agent in a simulated world: the honest path, every fault, and a kill at every call.

use super::terms::tests::{request, terms};
use super::*;
use crate::chain::RequestState;
use crate::clock::Clock;
use crate::sim::{Faults, Tally, World, folder, id_of};
use crate::table::{Site, Table};
use alloy_primitives::{Address, B256, U256};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const SITE: Site = Site { chain_id: 31337, contract: Address::ZERO };
/// More looks than any story takes.
const PATIENCE: usize = 400;

fn agent(world: &World, path: &Path) -> OperatorAgent {
    let table = Table::open(path, AGENT, SITE).unwrap();
    let world = Arc::new(world.clone());
    OperatorAgent::new(terms(), world.clone(), world.clone(), world, table, 0, OperatorMetrics::default())
        .unwrap()
        .with_clock(Clock::chain())
}

/// Looks until the job is over; `None` if that never happens.
async fn finish(agent: &mut OperatorAgent, id: B256) -> Option<Outcome> {
    for _ in 0..PATIENCE {
        agent.look(true).await.unwrap();
        tokio::task::yield_now().await;
        if let Some(Job { stage: Stage::Over(outcome), .. }) = Jobs(&agent.table).get(id).unwrap() {
            return Some(outcome);
        }
    }
    None
}

async fn story(faults: Faults) -> (World, Option<Outcome>, Tally) {
    let dir = folder();
    let world = World::new(faults);
    let id = id_of(&request());
    world.submit(id, request());
    let outcome = finish(&mut agent(&world, &dir.path().join("t")), id).await;
    let tally = world.tally();
    (world, outcome, tally)
}

#[tokio::test]
async fn an_honest_market_pays_through_a_batch() {
    let (_, outcome, tally) = story(Faults::default()).await;
    assert_eq!(outcome, Some(Outcome::Paid));
    assert_eq!(tally, Tally { locks: 1, launches: 1, claims: 1, payments: 1, ..Tally::default() });
}

#[tokio::test]
async fn a_relayer_that_withholds_gains_nothing() {
    let (world, outcome, tally) = story(Faults { relayer_withholds: true, ..Faults::default() }).await;
    assert_eq!(outcome, Some(Outcome::Paid));
    assert_eq!(tally, Tally { locks: 1, launches: 1, verified: 1, payments: 1, ..Tally::default() });
    assert!(world.now() < request().price_terms().deadline(), "before the deadline, by the margin");
}

#[tokio::test]
async fn a_voided_claim_is_given_up_and_the_receipt_verified_at_once() {
    let (_, outcome, tally) = story(Faults { leaf_is_voided: true, ..Faults::default() }).await;
    assert_eq!(outcome, Some(Outcome::Paid));
    let expected =
        Tally { locks: 1, launches: 1, claims: 1, drops: 1, verified: 1, payments: 1, ..Tally::default() };
    assert_eq!(tally, expected);
}

#[tokio::test]
async fn a_refused_claim_is_not_insisted_on() {
    let (_, outcome, tally) = story(Faults { claims_refused: true, ..Faults::default() }).await;
    assert_eq!(outcome, Some(Outcome::Paid));
    assert_eq!(tally, Tally { locks: 1, launches: 1, verified: 1, payments: 1, ..Tally::default() });
}

#[tokio::test]
async fn a_receipt_whose_roots_went_stale_is_replaced_by_a_new_launch() {
    let faults = Faults { stale_receipts: 1, claims_refused: true, ..Faults::default() };
    let (_, outcome, tally) = story(faults).await;
    assert_eq!(outcome, Some(Outcome::Paid));
    assert_eq!((tally.launches, tally.verified, tally.payments), (2, 1, 1));
}

#[tokio::test]
async fn failed_launches_are_retried_and_a_hopeless_one_holds_new_locks_back() {
    let (_, outcome, tally) = story(Faults { failing_launches: 2, ..Faults::default() }).await;
    assert_eq!((outcome, tally.launches, tally.payments), (Some(Outcome::Paid), 1, 1));

    let dir = folder();
    let world = World::new(Faults { failing_launches: 100, ..Faults::default() });
    let id = id_of(&request());
    world.submit(id, request());
    let mut second = request();
    second.salt = U256::from(2);
    let mut agent = agent(&world, &dir.path().join("t"));
    let mut submitted = false;
    for _ in 0..PATIENCE {
        agent.look(true).await.unwrap();
        tokio::task::yield_now().await;
        let job = Jobs(&agent.table).get(id).unwrap().unwrap();
        if job.failures > 0 && !submitted {
            submitted = true;
            let worth = agent.terms.screen(&second, world.now()).unwrap();
            Jobs(&agent.table).put(&Job::new(id_of(&second), second.clone(), 1, worth)).unwrap();
            world.submit(id_of(&second), second.clone());
        }
    }
    assert!(submitted);
    assert_eq!(world.tally().locks, 1, "one debt at a time");
    assert_eq!(Jobs(&agent.table).get(id).unwrap().unwrap().attempts, terms().max_attempts);
}

#[tokio::test]
async fn a_capsule_that_fails_on_the_input_is_never_locked() {
    let (_, outcome, tally) = story(Faults { capsule_fails: true, ..Faults::default() }).await;
    assert_eq!(outcome, Some(Outcome::Refused));
    assert_eq!(tally, Tally::default());
}

#[tokio::test]
async fn a_lock_whose_answer_got_lost_is_recognised() {
    for lost_answers in 1..8 {
        let (_, outcome, tally) = story(Faults { lost_answers, ..Faults::default() }).await;
        assert_eq!(outcome, Some(Outcome::Paid), "{lost_answers} lost");
        assert_eq!((tally.locks, tally.refused_locks, tally.launches, tally.payments), (1, 0, 1, 1));
    }
}

#[tokio::test]
async fn outages_only_delay() {
    for outage_every in [4, 6, 9, 13] {
        let faults = Faults { outage_every: Some(outage_every), ..Faults::default() };
        let (_, outcome, tally) = story(faults).await;
        assert_eq!(outcome, Some(Outcome::Paid), "one call in {outage_every} fails: {tally:?}");
        assert_eq!((tally.locks, tally.payments), (1, 1));
    }
}

#[tokio::test]
async fn a_removed_key_unwinds_the_lock() {
    let dir = folder();
    let world = World::new(Faults { failing_launches: 100, ..Faults::default() });
    let id = id_of(&request());
    world.submit(id, request());
    let mut agent = agent(&world, &dir.path().join("t"));
    while world.tally().locks == 0 {
        agent.look(true).await.unwrap();
    }
    world.remove_key();
    assert_eq!(finish(&mut agent, id).await, Some(Outcome::Unwound));
    assert_eq!(world.tally().unwinds, 1);
}

#[tokio::test]
async fn too_little_collateral_is_said_and_nothing_is_locked() {
    let dir = folder();
    let world = World::new(Faults::default());
    world.set_free(7_999);
    let id = id_of(&request());
    world.submit(id, request());
    let mut agent = agent(&world, &dir.path().join("t"));
    for _ in 0..40 {
        agent.look(true).await.unwrap();
    }
    let job = Jobs(&agent.table).get(id).unwrap().unwrap();
    assert_eq!(world.tally().locks, 0);
    let trouble = job.trouble.unwrap();
    assert!(trouble.contains("`nonos market deposit 0.000000000000000001`"), "{trouble}");
}

#[tokio::test]
async fn a_request_that_somebody_else_locked_is_let_go() {
    let dir = folder();
    let world = World::new(Faults::default());
    let id = id_of(&request());
    world.submit(id, request());
    let mut agent = agent(&world, &dir.path().join("t"));
    agent.look(true).await.unwrap();
    let lock = crate::chain::Lock {
        locker: Address::repeat_byte(9),
        operator: B256::ZERO,
        price: 1,
        collateral: 1,
        deadline: 2_000,
        alone_until: 2_000,
        record_until: 2_000,
        reopened: false,
        slash_from: 3_000,
        claim: None,
    };
    world.set_state(id, RequestState::Locked(lock));
    assert_eq!(finish(&mut agent, id).await, Some(Outcome::Lost));
    assert_eq!(world.tally(), Tally::default());
}

/// The whole story once for every call that it makes, killed there before or after the call took effect, and gone on with by
/// a fresh agent on the same table.
#[tokio::test]
async fn killed_anywhere_it_goes_on_and_does_nothing_twice() {
    for faults in [
        Faults::default(),
        Faults { relayer_withholds: true, ..Faults::default() },
        Faults { leaf_is_voided: true, ..Faults::default() },
        Faults { claims_refused: true, ..Faults::default() },
    ] {
        let (undisturbed, ..) = story(faults.clone()).await;
        let calls = undisturbed.calls();
        assert!(calls > 20, "{calls}");
        for at in 1..=calls {
            for after in [false, true] {
                let dir = folder();
                let path = dir.path().join("t");
                let world = World::new(Faults { kill: Some((at, after)), ..faults.clone() });
                let id = id_of(&request());
                world.submit(id, request());
                {
                    let mut first = agent(&world, &path);
                    tokio::select! {
                        biased;
                        () = world.killed.notified() => {}
                        _ = finish(&mut first, id) => {}
                    }
                }
                let outcome = finish(&mut agent(&world, &path), id).await;
                let tally = world.tally();
                let what =
                    format!("killed at call {at} ({}): {tally:?}", if after { "after" } else { "before" });
                assert_eq!(outcome, Some(Outcome::Paid), "{what}");
                assert_eq!((tally.locks, tally.refused_locks, tally.payments), (1, 0, 1), "{what}");
                assert_eq!(tally.launches, 1, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn one_request_can_be_served_alone_and_an_unknown_one_is_named() {
    let dir = folder();
    let world = World::new(Faults::default());
    let id = id_of(&request());
    let unknown = agent(&world, &dir.path().join("t")).serve(id, CancellationToken::new()).await;
    assert!(matches!(unknown, Err(crate::MarketError::UnknownRequest(missing)) if missing == id));
    world.submit(id, request());
    let served = agent(&world, &dir.path().join("t")).serve(id, CancellationToken::new()).await;
    assert_eq!(served.unwrap(), Outcome::Paid);
}

#[tokio::test]
async fn the_service_stops_when_it_is_told_to() {
    let dir = folder();
    let world = World::new(Faults::default());
    let cancel = CancellationToken::new();
    let running = tokio::spawn(agent(&world, &dir.path().join("t")).run(cancel.clone()));
    tokio::task::yield_now().await;
    cancel.cancel();
    running.await.unwrap().unwrap();
}
