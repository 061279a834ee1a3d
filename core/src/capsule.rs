//! What a capsule leaf and an install leaf are made of.

use crate::field::Fr;
use crate::ids::{BlindedCommitment, CapsuleLeaf, DigestCommitment, InstallLeaf, ManifestDigest, PolicyHash};
use crate::poseidon::hash_tagged;
use sha3::{Digest, Sha3_256};

/// `C = SHA3-256("nonos1.C" ‖ D ‖ salt)` for the SHA3-512 digest D of a binary (FIPS 202).
pub fn digest_commitment(sha3_512: &[u8; 64], salt: &[u8; 32]) -> DigestCommitment {
    let hash = Sha3_256::new().chain_update(b"nonos1.C").chain_update(sha3_512).chain_update(salt).finalize();
    DigestCommitment(hash.into())
}

/// `B = SHA3-256(C ‖ "nonos1.B" ‖ ρ)` for a blinding ρ: 72 bytes, one permutation.
///
/// B binds C. It hides C as well as ρ is hidden: 32 bytes from the operating system, a secret, never used for two C. With a
/// blinding that can be guessed, as the zeros of a file that hides nothing, B confirms guesses of C.
pub fn blinded_commitment(c: &DigestCommitment, blinding: &[u8; 32]) -> BlindedCommitment {
    let hash = Sha3_256::new().chain_update(c.0).chain_update(b"nonos1.B").chain_update(blinding).finalize();
    BlindedCommitment(hash.into())
}

/// `0xff ‖ SHA3-256("nonos1.digest-proof" ‖ C)[..31]`: what a publisher's proof about C carries where an operator's install
/// carries J. No field element begins with 0xff, so neither is ever the other.
pub fn digest_proof_context(c: &DigestCommitment) -> [u8; 32] {
    let hash: [u8; 32] =
        Sha3_256::new().chain_update(b"nonos1.digest-proof").chain_update(c.0).finalize().into();
    let mut context = [0xff; 32];
    context.iter_mut().skip(1).zip(hash).for_each(|(to, byte)| *to = byte);
    context
}

/// `L = P(CAP; P(DIG; C_hi, C_lo), P(MAN; policyHash, manifest >> 8))`.
pub fn capsule_leaf(c: &DigestCommitment, policy: PolicyHash, manifest: ManifestDigest) -> CapsuleLeaf {
    capsule_leaf_of(c, capsule_terms(policy, manifest))
}

/// The same from terms: `P(CAP; P(DIG; C_hi, C_lo), terms)`.
pub fn capsule_leaf_of(c: &DigestCommitment, terms: Fr) -> CapsuleLeaf {
    hash_tagged("CAP", digest_element(c), terms).into()
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
    fn blinded_commitment_hashes_c_tag_and_blinding() {
        let c = DigestCommitment(std::array::from_fn(|i| i as u8));
        let mut message = c.0.to_vec();
        message.extend_from_slice(b"nonos1.B");
        message.extend_from_slice(&[9; 32]);
        assert_eq!(message.len(), 72);
        let b = blinded_commitment(&c, &[9; 32]);
        assert_eq!(b.0, <[u8; 32]>::from(Sha3_256::digest(message)));
        assert_ne!(b, blinded_commitment(&c, &[8; 32]));
        assert_ne!(b, blinded_commitment(&DigestCommitment([1; 32]), &[9; 32]));
    }

    #[test]
    fn a_digest_proof_is_for_one_commitment_and_for_no_install() {
        let context = digest_proof_context(&DigestCommitment([1; 32]));
        let hash = Sha3_256::digest([b"nonos1.digest-proof".as_slice(), &[1; 32]].concat());
        assert_eq!((context[0], &context[1..]), (0xff, &hash[..31]));
        assert!(InstallLeaf::from_be(&context).is_err());
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
