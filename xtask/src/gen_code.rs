//! Generated files: the Solidity verifier of each circuit, tagged Poseidon, the table of gas, and the contract artifacts.
//! Written by `gen`, proven fresh by `gen --check`.

use crate::run::{check, command, root};
use crate::{gas, poseidon_sol, tools};
use eyre::{Context, Result, bail};
use nonos_circuits::backend::{Srs, Verifier};
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_circuits::install::InstallProver;
use nonos_circuits::launch::LaunchProver;
use nonos_circuits::{enrolment, install, launch};
use nonos_verifier_gen::{Options, generate};

/// Makes what a contract is generated from, on the developer SRS.
type Circuit = fn() -> Result<Verifier>;

/// Circuits with a checked-in verifier, by the name of the contract.
const CIRCUITS: [(&str, Circuit); 3] = [
    ("LaunchHalo2Verifier", || Ok(LaunchProver::new(Srs::developer(launch::K)?)?.verifier().clone())),
    ("EnrolmentHalo2Verifier", || {
        Ok(EnrolmentProver::new(Srs::developer(enrolment::K)?)?.verifier().clone())
    }),
    ("InstallHalo2Verifier", || Ok(InstallProver::new(Srs::developer(install::K)?)?.verifier().clone())),
];

/// The tagged permutation.
const POSEIDON: &str = "contracts/src/poseidon/PoseidonTagged.sol";

/// Writes every generated file, or with `check_only` fails on the first that is not fresh.
pub fn run(check_only: bool) -> Result<()> {
    poseidon(check_only)?;
    gas::run(check_only)?;
    for (contract, circuit) in CIRCUITS {
        verifier(contract, &circuit()?, check_only)?;
    }
    artifacts(check_only)
}

fn poseidon(check_only: bool) -> Result<()> {
    let (path, text) = (root().join(POSEIDON), poseidon_sol::render());
    if !check_only {
        std::fs::write(&path, text).wrap_err_with(|| format!("cannot write {POSEIDON}"))?;
        println!("generated: wrote {POSEIDON}");
    } else if std::fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {POSEIDON}"))? == text {
        println!("generated: {POSEIDON} is fresh");
    } else {
        bail!("{POSEIDON} is stale: run cargo xtask gen and commit");
    }
    Ok(())
}

fn verifier(contract: &str, verifier: &Verifier, check_only: bool) -> Result<()> {
    let options = Options { contract_name: contract.into() };
    let name = format!("contracts/src/verifier/generated/{contract}.sol");
    let path = root().join(&name);
    if check_only {
        let found = std::fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {name}"))?;
        nonos_verifier_gen::check(verifier, &options, &found)
            .wrap_err_with(|| format!("{name} is stale: run cargo xtask gen and commit"))?;
        println!("generated: {name} is fresh");
        return Ok(());
    }
    let generated = generate(verifier, &options)?;
    std::fs::write(&path, generated.source).wrap_err_with(|| format!("cannot write {name}"))?;
    println!("generated: wrote {name}");
    Ok(())
}

/// ABI and bytecode of the contracts, as the bindings crate embeds them.
fn artifacts(check_only: bool) -> Result<()> {
    let mut build = command(tools::foundry("forge")?);
    build.arg("build");
    check(build)?;
    let mut script = command("node");
    script.arg("contracts/artifacts.mjs");
    if check_only {
        script.arg("--check");
    }
    check(script)
}
