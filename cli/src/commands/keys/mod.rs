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
use nonos_node::keys::{Keystore, RootPlace, TokenReference};
use serde_json::{Value, json};

/// What to do with the root key.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a root key (in the keystore, or on a PKCS#11 token) and a master seed, and encrypt DATADIR/keystore
    Init(init::InitArgs),
    /// Show the public key and where the root key is, and the node's onion address on each network
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

/// Decrypts the keystore of these settings. A token is not touched before its key has to sign.
pub fn open(settings: &Settings, progress: Progress) -> Result<Keystore> {
    let path = DataDir::open(settings)?.keystore();
    // Asking for a passphrase that opens nothing would be rude.
    if !path.exists() {
        return Err(nonos_node::keys::KeyFileError::Missing(path).into());
    }
    let passphrase = passphrase::read(&settings.passphrase)?;
    let step = progress.step("opening the keystore");
    let keystore = Keystore::open(&path, &passphrase)?.with_pin(passphrase::pin(&settings.pin));
    step.done("");
    Ok(keystore)
}

/// Where the root key is, for people and for machines.
fn place(keystore: &Keystore) -> (String, Value) {
    match keystore.root_place() {
        RootPlace::File => ("in the keystore".to_owned(), json!({ "kind": "keystore" })),
        RootPlace::Token(TokenReference { module, token_label, serial, key_label, key_id }) => (
            format!(
                "key `{key_label}` on the token `{token_label}` ({serial}), reached by {}",
                module.display()
            ),
            json!({
                "kind": "pkcs11", "module": module, "token": token_label, "serial": serial, "key_label": key_label,
                "key_id": format!("0x{}", hex::encode(key_id)),
            }),
        ),
        RootPlace::Elsewhere => {
            ("kept elsewhere: nothing is signed here".to_owned(), json!({ "kind": "elsewhere" }))
        }
    }
}
