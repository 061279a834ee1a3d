//! The capsule file: manifest, publisher's signature and payload in one strict ABI encoding.

use crate::manifest::{MAX_PAYLOAD, Manifest, ManifestError};
use alloy_sol_types::{SolValue, sol};

sol! {
    /// What a publisher hands out.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Package {
        Manifest manifest;
        bytes signature;
        bytes payload;
    }
}

/// Largest package in bytes: the largest payload and 64 KiB for everything else.
pub const MAX_PACKAGE_BYTES: usize = MAX_PAYLOAD as usize + 64 * 1024;

/// Why bytes are not a package, or a package does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// Over the limit.
    #[error("{0} bytes: a package has at most {MAX_PACKAGE_BYTES}")]
    TooLarge(usize),
    /// Not ABI.
    #[error("not the ABI encoding of a capsule package (a bare .wasm file?): {0}")]
    Abi(String),
    /// ABI, but not the one encoding.
    #[error("not canonical: re-encoding differs from byte {at} (trailing bytes, odd offsets or padding)")]
    NotCanonical {
        /// First byte that differs.
        at: usize,
    },
    /// Manifest, signature or payload.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl Package {
    /// The ABI encoding.
    pub fn encode(&self) -> Vec<u8> {
        self.abi_encode()
    }

    /// Decodes strictly and validates the manifest. Signature and payload are checked by [`Package::verify`].
    pub fn decode(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > MAX_PACKAGE_BYTES {
            return Err(PackageError::TooLarge(bytes.len()));
        }
        let package = Self::abi_decode_validate(bytes).map_err(|e| PackageError::Abi(e.to_string()))?;
        let again = package.encode();
        if again != bytes {
            let at = again.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            return Err(PackageError::NotCanonical { at });
        }
        package.manifest.validate()?;
        Ok(package)
    }

    /// Verifies manifest, publisher's signature and payload. `hidden_salt` as in [`Manifest::check_payload`].
    pub fn verify(&self, hidden_salt: Option<&[u8; 32]>) -> Result<(), PackageError> {
        self.manifest.validate()?;
        self.manifest.verify_signature(&self.signature)?;
        Ok(self.manifest.check_payload(&self.payload, hidden_salt)?)
    }
}
