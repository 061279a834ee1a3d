//! redb: one durable commit (fsync) per change, and a database that is opened again after the disk refused.

use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::{
    Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use super::StoreError;
use super::counters::identity_entry;
use super::engine::{Change, Engine, Entry, SCHEMA, Table};
use super::file::{self, failed};
use super::ledger::Ledger;
use super::schema1;

/// "schema" -> u32. This table keeps its name and form in every schema.
pub(super) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("nonos.meta");

const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// Everything in one redb file.
pub type RedbStore = Ledger<RedbEngine>;

impl RedbStore {
    /// Opens the store at `path`, or creates it if nothing is there. A file of schema 1 is brought to schema 2, in one
    /// commit: a crash leaves the one or the other.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.try_exists().map_err(failed("cannot open", path))? {
            file::create(path, initialise)?;
        }
        let engine = RedbEngine { database: RwLock::new(Some(open(path)?)), path: path.to_owned() };
        let store = Self::new(engine);
        store.notice_restore(file::identity(path)?)?;
        Ok(store)
    }
}

/// [`Engine`] on redb.
pub struct RedbEngine {
    /// `None` after the disk refused and the file could not be opened again yet.
    database: RwLock<Option<Database>>,
    path: PathBuf,
}

/// Opens an existing file of this schema, or of one that can be brought to it.
fn open(path: &Path) -> Result<Database, StoreError> {
    let database = file::open(path)?;
    match schema(&database, path)? {
        SCHEMA => {}
        1 => schema1::migrate(&database, path)?,
        found => return Err(StoreError::Schema { path: path.to_owned(), found, expected: SCHEMA }),
    }
    Ok(database)
}

fn schema(database: &Database, path: &Path) -> Result<u32, StoreError> {
    let corrupt = |reason: &str| StoreError::Corrupt { path: path.to_owned(), reason: reason.into() };
    let transaction = database.begin_read().map_err(failed("cannot read", path))?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
            return Err(StoreError::Foreign(path.to_owned()));
        }
        Err(error) => return Err(failed("cannot read", path)(error)),
    };
    let entry = meta.get("schema").map_err(failed("cannot read", path))?;
    let bytes = entry.ok_or_else(|| corrupt("it states no schema"))?;
    let bytes = bytes.value().try_into().map_err(|_| corrupt("its schema is no number"))?;
    Ok(u32::from_be_bytes(bytes))
}

/// Creates every table, states the schema and records the file's identity: renaming keeps device and inode.
fn initialise(database: &Database, path: &Path) -> Result<(), StoreError> {
    let identity = file::identity(path)?;
    let transaction = database.begin_write().map_err(failed("cannot create", path))?;
    let filled = create_tables(&transaction).and_then(|()| insert(&transaction, &[identity_entry(identity)]));
    filled.map_err(failed("cannot create", path))?;
    transaction.commit().map_err(failed("cannot create", path))
}

/// The tables of this schema, and its number.
pub(super) fn create_tables(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    transaction.open_table(META)?.insert("schema", &SCHEMA.to_be_bytes()[..])?;
    Ok(())
}

pub(super) fn insert(transaction: &WriteTransaction, changes: &[Change]) -> Result<(), redb::Error> {
    // Changes of one table follow each other more often than not, but an open table is cheap.
    for change in changes {
        let mut table = transaction.open_table(definition(change.table))?;
        table.insert(&change.key[..], &change.value[..])?;
    }
    Ok(())
}

impl RedbEngine {
    /// Runs `work` on the database, and opens that again if it is closed.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(database) = database.as_ref() {
                return work(database);
            }
        }
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_none() {
            *database = Some(open(&self.path)?);
        }
        match database.as_ref() {
            Some(database) => work(database),
            None => Err(StoreError::InUse(self.path.clone())),
        }
    }

    fn table<T>(
        &self,
        table: Table,
        read: impl FnOnce(ReadOnlyTable<&'static [u8], &'static [u8]>) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        self.with(|database| {
            let transaction = database.begin_read().map_err(failed("cannot read", &self.path))?;
            let opened =
                transaction.open_table(definition(table)).map_err(failed("cannot read", &self.path))?;
            read(opened).map_err(failed("cannot read", &self.path))
        })
    }
}

impl Engine for RedbEngine {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.table(table, |table| Ok(table.get(key)?.map(|entry| entry.value().to_vec())))
    }

    fn scan(&self, table: Table, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.table(table, |table| {
            let mut found = Vec::new();
            for entry in table.range::<&[u8]>((Bound::Included(from), Bound::Unbounded))?.take(limit) {
                let (key, value) = entry?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                found.push((key.value().to_vec(), value.value().to_vec()));
            }
            Ok(found)
        })
    }

    fn last(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        self.table(table, |table| Ok(table.last()?.map(|(key, _)| key.value().to_vec())))
    }

    fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        let written = self.with(|database| {
            let transaction = database.begin_write().map_err(failed("cannot write", &self.path))?;
            insert(&transaction, changes).map_err(failed("cannot write", &self.path))?;
            transaction.commit().map_err(failed("cannot commit to", &self.path))
        });
        if written.is_err() {
            // After a refused write redb answers nothing more until it is opened anew, which also rolls back.
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        written
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
