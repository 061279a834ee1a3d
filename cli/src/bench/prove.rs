//! The provers: CPU and wall seconds, bytes of a proof, peak memory.

use super::figure::Figure;
use super::witness::sample;
use crate::measure::{median, peak_rss_mb, reset_peak_rss, timed};
use crate::random::seed;
use eyre::Result;
use nonos_circuits::launch::LaunchProver;
use nonos_circuits::statement::{Prover, Statement};

/// Proofs, and what they cost.
pub struct Proved<I> {
    /// With their instances.
    pub proofs: Vec<(Vec<u8>, I)>,
    /// CPU seconds of each.
    pub cpu: Vec<f64>,
    /// Wall seconds of each.
    pub wall: Vec<f64>,
    /// Peak memory of the process while proving, keys included; nothing where the kernel does not tell.
    pub rss_mb: Option<f64>,
}

/// Proves every witness.
pub fn prove<S: Statement>(prover: &Prover<S>, witnesses: &[S::Witness]) -> Result<Proved<S::Instance>> {
    let (mut proofs, mut cpu, mut wall) = (Vec::new(), Vec::new(), Vec::new());
    // Without the reset the peak would be that of key generation.
    let peak_is_ours = reset_peak_rss();
    for witness in witnesses {
        let seed = seed()?;
        let (proved, wall_s, cpu_s) = timed(|| prover.prove(witness, seed));
        proofs.push(proved?);
        cpu.push(cpu_s);
        wall.push(wall_s);
    }
    let rss_mb = if peak_is_ours { peak_rss_mb() } else { None };
    Ok(Proved { proofs, cpu, wall, rss_mb })
}

/// Proves `n` fresh launches and reports medians.
pub fn measure(prover: &LaunchProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let witnesses = (0..n).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    let Proved { proofs, cpu, wall, rss_mb } = prove(prover, &witnesses)?;
    let bytes = proofs.last().map_or(0, |(proof, _)| proof.len());
    Ok(vec![
        median(&cpu).and_then(|value| Figure::new("launch_prove_cpu_s", value, n)),
        median(&wall).and_then(|value| Figure::new("launch_prove_wall_s", value, n)),
        rss_mb.and_then(|value| Figure::new("launch_prove_rss_mb", value, n)),
        Figure::new("launch_proof_bytes", bytes as f64, n),
    ])
}
