//! Every witness cell is changed, alone and together with all its copies: the circuit must notice.

use super::checker::{Checker, readers};
use super::fixture::{rng, witness};
use crate::enrolment::sheet::{Cell, Column, DYNAMIC, Sheet};
use crate::enrolment::{EnrolmentCircuit, INSTANCES, K, USABLE_ROWS};
use crate::mock::{self, Violations};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Every assigned cell, grouped by equality.
fn classes(sheet: &Sheet) -> Vec<Vec<Cell>> {
    let mut parent: HashMap<Cell, Cell> = HashMap::new();
    fn root(parent: &HashMap<Cell, Cell>, mut cell: Cell) -> Cell {
        while let Some(next) = parent.get(&cell).filter(|next| **next != cell) {
            cell = *next;
        }
        cell
    }
    for (left, right) in sheet.copies() {
        let (left, right) = (root(&parent, *left), root(&parent, *right));
        parent.insert(left.max(right), left.min(right));
    }
    let mut grouped: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
    for row in 0..USABLE_ROWS {
        for column in Column::ALL {
            if sheet.cell((column, row)).is_some() {
                grouped.entry(root(&parent, (column, row))).or_default().push((column, row));
            }
        }
    }
    grouped.into_values().collect()
}

/// Violations near the cells, after writing `value` to all of them. Restores sheet and checker.
fn after(
    checker: &mut Checker,
    sheet: &mut Sheet,
    instance: &[Fr; INSTANCES],
    cells: &[Cell],
    value: Fr,
) -> Violations {
    let offered = |(column, row): &&Cell| *column == Column::U1 && *row >= DYNAMIC;
    let table: Vec<usize> = cells.iter().filter(offered).map(|cell| cell.1).collect();
    let old: Vec<Fr> = cells.iter().map(|cell| sheet.cell(*cell).unwrap()).collect();
    checker.replace(sheet, &table, false);
    cells.iter().for_each(|cell| sheet.tamper(*cell, value));
    checker.replace(sheet, &table, true);
    let rows: BTreeSet<usize> = cells.iter().flat_map(|cell| readers(*cell)).collect();
    let mut violations = checker.at(sheet, instance, rows.into_iter());
    checker.replace(sheet, &table, false);
    cells.iter().zip(old).for_each(|(cell, old)| sheet.tamper(*cell, old));
    checker.replace(sheet, &table, true);
    // A multiple that no digit selects is read by nothing near it, but its limbs are results of the addition that made it.
    if !table.is_empty() && cells.len() == 1 {
        violations.insert("copy".to_owned());
    }
    violations
}

#[test]
fn every_value_is_constrained() {
    let mut circuit = EnrolmentCircuit::new(&witness(1));
    let instance = circuit.instance();
    let mut checker = Checker::new(circuit.sheet());
    let sheet = circuit.sheet_mut();
    let classes = classes(sheet);
    let mut random = rng(2);
    let mut free = vec![];
    for class in &classes {
        let value = sheet.cell(class[0]).unwrap();
        for new in [value + Fr::ONE, Fr::random(&mut random)] {
            if after(&mut checker, sheet, &instance, class, new).is_empty() {
                free.push(class[0]);
            }
        }
    }
    println!("{} values, two changes each, consistent over all copies; unnoticed: {free:?}", classes.len());
    assert!(classes.len() > 90_000, "{}", classes.len());
    assert_eq!(free, vec![]);
}

#[test]
fn no_single_cell_can_be_changed_without_its_copies() {
    let mut circuit = EnrolmentCircuit::new(&witness(1));
    let instance = circuit.instance();
    let mut checker = Checker::new(circuit.sheet());
    let sheet = circuit.sheet_mut();
    let copied: BTreeSet<Cell> = sheet.copies().iter().flat_map(|(l, r)| [*l, *r]).collect();
    let (mut cells, mut by_copy) = (0, 0);
    for row in 0..USABLE_ROWS {
        for cell in Column::ALL.map(|column| (column, row)) {
            let Some(value) = sheet.cell(cell) else { continue };
            cells += 1;
            if after(&mut checker, sheet, &instance, &[cell], value + Fr::ONE).is_empty() {
                assert!(copied.contains(&cell), "{cell:?} is free");
                by_copy += 1;
            }
        }
    }
    println!("{cells} cells: every change noticed, {by_copy} of them by a copy constraint alone");
    assert!(cells > 130_000, "{cells}");
}

#[test]
fn the_fast_checker_and_halo2_find_the_same_violations() {
    let mut circuit = EnrolmentCircuit::new(&witness(4));
    let instance = circuit.instance();
    let mut random = rng(5);
    let mut compared = 0;
    while compared < 8 {
        let column = Column::ALL[random.next_u32() as usize % 6];
        let cell = (column, random.next_u32() as usize % USABLE_ROWS);
        let Some(value) = circuit.sheet().cell(cell) else { continue };
        circuit.sheet_mut().tamper(cell, value + Fr::ONE);
        let checker = Checker::new(circuit.sheet());
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
    let circuit = EnrolmentCircuit::new(&witness(1));
    let checker = Checker::new(circuit.sheet());
    for i in 0..INSTANCES {
        let mut wrong = circuit.instance();
        wrong[i] += Fr::ONE;
        let violations = checker.at(circuit.sheet(), &wrong, 0..16);
        assert_eq!(violations.into_iter().collect::<Vec<_>>(), ["linear: first accumulator"], "instance {i}");
    }
}
