//! Witness cells are changed one by one: the circuit must notice.
//!
//! Slots of one kind have the same selectors, so of the blocks the first and the last are tried, and of everything else
//! every cell.

use super::checker::Checker;
use super::fixture::{binary, rng, witnesses};
use crate::install::gates::COLUMNS;
use crate::install::layout::{OUT, block_slot};
use crate::install::sheet::{Cell, Sheet};
use crate::install::{BLOCKS, CHUNK_BYTES, InstallCircuit, K, SLOTS};
use crate::mock;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn is_tried(row: usize) -> bool {
    let slot = row % SLOTS;
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
        let checker = Checker::new();
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
        let checker = Checker::new();
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

/// Cells that are tied together, of two and more.
fn classes(sheet: &Sheet) -> Vec<Vec<Cell>> {
    fn root(parent: &HashMap<Cell, Cell>, mut cell: Cell) -> Cell {
        while let Some(next) = parent.get(&cell).filter(|next| **next != cell) {
            cell = *next;
        }
        cell
    }
    let mut parent: HashMap<Cell, Cell> = HashMap::new();
    let ends: BTreeSet<Cell> = sheet.copies().iter().flat_map(|(l, r)| [*l, *r]).collect();
    for (left, right) in sheet.copies() {
        let (left, right) = (root(&parent, *left), root(&parent, *right));
        parent.insert(left.max(right), left.min(right));
    }
    let mut grouped: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
    for cell in ends {
        grouped.entry(root(&parent, cell)).or_default().push(cell);
    }
    grouped.into_values().collect()
}

#[test]
fn the_fast_checker_and_halo2_find_the_same_violations() {
    let mut circuit = InstallCircuit::new(&witnesses(&binary(4, 300))[0]);
    let instance = circuit.instance();
    let checker = Checker::new();
    let mut random = rng(5);
    let mut compared = 0;
    while compared < 3 {
        let cell = (random.next_u32() as usize % COLUMNS, random.next_u32() as usize % (1 << K));
        let Some(value) = circuit.sheet().cell(cell) else { continue };
        circuit.sheet_mut().tamper(cell, value + Fr::ONE);
        assert_eq!(checker.all(&circuit, &instance), mock::violations(K, &circuit, &instance), "{cell:?}");
        circuit.sheet_mut().tamper(cell, value);
        compared += 1;
    }
}
