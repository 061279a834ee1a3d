//! Under-constraint, from the other side: starting from the values a prover may choose, every other cell and every
//! public instance follows from the constraints, one unknown at a time.
//!
//! A constraint with one unknown value in it, linear in that value with a nonzero coefficient, has one solution. The
//! test applies this rule until nothing is unknown. What it had to take as given is the prover's whole freedom:
//!
//! - the digits of running sums, the Merkle bits and siblings, the choices of `mux` (each restricted by its own gate),
//! - the fourteen secrets that enter hashes,
//! - the two instances that are inputs, binding and epoch. The other eight are computed.
//!
//! One lemma is used besides the rule, and tested in `recurrence`: the first words of rounds 59, 60 and 61 determine the
//! other words of round 59.

use super::checker::{Checker, Polynomial};
use super::classes::classes;
use super::fixture::{USUAL, witness};
use super::{Cell, Column};
use crate::launch::opcode::Op;
use crate::launch::sheet::Sheet;
use crate::launch::{INSTANCES, LaunchCircuit};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use std::collections::{BTreeSet, HashMap};

/// Rows from the first state of a permutation to the state of round 59.
const TO_ROUND_59: usize = 12 + 9 + 58;

struct Constraint<'a> {
    polynomial: &'a Polynomial,
    row: usize,
    values: BTreeSet<usize>,
}

struct Deduction<'a> {
    checker: &'a Checker,
    sheet: Sheet,
    instance: [Fr; INSTANCES],
    members: Vec<Vec<Cell>>,
    value_of: HashMap<Cell, usize>,
    constraints: Vec<Constraint<'a>>,
    /// Constraints in which a value occurs.
    occurrences: Vec<Vec<usize>>,
    known: Vec<bool>,
}

impl<'a> Deduction<'a> {
    fn new(checker: &'a Checker, circuit: &LaunchCircuit) -> Self {
        let sheet = circuit.sheet().clone();
        let members = classes(&sheet);
        let cells =
            members.iter().enumerate().flat_map(|(i, class)| class.iter().map(move |cell| (*cell, i)));
        let value_of: HashMap<Cell, usize> = cells.collect();
        let mut constraints = Vec::new();
        let mut occurrences = vec![Vec::new(); members.len()];
        for row in 0..sheet.len() {
            for polynomial in checker.active(&sheet, row) {
                let reads = checker.reads(polynomial, &sheet, row);
                let values: BTreeSet<usize> =
                    reads.iter().filter_map(|cell| value_of.get(cell)).copied().collect();
                values.iter().for_each(|value| occurrences[*value].push(constraints.len()));
                constraints.push(Constraint { polynomial, row, values });
            }
        }
        let known = vec![false; members.len()];
        let instance = circuit.instance();
        Deduction { checker, sheet, instance, members, value_of, constraints, occurrences, known }
    }

    fn is_known(&self, cell: Cell) -> bool {
        self.value_of.get(&cell).is_none_or(|value| self.known[*value])
    }

    /// Marks a cell known and follows everything that it determines.
    fn learn(&mut self, cell: Cell) {
        let mut queue: Vec<usize> = self.value_of.get(&cell).copied().into_iter().collect();
        while let Some(value) = queue.pop() {
            if std::mem::replace(&mut self.known[value], true) {
                continue;
            }
            for index in self.occurrences[value].clone() {
                if let Some(next) = self.determined_by(index) {
                    queue.push(next);
                }
            }
        }
    }

    /// The one unknown value of a constraint, if the constraint is linear in it and depends on it.
    fn determined_by(&mut self, constraint: usize) -> Option<usize> {
        let mut unknown = self.constraints[constraint].values.iter().filter(|value| !self.known[**value]);
        let value = *unknown.next()?;
        if unknown.next().is_some() {
            return None;
        }
        let old = self.sheet.cell(self.members[value][0])?;
        let [at_0, at_1, at_2] = [0, 1, 2].map(|step| self.with(constraint, value, old + Fr::from(step)));
        self.with(constraint, value, old);
        assert_eq!(at_0, Fr::ZERO, "the witness is valid");
        (at_1 != Fr::ZERO && at_2 == at_1.double()).then_some(value)
    }

