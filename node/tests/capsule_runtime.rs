//! Real capsules in the real sandbox child: what they compute, how each misbehaviour ends, and what is measured.

use alloy_primitives::B256;
use nonos_core::capsule::digest_commitment;
use nonos_core::manifest::{Manifest, PolicyAbi};
use nonos_core::policy::{Policy, State};
use nonos_node::capsule_runtime::{CapsuleError, Execution, Isolation, Limits, RunError, Runtime};
use sha2::{Digest, Sha256};
use sha3::Sha3_512;

const SALT: [u8; 32] = [7; 32];
const ALL_CAPS: u64 = 0b111111;

fn runtime() -> Runtime {
    Runtime::with_program(env!("CARGO_BIN_EXE_nonos-capsule-child"))
}

fn capsule(name: &str) -> Vec<u8> {
    let path = format!("{}/capsules/{name}.wat", env!("CARGO_MANIFEST_DIR"));
    wat::parse_file(path).unwrap()
}

/// What this machine enforces with these capabilities.
fn measured(binary: &[u8], caps: u64) -> State {
    runtime().measure(binary, caps, &Limits::default()).unwrap().0
}

/// A policy that this machine satisfies exactly.
fn policy(state: &State, caps: u64) -> Policy {
    Policy {
        required_cpu: 0,
        min_isolation: state.isolation,
        allowed_syscalls: state.syscalls,
        allowed_caps: caps,
        max_memory_pages: 16,
        max_network: state.network,
        measurements: vec![state.measurement],
    }
}

/// A manifest for `binary`, its digests hidden so that the commitment alone says which binary is meant.
fn manifest(binary: &[u8], policy: &Policy) -> Manifest {
    let digest: [u8; 64] = Sha3_512::digest(binary).into();
    Manifest {
        schema: 1,
        name: "test".into(),
        version: "1.0.0".into(),
        publisher: B256::repeat_byte(1),
        payloadSize: binary.len() as u64,
        sha3_512: Default::default(),
        blake3: B256::ZERO,
        commitment: B256::from(digest_commitment(&digest, &SALT).0),
        salt: B256::ZERO,
        digestProof: B256::repeat_byte(2),
        policy: PolicyAbi::from(policy),
        operators: vec![],
    }
}

fn run_with(name: &str, caps: u64, input: &[u8], limits: &Limits) -> Result<Execution, RunError> {
    let binary = capsule(name);
    let policy = policy(&measured(&binary, ALL_CAPS), caps);
    runtime().run(&manifest(&binary, &policy), &binary, Some(&SALT), input, limits)
}

fn run(name: &str, input: &[u8]) -> Result<Execution, RunError> {
    run_with(name, ALL_CAPS, input, &Limits::default())
}

fn fault(name: &str, limits: &Limits) -> CapsuleError {
    match run_with(name, ALL_CAPS, &[], limits) {
        Err(RunError::Capsule(error)) => error,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_capsule_computes_what_an_independent_implementation_computes() {
    let input: Vec<u8> = (0..1000u32).map(|i| (i * 31 % 251) as u8).collect();
    let execution = run("sha256", &input).unwrap();
    assert_eq!(execution.exit_code, 0);
    let shown = String::from_utf8_lossy(&execution.output).to_lowercase();
    let expected = Sha256::digest(&input);
    assert!(execution.output[..] == expected[..] || shown.contains(&hex::encode(expected)), "{shown}");
    assert!(execution.fuel_used > 0);
}

#[test]
fn each_misbehaviour_ends_in_its_own_error() {
    let usual = Limits::default();
    assert!(matches!(
        fault("spin", &Limits { fuel: 100_000, ..usual }),
        CapsuleError::OutOfFuel { fuel: 100_000 }
    ));
    let late = Limits { fuel: u64::MAX / 2, deadline_ms: 200, ..usual };
    assert!(matches!(fault("spin", &late), CapsuleError::Deadline { deadline_ms: 200 }));
    assert!(matches!(fault("hoard", &usual), CapsuleError::MemoryExhausted { limit_pages: 16 }));
    assert!(matches!(fault("trap", &usual), CapsuleError::Trap(_)));
    assert!(matches!(fault("recurse", &usual), CapsuleError::Trap(_)));
    let narrow = Limits { max_output: 10_000, ..usual };
    assert!(matches!(fault("flood", &narrow), CapsuleError::OutputTooLarge { limit: 10_000 }));
}

#[test]
fn an_import_without_its_capability_is_refused_by_name() {
    let error = run_with("dice", 0b000111, &[], &Limits::default()).unwrap_err();
    let RunError::Capsule(CapsuleError::ForbiddenImport { name, .. }) = error else { panic!("{error:?}") };
    assert!(["clock_ms", "random_fill"].contains(&name.as_str()), "{name}");
    assert_eq!(run("dice", &[]).unwrap().output.len(), 24);
}

#[test]
fn another_binary_is_refused_before_anything_runs() {
    let (meant, other) = (capsule("wordstats"), capsule("sha256"));
    let policy = policy(&measured(&meant, ALL_CAPS), ALL_CAPS);
    let error =
        runtime().run(&manifest(&meant, &policy), &other, Some(&SALT), &[], &Limits::default()).unwrap_err();
    assert!(matches!(error, RunError::Binary(_)), "{error:?}");
}

#[test]
fn every_layer_left_off_lowers_the_measured_level_and_the_policy_notices() {
    let binary = capsule("wordstats");
    let full = measured(&binary, ALL_CAPS);
    let off = Isolation { resource_limits: false, landlock: false, seccomp: false };
    let bare = runtime().isolation(off);
    let (state, _) = bare.measure(&binary, ALL_CAPS, &Limits::default()).unwrap();
    assert_eq!(state.isolation, 1, "a process of its own, and nothing else");
    assert!(full.isolation >= 2, "resource limits are there on every kernel");
    let manifest = manifest(&binary, &policy(&full, ALL_CAPS));
    let error = bare.run(&manifest, &binary, Some(&SALT), b"x", &Limits::default()).unwrap_err();
    assert!(matches!(error, RunError::Refused { .. }), "{error:?}");
}

#[test]
fn what_was_measured_is_a_valid_state_that_its_own_policy_admits() {
    let state = measured(&capsule("wordstats"), ALL_CAPS);
    state.validate().unwrap();
    policy(&state, ALL_CAPS).admits(&State { memory_pages: 16, ..state }).unwrap();
}

#[test]
fn a_program_that_is_no_sandbox_child_is_an_error_not_a_hang() {
    let error = Runtime::with_program("/bin/true").measure(&capsule("trap"), 0, &Limits::default());
    assert!(error.is_err());
}
