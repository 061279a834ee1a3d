//! Each gate alone: a sheet with one gadget, one cheat, and exactly the constraint that has to notice.

use super::checker::Checker;
use super::classes::tamper_class;
use super::{Column::A, Column::B};
use crate::launch::bits::{extend, subset};
use crate::launch::glue::{is_zero, linear, measurement, select, zero};
use crate::launch::merkle::{Path, choose, membership};
use crate::launch::opcode::Op;
use crate::launch::poseidon::{hash, permutation};
use crate::launch::recurrence::{CHAIN, FIRST};
use crate::launch::sheet::{Sheet, Wire};
use crate::launch::{INSTANCES, LaunchCircuit};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::poseidon::{constants, hash2, tag};

const PRODUCT: &str = "product: product and linear terms cancel";
const LINEAR: &str = "linear: sum is the instance";
const MUX: &str = "mux: next is this or the candidate";

fn assert_violates(sheet: Sheet, expected: &[&str]) {
    Checker::new().assert_violates(&LaunchCircuit::from_sheet(sheet), &[Fr::ZERO; INSTANCES], expected);
}

fn fr(x: u64) -> Fr {
    Fr::from(x)
}

/// The rows of `P(ID; left, right)`, but with a permutation of `input`.
fn hash_of(input: [Fr; 3]) -> Sheet {
    let mut sheet = Sheet::new();
    let left = sheet.push(fr(3));
    sheet.push(fr(4));
    sheet.set_op(left.row(), Op::Hash);
    sheet.claim(left.row(), [tag("ID") + constants().round[0][0]]);
    permutation(&mut sheet, input);
    sheet
}

#[test]
fn hash_fixes_tag_and_order_of_its_inputs() {
    let t = tag("ID");
    assert_violates(hash_of([t, fr(3), fr(4)]), &[]);
    assert_violates(hash_of([tag("INST"), fr(3), fr(4)]), &["hash: first word is the tag"]);
    assert_violates(hash_of([Fr::ZERO, fr(3), fr(4)]), &["hash: first word is the tag"]);
    let swapped = ["hash: second word is the left input", "hash: third word is the right input"];
    assert_violates(hash_of([t, fr(4), fr(3)]), &swapped);
}

#[test]
fn hash_agrees_with_the_native_one_and_copies_bind_its_inputs() {
    let mut sheet = Sheet::new();
    let first = hash(&mut sheet, "ID", fr(1), fr(2));
    assert_eq!(first.out.value(), hash2(tag("ID"), fr(1), fr(2)));
    let mut other_secret = sheet.clone();
    hash(&mut sheet, "INST", first.left, first.out);
    assert_violates(sheet, &[]);
    hash(&mut other_secret, "INST", first.left.forged(fr(9)), first.out);
    assert_violates(other_secret, &["copy"]);
}

#[test]
fn rounds_of_the_permutation_are_forced() {
    let mut sheet = Sheet::new();
    let out = hash(&mut sheet, "ID", fr(1), fr(2)).out;
    let chain = 2 + 3 * (FIRST + 3);
    for word in 0..3 {
        let mut wrong = sheet.clone();
        wrong.tamper((A, out.row() + word), fr(5));
        assert_violates(wrong, &[&format!("full round: word {word} is mixed")]);
    }
    // The b cells that only `one` and `square` read: words 1 and 2 of round 6, the last x of the chain.
    let mut wrong = sheet.clone();
    wrong.tamper((B, chain - 1), fr(2));
    assert_violates(wrong, &["one: b is one"]);
    let mut wrong = sheet.clone();
    wrong.tamper((B, chain + CHAIN - 1), fr(2));
    assert_violates(wrong, &["square: b is the square of a"]);
    // The last x alone: neither the recurrence nor the copy into round 61 lets it go.
    sheet.tamper((A, chain + CHAIN - 1), fr(2));
    sheet.tamper((B, chain + CHAIN - 1), fr(4));
    assert_violates(sheet, &["copy", "partial round: recurrence holds"]);
}

/// A leaf and one level above it, with a permutation of `input` and the given bit.
fn level(bit: Fr, input: impl FnOnce(Fr, Fr) -> [Fr; 3]) -> Sheet {
    let mut sheet = Sheet::new();
    let leaf = hash(&mut sheet, "ID", fr(1), fr(2)).out;
    sheet.set_op(leaf.row(), Op::Merkle);
    sheet.set_b(leaf.row() + 1, fr(77));
    sheet.set_b(leaf.row() + 2, bit);
    permutation(&mut sheet, input(leaf.value(), fr(77)));
    sheet
}

