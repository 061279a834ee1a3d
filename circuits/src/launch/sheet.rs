//! The sheet: rows of the circuit with their values, written top to bottom by the gadgets.
//!
//! A gadget appends rows and returns [`Wire`]s; the halo2 side ([`super::circuit`]) only transcribes the finished sheet.
//! Everything but the values (operations, constants, copies, which cells are used) is the same for every witness.

use super::opcode::{Op, Round};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// Rows that a gate may stand on at k = 13: 2^13 less eight blinding rows and one for the permutation argument.
pub const USABLE_ROWS: usize = 8183;

/// One row. `None` means: not used by any gate or copy, left to halo2 (zero).
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    /// Cell of column a.
    pub a: Option<Fr>,
    /// Cell of column b.
    pub b: Option<Fr>,
    /// Poseidon round.
    pub round: Round,
    /// Operation.
    pub op: Op,
}

/// A cell of column a and its value: what gadgets pass to each other and copy.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    row: usize,
    value: Fr,
}

impl Wire {
    /// The value in the cell.
    pub fn value(&self) -> Fr {
        self.value
    }

    /// The row of the cell in column a.
    pub fn row(&self) -> usize {
        self.row
    }

    /// The same cell with another value, for tests of what a cheating prover would write.
    #[cfg(test)]
    pub(crate) fn forged(self, value: Fr) -> Self {
        Wire { value, ..self }
    }
}

/// Where the value of a new cell of column a comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// A witness: the cell is constrained by the gates on it only.
    Witness(Fr),
    /// A copy of another cell.
    Copy(Wire),
}

impl Source {
    /// The value.
    pub fn value(self) -> Fr {
        match self {
            Source::Witness(value) => value,
            Source::Copy(wire) => wire.value,
        }
    }
}

impl From<Fr> for Source {
    fn from(value: Fr) -> Self {
        Source::Witness(value)
    }
}

impl From<Wire> for Source {
    fn from(wire: Wire) -> Self {
        Source::Copy(wire)
    }
}

/// The rows written so far. Not `Debug`: they hold the operator's secret.
#[derive(Clone, Default)]
pub struct Sheet {
    rows: Vec<Row>,
    constants: Vec<Option<Fr>>,
    copies: Vec<(usize, usize)>,
    permutations: usize,
}

impl Sheet {
    /// An empty sheet with room for the whole circuit.
    pub fn new() -> Self {
        Sheet {
            rows: Vec::with_capacity(USABLE_ROWS),
            constants: Vec::with_capacity(USABLE_ROWS),
            copies: Vec::with_capacity(1024),
            permutations: 0,
        }
    }

    /// Appends a row with neither value nor operation; returns its index.
    pub fn blank(&mut self) -> usize {
        self.rows.push(Row::default());
        self.rows.len() - 1
    }

    /// Appends a row with a value in column a.
    pub fn push(&mut self, source: impl Into<Source>) -> Wire {
        let source = source.into();
        let row = self.blank();
        self.fill(row, source);
        Wire { row, value: source.value() }
    }

    /// Appends a row with a value in column a and `b` in column b.
    pub fn push_with(&mut self, source: impl Into<Source>, b: Fr) -> Wire {
        let wire = self.push(source);
        self.set_b(wire.row, b);
        wire
    }

    /// Writes the empty cell of column a of an existing row.
    pub fn fill(&mut self, row: usize, source: impl Into<Source>) {
        assert!(self.rows[row].a.is_none(), "cell a of row {row} is written twice");
        let source = source.into();
        self.rows[row].a = Some(source.value());
        if let Source::Copy(origin) = source {
            self.copies.push((origin.row, row));
        }
    }

    /// Writes column b of an existing row.
    pub fn set_b(&mut self, row: usize, value: Fr) {
        assert!(self.rows[row].b.is_none(), "cell b of row {row} is written twice");
        self.rows[row].b = Some(value);
    }

    /// Puts an operation on a row.
    pub fn set_op(&mut self, row: usize, op: Op) {
        assert!(self.rows[row].op == Op::None, "row {row} already carries {:?}", self.rows[row].op);
        self.rows[row].op = op;
    }

    /// Puts a Poseidon round on a row.
    pub fn set_round(&mut self, row: usize, round: Round) {
        assert!(self.rows[row].round == Round::None, "row {row} already carries a round");
        self.rows[row].round = round;
    }

    /// Claims the constants (column rc) from `row` on, zeros included: gates that share a row's constant must agree.
    /// The rows need not exist yet.
    pub fn claim<const N: usize>(&mut self, row: usize, values: [Fr; N]) {
        if self.constants.len() < row + N {
            self.constants.resize(row + N, None);
        }
        for (slot, value) in self.constants[row..].iter_mut().zip(values) {
            assert!(
                slot.is_none_or(|old| old == value),
                "two gates claim different constants near row {row}"
            );
            *slot = Some(value);
        }
    }

    /// The constant of a row; zero where no gate reads it.
    pub fn constant(&self, row: usize) -> Fr {
        self.constants.get(row).copied().flatten().unwrap_or(Fr::ZERO)
    }

    /// The cell of column a at a row that is already written.
    pub fn wire(&self, row: usize) -> Wire {
        let value = self.rows[row].a.expect("only written cells are passed on");
        Wire { row, value }
    }

    /// Counts a Poseidon permutation, for the budget.
    pub fn count_permutation(&mut self) {
        self.permutations += 1;
    }

    /// Permutations on the sheet.
    pub fn permutations(&self) -> usize {
        self.permutations
    }

    /// Index of the next row.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row was written.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Pairs of rows whose cells of column a are equal.
    pub fn copies(&self) -> &[(usize, usize)] {
        &self.copies
    }

    /// A witness cell, for tests.
    #[cfg(test)]
    pub(crate) fn cell(&self, (column, row): super::tests::Cell) -> Option<Fr> {
        let row = self.rows.get(row)?;
        if column == super::tests::Column::A { row.a } else { row.b }
    }

    /// Overwrites a witness cell, for tests that a wrong one is noticed.
    #[cfg(test)]
    pub(crate) fn tamper(&mut self, (column, row): super::tests::Cell, value: Fr) {
        let row = &mut self.rows[row];
        let cell = if column == super::tests::Column::A { &mut row.a } else { &mut row.b };
        *cell = Some(value);
    }
}
