//! What a link proof is made from, and what it shows.

use super::INSTANCES;
use halo2curves::bn256::Fr;
use nonos_core::capsule::{capsule_leaf_of, install_leaf};
use nonos_core::{DigestCommitment, InstallLeaf};

/// The witness. Every one is of a true statement. Not `Debug`: it holds the operator's secret.
#[derive(Clone)]
pub struct LinkWitness {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// C.
    pub commitment: DigestCommitment,
}

impl LinkWitness {
    /// J.
    pub fn leaf(&self) -> InstallLeaf {
        install_leaf(&self.k, capsule_leaf_of(&self.commitment, self.terms))
    }

    /// The public instances.
    pub fn instance(&self) -> [Fr; INSTANCES] {
        instance(self.leaf(), &self.commitment)
    }
}

/// The public instances of a link between J and C, as a verifier computes them.
pub fn instance(leaf: InstallLeaf, commitment: &DigestCommitment) -> [Fr; INSTANCES] {
    let [hi, lo] = commitment.limbs();
    [leaf.fr(), hi, lo]
}
