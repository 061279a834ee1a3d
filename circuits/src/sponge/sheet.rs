//! The sheet: slots of the sponge and rows of arithmetic, with their values. `layout` says what stands where.

use super::gates::{
    ABSORB, BLOCK, BOX, C, CARRY, COLUMNS, COPIED, FIXED, FOURTH, FULL, MAC, PARTIAL, PRODUCT, SHIFT, SQUARE,
    Selector,
};
use super::keccak::{ROUNDS, placed, round, round_constants};
use super::{LANES, STRIP, Shape, WORDS};
use halo2curves::bn256::Fr;
use halo2curves::ff::{Field, PrimeField};
use nonos_core::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, ROUNDS as POSEIDON_ROUNDS, constants, tag};

/// A place: column and row.
pub type Cell = (usize, usize);

/// A cell with copies, and its value.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// Where.
    pub cell: Cell,
    /// What.
    pub value: Fr,
}

/// How the lanes of a plane become words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// l0 + 2^64·l1, l2 + 2^64·l3, l4.
    Pairs,
    /// l0, l2, l4.
    Singles,
    /// The same as pairs, but the first lane is the higher one and bytes count as big-endian, and times 2^−120.
    Digest,
}

impl Packing {
    /// What the second lane of a pair is multiplied by.
    fn second(self) -> Fr {
        let high = Fr::from(2).pow_vartime([64]);
        match self {
            Packing::Pairs => high,
            Packing::Singles => Fr::ZERO,
            Packing::Digest => Fr::TWO_INV.pow_vartime([64]),
        }
    }

    /// What a bit's weight is multiplied by to give that of the bit after.
    fn step(self, bit: usize) -> Fr {
        match (self, bit % 8) {
            _ if bit == 63 => Fr::ZERO,
            (Packing::Digest, 7) => Fr::TWO_INV.pow_vartime([15]),
            _ => Fr::from(2),
        }
    }
}

/// The rows written so far. Not `Debug`: they hold secrets.
#[derive(Clone)]
pub struct Sheet {
    shape: Shape,
    cells: Vec<[Fr; COLUMNS]>,
    used: Vec<u64>,
    fixed: Vec<[Fr; FIXED]>,
    copies: Vec<(Cell, Cell)>,
    /// Next strip for a hash, from the second up: the first is that of the instances.
    strip: usize,
    /// Strip and row in it of the next sum, from the last strip down.
    sums: (usize, usize),
    constants: Vec<(Fr, Wire)>,
}

fn bit(word: u64, index: usize) -> Fr {
    Fr::from(word >> index & 1)
}

impl Sheet {
    /// An empty sheet.
    pub fn new(shape: Shape) -> Self {
        assert!(shape.fits(), "slots end before the blinding rows");
        Sheet {
            shape,
            cells: vec![[Fr::ZERO; COLUMNS]; shape.rows()],
            used: vec![0; shape.rows()],
            fixed: vec![[Fr::ZERO; FIXED]; shape.rows()],
            copies: vec![],
            strip: 1,
            sums: (63, 0),
            constants: vec![],
        }
    }

    /// How many rows there are, and where sums stand.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The value of a cell, if it is used.
    pub fn cell(&self, (column, row): Cell) -> Option<Fr> {
        (self.used[row] >> column & 1 == 1).then(|| self.cells[row][column])
    }

    /// The fixed cells of a row, in the order of [`Selector`].
    pub fn fixed(&self, row: usize) -> &[Fr; FIXED] {
        &self.fixed[row]
    }

    /// Pairs of equal cells.
    pub fn copies(&self) -> &[(Cell, Cell)] {
        &self.copies
    }

    /// Strips that nothing stands on yet.
    pub fn spare_strips(&self) -> usize {
        self.sums.0 - self.strip
    }

