//! `nonos capsule`: from a WebAssembly file to an entry in a catalog, and to an operator's install of it.

mod fetch;
mod inspect;
mod install;
mod manifest;
mod pack;
mod register;
mod share;
mod sign;
mod spec;
mod verify;
mod verify_install;

use crate::datadir::read_limited;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::{Result, WrapErr, ensure};
use nonos_core::package::{MAX_PACKAGE_BYTES, Package};
use std::path::Path;

pub use pack::{manifest, publisher_salt};
pub use share::MAX_PROOF_BYTES;
pub use sign::sign as sign_package;
pub use spec::{CapsuleSpec, PolicySpec};

/// What to do with a capsule.
#[derive(Debug, Subcommand)]
pub enum CapsuleCommand {
    /// Make an unsigned package from a .wasm or .wat file and a description
    Pack(pack::PackArgs),
    /// Sign a package as its publisher, with the root key
    Sign(sign::SignArgs),
    /// Show what a package says, without judging it; of any file its length and SHA3-512
    Inspect(inspect::InspectArgs),
    /// Check a package: form, signature, digests of the binary, policy
    Verify(verify::VerifyArgs),
    /// Publish a signed package in its publisher's catalog on chain
    Register(register::RegisterArgs),
    /// Prove that this operator holds the binary of a package, on chain or in a file
    Install(install::InstallArgs),
    /// Verify an install file or a digest proof
    VerifyInstall(verify_install::VerifyInstallArgs),
    /// Write the signed manifest without the binary, for those who may not have that
    Manifest(manifest::ManifestArgs),
    /// Let the node pass a STARK install or a digest proof on to whoever asks
    Share(share::ShareArgs),
    /// Have the node fetch a STARK install or a digest proof from the mesh, and verify it
    Fetch(fetch::FetchArgs),
}

/// Runs one of them.
pub async fn run(command: CapsuleCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        CapsuleCommand::Pack(args) => pack::run(&args, settings, progress).await,
        CapsuleCommand::Sign(args) => sign::run(&args, settings, progress),
        CapsuleCommand::Inspect(args) => inspect::run(&args),
        CapsuleCommand::Verify(args) => verify::run(&args),
        CapsuleCommand::Register(args) => register::run(&args, settings, progress).await,
        CapsuleCommand::Install(args) => install::run(&args, settings, progress).await,
        CapsuleCommand::VerifyInstall(args) => verify_install::run(&args, settings, progress),
        CapsuleCommand::Manifest(args) => manifest::run(&args),
        CapsuleCommand::Share(args) => share::run(&args, settings, progress),
        CapsuleCommand::Fetch(args) => fetch::run(&args, progress).await,
    }
}

/// Reads and decodes a package file.
pub fn read_package(path: &Path) -> Result<Package> {
    let bytes = read_limited(path, "capsule package", MAX_PACKAGE_BYTES as u64)?;
    Package::decode(&bytes).wrap_err_with(|| format!("{} is not a usable capsule package", path.display()))
}

/// Reads the 32-byte salt of a hidden capsule: hex on the first line.
pub fn read_salt(path: &Path) -> Result<[u8; 32]> {
    let bytes = read_limited(path, "salt file", 256)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.lines().next().unwrap_or_default().trim();
    let decoded = hex::decode(text.strip_prefix("0x").unwrap_or(text));
    let bytes = decoded.wrap_err_with(|| format!("the salt file {} is not hex", path.display()))?;
    ensure!(bytes.len() == 32, "the salt file {} has {} bytes, a salt has 32", path.display(), bytes.len());
    Ok(std::array::from_fn(|i| bytes[i]))
}
