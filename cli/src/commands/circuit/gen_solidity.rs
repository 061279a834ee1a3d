//! `nonos circuit gen-solidity`: the verifier contract for a setup.

use crate::datadir::write_whole;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use clap::Args;
use eyre::Result;
use nonos_circuits::backend::Verifier;
use nonos_verifier_gen::{Generated, Options};
use serde_json::json;
use std::path::PathBuf;

/// Name of the generated contract; the hand-written wrapper imports it.
const CONTRACT: &str = "LaunchHalo2Verifier";

/// Arguments of `nonos circuit gen-solidity`.
#[derive(Debug, Args)]
pub struct GenArgs {
    /// Write the contract to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Generates it.
pub fn run(args: &GenArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let prover = setup::prover(settings.srs.as_deref(), progress)?;
    let verifier = prover.verifier();
    let source = generate(verifier)?.source;
    let object = json!({
        "contract": CONTRACT,
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
                format!("{CONTRACT} for verifier key {} written to {}", verifier.key(), path.display());
            Ok(Reply::new(text, object))
        }
    }
}

/// The contract for a verifier, named as the checked-in one.
pub fn generate(verifier: &Verifier) -> Result<Generated> {
    Ok(nonos_verifier_gen::generate(verifier, &options())?)
}

/// How the checked-in contract is written.
pub fn options() -> Options {
    Options { contract_name: CONTRACT.to_owned() }
}
