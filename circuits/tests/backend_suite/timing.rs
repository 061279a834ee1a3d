//! What verification costs for a circuit of the launch circuit's shape. Run with
//! `cargo test --release -p nonos-circuits --test backend_suite -- --ignored --nocapture timing`.

use std::{hint::black_box, time::Instant};

use halo2_proofs::{
    circuit::{Layouter, SimpleFloorPlanner, Value},
    plonk::{Advice, Circuit, Column, ConstraintSystem, Error, Fixed},
    poly::Rotation,
};
use halo2curves::{bn256::Fr, ff::Field};

use nonos_circuits::backend::{Srs, preparse};

use crate::circuits::Setup;

/// Two advice columns (one with equality), four fixed columns, ten instances read by a gate, degree 5, k = 13.
#[derive(Clone)]
struct Launchlike;

impl Circuit<Fr> for Launchlike {
    type Config = ([Column<Advice>; 2], [Column<Fixed>; 4]);
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self
    }

    fn configure(cs: &mut ConstraintSystem<Fr>) -> Self::Config {
        let advice = [(); 2].map(|_| cs.advice_column());
        let fixed = [(); 4].map(|_| cs.fixed_column());
        let instance = cs.instance_column();
        cs.enable_equality(advice[0]);
        cs.create_gate("instance", |cells| {
            let q = cells.query_fixed(fixed[0], Rotation::cur());
            let public = cells.query_instance(instance, Rotation::cur());
            [q * (cells.query_advice(advice[0], Rotation::cur()) - public)]
        });
        cs.create_gate("many rotations", |cells| {
            let q = cells.query_fixed(fixed[1], Rotation::cur());
            let s = cells.query_fixed(fixed[2], Rotation::cur());
            let a = (0..6).map(|r| cells.query_advice(advice[0], Rotation(r))).collect::<Vec<_>>();
            let b = (0..3).map(|r| cells.query_advice(advice[1], Rotation(r))).collect::<Vec<_>>();
            let rc = [0, 1, 2].map(|r| cells.query_fixed(fixed[3], Rotation(r)));
            let rc = rc.into_iter().reduce(|sum, x| sum + x).unwrap();
            let sum = a.into_iter().chain(b.iter().cloned()).reduce(|sum, x| sum + x).unwrap();
            [q * (s.clone() * s * b[0].clone() * b[1].clone() + sum + rc)]
        });
        (advice, fixed)
    }

    fn synthesize(
        &self,
        (advice, fixed): Self::Config,
        mut layouter: impl Layouter<Fr>,
    ) -> Result<(), Error> {
        layouter.assign_region(
            || "public",
            |mut region| {
                for row in 0..10 {
                    region.assign_fixed(fixed[0], row, Fr::ONE);
                    region.assign_advice(advice[0], row, Value::known(Fr::from(row as u64)));
                }
                // An active row of zeros makes every column and the degree count.
                region.assign_fixed(fixed[1], 100, Fr::ONE);
                region.assign_fixed(fixed[2], 100, Fr::ONE);
                region.assign_fixed(fixed[3], 200, Fr::ONE);
                Ok(())
            },
        )
    }
}

fn launchlike(_: u64) -> (Launchlike, Vec<Vec<Fr>>) {
    (Launchlike, vec![(0..10).map(Fr::from).collect()])
}

/// CPU seconds of this process, all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 14 and 15 of proc(5): user and system time in ticks of 10 ms.
    let ticks = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Runs `work` and prints wall and CPU time per unit of `units`.
fn measure(what: &str, units: usize, work: impl FnOnce()) {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    work();
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let each = 1000.0 / units as f64;
    println!("{what}: {:.2} ms wall, {:.2} ms CPU", wall * each, cpu * each);
}

#[test]
#[ignore = "a measurement"]
fn timing() {
    let setup = Setup::new(13, launchlike);
    let (proof, instances) = setup.prove(1);
    measure("developer SRS", 1, || drop(black_box(Srs::developer(13).unwrap())));
    let larger = Srs::developer(14).unwrap();
    measure("Lagrange basis of an imported SRS, k = 13", 1, || drop(black_box(larger.downsize(13))));
    let mut file = vec![];
    Srs::developer(13).unwrap().write_halo2(&mut file).unwrap();
    measure("import of a halo2 file, k = 13", 1, || drop(black_box(Srs::from_halo2(file.as_slice()))));
    measure("keys and SRS", 1, || drop(black_box(Setup::new(13, launchlike))));
    measure("prove", 3, || (0..3).for_each(|_| drop(black_box(setup.prove(1)))));
    println!("proof: {} bytes", proof.len());
    let verify = || setup.verifier.verify(&proof, &instances).unwrap();
    measure("verify one", 200, || (0..200).for_each(|_| verify()));
    let form = || preparse(setup.verifier.shape(), &proof, &instances).unwrap();
    measure("check the form", 2000, || (0..2000).for_each(|_| form()));
    for size in [8, 64, 256] {
        let batch = vec![(proof.as_slice(), instances.as_slice()); size];
        let rounds = 640 / size;
        measure(&format!("each of {size}"), size * rounds, || {
            for _ in 0..rounds {
                assert!(setup.verifier.verify_batch(&batch).iter().all(Result::is_ok));
            }
        });
    }
    let wrong = vec![Fr::ZERO; 10];
    let mut batch = vec![(proof.as_slice(), instances.as_slice()); 64];
    batch[17].1 = &wrong;
    measure("each of 64 with one false", 640, || {
        for _ in 0..10 {
            let results = setup.verifier.verify_batch(&batch);
            assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
        }
    });
}
