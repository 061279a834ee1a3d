//! Batched verification: one pairing for many proofs, halving on failure.

use halo2_proofs::poly::{
    VerificationStrategy,
    kzg::{multiopen::VerifierSHPLONK, strategy::AccumulatorStrategy},
};
use halo2curves::bn256::{Bn256, Fr};

use super::{Verifier, VerifyError, preparse};

/// Most proofs in one combination. halo2 rescales the whole accumulator for every proof, so its cost per proof grows
/// with the combination while the saving of shared pairings levels off.
const MAX_COMBINED: usize = 64;

type Job<'a> = (usize, &'a [u8], &'a [Fr]);

pub(super) fn verify(verifier: &Verifier, batch: &[(&[u8], &[Fr])]) -> Vec<Result<(), VerifyError>> {
    let mut results: Vec<_> =
        batch.iter().map(|(proof, instances)| preparse(verifier.shape(), proof, instances)).collect();
    let well_formed: Vec<Job<'_>> = batch
        .iter()
        .enumerate()
        .filter(|(index, _)| results[*index].is_ok())
        .map(|(index, (proof, instances))| (index, *proof, *instances))
        .collect();
    for jobs in well_formed.chunks(MAX_COMBINED) {
        mark_false(verifier, jobs, &mut results);
    }
    results
}

/// Marks the false proofs among `jobs`, looking into halves only if their combination fails.
fn mark_false(verifier: &Verifier, jobs: &[Job<'_>], results: &mut [Result<(), VerifyError>]) {
    match jobs {
        [] => {}
        [(index, proof, instances)] => {
            results[*index] = verifier.check_single(proof, instances);
        }
        _ if combination_holds(verifier, jobs) => {}
        _ => {
            let (left, right) = jobs.split_at(jobs.len() / 2);
            mark_false(verifier, left, results);
            mark_false(verifier, right, results);
        }
    }
}

fn combination_holds(verifier: &Verifier, jobs: &[Job<'_>]) -> bool {
    let start = AccumulatorStrategy::new(&verifier.params);
    let combined = jobs.iter().try_fold(start, |accumulator, (_, proof, instances)| {
        verifier.accumulate(accumulator, proof, instances)
    });
    combined
        .is_ok_and(|accumulator| VerificationStrategy::<_, VerifierSHPLONK<'_, Bn256>>::finalize(accumulator))
}