    fn write(&mut self, (column, row): Cell, value: Fr) -> Wire {
        assert!(self.used[row] >> column & 1 == 0, "cell ({column}, {row}) is written twice");
        self.used[row] |= 1 << column;
        self.cells[row][column] = value;
        Wire { cell: (column, row), value }
    }

    fn set(&mut self, selector: Selector, row: usize, value: Fr) {
        self.fixed[row][selector as usize] = value;
    }

    fn copy(&mut self, cell: Cell, origin: Wire) {
        self.equal(Wire { cell, value: origin.value }, origin);
        self.write(cell, origin.value);
    }

    /// Two cells are equal.
    pub fn equal(&mut self, left: Wire, right: Wire) {
        let copied = C..C + COPIED;
        assert!(
            copied.contains(&left.cell.0) && copied.contains(&right.cell.0),
            "no copies of these columns"
        );
        self.copies.push((right.cell, left.cell));
    }

    fn wire(&self, (column, row): Cell) -> Wire {
        Wire { cell: (column, row), value: self.cells[row][column] }
    }

    // --- slots ---

    fn write_word(&mut self, slot: usize, column: usize, word: u64) {
        for index in 0..64 {
            self.write((column, self.shape.row(slot, index)), bit(word, index));
        }
    }

    /// A state of its own.
    pub fn write_state(&mut self, slot: usize, state: &[u64; LANES]) {
        for (column, word) in placed(state).into_iter().enumerate() {
            self.write_word(slot, column, word);
        }
    }

    fn set_all(&mut self, slot: usize, selector: Selector, value: Fr) {
        for index in 0..64 {
            self.set(selector, self.shape.row(slot, index), value);
        }
    }

    /// Twenty-four rounds from `state` in the slots from `slot` on. The state after them belongs into the next slot.
    pub fn rounds(&mut self, slot: usize, state: &[u64; LANES]) -> [u64; LANES] {
        let mut state = *state;
        for (slot, constant) in (slot..slot + ROUNDS).zip(round_constants()) {
            let step = round(&state, constant);
            let words = step.b.into_iter().chain(step.c).chain(step.p);
            for (column, word) in words.enumerate() {
                self.write_word(slot, column, word);
            }
            self.set_all(slot, Selector::Round, Fr::ONE);
            for index in 0..64 {
                self.set(Selector::Rc, self.shape.row(slot, index), bit(constant, index));
            }
            state = step.out;
        }
        state
    }

    /// A state that takes in a block: ⟨carry⟩·state ⊕ block. Returns what enters the rounds, and the carry flag.
    pub fn absorb(
        &mut self,
        slot: usize,
        state: &[u64; LANES],
        block: &[u64; WORDS],
        carry: bool,
    ) -> ([u64; LANES], Wire) {
        self.write_state(slot, state);
        for (column, word) in BLOCK.into_iter().zip(block) {
            self.write_word(slot, column, *word);
        }
        self.write_word(slot, CARRY, if carry { u64::MAX } else { 0 });
        self.set_all(slot, Selector::Slot, Fr::from(ABSORB));
        let mut entering = if carry { *state } else { [0; LANES] };
        entering.iter_mut().zip(block).for_each(|(lane, word)| *lane ^= word);
        (entering, self.wire((CARRY, self.shape.row(slot, 0))))
    }

    /// The block absorbed in this slot is the one of the message's slots.
    pub fn feed(&mut self, slot: usize) {
        self.set_all(slot, Selector::W, Fr::ONE);
    }

    /// A slot whose next one holds the state moved by a plane, and the words of the first plane.
    fn shift(&mut self, slot: usize, state: &[u64; LANES], packing: Packing) -> [Wire; 3] {
        self.write_state(slot, state);
        self.set_all(slot, Selector::Slot, Fr::from(SHIFT));
        self.set_all(slot, Selector::Rc, packing.second());
        let mut sums = [Fr::ZERO; 3];
        for index in (0..64).rev() {
            let lane = |l: usize| bit(state[l], index);
            let second = packing.second();
            let bits = [lane(0) + second * lane(1), lane(2) + second * lane(3), lane(4)];
            let step = packing.step(index);
            self.set(Selector::W, self.shape.row(slot, index), step);
            for (i, bits) in bits.into_iter().enumerate() {
                sums[i] = step * sums[i] + bits;
                self.write((C + i, self.shape.row(slot, index)), sums[i]);
            }
        }
        [0, 1, 2].map(|i| self.wire((C + i, self.shape.row(slot, 0))))
    }

