//! Bad leaves are voided, hidden ones bring their batch down, good ones are left alone.

use super::helpers::*;
use alloy::providers::Provider;
use alloy_primitives::{Bytes, U256};
use nonos_core::ReceiptLeaf;
use nonos_market::chain::{BatchStanding, Batches, LeafState, Market, RequestState};
use nonos_market::challenger::{ChallengerAgent, Finding};
use nonos_market::node::Node;
use nonos_market::operator::{Outcome, Stage};

async fn looks(agent: &mut ChallengerAgent, world: &World, count: usize) {
    for _ in 0..count {
        agent.look().await.unwrap();
        // A commitment has to be a block old.
        world.devnet.mine(1).unwrap();
    }
}

/// An operator lies in a proof, and the relayer anchors it: the leaf is void, the relayer slashed, and the operator is left
/// with its debt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_leaf_that_was_claimed_with_is_challenged_voided_and_its_relayer_slashed() {
    let world = World::new().await;
    let (good, _) = world.submitted(1).await;
    let mut operator = world.operator();
    until(&mut operator, good, |stage| *stage == Stage::Proven).await;
    world.node.shelf(|shelf| shelf.proof = Some(2));
    let (id, request) = world.submitted(2).await;
    let job = until(&mut operator, id, |stage| *stage == Stage::Proven).await;
    while operator.job(id).unwrap().unwrap().posted.is_none()
        || operator.job(good).unwrap().unwrap().posted.is_none()
    {
        operator.look(true).await.unwrap();
    }
    let record = world.node.anchor().await;
    assert_eq!(record.leaves.len(), 2);
    // An honest node does not keep a receipt with a bad proof. The claim shows it.
    let bad = job.decoded().unwrap().unwrap();
    let requester = world.requester(REQUESTER);
    while !matches!(requester.state(id, &request).await.unwrap(), RequestState::Locked(lock) if lock.claim.is_some())
    {
        operator.look(true).await.unwrap();
    }
    world.node.shelf(|shelf| shelf.receipts.retain(|receipt| *receipt != bad));

    let (_, locked) = bond_of(&world, RELAYER).await;
    assert!(!locked.is_zero());
    let mut challenger = world.challenger();
    looks(&mut challenger, &world, 8).await;
    let (_, after) = bond_of(&world, RELAYER).await;
    assert!(after.is_zero(), "the slice is gone");
    let (reward, _) = bond_of(&world, CHALLENGER).await;
    assert!(!reward.is_zero() && reward <= locked / U256::from(2), "at least half is burned");
    let watch = &challenger.watches().unwrap()[0];
    assert!(watch.findings.values().any(|finding| *finding == Finding::Voided), "{watch:?}");

    // The leaf alone is void: the other one is paid, this one's claim is given up.
    let chain = world.chain(CHALLENGER);
    assert!(matches!(chain.standing(record.id().0).await.unwrap(), BatchStanding::Pending { .. }));
    let RequestState::Locked(lock) = chain.state_of(id, &request).await.unwrap() else { panic!("locked") };
    assert_eq!(lock.claim.map(|claim| claim.state), Some(LeafState::Void));
    world.pass(WINDOW + 1);
    let paid = until(&mut operator, good, |stage| matches!(stage, Stage::Over(_))).await;
    assert_eq!(paid.stage, Stage::Over(Outcome::Paid));
    let RequestState::Locked(lock) = chain.state_of(id, &request).await.unwrap() else {
        panic!("still owed")
    };
    assert!(lock.reopened && lock.claim.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaf_that_nobody_shows_brings_its_batch_down() {
    let world = World::new().await;
    let record = world.node.anchor_leaves(vec![ReceiptLeaf([9; 32].into())]).await;
    let mut challenger = world.challenger();
    looks(&mut challenger, &world, 2).await;
    assert!(matches!(challenger.watches().unwrap()[0].findings[&0], Finding::Missing { .. }));
    world.pass(11);
    looks(&mut challenger, &world, 1).await;
    assert_eq!(challenger.watches().unwrap()[0].findings[&0], Finding::Demanded);
    // A restart forgets nothing.
    drop(challenger);
    let mut challenger = world.challenger();
    world.pass(WINDOW / 8 + 1);
    looks(&mut challenger, &world, 2).await;
    let chain = world.chain(CHALLENGER);
    assert_eq!(chain.standing(record.id().0).await.unwrap(), BatchStanding::Fallen);
    looks(&mut challenger, &world, 2).await;
    assert!(challenger.watches().unwrap().is_empty());
    assert_eq!(challenger.findings().unwrap()[0].findings[&0], Finding::Fell);
    assert!(!bond_of(&world, CHALLENGER).await.0.is_zero(), "bond and reward");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_leaves_nobody_has_is_demanded_too() {
    let world = World::new().await;
    world.node.shelf(|shelf| shelf.withholds = true);
    let leaves = (0..5).map(|i| ReceiptLeaf([i; 32].into())).collect();
    let record = world.node.anchor_leaves(leaves).await;
    let mut challenger = world.challenger();
    looks(&mut challenger, &world, 2).await;
    world.pass(11);
    looks(&mut challenger, &world, 2).await;
    let demands = challenger.watches().unwrap()[0].demands;
    assert!(demands > 0);
    world.pass(WINDOW / 8 + 1);
    looks(&mut challenger, &world, 3).await;
    assert_eq!(world.chain(CHALLENGER).standing(record.id().0).await.unwrap(), BatchStanding::Fallen);
}

/// A node that calls good proofs bad makes its challenger do nothing: no commitment, no gas.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_valid_leaf_is_never_challenged_whatever_the_node_says() {
    let world = World::new().await;
    let (id, _) = world.submitted(1).await;
    let mut operator = world.operator();
    until(&mut operator, id, |stage| *stage == Stage::Proven).await;
    while operator.job(id).unwrap().unwrap().posted.is_none() {
        operator.look(true).await.unwrap();
    }
    world.node.anchor().await;
    world.node.shelf(|shelf| shelf.lies = true);
    let mut challenger = world.challenger();
    looks(&mut challenger, &world, 6).await;
    let nonce = provider(&world.devnet, 0).get_transaction_count(world.address(CHALLENGER)).await.unwrap();
    assert_eq!(nonce, 0, "nothing was sent");
    assert!(challenger.watches().unwrap()[0].findings.is_empty());
    let receipt = operator.job(id).unwrap().unwrap().decoded().unwrap().unwrap();
    assert!(world.node.inclusion(receipt.message_id()).await.unwrap().is_some());
    let _: Bytes = receipt.launchProof;
}

/// A fresh challenger for every look: the salt of a commitment is on disk before it is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenger_that_never_lives_longer_than_one_look_still_voids_the_leaf() {
    let world = World::new().await;
    world.node.shelf(|shelf| shelf.proof = Some(2));
    let (id, _) = world.submitted(1).await;
    let mut operator = world.operator();
    until(&mut operator, id, |stage| *stage == Stage::Proven).await;
    while operator.job(id).unwrap().unwrap().posted.is_none() {
        operator.look(true).await.unwrap();
    }
    let record = world.node.anchor().await;
    let mut voided = false;
    for _ in 0..12 {
        let mut challenger = world.challenger();
        challenger.look().await.unwrap();
        world.devnet.mine(1).unwrap();
        voided |= challenger
            .watches()
            .unwrap()
            .iter()
            .any(|watch| watch.findings.get(&0) == Some(&Finding::Voided));
    }
    assert!(voided);
    let sent = provider(&world.devnet, 0).get_transaction_count(world.address(CHALLENGER)).await.unwrap();
    assert_eq!(sent, 2, "one commitment, one challenge");
    assert_eq!(record.leaves.len(), 1);
}
