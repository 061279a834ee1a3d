//! What the generator and the compiler front end refuse, and what they say.

use std::path::Path;

use nonos_circuits::backend::{Srs, Verifier, keygen};
use nonos_verifier_gen::{
    GenError, Options, check, generate,
    solc::{self, MAX_RUNTIME, SolcError},
};

use crate::{
    compiler::wrapper,
    sample::{Sample, Spec},
    shapes::shape,
};

fn options(name: &str) -> Options {
    Options { contract_name: name.into() }
}

#[test]
fn names_that_are_not_identifiers_are_refused() {
    for name in ["", "1Verifier", "Veri fier", "Verifier{", "Vérifier"] {
        let error = generate(&shape("minimal").verifier, &options(name)).unwrap_err();
        assert_eq!(error, GenError::ContractName(name.into()));
    }
}

#[test]
fn rotations_that_are_one_point_are_refused() {
    let spec = Spec { advice: 1, phases: 1, extra_rotation: Some(64), ..Spec::default() };
    let srs = Srs::developer(6).unwrap();
    let pk = keygen(&srs, &Sample { spec, seed: 1 }).unwrap();
    let verifier = Verifier::new(&srs, pk.get_vk(), &[]).unwrap();
    let error = generate(&verifier, &options("V")).unwrap_err();
    assert_eq!(error, GenError::RotationsCollide { first: 0, second: 64, k: 6 });
}

#[test]
fn generation_is_deterministic_and_a_stale_file_is_pointed_out() {
    let shape = shape("lookups");
    let options = options("SampleVerifier");
    check(&shape.verifier, &options, &shape.generated.source).unwrap();
    let tampered = shape.generated.source.replacen("mulmod(", "addmod(", 1);
    let line = tampered.lines().zip(shape.generated.source.lines()).position(|(a, b)| a != b).unwrap();
    match check(&shape.verifier, &options, &tampered).unwrap_err() {
        GenError::Stale { line: found, .. } => assert_eq!(found, line + 1),
        other => panic!("{other}"),
    }
    let truncated = shape.generated.source.lines().take(3).collect::<Vec<_>>().join("\n");
    let error = check(&shape.verifier, &options, &truncated).unwrap_err();
    assert!(matches!(error, GenError::Stale { line: 4, found, .. } if found == "(end of file)"));
}

#[test]
fn the_header_names_generator_key_and_circuit() {
    let shape = shape("minimal");
    let source = &shape.generated.source;
    assert!(source.contains(concat!("nonos-verifier-gen ", env!("CARGO_PKG_VERSION"))));
    assert!(source.contains(&format!("bytes32 constant VERIFIER_KEY = {}", shape.generated.verifier_key)));
    assert!(source.contains("bool constant DEVELOPER_SRS = true"));
    assert_eq!(shape.compiled.name, "SampleVerifier");
}

#[test]
fn a_missing_compiler_is_an_error_with_instructions() {
    let error = solc::compile("contract C {}", Path::new("/nonexistent/solc.sh")).unwrap_err();
    assert!(matches!(error, SolcError::Missing { .. }));
    assert!(error.to_string().contains("npm ci"), "{error}");
}

#[test]
fn code_that_cannot_be_deployed_is_refused() {
    let zeros = "11".repeat(MAX_RUNTIME);
    let source = format!(
        "pragma solidity ^0.8.0; contract Big {{ function f() external pure returns (bytes memory) {{ return hex\"{zeros}\"; }} }}"
    );
    let error = solc::compile(&source, &wrapper()).unwrap_err();
    assert!(matches!(error, SolcError::TooLarge { size, .. } if size > MAX_RUNTIME), "{error}");
    let error = solc::compile("contract {", &wrapper()).unwrap_err();
    assert!(matches!(error, SolcError::Compile(_)), "{error}");
}
