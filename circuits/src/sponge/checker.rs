//! Evaluates the constraint system's own gates on a sheet: what halo2's checker does, but fast enough to try many cells.
//! Tests of the circuits compare the two.

use super::Shape;
use super::gates::{FIXED, MAC, SHIFT, Selector, SpongeConfig};
use super::sheet::{Cell, Sheet};
use crate::mock::Violations;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use std::collections::{BTreeMap, BTreeSet, HashMap};

struct Polynomial {
    gate: String,
    name: String,
    expression: Expression<Fr>,
}

pub struct Checker {
    polynomials: Vec<Polynomial>,
    /// Of each advice column: the polynomials that read it, and how many rows on.
    readers: Vec<BTreeSet<(usize, i32)>>,
}

fn queries(e: &Expression<Fr>, found: &mut impl FnMut(usize, i32)) {
    match e {
        Expression::Advice(query) => found(query.column_index(), query.rotation().0),
        Expression::Negated(a) | Expression::Scaled(a, _) => queries(a, found),
        Expression::Sum(a, b) | Expression::Product(a, b) => {
            queries(a, found);
            queries(b, found);
        }
        _ => {}
    }
}

fn at(sheet: &Sheet, row: usize, rotation: i32) -> usize {
    (row as i64 + i64::from(rotation)).rem_euclid(sheet.shape().rows() as i64) as usize
}

impl Checker {
    pub fn new(shape: Shape) -> Self {
        let mut cs = ConstraintSystem::default();
        let config = SpongeConfig::new(&mut cs, shape);
        let mut polynomials = vec![];
        let mut readers = vec![BTreeSet::new(); config.advice.len()];
        for gate in cs.gates() {
            for (i, expression) in gate.polynomials().iter().enumerate() {
                let index = polynomials.len();
                queries(expression, &mut |column, rotation| {
                    readers[column].insert((index, rotation));
                });
                polynomials.push(Polynomial {
                    gate: gate.name().to_owned(),
                    name: format!("{}: {}", gate.name(), gate.constraint_name(i)),
                    expression: expression.clone(),
                });
            }
        }
        Checker { polynomials, readers }
    }

    /// Whether a gate says anything on a row: its selector, read off the fixed cells.
    fn is_active(gate: &str, fixed: &[Fr; FIXED]) -> bool {
        let value = |selector: Selector| fixed[selector as usize];
        let round = value(Selector::Round) == Fr::ONE;
        let slot = value(Selector::Slot);
        let row = value(Selector::Row);
        match gate {
            "bits" => round || slot == Fr::ONE,
            "theta" => round,
            "absorb" => slot == Fr::ONE,
            "shift" => slot == Fr::from(SHIFT),
            "step" => round || slot != Fr::ZERO,
            "poseidon" => row != Fr::ZERO && row != Fr::from(MAC),
            _ => row == Fr::from(MAC),
        }
    }

    fn holds(&self, polynomial: usize, sheet: &Sheet, instance: &[Fr], row: usize) -> bool {
        let value: Fr = self.polynomials[polynomial].expression.evaluate_lazy(
            &|constant| constant,
            &|_| unreachable!("there are no selectors"),
            &|query| sheet.fixed(at(sheet, row, query.rotation().0))[query.column_index()],
            &|query| {
                sheet.cell((query.column_index(), at(sheet, row, query.rotation().0))).unwrap_or_default()
            },
            &|query| instance.get(at(sheet, row, query.rotation().0)).copied().unwrap_or_default(),
            &|_| unreachable!("there are no challenges"),
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, f| a * f,
            &Fr::ZERO,
        );
        value == Fr::ZERO
    }

    /// Violated constraints among those that read one of the cells.
    pub fn around(&self, sheet: &Sheet, instance: &[Fr], cells: &[Cell]) -> Violations {
        let mut violations = Violations::new();
        for (column, row) in cells {
            for (index, rotation) in &self.readers[*column] {
                let reader = at(sheet, *row, -rotation);
                let polynomial = &self.polynomials[*index];
                if Self::is_active(&polynomial.gate, sheet.fixed(reader))
                    && !self.holds(*index, sheet, instance, reader)
                {
                    violations.insert(polynomial.name.clone());
                }
            }
        }
        violations
    }

    /// All violations of a sheet under an instance.
    pub fn all(&self, sheet: &Sheet, instance: &[Fr]) -> Violations {
        self.on(0..sheet.shape().rows(), sheet, instance)
    }

    /// The same without the rows of rounds, which are nearly all.
    pub fn outside_rounds(&self, sheet: &Sheet, instance: &[Fr]) -> Violations {
        let is_round = |row: &usize| sheet.fixed(*row)[Selector::Round as usize] == Fr::ONE;
        self.on((0..sheet.shape().rows()).filter(|row| !is_round(row)), sheet, instance)
    }

    fn on(&self, rows: impl Iterator<Item = usize>, sheet: &Sheet, instance: &[Fr]) -> Violations {
        let mut violations = Violations::new();
        for row in rows {
            for (index, polynomial) in self.polynomials.iter().enumerate() {
                if Self::is_active(&polynomial.gate, sheet.fixed(row))
                    && !self.holds(index, sheet, instance, row)
                {
                    violations.insert(polynomial.name.clone());
                }
            }
        }
        if sheet.copies().iter().any(|(l, r)| sheet.cell(*l) != sheet.cell(*r)) {
            violations.insert("copy".to_owned());
        }
        violations
    }
}

/// Cells that are tied together, of two and more.
pub fn classes(sheet: &Sheet) -> Vec<Vec<Cell>> {
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
