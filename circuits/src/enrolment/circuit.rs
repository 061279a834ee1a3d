//! halo2's view of the enrolment: transcribes a finished sheet.

use super::gates::EnrolmentConfig;
use super::layout::{Inputs, Layout, lay_out};
use super::native::Point;
use super::sheet::{Column, DYNAMIC, Sheet, dynamic_entry};
use super::table::fixed_entries;
use super::witness::EnrolmentWitness;
use super::{INSTANCES, USABLE_ROWS};
use halo2_proofs::circuit::{Layouter, Region, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// The enrolment circuit with a witness, or without one for key generation.
#[derive(Clone)]
pub struct EnrolmentCircuit {
    layout: Layout,
    known: bool,
}

impl EnrolmentCircuit {
    /// The circuit of a witness. The witness is not checked: see [`EnrolmentWitness::instance`].
    pub fn new(witness: &EnrolmentWitness) -> Self {
        Self::from_inputs(&witness.inputs())
    }

    /// The circuit of plain inputs.
    pub fn from_inputs(inputs: &Inputs) -> Self {
        EnrolmentCircuit { layout: lay_out(inputs), known: true }
    }

    /// The circuit without a witness: all that key generation needs.
    pub fn shape() -> Self {
        let inputs = Inputs {
            k: Fr::ZERO,
            meta: Fr::ZERO,
            leaf: [0; 32],
            digest: [0; 32],
            key: [0; 32],
            negated_key: Point::identity(),
            eighth: Point::identity(),
            r: [0; 32],
            s: [0; 32],
            challenge: [0; 32],
        };
        EnrolmentCircuit { layout: lay_out(&inputs), known: false }
    }

    /// The instances that the laid-out values give; for a valid witness those of [`EnrolmentWitness::instance`].
    pub fn instance(&self) -> [Fr; INSTANCES] {
        self.layout.instance
    }

    /// The rows.
    pub fn sheet(&self) -> &Sheet {
        &self.layout.sheet
    }

    /// A circuit of any sheet, for tests of single gadgets.
    #[cfg(test)]
    pub(crate) fn from_sheet(sheet: Sheet) -> Self {
        EnrolmentCircuit { layout: Layout { sheet, instance: [Fr::ZERO; INSTANCES] }, known: true }
    }

    /// The rows, to tamper with.
    #[cfg(test)]
    pub(crate) fn sheet_mut(&mut self) -> &mut Sheet {
        &mut self.layout.sheet
    }

    fn value(&self, value: Fr) -> Value<Fr> {
        if self.known { Value::known(value) } else { Value::unknown() }
    }

    fn assign_table(&self, config: &EnrolmentConfig, region: &mut Region<'_, Fr>) {
        let mut assign = |row: usize, key: u64, argument: u64, value: Fr| {
            for (column, value) in config.table.iter().zip([Fr::from(key), Fr::from(argument), value]) {
                region.assign_fixed(*column, row, value);
            }
        };
        for (row, entry) in fixed_entries().into_iter().enumerate() {
            assert!(row < DYNAMIC, "the table needs more rows than there are");
            assign(row, entry.key, entry.argument, entry.value);
        }
        for row in DYNAMIC..USABLE_ROWS {
            if let Some((key, argument)) = dynamic_entry(row) {
                assign(row, key, argument, Fr::ZERO);
            }
        }
        for row in 0..USABLE_ROWS {
            region.assign_fixed(config.dynamic, row, Fr::from(if row < DYNAMIC { 2 } else { 1 }));
        }
    }

    fn assign_fixed(&self, config: &EnrolmentConfig, region: &mut Region<'_, Fr>) {
        for row in 0..USABLE_ROWS {
            let fixed = self.sheet().fixed(row);
            for lane in 0..2 {
                region.assign_fixed(config.key[lane], row, Fr::from(fixed.key[lane]));
                region.assign_fixed(config.shift[lane], row, Fr::from(fixed.shift[lane]));
            }
            region.assign_fixed(config.valued, row, Fr::from(u64::from(fixed.valued)));
            region.assign_fixed(config.mode, row, Fr::from(fixed.mode as u64));
            region.assign_fixed(config.sig, row, fixed.sig);
            let coefficients = [fixed.keep, fixed.g0, fixed.g1, fixed.gm, fixed.h, fixed.c];
            for (column, value) in config.coefficients.iter().zip(coefficients) {
                region.assign_fixed(*column, row, value);
            }
        }
    }
}

impl Circuit<Fr> for EnrolmentCircuit {
    type Config = EnrolmentConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::shape()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> EnrolmentConfig {
        EnrolmentConfig::new(meta)
    }

    fn synthesize(&self, config: EnrolmentConfig, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "enrolment",
            |mut region| {
                let sheet = self.sheet();
                let mut cells = vec![[None; 6]; USABLE_ROWS];
                for (row, cells) in cells.iter_mut().enumerate() {
                    for column in Column::ALL {
                        let index = column as usize;
                        cells[index] = sheet.cell((column, row)).map(|value| {
                            region.assign_advice(config.advice[index], row, self.value(value)).cell()
                        });
                    }
                }
                for row in DYNAMIC..USABLE_ROWS {
                    let value = sheet.cell((Column::U1, row)).unwrap_or(Fr::ZERO);
                    region.assign_advice(config.t, row, self.value(value));
                }
                self.assign_table(&config, &mut region);
                self.assign_fixed(&config, &mut region);
                for (left, right) in sheet.copies() {
                    let cell = |(column, row): (Column, usize)| cells[row][column as usize];
                    // Both ends of a copy hold a value: `Sheet` makes copies only between cells it has written.
                    if let (Some(left), Some(right)) = (cell(*left), cell(*right)) {
                        region.constrain_equal(left, right);
                    }
                }
                Ok(())
            },
        )
    }
}
