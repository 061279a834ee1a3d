//! The row budget: fixed by the shape, so a change here is a change of the verifying key.

use super::fixture::{Shape, Tree, USUAL, witness};
use crate::launch::LaunchCircuit;
use crate::launch::opcode::{Op, Round};
use crate::launch::sheet::{Sheet, USABLE_ROWS};
use halo2curves::bn256::Fr;

/// Round, operation, constant, and which cells of a row are used.
type FixedRow = (Round, Op, Fr, bool, bool);

/// Everything that ends up in the verifying key.
fn shape(sheet: &Sheet) -> (Vec<FixedRow>, Vec<(usize, usize)>) {
    let rows = sheet.rows().iter().enumerate();
    let fixed = rows.map(|(i, row)| (row.round, row.op, sheet.constant(i), row.a.is_some(), row.b.is_some()));
    (fixed.collect(), sheet.copies().to_vec())
}

#[test]
fn seventy_two_permutations_in_8144_of_8183_rows() {
    let circuit = LaunchCircuit::shape();
    assert_eq!(circuit.sheet().permutations(), 52 + 20);
    assert_eq!(circuit.sheet().len(), 8144);
    assert!(circuit.sheet().len() <= USABLE_ROWS);
}

#[test]
fn the_shape_does_not_depend_on_the_witness() {
    let expected = shape(LaunchCircuit::shape().sheet());
    let one = Tree::Real { leaves: 1, index: 0 };
    let shapes = [
        USUAL,
        Shape { seed: 400, hide_capsule: false, hide_operator: false, measurements: 0, ..USUAL },
        Shape {
            seed: 401,
            operators: one,
            installs: Tree::Path(20),
            catalog: Tree::Path(12),
            measurements: 4,
            ..USUAL
        },
    ];
    for variant in shapes {
        assert!(shape(LaunchCircuit::new(&witness(variant)).sheet()) == expected);
    }
}
