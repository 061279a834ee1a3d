//! `nonos capsule verify`: does a package hold together?

use super::{inspect, read_package, read_salt};
use crate::output::Reply;
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr, bail};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos capsule verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The package
    file: PathBuf,
    /// Salt file of a hidden capsule
    #[arg(long, value_name = "FILE")]
    salt_file: Option<PathBuf>,
}

/// Verifies signature, digests and policy; any failure is an error that says what differs.
pub fn run(args: &VerifyArgs) -> Result<Reply> {
    let package = read_package(&args.file)?;
    let salt = args.salt_file.as_deref().map(read_salt).transpose()?;
    if package.signature.is_empty() {
        bail!("{} is not signed; its publisher signs it with `nonos capsule sign`", args.file.display());
    }
    package.verify(salt.as_ref()).wrap_err_with(|| format!("{} is not genuine", args.file.display()))?;
    let manifest = &package.manifest;
    let leaf = manifest.capsule_leaf()?;
    let mut lines = vec![
        ("genuine", "signed by its publisher, and the binary is the one signed for".to_owned()),
        ("publisher key", manifest.publisher.to_string()),
        ("capsule leaf", leaf.to_string()),
    ];
    lines.extend(inspect::policy_lines(&manifest.checked_policy()?));
    Ok(Reply::new(
        pairs(lines),
        json!({ "ok": true, "publisher_key": manifest.publisher, "capsule_leaf": leaf, "manifest_digest": manifest.digest() }),
    ))
}
