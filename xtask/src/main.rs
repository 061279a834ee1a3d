//! Developer tasks that would otherwise be shell: `cargo xtask <task>`.

mod coverage;
mod gas;
mod gen_code;
mod layering;
mod poseidon_sol;
mod run;
mod test;
mod tidy;
mod tools;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer tasks of the workspace")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything a change must pass: formatting, lints, licences, layering, generated code, Rust and Solidity tests.
    Test {
        /// Run only the named stages (see the list printed at the end of a run).
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Regenerate the Solidity verifiers, the contract artifacts and docs/gas.md, or check that they are fresh.
    Gen {
        /// Change nothing; fail when a file differs from what would be generated.
        #[arg(long)]
        check: bool,
    },
    /// Write docs/gas.md from the gas snapshots of the contracts, or check that it is fresh.
    GasTable {
        /// Change nothing; fail when the file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Write docs/coverage.md: what the forge tests reach of the contracts. Some minutes.
    Coverage,
    /// Fail on an import that the architecture forbids.
    Layering,
    /// Fail on overlong files, missing headers, unfinished markers and registry host names.
    Tidy,
}

fn main() -> eyre::Result<()> {
    match Cli::parse().task {
        Task::Test { only } => test::run(&only),
        Task::Gen { check } => gen_code::run(check),
        Task::GasTable { check } => gas::run(check),
        Task::Coverage => coverage::run(),
        Task::Layering => layering::run(),
        Task::Tidy => tidy::run(),
    }
}
