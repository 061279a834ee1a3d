//! `nonos keys init`: draws the secrets and encrypts them; the root key may be on a token, or elsewhere.

use crate::datadir::DataDir;
use crate::output::Reply;
use crate::passphrase;
use crate::progress::Progress;
use crate::root_key;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use nonos_node::keys::{KeyFileError, Keystore, TokenRootKey, WorkFactor};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos keys init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// log2 of scrypt's N: each step doubles the time and memory a guess costs (18 is about a second)
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u8).range(10..=22))]
    work_factor: u8,
    /// The root key is kept elsewhere: its public half, as 64 hex digits or a file (PEM, DER or 32 bytes). Enrolments are
    /// signed there: see `nonos operator enrol --print-message`
    #[arg(long, value_name = "HEX|FILE", conflicts_with = "pkcs11")]
    root_key: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

/// A root key on a token.
#[derive(Debug, Args)]
#[command(next_help_heading = "Root key on a PKCS#11 token")]
struct TokenArgs {
    /// The vendor's library. The key is made on the token if it is not there, and never leaves it
    #[arg(long, value_name = "MODULE")]
    pkcs11: Option<PathBuf>,
    /// Label of the token [default: the only one]
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,
    /// Label of the key
    #[arg(long, value_name = "LABEL", requires = "pkcs11", default_value = "nonos-root")]
    key_label: String,
}

/// Makes the keystore. One that exists is never touched.
pub fn run(args: &InitArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let path = DataDir::open(settings)?.keystore();
    if path.symlink_metadata().is_ok() {
        return Err(KeyFileError::Exists(path).into());
    }
    let elsewhere = args.root_key.as_deref().map(root_key::parse).transpose()?;
    let passphrase = passphrase::read_new(&settings.passphrase)?;
    let mut generated = elsewhere.is_none();
    let keystore = match (&args.token.pkcs11, elsewhere) {
        (Some(module), _) => {
            let TokenArgs { token, key_label, .. } = &args.token;
            let step = progress.step("taking the key on the token into use");
            let pin = passphrase::pin(&settings.pin);
            let key = TokenRootKey::take(module, token.as_deref(), key_label, &pin)?;
            step.done(if key.generated { "made on the token" } else { "it was there before" });
            generated = key.generated;
            Keystore::with_token(key)?
        }
        (None, Some(public)) => Keystore::with_public(public)?,
        (None, None) => Keystore::generate()?,
    };
    let step = progress.step("encrypting the new keystore");
    keystore.save(&path, &passphrase, WorkFactor::new(args.work_factor)?)?;
    step.done("");
    let root = format!("0x{}", hex::encode(keystore.root_public()));
    let (place, object) = super::place(&keystore);
    Ok(Reply::new(
        pairs([("root key", root.clone()), ("which is", place), ("keystore", path.display().to_string())]),
        json!({ "root_key": root, "place": object, "generated": generated, "keystore": path }),
    ))
}
