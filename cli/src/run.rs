//! Settings, then one command, then its answer.

use crate::args::{Cli, Command};
use crate::commands;
use crate::output::{self, Reply};
use crate::progress::Progress;
use crate::service;
use crate::settings::{Process, Settings};
use eyre::{Result, WrapErr};
use std::process::ExitCode;

/// Runs the command line. Exit status: see the long help.
pub fn run(cli: Cli) -> ExitCode {
    let json = cli.global.json;
    let settings = match Settings::resolve(&cli.global, &Process) {
        Ok(settings) => settings,
        Err(error) => {
            output::print_error(&error, json);
            return ExitCode::from(2);
        }
    };
    match dispatch(cli.command, &settings) {
        Ok(reply) => output::print(&reply, json),
        Err(error) => {
            output::print_error(&error, json);
            ExitCode::from(1)
        }
    }
}

fn dispatch(command: Command, settings: &Settings) -> Result<Reply> {
    service::logging(&settings.log, command.default_level())?;
    let progress = Progress::detect(settings.quiet);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .wrap_err("cannot start the asynchronous runtime")?;
    runtime.block_on(async {
        match command {
            Command::Demo(args) => commands::demo::run(args, settings, progress).await,
            Command::Devnet(args) => commands::devnet::run(args, settings, progress).await,
            Command::Chain(command) => commands::chain::run(command, settings, progress).await,
            Command::Keys(command) => commands::keys::run(command, settings, progress),
            Command::Capsule(command) => commands::capsule::run(command, settings, progress).await,
            Command::Operator(command) => commands::operator::run(command, settings, progress).await,
            Command::Launch(args) => commands::launch::run(args, settings, progress).await,
            Command::Market(command) => commands::market::run(command, settings, progress).await,
            Command::Verifier(command) => commands::verifier::run(command, settings, progress).await,
            Command::Receipt(command) => commands::receipt::run(command, settings, progress).await,
            Command::Relayer(command) => commands::relayer::run(command, settings, progress).await,
            Command::Circuit(command) => commands::circuit::run(command, settings, progress),
            Command::Node(command) => commands::node::run(command, settings, progress).await,
            Command::Bench(args) => commands::bench::run(args, settings, progress).await,
        }
    })
}
