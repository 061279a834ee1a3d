//! A process that writes to the store is killed at random moments: whatever it acknowledged is there afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use nonos_core::batch::BatchRecord;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_core::{Fr, ReceiptLeaf};
use nonos_node::store::{CounterId, Place, Put, PutBatch, RedbStore, SledStore, Store};

const ROUNDS: u64 = 60;
const EPOCH: u64 = 500_000;
const ENGINE: &str = "NONOS_TEST_ENGINE";
const STORE: &str = "NONOS_TEST_STORE";
const START: &str = "NONOS_TEST_START";

fn open(engine: &str, path: &Path) -> Box<dyn Store> {
    match engine {
        "redb" => Box::new(RedbStore::open(path).unwrap()),
        _ => Box::new(SledStore::open(path).unwrap()),
    }
}

fn counter(round: u64) -> CounterId {
    CounterId::of(&Fr::from(round + 1))
}

fn receipt(number: u64) -> Receipt {
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).unwrap();
    header.schema = 1;
    header.nullifier = U256::from(number + 1);
    header.executionKey = B256::repeat_byte(1);

    let proof = (0..1300u64).map(|i| (number.wrapping_mul(31).wrapping_add(i)) as u8).collect::<Vec<_>>();
    Receipt {
        chainId: 31337,
        header,
        executionSignature: vec![0; 64].into(),
        launchProof: proof.into(),
        anchor: Address::ZERO,
        onionSignature: vec![].into(),
        openings: vec![],
    }
}

/// A batch of this receipt's leaf and another one.
fn batch(number: u64) -> BatchRecord {
    let leaves = [receipt(number).leaf(), ReceiptLeaf::from(B256::from(U256::from(number)))];
    BatchRecord::new(31337, Address::ZERO, Address::ZERO, leaves).unwrap()
}

fn blob(number: u64) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), &[7; 900]].concat()
}

/// The victim. Does nothing unless it was started by a test below.
#[test]
fn writer_process() {
    let (Ok(engine), Ok(path)) = (std::env::var(ENGINE), std::env::var(STORE)) else { return };
    let start: u64 = std::env::var(START).unwrap().parse().unwrap();
    let store = open(&engine, Path::new(&path));
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| {
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    say("open".to_owned());
    for number in start.. {
        let reserved = store.reserve(&counter(start), EPOCH).unwrap();
        say(format!("reserved {}", reserved.index));
        assert_eq!(store.put(&receipt(number)).unwrap(), Put::Stored(receipt(number).message_id()));
        say(format!("stored {number}"));
        // A batch and a blob may be there from the run before, whose receipt was the last thing it wrote.
        store.put_batch(&batch(number)).unwrap();
        store.put_blob(&blob(number)).unwrap();
        say(format!("batched {number}"));
    }
}

/// The last of each that the victim acknowledged.
#[derive(Debug, Default, Clone, Copy)]
struct Acknowledged {
    reserved: Option<u16>,
    stored: Option<u64>,
    batched: Option<u64>,
}

/// Starts a victim and kills it `after` it was started; tells what it had acknowledged.
fn run_and_kill(engine: &str, path: &Path, start: u64, after: Duration) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["writer_process", "--exact", "--nocapture"])
        .env(ENGINE, engine)
        .env(STORE, path)
        .env(START, start.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reader = std::thread::spawn(move || {
        let mut seen = Acknowledged::default();
        for line in lines.map_while(Result::ok) {
            if let Some(index) = line.strip_prefix("reserved ") {
                seen.reserved = index.parse().ok();
            } else if let Some(number) = line.strip_prefix("stored ") {
                seen.stored = number.parse().ok();
            } else if let Some(number) = line.strip_prefix("batched ") {
                seen.batched = number.parse().ok();
            }
        }
        seen
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Receipts have no gap and are the ones that were put, from `checked` on; gives how many there are.
fn check(store: &dyn Store, checked: u64, seen: Acknowledged) -> u64 {
    let arrivals = store.list(checked, usize::MAX).unwrap();
    for (expected, (number, id)) in (checked..).zip(&arrivals) {
        assert_eq!(*number, expected, "arrivals have no gap");
        let found = store.get(id).unwrap().expect("listed receipts are there");
        assert_eq!(found, receipt(*number), "and are the ones that were put");
        assert_eq!(store.by_leaf(&found.leaf()).unwrap(), Some(*id), "and are indexed");
    }
    let next = checked + arrivals.len() as u64;
    assert_eq!(store.receipts().unwrap(), next);
    assert!(seen.stored.is_none_or(|number| number < next), "acknowledged {seen:?}, found {next}");
    if let Some(number) = seen.batched {
        let batch = batch(number);
        assert_eq!(
            store.batch(&batch.id()).unwrap().as_ref(),
            Some(&batch),
            "acknowledged batches are there"
        );
        let place = Place { batch: batch.id(), index: 0 };
        assert_eq!(store.places(&receipt(number).leaf(), 9).unwrap(), [place]);
        let hash = alloy_primitives::keccak256(blob(number));
        assert_eq!(store.blob(&hash).unwrap(), Some(blob(number)), "acknowledged blobs are there");
    }
    // Putting the last batch again shows that a kill between its parts left no half.
    if let Some(last) = next.checked_sub(1) {
        match store.put_batch(&batch(last)).unwrap() {
            PutBatch::Known(id) => assert!(store.batch(&id).unwrap().is_some()),
            PutBatch::Stored(_) => assert!(seen.batched.is_none_or(|number| number < last)),
        }
    }
    next
}

fn nothing_acknowledged_is_lost_by_kill_9(engine: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let mut next = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let start = next;
        let seen = run_and_kill(engine, &path, start, Duration::from_micros(3_000 + random % 60_000));
        let store = open(engine, &path);
        next = check(store.as_ref(), start, seen);
        let after = store.reserve(&counter(start), EPOCH).unwrap().index;
        assert!(seen.reserved.is_none_or(|index| index < after), "{seen:?}, but the next index is {after}");
    }
    let store = open(engine, &path);
    assert_eq!(check(store.as_ref(), 0, Acknowledged::default()), next, "and all of it at the end");
    println!("{engine}: {ROUNDS} kills, {next} receipts and batches, none lost");
    assert!(next > ROUNDS, "only {next} receipts in {ROUNDS} rounds: the test did not test much");
}

#[test]
fn redb_loses_nothing_acknowledged_by_kill_9() {
    nothing_acknowledged_is_lost_by_kill_9("redb");
}

#[test]
fn sled_loses_nothing_acknowledged_by_kill_9() {
    nothing_acknowledged_is_lost_by_kill_9("sled");
}
