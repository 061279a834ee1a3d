//! What every engine has to do.

use std::path::PathBuf;

use super::*;

fn fresh<B: Backend>() -> (tempfile::TempDir, PathBuf, B::Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(B::NAME);
    let store = B::open(&path).unwrap();
    (directory, path, store)
}

fn record(relayer: u8, leaves: &[u8]) -> BatchRecord {
    let leaves = leaves.iter().map(|n| ReceiptLeaf::from([*n; 32]));
    BatchRecord::new(31337, Address::ZERO, Address::repeat_byte(relayer), leaves).unwrap()
}

fn receipts_come_back_as_they_were_after_reopening<B: Backend>() {
    let (_directory, path, store) = fresh::<B>();
    let receipts: Vec<_> = (0..5).map(|n| receipt(n, 0)).collect();
    for receipt in &receipts {
        assert_eq!(store.put(receipt).unwrap(), Put::Stored(receipt.message_id()));
    }
    drop(store);
    let store = B::open(&path).unwrap();
    for receipt in &receipts {
        assert_eq!(store.get(&receipt.message_id()).unwrap().as_ref(), Some(receipt));
        assert_eq!(store.by_leaf(&receipt.leaf()).unwrap(), Some(receipt.message_id()));
    }
    let expected: Vec<_> = (0..).zip(receipts.iter().map(Receipt::message_id)).collect();
    assert_eq!(store.list(0, 100).unwrap(), expected);
    assert_eq!(store.list(3, 1).unwrap(), expected[3..4]);
    assert_eq!(store.list(5, 1).unwrap(), []);
    assert_eq!(store.receipts().unwrap(), 5);
    assert_eq!(store.get(&B256::ZERO.into()).unwrap(), None);
    assert_eq!(store.by_leaf(&B256::ZERO.into()).unwrap(), None);
}

fn a_nullifier_counts_once<B: Backend>() {
    let (_directory, _path, store) = fresh::<B>();
    let (first, second) = (receipt(7, 1), receipt(7, 2));
    store.put(&first).unwrap();
    assert_eq!(store.put(&first).unwrap(), Put::Known(first.message_id()));
    assert_eq!(store.put(&second).unwrap(), Put::Repeated { first: first.message_id() });
    assert_eq!(store.get(&second.message_id()).unwrap(), None);
    assert_eq!(store.by_leaf(&second.leaf()).unwrap(), None);
    assert_eq!(store.by_nullifier(&Fr::from(7).into()).unwrap(), Some(first.message_id()));
    assert_eq!(store.list(0, 9).unwrap().len(), 1);
}

fn many_at_once_are_as_one_after_the_other<B: Backend>() {
    let (_directory, _path, store) = fresh::<B>();
    let (a, b, again, c) = (receipt(1, 1), receipt(2, 1), receipt(1, 9), receipt(3, 1));
    store.put(&c).unwrap();
    let puts = store.put_all(&[&a, &b, &again, &a, &c]).unwrap();
    let first = a.message_id();
    let expected = [
        Put::Stored(first),
        Put::Stored(b.message_id()),
        Put::Repeated { first },
        Put::Known(first),
        Put::Known(c.message_id()),
    ];
    assert_eq!(puts, expected);
    let numbers: Vec<_> = store.list(0, 9).unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert_eq!(store.put_all(&[]).unwrap(), []);
}

fn malformed_receipts_are_not_stored_nor_is_their_company<B: Backend>() {
    let (_directory, _path, store) = fresh::<B>();
    let mut bad = receipt(1, 1);
    bad.executionSignature = vec![0; 63].into();
    assert!(matches!(store.put_all(&[&receipt(2, 1), &bad]), Err(StoreError::Receipt(_))));
    assert_eq!(store.list(0, 9).unwrap(), []);
}

fn receipts_are_found_by_their_request_in_order<B: Backend>() {
    let (_directory, _path, store) = fresh::<B>();
    let request = B256::repeat_byte(0xab);
    let mut expected = Vec::new();
    for n in 0..6 {
        let mut receipt = receipt(n, 0);
        // Neighbours on both sides in the order of keys.
        receipt.header.requestId =
            [B256::repeat_byte(0xaa), request, B256::repeat_byte(0xac)][n as usize % 3];
        store.put(&receipt).unwrap();
        if n % 3 == 1 {
            expected.push((n, receipt.message_id()));
        }
    }
    assert_eq!(store.by_request(&request, 9).unwrap(), expected);
    assert_eq!(store.by_request(&request, 1).unwrap(), expected[..1]);
    assert_eq!(store.by_request(&B256::ZERO, 9).unwrap(), []);
}

