//! halo2's view of a chunk: transcribes a finished sheet.

use super::gates::{C, COLUMNS, COPIED, InstallConfig};
use super::layout::{Inputs, Layout, lay_out};
use super::sheet::Sheet;
use super::witness::InstallWitness;
use super::{INSTANCES, K, LANES};
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// The install circuit with a witness, or without one for key generation.
#[derive(Clone)]
pub struct InstallCircuit {
    layout: Layout,
    known: bool,
}

impl InstallCircuit {
    /// The circuit of a witness. The witness is not checked: see [`InstallWitness::instance`].
    pub fn new(witness: &InstallWitness) -> Self {
        Self::from_inputs(&witness.inputs())
    }

    /// The circuit of plain inputs.
    pub fn from_inputs(inputs: &Inputs) -> Self {
        InstallCircuit { layout: lay_out(inputs), known: true }
    }

    /// The circuit without a witness: all that key generation needs.
    pub fn shape() -> Self {
        let inputs = Inputs {
            k: Fr::ZERO,
            terms: Fr::ZERO,
            digest: Fr::ZERO,
            position: 0,
            more: false,
            state: [0; LANES],
            blocks: vec![],
            last_bytes: 0,
            salt: [0; 4],
        };
        InstallCircuit { layout: lay_out(&inputs), known: false }
    }

    /// The instances that the laid-out values give; for a valid witness those of [`InstallWitness::instance`].
    pub fn instance(&self) -> [Fr; INSTANCES] {
        self.layout.instance
    }

    /// The rows.
    pub fn sheet(&self) -> &Sheet {
        &self.layout.sheet
    }

    /// The rows, to tamper with.
    #[cfg(test)]
    pub(crate) fn sheet_mut(&mut self) -> &mut Sheet {
        &mut self.layout.sheet
    }
}

impl Circuit<Fr> for InstallCircuit {
    type Config = InstallConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::shape()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> InstallConfig {
        InstallConfig::new(meta)
    }

    fn synthesize(&self, config: InstallConfig, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        layouter.assign_region(
            || "install",
            |mut region| {
                let sheet = self.sheet();
                let mut copied = vec![[None; COPIED]; 1 << K];
                for (row, copied) in copied.iter_mut().enumerate() {
                    for column in 0..COLUMNS {
                        let Some(value) = sheet.cell((column, row)) else { continue };
                        let value = if self.known { Value::known(value) } else { Value::unknown() };
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
}
