//! `nonos keys`: the root key in its keystore.

mod init;
mod show;
mod sign;

use crate::datadir::DataDir;
use crate::output::Reply;
use crate::passphrase;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::Result;
use nonos_node::keys::{Keystore, SecretString};

/// What to do with the root key.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a root key and a master seed, and encrypt them into DATADIR/keystore
    Init(init::InitArgs),
    /// Show the public key, and the node's onion address on each network
    Show,
    /// Sign a file with the root key (ed25519)
    Sign(sign::SignArgs),
}

/// Runs one of them.
pub fn run(command: KeysCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        KeysCommand::Init(args) => init::run(&args, settings, progress),
        KeysCommand::Show => show::run(settings, progress),
        KeysCommand::Sign(args) => sign::run(&args, settings, progress),
    }
}

/// Decrypts the keystore of these settings.
pub fn open(settings: &Settings, progress: Progress) -> Result<Keystore> {
    let path = DataDir::open(settings)?.keystore();
    // Asking for a passphrase that opens nothing would be rude.
    if !path.exists() {
        return Err(nonos_node::keys::KeyFileError::Missing(path).into());
    }
    let passphrase = SecretString::from(passphrase::read(&settings.passphrase)?);
    let step = progress.step("opening the keystore");
    let keystore = Keystore::open(&path, &passphrase)?;
    step.done("");
    Ok(keystore)
}
