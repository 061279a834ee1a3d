//! What an operator's identity leaf is made of.

use crate::field::{Fr, fr_from_u128, fr_shr8};
use crate::ids::IdentityLeaf;
use crate::poseidon::hash_tagged;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// `P(META; keccak256(abi.encode(A, controller, registry, chain)) >> 8, validUntil·2^32 + seq)`.
///
/// Ties an identity to its ed25519 root key A, to the account that controls it, to one registry on one chain, to an
/// expiry (Unix seconds) and to its place in the sequence of identities of A. Opaque to the launch circuit.
pub fn identity_meta(
    root_key: &[u8; 32],
    controller: Address,
    registry: Address,
    chain_id: u64,
    valid_until: u64,
    seq: u32,
) -> Fr {
    let encoded = (B256::new(*root_key), controller, registry, U256::from(chain_id)).abi_encode();
    let validity = (u128::from(valid_until) << 32) | u128::from(seq);
    hash_tagged("META", fr_shr8(keccak256(encoded)), fr_from_u128(validity))
}

/// `I = P(ID; k, meta)`, k being the operator's secret.
pub fn identity_leaf(k: &Fr, meta: &Fr) -> IdentityLeaf {
    hash_tagged("ID", *k, *meta).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::{hash2, tag};
    use alloy_primitives::address;
    use proptest::prelude::*;

    #[test]
    fn meta_hashes_four_abi_words_and_packs_the_validity() {
        let controller = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        let registry = address!("5FbDB2315678afecb367f032d93F642f64180aa3");
        let mut words = [0u8; 128];
        words[..32].fill(7);
        words[44..64].copy_from_slice(controller.as_slice());
        words[76..96].copy_from_slice(registry.as_slice());
        words[120..].copy_from_slice(&31337u64.to_be_bytes());
        let hash = fr_shr8(keccak256(words));
        let validity = Fr::from(1_800_000_000) * Fr::from(1 << 32) + Fr::from(3);
        assert_eq!(
            identity_meta(&[7; 32], controller, registry, 31337, 1_800_000_000, 3),
            hash2(tag("META"), hash, validity)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_argument_of_the_meta_counts(key in any::<[u8; 32]>(), c in any::<[u8; 20]>(), r in any::<[u8; 20]>(), chain in 0u64..1 << 60, until in 0u64..1 << 60, seq in 0u32..1 << 30) {
            let (c, r) = (Address::from(c), Address::from(r));
            let mut flipped = key;
            flipped[31] ^= 1;
            let flip = |a: Address| { let mut b = a.0.0; b[0] ^= 1; Address::from(b) };
            let base = identity_meta(&key, c, r, chain, until, seq);
            for other in [
                identity_meta(&flipped, c, r, chain, until, seq),
                identity_meta(&key, flip(c), r, chain, until, seq),
                identity_meta(&key, c, flip(r), chain, until, seq),
                identity_meta(&key, c, r, chain + 1, until, seq),
                identity_meta(&key, c, r, chain, until + 1, seq),
                identity_meta(&key, c, r, chain, until, seq + 1),
            ] {
                prop_assert_ne!(base, other);
            }
        }
    }
}
