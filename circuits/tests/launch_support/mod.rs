//! A launch for integration tests: small real trees, hidden capsule and operator.

use halo2curves::bn256::Fr;
use nonos_circuits::launch::LaunchWitness;
use nonos_core::lean_imt::{LeanImt, LeanPath};
use nonos_core::policy::{Policy, State};
use nonos_core::{DigestCommitment, ManifestDigest};

/// A launch that is different for every `n`.
pub fn launch(n: u64) -> LaunchWitness {
    let measurement = Fr::from(9_000 + n);
    let policy = Policy {
        required_cpu: 0b1010,
        min_isolation: 3,
        allowed_syscalls: [u64::MAX, 0xff00, n, 1, 2, 3, 4, 5],
        allowed_caps: 0xff,
        max_memory_pages: 256,
        max_network: 2,
        measurements: vec![Fr::from(1), measurement],
    };
    let state = State {
        cpu: 0b1110,
        isolation: 4,
        syscalls: [0xdead_beef, 0x1200, 0, 0, 2, 1, 4, 0],
        caps: 0x11,
        memory_pages: 256,
        network: 1,
        measurement,
    };
    let mut witness = LaunchWitness {
        k: Fr::from(1_000_003 * (n + 1)).square(),
        meta: Fr::from(77 + n),
        operator_path: LeanPath::default(),
        install_path: LeanPath::default(),
        catalog_path: LeanPath::default(),
        commitment: DigestCommitment([n as u8 ^ 0x5a; 32]),
        manifest: ManifestDigest::from([0xc3; 32]),
        policy,
        state,
        capsule_salt: Fr::from(4_242 + n),
        operator_salt: Fr::from(2_424 + n),
        state_salt: Fr::from(99 + n),
        epoch: 495_123,
        index: (n % 1024) as u16,
        binding: Fr::from(31 + n).square().square(),
    };
    let leaves = witness.leaves();
    witness.operator_path = path(leaves.identity.fr(), 6);
    witness.install_path = path(leaves.install.fr(), 3);
    witness.catalog_path = path(leaves.capsule.fr(), 1);
    witness
}

fn path(leaf: Fr, leaves: u64) -> LeanPath {
    let all = (1..leaves).map(Fr::from).chain([leaf]);
    let tree = LeanImt::from_leaves(all).unwrap();
    tree.prove(tree.len() - 1).unwrap()
}
