//! `nonos circuit keys`: the verifying key, its name, and the file that verifies receipts elsewhere.

use super::Circuit;
use crate::datadir::write_whole;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos circuit keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// The circuit
    #[arg(value_enum, default_value_t = Circuit::Launch)]
    circuit: Circuit,
    /// Write the verifying key to this file; that of the launch circuit is for `nonos receipt verify --vk`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Generates, shows, and writes if asked to.
pub fn run(args: &KeysArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let circuit = args.circuit;
    let verifier = circuit.verifier(settings.srs.as_deref(), progress)?;
    let pinned = circuit.pinned();
    if let Some(path) = &args.out {
        write_whole(path, &verifier.to_bytes())?;
    }
    let written = args.out.as_ref().map(|path| ("written to", path.display().to_string()));
    let lines = [
        ("circuit", circuit.name().to_owned()),
        ("verifier key", verifier.key().to_string()),
        ("setup hash", verifier.srs_hash().to_string()),
        ("developer setup", verifier.is_developer().to_string()),
        ("rows", format!("2^{}", circuit.k())),
        ("proof bytes", verifier.proof_len().to_string()),
        ("pinned", (verifier.key() == pinned).to_string()),
    ];
    let object = json!({
        "circuit": circuit.name(),
        "verifier_key": verifier.key(),
        "srs_hash": verifier.srs_hash(),
        "developer": verifier.is_developer(),
        "k": circuit.k(),
        "instances": circuit.instances(),
        "proof_bytes": verifier.proof_len(),
        "pinned": verifier.key() == pinned,
        "file": args.out,
    });
    Ok(Reply::new(pairs(lines.into_iter().chain(written)), object))
}
