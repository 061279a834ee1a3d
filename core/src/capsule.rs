//! What a capsule leaf and an install leaf are made of.

use crate::field::Fr;
use crate::ids::{CapsuleLeaf, DigestCommitment, InstallLeaf, ManifestDigest, PolicyHash};
use crate::poseidon::hash_tagged;
use sha3::{Digest, Sha3_256};

/// `C = SHA3-256("nonos1.C" ‖ D ‖ salt)` for the SHA3-512 digest D of a binary (FIPS 202).
pub fn digest_commitment(sha3_512: &[u8; 64], salt: &[u8; 32]) -> DigestCommitment {
    let hash = Sha3_256::new().chain_update(b"nonos1.C").chain_update(sha3_512).chain_update(salt).finalize();
    DigestCommitment(hash.into())
}

/// `L = P(CAP; P(DIG; C_hi, C_lo), P(MAN; policyHash, manifest >> 8))`.
pub fn capsule_leaf(c: &DigestCommitment, policy: PolicyHash, manifest: ManifestDigest) -> CapsuleLeaf {
    hash_tagged("CAP", digest_element(c), capsule_terms(policy, manifest)).into()
}

/// `P(DIG; C_hi, C_lo)`, the first input of a capsule leaf.
pub fn digest_element(c: &DigestCommitment) -> Fr {
    let [hi, lo] = c.limbs();
    hash_tagged("DIG", hi, lo)
}

/// `P(MAN; policyHash, manifest >> 8)`, the second: what the capsule may do.
pub fn capsule_terms(policy: PolicyHash, manifest: ManifestDigest) -> Fr {
    hash_tagged("MAN", policy.into(), manifest.fr())
}

/// `J = P(INST; k, L)`: only who knows k can say which capsule it is for.
pub fn install_leaf(k: &Fr, l: CapsuleLeaf) -> InstallLeaf {
    hash_tagged("INST", *k, l.into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::{hash2, tag};
    use alloy_primitives::B256;
    use sha3::Sha3_512;

    #[test]
    fn commitment_hashes_prefix_digest_and_salt() {
        let digest: [u8; 64] = Sha3_512::digest(b"capsule").into();
        let mut message = b"nonos1.C".to_vec();
        message.extend_from_slice(&digest);
        message.extend_from_slice(&[9; 32]);
        assert_eq!(digest_commitment(&digest, &[9; 32]).0, <[u8; 32]>::from(Sha3_256::digest(message)));
    }

    #[test]
    fn leaves_follow_the_definition() {
        let c = DigestCommitment([1; 32]);
        let (policy, manifest) = (PolicyHash::from(Fr::from(5)), ManifestDigest(B256::repeat_byte(6)));
        let half = Fr::from_raw([0x0101_0101_0101_0101, 0x0101_0101_0101_0101, 0, 0]);
        let man = Fr::from_raw([
            0x0606_0606_0606_0606,
            0x0606_0606_0606_0606,
            0x0606_0606_0606_0606,
            0x0006_0606_0606_0606,
        ]);
        let expected = hash2(tag("CAP"), hash2(tag("DIG"), half, half), hash2(tag("MAN"), Fr::from(5), man));
        let leaf = capsule_leaf(&c, policy, manifest);
        assert_eq!(leaf.fr(), expected);
        assert_eq!(install_leaf(&Fr::from(3), leaf).fr(), hash2(tag("INST"), Fr::from(3), expected));
    }
}
