//! `nonos capsule verify-install`: does an install file prove what it says?

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
use nonos_node::install::{InstallReader, StarkTerms, verify_halo2_install, verify_stark_install};
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// Arguments of `nonos capsule verify-install`.
#[derive(Debug, Args)]
pub struct VerifyInstallArgs {
    /// The install file
    file: PathBuf,
    /// The package whose binary it has to be about (STARK only: a halo2 install does not show its capsule)
    #[arg(long, value_name = "PACKAGE")]
    capsule: Option<PathBuf>,
    /// The install leaf that it has to be of
    #[arg(long, value_name = "LEAF")]
    leaf: Option<B256>,
    /// Accept a STARK only with 100 bits of security by proof
    #[arg(long)]
    proven: bool,
}

/// Verifies; a refusal is an error that names the part.
pub fn run(args: &VerifyInstallArgs, settings: &Settings, progress: Progress) -> Result<Reply> {
    let package = args.capsule.as_deref().map(read_package).transpose()?;
    let leaf = args.leaf.map(|word| InstallLeaf::from_be(&word.0)).transpose().wrap_err("--leaf")?;
    let open = || -> Result<BufReader<File>> {
        let file = File::open(&args.file);
        let file = file.wrap_err_with(|| format!("cannot open the install file {}", args.file.display()))?;
        Ok(BufReader::new(file))
    };
    let kind = InstallReader::open(open()?)
        .wrap_err_with(|| format!("{} is not a usable install file", args.file.display()))?;
    let refused = || format!("{} proves nothing that was asked for", args.file.display());
    match kind {
        InstallReader::Stark(_) => stark(args, package.as_ref(), leaf, open()?, settings, progress),
        InstallReader::Halo2(_) => halo2(args, leaf, open()?, settings, progress),
    }
    .wrap_err_with(refused)
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
    file: BufReader<File>,
    settings: &Settings,
    progress: Progress,
) -> Result<Reply> {
    let prover = setup::link_prover(settings.srs.as_deref(), progress)?;
    let security = if args.proven { Security::Proven } else { Security::Conjectured };
    let manifest = package.map(|package| &package.manifest);
    let terms = StarkTerms { link: prover.verifier(), security, leaf, manifest };
    let step = progress.step("verifying the link proof and every chunk");
    let mut chunks = 0;
    let install = verify_stark_install(file, &terms, |done, _| chunks = done)?;
    step.done(&format!("{chunks} chunks"));
    let bits = install.security.file_bits(chunks);
    let developer = prover.verifier().is_developer();
    let capsule = match manifest {
        Some(manifest) => format!("{} {}", manifest.name, manifest.version),
        None => "not compared: give --capsule PACKAGE".to_owned(),
    };
    let lines = [
        ("valid", "whoever made it knows the secret of the install leaf, and held the binary".to_owned()),
        ("backend", "stark".to_owned()),
        ("install leaf", install.file.leaf.to_string()),
        ("commitment", install.file.commitment.to_string()),
        ("capsule", capsule),
        ("length", format!("{} bytes in {chunks} chunks", install.file.length)),
        ("security", format!("{} bits conjectured, {} proven", bits.0, bits.1)),
        ("setup", setup_words(developer)),
    ];
    let object = json!({
        "ok": true, "backend": "stark", "install_leaf": install.file.leaf, "commitment": install.file.commitment,
        "length": install.file.length, "chunks": chunks, "conjectured_bits": bits.0, "proven_bits": bits.1,
        "capsule_checked": manifest.is_some(), "developer": developer,
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
