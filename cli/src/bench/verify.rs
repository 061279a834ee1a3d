//! The native verifier: one proof at a time, and 64 with one pairing.

use super::figure::Figure;
use super::witness::sample;
use crate::measure::{median, timed};
use crate::random::seed;
use eyre::{Result, ensure};
use nonos_circuits::launch::LaunchProver;

/// Distinct proofs behind the batch; verification cost does not depend on which proof it is.
const DISTINCT: usize = 2;
const BATCH: usize = 64;
const SINGLE_RUNS: usize = 30;

/// Verifies singly and in batches of 64; reports medians in milliseconds of CPU time for one proof.
pub fn measure(prover: &LaunchProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let proofs = (0..DISTINCT).map(|_| Ok(prover.prove(&sample()?, seed()?)?)).collect::<Result<Vec<_>>>()?;
    let verifier = prover.verifier();
    let mut single = Vec::new();
    for (proof, instance) in proofs.iter().cycle().take(SINGLE_RUNS) {
        let (verdict, _, cpu) = timed(|| verifier.verify(proof, instance));
        verdict?;
        single.push(cpu * 1e3);
    }
    let batch: Vec<_> =
        proofs.iter().cycle().take(BATCH).map(|(p, i)| (p.as_slice(), i.as_slice())).collect();
    let mut batched = Vec::new();
    for _ in 0..n {
        let (verdicts, _, cpu) = timed(|| verifier.verify_batch(&batch));
        ensure!(verdicts.iter().all(Result::is_ok), "the batch verifier refuses valid proofs");
        batched.push(cpu * 1e3 / BATCH as f64);
    }
    Ok(vec![
        median(&single).and_then(|ms| Figure::new("launch_verify_native_ms", ms, SINGLE_RUNS)),
        median(&batched).and_then(|ms| Figure::new("launch_verify_batch64_ms_each", ms, n)),
    ])
}
