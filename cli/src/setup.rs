//! The trusted setup that the settings name: a ceremony file, or the developer's.

use crate::progress::Progress;
use eyre::{Result, WrapErr, ensure};
use nonos_circuits::backend::Srs;
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_circuits::launch::LaunchProver;
use nonos_circuits::statement::{Prover, Statement};
use nonos_contracts::Deployment;
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

fn keys<S: Statement>(path: Option<&Path>, progress: Progress) -> Result<Prover<S>> {
    let srs = srs(path, S::K, progress)?;
    let step = progress.step(format!("generating the keys of the {} circuit", S::NAME));
    let prover = Prover::new(srs)?;
    step.done(&format!("verifier key {}", prover.verifier().key()));
    Ok(prover)
}

/// An error unless the deployment judges enrolments under the key that this program proves with.
pub fn require_enrolment_key(prover: &EnrolmentProver, deployment: &Deployment) -> Result<()> {
    let (ours, theirs) = (prover.verifier().key().0, deployment.enrolment_key);
    ensure!(
        ours == theirs,
        "this program proves enrolments under key {ours}, the deployment verifies under {theirs}: give the ceremony file of \
         the deployment with --srs, or use the program that the deployment was made with"
    );
    Ok(())
}
