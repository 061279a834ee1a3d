//! Restarts, reorganisations, capped endpoints, and somebody else on the same account.

use super::helpers::*;
use alloy_primitives::U256;
use nonos_devnet::{Config, Orphans};
use nonos_market::chain::RequestState;
use nonos_market::operator::{Outcome, Stage};

const OVER: fn(&Stage) -> bool = |stage| matches!(stage, Stage::Over(_));

/// A fresh agent for every single look: a restart at every state that a look can leave behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_never_lives_longer_than_one_look_still_earns_its_price_once() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let mut anchored = false;
    let mut outcome = None;
    for _ in 0..60 {
        let mut agent = world.operator();
        agent.look(true).await.unwrap();
        let job = agent.job(id).unwrap().unwrap();
        // Dropping the agent ends its launches; a launch needs one agent that lives long enough.
        if job.stage == Stage::Owing {
            until(&mut agent, id, |stage| *stage == Stage::Proven).await;
        }
        if job.posted.is_some() && !anchored {
            anchored = true;
            world.node.anchor().await;
        }
        let state = world.requester(REQUESTER).state(id, &request).await.unwrap();
        if matches!(state, RequestState::Locked(lock) if lock.claim.is_some()) {
            world.pass(WINDOW + 1);
        }
        if let Stage::Over(end) = job.stage {
            outcome = Some(end);
            break;
        }
    }
    assert_eq!(outcome, Some(Outcome::Paid));
    assert_eq!(world.node.shelf(|shelf| shelf.launches), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_reorganised_away_is_made_again() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let mut agent = world.operator();
    let requester = world.requester(REQUESTER);
    while !matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(_)) {
        agent.look(true).await.unwrap();
    }
    world.devnet.reorg(1, Orphans::Drop).unwrap();
    assert_eq!(requester.state(id, &request).await.unwrap(), RequestState::Open);
    while !matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(_)) {
        agent.look(true).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_reorganised_away_is_collected_again() {
    let world = World::new().await;
    let mut request = world.request(1).await;
    request.assurance = nonos_core::request::ASSURANCE_RECORDED;
    let requester = world.requester(REQUESTER);
    let id = requester.submit(&request).await.unwrap();
    let mut agent = world.operator();
    assert_eq!(until(&mut agent, id, OVER).await.stage, Stage::Over(Outcome::Paid));
    world.devnet.reorg(1, Orphans::Drop).unwrap();
    assert!(matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(_)));
    while !matches!(requester.state(id, &request).await.unwrap(), RequestState::Fulfilled(_)) {
        agent.look(true).await.unwrap();
    }
    assert_eq!(until(&mut agent, id, OVER).await.stage, Stage::Over(Outcome::Paid));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_caps_ranges_hides_nothing() {
    let world = World::with(Config { log_range_limit: Some(7), ..Config::default() }).await;
    world.devnet.mine(50).unwrap();
    let (id, _) = world.submitted(1).await;
    world.devnet.mine(50).unwrap();
    let mut agent = world.operator();
    until(&mut agent, id, |stage| *stage == Stage::Proven).await;
    assert_eq!(world.requester(REQUESTER).find(id).await.unwrap().id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_senders_on_one_account_lose_no_transaction() {
    let world = World::new().await;
    let (one, two) = (world.requester(REQUESTER), world.requester(REQUESTER));
    let mut sends = tokio::task::JoinSet::new();
    for i in 0..12u64 {
        let requester = if i % 2 == 0 { one.clone() } else { two.clone() };
        sends.spawn(async move { requester.deposit(U256::from(1 << i)).await.map(|_| 1u64 << i) });
    }
    let (mut landed, mut refused) = (0u64, 0);
    while let Some(sent) = sends.join_next().await {
        match sent.unwrap() {
            Ok(wei) => landed += wei,
            Err(_) => refused += 1,
        }
    }
    let balance = one.balance(world.address(REQUESTER)).await.unwrap();
    assert_eq!(balance, U256::from(ETHER) + U256::from(landed), "what was reported is what happened");
    assert!(refused <= 2, "{refused} of 12 gave up");
}
