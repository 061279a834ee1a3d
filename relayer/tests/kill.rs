//! A relayer that is killed again and again, on a chain over HTTP that reorganises: every receipt is anchored once.

mod common;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use alloy::providers::{Provider, ProviderBuilder};
use common::ledger::{anchored_leaves, batches, exactly_once};
use common::{Numbers, Published, Random, deployed, parts, plain, quick, relayer_key};
use nonos_devnet::{Config, Devnet, MiningMode, Orphans};
use nonos_relayer::Relayer;
use nonos_relayer::queue::{BatchState, Identity, Queue};
use tokio_util::sync::CancellationToken;

const ROUNDS: u64 = 60;
const RECEIPTS: u64 = 1_200;
const QUEUE: &str = "NONOS_TEST_QUEUE";
const URL: &str = "NONOS_TEST_URL";
const DEPLOYMENT: &str = "NONOS_TEST_DEPLOYMENT";

/// The victim: a whole relayer, until SIGTERM. Does nothing unless it was started by the test below.
#[test]
fn relayer_process() {
    let (Ok(path), Ok(url), Ok(deployment)) =
        (std::env::var(QUEUE), std::env::var(URL), std::env::var(DEPLOYMENT))
    else {
        return;
    };
    let deployment = serde_json::from_str(&deployment).expect("a deployment");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let provider = ProviderBuilder::new().connect_http(url.parse().expect("a URL")).erased();
        let source = Arc::new(Numbers::default());
        source.0.store(RECEIPTS, Ordering::SeqCst);
        let mut config = quick();
        // The batches of a whole life must not be made at once.
        config.backlog = 40;
        let parts = parts(provider, &deployment, source, Arc::new(Published::default()));
        let relayer = Relayer::new(parts, config, path.as_ref()).await.expect("a relayer");
        let cancel = CancellationToken::new();
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a signal");
        let stop = cancel.clone();
        tokio::spawn(async move {
            terminate.recv().await;
            stop.cancel();
        });
        relayer.run(cancel).await.expect("a clean end");
    });
}

struct World {
    devnet: Devnet,
    url: String,
    deployment: String,
    queue: std::path::PathBuf,
}

impl World {
    fn start(&self) -> Child {
        Command::new(std::env::current_exe().expect("this test"))
            .args(["relayer_process", "--exact", "--nocapture"])
            .env(QUEUE, &self.queue)
            .env(URL, &self.url)
            .env(DEPLOYMENT, &self.deployment)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_is_lost_or_anchored_twice_by_kill_9() {
    let devnet = Devnet::new(Config::default());
    let deployment = deployed(devnet.client()).await;
    devnet.mine(30).expect("mined");
    devnet.set_mining(MiningMode::Interval(Duration::from_millis(25))).expect("interval");
    let stop = CancellationToken::new();
    let (address, server) = devnet.serve(([127, 0, 0, 1], 0).into(), stop.clone()).await.expect("a server");
    let directory = tempfile::tempdir().expect("a directory");
    let world = World {
        devnet: devnet.clone(),
        url: format!("http://{address}"),
        deployment: serde_json::to_string(&deployment).expect("text"),
        queue: directory.path().join("queue.redb"),
    };
    let (provider, anchor) = (plain(&devnet), deployment.addresses.receipt_anchor);
    let identity = Identity { chain_id: deployment.chain_id, anchor, relayer: relayer_key().address() };

    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut reorgs, mut interrupted, mut progressed) = (0, 0, 0);
    let mut seen = 0;
    for round in 0..ROUNDS {
        let mut child = world.start();
        tokio::time::sleep(Duration::from_millis(30 + random.below(170))).await;
        if round % 5 == 4 {
            let orphans = if random.one_in(2) { Orphans::Requeue } else { Orphans::Drop };
            world.devnet.reorg(1 + random.below(8), orphans).expect("reorganised");
            reorgs += 1;
            tokio::time::sleep(Duration::from_millis(random.below(40))).await;
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        if !world.queue.exists() {
            continue;
        }
        let queue = Queue::open(&world.queue, identity).expect("opens after a crash");
        let checked = queue.check().expect("consistent after a crash");
        let open = queue.batches(BatchState::Submitted, 0, usize::MAX).expect("batches").len();
        interrupted += u64::from(open > 0);
        progressed += u64::from(checked.batches > seen);
        seen = checked.batches;
    }

    let mut child = world.start();
    let deadline = Instant::now() + Duration::from_secs(90);
    while anchored_leaves(&provider, anchor).await < RECEIPTS {
        assert!(Instant::now() < deadline, "{} anchored", anchored_leaves(&provider, anchor).await);
        assert!(child.try_wait().expect("a status").is_none(), "the relayer ended by itself");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Long enough for the last batch to be seen.
    tokio::time::sleep(Duration::from_millis(600)).await;
    // SAFETY: sends a signal to a child that was not waited for yet.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGTERM) }, 0);
    let status = child.wait().expect("gone");
    assert!(status.success(), "SIGTERM drains and ends with 0, not {status}");

    let queue = Queue::open(&world.queue, identity).expect("opens");
    let found = exactly_once(&provider, anchor, &queue, RECEIPTS).await;
    let attempts: usize = batches(&queue).iter().map(|batch| batch.attempts.len()).sum();
    println!(
        "{ROUNDS} kills ({interrupted} with a transaction under way, {progressed} after new batches), {reorgs} reorganisations: \
         {RECEIPTS} receipts in {found} batches, each once, by {attempts} transactions"
    );
    assert!(interrupted > 5, "{interrupted} kills met a submission: the test did not test much");
    stop.cancel();
    server.await.expect("served");
}
