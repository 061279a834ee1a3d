//! The network key of a node: names the peer, signs nothing but handshakes and beacons, and is not the root key.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use libp2p::PeerId;
use libp2p::identity::Keypair;
use zeroize::Zeroizing;

/// Bytes of the file: the ed25519 seed.
const SEED: usize = 32;

/// Why a network key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NodeKeyError {
    /// The operating system has no randomness to give.
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// Not a key file.
    #[error("{path} has {actual} bytes; a network key has {SEED}: move the file away and a new key is made")]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        actual: usize,
    },
    /// Group or others can read it.
    #[error("{path} has mode {mode:04o}; a network key must be private (chmod 600 it)")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The operating system refused.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// An ed25519 key for the network.
#[derive(Clone)]
pub struct NodeKey(Keypair);

impl NodeKey {
    /// A fresh key that is not written anywhere.
    pub fn generate() -> Result<Self, NodeKeyError> {
        let mut seed = Zeroizing::new([0; SEED]);
        getrandom::fill(&mut seed[..]).map_err(NodeKeyError::Random)?;
        Ok(Self::from_seed(seed))
    }

    /// The key of a seed.
    pub fn from_seed(mut seed: Zeroizing<[u8; SEED]>) -> Self {
        match Keypair::ed25519_from_bytes(&mut seed[..]) {
            Ok(pair) => Self(pair),
            Err(_) => unreachable!("every 32 bytes are an ed25519 seed"),
        }
    }

    /// Reads the key at `path`, or makes one and writes it with mode 0600, complete or not at all.
    pub fn load_or_create(path: &Path) -> Result<Self, NodeKeyError> {
        match OpenOptions::new().read(true).open(path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(io_error("cannot open", path)(error)),
        }
    }

    fn read(file: fs::File, path: &Path) -> Result<Self, NodeKeyError> {
        let mode = file.metadata().map_err(io_error("cannot read", path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(NodeKeyError::Permissions { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(SEED + 1));
        file.take(SEED as u64 + 1).read_to_end(&mut bytes).map_err(io_error("cannot read", path))?;
        let seed: [u8; SEED] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| NodeKeyError::Length { path: path.to_owned(), actual: bytes.len() })?;
        Ok(Self::from_seed(Zeroizing::new(seed)))
    }

    fn create(path: &Path) -> Result<Self, NodeKeyError> {
        let mut seed = Zeroizing::new([0; SEED]);
        getrandom::fill(&mut seed[..]).map_err(NodeKeyError::Random)?;
        let temporary = path.with_extension("tmp");
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(io_error("cannot create", &temporary))?;
        file.write_all(&seed[..])
            .and_then(|()| file.sync_all())
            .map_err(io_error("cannot write", &temporary))?;
        fs::rename(&temporary, path).map_err(io_error("cannot create", path))?;
        Ok(Self::from_seed(seed))
    }

    /// The name of the peer.
    pub fn peer_id(&self) -> PeerId {
        self.0.public().to_peer_id()
    }

    /// For the transport.
    pub fn keypair(&self) -> &Keypair {
        &self.0
    }
}

impl std::fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeKey({})", self.peer_id())
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NodeKeyError {
    let path = path.to_owned();
    move |source| NodeKeyError::Io { action, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mesh.key");
        let key = NodeKey::load_or_create(&path).unwrap();
        assert_eq!(NodeKey::load_or_create(&path).unwrap().peer_id(), key.peer_id());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(NodeKey::generate().unwrap().peer_id(), key.peer_id());
    }

    #[test]
    fn an_open_or_foreign_file_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mesh.key");
        NodeKey::load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(NodeKey::load_or_create(&path), Err(NodeKeyError::Permissions { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, [7; 33]).unwrap();
        assert!(matches!(NodeKey::load_or_create(&path), Err(NodeKeyError::Length { actual: 33, .. })));
        assert_eq!(fs::read(&path).unwrap(), [7; 33]);
    }
}