#[test]
fn merkle_fixes_the_node_tag_the_order_and_the_bit() {
    let (second, third) = ("merkle: second word is the left child", "merkle: third word is the right child");
    assert_violates(level(fr(0), |node, sibling| [fr(0), node, sibling]), &[]);
    assert_violates(level(fr(1), |node, sibling| [fr(0), sibling, node]), &[]);
    assert_violates(level(fr(0), |node, sibling| [fr(0), sibling, node]), &[second, third]);
    assert_violates(level(fr(1), |node, sibling| [fr(0), node, sibling]), &[second, third]);
    assert_violates(level(fr(0), |node, _| [fr(0), node, fr(78)]), &[third]);
    assert_violates(level(fr(1), |node, _| [fr(0), fr(78), node]), &[second]);
    assert_violates(
        level(fr(0), |node, sibling| [tag("ID"), node, sibling]),
        &["merkle: first word is the node tag zero"],
    );
    let mixed = |node: Fr, sibling: Fr| [fr(0), sibling.double() - node, node.double() - sibling];
    assert_violates(level(fr(2), mixed), &["merkle: bit is boolean"]);
}

#[test]
fn an_inner_node_cannot_pass_for_an_identity_leaf() {
    // The tree is authentic and the path too, but it starts at an inner node instead of a leaf.
    let inner = hash2(Fr::ZERO, fr(50), fr(51));
    let mut sheet = Sheet::new();
    let leaf = hash(&mut sheet, "ID", fr(1), fr(2)).out;
    let path = Path { siblings: vec![fr(60), fr(61)], bits: vec![true, false], depth: 2 };
    let root = membership(&mut sheet, leaf.forged(inner), &path);
    assert_eq!(root.value(), hash2(Fr::ZERO, hash2(Fr::ZERO, fr(60), inner), fr(61)));
    tamper_class(&mut sheet, (A, leaf.row()), inner);
    assert_violates(sheet, &["full round: word 0 is mixed"]);
}

/// Three candidates 10, 11, 12 and the choice of one.
fn three(chosen: usize) -> (Sheet, Wire) {
    let mut sheet = Sheet::new();
    let candidates = [10, 11, 12].map(|x| sheet.push(fr(x)));
    let out = choose(&mut sheet, &candidates, chosen);
    (sheet, out)
}

#[test]
fn a_root_must_be_one_of_the_nodes() {
    for chosen in 0..3 {
        let (sheet, out) = three(chosen);
        assert_eq!(out.value(), fr(10 + chosen as u64));
        assert_violates(sheet, &[]);
        let (mut sheet, out) = three(chosen);
        sheet.tamper((B, out.row() - 1), fr(13));
        sheet.tamper((A, out.row()), fr(13));
        assert_violates(sheet, &[MUX]);
    }
    // Back to an earlier candidate after a later one was taken.
    let (mut sheet, out) = three(1);
    sheet.tamper((B, out.row() - 1), fr(10));
    sheet.tamper((A, out.row()), fr(10));
    assert_violates(sheet, &[MUX]);
}

#[test]
fn exchange_carries_values_between_the_columns() {
    let (mut sheet, out) = three(2);
    sheet.tamper((A, out.row()), fr(13));
    assert_violates(sheet, &["exchange: b moves to a"]);
    let (mut sheet, out) = three(2);
    sheet.tamper((B, out.row()), fr(13));
    assert_violates(sheet, &["exchange: a moves to b"]);
}

#[test]
fn an_index_of_1024_does_not_fit() {
    let (mut sheet, mut wrong) = (Sheet::new(), Sheet::new());
    for sheet in [&mut sheet, &mut wrong] {
        let epoch = sheet.push(fr(7));
        let slot = extend(sheet, epoch, &fr(1023), 10);
        assert_eq!(slot.value(), fr(7 * 1024 + 1023));
    }
    assert_violates(sheet, &[]);
    let last = wrong.len() - 1;
    wrong.tamper((A, last), fr(7 * 1024 + 1025));
    assert_violates(wrong, &["bits: bit of a is boolean"]);
}