fn batches_come_back_and_leaves_are_found_in_all_of_them<B: Backend>() {
    let (_directory, path, store) = fresh::<B>();
    let (one, two) = (record(1, &[1, 2, 3]), record(2, &[3, 4, 3]));
    assert_eq!(store.put_batch(&one).unwrap(), PutBatch::Stored(one.id()));
    assert_eq!(store.put_batch(&two).unwrap(), PutBatch::Stored(two.id()));
    assert_eq!(store.put_batch(&one).unwrap(), PutBatch::Known(one.id()));
    drop(store);
    let store = B::open(&path).unwrap();
    assert_eq!(store.batch(&one.id()).unwrap(), Some(one.clone()));
    assert_eq!(store.batch(&B256::ZERO.into()).unwrap(), None);
    assert_eq!(store.list_batches(0, 9).unwrap(), [(0, one.id()), (1, two.id())]);
    assert_eq!(store.list_batches(1, 9).unwrap(), [(1, two.id())]);
    assert_eq!(store.batches().unwrap(), 2);
    let place = |batch: &BatchRecord, index| Place { batch: batch.id(), index };
    let mut both = vec![place(&one, 2), place(&two, 0)];
    both.sort_by_key(|place| place.batch);
    let leaf = |n: u8| ReceiptLeaf::from([n; 32]);
    assert_eq!(store.places(&leaf(3), 9).unwrap(), both);
    assert_eq!(store.places(&leaf(3), 1).unwrap(), both[..1]);
    assert_eq!(store.places(&leaf(4), 9).unwrap(), [place(&two, 1)]);
    assert_eq!(store.places(&leaf(9), 9).unwrap(), []);
    let mut wrong = one;
    wrong.batch.size = 2;
    assert!(matches!(store.put_batch(&wrong), Err(StoreError::Batch(_))));
}

fn blobs_are_kept_under_their_hash_within_the_limit<B: Backend>() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(B::NAME);
    let store = B::open_limited(&path, Limits { blobs: 100, packages: 0 });
    let hash = store.put_blob(&[7; 60]).unwrap();
    assert_eq!(hash, alloy_primitives::keccak256([7; 60]));
    assert_eq!(store.put_blob(&[7; 60]).unwrap(), hash, "twice is once");
    let error = store.put_blob(&[8; 41]).unwrap_err();
    assert!(matches!(error, StoreError::Full { used: 60, more: 41, limit: 100, .. }), "{error}");
    store.put_blob(&[8; 40]).unwrap();
    drop(store);
    let store = B::open_limited(&path, Limits { blobs: 100, packages: 0 });
    assert!(
        matches!(store.put_blob(&[9; 1]), Err(StoreError::Full { used: 100, .. })),
        "after reopening too"
    );
    assert_eq!(store.blob(&hash).unwrap(), Some(vec![7; 60]));
    assert_eq!(store.blob(&B256::ZERO).unwrap(), None);
    for wrong in [0, nonos_api::types::MAX_BLOB_BYTES + 1] {
        let error = store.put_blob(&vec![0; wrong]).unwrap_err();
        assert!(matches!(error, StoreError::BlobSize { actual, .. } if actual == wrong));
    }
}

fn the_largest_blob_comes_back<B: Backend>() {
    let (_directory, path, store) = fresh::<B>();
    let bytes: Vec<u8> = (0..nonos_api::types::MAX_BLOB_BYTES).map(|i| (i % 251) as u8).collect();
    let hash = store.put_blob(&bytes).unwrap();
    drop(store);
    assert_eq!(B::open(&path).unwrap().blob(&hash).unwrap(), Some(bytes));
}

