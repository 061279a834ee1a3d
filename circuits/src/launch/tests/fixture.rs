//! Random launches that satisfy the circuit, and how to check them.

use crate::launch::LaunchWitness;
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::lean_imt::{LeanImt, LeanPath};
use nonos_core::policy::{Policy, State};
use nonos_core::{DigestCommitment, ManifestDigest};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// How large a tree is.
#[derive(Clone, Copy, Debug)]
pub enum Tree {
    /// A real LeanIMT of this many leaves; ours is at the index.
    Real { leaves: usize, index: usize },
    /// A path with this many random siblings.
    Path(usize),
}

/// What to vary between launches.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub seed: u64,
    pub operators: Tree,
    pub installs: Tree,
    pub catalog: Tree,
    pub hide_capsule: bool,
    pub hide_operator: bool,
    pub measurements: usize,
}

/// A launch in the middle of everything: hidden capsule and operator, trees of middle size, three measurements.
pub const USUAL: Shape = Shape {
    seed: 1,
    operators: Tree::Real { leaves: 11, index: 6 },
    installs: Tree::Real { leaves: 7, index: 6 },
    catalog: Tree::Real { leaves: 3, index: 0 },
    hide_capsule: true,
    hide_operator: true,
    measurements: 3,
};

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn random_u128(rng: &mut ChaCha20Rng) -> u128 {
    (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64())
}

/// A policy and a state it admits, both with about half of their bits set.
pub fn policy_and_state(rng: &mut ChaCha20Rng, measurements: usize) -> (Policy, State) {
    let cpu = random_u128(rng);
    let allowed_syscalls = std::array::from_fn(|_| rng.next_u64());
    let allowed_caps = rng.next_u64();
    let policy = Policy {
        required_cpu: cpu & random_u128(rng),
        min_isolation: 2,
        allowed_syscalls,
        allowed_caps,
        max_memory_pages: 1000,
        max_network: 3,
        measurements: (0..measurements).map(|_| Fr::random(&mut *rng)).collect(),
    };
    let state = State {
        cpu,
        isolation: 3,
        syscalls: allowed_syscalls.map(|word: u64| word & rng.next_u64()),
        caps: allowed_caps & rng.next_u64(),
        memory_pages: 513,
        network: 1,
        measurement: policy.measurements.last().copied().unwrap_or_else(|| Fr::random(&mut *rng)),
    };
    (policy, state)
}

fn path(rng: &mut ChaCha20Rng, tree: Tree, leaf: Fr) -> LeanPath {
    match tree {
        Tree::Real { leaves, index } => {
            let all = (0..leaves).map(|i| if i == index { leaf } else { Fr::random(&mut *rng) });
            LeanImt::from_leaves(all).unwrap().prove(index).unwrap()
        }
        Tree::Path(depth) => LeanPath {
            siblings: (0..depth).map(|_| Fr::random(&mut *rng)).collect(),
            index_bits: (0..depth).map(|_| rng.next_u32() & 1 == 1).collect(),
        },
    }
}

/// A launch of the shape, with everything else random.
pub fn witness(shape: Shape) -> LaunchWitness {
    let rng = &mut rng(shape.seed);
    let (policy, state) = policy_and_state(rng, shape.measurements);
    let mut bytes = [[0u8; 32]; 2];
    bytes.iter_mut().for_each(|b| rng.fill_bytes(b));
    let salt = |rng: &mut ChaCha20Rng, hide: bool| if hide { Fr::random(rng) } else { Fr::ZERO };
    let mut witness = LaunchWitness {
        k: Fr::random(&mut *rng),
        meta: Fr::random(&mut *rng),
        operator_path: LeanPath::default(),
        install_path: LeanPath::default(),
        catalog_path: LeanPath::default(),
        commitment: DigestCommitment(bytes[0]),
        manifest: ManifestDigest::from(bytes[1]),
        policy,
        state,
        capsule_salt: salt(rng, shape.hide_capsule),
        operator_salt: salt(rng, shape.hide_operator),
        state_salt: Fr::random(&mut *rng),
        epoch: 495_000 + shape.seed,
        index: (rng.next_u32() % 1024) as u16,
        binding: Fr::random(&mut *rng),
    };
    let leaves = witness.leaves();
    witness.operator_path = path(rng, shape.operators, leaves.identity.fr());
    witness.install_path = path(rng, shape.installs, leaves.install.fr());
    witness.catalog_path = path(rng, shape.catalog, leaves.capsule.fr());
    witness
}
