//! A verifier looks before it bids, vouches for what is in order, and is paid for it; for the rest it does not bid.

use super::helpers::*;
use alloy_primitives::{B256, U256};
use nonos_contracts::batch::anchor_batch;
use nonos_contracts::blob::LeafBlob;
use nonos_core::batch::BatchRecord;
use nonos_core::opinion::Terms;
use nonos_core::receipt::Receipt;
use nonos_market::chain::{JobState, Opinions};
use nonos_market::verifier::{Desk, Look, VerifierAgent};

const MAX_FEE: u64 = 10_000;
const STAKE: u64 = 1_000_000;
const BIDDING: u64 = 20;
const ATTESTING: u64 = 20;

/// A batch of these receipts, which the node has.
async fn anchored(world: &World, receipts: Vec<Receipt>) -> BatchRecord {
    let leaves = receipts.iter().map(Receipt::leaf).collect();
    world.node.shelf(|shelf| shelf.receipts.extend(receipts));
    world.node.anchor_leaves(leaves).await
}

async fn funded(world: &World, account: usize) -> Desk {
    let desk = Desk::new(world.chain(account));
    desk.deposit(U256::from(ETHER)).await.unwrap();
    desk
}

async fn asked(world: &World, batch: B256, quorum: u8) -> B256 {
    let terms =
        Terms { quorum, maxFee: U256::from(MAX_FEE).to(), stake: U256::from(STAKE).to(), ..Terms::default() };
    let desk = funded(world, REQUESTER).await;
    desk.ask(batch, terms, BIDDING, ATTESTING, U256::ZERO).await.unwrap().0.id
}

async fn rest(agent: &mut VerifierAgent) {
    for _ in 0..10 {
        if !agent.look().await.unwrap() {
            return;
        }
    }
    panic!("never at rest: {:?}", agent.jobs());
}

