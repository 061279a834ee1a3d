//! `nonos capsule share`: give a STARK install or a digest proof to the node, which passes it on to whoever asks.

use super::verify_install::open;
use crate::datadir::DataDir;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::{Result, WrapErr};
use nonos_node::install::{Kept, ProofLibrary, Shown};
use serde_json::json;
use std::path::PathBuf;

/// Most bytes of proofs that a node keeps: some thirty binaries of 16 MB.
pub const MAX_PROOF_BYTES: u64 = 4 << 30;

/// Arguments of `nonos capsule share`.
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// The install file or digest proof
    file: PathBuf,
}

/// Verifies the file and puts a copy where the node of this data folder finds it, running or not.
pub fn run(args: &ShareArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let links = setup::links(settings.srs.as_deref(), progress)?;
    let root = DataDir::open(settings)?.proofs(links.is_developer());
    let library = ProofLibrary::open(&root, MAX_PROOF_BYTES)?;
    let step = progress.step("verifying whose it is, and every chunk");
    let (file, kept) = library
        .import(open(&args.file)?, &links)
        .wrap_err_with(|| format!("{} is not shared", args.file.display()))?;
    step.done("");
    let context = file.context();
    let shows = match file.shown() {
        Shown::Commitment(c) => format!("commitment {c}"),
        Shown::Blinded(_) => "neither commitment nor capsule".to_owned(),
    };
    let mut lines = vec![
        ("context", B256::from(context).to_string()),
        ("shows", shows),
        ("kept at", kept.path.display().to_string()),
        ("others fetch it with", format!("nonos capsule fetch {} --hash {}", B256::from(context), kept.hash)),
    ];
    let others: Vec<Kept> =
        library.of(&context)?.into_iter().filter(|other| other.hash != kept.hash).collect();
    for other in &others {
        lines.push(("passed on as well, unless removed", other.path.display().to_string()));
    }
    if links.is_developer() {
        lines.push(("setup", "developer: nodes of development chains only pass it on".to_owned()));
    }
    let object = json!({
        "context": B256::from(context), "install_leaf": file.leaf(), "hash": kept.hash, "path": kept.path,
        "others": others.iter().map(|other| &other.path).collect::<Vec<_>>(), "developer": links.is_developer(),
    });
    Ok(Reply::new(pairs(lines), object))
}
