//! The root key, wherever it is: in the keystore file, on a token, or elsewhere. It signs, and nothing else.

use ed25519_dalek::{Signer, SigningKey};

use super::contents::{Seed, StoredRoot};
use super::keystore::KeyError;
use super::token::{PinSource, TokenReference, TokenRoot};

/// Where the root key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootPlace {
    /// In the keystore file, encrypted.
    File,
    /// On a PKCS#11 token, which it never leaves.
    Token(TokenReference),
    /// Not within reach of this program, which knows the public key only.
    Elsewhere,
}

/// The root key.
pub(super) enum RootKey {
    /// Its seed was in the file. The second member is for saving it again.
    File(Box<SigningKey>, Seed),
    /// It is on a token.
    Token(Box<TokenRoot>),
    /// Only the public key is here.
    Elsewhere([u8; 32]),
}

impl RootKey {
    /// From the seed.
    pub fn from_seed(seed: Seed) -> Self {
        Self::File(Box::new(SigningKey::from_bytes(&seed)), seed)
    }

    /// What the file says about it.
    pub fn from_stored(root: StoredRoot, public: [u8; 32]) -> Self {
        match root {
            StoredRoot::Seed(seed) => Self::from_seed(seed),
            StoredRoot::Token(reference) => Self::Token(Box::new(TokenRoot::new(reference, public))),
            StoredRoot::Elsewhere => Self::Elsewhere(public),
        }
    }

    /// For the file.
    pub fn to_stored(&self) -> StoredRoot {
        match self {
            Self::File(_, seed) => StoredRoot::Seed(seed.clone()),
            Self::Token(token) => StoredRoot::Token(token.reference().clone()),
            Self::Elsewhere(_) => StoredRoot::Elsewhere,
        }
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        match self {
            Self::File(key, _) => key.verifying_key().to_bytes(),
            Self::Token(token) => token.public(),
            Self::Elsewhere(public) => *public,
        }
    }

    /// Where it is.
    pub fn place(&self) -> RootPlace {
        match self {
            Self::File(..) => RootPlace::File,
            Self::Token(token) => RootPlace::Token(token.reference().clone()),
            Self::Elsewhere(_) => RootPlace::Elsewhere,
        }
    }

    /// Who knows the PIN, should it be on a token.
    pub fn set_pin(&mut self, pin: PinSource) {
        if let Self::Token(token) = self {
            token.set_pin(pin);
        }
    }

    /// Makes sure that it can sign.
    pub fn unlock(&self) -> Result<(), KeyError> {
        match self {
            Self::File(..) => Ok(()),
            Self::Token(token) => Ok(token.unlock()?),
            Self::Elsewhere(public) => Err(elsewhere(public)),
        }
    }

    /// Signs (RFC 8032). The caller has checked the domain.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        match self {
            Self::File(key, _) => Ok(key.sign(message).to_bytes()),
            Self::Token(token) => Ok(token.sign(message)?),
            Self::Elsewhere(public) => Err(elsewhere(public)),
        }
    }
}

fn elsewhere(public: &[u8; 32]) -> KeyError {
    KeyError::Elsewhere { public: hex::encode(public) }
}
