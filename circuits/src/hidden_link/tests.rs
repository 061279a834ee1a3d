//! Tests of the hidden link circuit: agreement with the definitions, every cell, every lie, proofs and the pinned key.

use super::layout::{BLINDED, END_LANE, Inputs, PAD_LANE, ROUND, SHAPE, TAG, TAG_LANE, WINDOW};
use super::{
    HiddenLink, HiddenLinkCircuit, HiddenLinkProver, HiddenLinkWitness, INSTANCES, K, instance,
    pinned_developer_key,
};
use crate::backend::{Srs, Verifier, VerifyError, keygen};
use crate::mock::{Violations, mock, violations};
use crate::sponge::LANES;
use crate::sponge::checker::{Checker, classes};
use crate::sponge::gates::{C, COLUMNS, P};
use crate::sponge::sheet::Cell;
use crate::statement::Statement;
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::capsule::{blinded_commitment, capsule_leaf, capsule_terms, digest_commitment, install_leaf};
use nonos_core::poseidon::{hash2, tag};
use nonos_core::{BlindedCommitment, DigestCommitment, ManifestDigest, PolicyHash};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha3::{Digest, Sha3_256};
use std::collections::BTreeSet;
use std::sync::OnceLock;

fn random(seed: u64) -> HiddenLinkWitness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut bytes = || {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let (commitment, blinding) = (DigestCommitment(bytes()), bytes());
    HiddenLinkWitness { k: Fr::random(&mut rng), terms: Fr::random(&mut rng), commitment, blinding }
}

fn prover() -> &'static HiddenLinkProver {
    static PROVER: OnceLock<HiddenLinkProver> = OnceLock::new();
    PROVER.get_or_init(|| HiddenLinkProver::new(Srs::developer(K).unwrap()).unwrap())
}

