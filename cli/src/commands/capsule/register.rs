//! `nonos capsule register`: a signed package becomes an entry of its publisher's catalog.

use super::{read_package, read_salt};
use crate::chain::{Chain, publisher_id, read_deployment};
use crate::datadir::DataDir;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::{Result, WrapErr, bail};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos capsule register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The signed package
    file: PathBuf,
    /// Salt file of a hidden capsule
    #[arg(long, value_name = "FILE")]
    salt_file: Option<PathBuf>,
}

/// Verifies the package, registers the publisher if that was not done before, and publishes the capsule.
pub async fn run(args: &RegisterArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = read_package(&args.file)?;
    let salt = args.salt_file.as_deref().map(read_salt).transpose()?;
    if package.signature.is_empty() {
        bail!("{} is not signed; its publisher signs it with `nonos capsule sign`", args.file.display());
    }
    package.verify(salt.as_ref()).wrap_err_with(|| format!("{} is not genuine", args.file.display()))?;
    let manifest = &package.manifest;
    let leaf = manifest.capsule_leaf()?;

    let chain = Chain::connect(settings).await?;
    let deployment = read_deployment(&DataDir::open(settings)?, &chain).await?;
    let controller = chain.account()?;
    let publisher = publisher_id(controller, manifest.publisher);
    if chain.is_published(&deployment, publisher, leaf.to_u256()).await? {
        bail!("capsule {leaf} is, or was, in the catalog of publisher {publisher}: a leaf is accepted once");
    }
    let step = progress.step("publishing the capsule");
    let registered = chain.register_publisher(&deployment, controller, manifest.publisher).await?;
    let published = chain.publish(&deployment, controller, manifest).await?;
    step.done("");
    let gas = registered.as_ref().map_or(0, |sent| sent.gas) + published.gas;
    Ok(Reply::new(
        pairs([
            ("publisher", publisher.to_string()),
            ("capsule leaf", leaf.to_string()),
            ("transaction", published.hash.to_string()),
            ("gas", gas.to_string()),
        ]),
        json!({
            "publisher": publisher,
            "capsule_leaf": leaf,
            "registered_publisher": registered.map(|sent| sent.hash),
            "tx": published.hash,
            "gas": gas,
        }),
    ))
}
