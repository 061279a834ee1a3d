//! Tests of the store: what is stored, what is refused, and that bad files are left alone.

use super::*;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use nonos_core::Fr;
use nonos_core::receipt::ReceiptHeader;
use std::fs;

fn receipt(nullifier: u64, output: u8) -> Receipt {
    let mut header = ReceiptHeader::abi_decode(&[0; 21 * 32]).unwrap();
    header.schema = 1;
    header.nullifier = U256::from(nullifier);
    header.executionKey = B256::repeat_byte(1);
    header.outputHash = B256::repeat_byte(output);

    Receipt {
        chainId: 31337,
        header,
        executionSignature: vec![0; 64].into(),
        launchProof: vec![1; 100].into(),
        anchor: Address::ZERO,
        onionSignature: vec![].into(),
        openings: vec![],
    }
}

fn fresh() -> (tempfile::TempDir, PathBuf, RedbStore) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("receipts.redb");
    let store = RedbStore::open(&path).unwrap();
    (directory, path, store)
}

fn counter(n: u64) -> CounterId {
    CounterId::of(&Fr::from(n))
}

#[test]
fn receipts_come_back_as_they_were_after_reopening() {
    let (_directory, path, store) = fresh();
    let receipts: Vec<_> = (0..5).map(|n| receipt(n, 0)).collect();
    for receipt in &receipts {
        assert_eq!(store.put(receipt).unwrap(), Put::Stored(receipt.message_id()));
    }
    drop(store);
    let store = RedbStore::open(&path).unwrap();
    for receipt in &receipts {
        assert_eq!(store.get(&receipt.message_id()).unwrap().as_ref(), Some(receipt));
    }
    let expected: Vec<_> = (0..).zip(receipts.iter().map(Receipt::message_id)).collect();
    assert_eq!(store.list(0, 100).unwrap(), expected);
    assert_eq!(store.list(3, 1).unwrap(), expected[3..4]);
    assert_eq!(store.get(&B256::ZERO.into()).unwrap(), None);
}

#[test]
fn a_nullifier_counts_once() {
    let (_directory, _path, store) = fresh();
    let (first, second) = (receipt(7, 1), receipt(7, 2));
    store.put(&first).unwrap();
    assert_eq!(store.put(&first).unwrap(), Put::Known(first.message_id()));
    assert_eq!(store.put(&second).unwrap(), Put::Repeated { first: first.message_id() });
    assert_eq!(store.get(&second.message_id()).unwrap(), None);
    assert_eq!(store.by_nullifier(&Fr::from(7).into()).unwrap(), Some(first.message_id()));
    assert_eq!(store.list(0, 9).unwrap().len(), 1);
}

#[test]
fn malformed_receipts_are_not_stored() {
    let (_directory, _path, store) = fresh();
    let mut bad = receipt(1, 1);
    bad.executionSignature = vec![0; 63].into();
    assert!(matches!(store.put(&bad), Err(StoreError::Receipt(_))));
    assert_eq!(store.list(0, 9).unwrap(), []);
}

#[test]
fn indices_count_up_per_identity_and_epoch_and_survive_reopening() {
    let (_directory, path, store) = fresh();
    let reserve = |store: &RedbStore, n, epoch| store.reserve(&counter(n), epoch).unwrap().index;
    assert_eq!([reserve(&store, 1, 10), reserve(&store, 1, 10), reserve(&store, 2, 10)], [0, 1, 0]);
    drop(store);
    let store = RedbStore::open(&path).unwrap();
    assert_eq!([reserve(&store, 1, 10), reserve(&store, 1, 11), reserve(&store, 1, 11)], [2, 0, 1]);
    let error = store.reserve(&counter(1), 10).unwrap_err();
    assert!(matches!(error, StoreError::EpochPast { epoch: 10, latest: 11 }), "{error}");
}

#[test]
fn the_allowance_of_an_epoch_is_1024() {
    let (_directory, _path, store) = fresh();
    store
        .write(|t| {
            t.open_table(INDICES).unwrap().insert(counter(1).0, (5, 1023)).unwrap();
            Ok(())
        })
        .unwrap();
    assert_eq!(store.reserve(&counter(1), 5).unwrap(), Reserved { epoch: 5, index: 1023 });
    let error = store.reserve(&counter(1), 5).unwrap_err();
    assert!(matches!(error, StoreError::Exhausted(IndexOutOfRange { epoch: 5, index: 1024 })));
    assert_eq!(store.reserve(&counter(1), 6).unwrap().index, 0);
}

#[test]
fn a_restored_backup_cannot_reuse_an_index() {
    let (directory, path, store) = fresh();
    store.reserve(&counter(1), 10).unwrap();
    drop(store);
    let backup = directory.path().join("backup.redb");
    fs::copy(&path, &backup).unwrap();
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(store.reserve(&counter(1), 10).unwrap().index, 1, "the original goes on");
    drop(store);
    for _ in 0..2 {
        let restored = RedbStore::open(&backup).unwrap();
        let error = restored.reserve(&counter(1), 10).unwrap_err();
        assert!(matches!(error, StoreError::Restored { epoch: 10, usable_from: 11 }), "{error}");
    }
    let restored = RedbStore::open(&backup).unwrap();
    assert_eq!(restored.reserve(&counter(1), 11).unwrap().index, 0);
    let error = restored.reserve(&counter(2), 9).unwrap_err();
    assert!(matches!(error, StoreError::Restored { epoch: 9, usable_from: 11 }), "{error}");
}

#[test]
fn foreign_and_damaged_files_are_named_and_left_alone() {
    let (directory, path, store) = fresh();
    for n in 0..50 {
        store.put(&receipt(n, 0)).unwrap();
    }
    drop(store);
    let good = fs::read(&path).unwrap();
    let other = directory.path().join("other");
    let check = |bytes: &[u8]| -> StoreError {
        fs::write(&other, bytes).unwrap();
        let error = RedbStore::open(&other).err().expect("must not open");
        assert_eq!(fs::read(&other).unwrap(), bytes, "left alone");
        error
    };
    assert!(matches!(check(b"SQLite format 3\0 and so on"), StoreError::Foreign(_)));
    assert!(matches!(check(b""), StoreError::Corrupt { .. }));
    assert!(matches!(check(&good[..4]), StoreError::Foreign(_)));
    assert!(matches!(check(&good[..100]), StoreError::Corrupt { .. }));
    assert!(matches!(check(&good[..good.len() / 2]), StoreError::Corrupt { .. }));
    let mut damaged = good.clone();
    damaged[9..320].fill(0xff);
    assert!(matches!(check(&damaged), StoreError::Corrupt { .. } | StoreError::Io { .. }));
}

#[test]
fn another_programs_database_and_another_schema_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("foreign.redb");
    drop(Database::create(&path).unwrap());
    assert!(matches!(RedbStore::open(&path).err(), Some(StoreError::Foreign(_))));

    let (_directory, path, store) = fresh();
    store
        .write(|t| {
            t.open_table(META).unwrap().insert("schema", &9u32.to_be_bytes()[..]).unwrap();
            Ok(())
        })
        .unwrap();
    drop(store);
    assert!(matches!(RedbStore::open(&path).err(), Some(StoreError::Schema { found: 9, expected: 1, .. })));
}

#[test]
fn two_processes_cannot_share_a_store() {
    let (_directory, path, _store) = fresh();
    assert!(matches!(RedbStore::open(&path).err(), Some(StoreError::InUse(_))));
}
