//! A relayer on a node that loses, delays, reorders and invents answers, on a chain that reorganises, with another sender on
//! the same account: every receipt ends up on chain, once.

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy_primitives::{Address, TxKind, U256};
use common::chaos::Chaos;
use common::ledger::{anchored_leaves, exactly_once};
use common::{Numbers, Published, Random, deployed, parts, plain, quick, relayer_key};
use nonos_devnet::{Config, Devnet, MiningMode, Orphans};
use nonos_relayer::Relayer;
use tokio_util::sync::CancellationToken;

const EVENTS: u64 = 300;
const FAULTS: u64 = 150;
const PATIENCE: Duration = Duration::from_secs(90);

/// Another program with the same key takes the next nonce.
async fn race(provider: &DynProvider, devnet: &Devnet, random: &mut Random) {
    let key = relayer_key();
    let from = key.address();
    let pending = random.one_in(2);
    let count = provider.get_transaction_count(from);
    let nonce = if pending { count.pending().await } else { count.latest().await }.expect("a nonce");
    let mut transaction = TxEip1559 {
        chain_id: devnet.chain_id(),
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000_000_000_000,
        max_priority_fee_per_gas: 20_000_000_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = key.sign_transaction_sync(&mut transaction).expect("signed");
    let raw = TxEnvelope::from(transaction.into_signed(signature)).encoded_2718();
    // Refused as a replacement sometimes: then the race is lost, which is fine.
    let _ = provider.send_raw_transaction(&raw).await;
}

async fn survive(seed: u64) {
    let devnet = Devnet::new(Config { log_range_limit: Some(50), ..Config::default() });
    let deployment = deployed(devnet.client()).await;
    devnet.set_mining(MiningMode::Manual).expect("manual");
    devnet.mine(25).expect("mined");
    let honest = plain(&devnet);
    let anchor = deployment.addresses.receipt_anchor;
    let chaos = Chaos::new(&devnet, seed);
    let provider = ProviderBuilder::new().connect_client(RpcClient::new(chaos.clone(), true)).erased();

    let (source, sink) = (Arc::new(Numbers::default()), Arc::new(Published::default()));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("queue.redb");
    let parts = parts(provider, &deployment, source.clone(), sink.clone());
    let relayer = Relayer::new(parts, quick(), &path).await.expect("a relayer");
    let queue = relayer.queue();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(relayer.run(cancel.clone()));

    chaos.one_in(6);
    let mut random = Random(seed ^ 0xdead_beef);
    let (mut reorgs, mut races, mut spikes) = (0, 0, 0);
    let mut events = 0;
    while events < EVENTS || chaos.faults() < FAULTS {
        events += 1;
        assert!(
            events < 20 * EVENTS,
            "seed {seed}: the relayer asks for too little: {} faults",
            chaos.faults()
        );
        match random.below(16) {
            0..=2 => {
                source.0.fetch_add(random.below(12), Ordering::SeqCst);
            }
            3 => {
                let orphans = if random.one_in(2) { Orphans::Requeue } else { Orphans::Drop };
                devnet.reorg(1 + random.below(5), orphans).expect("reorganised");
                reorgs += 1;
            }
            4 => {
                race(&honest, &devnet, &mut random).await;
                races += 1;
            }
            5 => {
                let fee = 1_000_000_000u64 << random.below(9);
                let set = honest.raw_request::<_, ()>("anvil_setNextBlockBaseFeePerGas".into(), (fee,)).await;
                set.expect("a base fee");
                spikes += 1;
            }
            _ => devnet.mine(1).expect("mined"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    chaos.one_in(0);
    let receipts = source.0.load(Ordering::SeqCst);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        devnet.mine(1).expect("mined");
        tokio::time::sleep(Duration::from_millis(15)).await;
        let counts = queue.counts().expect("counts");
        let open: u64 = ["batched", "submitted", "mined"].iter().map(|state| counts.batches[state]).sum();
        if counts.cursor == receipts && counts.waiting + counts.queued + open == 0 {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "seed {seed}: not done: {counts:?}");
    }
    cancel.cancel();
    running.await.expect("no panic").expect("a clean end");

    let batches = exactly_once(&honest, anchor, &queue, receipts).await;
    assert_eq!(anchored_leaves(&honest, anchor).await, receipts);
    let published = sink.0.lock().expect("no panics").len();
    assert!(published >= batches, "{published} of {batches} batches published");
    let faults = chaos.faults();
    let plan = chaos.plan.lock().expect("no panics");
    println!(
        "seed {seed}: {receipts} receipts in {batches} batches, each once, through {faults} faults in {} requests {:?}, {reorgs} \
         reorganisations, {races} nonce races, {spikes} fee spikes",
        plan.requests, plan.injected
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn every_receipt_is_anchored_once_through_a_bad_node_and_a_restless_chain() {
    for seed in [1, 2, 3] {
        survive(seed).await;
    }
}
