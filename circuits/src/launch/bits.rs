//! Gadget: bit sets as running sums, one row a bit, most significant first.
//!
//! Column a holds A_{i+1} = 2A_i + σ_i and column b holds B_{i+1} = 2B_i + β_i with σ, β ∈ {0, 1} and σ_i ≤ β_i. After n
//! rows A_n = 2^n·A_0 + σ and B_n = 2^n·B_0 + β, where σ is a subset of β as an n-bit set. A_0 and B_0 are known cells,
//! so a run can also append bits to a number (memory pages above the CPU bits, the index below the epoch).

use super::opcode::Op;
use super::sheet::{Sheet, Source, Wire};
use halo2curves::bn256::Fr;
use halo2curves::ff::PrimeField;

/// The ends of a subset run.
#[derive(Clone, Copy, Debug)]
pub struct Subset {
    /// The number whose new bits are the subset.
    pub small: Wire,
    /// The number whose new bits are the superset.
    pub large: Wire,
}

/// Bit `i` of the canonical integer of a field element.
pub fn bit(value: &Fr, i: usize) -> bool {
    value.to_repr()[i / 8] >> (i % 8) & 1 == 1
}

/// The integer of bits `from..from + width` of a field element.
pub fn slice(value: &Fr, from: usize, width: usize) -> Fr {
    (from..from + width).rev().fold(Fr::zero(), |acc, i| append(acc, bit(value, i)))
}

fn append(sum: Fr, bit: bool) -> Fr {
    sum.double() + Fr::from(u64::from(bit))
}

/// Appends the `width` low bits of `low` to `start`: width + 1 rows. The result is `start·2^width + n`, n < 2^width.
///
/// Column b mirrors column a. Its start is free, which lets the prover only add the restriction σ ≤ β.
pub fn extend(sheet: &mut Sheet, start: Wire, low: &Fr, width: usize) -> Wire {
    let mut sum = start.value();
    let mut end = sheet.push_with(start, sum);
    for i in (0..width).rev() {
        sheet.set_op(end.row(), Op::Bits);
        sum = append(sum, bit(low, i));
        end = sheet.push_with(sum, sum);
    }
    end
}

/// Appends `width` bits to both starts, those of `small` a subset of those of `large`: width + 3 rows.
///
/// The first row carries `start_large` in column a and the second `start_small`, so that the caller may relate a
/// witness `start_small` to it.
pub fn subset(
    sheet: &mut Sheet,
    (start_small, small): (impl Into<Source>, &Fr),
    (start_large, large): (Wire, &Fr),
    width: usize,
) -> Subset {
    let start_small = start_small.into();
    let mut sums = [start_small.value(), start_large.value()];
    let enter = sheet.push_with(start_large, sums[0]);
    sheet.set_op(enter.row(), Op::Exchange);
    let mut end = sheet.push_with(start_small, sums[1]);
    for i in (0..width).rev() {
        sheet.set_op(end.row(), Op::Bits);
        sums = [append(sums[0], bit(small, i)), append(sums[1], bit(large, i))];
        end = sheet.push_with(sums[0], sums[1]);
    }
    sheet.set_op(end.row(), Op::Exchange);
    let large = sheet.push_with(sums[1], sums[0]);
    Subset { small: end, large }
}
