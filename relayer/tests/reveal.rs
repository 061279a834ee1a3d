//! Somebody demands to see a leaf: the relayer shows it in time, and its slice is safe.

mod common;

use std::sync::Arc;
use std::time::Duration;

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, Bytes};
use async_trait::async_trait;
use common::receipts::receipt;
use common::{Lenient, Published, deployed, plain, quick, relayer_key, wallet};
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{K, LaunchProver};
use nonos_contracts::abi::ReceiptAnchor;
use nonos_core::receipt::Receipt;
use nonos_devnet::{DEV_KEYS, Devnet, MiningMode};
use nonos_relayer::collect::{Page, ReceiptSource, SourceError};
use nonos_relayer::queue::BatchState;
use nonos_relayer::verify::ReceiptCheck;
use nonos_relayer::{Parts, Relayer};
use tokio_util::sync::CancellationToken;

struct Few(Vec<Receipt>);

#[async_trait]
impl ReceiptSource for Few {
    async fn page(&self, from: u64, limit: usize) -> Result<Page, SourceError> {
        let page = self.0.iter().skip(from as usize).take(limit).map(|receipt| receipt.encode().into());
        let receipts: Vec<Bytes> = page.collect();
        Ok(Page { next: from + receipts.len() as u64, receipts })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_demanded_leaf_is_shown_and_the_batch_becomes_final() {
    let devnet = Devnet::default();
    let deployment = deployed(devnet.client()).await;
    let anchor = deployment.addresses.receipt_anchor;
    let prover = LaunchProver::new(Srs::developer(K).expect("a setup")).expect("a prover");
    let receipts: Vec<_> = (0..3).map(|n| receipt(&prover, deployment.chain_id, anchor, n)).collect();
    devnet.set_mining(MiningMode::Manual).expect("manual");
    let directory = tempfile::tempdir().expect("a directory");
    let proofs = ReceiptCheck::new(deployment.chain_id, anchor, deployment.verifier_key);
    let parts = Parts {
        provider: plain(&devnet),
        chain_id: deployment.chain_id,
        anchor,
        signer: relayer_key(),
        source: Arc::new(Few(receipts)),
        sink: Arc::new(Published::default()),
        proofs: Arc::new(proofs.expect("an artifact")),
        admission: Arc::new(Lenient),
        leaf_of: Parts::RECEIPTS,
    };
    let mut config = quick();
    // All three in one batch, however slow the machine.
    config.batch.max_size = 3;
    config.batch.max_age = Duration::from_secs(600);
    config.batch.hard_age = Duration::from_secs(600);
    let relayer = Relayer::new(parts, config, &directory.path().join("queue.redb")).await.expect("a relayer");
    let queue = relayer.queue();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(relayer.run(cancel.clone()));
    let mine = async || {
        devnet.mine(1).expect("mined");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let newest = |state| queue.newest(state).expect("batches");
    for _ in 0..2_000 {
        if newest(BatchState::Confirmed).is_some() {
            break;
        }
        mine().await;
    }
    let batch = newest(BatchState::Confirmed).expect("anchored");

    let challenger = wallet(devnet.client(), PrivateKeySigner::from_bytes(&DEV_KEYS[3]).expect("a key"));
    let contract = ReceiptAnchor::new(anchor, &challenger);
    let bond = contract.demandBond().call().await.expect("a bond");
    let call = contract.demandReveal((&batch.reference).into(), 1).value(bond + bond);
    let pending = call.send().await.expect("sent");
    mine().await;
    assert!(pending.get_receipt().await.expect("mined").status());
    let id = B256::from(batch.id());
    let demand = async || contract.demandOf(id, 1).call().await.expect("a demand");
    assert_eq!(demand().await.state, 1, "open");
    for _ in 0..2_000 {
        if demand().await.state != 1 {
            break;
        }
        mine().await;
    }
    assert_eq!(demand().await.state, 2, "answered");

    devnet.increase_time(2_000);
    for _ in 0..2_000 {
        if newest(BatchState::Released).is_some() {
            break;
        }
        mine().await;
    }
    assert_eq!(newest(BatchState::Released).map(|batch| batch.sequence), Some(batch.sequence));
    cancel.cancel();
    running.await.expect("no panic").expect("a clean end");
    println!(
        "1 demand answered; the batch of {} real receipts is final and its slice is back",
        batch.reference.size
    );
}
