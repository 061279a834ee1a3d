//! P(t; a, b) by linear rows and products: one hash does not deserve gates of its own.

use super::sheet::{Sheet, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::poseidon::{FULL_ROUNDS, PARTIAL_ROUNDS, ROUNDS, constants, tag};

/// `P(NAME; left, right)`: 636 rows.
pub fn hash(sheet: &mut Sheet, name: &str, left: Wire, right: Wire) -> Wire {
    let constants = constants();
    let mut state: [Wire; 3] = {
        let [c0, c1, c2] = constants.round[0];
        [
            sheet.sum(&[], tag(name) + c0),
            sheet.sum(&[(Fr::ONE, left)], c1),
            sheet.sum(&[(Fr::ONE, right)], c2),
        ]
    };
    for round in 0..ROUNDS {
        let partial = (FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS).contains(&round);
        let boxed = if partial { 1 } else { 3 };
        for word in &mut state[..boxed] {
            *word = fifth_power(sheet, *word);
        }
        let next = constants.round.get(round + 1).copied().unwrap_or([Fr::ZERO; 3]);
        state = std::array::from_fn(|i| {
            let terms: Vec<_> = constants.mds[i].into_iter().zip(state).collect();
            sheet.sum(&terms, next[i])
        });
    }
    state[0]
}

fn fifth_power(sheet: &mut Sheet, x: Wire) -> Wire {
    let square = sheet.times(x, x, Fr::ZERO);
    let fourth = sheet.times(square, square, Fr::ZERO);
    sheet.times(fourth, x, Fr::ZERO)
}
