//! The sheet: rows of the circuit under construction, with their values.
//!
//! Gadgets write to four places, each with a cursor of its own:
//!
//! ```text
//! rows 0 … JOINT                 lookups with values: z, x and u of a row belong together
//! z0, z1 from JOINT              range checks; two independent streams
//! x, u from JOINT                arithmetic
//! the last rows of column u1     multiples of the key point, which are part of the lookup table
//! ```
//!
//! Everything but the values (fixed columns, copies, which cells are used) is the same for every witness.

use super::table::{CHUNK_BITS, KEY_POINT, KEY_WINDOW, POINT_LIMBS, RANGE};
use super::{K, USABLE_ROWS};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::field::fr_from_u128;
use num_bigint::BigUint;

/// Rows in which lookups have values.
pub const JOINT: usize = 8_500;
/// First row of the key point's multiples in the lookup table: the last rows that can be used.
pub const DYNAMIC: usize = USABLE_ROWS - POINT_LIMBS * (1 << KEY_WINDOW);

/// Advice columns with copy constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// Argument of the first lookup.
    Z0,
    /// Argument of the second lookup.
    Z1,
    /// Operands; value of the first lookup.
    X0,
    /// Operands; value of the second lookup.
    X1,
    /// Accumulator.
    U0,
    /// Accumulator.
    U1,
}

impl Column {
    /// All of them.
    pub const ALL: [Column; 6] = [Column::Z0, Column::Z1, Column::X0, Column::X1, Column::U0, Column::U1];
}

/// A lookup with its argument, value and accumulator columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// z0, x0, u0.
    First,
    /// z1, x1, u1.
    Second,
}

impl Lane {
    /// Both.
    pub const BOTH: [Lane; 2] = [Lane::First, Lane::Second];

    fn columns(self) -> (Column, Column, Column) {
        match self {
            Lane::First => (Column::Z0, Column::X0, Column::U0),
            Lane::Second => (Column::Z1, Column::X1, Column::U1),
        }
    }
}

/// A place in the sheet.
pub type Cell = (Column, usize);

/// A cell and its value: what gadgets pass to each other and copy.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Where.
    pub cell: Cell,
    /// What.
    pub value: Fr,
}

/// Gate of a row, column `mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// None, or the product gate, which column sig selects.
    #[default]
    None,
    /// The accumulators of the next row follow from this row.
    Linear,
    /// A sum of products is reduced mod p.
    Reduce,
}

/// Fixed cells of a row. Roles are those of [`super::gates`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed {
    /// Function that each lookup asks for.
    pub key: [u64; 2],
    /// The lookups' arguments are z − shift·(next z).
    pub shift: [u64; 2],
    /// Whether x holds the lookups' values.
    pub valued: bool,
    /// Gate.
    pub mode: Mode,
    /// Sign and multiple of a product; zero: no product.
    pub sig: Fr,
    /// What is kept of the accumulators.
    pub keep: Fr,
    /// Coefficient of x0; τ of a product; whether a reduction has a remainder.
    pub g0: Fr,
    /// Coefficient of x1.
    pub g1: Fr,
    /// Coefficient of x0·x1.
    pub gm: Fr,
    /// Coefficient of x1 in the second accumulator.
    pub h: Fr,
    /// Constant.
    pub c: Fr,
}

/// A piece of a word: its bits, and the coefficient of its spread form in the accumulator.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Number of bits.
    pub bits: usize,
    /// Position of its lowest bit in the word.
    pub position: usize,
}

/// A word as a lane wrote it.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The word.
    pub value: u64,
    /// The cell of the word.
    pub dense: Wire,
    /// For each piece: the spread form of it and of all bits below it.
    pub below: Vec<Wire>,
}

impl Spread {
    /// The spread form of the word.
    pub fn spread(&self) -> Wire {
        self.below[self.below.len() - 1]
    }
}

/// The rows written so far. Not `Debug`: they hold the operator's secret and the signature.
#[derive(Clone)]
pub struct Sheet {
    cells: Vec<[Option<Fr>; 6]>,
    fixed: Vec<Fixed>,
    copies: Vec<(Cell, Cell)>,
    joint: usize,
    z: [usize; 2],
    x: usize,
}

