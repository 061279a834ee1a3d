//! The opened keystore: the root key signs, the master seed derives, neither is handed out.

use std::path::Path;

use age::secrecy::SecretString;
use ed25519_dalek::{Signer, SigningKey};
use nonos_core::ids::CapsuleLeaf;
use zeroize::Zeroizing;

use super::derived::{CircuitSecret, ExecutionKey, IdentityScope, OnionKey};
use super::file::{self, KeyFileError, WorkFactor};
use super::slip10::{ExtendedKey, Slip10Error};
use crate::onion::OnionNetwork;

/// Plaintext of a version 1 file: this tag, root seed, master seed, root public key (32 bytes each).
const PLAIN_TAG: &[u8; 16] = b"nonos1.keystore\0";
const PLAIN_LENGTH: usize = 16 + 3 * 32;
/// Everything the root key signs starts like this, so it can never sign somebody else's protocol
/// message, nor a bare 32-byte receipt digest.
const SIGNING_DOMAIN: &[u8] = b"nonos1.";

/// Failures of the keystore.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be written or read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The operating system has no randomness to give.
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// The decrypted contents are not a version 1 keystore.
    #[error("the keystore decrypts, but its contents are not those of a version 1 keystore: {0}")]
    Contents(&'static str),
    /// A derivation index is out of range.
    #[error(transparent)]
    Derivation(#[from] Slip10Error),
    /// The root key signs domain-separated messages only.
    #[error("the root key refuses to sign: the message does not start with `nonos1.` (first bytes: {0})")]
    Domain(String),
}

/// The two secrets of an operator, decrypted. Wiped from memory when dropped.
pub struct Keystore {
    root: SigningKey,
    root_seed: Zeroizing<[u8; 32]>,
    master_seed: Zeroizing<[u8; 32]>,
    master: ExtendedKey,
}

impl Keystore {
    /// Draws both secrets from the operating system. Nothing is written yet: see [`Self::save`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut root_seed = Zeroizing::new([0; 32]);
        let mut master_seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut root_seed[..]).map_err(KeyError::Random)?;
        getrandom::fill(&mut master_seed[..]).map_err(KeyError::Random)?;
        Self::from_seeds(root_seed, master_seed)
    }

    /// Builds a keystore from known seeds: restoring a paper backup, or test vectors.
    pub fn from_seeds(
        root_seed: Zeroizing<[u8; 32]>,
        master_seed: Zeroizing<[u8; 32]>,
    ) -> Result<Self, KeyError> {
        if root_seed == master_seed {
            return Err(KeyError::Contents("the root seed and the master seed are the same"));
        }
        let master = ExtendedKey::master(&master_seed[..])?;
        Ok(Self { root: SigningKey::from_bytes(&root_seed), root_seed, master_seed, master })
    }

    /// Encrypts the keystore into a new file of mode 0600. An existing file is never touched.
    pub fn save(&self, path: &Path, passphrase: &SecretString, work: WorkFactor) -> Result<(), KeyError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN_LENGTH));
        plain.extend_from_slice(PLAIN_TAG);
        plain.extend_from_slice(&self.root_seed[..]);
        plain.extend_from_slice(&self.master_seed[..]);
        plain.extend_from_slice(&self.root_public());
        Ok(file::create(path, &plain, passphrase, work)?)
    }

    /// Decrypts the keystore at `path`.
    pub fn open(path: &Path, passphrase: &SecretString) -> Result<Self, KeyError> {
        let plain = file::open(path, passphrase)?;
        if plain.len() != PLAIN_LENGTH {
            return Err(KeyError::Contents("wrong length"));
        }
        if &plain[..16] != PLAIN_TAG {
            return Err(KeyError::Contents("wrong tag"));
        }
        let part = |i: usize| {
            let mut bytes = Zeroizing::new([0; 32]);
            bytes.copy_from_slice(&plain[16 + 32 * i..48 + 32 * i]);
            bytes
        };
        let keystore = Self::from_seeds(part(0), part(1))?;
        if keystore.root_public() != *part(2) {
            return Err(KeyError::Contents("the stored public key is not that of the root seed"));
        }
        Ok(keystore)
    }

    /// The ed25519 root public key A that names the operator.
    pub fn root_public(&self) -> [u8; 32] {
        self.root.verifying_key().to_bytes()
    }

    /// Signs `message` with the root key (RFC 8032). The message must start with `nonos1.`, as
    /// enrolments and manifests do.
    pub fn sign_as_root(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        if !message.starts_with(SIGNING_DOMAIN) {
            let shown = &message[..message.len().min(16)];
            return Err(KeyError::Domain(hex::encode(shown)));
        }
        Ok(self.root.sign(message).to_bytes())
    }

    /// The circuit secret k of an identity. A rotated identity uses the next generation.
    pub fn circuit_secret(&self, scope: &IdentityScope) -> Result<CircuitSecret, KeyError> {
        Ok(CircuitSecret::derive(&self.master, scope)?)
    }

    /// The execution key of launch `index` (< 2^62) of `capsule` by an identity. Never use an index twice: equal keys
    /// link two launches.
    pub fn execution_key(
        &self,
        scope: &IdentityScope,
        capsule: CapsuleLeaf,
        index: u64,
    ) -> Result<ExecutionKey, KeyError> {
        Ok(ExecutionKey::derive(&self.master, scope, capsule, index)?)
    }

    /// Lasting onion service key `index` (< 2^62) on `network`. Index 0 is the node's own address.
    pub fn onion_key(&self, network: OnionNetwork, index: u64) -> Result<OnionKey, KeyError> {
        Ok(OnionKey::derive(&self.master, network, index)?)
    }

    /// Onion service key of launch `index` (< 2^62) alone, for hidden operators.
    pub fn launch_onion_key(
        &self,
        scope: &IdentityScope,
        network: OnionNetwork,
        index: u64,
    ) -> Result<OnionKey, KeyError> {
        Ok(OnionKey::derive_for_launch(&self.master, scope, network, index)?)
    }
}

impl std::fmt::Debug for Keystore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keystore(root {})", hex::encode(self.root_public()))
    }
}

#[cfg(test)]
#[path = "keystore_tests.rs"]
mod tests;
