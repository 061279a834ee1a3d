//! Tests of the link circuit: agreement with the definitions, every cell, every instance, proofs and the pinned key.

use super::{INSTANCES, K, Link, LinkCircuit, LinkProver, LinkWitness, instance, pinned_developer_key};
use crate::backend::{Srs, Verifier, VerifyError, keygen};
use crate::launch::opcode::{Op, Round};
use crate::launch::tests::classes::{classes, tamper_class};
use crate::launch::tests::{Cell, Column};
use crate::mock::{Violations, mock, violations};
use crate::statement::Statement;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use light_poseidon::{Poseidon, PoseidonBytesHasher, bytes_to_prime_field_element_be};
use nonos_core::capsule::{capsule_leaf, capsule_terms, digest_commitment, install_leaf};
use nonos_core::field::{fr_from_be, fr_to_be};
use nonos_core::{DigestCommitment, ManifestDigest, PolicyHash};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn random(seed: u64) -> LinkWitness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut commitment = [0; 32];
    rng.fill_bytes(&mut commitment);
    LinkWitness {
        k: Fr::random(&mut rng),
        terms: Fr::random(&mut rng),
        commitment: DigestCommitment(commitment),
    }
}

fn prover() -> &'static LinkProver {
    static PROVER: OnceLock<LinkProver> = OnceLock::new();
    PROVER.get_or_init(|| LinkProver::new(Srs::developer(K).unwrap()).unwrap())
}

/// P(NAME; a, b) by light-poseidon, from the ASCII bytes of the tag on.
fn oracle(name: &str, a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let mut tag = [0; 32];
    let text = format!("nonos1.{name}");
    tag[32 - text.len()..].copy_from_slice(text.as_bytes());
    let tag = bytes_to_prime_field_element_be(&tag).unwrap();
    let mut hasher = Poseidon::<ark_bn254::Fr>::with_domain_tag_circom(2, tag).unwrap();
    hasher.hash_bytes_be(&[&a, &b]).unwrap()
}

#[test]
fn links_satisfy_the_circuit_at_the_edges_too() {
    let mut witnesses: Vec<LinkWitness> = (0..8).map(random).collect();
    for (k, terms, byte) in [(Fr::ZERO, Fr::ZERO, 0), (-Fr::ONE, -Fr::ONE, 0xff), (Fr::ONE, Fr::ZERO, 0x80)] {
        witnesses.push(LinkWitness { k, terms, commitment: DigestCommitment([byte; 32]) });
    }
    for witness in witnesses {
        let circuit = LinkCircuit::new(&witness);
        assert_eq!(circuit.instance(), witness.instance());
        mock(K, &circuit, &witness.instance()).unwrap();
    }
}

#[test]
fn j_is_the_install_leaf_of_core_and_of_an_independent_poseidon() {
    let (policy, manifest) = (PolicyHash::from(Fr::from(77)), ManifestDigest::from([0xc3; 32]));
    let commitment = digest_commitment(&[5; 64], &[6; 32]);
    let k = random(20).k;
    let witness = LinkWitness { k, terms: capsule_terms(policy, manifest), commitment };
    let expected = install_leaf(&k, capsule_leaf(&commitment, policy, manifest));
    assert_eq!(witness.leaf(), expected);

    let half = |bytes: &[u8]| {
        let mut word = [0; 32];
        word[16..].copy_from_slice(bytes);
        word
    };
    let mut manifest_word = [0; 32];
    manifest_word[1..].copy_from_slice(&[0xc3; 31]);
    let terms = oracle("MAN", fr_to_be(&Fr::from(77)), manifest_word);
    let digest = oracle("DIG", half(&commitment.0[..16]), half(&commitment.0[16..]));
    let leaf = oracle("INST", fr_to_be(&k), oracle("CAP", digest, terms));
    let limbs = [half(&commitment.0[..16]), half(&commitment.0[16..])].map(|word| fr_from_be(&word).unwrap());
    let computed = [fr_from_be(&leaf).unwrap(), limbs[0], limbs[1]];
    assert_eq!(computed, instance(expected, &commitment));
    mock(K, &LinkCircuit::new(&witness), &computed).unwrap();
}

