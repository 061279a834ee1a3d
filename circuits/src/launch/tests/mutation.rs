//! Every witness cell is changed, alone and together with all its copies: the circuit must notice, but for a list of
//! cells that are explained.

use super::checker::Checker;
use super::classes::{classes, readers};
use super::fixture::{Shape, Tree, USUAL, rng, witness};
use super::{Cell, Column};
use crate::launch::opcode::Op;
use crate::launch::sheet::Sheet;
use crate::launch::{INSTANCES, K, LaunchCircuit};
use crate::mock::{self, Violations};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// Violations near the cells, after writing `value` to all of them. Restores the sheet.
fn after(
    checker: &Checker,
    sheet: &mut Sheet,
    instance: &[Fr; INSTANCES],
    cells: &[Cell],
    value: Fr,
) -> Violations {
    let old: Vec<Fr> = cells.iter().map(|cell| sheet.cell(*cell).unwrap()).collect();
    cells.iter().for_each(|cell| sheet.tamper(*cell, value));
    let rows: BTreeSet<usize> = cells.iter().flat_map(|cell| readers(*cell)).collect();
    let violations = checker.gates(sheet, instance, rows.into_iter());
    cells.iter().zip(old).for_each(|(cell, old)| sheet.tamper(*cell, old));
    violations
}

/// Cells that mean nothing, and why.
fn is_explained(sheet: &Sheet, (column, row): Cell) -> bool {
    let rows = sheet.rows();
    let before = rows[row.saturating_sub(1)];
    match column {
        // `inv` in the zero test of a salt that is zero: s·inv + z − 1 does not depend on it.
        Column::A => {
            before.op == Op::Product && before.a == Some(Fr::ZERO) && sheet.constant(row + 1) == -Fr::ONE
        }
        // The end of the column that `extend` lets run along: its last bit need only be at least that of column a.
        Column::B => before.op == Op::Bits && rows[row].op != Op::Bits && rows[row].op != Op::Exchange,
    }
}

/// Changes every class by one and to a random value; returns how many changes were tried and the cells not noticed.
fn unnoticed(
    circuit: &mut LaunchCircuit,
    instance: &[Fr; INSTANCES],
    checker: &Checker,
    seed: u64,
) -> (usize, Vec<Cell>) {
    let mut random = rng(seed);
    let classes = classes(circuit.sheet());
    let sheet = circuit.sheet_mut();
    let mut free = Vec::new();
    for class in &classes {
        let value = sheet.cell(class[0]).unwrap();
        for new in [value + Fr::ONE, Fr::random(&mut random)] {
            if after(checker, sheet, instance, class, new).is_empty() && free.last() != Some(&class[0]) {
                free.push(class[0]);
            }
        }
    }
    (2 * classes.len(), free)
}

#[test]
fn every_value_is_constrained_but_for_the_ends_of_three_idle_columns() {
    let checker = Checker::new();
    let mut circuit = LaunchCircuit::new(&witness(USUAL));
    let instance = circuit.instance();
    let (tried, free) = unnoticed(&mut circuit, &instance, &checker, 1);
    println!("{tried} changes of {} values, consistent over all copies; unnoticed: {free:?}", tried / 2);
    assert!(free.iter().all(|(column, _)| *column == Column::B));
    assert!(free.len() <= 3 && free.iter().all(|cell| is_explained(circuit.sheet(), *cell)));
    assert!(tried > 30_000);
}

#[test]
fn two_inverses_of_zero_are_free_besides_when_both_tags_are_disclosed() {
    let checker = Checker::new();
    let one = Tree::Real { leaves: 1, index: 0 };
    let shape = Shape { hide_capsule: false, hide_operator: false, measurements: 0, operators: one, ..USUAL };
    let mut circuit = LaunchCircuit::new(&witness(Shape { seed: 2, ..shape }));
    let instance = circuit.instance();
    let (tried, free) = unnoticed(&mut circuit, &instance, &checker, 2);
    println!("{tried} changes of {} values, unnoticed: {free:?}", tried / 2);
    assert_eq!(free.iter().filter(|(column, _)| *column == Column::A).count(), 2);
    assert!(free.len() <= 5 && free.iter().all(|cell| is_explained(circuit.sheet(), *cell)));
}

#[test]
fn no_single_cell_can_be_changed_without_its_copies() {
    let checker = Checker::new();
    let mut circuit = LaunchCircuit::new(&witness(USUAL));
    let instance = circuit.instance();
    let copied: BTreeSet<usize> = circuit.sheet().copies().iter().flat_map(|(l, r)| [*l, *r]).collect();
    let mut random = rng(3);
    let sheet = circuit.sheet_mut();
    let (mut cells, mut by_copy) = (0, 0);
    for row in 0..sheet.len() {
        for cell in [(Column::A, row), (Column::B, row)] {
            let Some(value) = sheet.cell(cell) else { continue };
            cells += 1;
            for new in [value + Fr::ONE, Fr::random(&mut random)] {
                if after(&checker, sheet, &instance, &[cell], new).is_empty() {
                    let copied = cell.0 == Column::A && copied.contains(&row);
                    assert!(copied || is_explained(sheet, cell), "{cell:?} is free");
                    by_copy += usize::from(copied);
                }
            }
        }
    }
    println!("{cells} cells, two changes each: all noticed, {by_copy} of them by a copy constraint alone");
    assert!(cells > 15_000);
}

#[test]
fn the_fast_checker_and_halo2_find_the_same_violations() {
    let checker = Checker::new();
    let mut circuit = LaunchCircuit::new(&witness(Shape { seed: 4, hide_operator: false, ..USUAL }));
    let instance = circuit.instance();
    let mut random = rng(5);
    let rows = circuit.sheet().len();
    let mut compared = 0;
    while compared < 50 {
        let column = if random.next_u32() & 1 == 0 { Column::A } else { Column::B };
        let cell = (column, random.next_u32() as usize % rows);
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

#[test]
fn every_public_instance_is_constrained_by_its_own_row() {
    let checker = Checker::new();
    let circuit = LaunchCircuit::new(&witness(USUAL));
    let instance = circuit.instance();
    for i in 0..INSTANCES {
        let mut wrong = instance;
        wrong[i] += Fr::ONE;
        checker.assert_violates(&circuit, &wrong, &["linear: sum is the instance"]);
    }
}
