//! Inputs of capsules, and capsules: kept for whoever asks the mesh for them, within limits.

use alloy_primitives::{B256, keccak256};
use nonos_api::types::MAX_BLOB_BYTES;
use nonos_core::CapsuleLeaf;
use nonos_core::manifest::ManifestError;
use nonos_core::package::{Package, PackageError};

use super::StoreError;
use super::engine::{Change, Engine, Table};
use super::ledger::Ledger;

/// How many bytes may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All blobs together.
    pub blobs: u64,
    /// All packages together.
    pub packages: u64,
}

impl Default for Limits {
    /// 256 MiB of blobs, 1 GiB of packages.
    fn default() -> Self {
        Self { blobs: 256 << 20, packages: 1 << 30 }
    }
}

/// One of the two kinds, with its meter.
struct Kind {
    what: &'static str,
    table: Table,
    meter: &'static [u8],
    limit: u64,
}

impl<E: Engine> Ledger<E> {
    pub(super) fn keep_blob(&self, bytes: &[u8]) -> Result<B256, StoreError> {
        if bytes.is_empty() || bytes.len() > MAX_BLOB_BYTES {
            return Err(StoreError::BlobSize { actual: bytes.len(), limit: MAX_BLOB_BYTES });
        }
        let hash = keccak256(bytes);
        let kind =
            Kind { what: "blobs", table: Table::Blobs, meter: b"blob bytes", limit: self.limits.blobs };
        self.keep(&kind, &hash.0, bytes)?;
        Ok(hash)
    }

    pub(super) fn keep_package(&self, package: &Package) -> Result<CapsuleLeaf, StoreError> {
        match package.verify(None) {
            // A hidden capsule can be compared with its manifest by those who have the salt; the signature is checked.
            Ok(()) | Err(PackageError::Manifest(ManifestError::SaltNeeded)) => {}
            Err(error) => return Err(error.into()),
        }
        let leaf = package.manifest.capsule_leaf().map_err(PackageError::Manifest)?;
        let kind = Kind {
            what: "packages",
            table: Table::Packages,
            meter: b"package bytes",
            limit: self.limits.packages,
        };
        self.keep(&kind, &leaf.to_be(), &package.encode())?;
        Ok(leaf)
    }

    fn keep(&self, kind: &Kind, key: &[u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        let _writing = self.writing();
        if self.engine.get(kind.table, key)?.is_some() {
            return Ok(());
        }
        let used = match self.engine.get(Table::Meta, kind.meter)? {
            Some(bytes) => self.number(&bytes)?,
            None => 0,
        };
        let more = bytes.len() as u64;
        let total = used.saturating_add(more);
        if total > kind.limit {
            return Err(StoreError::Full { what: kind.what, used, more, limit: kind.limit });
        }
        self.engine.commit(&[
            Change::new(kind.table, *key, bytes),
            Change::new(Table::Meta, kind.meter, total.to_be_bytes()),
        ])
    }
}
