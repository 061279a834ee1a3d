//! Reorganisations of known depth: what vanished is sent again, what did not is left alone, and finality comes after.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::ledger::{anchored, batches, exactly_once};
use common::{Numbers, Published, deployed, parts, plain, quick};
use nonos_contracts::abi::ReceiptAnchor;
use nonos_devnet::{Devnet, MiningMode, Orphans};
use nonos_relayer::Relayer;
use nonos_relayer::queue::{BatchState, Queue};
use tokio_util::sync::CancellationToken;

/// Makes blocks until `done`, or gives up.
async fn until(devnet: &Devnet, queue: &Queue, done: impl Fn(&Queue) -> bool) {
    for _ in 0..2_000 {
        if done(queue) {
            return;
        }
        devnet.mine(1).expect("mined");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("stuck at {:?}", queue.counts().expect("counts"));
}

fn all(queue: &Queue, at_least: BatchState, count: u64) -> bool {
    let batches = batches(queue);
    let leaves: u32 = batches.iter().map(|batch| batch.reference.size).sum();
    u64::from(leaves) == count && batches.iter().all(|batch| batch.state >= at_least)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_vanishes_is_anchored_again_and_nothing_twice() {
    let devnet = Devnet::default();
    let deployment = deployed(devnet.client()).await;
    devnet.set_mining(MiningMode::Manual).expect("manual");
    devnet.mine(30).expect("mined");
    let (provider, anchor) = (plain(&devnet), deployment.addresses.receipt_anchor);
    let (source, sink) = (Arc::new(Numbers::default()), Arc::new(Published::default()));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("queue.redb");
    let parts = parts(plain(&devnet), &deployment, source.clone(), sink);
    let relayer = Relayer::new(parts, quick(), &path).await.expect("a relayer");
    let queue = relayer.queue();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(relayer.run(cancel.clone()));

    let mut receipts = 0;
    // (depth, confirmed before?, what becomes of the transactions)
    let cases = [
        (1, false, Orphans::Requeue),
        (1, false, Orphans::Drop),
        (20, false, Orphans::Drop),
        (20, true, Orphans::Requeue),
        (20, true, Orphans::Drop),
    ];
    for (depth, confirmed, orphans) in cases {
        receipts += 20;
        source.0.store(receipts, Ordering::SeqCst);
        let reached = if confirmed { BatchState::Confirmed } else { BatchState::Mined };
        until(&devnet, &queue, |queue| all(queue, reached, receipts)).await;
        let before = anchored(&provider, anchor).await.len();
        devnet.reorg(depth, orphans).expect("reorganised");
        let lost = before - anchored(&provider, anchor).await.len();
        // The relayer may not have noticed yet: what it believes and what is there have to agree.
        while anchored(&provider, anchor).await.len() < before {
            devnet.mine(1).expect("mined");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        until(&devnet, &queue, |queue| all(queue, BatchState::Confirmed, receipts)).await;
        let found = exactly_once(&provider, anchor, &queue, receipts).await;
        println!("depth {depth}, {orphans:?}: {lost} of {before} batches vanished, {found} are on chain");
        if depth == 20 && orphans == Orphans::Drop {
            assert!(lost > 0, "the reorganisation took nothing");
        }
    }

    // Chain time passes: final, then released, and the bond is whole again.
    devnet.increase_time(700);
    until(&devnet, &queue, |queue| all(queue, BatchState::Final, receipts)).await;
    devnet.increase_time(700);
    until(&devnet, &queue, |queue| batches(queue).iter().all(|batch| batch.state == BatchState::Released))
        .await;
    cancel.cancel();
    running.await.expect("no panic").expect("a clean end");
    let bond = ReceiptAnchor::new(anchor, &provider).bondOf(common::relayer_key().address()).call().await;
    let bond = bond.expect("a bond");
    assert!(bond.locked.is_zero(), "{} wei are still locked", bond.locked);
    exactly_once(&provider, anchor, &queue, receipts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relayer_without_bond_says_so_and_goes_on_when_it_is_there() {
    let devnet = Devnet::default();
    let deployment = deployed(devnet.client()).await;
    let (provider, anchor) = (plain(&devnet), deployment.addresses.receipt_anchor);
    let key = common::relayer_key();
    let ours = common::wallet(devnet.client(), key.clone());
    let all_of_it = nonos_relayer::bond::bond(&provider, anchor, key.address()).await.expect("a bond");
    assert!(all_of_it.batches() > alloy_primitives::U256::from(10));
    nonos_relayer::bond::withdraw(&ours, anchor, key.address(), all_of_it.free, key.address())
        .await
        .expect("withdrawn");

    let (source, sink) = (Arc::new(Numbers::default()), Arc::new(Published::default()));
    source.0.store(5, Ordering::SeqCst);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("queue.redb");
    let mut config = quick();
    config.http = Some(([127, 0, 0, 1], 0).into());
    let relayer = Relayer::new(parts(plain(&devnet), &deployment, source, sink), config, &path)
        .await
        .expect("a relayer");
    let (queue, address) = (relayer.queue(), relayer.http_address().expect("an address"));
    let cancel = CancellationToken::new();
    let running = tokio::spawn(relayer.run(cancel.clone()));
    let get = |path: &'static str| async move {
        let answer = alloy::transports::http::reqwest::get(format!("http://{address}{path}")).await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let mut said = (0, String::new());
    for _ in 0..1_000 {
        said = get("/readyz").await;
        if said.1.contains("free bond") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(said.0, 503);
    assert!(said.1.contains("submit: the free bond of") && said.1.contains("deposit more"), "{}", said.1);
    assert_eq!(
        queue.newest(BatchState::Batched).expect("batches").map(|batch| batch.attempts.len()),
        Some(0)
    );

    nonos_relayer::bond::deposit(&ours, anchor, key.address(), all_of_it.free).await.expect("deposited");
    until(&devnet, &queue, |queue| all(queue, BatchState::Confirmed, 5)).await;
    assert_eq!(get("/livez").await, (200, "alive\n".to_owned()));
    assert_eq!(get("/readyz").await, (200, "ready\n".to_owned()));
    let (_, metrics) = get("/metrics").await;
    assert!(metrics.contains("nonos_relayer_receipts_batched_total 5"), "{metrics}");
    let (_, status) = get("/v1/status").await;
    assert!(status.contains("\"confirmed\":1"), "{status}");
    cancel.cancel();
    running.await.expect("no panic").expect("a clean end");
}
