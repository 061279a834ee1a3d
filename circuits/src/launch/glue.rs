//! Gadgets: public instances, linear and product relations, the zero test, disclosed or hidden tags, and the measurement set.

use super::merkle::choose;
use super::opcode::Op;
use super::poseidon::hash_list;
use super::sheet::{Sheet, Source, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// Reserves the rows of the public instances, the first ones of the sheet: a `linear` with no terms but a0, so that a0 is
/// the instance. [`Sheet::fill`] writes them.
pub fn reserve_instances(sheet: &mut Sheet, count: usize) {
    assert!(sheet.is_empty(), "instances stand on the first rows");
    for _ in 0..count {
        let row = sheet.blank();
        sheet.set_op(row, Op::Linear);
        sheet.claim(row, [Fr::ZERO; 3]);
    }
}

/// A zero that no witness can change: one row.
pub fn zero(sheet: &mut Sheet) -> Wire {
    let wire = sheet.push(Fr::ZERO);
    sheet.set_op(wire.row(), Op::Linear);
    sheet.claim(wire.row(), [Fr::ZERO; 3]);
    wire
}

/// x + c·y + d·z = 0 on three new rows.
pub fn linear(sheet: &mut Sheet, x: Source, (c, y): (Fr, Source), (d, z): (Fr, Source)) -> [Wire; 3] {
    let wires = [x, y, z].map(|source| sheet.push(source));
    sheet.set_op(wires[0].row(), Op::Linear);
    sheet.claim(wires[0].row(), [c, d, Fr::ZERO]);
    wires
}

/// x·y = 0 on three new rows (the third only keeps the constants apart).
pub fn zero_product(sheet: &mut Sheet, x: Wire, y: Wire) {
    let first = sheet.push(x);
    sheet.push(y);
    sheet.blank();
    sheet.set_op(first.row(), Op::Product);
    sheet.claim(first.row(), [Fr::ZERO; 3]);
}

/// z = 1 if s = 0, else z = 0: six rows.
///
/// ```text
/// s·inv + z − 1 = 0      z·s = 0
/// ```
///
/// If s = 0 the first says z = 1 (inv is free and means nothing). If s ≠ 0 the second says z = 0.
pub fn is_zero(sheet: &mut Sheet, s: Wire) -> Wire {
    let inverse: Option<Fr> = s.value().invert().into();
    let flag = if inverse.is_none() { Fr::ONE } else { Fr::ZERO };
    let first = sheet.push(s);
    sheet.push(inverse.unwrap_or(Fr::ZERO));
    let z = sheet.push(flag);
    sheet.set_op(first.row(), Op::Product);
    sheet.claim(first.row(), [Fr::ONE, Fr::ZERO, -Fr::ONE]);
    zero_product(sheet, z, s);
    z
}

/// `hidden + z·(shown − hidden)`: seven rows. For z = 1 it is `shown`, for z = 0 `hidden`.
///
/// ```text
/// d + hidden − shown = 0      z·d + hidden − tag = 0
/// ```
pub fn select(sheet: &mut Sheet, z: Wire, shown: Wire, hidden: Wire) -> Wire {
    let difference = shown.value() - hidden.value();
    let [d, ..] = linear(sheet, difference.into(), (Fr::ONE, hidden.into()), (-Fr::ONE, shown.into()));
    let first = sheet.push(z);
    sheet.push(d);
    sheet.push(hidden);
    let tag = sheet.push(hidden.value() + z.value() * difference);
    sheet.set_op(first.row(), Op::Product);
    sheet.claim(first.row(), [Fr::ONE, -Fr::ONE, Fr::ZERO]);
    tag
}

/// Measurement rule: `allowed` = 0, or it is F(MSET; m1..m4) and `measured` is one of m1..m4. 324 rows.
///
/// ```text
/// d = allowed − F(MSET; m1..m4)     allowed·d = 0
/// e = measured − m, m ∈ {m1..m4}    allowed·e = 0
/// ```
///
/// `allowed` ≠ 0 makes both differences zero. That a set hashes to 0 is as hard as inverting Poseidon.
pub fn measurement(sheet: &mut Sheet, allowed: Wire, measured: Wire, set: &[Fr; 4]) {
    let (members, hash) = hash_list(sheet, "MSET", set.map(Source::Witness));
    let chosen = set.iter().position(|m| *m == measured.value()).unwrap_or(0);
    let member = choose(sheet, &members, chosen);
    for (value, expected) in [(allowed, hash), (measured, member)] {
        let difference = value.value() - expected.value();
        let [d, ..] = linear(sheet, difference.into(), (-Fr::ONE, value.into()), (Fr::ONE, expected.into()));
        zero_product(sheet, allowed, d);
    }
}
