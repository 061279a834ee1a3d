//! `nonos circuit`: verifying keys and generated contracts of the circuits.

mod check;
mod gen_solidity;
mod keys;
mod which;

use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Subcommand;
use eyre::Result;

pub use which::Circuit;

/// What to do with a circuit.
#[derive(Debug, Subcommand)]
pub enum CircuitCommand {
    /// Generate the keys and show what names them; --out writes the verifying key file
    Keys(keys::KeysArgs),
    /// Generate the Solidity verifier; with --srs, the one for production
    GenSolidity(gen_solidity::GenArgs),
    /// Check that the checked-in Solidity and the pinned keys are what this build generates
    Check(check::CheckArgs),
}

/// Runs one of them.
pub fn run(command: CircuitCommand, settings: &Settings, progress: Progress) -> Result<Reply> {
    match command {
        CircuitCommand::Keys(args) => keys::run(&args, settings, progress),
        CircuitCommand::GenSolidity(args) => gen_solidity::run(&args, settings, progress),
        CircuitCommand::Check(args) => check::run(&args, progress),
    }
}
