//! halo2's view of a link: the launch circuit's chip on another sheet.

use super::INSTANCES;
use super::layout::{Inputs, Layout, lay_out};
use super::witness::LinkWitness;
use crate::launch::circuit::transcribe;
use crate::launch::gates::LaunchConfig;
use crate::launch::sheet::Sheet;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// The link circuit with a witness, or without one for key generation.
#[derive(Clone)]
pub struct LinkCircuit {
    layout: Layout,
    known: bool,
}

impl LinkCircuit {
    /// The circuit of a witness.
    pub fn new(witness: &LinkWitness) -> Self {
        let LinkWitness { k, terms, commitment } = witness;
        let inputs = Inputs { k: *k, terms: *terms, commitment: commitment.limbs() };
        LinkCircuit { layout: lay_out(&inputs), known: true }
    }

    /// The circuit without a witness: all that key generation needs.
    pub fn shape() -> Self {
        let inputs = Inputs { k: Fr::ZERO, terms: Fr::ZERO, commitment: [Fr::ZERO; 2] };
        LinkCircuit { layout: lay_out(&inputs), known: false }
    }

    /// The instances that the laid-out values give.
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

impl Circuit<Fr> for LinkCircuit {
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
        transcribe(self.sheet(), self.known, config, layouter)
    }
}
