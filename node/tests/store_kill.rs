//! A process that writes to the store is killed at random moments: whatever it acknowledged is there afterwards.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use nonos_core::Fr;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_node::store::{CounterId, Put, RedbStore, Store};

const ROUNDS: u64 = 25;
const EPOCH: u64 = 500_000;
const STORE: &str = "NONOS_TEST_STORE";
const START: &str = "NONOS_TEST_START";

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

/// The victim. Does nothing unless it was started by the test below.
#[test]
fn writer_process() {
    let (Ok(path), Ok(start)) = (std::env::var(STORE), std::env::var(START)) else { return };
    let start: u64 = start.parse().unwrap();
    let store = RedbStore::open(Path::new(&path)).unwrap();
    let mut out = std::io::stdout().lock();
    for number in start.. {
        let reserved = store.reserve(&counter(start), EPOCH).unwrap();
        writeln!(out, "reserved {}", reserved.index).unwrap();
        out.flush().unwrap();
        assert_eq!(store.put(&receipt(number)).unwrap(), Put::Stored(receipt(number).message_id()));
        writeln!(out, "stored {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let mut next = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let start = next;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer_process", "--exact", "--nocapture"])
            .env(STORE, &path)
            .env(START, start.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reader = std::thread::spawn(move || {
            let (mut reserved, mut stored) = (None, None);
            for line in lines.map_while(Result::ok) {
                if let Some(index) = line.strip_prefix("reserved ") {
                    reserved = index.parse::<u16>().ok();
                } else if let Some(number) = line.strip_prefix("stored ") {
                    stored = number.parse::<u64>().ok();
                }
            }
            (reserved, stored)
        });
        std::thread::sleep(Duration::from_micros(5_000 + random % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let (reserved, stored) = reader.join().unwrap();

        let store = RedbStore::open(&path).unwrap();
        let arrivals = store.list(0, usize::MAX).unwrap();
        for (expected, (number, id)) in arrivals.iter().enumerate() {
            assert_eq!(*number, expected as u64, "arrivals have no gap");
            let stored = store.get(id).unwrap().expect("listed receipts are there");
            assert_eq!(stored, receipt(*number), "and are the ones that were put");
        }
        next = arrivals.len() as u64;
        assert!(stored.is_none_or(|number| number < next), "acknowledged {stored:?}, found {next}");
        let after = store.reserve(&counter(start), EPOCH).unwrap().index;
        assert!(reserved.is_none_or(|index| index < after), "index {reserved:?} given out, next is {after}");
    }
    assert!(next > ROUNDS, "only {next} receipts in {ROUNDS} rounds: the test did not test much");
}
