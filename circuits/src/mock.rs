//! halo2's own checker, for tests.

use halo2_proofs::dev::MockProver;
use halo2_proofs::plonk::Circuit;
use halo2curves::bn256::Fr;
use std::collections::BTreeSet;

/// Names of violated constraints: `gate: constraint`, `lookup: name`, `copy`.
pub type Violations = BTreeSet<String>;

/// What halo2's checker says of a circuit of 2^k rows.
pub fn mock<C: Circuit<Fr>>(k: u32, circuit: &C, instance: &[Fr]) -> Result<(), Vec<String>> {
    let prover = MockProver::run(k, circuit, vec![instance.to_vec()]).unwrap();
    prover.verify().map_err(|failures| failures.iter().map(ToString::to_string).collect())
}

/// The names of what it finds violated.
pub fn violations<C: Circuit<Fr>>(k: u32, circuit: &C, instance: &[Fr]) -> Violations {
    let failures = mock(k, circuit, instance).err().unwrap_or_default();
    failures.iter().map(|failure| name(failure)).collect()
}

/// `Constraint 0 ('name') in gate 1 ('gate') is not satisfied …`, `Equality constraint …` or `Lookup name(index: 0) …`.
fn name(failure: &str) -> String {
    let line = failure.lines().next().unwrap_or_default();
    let quoted: Vec<&str> = line.split('\'').collect();
    match quoted.as_slice() {
        [start, name, _, gate, ..] if start.starts_with("Constraint") => format!("{gate}: {name}"),
        _ if failure.starts_with("Equality constraint") => "copy".to_owned(),
        _ if line.starts_with("Lookup") => {
            let name = line.trim_start_matches("Lookup ").split("(index").next().unwrap_or_default();
            format!("lookup: {name}")
        }
        _ => failure.to_owned(),
    }
}
