//! Witness cells are changed one by one: the circuit must notice.
//!
//! Slots of one kind have the same selectors, so of the blocks the first and the last are tried, and of everything else
//! every cell.

use super::fixture::{binary, rng, witnesses};
use crate::install::layout::{OUT, SHAPE, block_slot};
use crate::install::{BLOCKS, CHUNK_BYTES, InstallCircuit, K};
use crate::mock;
use crate::sponge::checker::{Checker, classes};
use crate::sponge::gates::COLUMNS;
use crate::sponge::sheet::{Cell, Sheet};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use rand_core::RngCore;
use std::collections::BTreeSet;

fn is_tried(row: usize) -> bool {
    let slot = row % SHAPE.slots();
    slot <= block_slot(1) || (block_slot(BLOCKS - 1)..OUT).contains(&slot) || slot >= OUT
}

fn cells(sheet: &Sheet) -> impl Iterator<Item = (Cell, Fr)> + '_ {
    (0..1 << K)
        .filter(|row| is_tried(*row))
        .flat_map(|row| (0..COLUMNS).map(move |column| (column, row)))
        .filter_map(|cell| Some((cell, sheet.cell(cell)?)))
}

#[test]
fn no_cell_can_be_changed_without_its_copies() {
    for witness in witnesses(&binary(1, CHUNK_BYTES + 1_000)) {
        let mut circuit = InstallCircuit::new(&witness);
        let instance = circuit.instance();
        let checker = Checker::new(SHAPE);
        let sheet = circuit.sheet_mut();
        let copied: BTreeSet<Cell> = sheet.copies().iter().flat_map(|(l, r)| [*l, *r]).collect();
        let all: Vec<_> = cells(sheet).collect();
        let mut by_copy = 0;
        for (cell, value) in &all {
            sheet.tamper(*cell, *value + Fr::ONE);
            if checker.around(sheet, &instance, &[*cell]).is_empty() {
                assert!(copied.contains(cell), "{cell:?} is free");
                by_copy += 1;
            }
            sheet.tamper(*cell, *value);
        }
        println!("{} cells: every change noticed, {by_copy} of them by a copy alone", all.len());
        assert!(all.len() > 200_000, "{}", all.len());
    }
}

/// Every value of the arithmetic, changed in all its copies.
#[test]
fn every_value_with_copies_is_constrained_but_those_that_may_be_anything() {
    for (witness, expected) in witnesses(&binary(1, CHUNK_BYTES + 1_000)).iter().zip(EXPECTED_FREE) {
        let mut circuit = InstallCircuit::new(witness);
        let instance = circuit.instance();
        let checker = Checker::new(SHAPE);
        let sheet = circuit.sheet_mut();
        let mut random = rng(2);
        let mut free = vec![];
        for class in classes(sheet) {
            let old = sheet.cell(class[0]).unwrap();
            for new in [old + Fr::ONE, Fr::random(&mut random)] {
                class.iter().for_each(|cell| sheet.tamper(*cell, new));
                if checker.around(sheet, &instance, &class).is_empty() {
                    free.push(class.clone());
                }
                class.iter().for_each(|cell| sheet.tamper(*cell, old));
            }
        }
        free.dedup();
        assert_eq!(free.len(), expected, "{free:?}");
    }
}

/// In the first chunk any inverse of the position 0 does; in the last the difference of the digests is multiplied by zero.
const EXPECTED_FREE: [usize; 2] = [1, 1];

#[test]
fn the_fast_checker_and_halo2_find_the_same_violations() {
    let mut circuit = InstallCircuit::new(&witnesses(&binary(4, 300))[0]);
    let instance = circuit.instance();
    let checker = Checker::new(SHAPE);
    let mut random = rng(5);
    let mut compared = 0;
    while compared < 3 {
        let cell = (random.next_u32() as usize % COLUMNS, random.next_u32() as usize % (1 << K));
        let Some(value) = circuit.sheet().cell(cell) else { continue };
        circuit.sheet_mut().tamper(cell, value + Fr::ONE);
        assert_eq!(
            checker.all(circuit.sheet(), &instance),
            mock::violations(K, &circuit, &instance),
            "{cell:?}"
        );
        circuit.sheet_mut().tamper(cell, value);
        compared += 1;
    }
}
