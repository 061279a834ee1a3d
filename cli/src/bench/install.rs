//! Both backends of the Hash Gate: what a permutation costs to prove, and what a chunk's proof costs to check.

use super::chain::{CHECKS, Checked, check};
use super::figure::Figure;
use super::prove::{Proved, prove};
use crate::measure::{median, peak_rss_mb, reset_peak_rss, timed};
use crate::random::{bytes, seed};
use eyre::{Result, eyre};
use nonos_circuits::install::{BLOCKS, CHUNK_BYTES, InstallProver, InstallWitness, Subject, chunks};
use nonos_contracts::Artifact;
use nonos_core::capsule::digest_commitment;
use nonos_core::field::fr_reduce;
use nonos_hash_stark::{
    DEFAULT_CHUNK_BLOCKS, HashProver, Install, RATE, Security, digest_reader, verify_chunk,
};
use sha3::{Digest, Sha3_512};
use std::io::Cursor;

/// Proves `n` full chunks and reports medians. A chunk is 36 blocks; its commitment is a permutation more.
pub async fn measure(prover: &InstallProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let witnesses = (0..n).map(|_| chunk()).collect::<Result<Vec<_>>>()?;
    let Proved { proofs, cpu, rss_mb, .. } = prove(prover, &witnesses)?;
    let size = proofs.first().map(|(proof, _)| proof.len() as f64);

    let artifact = Artifact::install_halo2_verifier()?;
    let Checked { native_ms, gas, code_bytes } = check(prover, &proofs, artifact).await?;
    let permutations = (BLOCKS + 1) as f64;
    Ok(vec![
        median(&cpu).and_then(|s| Figure::new("install_halo2_cpu_s_per_perm", s / permutations, n)),
        rss_mb.and_then(|value| Figure::new("install_halo2_rss_mb", value, n)),
        size.and_then(|value| Figure::new("install_halo2_proof_bytes", value, n)),
        native_ms.and_then(|ms| Figure::new("install_halo2_verify_native_ms", ms, CHECKS)),
        gas.and_then(|value| Figure::new("install_halo2_verify_gas", value, n)),
        Figure::new("install_halo2_verifier_bytes", code_bytes as f64, 1),
    ])
}

/// Proves one full chunk of the STARK and checks it.
pub fn measure_stark() -> Result<Vec<Option<Figure>>> {
    let binary = bytes(DEFAULT_CHUNK_BLOCKS as usize * RATE - 1)?;
    let (length, digest) = digest_reader(&binary[..])?;
    let install = Install {
        context: [7; 32],
        digest,
        salt: [5; 32],
        blinding: [6; 32],
        length,
        chunk_blocks: DEFAULT_CHUNK_BLOCKS,
    };
    let file = install.statement();
    let peak_is_ours = reset_peak_rss();
    let prover = HashProver::new(Security::Conjectured);
    let mut proving = prover.prove_chunks(Cursor::new(&binary), install, None, |_| {})?;
    let (proof, _, cpu_s) = timed(|| proving.next());
    let proof = proof.ok_or_else(|| eyre!("a binary has at least one chunk"))??;
    let rss_mb = if peak_is_ours { peak_rss_mb() } else { None };
    let mut verified = Vec::new();
    for _ in 0..5 {
        let (verdict, _, cpu_s) = timed(|| verify_chunk(&proof, &file, Security::Conjectured));
        verdict?;
        verified.push(cpu_s * 1e3);
    }
    // Two commitments to states, or to the digest, are two permutations each.
    let permutations = f64::from(DEFAULT_CHUNK_BLOCKS + 4);
    Ok(vec![
        Figure::new("install_stark_perms_per_cpu_s", permutations / cpu_s, 1),
        rss_mb.and_then(|value| Figure::new("install_stark_rss_mb", value, 1)),
        median(&verified).and_then(|ms| Figure::new("install_stark_verify_ms", ms, 5)),
    ])
}

/// The one chunk of a random binary. The cost of proving does not depend on the values.
fn chunk() -> Result<InstallWitness> {
    let binary = bytes(CHUNK_BYTES - 1)?;
    let salt = seed()?;
    let commitment = digest_commitment(&Sha3_512::digest(&binary).into(), &salt);
    let [k, terms] = [seed()?, seed()?].map(|seed| fr_reduce(seed.into()));
    let first = chunks(&binary, Subject { k, terms, commitment, salt }).next();
    first.ok_or_else(|| eyre!("a binary has at least one chunk"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_is_a_true_statement_about_one_full_chunk() {
        let witness = super::chunk().unwrap();
        witness.instance().unwrap();
        assert_eq!((witness.inputs().blocks.len(), witness.more), (36, false));
    }
}
