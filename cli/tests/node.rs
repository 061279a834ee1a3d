//! Nodes as processes of the real binary, with real receipts: what one is given the other has, and what kill -9 leaves.

mod common;

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy_primitives::{Address, B256, keccak256};
use common::{IO, Market, text, welcome};
use nonos_api::types::{BatchStatus, Event, Outcome};
use nonos_api::{ClientError, NodeClient, routes};
use nonos_core::batch::BatchRecord;
use nonos_core::merkle::verify_inclusion;
use nonos_core::receipt::Receipt;
use nonos_node::store::{RedbStore, Store};
use serde_json::Value;

/// Kills while receipts, batches and blobs are posted.
const KILLS: u64 = 52;

/// A node in a process of its own; killed when dropped.
struct Process {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Process {
    /// `nonos node run` with its data in `folder`, without waiting for anything.
    fn spawn(market: &Market, folder: &Path, flags: &[&str]) -> Self {
        let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0", "--poll-ms", "100"];
        let mut child = market
            .home
            .command(["node", "run", "--json", "--quiet", "--log", "warn", "--rpc-url", &market.node.url])
            .args(["--datadir", text(folder)])
            .args(listen)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    /// What it prints once it is up; `None` if it ended before.
    fn welcome(&mut self) -> Option<Value> {
        welcome(self.stdout.take()?)
    }

    fn terminate(&mut self) -> Option<i32> {
        // SAFETY: a signal to our own child.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The data folder of another node of this deployment: knows the contracts and the verifying key, nothing else.
fn folder(market: &Market, name: &str) -> PathBuf {
    let folder = market.home.path(name);
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(market.home.path(".nonos")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("deployment-") || name.starts_with("verifier-") {
            std::fs::copy(entry.path(), folder.join(name)).unwrap();
        }
    }
    folder
}

/// Launches a capsule `count` times.
fn receipts(market: &Market, count: usize) -> Vec<Receipt> {
    let capsule = market.publish("wordstats", IO);
    market.enrol();
    market.install(&capsule);
    let launch = |n: usize| {
        let file = format!("{n}.receipt");
        market.run(&["launch", text(&capsule), "--receipt", &file, "--disclose-operator"]).success();
        Receipt::decode(&std::fs::read(market.home.path(&file)).unwrap()).unwrap()
    };
    (0..count).map(launch).collect()
}

fn client(welcome: &Value) -> NodeClient {
    NodeClient::new(welcome["http"].as_str().unwrap()).unwrap()
}

/// Asks until the answer is there: the mesh takes its time, and a loaded machine more.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    for _ in 0..600 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not happen");
}

fn refused(error: ClientError, expected: u16, part: &str) {
    let text = error.to_string();
    assert!(matches!(error, ClientError::Refused { status, .. } if status == expected), "{text}");
    assert!(text.contains(part), "`{part}` is not in: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_what_one_is_given_and_stop_cleanly() {
    let market = Market::open();
    let receipts = receipts(&market, 1);
    let receipt = &receipts[0];
    let id = B256::from(receipt.message_id());

    let mut first = Process::spawn(&market, &market.home.path(".nonos"), &["--beacon"]);
    // The beacon needs the keystore, and this command line has no passphrase.
    assert_eq!(first.child.wait().unwrap().code(), Some(1));
    let mut first = Process::spawn(&market, &market.home.path(".nonos"), &[]);
    let welcome = first.welcome().expect("the first node starts");
    let one = client(&welcome);
    let second_folder = folder(&market, "second");
    let mut second =
        Process::spawn(&market, &second_folder, &["--peer", welcome["peers"][0].as_str().unwrap()]);
    let two = client(&second.welcome().expect("the second node starts"));
    for node in [&one, &two] {
        eventually("ready", || async { node.ready().await.ok().filter(|ready| ready.ready) }).await;
        eventually("connected", || async { node.peers().await.ok().filter(|peers| peers.len() == 1) }).await;
    }

    // A receipt given to one is on the other's disk.
    let mut events = two.events().await.unwrap();
    let answer = one.post_receipt(receipt).await.unwrap();
    assert_eq!((answer.message_id, answer.outcome), (id, Outcome::Stored));
    assert_eq!(one.post_receipt(receipt).await.unwrap().outcome, Outcome::Known);
    let arrived = loop {
        match events.next().await.unwrap().unwrap() {
            Event::Receipt { message_id, .. } => break message_id,
            _ => continue,
        }
    };
    assert_eq!(arrived, id);
    assert_eq!(two.receipt_raw(id).await.unwrap().as_ref(), Some(receipt));
    assert_eq!(two.receipt(id).await.unwrap().unwrap().receipt, *receipt);
    assert_eq!(two.receipt_by_leaf(receipt.leaf().into()).await.unwrap().as_ref(), Some(receipt));
    assert_eq!(two.receipts_by_request(B256::ZERO).await.unwrap().len(), 1);
    let list = two.receipts(0, 10).await.unwrap();
    assert_eq!((list.receipts.len(), list.next, list.receipts[0].message_id), (1, 1, id));

    // Verdicts, here and of the peer.
    let verdicts = one.verify(receipt.encode(), true).await.unwrap();
    assert!(verdicts.all_positive(), "{verdicts:?}");
    assert_eq!(verdicts.mesh.len(), 1);
    assert_eq!(verdicts.mesh[0].proof_valid, Some(true), "{verdicts:?}");
    let mut forged = receipt.clone();
    forged.header.payee = Address::repeat_byte(1);
    let verdicts = one.verify(forged.encode(), false).await.unwrap();
    assert_eq!(verdicts.proof_valid.ok, Some(false));
    refused(one.post_receipt(&forged).await.unwrap_err(), 422, "not valid");
    refused(one.post_receipt_bytes(vec![1, 2, 3]).await.unwrap_err(), 422, "truncated");
    refused(one.post_receipt_bytes(vec![0; 70_000]).await.unwrap_err(), 413, "larger than 65536");

    // A batch, and the place of the receipt in it.
    assert_eq!(one.inclusion(id).await.unwrap(), None);
    let leaves = [B256::repeat_byte(1).into(), receipt.leaf()];
    let record = BatchRecord::new(receipt.chainId, receipt.anchor, Address::repeat_byte(2), leaves).unwrap();
    let batch = one.post_batch(&record).await.unwrap();
    assert_eq!(batch.batch_id, B256::from(record.id()));
    assert_eq!(one.post_batch(&record).await.unwrap().outcome, Outcome::Known);
    let inclusion = one.inclusion(id).await.unwrap().unwrap();
    assert_eq!((inclusion.index, inclusion.status), (1, BatchStatus::Announced));
    verify_inclusion(&inclusion.leaf, 1, 2, &inclusion.path, &record.batch.root).unwrap();
    assert_eq!(one.batches(0, 5).await.unwrap().batches.len(), 1);
    let mut foreign = record.clone();
    foreign.chainId = 1;
    refused(one.post_batch(&foreign).await.unwrap_err(), 422, "this node serves");

    // What is on the first node only, the second has from the mesh.
    assert_eq!(two.batches(0, 5).await.unwrap().batches, []);
    assert_eq!(two.batch(batch.batch_id).await.unwrap().unwrap().record(), record);
    let blob = one.post_blob(b"one two three".to_vec()).await.unwrap();
    assert_eq!(blob.hash, keccak256(b"one two three"));
    assert_eq!(two.blob(blob.hash).await.unwrap().as_deref(), Some(&b"one two three"[..]));
    let package = std::fs::read(market.home.path("wordstats.capsule")).unwrap();
    let leaf = one.post_package(package.clone()).await.unwrap().capsule_leaf;
    assert_eq!(two.package(leaf).await.unwrap(), Some(package));
    assert_eq!(two.blob(B256::ZERO).await.unwrap(), None);
    assert_eq!(two.receipt(B256::ZERO).await.unwrap(), None);
    assert_eq!(two.operator(B256::ZERO).await.unwrap(), None);
    assert_eq!(two.operators().await.unwrap(), []);
    assert_eq!(two.trust(B256::repeat_byte(3)).await.unwrap().unwrap().score, 0);

    // A digest proof that one node shares, the other fetches and verifies.
    let description = market.home.write("hidden.toml", common::spec("secret", IO));
    let (program, hidden) = (common::program("wordstats"), market.home.path("h.capsule"));
    let pack = ["capsule", "pack", text(&program), "--spec", text(&description), "--hidden", "--no-check"];
    market.run(&[&pack[..], &["-o", text(&hidden)]].concat()).success();
    let url = two.address().trim_end_matches('/');
    let fetch = ["capsule", "fetch", "--proof-of", text(&hidden), "--node", url, "--json"];
    market.home.run(fetch).fails(1, "peers asked has it");
    let proof = market.home.path("h.capsule.proof");
    let shared = market.home.run(["capsule", "share", text(&proof), "--json"]).success().json();
    let fetched = market.home.run(fetch).success().json();
    assert_eq!((&fetched["context"], &fetched["state"]), (&shared["context"], &"kept".into()));
    assert_eq!(fetched["hash"], shared["hash"]);
    let kept = std::fs::read(fetched["path"].as_str().unwrap()).unwrap();
    assert!(kept == std::fs::read(&proof).unwrap() && kept.len() > 100_000);
    let plain = market.home.path("wordstats.capsule");
    let fetch = ["capsule", "fetch", "--proof-of", text(&plain), "--node", url];
    market.home.run(fetch).fails(1, "this capsule hides nothing");
    assert_eq!(two.proof(B256::repeat_byte(9), None).await.unwrap(), None);

    // The document names every route, and every route answers something of its own.
    let document = two.openapi().await.unwrap();
    for route in routes::ALL {
        assert!(document["paths"].get(route.path).is_some(), "{} is not in the document", route.path);
    }
    let info = two.node().await.unwrap();
    assert_eq!((info.receipts, info.chain.chain_id, info.chain.reachable), (1, 31337, true));
    let metrics = two.metrics().await.unwrap();
    for line in ["nonos_receipts 1", "nonos_chain_reachable 1", "nonos_mesh_peers 1", "# EOF"] {
        assert!(metrics.contains(line), "`{line}` is not in: {metrics}");
    }
    two.live().await.unwrap();

    // SIGTERM ends with 0, and what was there is there again; the event stream ends, too.
    assert_eq!(second.terminate(), Some(0));
    while let Some(event) = events.next().await {
        if event.is_err() {
            break;
        }
    }
    let mut second = Process::spawn(&market, &second_folder, &[]);
    let two = client(&second.welcome().unwrap());
    assert_eq!(two.receipt_raw(id).await.unwrap().as_ref(), Some(receipt));
    assert_eq!(second.terminate(), Some(0));
    assert_eq!(first.terminate(), Some(0));

    // Only loopback, unless somebody insists.
    let mut open = Process::spawn(&market, &second_folder, &["--http", "0.0.0.0:0"]);
    assert_eq!(open.child.wait().unwrap().code(), Some(2), "the flag is given twice");
    let run = market.run(&["node", "run", "--http", "0.0.0.0:0"]).fails(1, "--allow-remote");
    assert!(run.stdout.is_empty());
}

/// What was acknowledged in one round.
#[derive(Default)]
struct Acknowledged {
    receipts: Vec<B256>,
    batches: Vec<B256>,
    blobs: Vec<B256>,
}

/// Posts receipts, batches and blobs until the node does not answer any more.
async fn post(
    client: NodeClient,
    receipts: Arc<Vec<Receipt>>,
    round: u64,
    seen: Arc<Mutex<Acknowledged>>,
    stop: Arc<AtomicBool>,
) {
    for n in 0u64.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let salt = keccak256([round.to_be_bytes(), n.to_be_bytes()].concat());
        let blob = client.post_blob(salt.to_vec());
        let Ok(blob) = blob.await else { return };
        seen.lock().unwrap().blobs.push(blob.hash);
        if let Some(receipt) = receipts.get(n as usize) {
            let Ok(answer) = client.post_receipt(receipt).await else { return };
            seen.lock().unwrap().receipts.push(answer.message_id);
        }
        let receipt = &receipts[0];
        let leaves = [receipt.leaf(), salt.into()];
        let record = BatchRecord::new(receipt.chainId, receipt.anchor, Address::ZERO, leaves).unwrap();
        let Ok(batch) = client.post_batch(&record).await else { return };
        seen.lock().unwrap().batches.push(batch.batch_id);
    }
}

/// Everything that was acknowledged is in the file, whole.
fn check(path: &Path, seen: &Acknowledged) {
    let store = RedbStore::open(path).unwrap();
    for id in &seen.receipts {
        assert!(store.get(&(*id).into()).unwrap().is_some(), "receipt {id} was acknowledged and is gone");
    }
    for id in &seen.batches {
        assert!(store.batch(&(*id).into()).unwrap().is_some(), "batch {id} was acknowledged and is gone");
    }
    for hash in &seen.blobs {
        assert!(store.blob(hash).unwrap().is_some(), "blob {hash} was acknowledged and is gone");
    }
    let numbers: Vec<u64> = store.list(0, usize::MAX).unwrap().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>(), "arrivals have no gap");
    for (_, id) in store.list(0, usize::MAX).unwrap() {
        let receipt = store.get(&id).unwrap().expect("what is listed is there");
        assert_eq!(store.by_leaf(&receipt.leaf()).unwrap(), Some(id));
    }
}

/// The store of the node is thrown away every fourth round, so that the same few receipts (each costs a proof) are stored for
/// the first time again and again; in between the file of a killed node is used again.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_node_acknowledged_survives_kill_9() {
    let market = Market::open();
    let receipts = Arc::new(receipts(&market, 3));
    let data = market.home.path(".nonos");
    // The first start writes down the verifying key, so that the others are quick.
    let mut node = Process::spawn(&market, &data, &[]);
    node.welcome().expect("the node starts");
    assert_eq!(node.terminate(), Some(0));

