//! Generated files: the Solidity launch verifier, tagged Poseidon, and the contract artifacts. Written by `gen`, proven fresh by `gen --check`.

use crate::run::{check, command, root};
use crate::{poseidon_sol, tools};
use eyre::{Context, Result, bail};
use nonos_circuits::backend::Srs;
use nonos_circuits::launch::{K, LaunchProver};
use nonos_verifier_gen::{Options, generate};

/// The checked-in verifier, which stands on the developer SRS.
const VERIFIER: &str = "contracts/src/verifier/generated/LaunchHalo2Verifier.sol";

/// The tagged permutation.
const POSEIDON: &str = "contracts/src/poseidon/PoseidonTagged.sol";

/// Writes every generated file, or with `check_only` fails on the first that is not fresh.
pub fn run(check_only: bool) -> Result<()> {
    poseidon(check_only)?;
    verifier(check_only)?;
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

fn verifier(check_only: bool) -> Result<()> {
    let prover = LaunchProver::new(Srs::developer(K)?)?;
    let options = Options { contract_name: "LaunchHalo2Verifier".into() };
    let path = root().join(VERIFIER);
    if check_only {
        let found = std::fs::read_to_string(&path).wrap_err_with(|| format!("cannot read {VERIFIER}"))?;
        nonos_verifier_gen::check(prover.verifier(), &options, &found)
            .wrap_err_with(|| format!("{VERIFIER} is stale: run cargo xtask gen and commit"))?;
        println!("generated: {VERIFIER} is fresh");
        return Ok(());
    }
    let generated = generate(prover.verifier(), &options)?;
    std::fs::write(&path, generated.source).wrap_err_with(|| format!("cannot write {VERIFIER}"))?;
    println!("generated: wrote {VERIFIER}");
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
