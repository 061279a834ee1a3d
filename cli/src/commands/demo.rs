//! `nonos demo`: arguments and data folder of the demo.

use crate::datadir::DataDir;
use crate::demo::{self, Plan};
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Args;
use eyre::{Result, WrapErr};

/// Arguments of `nonos demo`. The common settings count too: --rpc-url runs it on another development chain, --datadir keeps
/// what it makes.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Operators to enrol, each with a proof that takes seconds; the first three run nodes
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(3..=1000))]
    operators: u16,
    /// Launches to prove and record
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    receipts: u16,
}

/// Runs the demo in the named data folder, or in one of its own that is gone afterwards.
pub async fn run(args: DemoArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let plan = Plan { operators: args.operators, receipts: args.receipts };
    if settings.datadir_named {
        return Ok(demo::run(&plan, settings, &DataDir::open(settings)?, progress).await);
    }
    let folder = tempfile::Builder::new()
        .prefix("nonos-demo-")
        .tempdir()
        .wrap_err("cannot make a temporary folder for the demo; name one with --datadir")?;
    Ok(demo::run(&plan, settings, &DataDir::create(folder.path())?, progress).await)
}
