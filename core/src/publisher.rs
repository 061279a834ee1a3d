//! The first leaf of a publisher's catalog, which makes catalog roots name their publisher.

use crate::field::{Fr, fr_halves};
use crate::poseidon::hash_tagged;
use alloy_primitives::B256;

/// `P(PUB; id_hi, id_lo)`: the leaf at index 0 of the catalog of publisher `id`.
///
/// The registry sets it when the publisher registers and never removes it. A LeanIMT root commits to its leaves, and
/// this one differs per publisher, so no two catalogs ever share a root: a receipt names the publisher by its catalog
/// root. The tag is its own, so the leaf is neither a capsule's nor a tree node. The limbs are the two halves of the id,
/// most significant first; both are below 2^128, so no two ids share a leaf.
pub fn publisher_leaf(id: B256) -> Fr {
    let [hi, lo] = fr_halves(id);
    hash_tagged("PUB", hi, lo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{fr_from_u128, fr_to_be};
    use crate::poseidon::{hash2, tag};
    use alloy_primitives::keccak256;

    #[test]
    fn leaf_follows_the_definition() {
        let mut id = B256::ZERO;
        (id[0], id[15], id[16], id[31]) = (1, 2, 3, 4);
        let expected = hash2(tag("PUB"), fr_from_u128((1 << 120) + 2), fr_from_u128((3 << 120) + 4));
        assert_eq!(publisher_leaf(id), expected);
    }

    /// The same value is pinned in contracts/test/Poseidon.t.sol.
    #[test]
    fn leaf_of_a_known_id_is_pinned() {
        let pinned = "0x285b7a6b0583afd4896b7e3813f49d4a69948350ad9ff2f73299639b287b2352";
        assert_eq!(B256::from(fr_to_be(&publisher_leaf(keccak256("publisher")))).to_string(), pinned);
    }
}
