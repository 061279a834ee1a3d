//! A launch to measure with: random secret and trees of realistic size, as large a policy as the circuit takes.

use crate::random::seed;
use eyre::{Result, eyre};
use nonos_circuits::launch::LaunchWitness;
use nonos_core::DigestCommitment;
use nonos_core::capsule::{capsule_leaf, install_leaf};
use nonos_core::field::{Fr, fr_reduce};
use nonos_core::identity::identity_leaf;
use nonos_core::lean_imt::LeanImt;
use nonos_core::policy::{Policy, State};

/// Leaves in each tree besides ours.
const OTHERS: usize = 60;

/// A provable launch with everything hidden. The cost of proving does not depend on the values.
pub fn sample() -> Result<LaunchWitness> {
    let mut random = Random::new()?;
    let (k, meta) = (random.fr(), random.fr());
    let measurement = random.fr();
    let policy = Policy {
        required_cpu: 0b1011,
        min_isolation: 3,
        allowed_syscalls: [u64::MAX >> 7; 8],
        allowed_caps: 0b11_1111,
        max_memory_pages: 4096,
        max_network: 1,
        measurements: vec![random.fr(), measurement, random.fr()],
    };
    let state = State {
        cpu: 0b1111_1011,
        isolation: 4,
        syscalls: [0b1001_1110_0000_1011; 8],
        caps: 0b111,
        memory_pages: 1024,
        network: 0,
        measurement,
    };
    let commitment = DigestCommitment(random.word());
    let manifest = random.word().into();
    let capsule = capsule_leaf(&commitment, policy.hash(), manifest);
    let mut path = |leaf: Fr| -> Result<_> {
        let others: Vec<Fr> = (0..OTHERS).map(|_| random.fr()).collect();
        let mut tree = LeanImt::from_leaves(others).map_err(|error| eyre!(error))?;
        let index = tree.insert(leaf)?;
        Ok(tree.prove(index)?)
    };
    let operator_path = path(identity_leaf(&k, &meta).fr())?;
    let install_path = path(install_leaf(&k, capsule).fr())?;
    let catalog_path = path(capsule.fr())?;
    Ok(LaunchWitness {
        k,
        meta,
        operator_path,
        install_path,
        catalog_path,
        commitment,
        manifest,
        policy,
        state,
        capsule_salt: random.fr(),
        operator_salt: random.fr(),
        state_salt: random.fr(),
        epoch: 495_000,
        index: 17,
        binding: random.fr(),
    })
}

/// Random values drawn ahead, so that drawing them cannot fail in the middle.
struct Random(Vec<[u8; 32]>);

impl Random {
    fn new() -> Result<Self> {
        (0..OTHERS * 3 + 16).map(|_| seed()).collect::<Result<_>>().map(Self)
    }

    fn word(&mut self) -> [u8; 32] {
        self.0.pop().unwrap_or_default()
    }

    fn fr(&mut self) -> Fr {
        fr_reduce(self.word().into())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_is_a_true_statement() {
        super::sample().unwrap().instance().unwrap();
    }
}
