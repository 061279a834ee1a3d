//! Blobs of leaves against the ceremony's points: encoding and evidence, and the vectors that the Solidity tests take.

use alloy_primitives::{B256, U256, hex, keccak256};
use nonos_contracts::blob::{
    BLOB_BYTES, BLS_MODULUS, BlobError, BlobFault, ELEMENTS, LeafBlob, challenge_point, element_point,
};
use nonos_core::batch::is_versioned_hash;
use nonos_core::merkle::MerkleTree;
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/test/vectors/blobs.json");

fn leaves(count: u32) -> Vec<B256> {
    (0..count).map(|i| keccak256(i.to_be_bytes())).collect()
}

fn root(leaves: &[B256]) -> B256 {
    MerkleTree::new(leaves.iter().copied()).expect("leaves").root()
}

/// The blob of these leaves with one element changed.
fn tampered(leaves: &[B256], element: usize, value: U256) -> LeafBlob {
    let mut bytes = LeafBlob::encode(leaves).expect("a blob").bytes().to_vec();
    bytes[element * 32..(element + 1) * 32].copy_from_slice(&value.to_be_bytes::<32>());
    LeafBlob::from_bytes(&bytes).expect("still a blob")
}

fn case(name: &str, blob: &LeafBlob, leaves: &[B256], root: B256, elements: &[u32]) -> Value {
    let hash = blob.versioned_hash();
    let data = leaves.concat();
    let z = challenge_point(hash, &data);
    let (proof, y) = blob.open(z).expect("an opening");
    let element = |index: &u32| {
        let (proof, value) = blob.open(element_point(*index)).expect("an opening");
        json!({ "index": index, "value": value, "proof": proof })
    };
    let elements: Vec<_> = elements.iter().map(element).collect();
    json!({
        "name": name, "size": leaves.len(), "root": root, "leaves": hex::encode_prefixed(&data), "commitment": blob.commitment(),
        "versionedHash": hash, "z": B256::from(z.to_be_bytes::<32>()), "y": y, "proof": proof, "elements": elements,
    })
}

#[test]
fn the_vectors_of_the_solidity_tests_are_fresh() {
    let three = leaves(3);
    let full = leaves(2048);
    let blob = LeafBlob::encode(&three).expect("a blob");
    let wide = tampered(&three, 4, U256::ONE << 128);
    let tail = tampered(&three, 4095, U256::ONE);
    let cases = [
        case("three leaves", &blob, &three, root(&three), &[0, 1, 4, 5, 6, 4095]),
        case("one leaf", &LeafBlob::encode(&three[..1]).unwrap(), &three[..1], root(&three[..1]), &[0, 1, 2]),
        case("full", &LeafBlob::encode(&full).unwrap(), &full, root(&full), &[0, 2047, 2048, 4095]),
        case("wide element", &wide, &three, root(&three), &[4, 5]),
        case("tail", &tail, &three, root(&three), &[4095, 6]),
        case("other leaves", &blob, &three, root(&leaves(4)[1..]), &[0, 5]),
    ];
    let text = serde_json::to_string_pretty(&json!({ "cases": cases })).expect("text") + "\n";
    if std::env::var_os("NONOS_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &text).expect("written");
    }
    assert!(std::fs::read_to_string(FILE).expect(FILE) == text, "{FILE} is not fresh: NONOS_WRITE_VECTORS=1");
}

#[test]
fn leaves_come_back_and_an_honest_blob_has_no_fault() {
    for count in [1, 2, 3, 1024, 2047, 2048] {
        let leaves = leaves(count);
        let blob = LeafBlob::encode(&leaves).expect("a blob");
        assert_eq!(blob.decode(count), Ok(leaves.clone()));
        assert_eq!(blob.fault(count, root(&leaves)), Ok(None));
        assert!(is_versioned_hash(&blob.versioned_hash()));
    }
}

#[test]
fn every_wrong_blob_has_a_fault_with_evidence() {
    let three = leaves(3);
    let wide = U256::ONE << 128;
    for (element, value) in [(0, wide), (5, BLS_MODULUS - U256::ONE), (6, U256::ONE), (4095, wide)] {
        let blob = tampered(&three, element, value);
        let fault = blob.fault(3, root(&three)).expect("evidence").expect("a fault");
        let BlobFault::Element { index, value: shown, .. } = fault else { panic!("{fault:?}") };
        assert_eq!((index as usize, U256::from_be_bytes(shown.0)), (element, value));
    }
    // Half a leaf that is another one, a blob of fewer leaves, and a blob that the relayer has of another batch.
    for (blob, size) in [
        (tampered(&three, 1, U256::from(7)), 3),
        (LeafBlob::encode(&three[..2]).expect("a blob"), 3),
        (LeafBlob::encode(&leaves(2048)).expect("a blob"), 2048),
    ] {
        let fault = blob.fault(size, root(&three)).expect("evidence").expect("a fault");
        let BlobFault::Leaves { leaves, .. } = fault else { panic!("{fault:?}") };
        assert_eq!(leaves.len(), size as usize * 32);
    }
    // Leaves of a larger batch stand where nothing may be.
    let larger = LeafBlob::encode(&leaves(4)).expect("a blob").fault(3, root(&three)).expect("evidence");
    assert!(matches!(larger, Some(BlobFault::Element { index: 6, .. })), "{larger:?}");
}

#[test]
fn what_is_no_blob_is_refused() {
    assert_eq!(LeafBlob::encode(&[]), Err(BlobError::LeafCount(0)));
    assert_eq!(LeafBlob::encode(&leaves(2049)), Err(BlobError::LeafCount(2049)));
    assert_eq!(LeafBlob::from_bytes(&[0; 31]), Err(BlobError::Length(31)));
    let mut bytes = vec![0; BLOB_BYTES];
    bytes[..32].copy_from_slice(&BLS_MODULUS.to_be_bytes::<32>());
    assert!(matches!(LeafBlob::from_bytes(&bytes), Err(BlobError::Kzg(_))));
}

#[test]
fn points_of_elements_are_roots_of_unity_in_bit_reversed_order() {
    let order = U256::from(ELEMENTS);
    assert_eq!(element_point(0), U256::ONE);
    assert_eq!(element_point(1), BLS_MODULUS - U256::ONE, "-1, of order 2");
    for index in [2, 3, 5, 100, 4095] {
        assert_eq!(element_point(index).pow_mod(order, BLS_MODULUS), U256::ONE);
    }
    assert_ne!(element_point(2048).pow_mod(order / U256::from(2), BLS_MODULUS), U256::ONE, "primitive");
}
