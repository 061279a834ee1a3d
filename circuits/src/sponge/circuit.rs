//! A finished sheet as halo2 sees it.

use super::gates::{C, COLUMNS, COPIED, SpongeConfig};
use super::sheet::Sheet;
use halo2_proofs::circuit::{Layouter, Value};
use halo2_proofs::plonk::Error;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// Writes a sheet's values, unless they are not `known`, its constants and its copies.
pub fn transcribe(
    sheet: &Sheet,
    known: bool,
    config: SpongeConfig,
    mut layouter: impl Layouter<Fr>,
) -> Result<(), Error> {
    layouter.assign_region(
        || "sheet",
        |mut region| {
            let mut copied = vec![[None; COPIED]; sheet.shape().rows()];
            for (row, copied) in copied.iter_mut().enumerate() {
                for column in 0..COLUMNS {
                    let Some(value) = sheet.cell((column, row)) else { continue };
                    let value = if known { Value::known(value) } else { Value::unknown() };
                    let cell = region.assign_advice(config.advice[column], row, value).cell();
                    if let Some(place) = column.checked_sub(C).and_then(|place| copied.get_mut(place)) {
                        *place = Some(cell);
                    }
                }
                for (column, value) in config.fixed.iter().zip(sheet.fixed(row)) {
                    if *value != Fr::ZERO {
                        region.assign_fixed(*column, row, *value);
                    }
                }
            }
            for ((left, a), (right, b)) in sheet.copies() {
                // Both ends of a copy hold a value: `Sheet` makes copies only between cells it has written.
                if let (Some(left), Some(right)) = (copied[*a][left - C], copied[*b][right - C]) {
                    region.constrain_equal(left, right);
                }
            }
            Ok(())
        },
    )
}
