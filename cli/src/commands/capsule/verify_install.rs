//! `nonos capsule verify-install`: does an install file, or a digest proof, prove what it says?

use super::read_package;
use crate::output::Reply;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::setup;
use crate::table::pairs;
use alloy_primitives::B256;
use clap::Args;
use eyre::{Result, WrapErr, bail, eyre};
use nonos_core::InstallLeaf;
use nonos_core::package::Package;
use nonos_hash_stark::Security;
use nonos_node::install::{
    Claim, InstallReader, Shown, StarkTerms, Verified, verify_halo2_install, verify_stark,
};
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Arguments of `nonos capsule verify-install`.
#[derive(Debug, Args)]
pub struct VerifyInstallArgs {
    /// The install file, or the digest proof of a hidden capsule
    file: PathBuf,
    /// The package, or its manifest, whose binary it has to be about (a STARK that shows its commitment: others do not tell)
    #[arg(long, value_name = "PACKAGE")]
    capsule: Option<PathBuf>,
    /// The install leaf that it has to be of
    #[arg(long, value_name = "LEAF")]
    leaf: Option<B256>,
    /// Accept a STARK only with 100 bits of security by proof
    #[arg(long)]
    proven: bool,
}

/// Opens an install file.
pub fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path);
    let file = file.wrap_err_with(|| format!("cannot open the install file {}", path.display()))?;
    Ok(BufReader::new(file))
}

/// Verifies; a refusal is an error that names the part.
pub fn run(args: &VerifyInstallArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = args.capsule.as_deref().map(read_package).transpose()?;
    let leaf = args.leaf.map(|word| InstallLeaf::from_be(&word.0)).transpose().wrap_err("--leaf")?;
    let kind = InstallReader::open(open(&args.file)?)
        .wrap_err_with(|| format!("{} is not a usable install file", args.file.display()))?;
    let refused = || format!("{} proves nothing that was asked for", args.file.display());
    match kind {
        InstallReader::Stark(_) => stark(args, package.as_ref(), leaf, settings, progress),
        InstallReader::Halo2(_) => halo2(args, leaf, open(&args.file)?, settings, progress),
    }
    .wrap_err_with(refused)
}

/// The capsule's name; an error if somebody else than its publisher signed it.
pub fn named(package: &Package) -> Result<String> {
    let manifest = &package.manifest;
    let name = format!("{} {}", manifest.name, manifest.version);
    if package.signature.is_empty() {
        return Ok(format!("{name}, not signed"));
    }
    manifest.verify_signature(&package.signature)?;
    Ok(format!("{name}, signed by {}", manifest.publisher))
}

/// Whom the verifying key can convince.
fn setup_words(developer: bool) -> String {
    match developer {
        true => {
            "developer: its halo2 proofs can be forged by anybody, so they count on development chains only"
                .to_owned()
        }
        false => "ceremony".to_owned(),
    }
}

fn stark(
    args: &VerifyInstallArgs,
    package: Option<&Package>,
    leaf: Option<InstallLeaf>,
    settings: &Settings,
    progress: Progress,
) -> Result<Reply> {
    let capsule = match package {
        Some(package) => named(package)?,
        None => "not compared: give --capsule PACKAGE".to_owned(),
    };
    let links = setup::links(settings.srs.as_deref(), progress)?;
    let security = if args.proven { Security::Proven } else { Security::Conjectured };
    let manifest = package.map(|package| &package.manifest);
    let context = leaf.map(|leaf| leaf.to_be());
    let terms = StarkTerms { links: &links, security, context, manifest };
    let step = progress.step("verifying whose it is, and every chunk");
    let mut chunks = 0;
    let Verified { file, hash } = verify_stark(open(&args.file)?, &terms, |done, _| chunks = done)?;
    step.done(&format!("{chunks} chunks"));
    let bits = file.security.file_bits(chunks);
    let mut lines = vec![];
    let (kind, developer) = match &file.claim {
        Claim::Install { leaf, .. } => {
            lines.push((
                "valid",
                "whoever made it knows the secret of the install leaf, and held the binary".into(),
            ));
            lines.push(("install leaf", leaf.to_string()));
            ("install", links.is_developer())
        }
        Claim::Digest { .. } => {
            lines.push((
                "valid",
                "the commitment is one to the SHA3-512 of a real binary, which stays hidden".into(),
            ));
            ("digest-proof", false)
        }
    };
    let (shown, hidden) = match file.shown() {
        Shown::Commitment(c) => (Some(c), None),
        Shown::Blinded(b) => (None, Some(b)),
    };
    lines.push(("backend", "stark".to_owned()));
    lines.push((
        "commitment",
        match shown {
            Some(c) => c.to_string(),
            None => "hidden".to_owned(),
        },
    ));
    lines.push(("capsule", capsule));
    lines.push(("length", format!("{} bytes in {chunks} chunks", file.length)));
    lines.push(("security", format!("{} bits conjectured, {} proven", bits.0, bits.1)));
    if kind == "install" {
        lines.push(("setup", setup_words(developer)));
    }
    lines.push(("keccak256", hash.to_string()));
    let object = json!({
        "ok": true, "backend": "stark", "kind": kind, "install_leaf": file.leaf(), "commitment": shown, "blinded": hidden,
        "length": file.length, "chunks": chunks, "conjectured_bits": bits.0, "proven_bits": bits.1,
        "capsule_checked": manifest.is_some(), "developer": developer, "hash": hash,
    });
    Ok(Reply::new(pairs(lines), object))
}

fn halo2(
    args: &VerifyInstallArgs,
    leaf: Option<InstallLeaf>,
    file: BufReader<File>,
    settings: &Settings,
    progress: Progress,
) -> Result<Reply> {
    if args.capsule.is_some() {
        bail!(
            "a halo2 install shows its install leaf and not its capsule, so --capsule cannot be compared; --leaf can (its \
             operator reads it off `nonos capsule install`)"
        );
    }
    if args.proven {
        return Err(eyre!("--proven is about the STARK; this is a halo2 install"));
    }
    let prover = setup::install_prover(settings.srs.as_deref(), progress)?;
    let step = progress.step("verifying every chunk");
    let install = verify_halo2_install(file, prover.verifier(), leaf, |_, _| {})?;
    step.done(&format!("{} chunks", install.chunks));
    let developer = prover.verifier().is_developer();
    let lines = [
        (
            "valid",
            "whoever made it knows the secret of the install leaf, and held its capsule's binary".to_owned(),
        ),
        ("backend", "halo2".to_owned()),
        ("install leaf", install.leaf.to_string()),
        ("chunks", install.chunks.to_string()),
        ("setup", setup_words(developer)),
    ];
    let object = json!({
        "ok": true, "backend": "halo2", "install_leaf": install.leaf, "chunks": install.chunks, "developer": developer,
    });
    Ok(Reply::new(pairs(lines), object))
}
