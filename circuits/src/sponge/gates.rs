//! The chip: 35 advice columns, 6 fixed ones, 3 of the permutation argument, no lookups, degree 5.
//!
//! Row z·m + t is bit z of slot t; [r] is a rotation by r rows, {r} by r·m rows: another bit of the same slot.
//! A[l] is lane l = x + 5y of a slot's state, read through ρ and π ([`super::keccak`]); C and P are five columns each,
//! D = C ⊕ P. The nine words of a block are M = C0, C1, C3, C4, P0 … P4.
//!
//! | gate | where | constraints |
//! |---|---|---|
//! | bits | round, absorb | C, P ∈ {0, 1} |
//! | theta | round | Σ_y A[x][y] − P[x] ∈ {0, 2, 4}; C[x] ⊕ P[x] = C[x−1] ⊕ C[x+1]{−1} |
//! | step | round, absorb, shift | next slot: A′ ⊕ D′ if it is a round's, else A′ = χ(B) ⊕ RC (round); C2·A ⊕ M (absorb); A[l+5] (shift) |
//! | absorb | absorb | C2 = C2{−1}; and where W = 1, M = A[0, 2, 4, 5, …] of the message's slot |
//! | shift | shift | A[0…4] ∈ {0, 1}; C0 = W·C0{1} + A[0] + RC·A[1]; C1 = W·C1{1} + A[2] + RC·A[3]; C2 = W·C2{1} + A[4] |
//! | poseidon | full, partial | S-boxes by squares and fourth powers of C0 … C2 plus constants; [1] = MDS·boxes |
//! | mac | mac | B0 = C1·C2; C0[1] = K·C0 + W·B0 + RC + instance |
//!
//! A circuit that absorbs nothing has no gate `absorb` ([`Shape::message`]); the others are the same in all circuits.
//!
//! `Round` is a column of 0 and 1. `Slot` is 1 where a block is absorbed, 2 where planes are shifted: selectors of degree 2.
//! `Row` is 1 in full and 2 in partial rounds of Poseidon, 3 where sums are made. The other three hold constants.

use super::keccak::{RHO, lane};
use super::{LANES, Shape, WORDS};
use halo2_proofs::plonk::{
    Advice, Column, ConstraintSystem, Constraints, Expression, Fixed, Instance, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;
use halo2curves::ff::PrimeField;
use nonos_core::poseidon::constants;

/// Advice columns: 25 of B, five of C, five of P.
pub const COLUMNS: usize = 35;
/// First column of C.
pub const C: usize = 25;
/// First column of P.
pub const P: usize = 30;
/// Columns with copy constraints: C0, C1, C2. They are columns [`C`]`..C + COPIED`.
pub const COPIED: usize = 3;
/// Column that says whether a block takes the state over.
pub const CARRY: usize = C + 2;
/// Columns of a block's words.
pub const BLOCK: [usize; WORDS] = [C, C + 1, C + 3, C + 4, P, P + 1, P + 2, P + 3, P + 4];

/// Lanes of the message's slot that hold the last block: those that are packed alone.
pub const MESSAGE_LANES: [usize; WORDS] = [0, 2, 4, 5, 7, 9, 10, 12, 14];

/// `Slot` where a block is absorbed.
pub const ABSORB: u64 = 1;
/// `Slot` where planes are shifted.
pub const SHIFT: u64 = 2;
/// `Row` of a full round of Poseidon.
pub const FULL: u64 = 1;
/// `Row` of a partial round of Poseidon.
pub const PARTIAL: u64 = 2;
/// `Row` of a sum.
pub const MAC: u64 = 3;

/// Fixed columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// 1 where the slot is a round.
    Round,
    /// 0, [`ABSORB`] or [`SHIFT`].
    Slot,
    /// 0, [`FULL`], [`PARTIAL`] or [`MAC`].
    Row,
    /// Weight of the bit after; second constant; coefficient of a product; 1 where the message's block is absorbed.
    W,
    /// Round constant; coefficient of the second lane; first constant; constant term.
    Rc,
    /// Third constant; what is kept of a sum.
    K,
}

/// Number of fixed columns.
pub const FIXED: usize = Selector::K as usize + 1;

/// The columns.
#[derive(Clone, Debug)]
pub struct SpongeConfig {
    /// B[x + 5y], C[x], P[x].
    pub advice: [Column<Advice>; COLUMNS],
    /// In the order of [`Selector`].
    pub fixed: [Column<Fixed>; FIXED],
    shape: Shape,
}

