//! The trusted setup that the settings name: a ceremony file, or the developer's.

use crate::progress::Progress;
use eyre::{Result, WrapErr};
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{self, LaunchProver};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// The SRS of the launch circuit. `None` is the developer setup, whose proofs anybody can forge.
pub fn srs(path: Option<&Path>, progress: Progress) -> Result<Srs> {
    let Some(path) = path else {
        return Ok(Srs::developer(launch::K)?);
    };
    let step = progress.step(format!("checking the ceremony file {}", path.display()));
    let file =
        File::open(path).wrap_err_with(|| format!("cannot open the ceremony file {}", path.display()))?;
    let reader = BufReader::new(file);
    let is_ptau = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ptau"));
    let srs = if is_ptau {
        Srs::from_ptau(reader, launch::K)
    } else {
        Srs::from_halo2(reader)
            .and_then(|srs| if srs.k() == launch::K { Ok(srs) } else { srs.downsize(launch::K) })
    };
    let srs = srs.wrap_err_with(|| format!("the ceremony file {} is refused", path.display()))?;
    step.done(&format!("hash {}", srs.hash()));
    Ok(srs)
}

/// Setup and keys of the launch circuit: everything needed to prove and to verify.
pub fn prover(path: Option<&Path>, progress: Progress) -> Result<LaunchProver> {
    let srs = srs(path, progress)?;
    let step = progress.step("generating the keys of the launch circuit");
    let prover = LaunchProver::new(srs)?;
    step.done(&format!("verifier key {}", prover.verifier().key()));
    Ok(prover)
}
