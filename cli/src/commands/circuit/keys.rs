//! `nonos circuit keys`: the verifying key, its name, and the file that verifies receipts elsewhere.

use crate::datadir::write_whole;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use clap::Args;
use eyre::Result;
use nonos_circuits::launch;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `nonos circuit keys`.
#[derive(Debug, Args)]
pub struct KeysArgs {
    /// Write the verifying key to this file, for `nonos receipt verify --vk`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Generates, shows, and writes if asked to.
pub fn run(args: &KeysArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let prover = setup::prover(settings.srs.as_deref(), progress)?;
    let verifier = prover.verifier();
    let pinned = launch::pinned_developer_key();
    if let Some(path) = &args.out {
        write_whole(path, &verifier.to_bytes())?;
    }
    let written = args.out.as_ref().map(|path| ("written to", path.display().to_string()));
    let lines = [
        ("verifier key", verifier.key().to_string()),
        ("setup hash", verifier.srs_hash().to_string()),
        ("developer setup", verifier.is_developer().to_string()),
        ("rows", format!("2^{}", launch::K)),
        ("proof bytes", verifier.proof_len().to_string()),
        ("pinned", (verifier.key() == pinned).to_string()),
    ];
    let object = json!({
        "verifier_key": verifier.key(),
        "srs_hash": verifier.srs_hash(),
        "developer": verifier.is_developer(),
        "k": launch::K,
        "instances": launch::INSTANCES,
        "proof_bytes": verifier.proof_len(),
        "pinned": verifier.key() == pinned,
        "file": args.out,
    });
    Ok(Reply::new(pairs(lines.into_iter().chain(written)), object))
}
