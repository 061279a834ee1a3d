//! What a launch is asked to do.

use alloy_primitives::{Address, B256};
use nonos_core::Fr;
use nonos_core::lean_imt::LeanPath;
use nonos_core::package::Package;

use crate::capsule_runtime::Limits;
use crate::keys::IdentityScope;
use crate::onion::OnionNetwork;
use crate::verify::Roots;

/// Where receipts of this node are anchored: the EIP-712 domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// Chain id.
    pub chain_id: u64,
    /// The `ReceiptAnchor` contract.
    pub anchor: Address,
}

/// The enrolled identity that launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorIdentity {
    /// Which keys of the keystore: chain, registry and rotation.
    pub scope: IdentityScope,
    /// Second input of the identity leaf ([`nonos_core::identity::identity_meta`]), as enrolled.
    pub meta: Fr,
    /// The operator's stable id, which manifests may name.
    pub operator_id: B256,
}

/// Places in the three trees, as last read from the chain.
#[derive(Debug, Clone)]
pub struct Membership {
    /// From the identity leaf to `roots.operator`.
    pub operator_path: LeanPath,
    /// From the install leaf to `roots.install`.
    pub install_path: LeanPath,
    /// From the capsule leaf to `roots.catalog`.
    pub catalog_path: LeanPath,
    /// The roots on chain.
    pub roots: Roots,
}

/// What the receipt shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    /// Show which capsule ran.
    pub disclose_capsule: bool,
    /// Show which operator launched it.
    pub disclose_operator: bool,
}

/// Which onion address the receipt names. Hidden operators use a fresh one or none, since a lasting address links
/// their launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnionChoice {
    /// None.
    None,
    /// The node's lasting address number `index`.
    Lasting {
        /// The network.
        network: OnionNetwork,
        /// Key index in the keystore.
        index: u64,
    },
    /// A key of this launch alone.
    PerLaunch(OnionNetwork),
}

/// One launch.
pub struct LaunchRequest<'a> {
    /// The signed package.
    pub package: &'a Package,
    /// Salt of a hidden package's digest commitment, from its publisher.
    pub hidden_salt: Option<&'a [u8; 32]>,
    /// Input of the capsule.
    pub input: &'a [u8],
    /// Limits of the run; the policy's memory limit also holds.
    pub limits: Limits,
    /// The launching identity.
    pub identity: OperatorIdentity,
    /// Its places in the trees.
    pub membership: &'a Membership,
    /// What is shown.
    pub privacy: Privacy,
    /// The onion address named.
    pub onion: OnionChoice,
    /// Launch time, Unix seconds.
    pub launched_at: u64,
    /// A recent block, number and hash, before which the launch cannot have happened; (0, zero) for none.
    pub not_before: (u64, B256),
    /// The market request served, or zero.
    pub request_id: B256,
    /// Who is paid. A hidden operator uses a fresh address.
    pub payee: Address,
    /// Values to commit to beside the standard ones: names and bytes.
    pub values: &'a [(String, Vec<u8>)],
    /// Names of the values to open in the receipt itself.
    pub open: &'a [String],
}