    fn with(&mut self, constraint: usize, value: usize, new: Fr) -> Fr {
        for cell in &self.members[value] {
            self.sheet.tamper(*cell, new);
        }
        let Constraint { polynomial, row, .. } = &self.constraints[constraint];
        self.checker.evaluate(polynomial, &self.sheet, &self.instance, *row)
    }

    /// Values that a constraint fixes all by itself. Rows of instances are left out: instances are to be computed.
    fn learn_constants(&mut self) {
        for index in 0..self.constraints.len() {
            if self.constraints[index].row >= INSTANCES
                && self.constraints[index].values.len() == 1
                && let Some(value) = self.determined_by(index)
            {
                self.learn(self.members[value][0]);
            }
        }
    }

    /// Rows with the state of round 59 of every permutation.
    fn rounds_59(&self) -> Vec<usize> {
        let rows = self.sheet.rows().iter().enumerate();
        rows.filter_map(|(row, content)| match content.op {
            Op::Hash => Some(row + 2 + TO_ROUND_59),
            Op::Merkle => Some(row + 3 + TO_ROUND_59),
            _ => None,
        })
        .collect()
    }

    /// The lemma, and the choice of `mux` between two known values, wherever they apply.
    fn advance(&mut self) -> bool {
        let mut progress = false;
        for row in self.rounds_59() {
            let first_words = [row, row + 3, row + 6].map(|row| self.is_known((Column::A, row)));
            if first_words == [true; 3] && !self.is_known((Column::A, row + 1)) {
                self.learn((Column::A, row + 1));
                self.learn((Column::A, row + 2));
                progress = true;
            }
        }
        for row in 0..self.sheet.len() {
            let given = self.is_known((Column::B, row)) && self.is_known((Column::A, row + 1));
            if self.sheet.rows()[row].op == Op::Mux && given && !self.is_known((Column::B, row + 1)) {
                self.learn((Column::B, row + 1));
                progress = true;
            }
        }
        progress
    }
}

/// The digits: results of `bits`, siblings and bits, and the idle column of `extend`.
fn digits(sheet: &Sheet) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, content) in sheet.rows().iter().enumerate() {
        match content.op {
            Op::Bits => {
                cells.extend([(Column::A, row + 1), (Column::B, row + 1)]);
                // Column b of a subset run starts from an exchange, that of `extend` from any value.
                if ![Op::Bits, Op::Exchange].contains(&sheet.rows()[row - 1].op) {
                    cells.push((Column::B, row));
                }
            }
            Op::Merkle => cells.extend([(Column::B, row + 1), (Column::B, row + 2)]),
            _ => {}
        }
    }
    cells
}

#[test]
fn everything_follows_from_the_choices_and_fourteen_secrets() {
    let checker = Checker::new();
    let circuit = LaunchCircuit::new(&witness(USUAL));
    let mut deduction = Deduction::new(&checker, &circuit);
    let sheet = circuit.sheet();
    let [binding, epoch] = [(Column::A, 0), (Column::A, 7)];
    for cell in digits(sheet).into_iter().chain([binding, epoch]) {
        deduction.learn(cell);
    }
    deduction.learn_constants();
    let hash_rows: Vec<usize> = (0..sheet.len()).filter(|row| sheet.rows()[*row].op == Op::Hash).collect();
    let mut secrets = 0;
    for cell in hash_rows.iter().flat_map(|row| [(Column::A, *row), (Column::A, *row + 1)]) {
        while deduction.advance() {}
        if !deduction.is_known(cell) {
            deduction.learn(cell);
            secrets += 1;
        }
    }
    while deduction.advance() {}
    let unknown: Vec<&Vec<Cell>> = deduction
        .members
        .iter()
        .zip(&deduction.known)
        .filter(|(_, known)| !**known)
        .map(|(m, _)| m)
        .collect();
    println!("{} constraints on {} values", deduction.constraints.len(), deduction.members.len());
    assert_eq!(unknown, Vec::<&Vec<Cell>>::new());
    assert_eq!(
        secrets, 14,
        "k, meta, C (2), manifest, w4 of policy and state, four measurements, three salts"
    );
}
