//! Why there is no receipt.

use alloy_primitives::B256;
use nonos_core::disclosure::DisclosureError;
use nonos_core::launch_values::IndexOutOfRange;
use nonos_core::manifest::ManifestError;
use nonos_core::package::PackageError;
use nonos_core::receipt::DecodeError;

use crate::capsule_runtime::RunError;
use crate::keys::KeyError;
use crate::store::StoreError;
use crate::verify::{AdmissionFault, FreshnessFault, ProofFault, VerifierSetupError};

/// A launch that gave no receipt.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The developer setup on a public chain, or a prover of another key.
    #[error(transparent)]
    Setup(#[from] VerifierSetupError),
    /// The package is malformed, unsigned, or carries another binary.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The manifest is malformed.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest names its operators and this one is not among them.
    #[error("the manifest of {capsule} names its operators, and {operator} is not one of them")]
    OperatorNotNamed {
        /// Name of the capsule.
        capsule: String,
        /// This operator.
        operator: B256,
    },
    /// The manifest names its operators, so a hidden operator cannot be checked.
    #[error("the manifest of {capsule} names its operators: the operator must be disclosed")]
    OperatorMustBeDisclosed {
        /// Name of the capsule.
        capsule: String,
    },
    /// A path does not lead from the leaf to the root on chain.
    #[error("the {tree} leaf {leaf} leads to {computed}, not to the root {expected} on chain: {hint}")]
    NotInTree {
        /// `operator`, `install` or `catalog`.
        tree: &'static str,
        /// Our leaf.
        leaf: B256,
        /// Where the path leads.
        computed: B256,
        /// The root.
        expected: B256,
        /// Likely cause.
        hint: &'static str,
    },
    /// A key of the keystore.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The capsule did not run, or not to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The capsule said that it failed.
    #[error("the capsule ended with exit code {code}; its log ends: {log:?}")]
    ExitCode {
        /// What `run` returned.
        code: i32,
        /// The end of its log.
        log: String,
    },
    /// No index, or it could not be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The reserved index is out of range.
    #[error(transparent)]
    Index(#[from] IndexOutOfRange),
    /// A value to open that is not committed to.
    #[error("there is no value `{0}` to open")]
    NoSuchValue(String),
    /// A value is committed to twice.
    #[error("value `{0}` is given twice")]
    ValueTwice(String),
    /// The values could not be committed to.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The operating system has no randomness to give.
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// No proof.
    #[error(transparent)]
    Proof(#[from] nonos_circuits::launch::LaunchError),
    /// The receipt came out malformed: too large, usually by its openings.
    #[error("the receipt is not in its canonical form: {0}")]
    Form(#[from] DecodeError),
    /// The finished receipt does not verify; it was discarded.
    #[error("the finished receipt does not verify, so it was discarded: {0}")]
    SelfCheck(#[from] ProofFault),
    /// The finished receipt is not admitted under the given roots; it was discarded.
    #[error("the finished receipt is not admitted, so it was discarded: {0}")]
    NotAdmitted(#[from] AdmissionFault),
    /// The finished receipt is not fresh; it was discarded.
    #[error("the finished receipt is not fresh, so it was discarded: {0}")]
    NotFresh(#[from] FreshnessFault),
    /// A receipt with this nullifier is stored already.
    #[error(
        "a receipt with the same nullifier is stored already ({first}): the store and the keystore do not belong together"
    )]
    Repeated {
        /// The stored receipt.
        first: B256,
    },
}
