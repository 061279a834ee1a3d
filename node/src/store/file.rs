//! The file under the database: told from foreign files, created whole, recognised after a restore.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, StorageError};

use super::StoreError;

/// First bytes of every redb file.
const MAGIC: &[u8; 9] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// Wraps a database error with what was attempted.
pub(super) fn failed<E: std::fmt::Display>(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(E) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { action, path, reason: error.to_string() }
}

/// Opens an existing database file, which is looked at before redb may touch it.
pub(super) fn open(path: &Path) -> Result<Database, StoreError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(failed("cannot open", path))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(failed("cannot read", path))?;
    if start.is_empty() {
        return Err(StoreError::Corrupt { path: path.into(), reason: "it is empty".into() });
    }
    if start != MAGIC {
        return Err(StoreError::Foreign(path.into()));
    }
    Database::open(path).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.into()),
        DatabaseError::Storage(StorageError::Corrupted(reason)) => {
            StoreError::Corrupt { path: path.into(), reason }
        }
        DatabaseError::Storage(StorageError::Io(e))
            if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            StoreError::Corrupt { path: path.into(), reason: e.to_string() }
        }
        other => failed("cannot open", path)(other),
    })
}

/// Creates a database that `fill` initialises, under a temporary name: it appears at `path` complete or not at
/// all. A temporary left by a crash is replaced.
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&Database, &Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let temporary = temporary_name(path);
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            return Err(failed("cannot replace", &temporary)(e));
        }
        _ => {}
    }
    let database = Database::create(&temporary).map_err(failed("cannot create", &temporary))?;
    fill(&database, &temporary)?;
    drop(database);
    appear(&temporary, path)
}

/// Gives a finished file or folder its name, durably.
pub(super) fn appear(temporary: &Path, path: &Path) -> Result<(), StoreError> {
    fs::rename(temporary, path).map_err(failed("cannot create", path))?;
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(directory).and_then(|d| d.sync_all());
    synced.map_err(failed("cannot sync the directory of", path))
}

pub(super) fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Device and inode number: a file that was copied, restored or moved between file systems has others. A restore
/// that rewrites the file in place, or rolls back a whole disk, is not seen.
pub(super) fn identity(path: &Path) -> Result<[u8; 16], StoreError> {
    let metadata = fs::metadata(path).map_err(failed("cannot read", path))?;
    let mut identity = [0; 16];
    identity[..8].copy_from_slice(&metadata.dev().to_be_bytes());
    identity[8..].copy_from_slice(&metadata.ino().to_be_bytes());
    Ok(identity)
}