impl Default for Sheet {
    fn default() -> Self {
        Self::new()
    }
}

impl Sheet {
    /// An empty sheet of 2^15 rows.
    pub fn new() -> Self {
        Sheet {
            cells: vec![[None; 6]; 1 << K],
            fixed: vec![Fixed::default(); 1 << K],
            copies: Vec::with_capacity(1 << 16),
            joint: 0,
            z: [JOINT; 2],
            x: JOINT,
        }
    }

    /// The value of a cell, if it is used.
    pub fn cell(&self, (column, row): Cell) -> Option<Fr> {
        self.cells[row][column as usize]
    }

    /// The fixed cells of a row.
    pub fn fixed(&self, row: usize) -> &Fixed {
        &self.fixed[row]
    }

    /// Pairs of equal cells.
    pub fn copies(&self) -> &[(Cell, Cell)] {
        &self.copies
    }

    /// Rows in use: lookups with values, each range stream, arithmetic.
    pub fn usage(&self) -> [usize; 4] {
        [self.joint, self.z[0] - JOINT, self.z[1] - JOINT, self.x - JOINT]
    }

    fn write(&mut self, cell: Cell, value: Fr) -> Wire {
        let slot = &mut self.cells[cell.1][cell.0 as usize];
        assert!(slot.is_none(), "cell {cell:?} is written twice");
        *slot = Some(value);
        Wire { cell, value }
    }

    fn copy(&mut self, cell: Cell, origin: Wire) -> Wire {
        self.copies.push((origin.cell, cell));
        self.write(cell, origin.value)
    }

    /// Two cells are equal.
    pub fn equal(&mut self, left: Wire, right: Wire) {
        self.copies.push((left.cell, right.cell));
    }

    // --- range checks ---

    /// A cell whose value is below 2^(13·chunks).
    ///
    /// z_i = chunk_i + 2^13·z_{i+1}, each chunk in the table, z_n = 0. A `value` that is too large breaks the last lookup.
    pub fn range(&mut self, value: &BigUint, chunks: usize) -> Wire {
        let lane = usize::from(self.z[1] < self.z[0]);
        let column = [Column::Z0, Column::Z1][lane];
        let start = self.z[lane];
        self.z[lane] += chunks;
        assert!(self.z[lane] <= USABLE_ROWS, "the range checks need more rows than there are");
        for i in 0..chunks {
            let row = start + i;
            self.write((column, row), integer(&(value >> (CHUNK_BITS * i))));
            self.fixed[row].key[lane] = RANGE;
            self.fixed[row].shift[lane] = if i + 1 < chunks { 1 << CHUNK_BITS } else { 0 };
        }
        self.wire((column, start))
    }

    fn wire(&self, cell: Cell) -> Wire {
        let value = self.cell(cell).expect("only written cells are passed on");
        Wire { cell, value }
    }

    // --- lookups with values ---

    /// Cuts one or two words into pieces, side by side, and accumulates their spread forms.
    ///
    /// z_i = piece_i + 2^bits·z_{i+1}, x_i = spread(piece_i), u_{i+1} = u_i + 4^position·x_i with u_0 taken as 0.
    pub fn pieces<const N: usize>(&mut self, words: [(u64, &[Piece]); N]) -> [Spread; N] {
        let start = self.joint;
        let rows = words.iter().map(|(_, pieces)| pieces.len()).max().unwrap_or(0);
        self.joint += rows;
        assert!(self.joint < JOINT, "the lookups need more rows than there are");
        for row in start..start + rows {
            let fixed = &mut self.fixed[row];
            fixed.mode = Mode::Linear;
            fixed.valued = true;
            fixed.keep = if row == start { Fr::ZERO } else { Fr::ONE };
        }
        std::array::from_fn(|i| self.lane(Lane::BOTH[i], start, rows, words[i].0, words[i].1))
    }

