//! The enrolment circuit: what a proof of an ed25519 signature costs to make, to check here, and to check on chain.

use super::chain::{CHECKS, Checked, check};
use super::figure::Figure;
use super::prove::{Proved, prove};
use crate::measure::median;
use crate::random::seed;
use eyre::Result;
use nonos_circuits::enrolment::{EnrolmentProver, EnrolmentWitness};
use nonos_contracts::Artifact;
use nonos_core::enrolment::message;
use nonos_core::field::fr_reduce;
use nonos_core::identity::identity_leaf;
use nonos_node::keys::Keystore;

/// Proves `n` fresh enrolments and reports medians.
pub async fn measure(prover: &EnrolmentProver, n: usize) -> Result<Vec<Option<Figure>>> {
    let witnesses = (0..n).map(|_| sample()).collect::<Result<Vec<_>>>()?;
    let Proved { proofs, cpu, rss_mb, .. } = prove(prover, &witnesses)?;
    let bytes = proofs.first().map(|(proof, _)| proof.len() as f64);

    let artifact = Artifact::enrolment_halo2_verifier()?;
    let Checked { native_ms, gas, code_bytes } = check(prover, &proofs, artifact).await?;
    Ok(vec![
        median(&cpu).and_then(|value| Figure::new("enrol_prove_cpu_s", value, n)),
        rss_mb.and_then(|value| Figure::new("enrol_prove_rss_mb", value, n)),
        bytes.and_then(|value| Figure::new("enrol_proof_bytes", value, n)),
        native_ms.and_then(|ms| Figure::new("enrol_verify_native_ms", ms, CHECKS)),
        gas.and_then(|value| Figure::new("enrol_verify_gas", value, n)),
        Figure::new("enrol_verifier_bytes", code_bytes as f64, 1),
    ])
}

/// A fresh key's signature over a random digest. The cost of proving does not depend on the values.
fn sample() -> Result<EnrolmentWitness> {
    let keystore = Keystore::generate()?;
    let (k, meta) = (fr_reduce(seed()?.into()), fr_reduce(seed()?.into()));
    let digest = seed()?.into();
    let signature = keystore.sign_as_root(&message(identity_leaf(&k, &meta), digest))?;
    Ok(EnrolmentWitness { k, meta, key: keystore.root_public(), digest, signature })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_is_a_true_statement() {
        super::sample().unwrap().instance().unwrap();
    }
}
