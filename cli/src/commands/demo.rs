//! `nonos demo`: arguments and data folder of the demo.

use crate::datadir::DataDir;
use crate::demo;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Args;
use eyre::{Result, WrapErr};

/// Arguments of `nonos demo`. All settings are the common ones: --rpc-url runs it on another development chain, --datadir
/// keeps what it makes.
#[derive(Debug, Args)]
pub struct DemoArgs {}

/// Runs the demo in the named data folder, or in one of its own that is gone afterwards.
pub async fn run(_: DemoArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    if settings.datadir_named {
        return Ok(demo::run(settings, &DataDir::open(settings)?, progress).await);
    }
    let folder = tempfile::Builder::new()
        .prefix("nonos-demo-")
        .tempdir()
        .wrap_err("cannot make a temporary folder for the demo; name one with --datadir")?;
    Ok(demo::run(settings, &DataDir::create(folder.path())?, progress).await)
}
