//! The prover: CPU and wall seconds, bytes of a proof, peak memory.

use super::figure::Figure;
use super::witness::sample;
use crate::measure::{median, peak_rss_mb, reset_peak_rss, timed};
use crate::random::seed;
use eyre::Result;
use nonos_circuits::launch::LaunchProver;

/// Proves `n` fresh launches and reports medians; memory is the peak of the process while proving, keys included.
pub fn measure(prover: &LaunchProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let (mut cpu, mut wall, mut bytes) = (Vec::new(), Vec::new(), 0);
    let witnesses = (0..n).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    let peak_is_ours = reset_peak_rss();
    for witness in &witnesses {
        let seed = seed()?;
        let (proved, wall_s, cpu_s) = timed(|| prover.prove(witness, seed));
        bytes = proved?.0.len();
        cpu.push(cpu_s);
        wall.push(wall_s);
    }
    // Without the reset the peak would be that of key generation.
    let rss = if peak_is_ours { peak_rss_mb() } else { None };
    Ok(vec![
        median(&cpu).and_then(|value| Figure::new("launch_prove_cpu_s", value, n)),
        median(&wall).and_then(|value| Figure::new("launch_prove_wall_s", value, n)),
        rss.and_then(|value| Figure::new("launch_prove_rss_mb", value, n)),
        Figure::new("launch_proof_bytes", bytes as f64, n),
    ])
}
