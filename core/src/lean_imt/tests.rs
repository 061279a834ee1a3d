//! LeanIMT against the crate `lean-imt` and against a model that rebuilds the whole tree.

use super::*;
use crate::field::{fr_from_be, fr_to_be};
use alloy_primitives::hex;
use proptest::prelude::*;

fn text(x: Fr) -> String {
    if x == Fr::ZERO { "0".into() } else { hex::encode(fr_to_be(&x)) }
}

fn element(text: &str) -> Fr {
    if text == "0" { Fr::ZERO } else { fr_from_be(&hex::decode_to_array(text).unwrap()).unwrap() }
}

fn oracle_hash(nodes: Vec<String>) -> String {
    text(hash2(Fr::ZERO, element(&nodes[0]), element(&nodes[1])))
}

/// Rebuilds level by level: an odd last node moves up unchanged.
fn naive_root(leaves: &[Fr]) -> Fr {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| if let [l, r] = pair { hash2(Fr::ZERO, *l, *r) } else { pair[0] })
            .collect();
    }
    level.first().copied().unwrap_or(Fr::ZERO)
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u64),
    Update(usize, u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![3 => (1u64..60).prop_map(Op::Insert), 1 => (0usize..24, 0u64..60).prop_map(|(i, v)| Op::Update(i, v))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn follows_the_model_through_inserts_updates_and_removals(ops in prop::collection::vec(op(), 0..40)) {
        let mut tree = LeanImt::new();
        let mut model: Vec<Fr> = vec![];
        for op in ops {
            let (result, expected) = match op {
                Op::Insert(v) => {
                    let v = Fr::from(v);
                    let expected = match model.iter().position(|x| *x == v) {
                        Some(index) => Err(LeanImtError::LeafExists { index }),
                        None => { model.push(v); Ok(()) }
                    };
                    (tree.insert(v).map(|_| ()), expected)
                }
                Op::Update(index, v) => {
                    let v = Fr::from(v);
                    let expected = match model.get(index) {
                        None => Err(LeanImtError::Unset { index, size: model.len() }),
                        Some(old) if *old == Fr::ZERO => Err(LeanImtError::Removed { index }),
                        Some(_) => match model.iter().position(|x| v != Fr::ZERO && *x == v) {
                            Some(index) => Err(LeanImtError::LeafExists { index }),
                            None => { model[index] = v; Ok(()) }
                        },
                    };
                    (tree.update(index, v), expected)
                }
            };
            prop_assert_eq!(result, expected);
        }
        prop_assert_eq!(tree.root(), naive_root(&model));
        prop_assert_eq!(tree.leaves(), &model[..]);
        for (i, leaf) in model.iter().enumerate() {
            if *leaf == Fr::ZERO {
                prop_assert_eq!(tree.prove(i), Err(LeanImtError::Removed { index: i }));
            } else {
                let path = tree.prove(i).unwrap();
                prop_assert!(path.verify(*leaf, tree.root()));
                prop_assert!(!path.verify(*leaf + Fr::one(), tree.root()));
                prop_assert!(path.siblings.len() <= tree.depth());
                prop_assert_eq!(tree.index_of(*leaf), Some(i));
            }
        }
        prop_assert_eq!(tree.prove(model.len()), Err(LeanImtError::Unset { index: model.len(), size: model.len() }));
    }
}

#[test]
fn roots_and_paths_equal_those_of_the_lean_imt_crate() {
    let mut ours = LeanImt::new();
    let mut theirs = lean_imt::LeanIMT::new(oracle_hash);
    for v in 1u64..=37 {
        ours.insert(Fr::from(v)).unwrap();
        theirs.insert(text(Fr::from(v))).unwrap();
        assert_eq!(text(ours.root()), theirs.root().unwrap(), "after {v} leaves");
    }
    for index in [0, 17, 36] {
        let siblings: Vec<String> = ours.prove(index).unwrap().siblings.into_iter().map(text).collect();
        let (old, new) = (text(ours.leaf(index).unwrap()), Fr::from(1000 + index as u64));
        theirs.update(&old, text(new), &siblings).unwrap();
        ours.update(index, new).unwrap();
        assert_eq!(text(ours.root()), theirs.root().unwrap());
    }
}

#[test]
fn an_empty_tree_has_root_zero_and_a_single_leaf_is_its_own_root() {
    let mut tree = LeanImt::new();
    assert_eq!((tree.root(), tree.depth(), tree.is_empty()), (Fr::ZERO, 0, true));
    assert_eq!(tree.insert(Fr::ZERO), Err(LeanImtError::ZeroLeaf));
    tree.insert(Fr::from(5)).unwrap();
    assert_eq!((tree.root(), tree.depth()), (Fr::from(5), 0));
    assert_eq!(tree.prove(0), Ok(LeanPath::default()));
}

#[test]
fn paths_skip_levels_without_a_sibling_and_pack_their_bits() {
    let tree = LeanImt::from_leaves((1u64..=5).map(Fr::from)).unwrap();
    let last = tree.prove(4).unwrap();
    assert_eq!(last.index_bits, [true], "two levels without a sibling are absent");
    assert_eq!(tree.prove(3).unwrap().packed_index(), 0b011);
    let mut torn = tree.prove(3).unwrap();
    torn.index_bits.push(false);
    assert!(!torn.verify(Fr::from(4), tree.root()), "a path with a spare bit is malformed");
}
