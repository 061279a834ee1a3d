//! `nonos circuit gen-solidity`: the verifier contract for a setup.

use super::Circuit;
use crate::datadir::write_whole;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use clap::Args;
use eyre::Result;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos circuit gen-solidity`.
#[derive(Debug, Args)]
pub struct GenArgs {
    /// The circuit
    #[arg(value_enum, default_value_t = Circuit::Launch)]
    circuit: Circuit,
    /// Write the contract to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Generates it.
pub fn run(args: &GenArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let verifier = args.circuit.verifier(settings.srs.as_deref(), progress)?;
    let (source, contract) = (args.circuit.generate(&verifier)?.source, args.circuit.contract());
    let object = json!({
        "contract": contract,
        "verifier_key": verifier.key(),
        "developer": verifier.is_developer(),
        "file": args.out,
        "source": args.out.is_none().then_some(&source),
    });
    match &args.out {
        None => Ok(Reply::new(source.trim_end(), object)),
        Some(path) => {
            write_whole(path, source.as_bytes())?;
            let text =
                format!("{contract} for verifier key {} written to {}", verifier.key(), path.display());
            Ok(Reply::new(text, object))
        }
    }
}