#[test]
fn the_shape_is_three_permutations_in_311_rows_and_does_not_depend_on_the_witness() {
    let shape = LinkCircuit::shape();
    assert_eq!((shape.sheet().permutations(), shape.sheet().len()), (3, 311));
    let fixed = |circuit: &LinkCircuit| {
        let sheet = circuit.sheet();
        let rows = sheet.rows().iter().enumerate();
        let rows =
            rows.map(|(i, row)| (row.round, row.op, sheet.constant(i), row.a.is_some(), row.b.is_some()));
        (rows.collect::<Vec<_>>(), sheet.copies().to_vec())
    };
    assert!(fixed(&shape) == fixed(&LinkCircuit::new(&random(1))));
    let used: BTreeSet<String> = shape.sheet().rows().iter().map(|row| format!("{:?}", row.op)).collect();
    assert_eq!(used, ["Hash", "Linear", "None", "One", "Square"].map(str::to_owned).into());
    assert!(shape.sheet().rows().iter().any(|row| row.round == Round::Partial));
}

fn found(circuit: &LinkCircuit, instance: &[Fr; INSTANCES]) -> Violations {
    violations(K, circuit, instance)
}

fn expect(names: &[&str]) -> Violations {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One cell at a time, then each value together with all its copies: everything that is assigned.
#[test]
fn every_cell_is_constrained_without_exception() {
    let mut circuit = LinkCircuit::new(&random(2));
    let instance = circuit.instance();
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let single: Vec<Vec<Cell>> = (0..circuit.sheet().len())
        .flat_map(|row| [(Column::A, row), (Column::B, row)])
        .filter(|cell| circuit.sheet().cell(*cell).is_some())
        .map(|cell| vec![cell])
        .collect();
    let values = classes(circuit.sheet());
    assert_eq!((single.len(), values.len()), (600, 600 - circuit.sheet().copies().len()));
    for cells in single.into_iter().chain(values) {
        let old: Vec<Fr> = cells.iter().map(|cell| circuit.sheet().cell(*cell).unwrap()).collect();
        for new in [old[0] + Fr::ONE, Fr::random(&mut rng)] {
            cells.iter().for_each(|cell| circuit.sheet_mut().tamper(*cell, new));
            assert!(!found(&circuit, &instance).is_empty(), "{cells:?} can be changed");
        }
        cells.iter().zip(old).for_each(|(cell, old)| circuit.sheet_mut().tamper(*cell, old));
    }
    assert!(found(&circuit, &instance).is_empty());
}

#[test]
fn every_instance_is_constrained_by_its_own_row() {
    let circuit = LinkCircuit::new(&random(4));
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -circuit.instance()[i]] {
            let mut wrong = circuit.instance();
            wrong[i] += change;
            assert_eq!(found(&circuit, &wrong), expect(&["linear: sum is the instance"]), "instance {i}");
        }
    }
}

/// The rows of the three hashes begin behind the instances, each with its two inputs.
fn input(circuit: &LinkCircuit, hash: usize, which: usize) -> Cell {
    let rows = circuit.sheet().rows().iter().enumerate();
    let starts: Vec<usize> = rows.filter(|(_, row)| row.op == Op::Hash).map(|(i, _)| i).collect();
    (Column::A, starts[hash] + which)
}

#[test]
fn another_secret_or_other_terms_break_the_hash_they_enter() {
    let circuit = LinkCircuit::new(&random(5));
    let (left, right) = ("hash: second word is the left input", "hash: third word is the right input");
    for (hash, which, gate) in [(2, 0, left), (1, 1, right)] {
        let mut wrong = circuit.clone();
        let cell = input(&circuit, hash, which);
        tamper_class(wrong.sheet_mut(), cell, Fr::from(9));
        assert_eq!(found(&wrong, &circuit.instance()), expect(&[gate]));
    }
}

