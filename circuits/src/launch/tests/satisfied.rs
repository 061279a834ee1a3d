//! Valid launches of every kind satisfy the circuit, and its instances are those computed natively.

use super::fixture::{Shape, Tree, USUAL, witness};
use crate::launch::{K, LaunchCircuit, LaunchWitness};
use crate::mock::mock;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::policy::{Policy, State};

fn assert_satisfied(witness: &LaunchWitness) {
    let instance = witness.instance().unwrap();
    let circuit = LaunchCircuit::new(witness);
    assert_eq!(circuit.instance(), instance, "the laid-out values are the native ones");
    mock(K, &circuit, &instance).unwrap();
}

#[test]
fn trees_of_every_size_from_one_leaf_to_full_depth() {
    let one = Tree::Real { leaves: 1, index: 0 };
    let sizes = [
        (one, one, one),
        (
            Tree::Real { leaves: 2, index: 1 },
            Tree::Real { leaves: 5, index: 4 },
            Tree::Real { leaves: 9, index: 8 },
        ),
        (Tree::Real { leaves: 33, index: 17 }, one, Tree::Real { leaves: 4, index: 2 }),
        (Tree::Path(20), Tree::Path(20), Tree::Path(12)),
        (Tree::Path(19), Tree::Path(1), Tree::Path(11)),
    ];
    for (i, (operators, installs, catalog)) in sizes.into_iter().enumerate() {
        assert_satisfied(&witness(Shape { seed: 100 + i as u64, operators, installs, catalog, ..USUAL }));
    }
}

#[test]
fn all_four_disclosures_with_the_flags_they_mean() {
    for (hide_capsule, hide_operator, flags) in
        [(true, true, 0), (false, true, 1), (true, false, 2), (false, false, 3)]
    {
        let witness = witness(Shape { seed: 200 + flags, hide_capsule, hide_operator, ..USUAL });
        assert_satisfied(&witness);
        let instance = witness.instance().unwrap();
        let leaves = witness.leaves();
        assert_eq!(instance[9], Fr::from(flags));
        assert_eq!(instance[2] == leaves.capsule.fr(), !hide_capsule);
        assert_eq!(instance[4] == leaves.identity.fr(), !hide_operator);
    }
}

#[test]
fn measurement_sets_of_none_to_four() {
    for measurements in 0..=4 {
        let witness = witness(Shape { seed: 300 + measurements as u64, measurements, ..USUAL });
        assert_satisfied(&witness);
        for measurement in &witness.policy.measurements {
            let state = State { measurement: *measurement, ..witness.state };
            assert_satisfied(&LaunchWitness { state, ..witness.clone() });
        }
    }
}

#[test]
fn the_strictest_and_the_laxest_policy_with_the_states_at_their_edges() {
    let nothing = State {
        cpu: 0,
        isolation: 0,
        syscalls: [0; 8],
        caps: 0,
        memory_pages: 0,
        network: 0,
        measurement: Fr::ZERO,
    };
    let everything = State {
        cpu: u128::MAX,
        isolation: 4,
        syscalls: [u64::MAX; 8],
        caps: u64::MAX,
        memory_pages: (1 << 24) - 1,
        network: 4,
        measurement: -Fr::ONE,
    };
    let laxest = Policy {
        required_cpu: 0,
        min_isolation: 0,
        allowed_syscalls: [u64::MAX; 8],
        allowed_caps: u64::MAX,
        max_memory_pages: (1 << 24) - 1,
        max_network: 4,
        measurements: vec![],
    };
    let strictest = Policy {
        required_cpu: u128::MAX,
        min_isolation: 4,
        allowed_syscalls: [0; 8],
        allowed_caps: 0,
        max_memory_pages: 0,
        max_network: 0,
        measurements: vec![-Fr::ONE],
    };
    let obedient = State { cpu: u128::MAX, isolation: 4, measurement: -Fr::ONE, ..nothing };
    let base = witness(USUAL);
    for (policy, state) in [(&laxest, nothing), (&laxest, everything), (&strictest, obedient)] {
        assert_satisfied(&LaunchWitness { policy: policy.clone(), state, ..base.clone() });
    }
}

#[test]
fn edges_of_epoch_index_salt_and_binding() {
    let base = witness(USUAL);
    for (epoch, index, state_salt, binding) in [
        (0, 0, Fr::ZERO, Fr::ZERO),
        (u64::MAX, 1023, -Fr::ONE, -Fr::ONE),
        (u64::MAX / 3600, 512, Fr::ONE, Fr::ONE),
    ] {
        assert_satisfied(&LaunchWitness { epoch, index, state_salt, binding, ..base.clone() });
    }
}
