//! Files of redb: foreign, damaged, of another schema, and a disk that refuses.

use std::fs;

use redb::{Database, ReadableDatabase, TableDefinition};

use super::*;

/// The table that every schema has in common.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("nonos.meta");

fn fresh() -> (tempfile::TempDir, std::path::PathBuf, RedbStore) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let store = RedbStore::open(&path).unwrap();
    (directory, path, store)
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
    drop(store);
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("schema", &9u32.to_be_bytes()[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert!(matches!(RedbStore::open(&path).err(), Some(StoreError::Schema { found: 9, expected: 2, .. })));
}

#[test]
fn the_schema_of_a_new_file_is_readable_by_every_version() {
    let (_directory, path, store) = fresh();
    drop(store);
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_read().unwrap();
    let meta = transaction.open_table(META).unwrap();
    assert_eq!(meta.get("schema").unwrap().unwrap().value(), 2u32.to_be_bytes());
}
