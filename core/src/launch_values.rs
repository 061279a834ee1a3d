//! The values that one launch adds: tags, nullifier, salts, epoch.

use crate::field::{Fr, fr_from_u128, fr_reduce};
use crate::ids::{CapsuleLeaf, CapsuleTag, IdentityLeaf, Nullifier, OperatorTag, StateTag};
use crate::poseidon::{hash_many, hash_tagged};
use alloy_primitives::B256;
use halo2curves::ff::Field;

/// Seconds of an epoch; a nullifier counts receipts within one.
pub const EPOCH_SECONDS: u64 = 3600;
/// Receipts that one identity may emit in one epoch.
pub const RECEIPTS_PER_EPOCH: u16 = 1024;

/// A receipt index outside the epoch's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "receipt index {index} in epoch {epoch} is not below 1024: this identity has used up its receipts of this hour"
)]
pub struct IndexOutOfRange {
    /// The epoch asked for.
    pub epoch: u64,
    /// The offending index.
    pub index: u16,
}

/// The epoch of a launch time in Unix seconds.
pub const fn epoch_of(launched_at: u64) -> u64 {
    launched_at / EPOCH_SECONDS
}

fn hide(name: &str, value: Fr, salt: &Fr) -> Fr {
    // A hidden tag equals a disclosed one only for a collision between differently tagged hashes.
    if *salt == Fr::ZERO { value } else { hash_tagged(name, value, *salt) }
}

/// `salt = 0 ? L : P(COMC; L, salt)`.
pub fn capsule_tag(l: CapsuleLeaf, salt: &Fr) -> CapsuleTag {
    hide("COMC", l.into(), salt).into()
}

/// `salt = 0 ? I : P(COMO; I, salt)`.
pub fn operator_tag(i: IdentityLeaf, salt: &Fr) -> OperatorTag {
    hide("COMO", i.into(), salt).into()
}

/// `F(STATE; w0..w4, salt)`.
pub fn state_tag(words: &[Fr; 5], salt: &Fr) -> StateTag {
    let [w0, w1, w2, w3, w4] = *words;
    hash_many("STATE", &[w0, w1, w2, w3, w4, *salt]).into()
}

/// `P(NUL; k, epoch·2^10 + index)`.
pub fn nullifier(k: &Fr, epoch: u64, index: u16) -> Result<Nullifier, IndexOutOfRange> {
    if index >= RECEIPTS_PER_EPOCH {
        return Err(IndexOutOfRange { epoch, index });
    }
    let slot = (u128::from(epoch) << 10) | u128::from(index);
    Ok(hash_tagged("NUL", *k, fr_from_u128(slot)).into())
}

/// A salt from the operator's secret and a fresh 32-byte nonce: `P(SALT; k, nonce mod r)`, never zero.
///
/// Zero would mean "disclosed"; the 2^-254 case is mapped to one.
pub fn derive_salt(k: &Fr, nonce: &[u8; 32]) -> Fr {
    let salt = hash_tagged("SALT", *k, fr_reduce(B256::new(*nonce)));
    if salt == Fr::ZERO { Fr::ONE } else { salt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::{hash2, tag, tag_n};

    #[test]
    fn tags_are_the_value_itself_or_a_commitment_of_its_own_kind() {
        let (v, s) = (Fr::from(11), Fr::from(12));
        assert_eq!(capsule_tag(v.into(), &Fr::ZERO).fr(), v);
        assert_eq!(operator_tag(v.into(), &Fr::ZERO).fr(), v);
        assert_eq!(capsule_tag(v.into(), &s).fr(), hash2(tag("COMC"), v, s));
        assert_eq!(operator_tag(v.into(), &s).fr(), hash2(tag("COMO"), v, s));
        assert_ne!(capsule_tag(v.into(), &s).fr(), operator_tag(v.into(), &s).fr());
    }

    #[test]
    fn state_tag_is_a_six_element_list() {
        let w = [1u64, 2, 3, 4, 5].map(Fr::from);
        let t = tag_n("STATE", 6);
        let expected =
            [2u64, 3, 4, 5, 6].map(Fr::from).into_iter().fold(Fr::from(1), |acc, x| hash2(t, acc, x));
        assert_eq!(state_tag(&w, &Fr::from(6)).fr(), expected);
    }

    #[test]
    fn nullifiers_end_at_1023_and_do_not_wrap_at_the_last_epoch() {
        let k = Fr::from(99);
        let last = nullifier(&k, u64::MAX, 1023).unwrap();
        let slot = fr_from_u128((u128::from(u64::MAX) << 10) + 1023);
        assert_eq!(last.fr(), hash2(tag("NUL"), k, slot));
        assert_eq!(nullifier(&k, 7, 1024), Err(IndexOutOfRange { epoch: 7, index: 1024 }));
    }

    #[test]
    fn salts_depend_on_key_and_nonce() {
        let k = Fr::from(5);
        assert_eq!(derive_salt(&k, &[0; 32]), hash2(tag("SALT"), k, Fr::ZERO));
        assert_ne!(derive_salt(&k, &[0; 32]), derive_salt(&k, &[1; 32]));
        assert_ne!(derive_salt(&k, &[0; 32]), derive_salt(&Fr::from(6), &[0; 32]));
    }

    #[test]
    fn epochs_are_hours() {
        assert_eq!([0, 3599, 3600, u64::MAX].map(epoch_of), [0, 0, 1, u64::MAX / 3600]);
    }
}