/// A big-endian number of at most 31 bytes.
fn number(bytes: &[u8]) -> Fr {
    bytes.iter().fold(Fr::ZERO, |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
}

/// The instances written out, with no use of what the circuit or its witness calls.
fn by_definition(witness: &HiddenLinkWitness) -> [Fr; INSTANCES] {
    let HiddenLinkWitness { k, terms, commitment, blinding } = witness;
    let c = commitment.0;
    let digest = hash2(tag("DIG"), number(&c[..16]), number(&c[16..]));
    let leaf = hash2(tag("INST"), *k, hash2(tag("CAP"), digest, *terms));
    let mut message = c.to_vec();
    message.extend(b"nonos1.B");
    message.extend(blinding);
    let b: [u8; 32] = Sha3_256::digest(&message).into();
    [leaf, number(&b[..16]), number(&b[16..])]
}

fn names(names: &[&str]) -> Violations {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn hidden_links_satisfy_the_circuit_at_the_edges_too() {
    let mut witnesses: Vec<HiddenLinkWitness> = (0..8).map(random).collect();
    for (k, terms, byte) in [(Fr::ZERO, Fr::ZERO, 0), (-Fr::ONE, -Fr::ONE, 0xff), (Fr::ONE, Fr::ZERO, 0x80)] {
        let commitment = DigestCommitment([byte; 32]);
        witnesses.push(HiddenLinkWitness { k, terms, commitment, blinding: [byte; 32] });
        witnesses.push(HiddenLinkWitness { k, terms, commitment, blinding: [!byte; 32] });
    }
    let checker = Checker::new(SHAPE);
    for (i, witness) in witnesses.iter().enumerate() {
        let expected = by_definition(witness);
        assert_eq!(witness.instance(), expected);
        let circuit = HiddenLinkCircuit::new(witness);
        assert_eq!(circuit.instance(), expected);
        assert_eq!(checker.all(circuit.sheet(), &expected), Violations::new());
        if i % 4 == 0 {
            mock(K, &circuit, &expected).unwrap();
        }
    }
}

#[test]
fn j_and_b_are_those_of_core() {
    let (policy, manifest) = (PolicyHash::from(Fr::from(77)), ManifestDigest::from([0xc3; 32]));
    let commitment = digest_commitment(&[5; 64], &[6; 32]);
    let k = random(20).k;
    let terms = capsule_terms(policy, manifest);
    let witness = HiddenLinkWitness { k, terms, commitment, blinding: [7; 32] };
    let leaf = install_leaf(&k, capsule_leaf(&commitment, policy, manifest));
    assert_eq!(witness.leaf(), leaf);
    let expected = instance(leaf, &blinded_commitment(&commitment, &[7; 32]));
    assert_eq!(HiddenLinkCircuit::new(&witness).instance(), expected);
    // The link of the same install shows C where this one shows B, and the same J.
    let open = crate::link::LinkWitness { k, terms, commitment };
    assert_eq!(open.instance()[0], expected[0]);
}

#[test]
fn the_shape_is_the_install_circuits_without_absorption_and_does_not_depend_on_the_witness() {
    let mut cs = ConstraintSystem::<Fr>::default();
    HiddenLinkCircuit::configure(&mut cs);
    assert_eq!(cs.degree(), 5);
    assert_eq!([cs.num_advice_columns(), cs.num_fixed_columns(), cs.num_instance_columns()], [35, 6, 1]);
    assert_eq!(cs.permutation().get_columns().len(), 3);
    assert!(cs.lookups().is_empty());
    let gates: Vec<&str> = cs.gates().iter().map(|gate| gate.name()).collect();
    assert_eq!(gates, ["bits", "theta", "step", "shift", "poseidon", "mac"]);
    let (shape, filled) = (HiddenLinkCircuit::shape(), HiddenLinkCircuit::new(&random(1)));
    assert!(shape.sheet().copies() == filled.sheet().copies());
    let mut used = 0;
    for row in 0..SHAPE.rows() {
        assert_eq!(shape.sheet().fixed(row), filled.sheet().fixed(row), "row {row}");
        for column in 0..COLUMNS {
            let cell = shape.sheet().cell((column, row));
            assert_eq!(cell.is_some(), filled.sheet().cell((column, row)).is_some(), "({column}, {row})");
            used = if cell.is_some() { row } else { used };
        }
    }
    let usable = SHAPE.rows() - cs.blinding_factors() - 1;
    assert!(used < usable, "row {used} is used, {usable} can be");
    assert_eq!((WINDOW, shape.sheet().spare_strips()), (31, 59));
}

fn cells(circuit: &HiddenLinkCircuit) -> Vec<(Cell, Fr)> {
    let sheet = circuit.sheet();
    (0..SHAPE.rows())
        .flat_map(|row| (0..COLUMNS).map(move |column| (column, row)))
        .filter_map(|cell| Some((cell, sheet.cell(cell)?)))
        .collect()
}

/// One cell at a time: everything that is assigned.
#[test]
fn no_cell_can_be_changed_without_its_copies() {
    let mut circuit = HiddenLinkCircuit::new(&random(2));
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let all = cells(&circuit);
    let sheet = circuit.sheet_mut();
    let copied: BTreeSet<Cell> = sheet.copies().iter().flat_map(|(l, r)| [*l, *r]).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut by_copy = 0;
    for (cell, value) in &all {
        let mut noticed = true;
        // Another bit where it is one, what is none, and anything.
        for new in [Fr::ONE - value, *value + Fr::ONE, Fr::random(&mut rng)] {
            if new == *value {
                continue;
            }
            sheet.tamper(*cell, new);
            noticed &= !checker.around(sheet, &instance, &[*cell]).is_empty();
        }
        if !noticed {
            assert!(copied.contains(cell), "{cell:?} is free");
            by_copy += 1;
        }
        sheet.tamper(*cell, *value);
    }
    println!("{} cells: every change noticed, {by_copy} of them by a copy alone", all.len());
    assert_eq!((all.len(), by_copy), EXPECTED_CELLS);
}

/// Cells that are assigned, and how many of them a copy alone protects: where k and terms are first written.
const EXPECTED_CELLS: (usize, usize) = (68_300, 2);

/// Every value of the arithmetic, changed in all its copies.
#[test]
fn every_value_with_copies_is_constrained_without_exception() {
    let mut circuit = HiddenLinkCircuit::new(&random(4));
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let sheet = circuit.sheet_mut();
    let values = classes(sheet);
    assert_eq!(values.len(), 18);
    for class in &values {
        let old = sheet.cell(class[0]).unwrap();
        for new in [old + Fr::ONE, -old, Fr::ZERO, Fr::random(&mut rng)].into_iter().filter(|new| *new != old)
        {
            class.iter().for_each(|cell| sheet.tamper(*cell, new));
            assert!(!checker.around(sheet, &instance, class).is_empty(), "{class:?} can be changed");
        }
        class.iter().for_each(|cell| sheet.tamper(*cell, old));
    }
    assert_eq!(checker.all(sheet, &instance), Violations::new());
}

#[test]
fn the_fast_checker_and_halo2_find_the_same_violations() {
    let mut circuit = HiddenLinkCircuit::new(&random(6));
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let all = cells(&circuit);
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for _ in 0..24 {
        let (cell, value) = all[rng.next_u32() as usize % all.len()];
        circuit.sheet_mut().tamper(cell, value + Fr::ONE);
        let found = violations(K, &circuit, &instance);
        assert_eq!(checker.all(circuit.sheet(), &instance), found, "{cell:?}");
        assert!(!found.is_empty(), "{cell:?}");
        circuit.sheet_mut().tamper(cell, value);
    }
}

/// What a lie does to what is laid out.
type Change<T> = fn(&mut T);

/// What is violated by inputs that were changed, under instances that are claimed. Everything is laid out honestly for these
/// inputs; the public cells hold what is claimed.
fn lie(inputs: &Inputs, claimed: &[Fr; INSTANCES]) -> Violations {
    let mut circuit = HiddenLinkCircuit::from_inputs(inputs);
    for (i, value) in claimed.iter().enumerate() {
        circuit.sheet_mut().tamper((C, WINDOW + 1 + i), *value);
    }
    Checker::new(SHAPE).all(circuit.sheet(), claimed)
}

#[test]
fn another_secret_terms_c_or_blinding_is_another_statement() {
    let witness = random(8);
    let honest = witness.instance();
    assert_eq!(lie(&witness.inputs(), &honest), Violations::new());
    // Which of J, B_hi and B_lo each belongs to.
    let cases: [(&str, Change<Inputs>, [bool; 3]); 6] = [
        ("k", |inputs| inputs.k += Fr::ONE, [true, false, false]),
        ("terms", |inputs| inputs.terms += Fr::ONE, [true, false, false]),
        ("the first bit of C", |inputs| inputs.block[0] ^= 1, [true, true, true]),
        ("the last bit of C", |inputs| inputs.block[3] ^= 1 << 63, [true, true, true]),
        ("the first bit of ρ", |inputs| inputs.block[5] ^= 1, [false, true, true]),
        ("the last bit of ρ", |inputs| inputs.block[8] ^= 1 << 63, [false, true, true]),
    ];
    for (what, change, differs) in cases {
        let mut inputs = witness.inputs();
        change(&mut inputs);
        let own = HiddenLinkCircuit::from_inputs(&inputs).instance();
        assert_eq!(std::array::from_fn(|i| own[i] != honest[i]), differs, "{what}");
        assert_eq!(lie(&inputs, &own), Violations::new(), "{what}: true of other instances");
        assert_eq!(lie(&inputs, &honest), names(&["copy"]), "{what}");
        // With one of the honest instances among its own, too.
        for i in (0..INSTANCES).filter(|i| differs[*i]) {
            let mut claimed = own;
            claimed[i] = honest[i];
            assert_eq!(lie(&inputs, &claimed), names(&["copy"]), "{what}, instance {i}");
        }
    }
}

/// What is not C or ρ is fixed to the bit, whatever the instances are.
#[test]
fn tag_and_padding_are_exact() {
    let witness = random(9);
    let free = |lane: usize| lane < TAG_LANE || (TAG_LANE + 1..PAD_LANE).contains(&lane);
    for lane in (0..LANES).filter(|lane| !free(*lane)) {
        for bit in [0, 7, 31, 63] {
            let mut inputs = witness.inputs();
            inputs.block[lane] ^= 1 << bit;
            let own = HiddenLinkCircuit::from_inputs(&inputs).instance();
            assert_eq!(lie(&inputs, &own), names(&["copy"]), "lane {lane}, bit {bit}");
        }
    }
    let lies: [(&str, Change<[u64; LANES]>); 9] = [
        ("the tag of C", |block| block[TAG_LANE] = u64::from_le_bytes(*b"nonos1.C")),
        ("the tag of a state", |block| block[TAG_LANE] = u64::from_le_bytes(*b"nonos1.S")),
        ("the tag backwards", |block| block[TAG_LANE] = u64::from_be_bytes(TAG)),
        ("no tag", |block| block[TAG_LANE] = 0),
        ("Keccak's suffix", |block| block[PAD_LANE] = 0x01),
        ("SHAKE's suffix", |block| block[PAD_LANE] = 0x1f),
        ("a longer message", |block| (block[PAD_LANE], block[PAD_LANE + 1]) = (5, 6)),
        ("no last bit", |block| block[END_LANE] = 0),
        ("the last bit where SHA3-512 has it", |block| (block[8], block[END_LANE]) = (1 << 63, 0)),
    ];
    for (what, change) in lies {
        let mut inputs = witness.inputs();
        change(&mut inputs.block);
        let own = HiddenLinkCircuit::from_inputs(&inputs).instance();
        assert_eq!(lie(&inputs, &own), names(&["copy"]), "{what}");
    }
}

/// Each of the three instances is compared with a cell of its own row.
#[test]
fn every_instance_is_constrained_by_its_own_row() {
    let circuit = HiddenLinkCircuit::new(&random(10));
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -circuit.instance()[i], Fr::from(1 << 40)] {
            let mut wrong = circuit.instance();
            wrong[i] += change;
            let found = Checker::new(SHAPE).all(circuit.sheet(), &wrong);
            assert_eq!(found, names(&["mac: sum"]), "instance {i}");
            assert_eq!(violations(K, &circuit, &wrong), found);
        }
    }
}

