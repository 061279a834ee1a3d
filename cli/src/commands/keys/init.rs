//! `nonos keys init`: draws the secrets and encrypts them.

use crate::datadir::DataDir;
use crate::output::Reply;
use crate::passphrase;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use nonos_node::keys::{KeyFileError, Keystore, SecretString, WorkFactor};
use serde_json::json;

/// Arguments of `nonos keys init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// log2 of scrypt's N: each step doubles the time and memory a guess costs (18 is about a second)
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u8).range(10..=22))]
    work_factor: u8,
}

/// Makes the keystore. One that exists is never touched.
pub fn run(args: &InitArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let path = DataDir::open(settings)?.keystore();
    if path.symlink_metadata().is_ok() {
        return Err(KeyFileError::Exists(path).into());
    }
    let passphrase = SecretString::from(passphrase::read_new(&settings.passphrase)?);
    let step = progress.step("encrypting the new keystore");
    let keystore = Keystore::generate()?;
    keystore.save(&path, &passphrase, WorkFactor::new(args.work_factor)?)?;
    step.done("");
    let root = format!("0x{}", hex::encode(keystore.root_public()));
    Ok(Reply::new(
        pairs([("root key", root.clone()), ("keystore", path.display().to_string())]),
        json!({ "root_key": root, "keystore": path }),
    ))
}
