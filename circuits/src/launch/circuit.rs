//! halo2's view of the launch: transcribes a finished sheet.

use super::gates::LaunchConfig;
use super::layout::{Inputs, Layout, lay_out};
use super::merkle::Path;
use super::sheet::Sheet;
use super::witness::LaunchWitness;
use super::{CATALOG_DEPTH, INSTALL_DEPTH, INSTANCES, OPERATOR_DEPTH};
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// The launch circuit with a witness, or without one for key generation.
#[derive(Clone)]
pub struct LaunchCircuit {
    layout: Layout,
    known: bool,
}

impl LaunchCircuit {
    /// The circuit of a witness. The witness is not checked: see [`LaunchWitness::instance`].
    pub fn new(witness: &LaunchWitness) -> Self {
        Self::from_inputs(&witness.inputs())
    }

    /// The circuit of plain field elements.
    pub fn from_inputs(inputs: &Inputs) -> Self {
        LaunchCircuit { layout: lay_out(inputs), known: true }
    }

    /// The circuit without a witness: all that key generation needs.
    pub fn shape() -> Self {
        let path =
            |depth: usize| Path { siblings: vec![Fr::ZERO; depth], bits: vec![false; depth], depth: 0 };
        let zero = Fr::ZERO;
        let inputs = Inputs {
            k: zero,
            meta: zero,
            operator: path(OPERATOR_DEPTH),
            install: path(INSTALL_DEPTH),
            catalog: path(CATALOG_DEPTH),
            commitment: [zero; 2],
            manifest: zero,
            policy: [zero; 5],
            state: [zero; 5],
            measurements: [zero; 4],
            capsule_salt: zero,
            operator_salt: zero,
            state_salt: zero,
            epoch: zero,
            index: zero,
            binding: zero,
        };
        LaunchCircuit { layout: lay_out(&inputs), known: false }
    }

    /// The instances that the laid-out values give; for a valid witness those of [`LaunchWitness::instance`].
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
        LaunchCircuit { layout: Layout { sheet, instance: [Fr::ZERO; INSTANCES] }, known: true }
    }

    /// The rows, to tamper with.
    #[cfg(test)]
    pub(crate) fn sheet_mut(&mut self) -> &mut Sheet {
        &mut self.layout.sheet
    }
}

impl Circuit<Fr> for LaunchCircuit {
    type Config = LaunchConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::shape()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> LaunchConfig {
        LaunchConfig::new(meta)
    }

    fn synthesize(&self, config: LaunchConfig, layouter: impl Layouter<Fr>) -> Result<(), Error> {
        transcribe(&self.layout.sheet, self.known, config, layouter)
    }
}

/// Hands a finished sheet to halo2, with or without its values.
pub(crate) fn transcribe(
    sheet: &Sheet,
    known: bool,
    config: LaunchConfig,
    mut layouter: impl Layouter<Fr>,
) -> Result<(), Error> {
    let value = |value: Fr| if known { Value::known(value) } else { Value::unknown() };
    layouter.assign_region(
        || "sheet",
        |mut region| {
            let mut cells = Vec::with_capacity(sheet.len());
            for (row, content) in sheet.rows().iter().enumerate() {
                let a = content.a.map(|a| region.assign_advice(config.a, row, value(a)).cell());
                cells.push(a);
                if let Some(b) = content.b {
                    region.assign_advice(config.b, row, value(b));
                }
                let (s, x) = content.op.point();
                region.assign_fixed(config.rc, row, sheet.constant(row));
                region.assign_fixed(config.q, row, Fr::from(content.round.code()));
                region.assign_fixed(config.s, row, Fr::from(s));
                region.assign_fixed(config.x, row, Fr::from(x));
            }
            for (left, right) in sheet.copies() {
                // Both ends of a copy hold a value: `Sheet` makes copies only between cells it has written.
                if let (Some(left), Some(right)) = (cells[*left], cells[*right]) {
                    region.constrain_equal(left, right);
                }
            }
            Ok(())
        },
    )
}