/// A bit of every kind of word, and who notices.
#[test]
fn flipped_bits_break_the_gates_that_read_them() {
    let mut circuit = HiddenLinkCircuit::new(&random(11));
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let row = |slot: usize, bit: usize| SHAPE.row(slot, bit);
    let state: &[&str] = &["shift: word is packed", "step: next slot"];
    let cases: [(&str, Cell, &[&str]); 8] = [
        ("C", (0, row(0, 9)), state),
        ("ρ", (0, row(1, 9)), state),
        ("the last plane of the block", (0, row(ROUND - 1, 9)), state),
        ("lane of a round", (3, row(ROUND + 2, 9)), &["step: next slot", "theta: parity of a column"]),
        ("parity before", (C + 1, row(ROUND + 2, 9)), &["step: next slot", "theta: what theta adds"]),
        (
            "parity after",
            (P + 1, row(ROUND + 2, 9)),
            &["step: next slot", "theta: parity of a column", "theta: what theta adds"],
        ),
        ("B", (0, row(BLINDED, 9)), state),
        ("sum of bits", (C, row(BLINDED, 9)), &["shift: word is packed"]),
    ];
    for (what, cell, expected) in cases {
        let value = circuit.sheet().cell(cell).unwrap();
        circuit.sheet_mut().tamper(cell, Fr::ONE - value);
        assert_eq!(checker.around(circuit.sheet(), &instance, &[cell]), names(expected), "{what}");
        circuit.sheet_mut().tamper(cell, value + Fr::from(2));
        assert!(!checker.around(circuit.sheet(), &instance, &[cell]).is_empty(), "{what} is not a bit");
        circuit.sheet_mut().tamper(cell, value);
    }
}

