//! From a request to its payment, its slash, or its end in peace.

use super::helpers::*;
use alloy_primitives::{Bytes, U256};
use nonos_contracts::abi::{ProofMarket, VerifierRouter};
use nonos_contracts::market::{Market as Binding, MarketEventKind, events};
use nonos_core::request::protocol_fee;
use nonos_market::SendError;
use nonos_market::chain::{Blocks, Market, RequestState};
use nonos_market::node::{Node, ProofVerdict};
use nonos_market::operator::{Outcome, Stage};
use nonos_market::requester::News;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PROVEN: fn(&Stage) -> bool = |stage| *stage == Stage::Proven;
const OVER: fn(&Stage) -> bool = |stage| matches!(stage, Stage::Over(_));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_locked_launched_anchored_claimed_and_paid() {
    let world = World::new().await;
    let requester = world.requester(REQUESTER);
    let (id, request) = world.submitted(1).await;
    let mut agent = world.operator();
    assert!(until(&mut agent, id, PROVEN).await.receipt.is_some());
    while agent.job(id).unwrap().unwrap().posted.is_none() {
        agent.look(true).await.unwrap();
    }
    world.node.anchor().await;
    while !matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(lock) if lock.claim.is_some())
    {
        agent.look(true).await.unwrap();
    }
    // Not before the window is over.
    for _ in 0..3 {
        agent.look(true).await.unwrap();
    }
    assert_eq!(agent.job(id).unwrap().unwrap().stage, Stage::Proven);
    world.pass(WINDOW + 1);
    assert_eq!(until(&mut agent, id, OVER).await.stage, Stage::Over(Outcome::Paid));

    assert!(world.score().await > 0, "a success counts");
    let delivery = requester.delivery(id, &request).await.unwrap().expect("a receipt");
    assert!(delivery.settled && delivery.proof == ProofVerdict::Valid && delivery.recorded_at.is_none());
    let price = U256::from(request.offer.minPrice);
    let left = requester.balance(world.address(REQUESTER)).await.unwrap();
    assert!(left <= U256::from(ETHER) - price && left > U256::from(ETHER) - price * U256::from(2));
    let relayer = requester.balance(world.address(RELAYER)).await.unwrap();
    assert_eq!(relayer, U256::from(request.relayFee), "the relay fee went to whoever anchored");
    let operator = requester.balance(world.address(OPERATOR)).await.unwrap();
    assert!(operator > U256::from(ETHER), "collateral back, and the price");
    requester.withdraw(left, world.address(REQUESTER)).await.expect("what is free leaves");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_batch_the_receipt_is_recorded_before_the_deadline_and_paid_at_once() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let mut agent = world.operator();
    until(&mut agent, id, PROVEN).await;
    for _ in 0..5 {
        agent.look(true).await.unwrap();
    }
    assert_eq!(agent.job(id).unwrap().unwrap().stage, Stage::Proven, "a batch may still come");
    let alone_until = request.price_terms().alone_until();
    world.pass(alone_until - world.devnet.timestamp() - world.terms().margin);
    assert_eq!(until(&mut agent, id, OVER).await.stage, Stage::Over(Outcome::Paid));
    let requester = world.requester(REQUESTER);
    let delivery = requester.delivery(id, &request).await.unwrap().expect("a receipt");
    assert!(delivery.recorded_at.is_some_and(|at| at <= alone_until), "before anybody could rescue it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_a_record_is_recorded_without_waiting() {
    let world = World::new().await;
    let mut request = world.request(1).await;
    request.assurance = nonos_core::request::ASSURANCE_RECORDED;
    let id = world.requester(REQUESTER).submit(&request).await.unwrap();
    assert_eq!(until(&mut world.operator(), id, OVER).await.stage, Stage::Over(Outcome::Paid));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locker_that_stalls_is_slashed_and_the_score_shows_it() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let operator = world.chain(OPERATOR);
    operator.lock(&request, &Bytes::new(), world.terms().operator).await.unwrap();
    let requester = world.requester(REQUESTER);
    let RequestState::Locked(lock) = requester.state(id, &request).await.unwrap() else { panic!("locked") };
    let early = requester.slash(id, &request).await.unwrap_err();
    assert!(
        matches!(&early, SendError::Refused { reason, .. } if reason.starts_with("NotSlashable(")),
        "{early}"
    );

    world.pass(lock.slash_from - world.devnet.timestamp());
    let cancel = CancellationToken::new();
    let mut told = Vec::new();
    let news = requester
        .follow(id, &request, Duration::from_millis(1), &cancel, |news| told.push(news.clone()))
        .await
        .unwrap();
    assert_eq!((news, told.len()), (News::Slashable, 1));
    requester.slash(id, &request).await.unwrap();
    assert!(matches!(requester.state(id, &request).await.unwrap(), RequestState::Slashed(_)));
    // Price and relay fee are back; a tenth of the collateral is the caller's, who is the requester here, and the rest of the
    // half that is not burned, but not more than the price.
    let collateral = U256::from(lock.collateral);
    let share = (collateral / U256::from(2) - collateral / U256::from(10)).min(U256::from(lock.price));
    let expected = U256::from(ETHER) + collateral / U256::from(10) + share;
    assert_eq!(requester.balance(world.address(REQUESTER)).await.unwrap(), expected);
    assert_eq!(world.score().await, 0);
    assert!(requester.slash(id, &request).await.unwrap_err().is_refusal(), "once");
    assert_eq!(until(&mut world.operator(), id, OVER).await.stage, Stage::Over(Outcome::Slashed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locker_that_stalls_is_rescued_and_the_rescuer_is_paid() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let operator = world.chain(OPERATOR);
    operator.lock(&request, &Bytes::new(), world.terms().operator).await.unwrap();
    let requester = world.requester(REQUESTER);
    let RequestState::Locked(lock) = requester.state(id, &request).await.unwrap() else { panic!("locked") };
    assert!(lock.alone_until > request.lock_deadline() && lock.alone_until < request.deadline());
    let receipt = world.receipt_of_another(id, &request).await;
    let market = Binding::new(world.deployment.addresses.proof_market, provider(&world.devnet, CHALLENGER));
    let early = market.rescue(&request, receipt.clone()).await.unwrap_err().to_string();
    assert!(early.contains("NotRescuable("), "{early}");

    world.pass(lock.alone_until + 1 - world.devnet.timestamp());
    market.rescue(&request, receipt).await.unwrap();
    assert!(matches!(requester.state(id, &request).await.unwrap(), RequestState::Rescued(_)));
    let reward = U256::from(lock.collateral) * U256::from(2) / U256::from(5);
    assert_eq!(requester.balance(world.address(CHALLENGER)).await.unwrap(), reward, "two fifths");
    assert_eq!(
        requester.balance(world.address(REQUESTER)).await.unwrap(),
        U256::from(ETHER),
        "all of it back"
    );
    assert_eq!(world.score().await, 0, "a default");
    let mut agent = world.operator();
    assert_eq!(until(&mut agent, id, OVER).await.stage, Stage::Over(Outcome::Rescued));
    let head = world.chain(OPERATOR).head().await.unwrap().number;
    let deployer = provider(&world.devnet, 0);
    let told = events(&deployer, world.deployment.addresses.proof_market, 0, head).await.unwrap();
    let rescued = told.iter().find(|event| matches!(event.kind, MarketEventKind::Rescued { .. })).unwrap();
    let MarketEventKind::Rescued { rescuer, reward: paid, .. } = rescued.kind else { unreachable!() };
    assert_eq!((rescued.request_id, rescuer, paid), (id, OTHER_ID, reward));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_nobody_locked_is_served_in_one_transaction() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let receipt = world.receipt_of_another(id, &request).await;
    let market = Binding::new(world.deployment.addresses.proof_market, provider(&world.devnet, CHALLENGER));
    market.fulfil_open(&request, Bytes::new(), receipt, &[]).await.unwrap();
    let requester = world.requester(REQUESTER);
    let RequestState::Fulfilled(lock) = requester.state(id, &request).await.unwrap() else { panic!("paid") };
    assert_eq!(lock.collateral, 0, "nobody locked");
    assert!(lock.price >= request.offer.minPrice && lock.price <= request.offer.maxPrice);
    let price = lock.price;
    let expected = U256::from(price - protocol_fee(price, 250)) + U256::from(request.relayFee);
    assert_eq!(requester.balance(world.address(CHALLENGER)).await.unwrap(), expected, "price and relay fee");
    assert_eq!(until(&mut world.operator(), id, OVER).await.stage, Stage::Over(Outcome::Lost));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_for_another_request_is_refused() {
    let world = World::new().await;
    let (first, _) = world.submitted(1).await;
    let mut agent = world.operator();
    let job = until(&mut agent, first, PROVEN).await;
    let receipt = job.decoded().unwrap().unwrap();
    world.node.post_receipt(&receipt).await.unwrap();
    world.node.anchor().await;
    let inclusion = world.node.inclusion(receipt.message_id()).await.unwrap().unwrap();

    let (_, second) = world.submitted(2).await;
    let chain = world.chain(OPERATOR);
    chain.lock(&second, &Bytes::new(), world.terms().operator).await.unwrap();
    let refused = chain.claim(&second, &receipt, &inclusion).await.unwrap_err();
    let expected = "ReceiptMismatch(name: \"requestId\"";
    assert!(
        matches!(&refused, SendError::Refused { reason, .. } if reason.starts_with(expected)),
        "{refused}"
    );
    let refused = chain.fulfil_recorded(&second, &receipt).await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Refused { reason, .. } if reason.starts_with(expected)),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_stop_everybody_gets_its_own_back() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let operator = world.chain(OPERATOR);
    operator.lock(&request, &Bytes::new(), world.terms().operator).await.unwrap();
    let owner = provider(&world.devnet, 0);
    let router = VerifierRouter::new(world.deployment.addresses.verifier_router, &owner);
    router.stop().send().await.unwrap().get_receipt().await.unwrap();
    assert_eq!(until(&mut world.operator(), id, OVER).await.stage, Stage::Over(Outcome::Unwound));
    let requester = world.requester(REQUESTER);
    for account in [OPERATOR, REQUESTER] {
        assert_eq!(requester.balance(world.address(account)).await.unwrap(), U256::from(ETHER));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_taken_back_expire_and_are_checked_before_they_cost_anything() {
    let world = World::new().await;
    let requester = world.requester(REQUESTER);
    let (id, request) = world.submitted(1).await;
    assert_eq!(requester.submit(&request).await.unwrap(), id, "to submit again changes nothing");
    requester.cancel(&request).await.unwrap();
    assert_eq!(requester.state(id, &request).await.unwrap(), RequestState::Cancelled);
    let (id, request) = world.submitted(2).await;
    assert_eq!(requester.find(id).await.unwrap().request, request);
    assert!(requester.expire(&request).await.unwrap_err().is_refusal(), "too early");
    world.pass(301);
    assert!(
        requester.expire(&request).await.unwrap_err().is_refusal(),
        "a grace is left for what was recorded"
    );
    world.pass(GRACE);
    requester.expire(&request).await.unwrap();
    assert_eq!(requester.state(id, &request).await.unwrap(), RequestState::Expired);

    for (change, expected) in [
        (
            (|r| r.offer.minPrice = r.offer.maxPrice + 1) as fn(&mut nonos_core::request::ProofRequest),
            "minPrice",
        ),
        (|r| r.capsuleLeaf += U256::from(1), "`nonos capsule register`"),
        (|r| r.offer.maxPrice = u128::from(ETHER) * 2, "`nonos market deposit "),
        (|r| r.offer.rampStart -= 301, "it could be locked until"),
    ] {
        let mut wrong = world.request(3).await;
        change(&mut wrong);
        let error = requester.submit(&wrong).await.unwrap_err().to_string();
        assert!(error.contains(expected), "`{expected}` is not in: {error}");
    }
}

/// A requester that waits shows the input by itself: the lock stays, and the bond is its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demanded_input_is_shown_by_the_requester_that_waits() {
    let world = World::new().await;
    let (id, request) = world.submitted(1).await;
    let operator = provider(&world.devnet, OPERATOR);
    world.chain(OPERATOR).lock(&request, &Bytes::new(), world.terms().operator).await.unwrap();
    let market = ProofMarket::new(world.deployment.addresses.proof_market, &operator);
    let bond = market.inputBond().call().await.unwrap();
    let sent = market.demandInput((&request).into()).value(bond).send().await.unwrap();
    assert!(sent.get_receipt().await.unwrap().status());

    let requester = world.requester(REQUESTER);
    let had = requester.balance(world.address(REQUESTER)).await.unwrap();
    let (_, shown) = requester.input_demand(id).await.unwrap().expect("a demand");
    assert_eq!(shown, bond);
    let wrong = requester.answer(&request, Bytes::from_static(b"something else")).await.unwrap_err();
    assert!(wrong.to_string().contains("the request names"), "{wrong}");
    let (cancel, poll) = (CancellationToken::new(), Duration::from_millis(5));
    let waits = requester.clone();
    let following = tokio::spawn({
        let (request, cancel) = (request.clone(), cancel.clone());
        async move { waits.follow(id, &request, poll, &cancel, |_| {}).await }
    });
    for _ in 0..400 {
        if requester.input_demand(id).await.unwrap().is_none() {
            break;
        }
        tokio::time::sleep(poll).await;
    }
    cancel.cancel();
    assert!(following.await.unwrap().is_err(), "it was stopped");
    assert_eq!(requester.balance(world.address(REQUESTER)).await.unwrap(), had + bond);
    let demand = market.inputDemandOf(id).call().await.unwrap();
    assert!(demand.answeredAt != 0, "answered");
    assert!(matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(_)));
}
