//! The keystore file: one text line that frames an age file (scrypt recipient), strictly parsed.
//!
//! ```text
//! nonos.keystore 2 <length of the age file> <SHA-256 of the age file, hex>\n<age file>
//! ```
//!
//! The line lets a truncated or damaged file be told from a wrong passphrase, which age alone cannot
//! do for its key stanza. It protects nothing: authenticity comes from age. `tail -n +2 FILE | age -d`
//! reads the same secrets without this program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use age::DecryptError;
use age::secrecy::SecretString;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const MAGIC: &str = "nonos.keystore";
/// What is written. Version 1 frames other contents in the same way, and is read as well.
const VERSION: u32 = 2;
/// Far above any keystore; bounds what a foreign file can make us read.
const MAX_FILE: u64 = 64 * 1024;
/// 2^22 needs 4 GiB: a file that asks for more is a trap, not a keystore.
const MAX_LOG_N: u8 = 22;

/// Base-2 logarithm of scrypt's N (r = 8, p = 1), 1 to 22. One step doubles time and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// N = 2^18, 256 MiB: about a second on a laptop.
    pub const INTERACTIVE: Self = Self(18);

    /// N = 2^`log_n`. Small values are for tests only.
    pub fn new(log_n: u8) -> Result<Self, KeyFileError> {
        if (1..=MAX_LOG_N).contains(&log_n) {
            Ok(Self(log_n))
        } else {
            Err(KeyFileError::WorkFactor { log_n, max: MAX_LOG_N })
        }
    }
}

/// Why a keystore file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The path exists; overwriting a root key would destroy an identity.
    #[error("{0} exists already; a keystore is never overwritten, move it away first")]
    Exists(PathBuf),
    /// No such file.
    #[error("there is no keystore at {0}; create one with `nonos keys init`")]
    Missing(PathBuf),
    /// Not written by this program.
    #[error("{0} is not a keystore: it does not start with `nonos.keystore`")]
    Foreign(PathBuf),
    /// Written by a newer program.
    #[error("{path} has keystore version {version}, this program reads versions 1 to {VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it states.
        version: u32,
    },
    /// Shorter than its first line says.
    #[error("{path} is truncated: its header announces {expected} bytes, {found} are there")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Announced length of the age file.
        expected: u64,
        /// Bytes found after the first line.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("{path} is damaged: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The file is intact and the passphrase does not open it.
    #[error("wrong passphrase for {0} (the file itself is intact)")]
    WrongPassphrase(PathBuf),
    /// The scrypt work factor is out of range.
    #[error("scrypt work factor 2^{log_n} is outside 2^1 to 2^{max}")]
    WorkFactor {
        /// Requested log2(N).
        log_n: u8,
        /// Largest accepted log2(N).
        max: u8,
    },
    /// An empty passphrase protects nothing.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// Group or others can read the secrets.
    #[error("{path} has mode {mode:04o}; a keystore must be private (chmod 600 it)")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// age could not encrypt.
    #[error("age could not encrypt the keystore: {0}")]
    Encrypt(String),
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Io { action, path, source }
}

/// Encrypts `secrets` and creates `path`, mode 0600. Complete or absent, also after a power cut:
/// temporary file, fsync, link (which fails if the name is taken), fsync of the directory.
pub(super) fn create(
    path: &Path,
    secrets: &[u8],
    passphrase: &SecretString,
    work: WorkFactor,
) -> Result<(), KeyFileError> {
    use age::secrecy::ExposeSecret;
    if passphrase.expose_secret().is_empty() {
        return Err(KeyFileError::EmptyPassphrase);
    }
    if path.symlink_metadata().is_ok() {
        return Err(KeyFileError::Exists(path.to_owned()));
    }
    let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work.0);
    let sealed = age::encrypt(&recipient, secrets).map_err(|e| KeyFileError::Encrypt(e.to_string()))?;
    let mut bytes = header_line(VERSION, &sealed).into_bytes();
    bytes.extend_from_slice(&sealed);

    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let temporary = directory.join(format!(".keystore-{}", random_name()));
    let written = write_private(&temporary, &bytes).and_then(|()| {
        // `rename` would replace a keystore created meanwhile; `link` refuses.
        fs::hard_link(&temporary, path).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
            _ => io_error("cannot create", path)(e),
        })
    });
    let removed = fs::remove_file(&temporary);
    written?;
    removed.map_err(io_error("cannot remove", &temporary))?;
    File::open(directory).and_then(|d| d.sync_all()).map_err(io_error("cannot sync the directory", directory))
}

