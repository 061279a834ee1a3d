//! A disk that takes no more: the store says so, loses nothing, and goes on when there is room again.
//!
//! The full disk is a file size limit in a child process (RLIMIT_FSIZE with SIGXFSZ ignored), which gives EFBIG where a full
//! disk gives ENOSPC: the same path through the database, without a file system of its own.

use std::path::Path;
use std::process::Command;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use nonos_core::Fr;
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_node::store::{CounterId, RedbStore, SledStore, Store, StoreError};

const ENGINE: &str = "NONOS_TEST_FULL_ENGINE";
const STORE: &str = "NONOS_TEST_FULL_STORE";

fn receipt(number: u64) -> Receipt {
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).unwrap();
    header.schema = 1;
    header.nullifier = U256::from(number + 1);
    header.executionKey = B256::repeat_byte(1);
    Receipt {
        chainId: 31337,
        header,
        executionSignature: vec![0; 64].into(),
        launchProof: vec![number as u8; 30_000].into(),
        anchor: Address::ZERO,
        onionSignature: vec![].into(),
        openings: vec![],
    }
}

fn open(engine: &str, path: &Path) -> Box<dyn Store> {
    match engine {
        "redb" => Box::new(RedbStore::open(path).unwrap()),
        _ => Box::new(SledStore::open(path).unwrap()),
    }
}

/// Largest file this process may write from now on; `None` lifts the limit.
fn limit_files(bytes: Option<u64>) {
    // SAFETY: plain system calls on this process's own limits and signal dispositions.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let mut limit = std::mem::MaybeUninit::<libc::rlimit>::zeroed().assume_init();
        assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit), 0);
        limit.rlim_cur = bytes.unwrap_or(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

/// Size of the file that grows.
fn size(path: &Path) -> u64 {
    let file = if path.is_dir() { path.join("db") } else { path.to_owned() };
    std::fs::metadata(file).unwrap().len()
}

/// The child with a limit. Does nothing unless it was started by a test below.
#[test]
fn limited_process() {
    let (Ok(engine), Ok(path)) = (std::env::var(ENGINE), std::env::var(STORE)) else { return };
    let path = Path::new(&path);
    let store = open(&engine, path);
    let counter = CounterId::of(&Fr::from(1));
    store.put(&receipt(0)).unwrap();
    let mut index = store.reserve(&counter, 5).unwrap().index;

    limit_files(Some(size(path) + 200_000));
    let mut stored = 1;
    let refused = loop {
        match store.put(&receipt(stored)) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 5_000, "the limit was never met");
    };
    assert!(matches!(refused, StoreError::Io { .. }), "{refused}");
    println!("{engine}: refused after {stored} receipts: {refused}");
    // As often as one likes, and what was there is still there.
    for _ in 0..3 {
        let _ = store.put(&receipt(stored));
        if let Ok(found) = store.list(0, usize::MAX) {
            assert!(found.len() as u64 >= stored, "{} of {stored}", found.len());
        }
        if let Ok(reserved) = store.reserve(&counter, 5) {
            assert!(reserved.index > index);
            index = reserved.index;
        }
    }
    println!("acknowledged {stored} {index}");
    limit_files(None);
    if engine == "redb" {
        // sled needs a restart for this.
        store.put(&receipt(stored)).expect("there is room again, and no restart was needed");
        println!("acknowledged {} {index}", stored + 1);
    }
}

fn a_full_disk_is_an_error_that_loses_nothing(engine: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["limited_process", "--exact", "--nocapture"])
        .env(ENGINE, engine)
        .env(STORE, &path)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let last =
        stdout.lines().rev().find_map(|line| line.strip_prefix("acknowledged ")).expect("it got there");
    let (stored, index) = last.split_once(' ').unwrap();
    let (stored, index): (u64, u16) = (stored.parse().unwrap(), index.parse().unwrap());

    let store = open(engine, &path);
    let found = store.list(0, usize::MAX).unwrap();
    assert!(found.len() as u64 >= stored, "{} of {stored} on disk", found.len());
    for (number, id) in &found {
        assert_eq!(store.get(id).unwrap(), Some(receipt(*number)));
    }
    let after = store.reserve(&CounterId::of(&Fr::from(1)), 5).unwrap().index;
    assert!(after > index, "index {after} was given out before");
    store.put(&receipt(found.len() as u64)).unwrap();
    println!("{engine}: {stored} acknowledged before and after the disk was full, all there");
}

#[test]
fn a_full_disk_under_redb_loses_nothing() {
    a_full_disk_is_an_error_that_loses_nothing("redb");
}

#[test]
fn a_full_disk_under_sled_loses_nothing() {
    a_full_disk_is_an_error_that_loses_nothing("sled");
}