    /// One slot for each packing, with the state's planes passing by, and the words of each plane. The slot after them
    /// holds the state moved by as many planes.
    pub fn pack(&mut self, slot: usize, state: &[u64; LANES], packings: &[Packing]) -> Vec<[Wire; 3]> {
        let mut state = *state;
        let mut words = vec![];
        for (i, packing) in packings.iter().enumerate() {
            words.push(self.shift(slot + i, &state, *packing));
            state.rotate_left(5);
        }
        words
    }

    /// The same, and the slot after them.
    pub fn pack_closed(&mut self, slot: usize, state: &[u64; LANES], packings: &[Packing]) -> Vec<[Wire; 3]> {
        let words = self.pack(slot, state, packings);
        let mut state = *state;
        state.rotate_left(5 * packings.len() % LANES);
        self.write_state(slot + packings.len(), &state);
        words
    }

    /// The two halves of a hash, most significant first, from the words of its plane packed with [`Packing::Digest`].
    pub fn halves(&mut self, packed: [Wire; 3]) -> [Wire; 2] {
        let scale = Fr::from(2).pow_vartime([120]);
        [packed[0], packed[1]].map(|word| self.linear(&[(scale, word)], Fr::ZERO))
    }

    /// What words of packed planes have to be, where it is given.
    pub fn compare(&mut self, packed: &[[Wire; 3]], expected: &[[Option<Wire>; 3]]) {
        assert_eq!(packed.len(), expected.len(), "every plane has a line");
        for (packed, expected) in packed.iter().flatten().zip(expected.iter().flatten()) {
            if let Some(expected) = expected {
                self.equal(*packed, *expected);
            }
        }
    }

    // --- arithmetic ---

    /// The public instances: sums of nothing but the instance, in the first strip. Once.
    pub fn publish<const N: usize>(&mut self, values: [Fr; N]) -> [Wire; N] {
        assert!(N < STRIP, "the instances fill more than a strip");
        std::array::from_fn(|i| {
            let row = self.shape.window + i;
            self.mac_row(row, None);
            self.write((C, row + 1), values[i])
        })
    }

    /// A row of a sum, with its product.
    fn mac_row(&mut self, row: usize, term: Option<(Fr, Wire, Wire)>) {
        self.set(Selector::Row, row, Fr::from(MAC));
        let mut product = Fr::ZERO;
        if let Some((coefficient, left, right)) = term {
            self.set(Selector::W, row, coefficient);
            self.copy((C + 1, row), left);
            self.copy((C + 2, row), right);
            product = left.value * right.value;
        }
        self.write((PRODUCT, row), product);
    }

    /// The next row of sums; its result is on the row below.
    fn sum_row(&mut self) -> usize {
        let (strip, used) = self.sums;
        self.sums.1 += 1;
        self.shape.row(self.shape.window, strip) + used
    }

    /// A strip with room for `rows` rows of sums and the result below.
    fn reserve(&mut self, rows: usize) {
        assert!(rows < STRIP, "a sum of {rows} rows is longer than a strip");
        if self.sums.1 + rows + 1 > STRIP {
            assert!(self.sums.0 > self.strip, "the arithmetic needs more rows than there are");
            self.sums = (self.sums.0 - 1, 0);
        }
    }

    /// A cell that nothing constrains but what is made of it.
    pub fn free(&mut self, value: Fr) -> Wire {
        self.reserve(1);
        let row = self.sum_row();
        self.write((C + 1, row), value)
    }

