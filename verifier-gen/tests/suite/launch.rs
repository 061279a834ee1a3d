//! The launch circuit's verifier: the gas budget of the design, and verdicts on a real launch proof.

#[path = "../../../circuits/tests/launch_support/mod.rs"]
mod launch_support;

use nonos_circuits::{
    backend::Srs,
    launch::{K, LaunchProver},
};
use nonos_verifier_gen::{Options, calldata, generate, solc::MAX_RUNTIME};
use revm::primitives::hardfork::SpecId;

use crate::{budgets::report, compiler, evm};

/// Gas of a whole transaction that verifies a launch.
const MAX_GAS: u64 = 270_000;
/// EVM gas beyond the precompiles, in percent of theirs.
const MAX_OVERHEAD: f64 = 6.0;

#[test]
fn a_launch_is_verified_within_the_gas_budget() {
    let prover = LaunchProver::new(Srs::developer(K).unwrap()).unwrap();
    let witness = launch_support::launch(1);
    let (proof, instances) = prover.prove(&witness, [3; 32]).unwrap();
    let options = Options { contract_name: "LaunchHalo2Verifier".into() };
    let generated = generate(prover.verifier(), &options).unwrap();
    let dump = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("LaunchHalo2Verifier.sol");
    std::fs::write(dump, &generated.source).unwrap();
    let compiled = compiler::compiled(&generated.source);
    assert!(compiled.runtime.len() <= MAX_RUNTIME);
    let data = calldata(&instances, &proof);
    let report = report(&compiled.runtime, &data);
    println!("launch: {} bytes, {report}", compiled.runtime.len());
    assert!(evm::call(&compiled.runtime, &data, SpecId::NEXT).accepts());
    assert_eq!(report.precompiles, generated.precompile_gas);
    assert!(report.total <= MAX_GAS, "{report}");
    assert!(report.overhead() <= MAX_OVERHEAD, "{report}");
}
