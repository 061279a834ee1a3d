//! What can be wrong with a token, its PIN, or the key on it.

use std::path::PathBuf;

/// Why a token did not sign, or has no key to sign with.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// No such file.
    #[error(
        "there is no PKCS#11 module at {0}; it is the vendor's library, such as /usr/lib/softhsm/libsofthsm2.so"
    )]
    ModuleMissing(PathBuf),
    /// Not a module, or one that does not start.
    #[error("the PKCS#11 module {module} cannot be used: {reason}")]
    Module {
        /// The library.
        module: PathBuf,
        /// What it, or the loader, says.
        reason: String,
    },
    /// No token with this label.
    #[error("no token {}is in a slot of {module}; {}", wanted(.label), present(.found))]
    NoToken {
        /// The library.
        module: PathBuf,
        /// Label asked for, if any.
        label: Option<String>,
        /// Labels of the tokens that are there.
        found: Vec<String>,
    },
    /// Several tokens fit.
    #[error("{module} has several tokens ({}): name one with --token, and give them different labels", .found.join(", "))]
    SeveralTokens {
        /// The library.
        module: PathBuf,
        /// Their labels.
        found: Vec<String>,
    },
    /// The label fits, the serial number does not.
    #[error(
        "the token `{label}` has serial number {found}, the keystore was made with {expected}: this is another token, or it \
         was initialised again"
    )]
    OtherToken {
        /// The token's label.
        label: String,
        /// Serial number in the keystore.
        expected: String,
        /// Serial number found.
        found: String,
    },
    /// The token cannot do what is needed.
    #[error("the token `{0}` has no EdDSA (CKM_EDDSA): it cannot hold an ed25519 key")]
    NoEddsa(String),
    /// Nobody was told the PIN.
    #[error("no PIN for the token `{token}`: {reason}")]
    NoPin {
        /// The token's label.
        token: String,
        /// Why not.
        reason: String,
    },
    /// The token refused the PIN.
    #[error("wrong PIN for the token `{token}`{}; it was tried once and is not tried again by this process", last(.last_try))]
    WrongPin {
        /// The token's label.
        token: String,
        /// Whether the next wrong PIN locks it.
        last_try: bool,
    },
    /// Too many wrong PINs.
    #[error(
        "the PIN of the token `{0}` is locked after too many wrong ones; its security officer unlocks it (with the vendor's \
         tool, or pkcs11-tool --init-pin). Nothing was tried"
    )]
    PinLocked(String),
    /// The token has no user PIN yet.
    #[error(
        "the token `{0}` has no user PIN yet; its security officer sets one (with the vendor's tool, or pkcs11-tool --init-pin)"
    )]
    PinUnset(String),
    /// The PIN has to be changed first.
    #[error("the PIN of the token `{0}` has expired; change it with the vendor's tool")]
    PinExpired(String),
    /// No key with this label.
    #[error("the token `{token}` has no ed25519 key `{key}`{}", others(.found))]
    NoKey {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// Labels of the ed25519 keys that are there.
        found: Vec<String>,
    },
    /// Several keys fit.
    #[error(
        "the token `{token}` has {count} ed25519 keys `{key}`; give them different labels, or choose another with --key-label"
    )]
    SeveralKeys {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// How many.
        count: usize,
    },
    /// The public half is not on the token.
    #[error(
        "the token `{token}` holds the private key `{key}` without its public key object, so nobody can tell whose it is"
    )]
    NoPublicKey {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
    },
    /// The public half is not an ed25519 key.
    #[error("the public key `{key}` on the token `{token}` is not an ed25519 key: CKA_EC_POINT is {point}")]
    Point {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// The attribute in hex.
        point: String,
    },
    /// The key may leave the token.
    #[error(
        "the key `{key}` on the token `{token}` is extractable: a root key is made on the token and stays there"
    )]
    Extractable {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
    },
    /// The label fits, the key does not.
    #[error(
        "the key `{key}` on the token is {found}, the keystore was made with {expected}: it was replaced"
    )]
    OtherKey {
        /// The key's label.
        key: String,
        /// Public key in the keystore, hex.
        expected: String,
        /// Public key found, hex.
        found: String,
    },
    /// The signature is not one under the public key.
    #[error(
        "the token `{0}` gave a signature that does not verify under its public key, so it was discarded"
    )]
    BadSignature(String),
    /// The module refused.
    #[error("{action}: the token `{token}` says: {reason}")]
    Refused {
        /// What was attempted.
        action: &'static str,
        /// The token's label.
        token: String,
        /// Its words.
        reason: String,
    },
}

fn wanted(label: &Option<String>) -> String {
    label.as_ref().map(|label| format!("`{label}` ")).unwrap_or_default()
}

fn present(found: &[String]) -> String {
    match found {
        [] => "there is none at all (is it plugged in, initialised, and its configuration found?)".to_owned(),
        found => format!("there are: {}", found.join(", ")),
    }
}

fn last(last_try: &bool) -> &'static str {
    if *last_try { ", and the next wrong one locks it" } else { "" }
}

fn others(found: &[String]) -> String {
    match found {
        [] => ", nor any other".to_owned(),
        found => format!("; it has: {}", found.join(", ")),
    }
}