    /// Σ coefficient·left·right + constant.
    pub fn sum(&mut self, terms: &[(Fr, Wire, Wire)], constant: Fr) -> Wire {
        let rows = terms.len().max(1);
        self.reserve(rows);
        let mut value = constant;
        let mut result = None;
        for i in 0..rows {
            let row = self.sum_row();
            self.set(Selector::K, row, Fr::from(u64::from(i > 0)));
            self.set(Selector::Rc, row, if i == 0 { constant } else { Fr::ZERO });
            let term = terms.get(i).copied();
            self.mac_row(row, term);
            if let Some((coefficient, left, right)) = term {
                value += coefficient * left.value * right.value;
            }
            result = Some(self.write((C, row + 1), value));
        }
        result.expect("a sum has a row")
    }

    /// A constant.
    pub fn constant(&mut self, value: Fr) -> Wire {
        if let Some((_, wire)) = self.constants.iter().find(|(known, _)| *known == value) {
            return *wire;
        }
        let wire = self.sum(&[], value);
        self.constants.push((value, wire));
        wire
    }

    /// Σ coefficient·wire + constant.
    pub fn linear(&mut self, terms: &[(Fr, Wire)], constant: Fr) -> Wire {
        let one = self.constant(Fr::ONE);
        let terms: Vec<_> = terms.iter().map(|(coefficient, wire)| (*coefficient, *wire, one)).collect();
        self.sum(&terms, constant)
    }

    /// `P(tag; left, right)`: one strip.
    pub fn hash(&mut self, tag: Fr, left: Wire, right: Wire) -> Wire {
        let zero = self.constant(Fr::ZERO);
        assert!(self.strip < self.sums.0, "the hashes need more strips than there are");
        let start = self.shape.row(self.shape.window, self.strip);
        self.strip += 1;
        let constants = constants();
        let mut state = [Fr::ZERO, left.value, right.value];
        for (column, origin) in (C..).zip([zero, left, right]) {
            self.copy((column, start), origin);
        }
        for round in 0..POSEIDON_ROUNDS {
            let row = start + round;
            let full = !(FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS).contains(&round);
            let mut add = constants.round[round];
            if round == 0 {
                // The first word is the tag: a constant, like what is added to it.
                add[0] += tag;
            }
            self.set(Selector::Row, row, Fr::from(if full { FULL } else { PARTIAL }));
            for (selector, constant) in [Selector::Rc, Selector::W, Selector::K].into_iter().zip(add) {
                self.set(selector, row, constant);
            }
            let y: [Fr; 3] = std::array::from_fn(|i| state[i] + add[i]);
            let boxed: [Fr; 3] =
                std::array::from_fn(|i| if full || i == 0 { y[i].square().square() * y[i] } else { y[i] });
            for i in 0..3 {
                self.write((SQUARE + i, row), y[i].square());
                self.write((BOX + i, row), boxed[i]);
            }
            for (column, y) in (FOURTH..).zip(&y[1..]) {
                self.write((column, row), y.square().square());
            }
            state = constants.mds.map(|m| m[0] * boxed[0] + m[1] * boxed[1] + m[2] * boxed[2]);
            for (i, word) in state.iter().enumerate() {
                self.write((C + i, row + 1), *word);
            }
        }
        self.wire((C, start + POSEIDON_ROUNDS))
    }

    /// P(INST; k, P(CAP; digest, terms)): two strips.
    pub fn install_leaf(&mut self, k: Wire, digest: Wire, terms: Wire) -> Wire {
        let capsule = self.hash(tag("CAP"), digest, terms);
        self.hash(tag("INST"), k, capsule)
    }

    /// Overwrites a cell, for tests that a wrong one is noticed.
    #[cfg(test)]
    pub(crate) fn tamper(&mut self, (column, row): Cell, value: Fr) {
        self.cells[row][column] = value;
    }
}