type E = Expression<Fr>;
type Named = (&'static str, E);

fn constant(value: u64) -> E {
    Expression::Constant(Fr::from(value))
}

fn twice(e: &E) -> E {
    e.clone() + e.clone()
}

fn square(e: &E) -> E {
    e.clone() * e.clone()
}

/// a + b − 2ab
fn xor(a: &E, b: &E) -> E {
    a.clone() + b.clone() - twice(&(a.clone() * b.clone()))
}

fn boolean(e: &E) -> E {
    e.clone() * (e.clone() - constant(1))
}

impl SpongeConfig {
    /// Declares columns and gates.
    pub fn new(meta: &mut ConstraintSystem<Fr>, shape: Shape) -> Self {
        let advice = std::array::from_fn(|_| meta.advice_column());
        let fixed = std::array::from_fn(|_| meta.fixed_column());
        let instance = meta.instance_column();
        for column in &advice[C..C + COPIED] {
            meta.enable_equality(*column);
        }
        let config = SpongeConfig { advice, fixed, shape };
        config.bits(meta);
        config.theta(meta);
        config.step(meta);
        if let Some(delta) = shape.message {
            config.absorb(meta, delta);
        }
        config.shift(meta);
        config.poseidon(meta);
        config.mac(meta, instance);
        config
    }

    /// From a bit of a slot to the one so many bits after.
    fn bits_on(&self, bits: i32) -> i32 {
        bits * self.shape.slots() as i32
    }

    fn fixed(&self, meta: &mut VirtualCells<'_, Fr>, selector: Selector) -> E {
        meta.query_fixed(self.fixed[selector as usize], Rotation::cur())
    }

    fn cell(&self, meta: &mut VirtualCells<'_, Fr>, column: usize, rotation: i32) -> E {
        meta.query_advice(self.advice[column], Rotation(rotation))
    }

    /// Lane l of the state of the slot `next` slots on.
    fn state(&self, meta: &mut VirtualCells<'_, Fr>, l: usize, next: i32) -> E {
        let (x, y) = (l % 5, l / 5);
        self.cell(meta, lane(y, (2 * x + 3 * y) % 5), self.bits_on(RHO[x][y] as i32) + next)
    }

    /// 1 where a block is absorbed.
    fn at_absorb(&self, meta: &mut VirtualCells<'_, Fr>) -> E {
        let slot = self.fixed(meta, Selector::Slot);
        slot.clone() * (constant(SHIFT) - slot)
    }

    /// 1 where planes are shifted.
    fn at_shift(&self, meta: &mut VirtualCells<'_, Fr>) -> E {
        let slot = self.fixed(meta, Selector::Slot);
        slot.clone() * (slot - constant(ABSORB)) * Fr::TWO_INV
    }

    fn bits(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("bits", |meta| {
            let selector = self.fixed(meta, Selector::Round) + self.at_absorb(meta);
            let cells: Vec<Named> = (C..COLUMNS)
                .map(|column| ("cell is boolean", boolean(&self.cell(meta, column, 0))))
                .collect();
            Constraints::with_selector(selector, cells)
        });
    }

    fn theta(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("theta", |meta| {
            let mut named: Vec<Named> = vec![];
            for x in 0..5 {
                let p = self.cell(meta, P + x, 0);
                let sum = (1..5).fold(self.state(meta, x, 0), |sum, y| sum + self.state(meta, lane(x, y), 0));
                let even = sum - p.clone();
                let parity = even.clone() * (even.clone() - constant(2)) * (even - constant(4));
                named.push(("parity of a column", parity));
                let before = self.cell(meta, C + (x + 1) % 5, self.bits_on(-1));
                let [c, left] = [x, (x + 4) % 5].map(|x| self.cell(meta, C + x, 0));
                named.push(("what theta adds", xor(&c, &p) - xor(&left, &before)));
            }
            Constraints::with_selector(self.fixed(meta, Selector::Round), named)
        });
    }

    fn step(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("step", |meta| {
            let [round, rc] = [Selector::Round, Selector::Rc].map(|selector| self.fixed(meta, selector));
            let [absorb, shift] = [self.at_absorb(meta), self.at_shift(meta)];
            let next_is_round = meta.query_fixed(self.fixed[Selector::Round as usize], Rotation::next());
            // The slot before a round is always one of the three, so what is added to its state needs no other selector.
            let active = round.clone() + absorb.clone() + shift.clone();
            let added: Vec<[E; 2]> = (0..5)
                .map(|x| {
                    let d = xor(&self.cell(meta, C + x, 1), &self.cell(meta, P + x, 1));
                    let added = next_is_round.clone() * d;
                    [active.clone() - twice(&added), added]
                })
                .collect();
            let kept = absorb.clone() * self.cell(meta, CARRY, 0);
            (0..LANES)
                .map(|l| {
                    let (x, y) = (l % 5, l / 5);
                    let [weight, offset] = added[x].clone();
                    let entering = self.state(meta, l, 1) * weight + offset;
                    let [b0, b1, b2] = [0, 1, 2].map(|i| self.cell(meta, lane((x + i) % 5, y), 0));
                    let not_and = b2.clone() - b1 * b2;
                    let mut chi = b0.clone() + not_and * (constant(1) - twice(&b0));
                    if l == 0 {
                        chi = xor(&chi, &rc);
                    }
                    let over = kept.clone() * self.state(meta, l, 0);
                    let mut expected = round.clone() * chi + over.clone();
                    if let Some(column) = BLOCK.get(l) {
                        let word = self.cell(meta, *column, 0);
                        expected = expected + word * (absorb.clone() - twice(&over));
                    }
                    expected = expected + shift.clone() * self.state(meta, (l + 5) % LANES, 0);
                    ("next slot", entering - expected)
                })
                .collect::<Vec<Named>>()
        });
    }

    fn absorb(&self, meta: &mut ConstraintSystem<Fr>, delta: i32) {
        meta.create_gate("absorb", |meta| {
            let absorb = self.at_absorb(meta);
            let message = absorb.clone() * self.fixed(meta, Selector::W);
            let [carry, before] = [0, self.bits_on(-1)].map(|rotation| self.cell(meta, CARRY, rotation));
            let mut named = vec![("carry is that of the bit before", absorb * (carry - before))];
            for (column, l) in BLOCK.into_iter().zip(MESSAGE_LANES) {
                let lane = self.state(meta, l, delta);
                named.push(("lane of the message", message.clone() * (self.cell(meta, column, 0) - lane)));
            }
            named
        });
    }

    fn shift(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("shift", |meta| {
            let [w, rc] = [Selector::W, Selector::Rc].map(|selector| self.fixed(meta, selector));
            let lanes: [E; 5] = std::array::from_fn(|l| self.state(meta, l, 0));
            let mut named: Vec<Named> = lanes.iter().map(|lane| ("lane is boolean", boolean(lane))).collect();
            let [l0, l1, l2, l3, l4] = lanes;
            let bits = [l0 + rc.clone() * l1, l2 + rc * l3, l4];
            for (column, bits) in (C..).zip(bits) {
                let [sum, after] = [0, 1].map(|bits| self.cell(meta, column, self.bits_on(bits)));
                named.push(("word is packed", sum - w.clone() * after - bits));
            }
            Constraints::with_selector(self.at_shift(meta), named)
        });
    }

    fn poseidon(&self, meta: &mut ConstraintSystem<Fr>) {
        meta.create_gate("poseidon", |meta| {
            let [row, rc, w, k] = [Selector::Row, Selector::Rc, Selector::W, Selector::K]
                .map(|selector| self.fixed(meta, selector));
            let from_mac = row.clone() - constant(MAC);
            let round = row.clone() * from_mac.clone();
            let full = round.clone() * (row.clone() - constant(PARTIAL));
            let partial = round.clone() * (row - constant(FULL));
            let constants_added = [rc, w, k];
            let y: [E; 3] = std::array::from_fn(|i| self.cell(meta, C + i, 0) + constants_added[i].clone());
            let squares: [E; 3] = std::array::from_fn(|i| self.cell(meta, SQUARE + i, 0));
            let fourths: [E; 2] = std::array::from_fn(|i| self.cell(meta, FOURTH + i, 0));
            let boxes: [E; 3] = std::array::from_fn(|i| self.cell(meta, BOX + i, 0));
            let mut named: Vec<Named> = vec![];
            for i in 0..3 {
                named.push(("square", round.clone() * (squares[i].clone() - square(&y[i]))));
            }
            let power = square(&squares[0]) * y[0].clone();
            named.push(("first box", round.clone() * (boxes[0].clone() - power)));
            for i in 1..3 {
                let (fourth, out) = (fourths[i - 1].clone(), boxes[i].clone());
                named.push(("fourth power", round.clone() * (fourth.clone() - square(&squares[i]))));
                named.push(("box of a full round", full.clone() * (out.clone() - fourth * y[i].clone())));
                named.push(("box of a partial round", partial.clone() * (out - y[i].clone())));
            }
            for (i, m) in constants().mds.iter().enumerate() {
                let mixed = boxes[0].clone() * m[0] + boxes[1].clone() * m[1] + boxes[2].clone() * m[2];
                named.push(("word is mixed", round.clone() * (self.cell(meta, C + i, 1) - mixed)));
            }
            named
        });
    }

    fn mac(&self, meta: &mut ConstraintSystem<Fr>, instance: Column<Instance>) {
        meta.create_gate("mac", |meta| {
            let [row, rc, w, k] = [Selector::Row, Selector::Rc, Selector::W, Selector::K]
                .map(|selector| self.fixed(meta, selector));
            let mac = row.clone() * (row.clone() - constant(FULL)) * (row - constant(PARTIAL));
            let [sum, left, right] = [0, 1, 2].map(|i| self.cell(meta, C + i, 0));
            let product = self.cell(meta, PRODUCT, 0);
            let public = meta.query_instance(instance, Rotation(-(self.shape.window as i32)));
            let next = k * sum + w * product.clone() + rc + public;
            let named = [("product", product - left * right), ("sum", self.cell(meta, C, 1) - next)];
            Constraints::with_selector(mac, named)
        });
    }
}

/// Columns of Poseidon's squares.
pub const SQUARE: usize = 0;
/// Columns of the fourth powers of the second and third word.
pub const FOURTH: usize = 3;
/// Columns of the S-boxes' results.
pub const BOX: usize = 5;
/// Column of a product.
pub const PRODUCT: usize = 0;
