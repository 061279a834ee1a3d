//! Copy classes: the cells that copy constraints force to be equal.

use super::{Cell, Column};
use crate::launch::sheet::Sheet;
use halo2curves::bn256::Fr;
use std::collections::BTreeMap;

/// Every assigned cell, grouped by equality. Cells of column b are alone.
pub fn classes(sheet: &Sheet) -> Vec<Vec<Cell>> {
    let mut parent: Vec<usize> = (0..sheet.len()).collect();
    for (left, right) in sheet.copies() {
        let (left, right) = (root(&parent, *left), root(&parent, *right));
        parent[left.max(right)] = left.min(right);
    }
    let mut grouped: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
    for (row, content) in sheet.rows().iter().enumerate() {
        if content.a.is_some() {
            grouped.entry((Column::A, root(&parent, row))).or_default().push((Column::A, row));
        }
        if content.b.is_some() {
            grouped.insert((Column::B, row), vec![(Column::B, row)]);
        }
    }
    grouped.into_values().collect()
}

fn root(parent: &[usize], mut row: usize) -> usize {
    while parent[row] != row {
        row = parent[row];
    }
    row
}

/// The class of a cell.
pub fn class_of(sheet: &Sheet, cell: Cell) -> Vec<Cell> {
    classes(sheet).into_iter().find(|class| class.contains(&cell)).unwrap_or_default()
}

/// Overwrites a value wherever it was copied to, as a consistent cheat would.
pub fn tamper_class(sheet: &mut Sheet, cell: Cell, value: Fr) {
    for cell in class_of(sheet, cell) {
        sheet.tamper(cell, value);
    }
}

/// Rows whose gates read a cell: column a is read up to five rows ahead, column b two.
pub fn readers((column, row): Cell) -> std::ops::RangeInclusive<usize> {
    let reach = if column == Column::A { 5 } else { 2 };
    row.saturating_sub(reach)..=row
}
