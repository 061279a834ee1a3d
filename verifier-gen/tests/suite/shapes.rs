//! The circuit shapes under test, each keyed, proven, generated, compiled and deployed once.

use std::sync::OnceLock;

use halo2curves::bn256::Fr;
use nonos_circuits::backend::{Srs, Verifier, keygen, prove_seeded};
use nonos_verifier_gen::{Generated, Options, calldata, generate, solc::CompiledContract};

use crate::{
    compiler,
    sample::{Public, Sample, Spec},
};

/// log2 of the rows of every shape.
const K: u32 = 6;

/// A circuit with a valid proof and its contract.
pub struct Shape {
    pub spec: Spec,
    pub srs: Srs,
    pub verifier: Verifier,
    /// All columns, one after the other.
    pub instances: Vec<Fr>,
    pub proof: Vec<u8>,
    pub generated: Generated,
    pub compiled: CompiledContract,
}

impl Shape {
    fn new(spec: Spec) -> Self {
        let srs = Srs::developer(K).unwrap();
        let circuit = Sample { spec: spec.clone(), seed: 7 };
        let pk = keygen(&srs, &circuit).unwrap();
        let values = spec.values(7);
        let columns: Vec<&[Fr]> = values.iter().map(Vec::as_slice).collect();
        let counts: Vec<usize> = values.iter().map(Vec::len).collect();
        let proof = prove_seeded(&srs, &pk, circuit, &columns, [9; 32]).unwrap();
        let verifier = Verifier::new(&srs, pk.get_vk(), &counts).unwrap();
        let instances = values.concat();
        verifier.verify(&proof, &instances).unwrap();
        let options = Options { contract_name: "SampleVerifier".into() };
        let generated = generate(&verifier, &options).unwrap();
        let compiled = compiler::compiled(&generated.source);
        Self { spec, srs, verifier, instances, proof, generated, compiled }
    }

    /// Calldata of the valid proof.
    pub fn calldata(&self) -> Vec<u8> {
        calldata(&self.instances, &self.proof)
    }
}

/// Every shape; built on first use.
pub fn shapes() -> impl Iterator<Item = &'static Shape> {
    static SHAPES: [OnceLock<Shape>; 7] = [const { OnceLock::new() }; 7];
    let specs = specs();
    SHAPES.iter().zip(specs).map(|(cell, spec)| cell.get_or_init(|| Shape::new(spec)))
}

/// A shape by name.
pub fn shape(name: &str) -> &'static Shape {
    shapes().find(|shape| shape.spec.name == name).unwrap()
}

fn specs() -> [Spec; 7] {
    let gate = |count, rotations: &[i32]| (count, Some(Public::Gate(rotations.to_vec())));
    let equal = |count| (count, Some(Public::Equality));
    let base = Spec { advice: 1, phases: 1, ..Spec::default() };
    [
        Spec { name: "minimal", ..base.clone() },
        Spec {
            name: "ten instances in a gate",
            advice: 2,
            instances: vec![gate(10, &[0])],
            degree: 5,
            equality: true,
            ..base.clone()
        },
        Spec {
            name: "equality",
            advice: 3,
            instances: vec![equal(4), equal(5)],
            equality: true,
            degree: 4,
            ..base.clone()
        },
        Spec { name: "lookups", advice: 2, instances: vec![gate(1, &[0])], lookups: 2, ..base.clone() },
        Spec {
            name: "wide",
            advice: 10,
            instances: vec![equal(9)],
            lookups: 1,
            far: true,
            equality: true,
            ..base.clone()
        },
        Spec { name: "phases", advice: 2, instances: vec![gate(2, &[0])], phases: 2, ..base.clone() },
        Spec {
            name: "rotated instances",
            advice: 2,
            instances: vec![gate(3, &[-1]), gate(4, &[2, 0]), (0, None), equal(2), (3, None)],
            far: true,
            degenerate: true,
            ..base
        },
    ]
}
