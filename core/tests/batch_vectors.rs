//! Trees of receipts and one real receipt, as data that the contracts' tests read.
//!
//! `batches.json` pins the roots of the trees of 1 to 40 leaves and one path in each. `launch_receipt.json` holds a receipt
//! that `nonos launch --disclose-operator` wrote on a development chain, with its digest and leaf: the contracts judge its
//! proof with the real verifier. It is to be made again when the circuit or its pinned key changes.

use alloy_primitives::{B256, Bytes, keccak256};
use nonos_core::batch::BatchRecord;
use nonos_core::merkle::{MerkleTree, verify_inclusion};
use nonos_core::receipt::Receipt;
use serde_json::{Value, json};

const SIZES: std::ops::RangeInclusive<usize> = 1..=40;

/// Leaf i of every tree.
fn leaf(i: usize) -> B256 {
    keccak256((i as u64).to_be_bytes())
}

/// The place whose path is pinned.
const fn place(size: usize) -> usize {
    size * 2 / 3
}

#[test]
fn trees_of_receipts_never_change() {
    let trees: Vec<MerkleTree> =
        SIZES.map(|size| MerkleTree::new((0..size).map(leaf)).expect("leaves")).collect();
    for tree in &trees {
        let (index, size) = (place(tree.size()), tree.size());
        let path = tree.path(index).expect("in the tree");
        verify_inclusion(&leaf(index), index as u64, size as u64, &path, &tree.root()).expect("included");
    }
    let roots: Vec<B256> = trees.iter().map(MerkleTree::root).collect();
    let paths: Vec<Vec<B256>> =
        trees.iter().map(|tree| tree.path(place(tree.size())).expect("in the tree")).collect();
    let now = json!({ "roots": roots, "paths": paths });
    let pinned: Value = serde_json::from_str(include_str!("batches.json")).expect("JSON");
    assert_eq!(now, pinned, "\n{}", serde_json::to_string_pretty(&now).unwrap_or_default());
}

#[test]
fn the_real_receipt_is_what_its_file_says() {
    let pinned: Value = serde_json::from_str(include_str!("launch_receipt.json")).expect("JSON");
    let bytes: Bytes = serde_json::from_value(pinned["receipt"].clone()).expect("hex");
    let receipt = Receipt::decode(&bytes).expect("a receipt");
    receipt.verify_self_contained().expect("signed");
    assert!(receipt.header.capsule_disclosed() && receipt.header.operator_disclosed());
    let record = BatchRecord::new(receipt.chainId, receipt.anchor, receipt.header.payee, [receipt.leaf()])
        .expect("a batch of one");
    assert_eq!(record.batch.root, B256::from(receipt.leaf()), "the root of one leaf is the leaf");
    let now = json!({
        "receipt": bytes,
        "digest": B256::from(receipt.digest()),
        "leaf": B256::from(receipt.leaf()),
    });
    assert_eq!(now, pinned, "\n{}", serde_json::to_string_pretty(&now).unwrap_or_default());
}
