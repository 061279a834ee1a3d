//! `nonos capsule sign`: the publisher puts its key and signature into a package.

use super::read_package;
use crate::commands::keys;
use crate::datadir::write_whole;
use crate::enrolment::SigningArgs;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr};
use nonos_core::manifest::signing_message;
use nonos_core::package::Package;
use nonos_core::signature::verify_ed25519;
use nonos_node::keys::Keystore;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos capsule sign`.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The package, rewritten in place unless --out is given
    file: PathBuf,
    /// Write the signed package here instead
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Salt file of a hidden capsule, to check the binary before signing
    #[arg(long, value_name = "FILE")]
    salt_file: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

/// Signs, after checking that the binary is the manifest's: a signature under somebody else's binary is worse than none.
pub fn run(args: &SignArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let mut package = read_package(&args.file)?;
    let salt = args.salt_file.as_deref().map(super::read_salt).transpose()?;
    package
        .manifest
        .check_payload(&package.payload, salt.as_ref())
        .wrap_err_with(|| format!("{} was not signed", args.file.display()))?;
    let keystore = keys::open(settings, progress)?;
    let message = message(&mut package, &keystore);
    if args.signing.print_message {
        return args.signing.show(&message, json!({ "key": package.manifest.publisher }));
    }
    let signature = args.signing.sign(&message, &keystore)?;
    verify_ed25519("publisher", &package.manifest.publisher.0, &message, &signature)
        .wrap_err_with(|| format!("{} was not signed", args.file.display()))?;
    package.signature = signature.to_vec().into();
    let out = args.out.as_ref().unwrap_or(&args.file);
    write_whole(out, &package.encode())?;
    let leaf = package.manifest.capsule_leaf()?;
    let manifest = &package.manifest;
    Ok(Reply::new(
        pairs([
            ("package", out.display().to_string()),
            ("publisher key", manifest.publisher.to_string()),
            ("manifest", manifest.digest().to_string()),
            ("capsule leaf", leaf.to_string()),
        ]),
        json!({
            "package": out,
            "publisher_key": manifest.publisher,
            "manifest_digest": manifest.digest(),
            "capsule_leaf": leaf,
        }),
    ))
}

/// Makes `keystore`'s root key the publisher of the package.
pub fn sign(package: &mut Package, keystore: &Keystore) -> Result<()> {
    let message = message(package, keystore);
    package.signature = keystore.sign_as_root(&message)?.to_vec().into();
    Ok(())
}

/// Puts the publisher's key into the package and gives what that key signs.
fn message(package: &mut Package, keystore: &Keystore) -> Vec<u8> {
    package.manifest.publisher = keystore.root_public().into();
    signing_message(&package.manifest.digest()).to_vec()
}
