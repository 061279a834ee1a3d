//! Gadget: Poseidon. One permutation takes 97 rows and three more for its output.
//!
//! Rows of a permutation, x_i being the first word of round i:
//!
//! ```text
//! rounds 0–3      3 rows each   a = word, b = a²; `full round` mixes into the next three rows
//! rounds 4–6      3 rows each   the same with b = 1 in words 1 and 2, so that w = a there
//! x_4 … x_61      58 rows       a = x, b = x²; `partial round` gives the fourth of any four; x_4, x_5, x_6 are copies
//! rounds 59, 60   3 rows each   like 4–6; x_59, x_60 are copies, and force the other words (see `recurrence`)
//! rounds 61–64    3 rows each   like 0–3; x_61 is a copy
//! output          3 rows        a only: b is free for the caller
//! ```

use super::opcode::{Op, Round};
use super::recurrence::{CHAIN, FIRST, LAST, STEPS, recurrence};
use super::sheet::{Sheet, Source, Wire};
use super::trace::{Trace, is_full};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::poseidon::{ROUNDS, constants, tag, tag_n};

/// The cells of a two-to-one hash.
#[derive(Clone, Copy, Debug)]
pub struct Hashed {
    /// First input.
    pub left: Wire,
    /// Second input.
    pub right: Wire,
    /// The hash; the first of the last three rows of the sheet.
    pub out: Wire,
}

/// `P(NAME; left, right)`: 102 rows.
pub fn hash(sheet: &mut Sheet, name: &str, left: impl Into<Source>, right: impl Into<Source>) -> Hashed {
    hash_with(sheet, tag(name), left, right)
}

/// `F(NAME; x1..xn)`, 102 rows for each element but one. Returns the inputs' cells and the hash.
pub fn hash_list<const N: usize>(sheet: &mut Sheet, name: &str, inputs: [Source; N]) -> ([Wire; N], Wire) {
    let tag = tag_n(name, N as u8);
    let first = hash_with(sheet, tag, inputs[0], inputs[1]);
    let mut wires = vec![first.left, first.right];
    let mut out = first.out;
    for input in &inputs[2..] {
        let next = hash_with(sheet, tag, out, *input);
        wires.push(next.right);
        out = next.out;
    }
    (std::array::from_fn(|i| wires[i]), out)
}

fn hash_with(sheet: &mut Sheet, tag: Fr, left: impl Into<Source>, right: impl Into<Source>) -> Hashed {
    let left = sheet.push(left);
    let right = sheet.push(right);
    sheet.set_op(left.row(), Op::Hash);
    sheet.claim(left.row(), [tag + constants().round[0][0]]);
    let out = permutation(sheet, [tag, left.value(), right.value()]);
    Hashed { left, right, out }
}

/// Lays out the permutation of `input` and returns its first output word. The caller constrains the first state.
pub(super) fn permutation(sheet: &mut Sheet, input: [Fr; 3]) -> Wire {
    sheet.count_permutation();
    let trace = Trace::new(input);
    for round in 0..FIRST {
        state(sheet, &trace, round, None);
    }
    let heads = [0, 1, 2].map(|i| state(sheet, &trace, FIRST + i, None));
    let chain = chain(sheet, &trace, heads);
    for round in LAST - 2..=LAST {
        state(sheet, &trace, round, Some(chain[round - FIRST]));
    }
    for round in LAST + 1..ROUNDS {
        state(sheet, &trace, round, None);
    }
    let [out, ..] = trace.output.map(|word| sheet.push(word));
    out
}

/// Three rows with the state of a round, mixed into the next three (the third chain head is followed by the chain).
fn state(sheet: &mut Sheet, trace: &Trace, round: usize, first_word: Option<Wire>) -> Wire {
    let full = is_full(round);
    let words = trace.before[round];
    let first =
        sheet.push_with(first_word.map_or(Source::Witness(words[0]), Source::Copy), words[0].square());
    sheet.set_op(first.row(), Op::Square);
    for word in &words[1..] {
        let b = if full { word.square() } else { Fr::ONE };
        let row = sheet.push_with(*word, b).row();
        sheet.set_op(row, if full { Op::Square } else { Op::One });
    }
    if round != FIRST + 2 {
        sheet.set_round(first.row(), Round::Full);
        sheet.claim(first.row(), constants().round.get(round + 1).copied().unwrap_or_default());
    }
    first
}

/// The S-box inputs of the partial rounds and of the full round after them.
fn chain(sheet: &mut Sheet, trace: &Trace, heads: [Wire; 3]) -> [Wire; CHAIN] {
    std::array::from_fn(|i| {
        let x = trace.before[FIRST + i][0];
        let source = heads.get(i).map_or(Source::Witness(x), |head| Source::Copy(*head));
        let wire = sheet.push_with(source, x.square());
        sheet.set_op(wire.row(), Op::Square);
        if i < STEPS {
            sheet.set_round(wire.row(), Round::Partial);
            sheet.claim(wire.row(), [recurrence().kappa[i]]);
        }
        wire
    })
}
