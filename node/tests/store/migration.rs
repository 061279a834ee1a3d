//! A file that schema 1 wrote opens, and says what it said.

use super::*;

/// Written by the program that introduced schema 1: receipts 0 to 4 (output 0), nullifier 2 tried twice, counter 1 at (10, 2),
/// counter 2 at (11, 1), then copied, so that the copy's next epoch is barred.
const SCHEMA_1: &[u8] = include_bytes!("schema1.redb");

fn old_file() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    std::fs::write(&path, SCHEMA_1).unwrap();
    (directory, path)
}

#[test]
fn receipts_keep_their_numbers_and_are_found_by_leaf_and_request() {
    let (_directory, path) = old_file();
    for _ in 0..2 {
        let store = RedbStore::open(&path).unwrap();
        let receipts: Vec<_> = (0..5).map(|n| receipt(n, 0)).collect();
        let expected: Vec<_> = (0..).zip(receipts.iter().map(Receipt::message_id)).collect();
        assert_eq!(store.list(0, 9).unwrap(), expected);
        assert_eq!(store.by_request(&B256::ZERO, 9).unwrap(), expected);
        for receipt in &receipts {
            let id = receipt.message_id();
            assert_eq!(store.get(&id).unwrap().as_ref(), Some(receipt));
            assert_eq!(store.by_leaf(&receipt.leaf()).unwrap(), Some(id));
            assert_eq!(store.put(receipt).unwrap(), Put::Known(id), "its nullifier is known");
        }
    }
    let store = RedbStore::open(&path).unwrap();
    let new = receipt(9, 0);
    store.put(&new).unwrap();
    assert_eq!(store.list(5, 9).unwrap(), [(5, new.message_id())]);
}

#[test]
fn counters_go_on_and_a_copy_is_still_recognised() {
    let (_directory, path) = old_file();
    let store = RedbStore::open(&path).unwrap();
    // The fixture lies elsewhere than where it was written, so it is a restored backup.
    let error = store.reserve(&counter(1), 10).unwrap_err();
    assert!(matches!(error, StoreError::Restored { epoch: 10, usable_from: 11 }), "{error}");
    assert_eq!(store.reserve(&counter(2), 11).unwrap(), Reserved { epoch: 11, index: 1 });
    assert_eq!(store.reserve(&counter(1), 12).unwrap(), Reserved { epoch: 12, index: 0 });
}