fn end(agent: &VerifierAgent) -> String {
    let (open, closed) = agent.jobs().unwrap();
    assert!(open.is_empty(), "{open:?}");
    closed[0].end.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_in_order_is_vouched_for_and_paid_once_it_is_final() {
    let world = World::new().await;
    let record = anchored(&world, vec![world.launched(1).await, world.launched(1).await]).await;
    let job = asked(&world, record.id().0, 1).await;
    let desk = funded(&world, CHALLENGER).await;
    rest(&mut world.verifier(CHALLENGER)).await;
    let chain = world.chain(CHALLENGER);
    let place = &chain.job(job).await.unwrap().places[0];
    assert_eq!((place.verifier, place.fee, place.said), (world.address(CHALLENGER), MAX_FEE.into(), false));

    world.pass(BIDDING + 1);
    // A restart forgets nothing.
    let mut agent = world.verifier(CHALLENGER);
    rest(&mut agent).await;
    assert!(chain.job(job).await.unwrap().places[0].said);
    world.pass(WINDOW);
    rest(&mut agent).await;
    rest(&mut agent).await;
    assert_eq!(end(&agent), "settled");
    assert_eq!(desk.balance().await.unwrap(), U256::from(ETHER + MAX_FEE), "stake and fee");
    desk.withdraw(U256::from(ETHER), world.address(CHALLENGER)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_bids_on_a_bad_leaf() {
    let world = World::new().await;
    let record = anchored(&world, vec![world.launched(1).await, world.launched(2).await]).await;
    let job = asked(&world, record.id().0, 1).await;
    let desk = funded(&world, CHALLENGER).await;
    let mut agent = world.verifier(CHALLENGER);
    rest(&mut agent).await;
    assert_eq!(end(&agent), "not vouched for: leaf 1: the pairing does not hold");
    assert!(world.chain(CHALLENGER).job(job).await.unwrap().places.is_empty());
    assert_eq!(desk.balance().await.unwrap(), U256::from(ETHER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaf_that_cannot_be_seen_is_waited_for_and_not_bid_on() {
    let world = World::new().await;
    let (seen, late) = (world.launched(1).await, world.launched(1).await);
    let record = anchored(&world, vec![seen, late.clone()]).await;
    world.node.shelf(|shelf| shelf.receipts.retain(|receipt| *receipt != late));
    let job = asked(&world, record.id().0, 1).await;
    funded(&world, CHALLENGER).await;
    let mut agent = world.verifier(CHALLENGER);
    rest(&mut agent).await;
    let (open, _) = agent.jobs().unwrap();
    assert!(matches!(open[0].look, Look::Underway { next: 1, .. }), "{:?}", open[0].look);
    let chain = world.chain(CHALLENGER);
    assert!(chain.job(job).await.unwrap().places.is_empty());
    world.node.shelf(|shelf| shelf.receipts.push(late));
    rest(&mut agent).await;
    assert_eq!(chain.job(job).await.unwrap().places.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_displaced_asks_for_less_down_to_its_price() {
    let world = World::new().await;
    let record = anchored(&world, vec![world.launched(1).await]).await;
    let job = asked(&world, record.id().0, 1).await;
    let desk = funded(&world, CHALLENGER).await;
    funded(&world, OPERATOR).await;
    let (mut ours, theirs) = (world.verifier(CHALLENGER), world.chain(OPERATOR));
    rest(&mut ours).await;
    theirs.bid(job, 5_000).await.unwrap();
    rest(&mut ours).await;
    let place = theirs.job(job).await.unwrap().places[0];
    assert_eq!((place.verifier, place.fee), (world.address(CHALLENGER), 4_500));
    theirs.bid(job, 1_010).await.unwrap();
    rest(&mut ours).await;
    assert_eq!(
        theirs.job(job).await.unwrap().places[0].verifier,
        world.address(OPERATOR),
        "our price is 1,010"
    );
    world.pass(BIDDING + 1);
    rest(&mut ours).await;
    assert_eq!(end(&ours), "others hold the places");
    assert_eq!(desk.balance().await.unwrap(), U256::from(ETHER), "the stake came back at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_bids_give_the_stake_back() {
    let world = World::new().await;
    let record = anchored(&world, vec![world.launched(1).await]).await;
    let job = asked(&world, record.id().0, 2).await;
    let desk = funded(&world, CHALLENGER).await;
    let mut agent = world.verifier(CHALLENGER);
    rest(&mut agent).await;
    assert_eq!(desk.balance().await.unwrap(), U256::from(ETHER - STAKE));
    world.pass(BIDDING + 1);
    rest(&mut agent).await;
    assert_eq!(end(&agent), "unwound");
    assert_eq!(world.chain(CHALLENGER).job(job).await.unwrap().state, JobState::Unwound);
    assert_eq!(desk.balance().await.unwrap(), U256::from(ETHER));
}

/// The blob that the batch commits to may hold anything: only the one that these leaves make is vouched for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_that_are_not_the_leaves_are_not_vouched_for() {
    let world = World::new().await;
    let receipts = [world.launched(1).await, world.launched(1).await];
    let record = anchored(&world, receipts.to_vec()).await;
    let blob = |leaves: &[B256]| LeafBlob::encode(leaves).unwrap().versioned_hash();
    let relayer = provider(&world.devnet, RELAYER);
    let mut batches = Vec::new();
    for commitment in [blob(&record.leaves), blob(&record.leaves[..1])] {
        let mut other = record.clone();
        other.batch.dataCommitment = commitment;
        anchor_batch(&relayer, &world.deployment, &other.batch).await.unwrap();
        world.node.shelf(|shelf| shelf.batched.insert(other.id().0, other.clone()));
        batches.push(other.id().0);
    }
    funded(&world, CHALLENGER).await;
    let good = asked(&world, batches[0], 1).await;
    let bad = asked(&world, batches[1], 1).await;
    let mut agent = world.verifier(CHALLENGER);
    rest(&mut agent).await;
    let chain = world.chain(CHALLENGER);
    assert_eq!(chain.job(good).await.unwrap().places.len(), 1);
    assert!(chain.job(bad).await.unwrap().places.is_empty());
    let (_, closed) = agent.jobs().unwrap();
    assert_eq!(closed[0].end.as_deref(), Some("not vouched for: the data are not the leaves under the root"));
}
