//! Evaluates the constraint system's own polynomials on a sheet, at chosen rows: what halo2's checker does, but fast
//! enough to try every cell. `mutation` compares the two.

use super::{Cell, Column};
use crate::launch::gates::LaunchConfig;
use crate::launch::opcode::{Op, Round};
use crate::launch::sheet::Sheet;
use crate::launch::{INSTANCES, K, LaunchCircuit};
use crate::mock::{self, Violations};
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use std::collections::BTreeSet;

/// One polynomial of the constraint system: selector times body.
pub struct Polynomial {
    pub name: String,
    selector: Expression<Fr>,
    expression: Expression<Fr>,
}

pub struct Checker {
    polynomials: Vec<Polynomial>,
    config: LaunchConfig,
}

impl Checker {
    pub fn new() -> Self {
        let mut cs = ConstraintSystem::default();
        let config = LaunchConfig::new(&mut cs);
        let mut polynomials = Vec::new();
        for gate in cs.gates() {
            for (i, expression) in gate.polynomials().iter().enumerate() {
                let name = format!("{}: {}", gate.name(), gate.constraint_name(i));
                let Expression::Product(selector, _) = expression else { panic!("{name} has no selector") };
                let selector = selector.as_ref().clone();
                polynomials.push(Polynomial { name, selector, expression: expression.clone() });
            }
        }
        Checker { polynomials, config }
    }

    /// The polynomials whose selector does not vanish on a row.
    pub fn active(&self, sheet: &Sheet, row: usize) -> impl Iterator<Item = &Polynomial> {
        let idle = sheet.rows()[row].op == Op::None && sheet.rows()[row].round == Round::None;
        let polynomials = if idle { &[] } else { self.polynomials.as_slice() };
        polynomials
            .iter()
            .filter(move |p| self.expression(&p.selector, sheet, &[Fr::ZERO; INSTANCES], row) != Fr::ZERO)
    }

    /// The witness cells that a polynomial depends on at a row: those that are not multiplied by a fixed zero.
    pub fn reads(&self, polynomial: &Polynomial, sheet: &Sheet, row: usize) -> BTreeSet<Cell> {
        let fixed = |value: Fr| Reads { fixed: Some(value), ..Reads::default() };
        let reads: Reads = polynomial.expression.evaluate(
            &fixed,
            &|_| unreachable!("there are no selectors"),
            &|query| fixed(self.fixed(sheet, query.column_index(), row + query.rotation().0 as usize)),
            &|query| {
                let column =
                    if query.column_index() == self.config.a.index() { Column::A } else { Column::B };
                Reads { cells: [(column, row + query.rotation().0 as usize)].into(), fixed: None }
            },
            &|_| Reads::default(),
            &|_| unreachable!("there are no challenges"),
            &|a| Reads { fixed: a.fixed.map(|x| -x), ..a },
            &Reads::sum,
            &Reads::product,
            &|a, f| a.product(fixed(f)),
        );
        reads.cells
    }

    /// Value of a polynomial on a row; cells that are not assigned are zero, as in the prover.
    pub fn evaluate(
        &self,
        polynomial: &Polynomial,
        sheet: &Sheet,
        instance: &[Fr; INSTANCES],
        row: usize,
    ) -> Fr {
        self.expression(&polynomial.expression, sheet, instance, row)
    }

    fn expression(&self, e: &Expression<Fr>, sheet: &Sheet, instance: &[Fr; INSTANCES], row: usize) -> Fr {
        let at = |rotation: i32| sheet.rows().get(row + rotation as usize).copied().unwrap_or_default();
        e.evaluate_lazy(
            &|constant| constant,
            &|_| unreachable!("there are no selectors"),
            &|query| self.fixed(sheet, query.column_index(), row + query.rotation().0 as usize),
            &|query| {
                let cell = at(query.rotation().0);
                let value = if query.column_index() == self.config.a.index() { cell.a } else { cell.b };
                value.unwrap_or(Fr::ZERO)
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
        let cell = sheet.rows().get(row).copied().unwrap_or_default();
        let (s, x) = cell.op.point();
        match column {
            i if i == self.config.rc.index() => sheet.constant(row),
            i if i == self.config.q.index() => Fr::from(cell.round.code()),
            i if i == self.config.s.index() => Fr::from(s),
            _ => Fr::from(x),
        }
    }

    /// Violated gate constraints on the given rows.
    pub fn gates(
        &self,
        sheet: &Sheet,
        instance: &[Fr; INSTANCES],
        rows: impl Iterator<Item = usize>,
    ) -> Violations {
        let mut violations = Violations::new();
        for row in rows {
            for polynomial in self.active(sheet, row) {
                if self.evaluate(polynomial, sheet, instance, row) != Fr::ZERO {
                    violations.insert(polynomial.name.clone());
                }
            }
        }
        violations
    }

    /// All violations of a sheet.
    pub fn all(&self, sheet: &Sheet, instance: &[Fr; INSTANCES]) -> Violations {
        let mut violations = self.gates(sheet, instance, 0..sheet.len());
        let broken = |(l, r): &(usize, usize)| sheet.rows()[*l].a != sheet.rows()[*r].a;
        if sheet.copies().iter().any(broken) {
            violations.insert("copy".to_owned());
        }
        violations
    }

    /// Asserts that exactly the named constraints are violated, both here and according to halo2.
    pub fn assert_violates(&self, circuit: &LaunchCircuit, instance: &[Fr; INSTANCES], expected: &[&str]) {
        let expected: Violations = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(self.all(circuit.sheet(), instance), expected);
        assert_eq!(mock::violations(K, circuit, instance), expected, "halo2 disagrees");
    }
}

/// What an expression depends on: cells, or nothing but fixed values.
#[derive(Default)]
struct Reads {
    cells: BTreeSet<Cell>,
    fixed: Option<Fr>,
}

impl Reads {
    fn sum(self, other: Reads) -> Reads {
        let fixed = self.fixed.zip(other.fixed).map(|(a, b)| a + b);
        Reads { cells: self.cells.union(&other.cells).copied().collect(), fixed }
    }

    fn product(self, other: Reads) -> Reads {
        if [self.fixed, other.fixed].contains(&Some(Fr::ZERO)) {
            return Reads { fixed: Some(Fr::ZERO), ..Reads::default() };
        }
        let fixed = self.fixed.zip(other.fixed).map(|(a, b)| a * b);
        Reads { cells: self.cells.union(&other.cells).copied().collect(), fixed }
    }
}
