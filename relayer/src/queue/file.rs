//! The file under the queue: told from foreign files, created whole, opened again after the disk refused.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageError, WriteTransaction};

use super::error::{QueueError, failed};

/// First bytes of every redb file.
const MAGIC: &[u8; 9] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// What a transaction can fail with: the database, or our own rules.
pub(super) enum Fault {
    Db(redb::Error),
    Queue(QueueError),
}

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

macro_rules! database_errors {
    ($($error:ty),*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self { Self::Db(error.into()) }
        }
    )*};
}

database_errors!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError
);

/// A redb database that survives a failed write: redb refuses everything after one, so the file is opened again, which
/// brings back the last commit.
pub(super) struct QueueFile {
    path: std::path::PathBuf,
    database: RwLock<Option<Database>>,
}

impl QueueFile {
    /// Opens an existing file, or creates one that `fill` initialises: it appears complete or not at all.
    pub(super) fn open(
        path: &Path,
        fill: impl FnOnce(&WriteTransaction) -> Result<(), Fault>,
    ) -> Result<Self, QueueError> {
        if !path.try_exists().map_err(failed("cannot open", path))? {
            create(path, fill)?;
        }
        let database = RwLock::new(Some(open_database(path)?));
        Ok(Self { path: path.to_owned(), database })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn corrupt(&self, reason: impl Into<String>) -> QueueError {
        QueueError::Corrupt { path: self.path.clone(), reason: reason.into() }
    }

    pub(super) fn read<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<T, Fault>,
    ) -> Result<T, QueueError> {
        self.with("cannot read", |database| look(&database.begin_read()?))
    }

    /// Runs `change` and commits it with an fsync. An error of `change` leaves the file as it was.
    pub(super) fn write<T>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
    ) -> Result<T, QueueError> {
        self.with("cannot write", |database| {
            let transaction = database.begin_write()?;
            let result = change(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    fn with<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Database) -> Result<T, Fault>,
    ) -> Result<T, QueueError> {
        self.reopen_if_closed()?;
        let guard = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = guard.as_ref() else {
            return Err(failed(action, &self.path)("closed by another thread after an error; try again"));
        };
        let error = match work(database) {
            Ok(result) => return Ok(result),
            Err(Fault::Queue(error)) => return Err(error),
            Err(Fault::Db(error)) => error,
        };
        drop(guard);
        self.database.write().unwrap_or_else(PoisonError::into_inner).take();
        Err(match error {
            redb::Error::Corrupted(reason) => self.corrupt(reason),
            error => failed(action, &self.path)(error),
        })
    }

    fn reopen_if_closed(&self) -> Result<(), QueueError> {
        if self.database.read().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            *guard = Some(open_database(&self.path)?);
        }
        Ok(())
    }
}

fn open_database(path: &Path) -> Result<Database, QueueError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(failed("cannot open", path))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed("cannot read", path))?;
    if start.is_empty() {
        return Err(QueueError::Corrupt { path: path.into(), reason: "it is empty".into() });
    }
    if start != MAGIC {
        return Err(QueueError::Foreign(path.into()));
    }
    Database::open(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => QueueError::InUse(path.into()),
        DatabaseError::Storage(StorageError::Corrupted(reason)) => {
            QueueError::Corrupt { path: path.into(), reason }
        }
        DatabaseError::Storage(StorageError::Io(e))
            if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            QueueError::Corrupt { path: path.into(), reason: e.to_string() }
        }
        other => failed("cannot open", path)(other),
    })
}

/// Creates the database under a temporary name and renames it. A temporary left by a crash is replaced.
fn create(path: &Path, fill: impl FnOnce(&WriteTransaction) -> Result<(), Fault>) -> Result<(), QueueError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = Path::new(&temporary);
    match fs::remove_file(temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(failed("cannot replace", temporary)(e));
        }
        _ => {}
    }
    let database = Database::create(temporary).map_err(failed("cannot create", temporary))?;
    let filled = (|| -> Result<(), Fault> {
        let transaction = database.begin_write()?;
        fill(&transaction)?;
        Ok(transaction.commit()?)
    })();
    filled.map_err(|fault| match fault {
        Fault::Db(error) => failed("cannot create", path)(error),
        Fault::Queue(error) => error,
    })?;
    drop(database);
    fs::rename(temporary, path).map_err(failed("cannot create", path))?;
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(directory).and_then(|d| d.sync_all());
    synced.map_err(failed("cannot sync the directory of", path))
}
