//! The enrolment circuit's verifier: the gas budget of the design, and verdicts on a real enrolment proof.

#[path = "../../../circuits/tests/enrolment_support/mod.rs"]
mod enrolment_support;

use nonos_circuits::{
    backend::Srs,
    enrolment::{EnrolmentProver, K},
};
use nonos_verifier_gen::{Options, calldata, generate, solc::MAX_RUNTIME};
use revm::primitives::hardfork::SpecId;

use crate::{budgets::report, compiler, evm};

/// Gas of a whole transaction that verifies an enrolment.
const MAX_GAS: u64 = 550_000;

#[test]
fn an_enrolment_is_verified_within_the_gas_budget() {
    let prover = EnrolmentProver::new(Srs::developer(K).unwrap()).unwrap();
    let witness = enrolment_support::enrolment(1);
    let (proof, instances) = prover.prove(&witness, [3; 32]).unwrap();
    let options = Options { contract_name: "EnrolmentHalo2Verifier".into() };
    let generated = generate(prover.verifier(), &options).unwrap();
    let dump = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("EnrolmentHalo2Verifier.sol");
    std::fs::write(dump, &generated.source).unwrap();
    let compiled = compiler::compiled(&generated.source);
    assert!(compiled.runtime.len() <= MAX_RUNTIME);
    let data = calldata(&instances, &proof);
    let report = report(&compiled.runtime, &data);
    println!("enrolment: {} bytes, {report}", compiled.runtime.len());
    assert!(evm::call(&compiled.runtime, &data, SpecId::NEXT).accepts());
    assert_eq!(report.precompiles, generated.precompile_gas);
    assert!(report.total <= MAX_GAS, "{report}");
}
