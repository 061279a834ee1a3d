//! `nonos node`: the node as a service.

mod options;
mod run;

use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::Result;

/// What to do with the node.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Run it until it is told to stop: gossip, verify, store, answer
    Run(run::RunArgs),
}

/// Runs one of them.
pub async fn run(command: NodeCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        NodeCommand::Run(args) => run::run(args, settings, progress).await,
    }
}
