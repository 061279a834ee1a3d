//! `nonos circuit`: verifying keys and generated contracts of the launch circuit.

mod check;
mod gen_solidity;
mod keys;

use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::Result;

pub use gen_solidity::generate;

/// What to do with the circuit.
#[derive(Debug, Subcommand)]
pub enum CircuitCommand {
    /// Generate the keys and show what names them; --out writes the verifying key file
    Keys(keys::KeysArgs),
    /// Generate the Solidity verifier; with --srs, the one for production
    GenSolidity(gen_solidity::GenArgs),
    /// Check that the checked-in Solidity and the pinned key are what this build generates
    Check,
}

/// Runs one of them.
pub fn run(command: CircuitCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        CircuitCommand::Keys(args) => keys::run(&args, settings, progress),
        CircuitCommand::GenSolidity(args) => gen_solidity::run(&args, settings, progress),
        CircuitCommand::Check => check::run(progress),
    }
}
