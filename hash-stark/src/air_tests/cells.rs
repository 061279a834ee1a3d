//! Changes single cells and single public values, and expects each change to be noticed. There is no exception.

use super::{Case, cases, gates};
use crate::air::ChunkAir;
use crate::columns::WIDTH;
use crate::config::Val;
use crate::keccak::ROUNDS;
use p3_air::{Air, DebugConstraintBuilder};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::{RowMajorMatrix, RowMajorMatrixView};
use p3_matrix::stack::VerticalPair;
use p3_maybe_rayon::prelude::*;
use std::collections::BTreeSet;

/// The constraints between row `at` and the one below that do not hold, by number.
fn failures(trace: &RowMajorMatrix<Val>, at: usize, public: &[Val]) -> Vec<usize> {
    let height = trace.values.len() / WIDTH;
    let row = |at: usize| RowMajorMatrixView::new_row(&trace.values[at * WIDTH..][..WIDTH]);
    let empty = || RowMajorMatrixView::new(&[], 0);
    let mut builder: DebugConstraintBuilder<'_, Val> = DebugConstraintBuilder::new(
        at,
        VerticalPair::new(row(at), row((at + 1) % height)),
        VerticalPair::new(empty(), empty()),
        public,
        Val::from_bool(at == 0),
        Val::from_bool(at + 1 == height),
        Val::from_bool(at + 1 != height),
        &[],
    );
    ChunkAir.eval(&mut builder);
    builder.into_failures().into_iter().map(|failure| failure.constraint).collect()
}

/// Whether they all hold.
fn holds(trace: &RowMajorMatrix<Val>, at: usize, public: &[Val]) -> bool {
    failures(trace, at, public).is_empty()
}

/// Chunks of every shape: first, middle, last, the only one with several blocks, the only one with one block.
fn shapes() -> Vec<Case> {
    let mut shapes = cases(5 * 72 + 9, 2);
    shapes.extend(cases(150, 3));
    shapes.extend(cases(71, 2));
    assert_eq!(shapes.len(), 5);
    shapes
}

#[test]
fn every_cell_is_constrained() {
    for case in shapes() {
        let (trace, public) = (case.trace(), case.public());
        let height = trace.values.len() / WIDTH;
        // First, second, a middle and the last row of every slot and of a filler, and the last two rows of all.
        let used = (case.slots.len() + 1) * ROUNDS;
        let probed =
            |row: &usize| *row < used && matches!(row % ROUNDS, 0 | 1 | 11 | 23) || row + 2 >= height;
        let rows: Vec<usize> = (0..height).filter(probed).collect();
        let unnoticed: Vec<(usize, usize)> = rows
            .into_par_iter()
            .flat_map_iter(|row| {
                // The three rows that a change can concern.
                let above = (row + height - 1) % height;
                let mut copy = RowMajorMatrix::new(trace.values.clone(), WIDTH);
                let public = public.clone();
                (0..WIDTH).filter_map(move |column| {
                    let cell = row * WIDTH + column;
                    let honest = copy.values[cell];
                    // A flipped bit where it is one, and a value that is none.
                    let noticed = [Val::ONE - honest, honest + Val::TWO].into_iter().all(|value| {
                        copy.values[cell] = value;
                        value == honest || !holds(&copy, row, &public) || !holds(&copy, above, &public)
                    });
                    copy.values[cell] = honest;
                    (!noticed).then_some((row, column))
                })
            })
            .collect();
        assert_eq!(unnoticed, [], "position {}", case.statement.position);
    }
}

#[test]
fn every_public_value_is_constrained() {
    for case in shapes() {
        let (trace, honest) = (case.trace(), case.public());
        let height = trace.values.len() / WIDTH;
        // All rows between slots, and the last.
        let rows: Vec<usize> = (ROUNDS - 1..height).step_by(ROUNDS).chain([height - 1]).collect();
        let unnoticed: Vec<usize> = (0..honest.len())
            .into_par_iter()
            .filter(|index| {
                let mut public = honest.clone();
                public[*index] = Val::ONE - public[*index];
                rows.iter().all(|row| holds(&trace, *row, &public))
            })
            .collect();
        assert_eq!(unnoticed, Vec::<usize>::new(), "position {}", case.statement.position);
    }
}

#[test]
fn every_constraint_is_broken_by_some_change() {
    // Every constraint by number, not only every gate by name.
    let broken: BTreeSet<usize> = shapes()
        .into_par_iter()
        .flat_map_iter(|case| {
            let (mut trace, mut public) = (case.trace(), case.public());
            let height = trace.values.len() / WIDTH;
            let used = (case.slots.len() + 1) * ROUNDS;
            let mut broken = BTreeSet::new();
            for row in (0..used).filter(|row| matches!(row % ROUNDS, 0 | 23)).chain([height - 1]) {
                let above = (row + height - 1) % height;
                for column in 0..WIDTH {
                    let cell = row * WIDTH + column;
                    let honest = trace.values[cell];
                    trace.values[cell] = honest + Val::TWO;
                    broken.extend(failures(&trace, row, &public));
                    broken.extend(failures(&trace, above, &public));
                    trace.values[cell] = honest;
                }
            }
            for index in 0..public.len() {
                public[index] = Val::ONE - public[index];
                for row in (ROUNDS - 1..used).step_by(ROUNDS) {
                    broken.extend(failures(&trace, row, &public));
                }
                public[index] = Val::ONE - public[index];
            }
            broken
        })
        .collect();
    let gates = gates();
    let idle: BTreeSet<&str> =
        (0..gates.len()).filter(|index| !broken.contains(index)).map(|index| gates[index]).collect();
    assert_eq!(idle, BTreeSet::new());
}