    fn lane(&mut self, lane: Lane, start: usize, rows: usize, word: u64, pieces: &[Piece]) -> Spread {
        let (z, x, u) = lane.columns();
        let mut sum = 0u128;
        let mut below = vec![];
        for i in 0..rows {
            let row = start + i;
            if i > 0 {
                below.push(self.write((u, row), fr_from_u128(sum)));
            }
            let Some(Piece { bits, position }) = pieces.get(i).copied() else { continue };
            let rest = word >> position;
            let piece = spread_of(rest, bits);
            self.write((z, row), Fr::from(rest));
            self.write((x, row), fr_from_u128(piece));
            let fixed = &mut self.fixed[row];
            fixed.key[lane as usize] = super::table::spread_key(bits);
            fixed.shift[lane as usize] = if i + 1 < pieces.len() { 1 << bits } else { 0 };
            let weight = fr_from_u128(1 << (2 * position));
            match lane {
                Lane::First => fixed.g0 = weight,
                Lane::Second => fixed.h = weight,
            }
            sum += piece << (2 * position);
        }
        below.push(self.write((u, start + rows), fr_from_u128(sum)));
        below.truncate(pieces.len());
        // With fewer pieces than rows the accumulator stays as it is, so the last one written is the whole word's.
        Spread { value: word, dense: self.wire((z, start)), below }
    }

    /// The limbs of a table point: `digit` selects among the multiples under `key`. Returns the digit's cell and the limbs.
    pub fn select(&mut self, key: u64, digit: u64, limbs: &[Fr; POINT_LIMBS]) -> (Wire, [Wire; POINT_LIMBS]) {
        let start = self.joint;
        self.joint += POINT_LIMBS / 2;
        assert!(self.joint < JOINT, "the lookups need more rows than there are");
        let mut first = None;
        let wires = std::array::from_fn(|limb| {
            let (row, lane) = (start + limb / 2, Lane::BOTH[limb % 2]);
            let (z, x, _) = lane.columns();
            first = Some(match first {
                None => self.write((z, row), Fr::from(digit)),
                Some(first) => {
                    self.copy((z, row), first);
                    first
                }
            });
            self.fixed[row].valued = true;
            self.fixed[row].key[lane as usize] = key + limb as u64;
            self.write((x, row), limbs[limb])
        });
        (first.expect("a point has limbs"), wires)
    }

    /// A row of the table: limb `limb` of the `multiple`-th multiple of the key point.
    pub fn offer(&mut self, multiple: usize, limb: usize, value: Wire) {
        let row = dynamic_row(multiple, limb);
        self.copy((Column::U1, row), value);
    }

    // --- linear arithmetic ---

    /// Reserves the rows of the public instances: u0 of row i + 1 is instance i.
    pub fn publish<const N: usize>(&mut self, values: [Fr; N]) -> [Wire; N] {
        assert!(self.joint == 0 && N <= JOINT, "instances stand on the first rows");
        self.joint = N;
        std::array::from_fn(|i| {
            self.fixed[i].mode = Mode::Linear;
            self.write((Column::U0, i + 1), values[i])
        })
    }

    /// A cell that nothing constrains but what is made of it.
    pub fn free(&mut self, value: Fr) -> Wire {
        let row = self.x;
        self.x += 1;
        self.write((Column::X0, row), value)
    }

    /// Σ coefficient·wire + constant. One row for two terms.
    pub fn sum(&mut self, terms: &[(Fr, Wire)], constant: Fr) -> Wire {
        let mut value = constant;
        let mut chunks = terms.chunks(2);
        let mut first = true;
        loop {
            let chunk = chunks.next();
            if chunk.is_none() && !first {
                break;
            }
            let row = self.x;
            self.x += 1;
            for (i, (coefficient, wire)) in chunk.unwrap_or_default().iter().enumerate() {
                self.copy(([Column::X0, Column::X1][i], row), *wire);
                let fixed = &mut self.fixed[row];
                *(if i == 0 { &mut fixed.g0 } else { &mut fixed.g1 }) = *coefficient;
                value += *coefficient * wire.value;
            }
            let fixed = &mut self.fixed[row];
            fixed.mode = Mode::Linear;
            fixed.keep = if first { Fr::ZERO } else { Fr::ONE };
            fixed.c = if first { constant } else { Fr::ZERO };
            self.write((Column::U0, row + 1), value);
            first = false;
        }
        self.check_x();
        self.wire((Column::U0, self.x))
    }

