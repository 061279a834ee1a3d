//! Selective disclosure: salted leaves under `header.disclosures`, opened one by one.
//!
//! leaf = `keccak256(0x00 ‖ keccak256(abi.encode(bytes16 salt, string name, bytes value)))`, tree as in [`crate::merkle`],
//! root = `keccak256(0x02 ‖ uint32 size ‖ treeRoot)`. The size is part of the root because no batch record states it
//! for disclosures: without it one opening would verify under several (index, size) pairs. No values: zero root.

use crate::merkle::{self, MerkleError, MerkleTree};
use crate::receipt::Opening;
use alloy_primitives::{B256, FixedBytes, Keccak256, keccak256};
use alloy_sol_types::SolValue;

/// Tag byte of the sized root's preimage.
pub const ROOT_TAG: u8 = 0x02;
/// Most values under one root: paths of 16 nodes.
pub const MAX_VALUES: usize = 1 << 16;

/// Why an opening was refused, or values could not be committed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// More values than a path can reach.
    #[error("{0} values: one receipt commits to at most 65536")]
    TooMany(usize),
    /// Index or path do not fit the size.
    #[error(transparent)]
    Path(#[from] MerkleError),
    /// The opening leads elsewhere.
    #[error(
        "the opening leads to {actual}, not to the receipt's disclosures {expected}: wrong salt, name, value or place"
    )]
    Root {
        /// `header.disclosures`.
        expected: B256,
        /// Where the opening led.
        actual: B256,
    },
}

/// A value with its salt, before it is committed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Secret {
    /// Sixteen random bytes: without them a value could be guessed from its leaf.
    pub salt: FixedBytes<16>,
    /// What the value is.
    pub name: String,
    /// The value.
    pub value: Vec<u8>,
}

/// The values of one receipt, committed to.
#[derive(Clone, Debug)]
pub struct Disclosures {
    secrets: Vec<Secret>,
    tree: Option<MerkleTree>,
}

/// The leaf of a salted value.
pub fn leaf(salt: &FixedBytes<16>, name: &str, value: &[u8]) -> B256 {
    let encoded = (*salt, name, value).abi_encode_params();
    merkle::leaf(&[keccak256(encoded).as_slice()])
}

fn sized_root(size: u32, tree_root: &B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update([ROOT_TAG]);
    hasher.update(size.to_be_bytes());
    hasher.update(tree_root);
    hasher.finalize()
}

impl Disclosures {
    /// Commits to values in order.
    pub fn new(secrets: Vec<Secret>) -> Result<Self, DisclosureError> {
        if secrets.len() > MAX_VALUES {
            return Err(DisclosureError::TooMany(secrets.len()));
        }
        let leaves = secrets.iter().map(|s| leaf(&s.salt, &s.name, &s.value));
        let tree = if secrets.is_empty() { None } else { Some(MerkleTree::new(leaves)?) };
        Ok(Self { secrets, tree })
    }

    fn size(&self) -> u32 {
        u32::try_from(self.secrets.len()).unwrap_or(u32::MAX)
    }

    /// What goes into `header.disclosures`.
    pub fn root(&self) -> B256 {
        self.tree.as_ref().map_or(B256::ZERO, |tree| sized_root(self.size(), &tree.root()))
    }

    /// The values, in order.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// Opens the value at an index.
    pub fn open(&self, index: u32) -> Result<Opening, DisclosureError> {
        let outside = MerkleError::Index { index: index.into(), size: self.size().into() };
        let at = usize::try_from(index).map_err(|_| outside)?;
        let (Some(secret), Some(tree)) = (self.secrets.get(at), &self.tree) else {
            return Err(outside.into());
        };
        Ok(Opening {
            salt: secret.salt,
            name: secret.name.clone(),
            value: secret.value.clone().into(),
            index,
            size: self.size(),
            path: tree.path(at)?,
        })
    }
}

/// Verifies an opening against `header.disclosures`.
pub fn verify(opening: &Opening, disclosures: &B256) -> Result<(), DisclosureError> {
    let leaf = leaf(&opening.salt, &opening.name, &opening.value);
    let tree_root = merkle::root_from_path(&leaf, opening.index.into(), opening.size.into(), &opening.path)?;
    let actual = sized_root(opening.size, &tree_root);
    if actual == *disclosures {
        Ok(())
    } else {
        Err(DisclosureError::Root { expected: *disclosures, actual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(n: usize) -> Vec<Secret> {
        (0..n)
            .map(|i| Secret {
                salt: FixedBytes::repeat_byte(i as u8),
                name: format!("name-{i}"),
                value: vec![i as u8; i],
            })
            .collect()
    }

    #[test]
    fn leaf_is_the_tagged_double_hash_of_the_abi_encoding() {
        let mut abi = vec![];
        abi.extend([0xaa; 16]);
        abi.extend([0; 16]);
        for word in [0x60u8, 0xa0] {
            abi.extend([0; 31]);
            abi.push(word);
        }
        for text in [b"exit", &[1, 2, 3, 4]] {
            abi.extend([0; 31]);
            abi.push(4);
            abi.extend(text);
            abi.extend([0; 28]);
        }
        let mut tagged = vec![0u8];
        tagged.extend(keccak256(abi));
        assert_eq!(leaf(&FixedBytes::repeat_byte(0xaa), "exit", &[1, 2, 3, 4]), keccak256(tagged));
    }

    #[test]
    fn no_values_have_the_zero_root_and_nothing_opens_it() {
        let none = Disclosures::new(vec![]).unwrap();
        assert_eq!(none.root(), B256::ZERO);
        assert_eq!(none.open(0), Err(MerkleError::Index { index: 0, size: 0 }.into()));
        let mut opening = Disclosures::new(secrets(1)).unwrap().open(0).unwrap();
        assert!(matches!(verify(&opening, &B256::ZERO), Err(DisclosureError::Root { .. })));
        opening.size = 0;
        assert_eq!(verify(&opening, &B256::ZERO), Err(MerkleError::Index { index: 0, size: 0 }.into()));
    }

    #[test]
    fn one_opening_has_one_place() {
        // Leaf 1 of 3 and leaf 1 of 4 have paths of the same shape; the sized root tells them apart.
        let d = Disclosures::new(secrets(4)).unwrap();
        let mut opening = d.open(1).unwrap();
        opening.size = 3;
        assert!(matches!(verify(&opening, &d.root()), Err(DisclosureError::Root { .. })));
    }

    proptest! {
        #[test]
        fn every_value_opens_and_every_change_is_refused(n in 1usize..20, pick in any::<prop::sample::Index>()) {
            let d = Disclosures::new(secrets(n)).unwrap();
            let i = pick.index(n) as u32;
            let opening = d.open(i).unwrap();
            prop_assert_eq!(verify(&opening, &d.root()), Ok(()));
            let mut changed = vec![opening.clone(); 5];
            changed[0].salt.0[0] ^= 1;
            changed[1].name.push('x');
            changed[2].value = [&opening.value[..], &[0]].concat().into();
            changed[3].size += 1;
            changed[4].index = (i + 1) % n as u32;
            for (k, bad) in changed.iter().enumerate() {
                if *bad != opening {
                    prop_assert!(verify(bad, &d.root()).is_err(), "change {}", k);
                }
            }
        }
    }
}
