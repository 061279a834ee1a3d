//! Evaluates the constraint system's own gates and lookups on a sheet, at chosen rows: what halo2's checker does, but fast
//! enough to try every cell. `mutation` compares the two.

use crate::enrolment::gates::EnrolmentConfig;
use crate::enrolment::sheet::{Cell, Column, DYNAMIC, Mode, Sheet, dynamic_entry};
use crate::enrolment::table::fixed_entries;
use crate::enrolment::{EnrolmentCircuit, INSTANCES, USABLE_ROWS};
use crate::mock::Violations;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;
use halo2curves::ff::{Field, PrimeField};
use std::collections::HashMap;

type Tuple = [[u8; 32]; 3];

struct Gate {
    name: String,
    polynomials: Vec<(String, Expression<Fr>)>,
}

pub struct Checker {
    gates: Vec<Gate>,
    lookups: Vec<(String, Vec<Expression<Fr>>)>,
    config: EnrolmentConfig,
    /// How often each row of the table is there; the witness part as it was when the checker was made.
    table: HashMap<Tuple, usize>,
}

fn tuple(values: [Fr; 3]) -> Tuple {
    values.map(|value| value.to_repr())
}

impl Checker {
    pub fn new(sheet: &Sheet) -> Self {
        let mut cs = ConstraintSystem::default();
        let config = EnrolmentConfig::new(&mut cs);
        let named = |gate: &halo2_proofs::plonk::Gate<Fr>| Gate {
            name: gate.name().to_owned(),
            polynomials: gate
                .polynomials()
                .iter()
                .enumerate()
                .map(|(i, e)| (format!("{}: {}", gate.name(), gate.constraint_name(i)), e.clone()))
                .collect(),
        };
        let lookups = cs
            .lookups()
            .iter()
            .map(|lookup| (format!("lookup: {}", lookup.name()), lookup.input_expressions().clone()))
            .collect();
        let mut table = HashMap::new();
        for entry in fixed_entries() {
            let key = tuple([Fr::from(entry.key), Fr::from(entry.argument), entry.value]);
            *table.entry(key).or_default() += 1;
        }
        *table.entry(tuple([Fr::ZERO; 3])).or_default() += 1;
        for row in DYNAMIC..USABLE_ROWS {
            *table.entry(Self::dynamic(sheet, row)).or_default() += 1;
        }
        let gates = cs.gates().iter().map(named).collect();
        Checker { gates, lookups, config, table }
    }

    fn dynamic(sheet: &Sheet, row: usize) -> Tuple {
        let (key, argument) = dynamic_entry(row).unwrap();
        let value = sheet.cell((Column::U1, row)).unwrap_or_default();
        tuple([Fr::from(key), Fr::from(argument), value])
    }

    /// The table's witness part changed at some rows: takes the old values out (`false`) or puts the new ones in.
    pub fn replace(&mut self, sheet: &Sheet, rows: &[usize], there: bool) {
        for row in rows {
            let count = self.table.entry(Self::dynamic(sheet, *row)).or_default();
            *count = if there { *count + 1 } else { *count - 1 };
        }
    }

    fn expression(&self, e: &Expression<Fr>, sheet: &Sheet, instance: &[Fr; INSTANCES], row: usize) -> Fr {
        e.evaluate_lazy(
            &|constant| constant,
            &|_| unreachable!("there are no selectors"),
            &|query| self.fixed(sheet, query.column_index(), row + query.rotation().0 as usize),
            &|query| {
                let at = row + query.rotation().0 as usize;
                let index = query.column_index();
                let column = self.config.advice.iter().position(|column| column.index() == index);
                match column {
                    Some(column) if at < 1 << 15 => sheet.cell((Column::ALL[column], at)).unwrap_or_default(),
                    None if at >= DYNAMIC => sheet.cell((Column::U1, at)).unwrap_or_default(),
                    _ => Fr::ZERO,
                }
            },
            &|_| instance.get(row).copied().unwrap_or(Fr::ZERO),
            &|_| unreachable!("there are no challenges"),
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, f| a * f,
            &Fr::ZERO,
        )
    }

    fn fixed(&self, sheet: &Sheet, column: usize, row: usize) -> Fr {
        let fixed = sheet.fixed(row);
        let c = &self.config;
        let is =
            |candidate: &halo2_proofs::plonk::Column<halo2_proofs::plonk::Fixed>| candidate.index() == column;
        let coefficients = [fixed.keep, fixed.g0, fixed.g1, fixed.gm, fixed.h, fixed.c];
        if let Some(i) = c.coefficients.iter().position(is) {
            return coefficients[i];
        }
        if let Some(lane) = c.key.iter().position(is) {
            return Fr::from(fixed.key[lane]);
        }
        if let Some(lane) = c.shift.iter().position(is) {
            return Fr::from(fixed.shift[lane]);
        }
        match column {
            _ if is(&c.valued) => Fr::from(u64::from(fixed.valued)),
            _ if is(&c.mode) => Fr::from(fixed.mode as u64),
            _ if is(&c.sig) => fixed.sig,
            _ if is(&c.dynamic) => Fr::from(if row < DYNAMIC { 2 } else { 1 }),
            _ => unreachable!("the table's own columns are not read by gates or inputs"),
        }
    }

    /// Violated gates and lookups on the given rows.
    pub fn at(
        &self,
        sheet: &Sheet,
        instance: &[Fr; INSTANCES],
        rows: impl Iterator<Item = usize>,
    ) -> Violations {
        let mut violations = Violations::new();
        for row in rows {
            let fixed = sheet.fixed(row);
            for gate in &self.gates {
                let active = match gate.name.as_str() {
                    "linear" => fixed.mode == Mode::Linear,
                    "reduce" => fixed.mode == Mode::Reduce,
                    "product" => fixed.sig != Fr::ZERO,
                    _ => true,
                };
                for (name, polynomial) in gate.polynomials.iter().filter(|_| active) {
                    if self.expression(polynomial, sheet, instance, row) != Fr::ZERO {
                        violations.insert(name.clone());
                    }
                }
            }
            for (name, inputs) in &self.lookups {
                let values: Vec<Fr> =
                    inputs.iter().map(|input| self.expression(input, sheet, instance, row)).collect();
                let count = self.table.get(&tuple([values[0], values[1], values[2]]));
                if count.is_none_or(|count| *count == 0) {
                    violations.insert(name.clone());
                }
            }
        }
        violations
    }

    /// All violations of a sheet.
    pub fn all(&self, sheet: &Sheet, instance: &[Fr; INSTANCES]) -> Violations {
        let mut violations = self.at(sheet, instance, 0..USABLE_ROWS);
        if sheet.copies().iter().any(|(l, r)| sheet.cell(*l) != sheet.cell(*r)) {
            violations.insert("copy".to_owned());
        }
        violations
    }
}

/// Asserts that exactly the named constraints are violated.
pub fn assert_violates(circuit: &EnrolmentCircuit, expected: &[&str]) {
    let expected: Violations = expected.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(violations(circuit), expected);
}

/// What is violated under the circuit's own instances.
pub fn violations(circuit: &EnrolmentCircuit) -> Violations {
    Checker::new(circuit.sheet()).all(circuit.sheet(), &circuit.instance())
}

/// Rows whose constraints read a cell: up to four ahead.
pub fn readers((_, row): Cell) -> std::ops::RangeInclusive<usize> {
    row.saturating_sub(4)..=row
}