    /// left·right + constant: one row.
    pub fn times(&mut self, left: Wire, right: Wire, constant: Fr) -> Wire {
        let row = self.x;
        self.x += 1;
        self.copy((Column::X0, row), left);
        self.copy((Column::X1, row), right);
        let fixed = &mut self.fixed[row];
        fixed.mode = Mode::Linear;
        fixed.gm = Fr::ONE;
        fixed.c = constant;
        self.check_x();
        self.write((Column::U0, row + 1), left.value * right.value + constant)
    }

    // --- products mod p ---

    /// Four rows of a product; returns the first. Accumulators before are at the returned row, after four rows below.
    #[allow(clippy::too_many_arguments, reason = "the fixed cells of one gate")]
    pub(super) fn product(
        &mut self,
        a: &[Wire; 4],
        b: &[Wire; 4],
        sig: Fr,
        tau: Fr,
        keep: bool,
        sums: [Fr; 2],
    ) {
        let row = self.x;
        self.x += 4;
        self.check_x();
        for (i, wire) in a.iter().chain(b).enumerate() {
            self.copy(([Column::X0, Column::X1][i % 2], row + i / 2), *wire);
        }
        let fixed = &mut self.fixed[row];
        fixed.sig = sig;
        fixed.g0 = tau;
        fixed.keep = if keep { Fr::ONE } else { Fr::ZERO };
        self.write((Column::U0, self.x), sums[0]);
        self.write((Column::U1, self.x), sums[1]);
    }

    /// The reduction of the sums that were just written: quotient and carry, and the limbs of the remainder if there is one.
    pub(super) fn reduction(&mut self, quotient: Wire, carry: Wire, remainder: Option<&[Wire; 4]>) {
        let row = self.x;
        self.copy((Column::X0, row), quotient);
        self.copy((Column::X1, row), carry);
        self.fixed[row].mode = Mode::Reduce;
        self.x += 1;
        if let Some(limbs) = remainder {
            self.fixed[row].g0 = Fr::ONE;
            for (i, limb) in limbs.iter().enumerate() {
                self.copy(([Column::X0, Column::X1][i % 2], row + 1 + i / 2), *limb);
            }
            self.x += 2;
        }
        self.check_x();
    }

    fn check_x(&self) {
        assert!(self.x + 4 < DYNAMIC, "the arithmetic needs more rows than there are");
    }

    /// Overwrites a cell, for tests that a wrong one is noticed.
    #[cfg(test)]
    pub(crate) fn tamper(&mut self, (column, row): Cell, value: Fr) {
        self.cells[row][column as usize] = Some(value);
    }
}

/// Row of the lookup table for a limb of a multiple of the key point.
pub fn dynamic_row(multiple: usize, limb: usize) -> usize {
    DYNAMIC + limb * (1 << KEY_WINDOW) + multiple
}

/// Key and argument of a row of the dynamic part of the table.
pub fn dynamic_entry(row: usize) -> Option<(u64, u64)> {
    let index = row.checked_sub(DYNAMIC)?;
    (row < USABLE_ROWS)
        .then(|| (KEY_POINT + (index >> KEY_WINDOW) as u64, (index % (1 << KEY_WINDOW)) as u64))
}

fn spread_of(rest: u64, bits: usize) -> u128 {
    super::table::spread(rest & ((1 << bits) - 1))
}

/// An integer below r as a field element; modulo r otherwise.
pub fn integer(value: &BigUint) -> Fr {
    value
        .to_u64_digits()
        .iter()
        .rev()
        .fold(Fr::ZERO, |sum, digit| sum * fr_from_u128(1 << 64) + Fr::from(*digit))
}
