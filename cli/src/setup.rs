//! The trusted setup that the settings name: a ceremony file, or the developer's.

use crate::progress::Progress;
use alloy_primitives::B256;
use eyre::{Result, WrapErr, ensure};
use nonos_circuits::backend::Srs;
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_circuits::install::InstallProver;
use nonos_circuits::launch::LaunchProver;
use nonos_circuits::statement::{Prover, Statement};
use nonos_contracts::Deployment;
use nonos_node::install::Links;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The SRS of a circuit with 2^k rows. `None` is the developer setup, whose proofs anybody can forge.
fn srs(path: Option<&Path>, k: u32, progress: Progress) -> Result<Srs> {
    let Some(path) = path else {
        return Ok(Srs::developer(k)?);
    };
    let step = progress.step(format!("checking the ceremony file {}", path.display()));
    let file =
        File::open(path).wrap_err_with(|| format!("cannot open the ceremony file {}", path.display()))?;
    let reader = BufReader::new(file);
    let is_ptau = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ptau"));
    let srs = if is_ptau {
        Srs::from_ptau(reader, k)
    } else {
        Srs::from_halo2(reader).and_then(|srs| if srs.k() == k { Ok(srs) } else { srs.downsize(k) })
    };
    let srs = srs.wrap_err_with(|| format!("the ceremony file {} is refused", path.display()))?;
    step.done(&format!("hash {}", srs.hash()));
    Ok(srs)
}

/// Setup and keys of the launch circuit: everything needed to prove and to verify.
pub fn prover(path: Option<&Path>, progress: Progress) -> Result<LaunchProver> {
    keys(path, progress)
}

/// The same for the enrolment circuit, which proves an ed25519 signature.
pub fn enrolment_prover(path: Option<&Path>, progress: Progress) -> Result<EnrolmentProver> {
    tokio::task::block_in_place(|| keys(path, progress))
}

/// The same for the install circuit, which proves chunks of a binary.
pub fn install_prover(path: Option<&Path>, progress: Progress) -> Result<InstallProver> {
    keys(path, progress)
}

/// The same for the two link circuits, which say whose binary a STARK is about.
pub fn links(path: Option<&Path>, progress: Progress) -> Result<Links> {
    let srs = srs(path, Links::K, progress)?;
    let step = progress.step("generating the keys of the link circuits");
    let links = Links::new(srs)?;
    step.done(&links.keys());
    Ok(links)
}

fn keys<S: Statement>(path: Option<&Path>, progress: Progress) -> Result<Prover<S>> {
    let srs = srs(path, S::K, progress)?;
    let step = progress.step(format!("generating the keys of the {} circuit", S::NAME));
    let prover = Prover::new(srs)?;
    step.done(&format!("verifier key {}", prover.verifier().key()));
    Ok(prover)
}

/// An error unless the deployment judges enrolments under the key that this program proves with.
pub fn require_enrolment_key(prover: &EnrolmentProver, deployment: &Deployment) -> Result<()> {
    require_key(prover, deployment.enrolment_key)
}

/// The same for installs, whose key the deployment states.
pub fn require_install_key(prover: &InstallProver, theirs: B256) -> Result<()> {
    require_key(prover, theirs)
}

fn require_key<S: Statement>(prover: &Prover<S>, theirs: B256) -> Result<()> {
    let (ours, circuit) = (prover.verifier().key().0, S::NAME);
    ensure!(
        ours == theirs,
        "this program proves under {circuit} key {ours}, the deployment verifies under {theirs}: give the ceremony file of \
         the deployment with --srs, or use the program that the deployment was made with"
    );
    Ok(())
}
