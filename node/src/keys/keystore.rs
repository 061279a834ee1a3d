//! The opened keystore: the root key signs, the master seed derives, neither is handed out.

use std::path::Path;

use age::secrecy::SecretString;
use ed25519_dalek::VerifyingKey;
use nonos_core::ids::CapsuleLeaf;
use zeroize::Zeroizing;

use super::contents::{Contents, Seed, StoredRoot};
use super::derived::{CircuitSecret, ExecutionKey, IdentityScope, OnionKey};
use super::file::{self, KeyFileError, WorkFactor};
use super::root::{RootKey, RootPlace};
use super::slip10::{ExtendedKey, Slip10Error};
use super::token::{PinSource, TokenError, TokenRootKey};
use crate::onion::OnionNetwork;

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
    /// The decrypted contents are not those of a keystore.
    #[error(
        "the keystore decrypts, but its contents are not those of a version {version} keystore: {reason}"
    )]
    Contents {
        /// Version that the file states.
        version: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// Two secrets that should have nothing in common are one.
    #[error("the root seed and the master seed are the same: give each its own randomness")]
    SameSeeds,
    /// A public key that nobody could have.
    #[error("{0} is not an ed25519 public key that can sign: not a point of the curve, or of small order")]
    PublicKey(String),
    /// A part of a token's reference does not fit the file.
    #[error("the name of the token, its key or its module has {0} bytes; a keystore takes at most 4096")]
    Reference(usize),
    /// The token refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Only the public key is known here.
    #[error(
        "the root key {public} is kept elsewhere, so nothing is signed here: what has to be signed is shown by \
         --print-message (of `nonos operator enrol`, `capsule sign` and `capsule register`), and --signature FILE hands \
         the signature in"
    )]
    Elsewhere {
        /// The public key, hex.
        public: String,
    },
    /// A derivation index is out of range.
    #[error(transparent)]
    Derivation(#[from] Slip10Error),
    /// The root key signs domain-separated messages only.
    #[error("the root key refuses to sign: the message does not start with `nonos1.` (first bytes: {0})")]
    Domain(String),
}

/// The keys of an operator, opened: the root key, wherever it is, and the master seed. Wiped from memory when dropped.
pub struct Keystore {
    root: RootKey,
    master_seed: Seed,
    master: ExtendedKey,
}

impl Keystore {
    /// Draws both secrets from the operating system. Nothing is written yet: see [`Self::save`].
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_seeds(random_seed()?, random_seed()?)
    }

    /// Builds a keystore from known seeds: restoring a paper backup, or test vectors.
    pub fn from_seeds(root_seed: Seed, master_seed: Seed) -> Result<Self, KeyError> {
        Self::new(RootKey::from_seed(root_seed), master_seed)
    }

    /// Draws a master seed to stand beside a root key on a token.
    pub fn with_token(key: TokenRootKey) -> Result<Self, KeyError> {
        Self::new(RootKey::from_stored(StoredRoot::Token(key.reference), key.public), random_seed()?)
    }

    /// Draws a master seed to stand beside a root key that is kept elsewhere: this keystore cannot sign as root.
    pub fn with_public(public: [u8; 32]) -> Result<Self, KeyError> {
        if !VerifyingKey::from_bytes(&public).is_ok_and(|key| !key.is_weak()) {
            return Err(KeyError::PublicKey(hex::encode(public)));
        }
        Self::new(RootKey::Elsewhere(public), random_seed()?)
    }

    fn new(root: RootKey, master_seed: Seed) -> Result<Self, KeyError> {
        if let RootKey::File(_, root_seed) = &root
            && *root_seed == master_seed
        {
            return Err(KeyError::SameSeeds);
        }
        let master = ExtendedKey::master(&master_seed[..])?;
        Ok(Self { root, master_seed, master })
    }

    /// Encrypts the keystore into a new file of mode 0600. An existing file is never touched.
    pub fn save(&self, path: &Path, passphrase: &SecretString, work: WorkFactor) -> Result<(), KeyError> {
        let contents = Contents {
            master: self.master_seed.clone(),
            public: self.root_public(),
            root: self.root.to_stored(),
        };
        Ok(file::create(path, &contents.encode()?, passphrase, work)?)
    }

    /// Decrypts the keystore at `path`. A token is not touched before its key has to sign.
    pub fn open(path: &Path, passphrase: &SecretString) -> Result<Self, KeyError> {
        let file::Opened { version, plain } = file::open(path, passphrase)?;
        let Contents { master, public, root } = Contents::decode(version, &plain)?;
        let keystore = Self::new(RootKey::from_stored(root, public), master)?;
        if keystore.root_public() != public {
            let reason = "the stored public key is not that of the root seed";
            return Err(KeyError::Contents { version, reason });
        }
        Ok(keystore)
    }

    /// The same keystore with somebody to ask for the PIN, should its root key be on a token.
    pub fn with_pin(mut self, pin: PinSource) -> Self {
        self.root.set_pin(pin);
        self
    }

    /// The ed25519 root public key A that names the operator.
    pub fn root_public(&self) -> [u8; 32] {
        self.root.public()
    }

    /// Where the root key is.
    pub fn root_place(&self) -> RootPlace {
        self.root.place()
    }

    /// Makes sure that the root key can sign, before work that would be in vain otherwise: logs in to a token.
    pub fn unlock_root(&self) -> Result<(), KeyError> {
        self.root.unlock()
    }

    /// Signs `message` with the root key (RFC 8032), wherever that is. The message must start with `nonos1.`, as
    /// enrolments and manifests do.
    pub fn sign_as_root(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        if !message.starts_with(SIGNING_DOMAIN) {
            let shown = &message[..message.len().min(16)];
            return Err(KeyError::Domain(hex::encode(shown)));
        }
        self.root.sign(message)
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

fn random_seed() -> Result<Seed, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut seed[..]).map_err(KeyError::Random)?;
    Ok(seed)
}

#[cfg(test)]
#[path = "keystore_tests.rs"]
mod tests;
