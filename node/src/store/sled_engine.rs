//! sled 0.34: faster commits, a weaker promise.
//!
//! What a commit survives: the end of this process at any point, kill -9 included, because the bytes are the kernel's by
//! then. What it may not survive: a loss of power or a crash of the kernel. On Linux sled's flush calls `sync_file_range`,
//! which starts no flush of the disk's cache and writes no file metadata; its own documentation says as much. So do not let
//! an operator's nullifier indices live here: [`RedbStore`](super::RedbStore) is the default, and launches use nothing else.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use super::StoreError;
use super::counters::identity_entry;
use super::engine::{Change, Engine, Entry, SCHEMA, Table};
use super::file::{self, failed};
use super::ledger::Ledger;

/// Where the schema stands: above every table.
const SCHEMA_KEY: &[u8] = b"\xffschema";
/// The file that a restored copy has anew.
const DATA: &str = "db";
const CACHE: u64 = 64 << 20;

/// Everything in one sled folder.
pub type SledStore = Ledger<SledEngine>;

impl SledStore {
    /// Opens the store in the folder `path`, or creates it if nothing is there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.try_exists().map_err(failed("cannot open", path))? {
            create(path)?;
        }
        let engine = SledEngine { database: RwLock::new(Some(open(path)?)), path: path.to_owned() };
        let store = Self::new(engine);
        store.notice_restore(file::identity(&path.join(DATA))?)?;
        Ok(store)
    }
}

/// [`Engine`] on sled: all tables in one tree, each behind its own first byte, so that a batch is one atomic change.
pub struct SledEngine {
    /// `None` after a refused write: what is in memory may not be on disk, so nothing is read from it any more.
    database: RwLock<Option<sled::Db>>,
    path: PathBuf,
}

/// Creates the folder under a temporary name: it appears at `path` complete or not at all.
fn create(path: &Path) -> Result<(), StoreError> {
    let temporary = file::temporary_name(path);
    match fs::remove_dir_all(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(failed("cannot replace", &temporary)(e));
        }
        _ => {}
    }
    {
        let database = start(&temporary)?;
        let identity = file::identity(&temporary.join(DATA))?;
        let mut batch = batch(&[identity_entry(identity)]);
        batch.insert(SCHEMA_KEY, &SCHEMA.to_be_bytes());
        database.apply_batch(batch).map_err(failed("cannot create", &temporary))?;
        database.flush().map_err(failed("cannot create", &temporary))?;
    }
    // Nothing is promised against a loss of power, except that a new store is one.
    File::open(temporary.join(DATA))
        .and_then(|f| f.sync_all())
        .map_err(failed("cannot create", &temporary))?;
    file::appear(&temporary, path)
}

/// Opens an existing folder, which is looked at before sled may touch it.
fn open(path: &Path) -> Result<sled::Db, StoreError> {
    if !path.join(DATA).is_file() || !path.join("conf").is_file() {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let database = start(path)?;
    let found = database.get(SCHEMA_KEY).map_err(failed("cannot read", path))?;
    let Some(found) = found else { return Err(StoreError::Foreign(path.to_owned())) };
    let found = found.as_ref().try_into().map(u32::from_be_bytes);
    match found {
        Ok(SCHEMA) => Ok(database),
        Ok(found) => Err(StoreError::Schema { path: path.to_owned(), found, expected: SCHEMA }),
        Err(_) => {
            Err(StoreError::Corrupt { path: path.to_owned(), reason: "its schema is no number".into() })
        }
    }
}

fn start(path: &Path) -> Result<sled::Db, StoreError> {
    let config = sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None);
    config.open().map_err(|error| match error {
        sled::Error::Corruption { at, .. } => {
            StoreError::Corrupt { path: path.to_owned(), reason: format!("sled finds damage at {at:?}") }
        }
        sled::Error::Io(e) if e.to_string().contains("could not acquire lock") => {
            StoreError::InUse(path.to_owned())
        }
        other => failed("cannot open", path)(other),
    })
}

fn tag(table: Table) -> u8 {
    // The position in the list is part of the format.
    Table::ALL.iter().position(|t| *t == table).unwrap_or(Table::ALL.len()) as u8
}

fn key(table: Table, key: &[u8]) -> Vec<u8> {
    [&[tag(table)], key].concat()
}

fn batch(changes: &[Change]) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for change in changes {
        batch.insert(key(change.table, &change.key), &change.value[..]);
    }
    batch
}

impl SledEngine {
    /// Runs `work` on the database, unless that refused a write before.
    fn with<T>(&self, work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>) -> Result<T, StoreError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        match database.as_ref() {
            Some(database) => work(database).map_err(failed("cannot use", &self.path)),
            None => Err(failed("cannot use", &self.path)(
                "a write was refused, and sled does not give its file free before the process ends: make room, and \
                 start again",
            )),
        }
    }
}

impl Engine for SledEngine {
    fn get(&self, table: Table, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|database| Ok(database.get(key(table, name))?.map(|value| value.to_vec())))
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let prefix = key(table, prefix);
        self.with(|database| {
            database
                .range(key(table, from)..)
                .take(limit)
                .take_while(|entry| entry.as_ref().map_or(true, |(name, _)| name.starts_with(&prefix)))
                .map(|entry| entry.map(|(name, value)| (name[1..].to_vec(), value.to_vec())))
                .collect()
        })
    }

    fn last(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let (from, to) = ([tag(table)], [tag(table) + 1]);
        self.with(|database| {
            let last = database.range(from..to).next_back().transpose()?;
            Ok(last.map(|(name, _)| name[1..].to_vec()))
        })
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let written = self.with(|database| {
            database.apply_batch(batch(changes))?;
            database.flush().map(drop)
        });
        if written.is_err() {
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        written
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
