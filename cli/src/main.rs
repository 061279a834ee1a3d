//! The `nonos` command: reads its arguments, resolves them once into settings, runs one command.
#![forbid(unsafe_op_in_unsafe_fn)]

mod args;
mod bench;
mod chain;
mod commands;
mod datadir;
mod demo;
mod enrolment;
mod ether;
mod identity;
mod install;
mod measure;
mod output;
mod passphrase;
mod progress;
mod random;
mod root_key;
mod run;
mod service;
mod settings;
mod setup;
mod table;
mod verdict;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The capsule sandbox is this same executable started again; it must not reach anything below.
    nonos_node::capsule_runtime::maybe_child();
    let cli = args::Cli::parse();
    let missing = nonos_circuits::backend::missing_cpu_features();
    if !missing.is_empty() {
        eprintln!(
            "error: this build of nonos needs a processor with {}: proofs and their verification use its instructions",
            missing.join(" and ")
        );
        return ExitCode::FAILURE;
    }
    run::run(cli)
}