#[test]
fn subsets_and_bits_of_the_superset_are_enforced() {
    let run = |small: u64, large: u64| {
        let mut sheet = Sheet::new();
        let zero = zero(&mut sheet);
        let ends = subset(&mut sheet, (zero, &fr(small)), (zero, &fr(large)), 8);
        assert_eq!((ends.small.value(), ends.large.value()), (fr(small), fr(large)));
        (sheet, ends)
    };
    for (small, large) in [(0, 0), (0, 255), (255, 255), (0b1010, 0b1110)] {
        assert_violates(run(small, large).0, &[]);
    }
    for (small, large) in [(1, 0), (128, 127), (0b1010, 0b0111)] {
        assert_violates(run(small, large).0, &["bits: bit of a implies bit of b"]);
    }
    let (mut sheet, ends) = run(0, 0);
    sheet.tamper((B, ends.small.row()), fr(2));
    sheet.tamper((A, ends.large.row()), fr(2));
    assert_violates(sheet, &["bits: bit of b is boolean"]);
}

#[test]
fn starts_of_a_subset_run_are_those_given() {
    let mut sheet = Sheet::new();
    let zero = zero(&mut sheet);
    // As if the superset had started at 1: it would gain the bit 2^4, a hole in the policy.
    subset(&mut sheet, (zero, &fr(3)), (zero.forged(fr(1)), &fr(7)), 4);
    assert_violates(sheet, &["copy"]);
}

#[test]
fn zero_is_zero() {
    let mut sheet = Sheet::new();
    let wire = zero(&mut sheet);
    sheet.tamper((A, wire.row()), fr(1));
    assert_violates(sheet, &[LINEAR]);
}

#[test]
fn neither_answer_of_the_zero_test_can_be_forged() {
    let mut sheet = Sheet::new();
    let salt = sheet.push(fr(5));
    let z = is_zero(&mut sheet, salt);
    assert_eq!(z.value(), fr(0));
    let mut wrong = sheet.clone();
    assert_violates(sheet, &[]);
    // "Disclosed" although there is a salt: with inv = 0 the first product agrees, the second does not.
    tamper_class(&mut wrong, (A, z.row()), fr(1));
    wrong.tamper((A, z.row() - 1), fr(0));
    assert_violates(wrong, &[PRODUCT]);
    // "Hidden" although the salt is zero, whatever inv is.
    for inverse in [0, 1, 9] {
        let mut sheet = Sheet::new();
        let salt = sheet.push(fr(0));
        let z = is_zero(&mut sheet, salt);
        assert_eq!(z.value(), fr(1));
        tamper_class(&mut sheet, (A, z.row()), fr(0));
        sheet.tamper((A, z.row() - 1), fr(inverse));
        assert_violates(sheet, &[PRODUCT]);
    }
}

#[test]
fn a_tag_is_the_value_or_its_commitment_as_the_flag_says() {
    for (flag, expected) in [(0, 21), (1, 20)] {
        let mut sheet = Sheet::new();
        let [z, shown, hidden] = [flag, 20, 21].map(|x| sheet.push(fr(x)));
        let tag = select(&mut sheet, z, shown, hidden);
        assert_eq!(tag.value(), fr(expected));
        let mut wrong = sheet.clone();
        assert_violates(sheet, &[]);
        wrong.tamper((A, tag.row()), fr(41 - expected));
        assert_violates(wrong, &[PRODUCT]);
    }
}

#[test]
fn linear_relations_hold() {
    let mut sheet = Sheet::new();
    let [x, ..] = linear(&mut sheet, fr(8).into(), (-fr(1), fr(2).into()), (-fr(2), fr(3).into()));
    let mut wrong = sheet.clone();
    assert_violates(sheet, &[]);
    wrong.tamper((A, x.row()), fr(9));
    assert_violates(wrong, &[LINEAR]);
}

#[test]
fn measurements_must_be_listed_unless_any_is_accepted() {
    let set = [31, 32, 33, 33].map(fr);
    let hash = nonos_core::poseidon::hash_many("MSET", &set);
    let run = |allowed: Fr, measured: u64, set: [Fr; 4]| {
        let mut sheet = Sheet::new();
        let [allowed, measured] = [allowed, fr(measured)].map(|x| sheet.push(x));
        measurement(&mut sheet, allowed, measured, &set);
        sheet
    };
    for measured in [31, 32, 33] {
        assert_violates(run(hash, measured, set), &[]);
    }
    assert_violates(run(Fr::ZERO, 99, set), &[]);
    assert_violates(run(Fr::ZERO, 99, [Fr::ZERO; 4]), &[]);
    assert_violates(run(hash, 99, set), &[PRODUCT]);
    // A set of the prover's own choice is not the one in the policy.
    assert_violates(run(hash, 99, [31, 32, 33, 99].map(fr)), &[PRODUCT]);
}
