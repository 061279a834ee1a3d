//! The folder of a job: for its owner only, locked while somebody works in it, every file whole or absent.

use super::error::JobError;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Behind the name of a file that is being written.
const TEMPORARY: &str = ".tmp";
const LOCK: &str = "lock";

/// An open folder. The lock goes with it, also when the process is killed.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JobError {
    let path = path.to_owned();
    move |source| JobError::Io { action, path, source }
}

impl Folder {
    /// Makes the folder (mode 0700), locks it and removes what a killed run was writing.
    pub fn open(path: &Path) -> Result<Self, JobError> {
        let make = DirBuilder::new().recursive(true).mode(0o700).create(path);
        make.map_err(failed("cannot create", path))?;
        // An older folder, or one that was copied here, may be open to others.
        let private = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        private.map_err(failed("cannot make private", path))?;
        let name = path.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&name);
        let lock = lock.map_err(failed("cannot open", &name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JobError::Busy(name)),
            Err(TryLockError::Error(error)) => return Err(failed("cannot lock", &name)(error)),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        folder.remove_all(|name| name.ends_with(TEMPORARY))?;
        Ok(folder)
    }

    /// Where a file is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A file's bytes, `None` if it is absent. One of more than `max` bytes is not read: it gives no bytes.
    pub fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, JobError> {
        let path = self.file(name);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed("cannot open", &path))?,
        };
        let mut bytes = Vec::new();
        let read = file.take(max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(failed("cannot read", &path))?;
        if bytes.len() > max {
            bytes.clear();
        }
        Ok(Some(bytes))
    }

    /// Writes a file, mode 0600: complete and on disk, or not there at all, also after a power cut.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), JobError> {
        let path = self.file(name);
        self.write_with(name, |out| out.write_all(bytes).map_err(failed("cannot write", &path)), |_| Ok(()))
    }

    /// The same for what is written piece by piece, and looked at by `check` before it takes its name.
    pub fn write_with(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), JobError>,
        check: impl FnOnce(&mut dyn Read) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        let (path, temporary) = (self.file(name), self.file(&format!("{name}{TEMPORARY}")));
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary);
        let mut out = BufWriter::new(file.map_err(failed("cannot create", &temporary))?);
        let written = fill(&mut out).and_then(|()| {
            let file = out.into_inner().map_err(|error| error.into_error());
            file.and_then(|file| file.sync_all()).map_err(failed("cannot write", &temporary))?;
            let file = File::open(&temporary).map_err(failed("cannot read", &temporary))?;
            check(&mut io::BufReader::new(file))
        });
        if let Err(error) = written {
            // The first error says what happened; what is left is removed by the next run.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        fs::rename(&temporary, &path).map_err(failed("cannot put in place", &path))?;
        self.sync()
    }

    /// Removes every file whose name says so.
    pub fn remove_all(&self, which: impl Fn(&str) -> bool) -> Result<(), JobError> {
        for entry in fs::read_dir(&self.path).map_err(failed("cannot list", &self.path))? {
            let entry = entry.map_err(failed("cannot list", &self.path))?;
            if entry.file_name().to_str().is_some_and(&which) {
                fs::remove_file(entry.path()).map_err(failed("cannot remove", &entry.path()))?;
            }
        }
        self.sync()
    }

    fn sync(&self) -> Result<(), JobError> {
        let folder = File::open(&self.path).and_then(|folder| folder.sync_all());
        folder.map_err(failed("cannot sync", &self.path))
    }
}