#[test]
fn another_commitment_breaks_its_hash_whatever_the_instances_say() {
    let circuit = LinkCircuit::new(&random(6));
    let (left, right) = ("hash: second word is the left input", "hash: third word is the right input");
    for (which, gate) in [(0, left), (1, right)] {
        let mut wrong = circuit.clone();
        tamper_class(wrong.sheet_mut(), input(&circuit, 0, which), Fr::from(9));
        let mut instance = circuit.instance();
        instance[1 + which] = Fr::from(9);
        assert_eq!(found(&wrong, &instance), expect(&[gate]));
    }
}

#[test]
fn hashes_are_joined_by_copies() {
    let circuit = LinkCircuit::new(&random(7));
    for (hash, which) in [(1, 0), (2, 1)] {
        let mut wrong = circuit.clone();
        let (Column::A, row) = input(&circuit, hash, which) else { panic!("inputs stand in column a") };
        wrong.sheet_mut().tamper((Column::A, row), Fr::from(9));
        assert!(found(&wrong, &circuit.instance()).contains("copy"));
    }
}

#[test]
fn a_link_is_proven_and_neither_instances_nor_bytes_can_be_changed() {
    let witness = random(8);
    let (proof, shown) = prover().prove(&witness, [7; 32]).unwrap();
    assert_eq!(shown, instance(witness.leaf(), &witness.commitment));
    let verifier = prover().verifier();
    assert_eq!((proof.len(), verifier.proof_len()), (1248, 1248));
    verifier.verify(&proof, &shown).unwrap();
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -Fr::ONE, -shown[i], Fr::from(1 << 40)] {
            let mut wrong = shown;
            wrong[i] += change;
            let result = verifier.verify(&proof, &wrong);
            assert!(matches!(result, Err(VerifyError::Rejected)), "instance {i}: {result:?}");
        }
    }
    for at in 0..proof.len() {
        let mut wrong = proof.clone();
        wrong[at] ^= 1 << (at % 8);
        assert!(verifier.verify(&wrong, &shown).is_err(), "byte {at} can be changed");
    }
    assert!(verifier.verify(&proof[..proof.len() - 1], &shown).is_err());
    assert!(verifier.verify(&[&proof[..], &[0]].concat(), &shown).is_err());
    let padded = [&shown[..], &[Fr::ZERO]].concat();
    assert_eq!(verifier.verify(&proof, &padded), Err(VerifyError::InstanceCount { expected: 3, got: 4 }));
}

#[test]
fn a_link_does_not_serve_another_capsule_or_another_operator() {
    let (one, other) = (random(9), random(10));
    let (proof, _) = prover().prove(&one, [1; 32]).unwrap();
    let verifier = prover().verifier();
    verifier.verify(&proof, &instance(one.leaf(), &one.commitment)).unwrap();
    for (leaf, commitment) in [
        (one.leaf(), other.commitment),
        (other.leaf(), one.commitment),
        (LinkWitness { k: other.k, ..one.clone() }.leaf(), one.commitment),
    ] {
        assert_eq!(verifier.verify(&proof, &instance(leaf, &commitment)), Err(VerifyError::Rejected));
    }
    let (again, _) = prover().prove(&one, [2; 32]).unwrap();
    assert_ne!(proof, again, "blinded");
}

#[test]
fn the_key_does_not_depend_on_the_witness_and_is_the_pinned_one() {
    let srs = Srs::developer(K).unwrap();
    let key = keygen(&srs, &LinkCircuit::new(&random(11))).unwrap();
    let verifier = Verifier::new(&srs, key.get_vk(), &[INSTANCES]).unwrap();
    assert_eq!(verifier.key(), prover().verifier().key());
    assert_eq!(verifier.key(), pinned_developer_key(), "the circuit changed: pin the new key");
    assert_eq!((Link::K, Link::INSTANCES), (9, 3));
}
