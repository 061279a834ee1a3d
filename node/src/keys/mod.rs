//! Keys of an operator: the root key that only signs, and everything derived from the master seed.
//!
//! Two secrets have nothing in common:
//!
//! * the **root key** (ed25519, RFC 8032). It names the operator and signs enrolments and manifests. It is in the
//!   keystore file and never leaves [`Keystore`] (there is no function that returns it), or on a PKCS#11 token, which it
//!   never leaves either, or elsewhere, and then only its public half is known here;
//! * the **master seed**, always in the keystore file, from which SLIP-0010 derives, hardened at every level, one
//!   execution key per launch, the onion service keys and the secret `k` of the circuits.
//!
//! Losing a derived key therefore says nothing about the root key, and the prover, the onion daemon and
//! the network only ever see derived keys.

mod contents;
mod derived;
mod file;
mod keystore;
mod root;
mod slip10;
mod token;

pub use derived::{CircuitSecret, ExecutionKey, IdentityScope, OnionKey};
pub use file::{KeyFileError, WorkFactor};
pub use keystore::{KeyError, Keystore};
pub use root::RootPlace;
pub use slip10::{ExtendedKey, HardenedIndex, Slip10Error};
pub use token::{PinSource, TokenError, TokenReference, TokenRootKey};

/// The type of passphrases and PINs, wiped from memory when dropped.
pub use age::secrecy::{ExposeSecret, SecretString};
