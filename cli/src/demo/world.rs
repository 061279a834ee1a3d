//! What the demo works with: a chain with contracts, a publisher with a capsule, operators, one of them ours.

use crate::chain::{Chain, Trees};
use crate::identity::Identity;
use alloy_primitives::B256;
use nonos_circuits::launch::LaunchProver;
use nonos_contracts::Deployment;
use nonos_core::package::Package;
use nonos_node::capsule_runtime::Runtime;
use nonos_node::keys::Keystore;
use nonos_node::verify::ReceiptVerifier;

/// Account of the deployer.
pub const DEPLOYER: usize = 0;
/// Account of the publisher.
pub const PUBLISHER: usize = 1;
/// Account that sends receipts to the chain.
pub const RELAYER: usize = 2;
/// Account that controls our operator; the accounts after it control the others.
pub const OPERATOR: usize = 3;

/// Everything that stands once the market is set up.
pub struct World {
    /// The chain and its accounts.
    pub chain: Chain,
    /// The contracts.
    pub deployment: Deployment,
    /// Keys of the launch circuit.
    pub prover: LaunchProver,
    /// Our operator's keys.
    pub keystore: Keystore,
    /// Our operator on this chain.
    pub identity: Identity,
    /// The publisher's id on this chain.
    pub publisher: B256,
    /// The signed capsule.
    pub package: Package,
    /// The trees as of the last enrolment.
    pub trees: Trees,
    /// The sandbox.
    pub runtime: Runtime,
    /// The native verifier of this deployment.
    pub judge: ReceiptVerifier,
}
