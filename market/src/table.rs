//! The file that an agent remembers in: redb, one fsync per commit, bound to one agent and one deployment.

use crate::error::TableError;
use alloy_primitives::Address;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    TableError as RedbTableError, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Version of the tables.
const SCHEMA: u32 = 1;
/// "schema", "agent", "deployment", and what an agent keeps one of, such as its cursor.
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("nonos.market.meta");

/// JSON under 32-byte names.
pub type Entries = TableDefinition<'static, [u8; 32], &'static [u8]>;

/// Which contract on which chain an agent works for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The market, or the anchor for a challenger.
    pub contract: Address,
}

impl Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on chain {}", self.contract, self.chain_id)
    }
}

/// An agent's file.
#[derive(Debug)]
pub struct Table {
    database: Database,
    path: PathBuf,
}

impl Table {
    /// Opens the file at `path`, or makes it; refuses one of another agent, schema or deployment.
    pub fn open(path: &Path, agent: &'static str, site: Site) -> Result<Self, TableError> {
        let database = Database::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => TableError::InUse { path: path.to_owned(), agent },
            error => {
                TableError::Io { action: "cannot open", path: path.to_owned(), reason: error.to_string() }
            }
        })?;
        let table = Self { database, path: path.to_owned() };
        let expected = site.to_string();
        match table.meta("schema")? {
            None if table.is_empty()? => table.write(|transaction| {
                let mut meta = transaction.open_table(META).map_err(table.failed("cannot write"))?;
                let entries: [(&str, &[u8]); 3] = [
                    ("schema", &SCHEMA.to_be_bytes()),
                    ("agent", agent.as_bytes()),
                    ("deployment", expected.as_bytes()),
                ];
                for (name, value) in entries {
                    meta.insert(name, value).map_err(table.failed("cannot write"))?;
                }
                Ok(())
            })?,
            None => return Err(TableError::Foreign { path: table.path, agent }),
            Some(bytes) => {
                let found = bytes.as_slice().try_into().map_or(0, u32::from_be_bytes);
                if found != SCHEMA {
                    return Err(TableError::Schema { path: table.path, found, expected: SCHEMA });
                }
                if table.meta("agent")?.as_deref() != Some(agent.as_bytes()) {
                    return Err(TableError::Foreign { path: table.path, agent });
                }
                let found = table.meta("deployment")?.unwrap_or_default();
                if found != expected.as_bytes() {
                    let found = String::from_utf8_lossy(&found).into_owned();
                    return Err(TableError::OtherDeployment { path: table.path, found, expected });
                }
            }
        }
        Ok(table)
    }

    fn is_empty(&self) -> Result<bool, TableError> {
        let tables = self.read()?.list_tables().map_err(self.failed("cannot read"))?.count();
        Ok(tables == 0)
    }

    fn read(&self) -> Result<ReadTransaction, TableError> {
        self.database.begin_read().map_err(self.failed("cannot read"))
    }

    fn write(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let transaction = self.database.begin_write().map_err(self.failed("cannot write"))?;
        change(&transaction)?;
        transaction.commit().map_err(self.failed("cannot commit to"))
    }

    fn failed<E: Display>(&self, action: &'static str) -> impl FnOnce(E) -> TableError + use<E> {
        let path = self.path.clone();
        move |error| TableError::Io { action, path, reason: error.to_string() }
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, TableError> {
        let transaction = self.read()?;
        let meta = match transaction.open_table(META) {
            Ok(meta) => meta,
            Err(RedbTableError::TableDoesNotExist(_) | RedbTableError::TableTypeMismatch { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(self.failed("cannot read")(error)),
        };
        let entry = meta.get(name).map_err(self.failed("cannot read"))?;
        Ok(entry.map(|bytes| bytes.value().to_vec()))
    }

    /// One value that an agent keeps under a name.
    pub fn note<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, TableError> {
        self.meta(name)?.map(|bytes| self.parse(name, &bytes)).transpose()
    }

    /// Sets it, durably.
    pub fn set_note<T: Serialize>(&self, name: &'static str, value: &T) -> Result<(), TableError> {
        let bytes = self.render(name, value)?;
        self.write(|transaction| {
            let mut meta = transaction.open_table(META).map_err(self.failed("cannot write"))?;
            meta.insert(name, bytes.as_slice()).map_err(self.failed("cannot write"))?;
            Ok(())
        })
    }

    /// The entry under `key`.
    pub fn get<T: DeserializeOwned>(&self, entries: Entries, key: [u8; 32]) -> Result<Option<T>, TableError> {
        let transaction = self.read()?;
        let table = match transaction.open_table(entries) {
            Ok(table) => table,
            Err(RedbTableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(self.failed("cannot read")(error)),
        };
        let found = table.get(key).map_err(self.failed("cannot read"))?;
        found.map(|bytes| self.parse(&hex(&key), bytes.value())).transpose()
    }

    /// Sets an entry, durably.
    pub fn put<T: Serialize>(&self, entries: Entries, key: [u8; 32], value: &T) -> Result<(), TableError> {
        let bytes = self.render(&hex(&key), value)?;
        self.write(|transaction| {
            let mut table = transaction.open_table(entries).map_err(self.failed("cannot write"))?;
            table.insert(key, bytes.as_slice()).map_err(self.failed("cannot write"))?;
            Ok(())
        })
    }

    /// Removes an entry.
    pub fn remove(&self, entries: Entries, key: [u8; 32]) -> Result<(), TableError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(entries).map_err(self.failed("cannot write"))?;
            table.remove(key).map_err(self.failed("cannot write"))?;
            Ok(())
        })
    }

    /// Every entry for which `wanted` holds, in the order of the keys.
    pub fn all<T: DeserializeOwned>(
        &self,
        entries: Entries,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, TableError> {
        let transaction = self.read()?;
        let table = match transaction.open_table(entries) {
            Ok(table) => table,
            Err(RedbTableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("cannot read")(error)),
        };
        let mut found = Vec::new();
        for entry in table.iter().map_err(self.failed("cannot read"))? {
            let (key, bytes) = entry.map_err(self.failed("cannot read"))?;
            let value: T = self.parse(&hex(&key.value()), bytes.value())?;
            if wanted(&value) {
                found.push(value);
            }
        }
        Ok(found)
    }

    fn parse<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> Result<T, TableError> {
        serde_json::from_slice(bytes).map_err(|error| TableError::Entry {
            path: self.path.clone(),
            key: key.to_owned(),
            reason: error.to_string(),
        })
    }

    fn render<T: Serialize>(&self, key: &str, value: &T) -> Result<Vec<u8>, TableError> {
        serde_json::to_vec(value).map_err(|error| TableError::Entry {
            path: self.path.clone(),
            key: key.to_owned(),
            reason: error.to_string(),
        })
    }
}

fn hex(key: &[u8; 32]) -> String {
    alloy_primitives::B256::from(*key).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOBS: Entries = TableDefinition::new("test.jobs");
    const SITE: Site = Site { chain_id: 31337, contract: Address::ZERO };

    #[test]
    fn entries_and_notes_survive_a_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.redb");
        {
            let table = Table::open(&path, "operator", SITE).unwrap();
            table.put(JOBS, [1; 32], &"one").unwrap();
            table.put(JOBS, [2; 32], &"two").unwrap();
            table.remove(JOBS, [1; 32]).unwrap();
            table.set_note("cursor", &7u64).unwrap();
        }
        let table = Table::open(&path, "operator", SITE).unwrap();
        assert_eq!(table.note::<u64>("cursor").unwrap(), Some(7));
        assert_eq!(table.get::<String>(JOBS, [1; 32]).unwrap(), None);
        assert_eq!(table.all::<String>(JOBS, |_| true).unwrap(), ["two"]);
    }

    #[test]
    fn a_file_of_another_agent_or_deployment_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.redb");
        drop(Table::open(&path, "operator", SITE).unwrap());
        let error = Table::open(&path, "challenger", SITE).unwrap_err();
        assert!(matches!(error, TableError::Foreign { agent: "challenger", .. }), "{error}");
        let error = Table::open(&path, "operator", Site { chain_id: 1, ..SITE }).unwrap_err();
        assert!(error.to_string().contains("on chain 31337, this agent works for"), "{error}");

        let other = dir.path().join("other.redb");
        let database = Database::create(&other).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(JOBS).unwrap();
        transaction.commit().unwrap();
        drop(database);
        assert!(matches!(Table::open(&other, "operator", SITE), Err(TableError::Foreign { .. })));
    }

    #[test]
    fn a_damaged_entry_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let table = Table::open(&dir.path().join("t.redb"), "operator", SITE).unwrap();
        table.put(JOBS, [9; 32], &"text").unwrap();
        let error = table.get::<u64>(JOBS, [9; 32]).unwrap_err();
        assert!(error.to_string().contains("0x0909"), "{error}");
    }
}
