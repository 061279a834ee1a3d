//! The scalar field of BN254 and its one encoding: 32 bytes, big-endian, canonical (< r).

use alloy_primitives::{B256, U256};
use halo2curves::ff::{FromUniformBytes, PrimeField};

pub use halo2curves::bn256::Fr;

/// The modulus r of [`Fr`], the order of BN254's G1 (EIP-197).
pub const MODULUS: U256 = U256::from_limbs([
    0x43e1_f593_f000_0001,
    0x2833_e848_79b9_7091,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

/// Why 32 bytes are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The integer is at least r; accepting it would give one element several encodings.
    #[error(
        "{value:#066x} is not below the BN254 scalar modulus: not canonical (x + r, or a hash that was not reduced?)"
    )]
    NonCanonical {
        /// The offending integer.
        value: U256,
    },
}

/// Decodes 32 big-endian bytes; only the canonical integer below r is accepted.
pub fn fr_from_be(bytes: &[u8; 32]) -> Result<Fr, FieldError> {
    let mut le = *bytes;
    le.reverse();
    Option::from(Fr::from_repr(le)).ok_or(FieldError::NonCanonical { value: U256::from_be_bytes(*bytes) })
}

/// Encodes as 32 big-endian bytes, canonical.
pub fn fr_to_be(x: &Fr) -> [u8; 32] {
    let mut bytes = x.to_repr();
    bytes.reverse();
    bytes
}

/// The field element of an integer below r.
pub fn fr_from_u256(x: U256) -> Result<Fr, FieldError> {
    fr_from_be(&x.to_be_bytes())
}

/// The canonical integer of a field element.
pub fn fr_to_u256(x: &Fr) -> U256 {
    U256::from_le_bytes(x.to_repr())
}

/// The residue modulo r of a 256-bit big-endian integer. Used where a hash has to become a field element.
pub fn fr_reduce(x: B256) -> Fr {
    let mut wide = [0u8; 64];
    for (w, b) in wide.iter_mut().zip(x.iter().rev()) {
        *w = *b;
    }
    Fr::from_uniform_bytes(&wide)
}

/// A 256-bit hash shifted right by one byte: its first 31 bytes as an integer, always canonical.
///
/// The protocol writes `keccak(..) >> 8`. Unlike a reduction it has one preimage class per value and needs no division
/// in Solidity.
pub fn fr_shr8(x: B256) -> Fr {
    let shifted: U256 = U256::from_be_bytes(x.0).wrapping_shr(8);
    // 248 bits are always below the 254-bit modulus, so reduction is the identity here.
    fr_reduce(B256::from(shifted))
}

/// A big-endian 128-bit integer as a field element.
pub fn fr_from_u128(x: u128) -> Fr {
    Fr::from_u128(x)
}

/// The two halves of a word as 128-bit big-endian integers, the most significant first: the way 256 bits that are no
/// field element enter a circuit.
pub fn fr_halves(x: B256) -> [Fr; 2] {
    let [l0, l1, l2, l3] = U256::from_be_bytes(x.0).into_limbs();
    [[l2, l3], [l0, l1]].map(|[low, high]| fr_from_u128((u128::from(high) << 64) | u128::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn modulus_is_the_first_integer_refused() {
        let err = FieldError::NonCanonical { value: MODULUS };
        assert_eq!(fr_from_u256(MODULUS), Err(err));
        assert_eq!(fr_from_u256(MODULUS - U256::from(1)), Ok(-Fr::one()));
        assert_eq!(fr_reduce(B256::from(MODULUS)), Fr::zero());
        assert!(
            err.to_string()
                .starts_with("0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001 ")
        );
    }

    proptest! {
        #[test]
        fn bytes_roundtrip_or_name_the_value(bytes in any::<[u8; 32]>()) {
            let value = U256::from_be_bytes(bytes);
            match fr_from_be(&bytes) {
                Ok(x) => { prop_assert!(value < MODULUS); prop_assert_eq!(fr_to_be(&x), bytes); prop_assert_eq!(fr_to_u256(&x), value); }
                Err(e) => { prop_assert!(value >= MODULUS); prop_assert_eq!(e, FieldError::NonCanonical { value }); }
            }
            prop_assert_eq!(fr_to_u256(&fr_reduce(B256::from(bytes))), value % MODULUS);
            prop_assert_eq!(fr_to_u256(&fr_shr8(B256::from(bytes))), value >> 8);
        }
    }
}
