//! What a hidden link proof is made from, and what it shows.

use super::INSTANCES;
use super::layout::{END_LANE, Inputs, PAD_LANE, TAG, TAG_LANE};
use crate::sponge::LANES;
use halo2curves::bn256::Fr;
use nonos_core::capsule::{blinded_commitment, capsule_leaf_of, install_leaf};
use nonos_core::{BlindedCommitment, DigestCommitment, InstallLeaf};

/// The witness. Every one is of a true statement. Not `Debug`: it holds the operator's secret and what B hides.
#[derive(Clone)]
pub struct HiddenLinkWitness {
    /// The operator's secret.
    pub k: Fr,
    /// P(MAN; policyHash, manifest).
    pub terms: Fr,
    /// C.
    pub commitment: DigestCommitment,
    /// ρ.
    pub blinding: [u8; 32],
}

impl HiddenLinkWitness {
    /// J.
    pub fn leaf(&self) -> InstallLeaf {
        install_leaf(&self.k, capsule_leaf_of(&self.commitment, self.terms))
    }

    /// B.
    pub fn blinded(&self) -> BlindedCommitment {
        blinded_commitment(&self.commitment, &self.blinding)
    }

    /// The public instances.
    pub fn instance(&self) -> [Fr; INSTANCES] {
        instance(self.leaf(), &self.blinded())
    }

    /// The circuit's inputs.
    pub(super) fn inputs(&self) -> Inputs {
        let words = |bytes: &[u8; 32]| -> [u64; 4] {
            std::array::from_fn(|i| u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j])))
        };
        let mut block = [0; LANES];
        block[..TAG_LANE].copy_from_slice(&words(&self.commitment.0));
        block[TAG_LANE] = u64::from_le_bytes(TAG);
        block[TAG_LANE + 1..PAD_LANE].copy_from_slice(&words(&self.blinding));
        block[PAD_LANE] = 6;
        block[END_LANE] = 1 << 63;
        Inputs { k: self.k, terms: self.terms, block }
    }
}

/// The public instances of a hidden link between J and B, as a verifier computes them.
pub fn instance(leaf: InstallLeaf, blinded: &BlindedCommitment) -> [Fr; INSTANCES] {
    let [hi, lo] = blinded.limbs();
    [leaf.fr(), hi, lo]
}
