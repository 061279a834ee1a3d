//! halo2's view of a hidden link: the chip of the install circuit on a smaller sheet.

use super::INSTANCES;
use super::layout::{Inputs, Layout, SHAPE, lay_out};
use super::witness::HiddenLinkWitness;
use crate::sponge::LANES;
use crate::sponge::circuit::transcribe;
use crate::sponge::gates::SpongeConfig;
use crate::sponge::sheet::Sheet;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Error};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;

/// The hidden link circuit with a witness, or without one for key generation.
#[derive(Clone)]
pub struct HiddenLinkCircuit {
    layout: Layout,
    known: bool,
}

impl HiddenLinkCircuit {
    /// The circuit of a witness.
    pub fn new(witness: &HiddenLinkWitness) -> Self {
        Self::from_inputs(&witness.inputs())
    }

    /// The circuit of plain inputs, true or not.
    pub(super) fn from_inputs(inputs: &Inputs) -> Self {
        HiddenLinkCircuit { layout: lay_out(inputs), known: true }
    }

    /// The circuit without a witness: all that key generation needs.
    pub fn shape() -> Self {
        let inputs = Inputs { k: Fr::ZERO, terms: Fr::ZERO, block: [0; LANES] };
        HiddenLinkCircuit { layout: lay_out(&inputs), known: false }
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

impl Circuit<Fr> for HiddenLinkCircuit {
    type Config = SpongeConfig;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self::shape()
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> SpongeConfig {
        SpongeConfig::new(meta, SHAPE)
    }

    fn synthesize(&self, config: SpongeConfig, layouter: impl Layouter<Fr>) -> Result<(), Error> {
        transcribe(self.sheet(), self.known, config, layouter)
    }
}
