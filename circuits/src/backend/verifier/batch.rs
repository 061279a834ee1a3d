//! Batched verification: one pairing for many proofs, halving on failure.

use halo2_proofs::poly::{
    VerificationStrategy,
    kzg::{multiopen::VerifierSHPLONK, strategy::AccumulatorStrategy},
};
use halo2curves::bn256::{Bn256, Fr};
#[cfg(feature = "parallel")]
use rayon::prelude::*;

use super::{Verifier, VerifyError, preparse};

/// Most proofs in one combination. halo2 rescales the whole accumulator for every proof, so the cost of a proof grows
/// with the combination, while what a shared pairing saves levels off: 16 measured better than 8 and 64. It also bounds
/// what one bad proof costs the others.
const MAX_COMBINED: usize = 16;

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
    #[cfg(feature = "parallel")]
    let combinations = well_formed.par_chunks(MAX_COMBINED);
    #[cfg(not(feature = "parallel"))]
    let combinations = well_formed.chunks(MAX_COMBINED);
    let found: Vec<Vec<(usize, VerifyError)>> =
        combinations.map(|jobs| false_proofs(verifier, jobs)).collect();
    for (index, error) in found.into_iter().flatten() {
        results[index] = Err(error);
    }
    results
}

/// The false proofs among `jobs`, looking into halves only if their combination fails.
fn false_proofs(verifier: &Verifier, jobs: &[Job<'_>]) -> Vec<(usize, VerifyError)> {
    match jobs {
        [] => vec![],
        [(index, proof, instances)] => {
            let failure = verifier.check_single(proof, instances).err();
            failure.map(|error| (*index, error)).into_iter().collect()
        }
        _ if combination_holds(verifier, jobs) => vec![],
        _ => {
            let (left, right) = jobs.split_at(jobs.len() / 2);
            let mut found = false_proofs(verifier, left);
            found.extend(false_proofs(verifier, right));
            found
        }
    }
}

fn combination_holds(verifier: &Verifier, jobs: &[Job<'_>]) -> bool {
    let start = AccumulatorStrategy::new(&verifier.params);
    let combined = jobs.iter().try_fold(start, |accumulator, (_, proof, instances)| {
        verifier.accumulate(accumulator, proof, instances)
    });
    combined.is_ok_and(VerificationStrategy::<_, VerifierSHPLONK<'_, Bn256>>::finalize)
}