#[test]
fn a_hidden_link_is_proven_and_neither_instances_nor_bytes_can_be_changed() {
    let witness = random(12);
    let (proof, shown) = prover().prove(&witness, [7; 32]).unwrap();
    assert_eq!(shown, instance(witness.leaf(), &witness.blinded()));
    assert_eq!(shown, by_definition(&witness));
    let verifier = prover().verifier();
    assert_eq!((proof.len(), verifier.proof_len()), (PROOF_BYTES, PROOF_BYTES));
    verifier.verify(&proof, &shown).unwrap();
    for i in 0..INSTANCES {
        for change in [Fr::ONE, -Fr::ONE, -shown[i], Fr::from(1 << 40)] {
            let mut wrong = shown;
            wrong[i] += change;
            let result = verifier.verify(&proof, &wrong);
            assert!(matches!(result, Err(VerifyError::Rejected)), "instance {i}: {result:?}");
        }
    }
    for at in (0..proof.len()).step_by(7) {
        let mut wrong = proof.clone();
        wrong[at] ^= 1 << (at % 8);
        assert!(verifier.verify(&wrong, &shown).is_err(), "byte {at} can be changed");
    }
    assert!(verifier.verify(&proof[..proof.len() - 1], &shown).is_err());
    assert!(verifier.verify(&[&proof[..], &[0]].concat(), &shown).is_err());
    let padded = [&shown[..], &[Fr::ZERO]].concat();
    assert_eq!(verifier.verify(&proof, &padded), Err(VerifyError::InstanceCount { expected: 3, got: 4 }));
}

