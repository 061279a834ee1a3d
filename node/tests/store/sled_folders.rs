//! Folders of sled: foreign and of another schema.

use std::fs;

use nonos_core::launch_values::IndexOutOfRange;

use super::*;

#[test]
fn a_foreign_folder_is_named_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("photos");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("cat.jpg"), b"meow").unwrap();
    assert!(matches!(SledStore::open(&path).err(), Some(StoreError::Foreign(_))));
    let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["cat.jpg"]);
}

#[test]
fn another_programs_database_and_another_schema_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("foreign");
    let database = sled::open(&path).unwrap();
    database.insert("a", "b").unwrap();
    drop(database);
    assert!(matches!(SledStore::open(&path).err(), Some(StoreError::Foreign(_))));
    let database = sled::open(&path).unwrap();
    database.insert(b"\xffschema", &7u32.to_be_bytes()).unwrap();
    drop(database);
    assert!(matches!(SledStore::open(&path).err(), Some(StoreError::Schema { found: 7, expected: 2, .. })));
}

#[test]
fn a_creation_that_was_interrupted_starts_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.sled");
    let unfinished = directory.path().join("store.sled.new");
    drop(sled::open(&unfinished).unwrap());
    SledStore::open(&path).unwrap().put(&receipt(1, 1)).unwrap();
    assert!(!unfinished.exists());
}

/// The rule is the ledger's; this engine gets there sooner.
#[test]
fn the_allowance_of_an_epoch_is_1024() {
    let directory = tempfile::tempdir().unwrap();
    let store = SledStore::open(&directory.path().join("store.sled")).unwrap();
    for index in 0..1024 {
        assert_eq!(store.reserve(&counter(1), 5).unwrap(), Reserved { epoch: 5, index });
    }
    let error = store.reserve(&counter(1), 5).unwrap_err();
    assert!(matches!(error, StoreError::Exhausted(IndexOutOfRange { epoch: 5, index: 1024 })));
    assert_eq!(store.reserve(&counter(1), 6).unwrap().index, 0);
}
