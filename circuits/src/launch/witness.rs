//! The typed witness of a launch, its public instances, and in words what is wrong with it.

use super::layout::Inputs;
use super::merkle::Path;
use super::{CATALOG_DEPTH, INSTALL_DEPTH, INSTANCES, OPERATOR_DEPTH};
use halo2curves::bn256::Fr;
use halo2curves::ff::Field;
use nonos_core::capsule::{capsule_leaf, install_leaf};
use nonos_core::identity::identity_leaf;
use nonos_core::launch_values::{IndexOutOfRange, capsule_tag, nullifier, operator_tag, state_tag};
use nonos_core::lean_imt::LeanPath;
use nonos_core::policy::{Policy, PolicyError, PolicyViolation, State};
use nonos_core::{CapsuleLeaf, DigestCommitment, IdentityLeaf, InstallLeaf, ManifestDigest};

/// What the operator knows about one launch. Not `Debug`: it holds the operator's secret.
#[derive(Clone)]
pub struct LaunchWitness {
    /// The operator's secret.
    pub k: Fr,
    /// Second input of the identity leaf ([`nonos_core::identity::identity_meta`]).
    pub meta: Fr,
    /// From I to the operator root: at most 20 siblings.
    pub operator_path: LeanPath,
    /// From J to the install root: at most 20 siblings.
    pub install_path: LeanPath,
    /// From L to the catalog root: at most 12 siblings.
    pub catalog_path: LeanPath,
    /// C, the commitment to the digest of the capsule's binary.
    pub commitment: DigestCommitment,
    /// Digest of the signed manifest.
    pub manifest: ManifestDigest,
    /// The manifest's policy.
    pub policy: Policy,
    /// What the runtime measured.
    pub state: State,
    /// Zero discloses the capsule, anything else hides it.
    pub capsule_salt: Fr,
    /// Zero discloses the operator, anything else hides it.
    pub operator_salt: Fr,
    /// Hides the state.
    pub state_salt: Fr,
    /// Hours since 1970 at launch: launchedAt / 3600.
    pub epoch: u64,
    /// Number of the receipt within the epoch, below 1024; never used twice.
    pub index: u16,
    /// The receipt header's digest modulo r ([`nonos_core::ReceiptDigest::binding`]).
    pub binding: Fr,
}

/// Why a launch cannot be proven.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A tree deeper than the circuit.
    #[error(
        "the {tree} path has {siblings} siblings, the circuit folds at most {max}: that tree is full or not ours"
    )]
    PathTooLong {
        /// Which tree.
        tree: &'static str,
        /// Siblings given.
        siblings: usize,
        /// Levels of the circuit.
        max: usize,
    },
    /// Siblings and directions do not pair up.
    #[error(
        "the {tree} path has {siblings} siblings but {bits} direction bits: it was not made by LeanImt::prove"
    )]
    MalformedPath {
        /// Which tree.
        tree: &'static str,
        /// Siblings given.
        siblings: usize,
        /// Bits given.
        bits: usize,
    },
    /// The policy has a field outside its domain.
    #[error("the policy is not well formed: {0}")]
    Policy(PolicyError),
    /// The state has a field outside its domain.
    #[error("the measured state is not well formed: {0}")]
    State(PolicyError),
    /// The state breaks the policy.
    #[error("the measured state breaks the policy: {0}")]
    Refused(#[from] PolicyViolation),
    /// The receipt index is used up.
    #[error(transparent)]
    Index(#[from] IndexOutOfRange),
}

/// The leaves a witness stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// I, in the operator tree.
    pub identity: IdentityLeaf,
    /// L, in the catalog.
    pub capsule: CapsuleLeaf,
    /// J, in the install tree.
    pub install: InstallLeaf,
}

impl LaunchWitness {
    /// The leaves computed from the secret, the capsule and its policy.
    pub fn leaves(&self) -> Leaves {
        let capsule = capsule_leaf(&self.commitment, self.policy.hash(), self.manifest);
        Leaves {
            identity: identity_leaf(&self.k, &self.meta),
            capsule,
            install: install_leaf(&self.k, capsule),
        }
    }

    /// The public instances, after checking natively everything the circuit will constrain.
    ///
    /// Roots are computed from the paths: comparing them with the chain is the caller's part.
    pub fn instance(&self) -> Result<[Fr; INSTANCES], WitnessError> {
        self.check()?;
        let Leaves { identity, capsule, install } = self.leaves();
        let nullifier = nullifier(&self.k, self.epoch, self.index)?;
        let disclosed = |salt: Fr| u64::from(salt == Fr::ZERO);
        Ok([
            self.binding,
            self.catalog_path.root(capsule),
            capsule_tag(capsule, &self.capsule_salt).fr(),
            self.operator_path.root(identity),
            operator_tag(identity, &self.operator_salt).fr(),
            self.install_path.root(install),
            state_tag(&self.state.words(), &self.state_salt).fr(),
            Fr::from(self.epoch),
            nullifier.fr(),
            Fr::from(disclosed(self.capsule_salt) + 2 * disclosed(self.operator_salt)),
        ])
    }

    fn check(&self) -> Result<(), WitnessError> {
        check_path("operator", &self.operator_path, OPERATOR_DEPTH)?;
        check_path("install", &self.install_path, INSTALL_DEPTH)?;
        check_path("catalog", &self.catalog_path, CATALOG_DEPTH)?;
        self.policy.validate().map_err(WitnessError::Policy)?;
        self.state.validate().map_err(WitnessError::State)?;
        self.policy.admits(&self.state)?;
        Ok(())
    }

    /// The circuit's inputs. Does not check the witness: an invalid one gives inputs that break a gate.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            k: self.k,
            meta: self.meta,
            operator: pad(&self.operator_path, OPERATOR_DEPTH),
            install: pad(&self.install_path, INSTALL_DEPTH),
            catalog: pad(&self.catalog_path, CATALOG_DEPTH),
            commitment: self.commitment.limbs(),
            manifest: self.manifest.fr(),
            policy: self.policy.words(),
            state: self.state.words(),
            measurements: self.policy.padded_measurements().unwrap_or([Fr::ZERO; 4]),
            capsule_salt: self.capsule_salt,
            operator_salt: self.operator_salt,
            state_salt: self.state_salt,
            epoch: Fr::from(self.epoch),
            index: Fr::from(u64::from(self.index)),
            binding: self.binding,
        }
    }
}

fn check_path(tree: &'static str, path: &LeanPath, max: usize) -> Result<(), WitnessError> {
    let (siblings, bits) = (path.siblings.len(), path.index_bits.len());
    if siblings != bits {
        return Err(WitnessError::MalformedPath { tree, siblings, bits });
    }
    if siblings > max {
        return Err(WitnessError::PathTooLong { tree, siblings, max });
    }
    Ok(())
}

/// Fills a path up to `depth` levels with zero siblings, which the choice of the root level ignores.
fn pad(path: &LeanPath, depth: usize) -> Path {
    let mut siblings = path.siblings.clone();
    let mut bits = path.index_bits.clone();
    siblings.resize(depth, Fr::ZERO);
    bits.resize(depth, false);
    Path { siblings, bits, depth: path.siblings.len() }
}