    let (mut random, mut total, mut before_ready) = (0x9e37_79b9_7f4a_7c15u64, [0usize; 3], 0);
    let path = data.join("node.redb");
    for round in 0..KILLS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if round % 4 == 0 {
            let _ = std::fs::remove_file(&path);
        }
        let mut node = Process::spawn(&market, &data, &[]);
        let (seen, stop) = (Arc::new(Mutex::new(Acknowledged::default())), Arc::new(AtomicBool::new(false)));
        if round % 8 == 7 {
            // While it starts.
            tokio::time::sleep(Duration::from_micros(random % 200_000)).await;
            node.child.kill().unwrap();
            node.child.wait().unwrap();
            before_ready += 1;
        } else {
            let welcome = node.welcome().expect("the node starts after every kill");
            let posting =
                tokio::spawn(post(client(&welcome), receipts.clone(), round, seen.clone(), stop.clone()));
            tokio::time::sleep(Duration::from_micros(random % 300_000)).await;
            node.child.kill().unwrap();
            node.child.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
            posting.await.unwrap();
        }
        let seen = seen.lock().unwrap();
        if path.exists() {
            check(&path, &seen);
        } else {
            assert!(seen.blobs.is_empty());
        }
        total = [total[0] + seen.receipts.len(), total[1] + seen.batches.len(), total[2] + seen.blobs.len()];
    }
    let [receipts, batches, blobs] = total;
    println!(
        "{KILLS} kills ({before_ready} while starting); acknowledged and found: {receipts} receipts, {batches} batches, \
         {blobs} blobs"
    );
    assert!(
        receipts > 0 && batches > 0 && blobs > KILLS as usize / 2,
        "the test did not test much: {total:?}"
    );
}