/// Bytes of a proof.
const PROOF_BYTES: usize = 6_432;

#[test]
fn a_hidden_link_serves_no_other_capsule_operator_or_file() {
    let (one, other) = (random(13), random(14));
    let (proof, _) = prover().prove(&one, [1; 32]).unwrap();
    let verifier = prover().verifier();
    verifier.verify(&proof, &instance(one.leaf(), &one.blinded())).unwrap();
    let reblinded = HiddenLinkWitness { blinding: [9; 32], ..one.clone() };
    for (leaf, blinded) in [
        (one.leaf(), other.blinded()),
        (other.leaf(), one.blinded()),
        (HiddenLinkWitness { k: other.k, ..one.clone() }.leaf(), one.blinded()),
        (one.leaf(), reblinded.blinded()),
        (one.leaf(), BlindedCommitment(one.commitment.0)),
    ] {
        assert_eq!(verifier.verify(&proof, &instance(leaf, &blinded)), Err(VerifyError::Rejected));
    }
    let (again, _) = prover().prove(&one, [2; 32]).unwrap();
    assert_ne!(proof, again, "blinded");
}

#[test]
fn the_key_does_not_depend_on_the_witness_and_is_the_pinned_one() {
    let srs = Srs::developer(K).unwrap();
    let key = keygen(&srs, &HiddenLinkCircuit::new(&random(15))).unwrap();
    let verifier = Verifier::new(&srs, key.get_vk(), &[INSTANCES]).unwrap();
    assert_eq!(verifier.key(), prover().verifier().key());
    assert_eq!(verifier.key(), pinned_developer_key(), "the circuit changed: pin the new key");
    assert_eq!((HiddenLink::K, HiddenLink::INSTANCES), (13, 3));
}
