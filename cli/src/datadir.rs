//! Names of the files in the data folder, and how they are written: whole or not at all.

use crate::settings::Settings;
use alloy_primitives::Address;
use eyre::{Result, WrapErr};
use nonos_core::VerifierKey;
use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The data folder.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The folder of these settings, created for its owner only.
    pub fn open(settings: &Settings) -> Result<Self> {
        Self::create(settings.require_datadir()?)
    }

    /// The folder at `root`, created for its owner only.
    pub fn create(root: &Path) -> Result<Self> {
        create_private(root)?;
        Ok(Self { root: root.to_owned() })
    }

    /// The operator's (or publisher's) keystore.
    pub fn keystore(&self) -> PathBuf {
        self.root.join("keystore")
    }

    /// The store of launches with the nullifier index.
    pub fn store(&self) -> PathBuf {
        self.root.join("store.redb")
    }

    /// What the operator agent remembers.
    pub fn operator(&self) -> PathBuf {
        self.root.join("operator.redb")
    }

    /// What the challenger agent remembers.
    pub fn challenger(&self) -> PathBuf {
        self.root.join("challenger.redb")
    }

    /// What the verifier agent remembers.
    pub fn verifier(&self) -> PathBuf {
        self.root.join("verifier.redb")
    }

    /// The node's store: another one, so that launches go on while a node runs. `backend` names the engine.
    pub fn node_store(&self, backend: &str) -> PathBuf {
        self.root.join(format!("node.{backend}"))
    }

    /// The network key of the node.
    pub fn node_key(&self) -> PathBuf {
        self.root.join("node.key")
    }

    /// A verifying key that was made before.
    pub fn verifying_key(&self, key: VerifierKey) -> PathBuf {
        self.root.join(format!("verifier-{key}.vk"))
    }

    /// Addresses of the contracts on one chain.
    pub fn deployment(&self, chain_id: u64) -> PathBuf {
        self.root.join(format!("deployment-{chain_id}.json"))
    }

    /// The terms of an enrolment that is being signed elsewhere.
    pub fn enrolment(&self, chain_id: u64, registry: Address) -> PathBuf {
        self.root.join(format!("enrolment-{chain_id}-{registry:#x}.json"))
    }

    /// The queue of the relayer with this account on one chain.
    pub fn relayer_queue(&self, chain_id: u64, account: Address) -> PathBuf {
        self.root.join(format!("relayer-{chain_id}-{account:#x}.redb"))
    }

    /// Folder of the demo's services, each with a data folder of its own.
    pub fn services(&self) -> Result<PathBuf> {
        let path = self.root.join("services");
        create_private(&path)?;
        Ok(path)
    }

    /// Folder of installs: those being made, and finished ones.
    pub fn installs(&self) -> PathBuf {
        self.root.join("installs")
    }

    /// Folder of STARK installs and digest proofs that the node passes on. What was verified under the developer setup, with
    /// which anybody can forge a link proof, stands apart.
    pub fn proofs(&self, developer: bool) -> PathBuf {
        self.root.join("proofs").join(if developer { "developer" } else { "ceremony" })
    }

    /// Folder of emitted receipts.
    pub fn receipts(&self) -> Result<PathBuf> {
        let path = self.root.join("receipts");
        create_private(&path)?;
        Ok(path)
    }
}

fn create_private(path: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .wrap_err_with(|| format!("cannot create the folder {}", path.display()))
}

/// Writes `bytes` to `path`: whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    place(path, |file| file.write_all(bytes)).wrap_err_with(|| format!("cannot write {}", path.display()))
}

/// Copies a file of any size in the same way.
pub fn copy_whole(from: &Path, to: &Path) -> Result<()> {
    place(to, |file| std::io::copy(&mut fs::File::open(from)?, file).map(drop))
        .wrap_err_with(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Fills `path` through a temporary file beside it, so that a crash leaves the old file or the new one.
fn place(path: &Path, fill: impl FnOnce(&mut fs::File) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    fill(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    fs::File::open(folder)?.sync_all()
}

/// Reads a file of at most `limit` bytes; `what` names it in errors.
pub fn read_limited(path: &Path, what: &str, limit: u64) -> Result<Vec<u8>> {
    let context = || format!("cannot read the {what} {}", path.display());
    let size = fs::metadata(path).wrap_err_with(context)?.len();
    if size > limit {
        eyre::bail!("{} has {size} bytes; a {what} has at most {limit}", path.display());
    }
    fs::read(path).wrap_err_with(context)
}
