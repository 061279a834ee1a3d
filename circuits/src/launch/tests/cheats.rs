//! The whole statement with one lie: exactly the constraint that stands for the broken rule notices.

use super::checker::Checker;
use super::classes::tamper_class;
use super::fixture::{USUAL, witness};
use super::{Column::A, Column::B};
use crate::launch::opcode::Op;
use crate::launch::{LaunchCircuit, LaunchWitness, WitnessError};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::lean_imt::LeanPath;
use nonos_core::policy::{PolicyError, PolicyViolation, State};

const IMPLIES: &str = "bits: bit of a implies bit of b";
const LINEAR: &str = "linear: sum is the instance";
const PRODUCT: &str = "product: product and linear terms cancel";

/// The index of a bit of `word` that is `set`.
fn a_bit(word: u128, set: bool, width: u32) -> u32 {
    (0..width).find(|i| (word >> i & 1 == 1) == set).unwrap()
}

#[test]
fn each_field_of_the_policy_is_enforced() {
    let good = witness(USUAL);
    let (policy, state) = (good.policy.clone(), good.state);
    let missing = a_bit(policy.required_cpu, true, 128);
    let syscall = |word: usize| {
        let mut syscalls = state.syscalls;
        syscalls[word] |= 1 << a_bit(policy.allowed_syscalls[word].into(), false, 64);
        syscalls
    };
    let caps = state.caps | 1 << a_bit(policy.allowed_caps.into(), false, 64);
    let mut broken = vec![
        (State { cpu: state.cpu & !(1 << missing), ..state }, IMPLIES),
        (State { isolation: policy.min_isolation - 1, ..state }, IMPLIES),
        (State { caps, ..state }, IMPLIES),
        (State { memory_pages: policy.max_memory_pages + 1, ..state }, LINEAR),
        (State { memory_pages: (1 << 24) - 1, ..state }, LINEAR),
        (State { network: policy.max_network + 1, ..state }, IMPLIES),
        (State { measurement: Fr::from(5), ..state }, PRODUCT),
    ];
    broken.extend((0..8).map(|word| (State { syscalls: syscall(word), ..state }, IMPLIES)));
    let checker = Checker::new();
    for (state, constraint) in broken {
        let bad = LaunchWitness { state, ..good.clone() };
        let circuit = LaunchCircuit::new(&bad);
        checker.assert_violates(&circuit, &circuit.instance(), &[constraint]);
        assert!(matches!(bad.instance(), Err(WitnessError::Refused(_))), "{:?}", bad.instance());
    }
}

#[test]
fn negative_slack_of_memory_does_not_pass() {
    // 1001 pages used of 1000. The layout wrote the low 24 bits of r - 1, which are zero; the liar writes -1 itself,
    // so that the limit is met, and the last bit of the slack run is not one.
    let good = witness(USUAL);
    let state = State { memory_pages: good.policy.max_memory_pages + 1, ..good.state };
    let mut circuit = LaunchCircuit::new(&LaunchWitness { state, ..good });
    let instance = circuit.instance();
    let rows = circuit.sheet().rows();
    let slack = (11..rows.len()).find(|row| rows[*row].op == Op::Linear).unwrap();
    assert_eq!(circuit.sheet().cell((A, slack)), Some(Fr::ZERO));
    Checker::new().assert_violates(&circuit, &instance, &[LINEAR]);
    tamper_class(circuit.sheet_mut(), (A, slack), -Fr::ONE);
    circuit.sheet_mut().tamper((B, slack), Fr::ONE);
    Checker::new().assert_violates(&circuit, &instance, &["bits: bit of a is boolean"]);
}

#[test]
fn a_foreign_root_salt_or_flag_does_not_fit_the_instances() {
    let good = witness(USUAL);
    let instance = good.instance().unwrap();
    let mut path = good.operator_path.clone();
    path.siblings[1] += Fr::ONE;
    let mut turned = good.catalog_path.clone();
    turned.index_bits[0] ^= true;
    let shorter = |path: &LeanPath| LeanPath {
        siblings: path.siblings[1..].to_vec(),
        index_bits: path.index_bits[1..].to_vec(),
    };
    let liars = [
        LaunchWitness { operator_path: path, ..good.clone() },
        LaunchWitness { catalog_path: turned, ..good.clone() },
        LaunchWitness { install_path: shorter(&good.install_path), ..good.clone() },
        LaunchWitness { capsule_salt: good.capsule_salt + Fr::ONE, ..good.clone() },
        LaunchWitness { operator_salt: Fr::ZERO, ..good.clone() },
        LaunchWitness { state_salt: Fr::ZERO, ..good.clone() },
        LaunchWitness { k: good.k + Fr::ONE, ..good.clone() },
        LaunchWitness { meta: good.meta + Fr::ONE, ..good.clone() },
        LaunchWitness { epoch: good.epoch + 1, ..good.clone() },
        LaunchWitness { index: good.index ^ 1, ..good.clone() },
        LaunchWitness { binding: good.binding + Fr::ONE, ..good.clone() },
    ];
    let checker = Checker::new();
    for liar in liars {
        let circuit = LaunchCircuit::new(&liar);
        checker.assert_violates(&circuit, &circuit.instance(), &[]);
        checker.assert_violates(&circuit, &instance, &[LINEAR]);
    }
}

#[test]
fn an_index_of_1024_is_cut_by_the_circuit_and_refused_in_words() {
    let good = witness(USUAL);
    let last = LaunchWitness { index: 1024, ..good.clone() };
    let first = LaunchWitness { index: 0, ..good };
    assert_eq!(LaunchCircuit::new(&last).instance(), LaunchCircuit::new(&first).instance());
    assert_eq!(
        last.instance().unwrap_err().to_string(),
        "receipt index 1024 in epoch 495001 is not below 1024: this identity has used up its receipts of this hour"
    );
}

#[test]
fn malformed_witnesses_are_named() {
    let good = witness(USUAL);
    let long = LeanPath { siblings: vec![Fr::ONE; 13], index_bits: vec![false; 13] };
    let odd = LeanPath { siblings: vec![Fr::ONE; 2], index_bits: vec![false] };
    let error = LaunchWitness { catalog_path: long, ..good.clone() }.instance().unwrap_err();
    assert_eq!(error, WitnessError::PathTooLong { tree: "catalog", siblings: 13, max: 12 });
    let error = LaunchWitness { operator_path: odd, ..good.clone() }.instance().unwrap_err();
    assert_eq!(error, WitnessError::MalformedPath { tree: "operator", siblings: 2, bits: 1 });
    let state = State { isolation: 5, ..good.state };
    let error = LaunchWitness { state, ..good.clone() }.instance().unwrap_err();
    assert_eq!(error, WitnessError::State(PolicyError::Isolation(5)));
    let mut policy = good.policy.clone();
    policy.max_memory_pages = 1 << 24;
    let error = LaunchWitness { policy, ..good.clone() }.instance().unwrap_err();
    assert_eq!(error, WitnessError::Policy(PolicyError::MemoryPages(1 << 24)));
    let state = State { memory_pages: 1001, ..good.state };
    let error = LaunchWitness { state, ..good }.instance().unwrap_err();
    assert_eq!(error, WitnessError::Refused(PolicyViolation::Memory { allowed: 1000, actual: 1001 }));
}
