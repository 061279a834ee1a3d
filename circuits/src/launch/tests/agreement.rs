//! The circuit's policy gate and `Policy::admits` are one rule: a state satisfies the circuit if and only if the native
//! check admits it.

use super::checker::Checker;
use super::fixture::{Shape, USUAL, policy_and_state, rng, witness};
use crate::launch::{LaunchCircuit, LaunchWitness, WitnessError};
use halo2curves::bn256::Fr;
use nonos_core::policy::State;
use proptest::prelude::*;

/// Moves one dimension of a state to a random place near the edge.
fn disturb(state: &mut State, dimension: u8, bit: u32, level: u8, choice: Fr) {
    match dimension {
        0 => state.cpu ^= 1 << (bit % 128),
        1 => state.isolation = level,
        2 => state.syscalls[bit as usize / 64 % 8] ^= 1 << (bit % 64),
        3 => state.caps ^= 1 << (bit % 64),
        4 => state.memory_pages = 998 + u32::from(level),
        5 => state.network = level,
        _ => state.measurement = choice,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_circuit_accepts_what_the_policy_admits_and_nothing_else(
        seed in any::<u64>(),
        measurements in 0usize..=4,
        changes in prop::collection::vec((0u8..7, 0u32..512, 0u8..=4, 0usize..6), 0..3),
    ) {
        let (policy, mut state) = policy_and_state(&mut rng(seed), measurements);
        for (dimension, bit, level, choice) in changes {
            let listed = policy.measurements.get(choice).copied().unwrap_or(Fr::from(1));
            disturb(&mut state, dimension, bit, level, listed);
        }
        let base = witness(Shape { seed: 9, ..USUAL });
        let launch = LaunchWitness { policy: policy.clone(), state, ..base };
        let circuit = LaunchCircuit::new(&launch);
        let violations = Checker::new().all(circuit.sheet(), &circuit.instance());
        let admitted = policy.admits(&state);
        prop_assert_eq!(violations.is_empty(), admitted.is_ok(), "{:?} against {:?}", violations, admitted);
        match launch.instance() {
            Ok(instance) => prop_assert_eq!(instance, circuit.instance()),
            Err(error) => prop_assert_eq!(error, WitnessError::Refused(admitted.unwrap_err())),
        }
    }
}
