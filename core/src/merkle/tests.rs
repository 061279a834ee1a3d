//! The batch tree against the recursive definition of RFC 9162.

use super::*;
use proptest::prelude::*;

/// RFC 9162 2.1.1: split at the largest power of two below n.
fn recursive_root(leaves: &[B256]) -> B256 {
    if let [one] = leaves {
        return *one;
    }
    let k = leaves.len().next_power_of_two() / 2;
    node(&recursive_root(&leaves[..k]), &recursive_root(&leaves[k..]))
}

/// RFC 9162 2.1.3.1.
fn recursive_path(index: usize, leaves: &[B256]) -> Vec<B256> {
    if leaves.len() == 1 {
        return vec![];
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut path, sibling) = if index < k {
        (recursive_path(index, &leaves[..k]), recursive_root(&leaves[k..]))
    } else {
        (recursive_path(index - k, &leaves[k..]), recursive_root(&leaves[..k]))
    };
    path.push(sibling);
    path
}

fn leaves(n: usize) -> Vec<B256> {
    (0..n).map(|i| leaf(&[&(i as u64).to_be_bytes()])).collect()
}

#[test]
fn shape_and_paths_follow_rfc_9162_for_all_small_sizes() {
    for n in 1..=33 {
        let leaves = leaves(n);
        let tree = MerkleTree::new(leaves.iter().copied()).unwrap();
        assert_eq!(tree.root(), recursive_root(&leaves), "size {n}");
        for (i, leaf) in leaves.iter().enumerate() {
            let path = tree.path(i).unwrap();
            assert_eq!(path, recursive_path(i, &leaves), "leaf {i} of {n}");
            assert_eq!(path.len(), path_len(i as u64, n as u64));
            assert_eq!(verify_inclusion(leaf, i as u64, n as u64, &path, &tree.root()), Ok(()));
        }
        let index = n as u64;
        assert_eq!(tree.path(n), Err(MerkleError::Index { index, size: index }));
    }
}

#[test]
fn an_empty_tree_is_refused() {
    assert_eq!(MerkleTree::new(Vec::<B256>::new()), Err(MerkleError::Empty));
    let any = B256::ZERO;
    assert_eq!(verify_inclusion(&any, 0, 0, &[], &any), Err(MerkleError::Index { index: 0, size: 0 }));
}

#[test]
fn an_inner_node_is_not_a_leaf() {
    let tree = MerkleTree::new(leaves(4)).unwrap();
    let inner = node(&tree.leaves()[0], &tree.leaves()[1]);
    let top = node(&tree.leaves()[2], &tree.leaves()[3]);
    // In a tree claimed to have two leaves the inner node would verify: the anchored size (4) is what refuses it.
    let err = verify_inclusion(&inner, 0, 4, &[top], &tree.root()).unwrap_err();
    assert_eq!(err, MerkleError::PathLength { index: 0, size: 4, expected: 2, actual: 1 });
    // And no leaf preimage hashes to it: the tags differ.
    let preimage = [tree.leaves()[0].as_slice(), tree.leaves()[1].as_slice()].concat();
    assert_ne!(leaf(&[&preimage]), inner);
}

proptest! {
    #[test]
    fn any_change_to_a_proof_is_refused(n in 2usize..40, pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), bit in 0usize..256) {
        let tree = MerkleTree::new(leaves(n)).unwrap();
        let (i, size) = (pick.index(n), n as u64);
        let (leaf, path, root) = (tree.leaves()[i], tree.path(i).unwrap(), tree.root());
        let j = other.index(n);
        if j != i {
            prop_assert!(verify_inclusion(&leaf, j as u64, size, &path, &root).is_err(), "wrong index");
        }
        let flip = |x: B256| { let mut x = x; x[bit / 8] ^= 1 << (bit % 8); x };
        let wrong_leaf = verify_inclusion(&flip(leaf), i as u64, size, &path, &root);
        prop_assert!(matches!(wrong_leaf, Err(MerkleError::Root { expected, .. }) if expected == root), "wrong leaf");
        let at = other.index(path.len());
        let mut bent = path.clone();
        bent[at] = flip(bent[at]);
        prop_assert!(matches!(verify_inclusion(&leaf, i as u64, size, &bent, &root), Err(MerkleError::Root { .. })), "bent path");
        let mut long = path.clone();
        long.push(root);
        for wrong in [&path[1..], &long[..]] {
            let expected = MerkleError::PathLength { index: i as u64, size, expected: path.len(), actual: wrong.len() };
            prop_assert_eq!(verify_inclusion(&leaf, i as u64, size, wrong, &root), Err(expected));
        }
    }

    #[test]
    fn outside_numbers_never_panic(index in any::<u64>(), size in any::<u64>(), len in 0usize..70) {
        let path = vec![B256::ZERO; len];
        let _ = verify_inclusion(&B256::ZERO, index, size, &path, &B256::ZERO);
        prop_assert!(path_len(index, size) <= 64);
    }
}
