//! Batches: one encoding, and leaves that are what the reference says.

use super::*;
use crate::merkle::verify_inclusion;
use alloy_primitives::{U256, address};
use proptest::collection::vec;
use proptest::prelude::*;

const ANCHOR: Address = address!("5FbDB2315678afecb367f032d93F642f64180aa3");
const RELAYER: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

fn record(leaves: &[[u8; 32]]) -> BatchRecord {
    BatchRecord::new(31337, ANCHOR, RELAYER, leaves.iter().map(|leaf| ReceiptLeaf::from(*leaf))).unwrap()
}

#[test]
fn the_id_is_the_hash_of_four_words() {
    let batch = record(&[[1; 32], [2; 32]]).batch;
    let words =
        [RELAYER.into_word(), batch.root, B256::from(U256::from(2)), keccak256([[1; 32], [2; 32]].concat())];
    assert_eq!(batch.id(), keccak256(words.concat()).into());
    assert_eq!(batch.encode().len(), BATCH_REF_BYTES);
    assert_eq!(BatchRef::decode(&batch.encode()).unwrap(), batch);
}

#[test]
fn a_reference_of_no_leaves_or_too_many_is_refused() {
    let mut batch = record(&[[1; 32]]).batch;
    for size in [0, MAX_BATCH_LEAVES as u32 + 1] {
        batch.size = size;
        let error = BatchRef::decode(&batch.encode()).unwrap_err();
        assert_eq!(error, BatchError::LeafCount { actual: size as usize });
    }
}

#[test]
fn size_root_and_commitment_are_those_of_the_leaves() {
    let good = record(&[[1; 32], [2; 32], [3; 32]]);
    let error = |change: fn(&mut BatchRecord)| {
        let mut bad = good.clone();
        change(&mut bad);
        BatchRecord::decode(&bad.encode()).unwrap_err()
    };
    assert!(matches!(error(|r| r.batch.size = 2), BatchError::Size { stated: 2, actual: 3 }));
    assert!(matches!(error(|r| r.batch.root = B256::ZERO), BatchError::Root { .. }));
    assert!(matches!(error(|r| r.batch.dataCommitment = B256::ZERO), BatchError::Commitment { .. }));
    assert!(matches!(error(|r| r.leaves.swap(0, 1)), BatchError::Root { .. }));
    assert!(matches!(error(|r| r.leaves.truncate(2)), BatchError::Size { stated: 3, actual: 2 }));
}

#[test]
fn the_number_of_leaves_is_bounded_both_ways() {
    let error = BatchRecord::new(1, ANCHOR, RELAYER, []).unwrap_err();
    assert_eq!(error, BatchError::LeafCount { actual: 0 });
    let leaf = ReceiptLeaf::from([1; 32]);
    let most = BatchRecord::new(1, ANCHOR, RELAYER, vec![leaf; MAX_BATCH_LEAVES]).unwrap();
    assert_eq!(most.encode().len(), MAX_BATCH_BYTES);
    assert_eq!(BatchRecord::decode(&most.encode()).unwrap(), most);
    let error = BatchRecord::new(1, ANCHOR, RELAYER, vec![leaf; MAX_BATCH_LEAVES + 1]).unwrap_err();
    assert_eq!(error, BatchError::LeafCount { actual: MAX_BATCH_LEAVES + 1 });
    let actual = MAX_BATCH_BYTES + 32;
    assert_eq!(BatchRecord::decode(&vec![0; actual]).unwrap_err(), BatchError::Length { actual });
}

proptest! {
    #[test]
    fn a_record_comes_back_and_every_leaf_is_provably_in_it(leaves in vec(any::<[u8; 32]>(), 1..70)) {
        let record = record(&leaves);
        let again = BatchRecord::decode(&record.encode()).unwrap();
        prop_assert_eq!(&again, &record);
        let size = leaves.len() as u64;
        for (index, leaf) in leaves.iter().enumerate() {
            let path = record.path(index).unwrap();
            prop_assert!(verify_inclusion(&leaf.into(), index as u64, size, &path, &record.batch.root).is_ok());
        }
    }

    #[test]
    fn no_changed_byte_gives_a_record_with_the_same_name(
        leaves in vec(any::<[u8; 32]>(), 1..9), at in any::<prop::sample::Index>(), flip in 1u8..
    ) {
        let record = record(&leaves);
        let mut bytes = record.encode();
        *at.get_mut(&mut bytes) ^= flip;
        if let Ok(other) = BatchRecord::decode(&bytes) {
            // Chain, anchor and relayer are free; the relayer is part of the id.
            prop_assert_eq!(other.encode(), bytes);
            prop_assert!(other.id() != record.id() || (other.chainId, other.anchor) != (record.chainId, record.anchor));
        }
    }

    #[test]
    fn junk_never_panics_and_is_never_large(bytes in vec(any::<u8>(), 0..700)) {
        prop_assert!(BatchRecord::decode(&bytes).is_err());
    }
}
