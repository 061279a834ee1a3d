//! Keys of an operator: the root key that only signs, and everything derived from the master seed.
//!
//! Two secrets live in the keystore file and have nothing in common:
//!
//! * the **root key seed** (ed25519, RFC 8032). It names the operator, signs enrolments and manifests,
//!   and never leaves [`Keystore`]: there is no function that returns it;
//! * the **master seed**, from which SLIP-0010 derives, hardened at every level, one execution key per
//!   launch, the onion service keys and the secret `k` of the circuits.
//!
//! Losing a derived key therefore says nothing about the root key, and the prover, the onion daemon and
//! the network only ever see derived keys.

mod derived;
mod file;
mod keystore;
mod slip10;

pub use derived::{CircuitSecret, ExecutionKey, IdentityScope, OnionKey};
pub use file::{KeyFileError, WorkFactor};
pub use keystore::{KeyError, Keystore};
pub use slip10::{ExtendedKey, HardenedIndex, Slip10Error};

/// The passphrase type, wiped from memory when dropped.
pub use age::secrecy::SecretString;