fn packages_are_kept_if_their_publisher_signed_them<B: Backend>() {
    let (_directory, path, store) = fresh::<B>();
    let good = package(&[1; 10]);
    let leaf = store.put_package(&good).unwrap();
    assert_eq!(leaf, good.manifest.capsule_leaf().unwrap());
    drop(store);
    let store = B::open(&path).unwrap();
    assert_eq!(store.package(&leaf).unwrap(), Some(good.encode()));
    let forged = Package { signature: vec![0; 64].into(), ..good };
    assert!(matches!(store.put_package(&forged), Err(StoreError::Package(_))));
    assert_eq!(store.package(&Fr::from(1).into()).unwrap(), None);
    drop(store);
    let store = B::open_limited(&path, Limits { blobs: 0, packages: 1 });
    let error = store.put_package(&package(&[2; 11])).unwrap_err();
    assert!(matches!(error, StoreError::Full { what: "packages", .. }), "{error}");
}

fn indices_count_up_per_identity_and_epoch_and_survive_reopening<B: Backend>() {
    let (_directory, path, store) = fresh::<B>();
    let reserve = |store: &B::Store, n, epoch| store.reserve(&counter(n), epoch).unwrap().index;
    assert_eq!([reserve(&store, 1, 10), reserve(&store, 1, 10), reserve(&store, 2, 10)], [0, 1, 0]);
    drop(store);
    let store = B::open(&path).unwrap();
    assert_eq!([reserve(&store, 1, 10), reserve(&store, 1, 11), reserve(&store, 1, 11)], [2, 0, 1]);
    let error = store.reserve(&counter(1), 10).unwrap_err();
    assert!(matches!(error, StoreError::EpochPast { epoch: 10, latest: 11 }), "{error}");
}

fn a_restored_backup_cannot_reuse_an_index<B: Backend>() {
    let (directory, path, store) = fresh::<B>();
    store.reserve(&counter(1), 10).unwrap();
    drop(store);
    let backup = directory.path().join("backup");
    B::copy(&path, &backup);
    let store = B::open(&path).unwrap();
    assert_eq!(store.reserve(&counter(1), 10).unwrap().index, 1, "the original goes on");
    drop(store);
    for _ in 0..2 {
        let restored = B::open(&backup).unwrap();
        let error = restored.reserve(&counter(1), 10).unwrap_err();
        assert!(matches!(error, StoreError::Restored { epoch: 10, usable_from: 11 }), "{error}");
    }
    let restored = B::open(&backup).unwrap();
    assert_eq!(restored.reserve(&counter(1), 11).unwrap().index, 0);
    let error = restored.reserve(&counter(2), 9).unwrap_err();
    assert!(matches!(error, StoreError::Restored { epoch: 9, usable_from: 11 }), "{error}");
}

fn two_cannot_share_a_store<B: Backend>() {
    let (_directory, path, _store) = fresh::<B>();
    assert!(matches!(B::open(&path).err(), Some(StoreError::InUse(_))));
}

fn writers_in_many_threads_leave_no_gap_and_no_double<B: Backend>() {
    let (_directory, _path, store) = fresh::<B>();
    let indices = std::thread::scope(|scope| {
        let (store, mut threads) = (&store, Vec::new());
        for thread in 0..4u64 {
            threads.push(scope.spawn(move || {
                (0..8)
                    .map(|n| {
                        // Every receipt is put by two threads.
                        store.put(&receipt(thread / 2 * 100 + n, 0)).unwrap();
                        store.reserve(&counter(1), 5).unwrap().index
                    })
                    .collect::<Vec<_>>()
            }));
        }
        let mut indices: Vec<u16> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        indices.sort_unstable();
        indices
    });
    assert_eq!(indices, (0..32).collect::<Vec<_>>());
    let numbers: Vec<_> = store.list(0, 99).unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, (0..16).collect::<Vec<_>>());
}

macro_rules! conformance {
    ($($case:ident)*) => {
        mod redb { $( #[test] fn $case() { super::$case::<super::Redb>(); } )* }
        mod sled { $( #[test] fn $case() { super::$case::<super::Sled>(); } )* }
    };
}

conformance! {
    receipts_come_back_as_they_were_after_reopening
    a_nullifier_counts_once
    many_at_once_are_as_one_after_the_other
    malformed_receipts_are_not_stored_nor_is_their_company
    receipts_are_found_by_their_request_in_order
    batches_come_back_and_leaves_are_found_in_all_of_them
    blobs_are_kept_under_their_hash_within_the_limit
    the_largest_blob_comes_back
    packages_are_kept_if_their_publisher_signed_them
    indices_count_up_per_identity_and_epoch_and_survive_reopening
    a_restored_backup_cannot_reuse_an_index
    two_cannot_share_a_store
    writers_in_many_threads_leave_no_gap_and_no_double
}
