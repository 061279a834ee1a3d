//! Fees and nonces, one fault at a time: what is stuck is replaced, what is too dear waits, what lost its nonce gets another.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::providers::{DynProvider, Provider};
use alloy_primitives::{Address, TxKind, U256};
use common::ledger::exactly_once;
use common::{Numbers, Published, deployed, parts, plain, quick, relayer_key};
use nonos_contracts::Deployment;
use nonos_devnet::{Devnet, MiningMode};
use nonos_relayer::queue::{Batch, BatchState, Queue};
use nonos_relayer::{Config, GWEI, Relayer, RelayerError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct World {
    devnet: Devnet,
    deployment: Deployment,
    provider: DynProvider,
    source: Arc<Numbers>,
    queue: Arc<Queue>,
    cancel: CancellationToken,
    running: JoinHandle<Result<(), RelayerError>>,
    _directory: tempfile::TempDir,
}

impl World {
    async fn new(config: Config) -> Self {
        let devnet = Devnet::default();
        let deployment = deployed(devnet.client()).await;
        devnet.set_mining(MiningMode::Manual).expect("manual");
        let (source, sink) = (Arc::new(Numbers::default()), Arc::new(Published::default()));
        let directory = tempfile::tempdir().expect("a directory");
        let parts = parts(plain(&devnet), &deployment, source.clone(), sink);
        let path = directory.path().join("queue.redb");
        let relayer = Relayer::new(parts, config, &path).await.expect("a relayer");
        let (queue, cancel) = (relayer.queue(), CancellationToken::new());
        let running = tokio::spawn(relayer.run(cancel.clone()));
        let provider = plain(&devnet);
        Self { devnet, deployment, provider, source, queue, cancel, running, _directory: directory }
    }

    async fn base_fee(&self, fee: u128) {
        let set = self.provider.raw_request::<_, ()>("anvil_setNextBlockBaseFeePerGas".into(), (fee as u64,));
        set.await.expect("a base fee");
    }

    fn first(&self) -> Option<Batch> {
        self.queue.batch(1).ok()
    }

    /// Waits for a state of the first batch; makes blocks of this base fee meanwhile, if one is given.
    async fn until(&self, base_fee: Option<u128>, done: impl Fn(&Batch) -> bool) -> Batch {
        for _ in 0..3_000 {
            if let Some(batch) = self.first().filter(|batch| done(batch)) {
                return batch;
            }
            if let Some(fee) = base_fee {
                self.base_fee(fee).await;
                self.devnet.mine(1).expect("mined");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("stuck at {:?}", self.first());
    }

    async fn end(self, receipts: u64) {
        self.until(Some(GWEI), |batch| batch.state >= BatchState::Confirmed).await;
        self.cancel.cancel();
        self.running.await.expect("no panic").expect("a clean end");
        let anchor = self.deployment.addresses.receipt_anchor;
        assert_eq!(exactly_once(&self.provider, anchor, &self.queue, receipts).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_transaction_is_replaced_with_the_same_nonce_and_calldata() {
    let world = World::new(quick()).await;
    world.source.0.store(5, Ordering::SeqCst);
    let first = world.until(None, |batch| !batch.attempts.is_empty()).await.attempts[0];
    // Every block costs more than was offered.
    let dear = first.max_fee * 2;
    let batch = world.until(Some(dear), |batch| batch.state >= BatchState::Mined).await;
    assert!(batch.attempts.len() >= 2, "{:?}", batch.attempts);
    for pair in batch.attempts.windows(2) {
        assert_eq!(pair[0].nonce, pair[1].nonce);
        assert!(pair[1].max_fee * 1_000 >= pair[0].max_fee * 1_125, "{pair:?}");
        assert!(pair[1].tip * 1_000 >= pair[0].tip * 1_125, "{pair:?}");
    }
    // The last one is what was mined, and it calls with the very same bytes.
    let mut inputs = Vec::new();
    for attempt in &batch.attempts {
        let found = world.provider.get_transaction_by_hash(attempt.hash).await.expect("an answer");
        inputs.extend(found.map(|found| alloy::consensus::Transaction::input(&found).clone()));
    }
    assert_eq!(inputs.len(), 1, "a replaced transaction is gone");
    world.end(5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_cap_nothing_is_sent_and_below_it_goes_on() {
    let mut config = quick();
    config.submit.fees.cap = 20 * GWEI;
    let world = World::new(config).await;
    world.base_fee(100 * GWEI).await;
    world.devnet.mine(1).expect("mined");
    world.source.0.store(3, Ordering::SeqCst);
    world.until(Some(100 * GWEI), |batch| batch.state == BatchState::Batched).await;
    for _ in 0..20 {
        world.base_fee(100 * GWEI).await;
        world.devnet.mine(1).expect("mined");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.first().map(|batch| batch.attempts.len()), Some(0), "too dear");
    let batch = world.until(Some(GWEI), |batch| batch.state >= BatchState::Mined).await;
    assert!(batch.attempts.iter().all(|attempt| attempt.max_fee <= 20 * GWEI));
    world.end(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_lost_to_another_sender_is_replaced_by_a_fresh_one() {
    let world = World::new(quick()).await;
    world.source.0.store(4, Ordering::SeqCst);
    let first = world.until(None, |batch| !batch.attempts.is_empty()).await.attempts[0];
    let key = relayer_key();
    let mut rival = TxEip1559 {
        chain_id: world.devnet.chain_id(),
        nonce: first.nonce,
        gas_limit: 21_000,
        max_fee_per_gas: first.max_fee * 10,
        max_priority_fee_per_gas: first.tip * 10,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = key.sign_transaction_sync(&mut rival).expect("signed");
    let rival = TxEnvelope::from(rival.into_signed(signature));
    // Waits until ours is in the pool, so that it is replaced and not just beaten.
    let sent = world.provider.send_raw_transaction(&rival.encoded_2718()).await;
    assert!(sent.is_ok(), "the rival pays ten times more");
    world.devnet.mine(1).expect("mined");
    let batch = world.until(Some(GWEI), |batch| batch.state >= BatchState::Mined).await;
    let nonces: Vec<u64> = batch.attempts.iter().map(|attempt| attempt.nonce).collect();
    assert!(nonces.iter().any(|nonce| *nonce > first.nonce), "{nonces:?}");
    world.end(4).await;
}