/// A decrypted file.
pub(super) struct Opened {
    /// The version that its first line states.
    pub version: u32,
    /// The contents.
    pub plain: Zeroizing<Vec<u8>>,
}

/// Reads and decrypts `path`.
pub(super) fn open(path: &Path, passphrase: &SecretString) -> Result<Opened, KeyFileError> {
    let bytes = read_private(path)?;
    let (version, sealed) = unframe(path, &bytes)?;
    let mut identity = age::scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_LOG_N);
    let corrupt = |reason: String| KeyFileError::Corrupt { path: path.to_owned(), reason };
    match age::decrypt(&identity, sealed) {
        Ok(plain) => Ok(Opened { version, plain: Zeroizing::new(plain) }),
        // The frame's checksum held, so the bytes are those age wrote: only the passphrase is left.
        Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed) => {
            Err(KeyFileError::WrongPassphrase(path.to_owned()))
        }
        Err(DecryptError::ExcessiveWork { required, .. }) => {
            Err(KeyFileError::WorkFactor { log_n: required, max: MAX_LOG_N })
        }
        Err(other) => Err(corrupt(format!("the age file inside does not parse ({other})"))),
    }
}

fn header_line(version: u32, sealed: &[u8]) -> String {
    format!("{MAGIC} {version} {} {}\n", sealed.len(), hex::encode(Sha256::digest(sealed)))
}

fn read_private(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => io_error("cannot read", path)(e),
    })?;
    let corrupt = |reason: &str| KeyFileError::Corrupt { path: path.to_owned(), reason: reason.into() };
    if !metadata.is_file() {
        return Err(corrupt("not a regular file"));
    }
    if metadata.len() > MAX_FILE {
        return Err(corrupt("larger than 64 KiB, no keystore is"));
    }
    let bytes = fs::read(path).map_err(io_error("cannot read", path))?;
    if bytes.starts_with(MAGIC.as_bytes()) && metadata.mode() & 0o077 != 0 {
        return Err(KeyFileError::Permissions { path: path.into(), mode: metadata.mode() & 0o7777 });
    }
    Ok(bytes)
}

/// Checks the first line and returns its version and the age file behind it.
fn unframe<'a>(path: &Path, bytes: &'a [u8]) -> Result<(u32, &'a [u8]), KeyFileError> {
    let corrupt = |reason: &str| KeyFileError::Corrupt { path: path.to_owned(), reason: reason.into() };
    if !bytes.starts_with(MAGIC.as_bytes()) {
        // A cut inside the magic itself is still our file.
        return Err(if !bytes.is_empty() && MAGIC.as_bytes().starts_with(bytes) {
            corrupt("it ends inside its first word")
        } else {
            KeyFileError::Foreign(path.to_owned())
        });
    }
    let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| corrupt("its first line never ends"))?;
    let line = std::str::from_utf8(&bytes[..end]).map_err(|_| corrupt("its first line is not text"))?;
    let mut words = line.split(' ').skip(1);
    let mut next = |name: &str| words.next().ok_or_else(|| corrupt(&format!("no {name} in line 1")));
    let version: u32 = next("version")?.parse().map_err(|_| corrupt("the version in line 1 is no number"))?;
    if !(1..=VERSION).contains(&version) {
        return Err(KeyFileError::Version { path: path.to_owned(), version });
    }
    let expected: u64 = next("length")?.parse().map_err(|_| corrupt("the length in line 1 is no number"))?;
    let sealed = &bytes[end + 1..];
    let found = sealed.len() as u64;
    if found < expected {
        return Err(KeyFileError::Truncated { path: path.to_owned(), expected, found });
    }
    if found > expected {
        return Err(corrupt("bytes follow the announced end"));
    }
    // Rebuilding the line compares the checksum and leaves one spelling only.
    if header_line(version, sealed).as_bytes() != &bytes[..=end] {
        return Err(corrupt("the checksum in line 1 does not match the contents"));
    }
    Ok((version, sealed))
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io_error("cannot create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("cannot write", path))
}

/// Eight random bytes as hex: two processes never share a temporary file.
fn random_name() -> String {
    let mut bytes = [0; 8];
    // On failure the name is constant and `create_new` keeps two writers apart.
    getrandom::fill(&mut bytes).ok();
    hex::encode(bytes)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
