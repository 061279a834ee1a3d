//! `nonos capsule manifest`: what the publisher signed, without the binary.

use super::read_package;
use crate::datadir::write_whole;
use crate::output::Reply;
use crate::table::pairs;
use alloy_primitives::Bytes;
use clap::Args;
use eyre::{Result, WrapErr, ensure};
use nonos_core::package::Package;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos capsule manifest`.
#[derive(Debug, Args)]
pub struct ManifestArgs {
    /// The signed package
    file: PathBuf,
    /// The file to write [default: the package's name with .manifest]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes a package whose payload is empty: good for everything but installing and launching.
pub fn run(args: &ManifestArgs) -> Result<Reply> {
    let package = read_package(&args.file)?;
    ensure!(
        !package.signature.is_empty(),
        "{} is not signed; its publisher signs it with `nonos capsule sign`",
        args.file.display()
    );
    let Package { manifest, signature, .. } = package;
    let not_genuine = || format!("{} is not genuine", args.file.display());
    manifest.verify_signature(&signature).wrap_err_with(not_genuine)?;
    let leaf = manifest.capsule_leaf()?;
    let out = args.out.clone().unwrap_or_else(|| args.file.with_extension("manifest"));
    write_whole(&out, &Package { manifest, signature, payload: Bytes::new() }.encode())?;
    let lines = [("manifest", out.display().to_string()), ("capsule leaf", leaf.to_string())];
    Ok(Reply::new(pairs(lines), json!({ "manifest": out, "capsule_leaf": leaf })))
}
