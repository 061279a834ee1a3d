//! What the demo works with: a chain with contracts, a publisher with a capsule, operators, one of them ours.

use crate::chain::{Chain, Trees};
use crate::identity::Identity;
use alloy_primitives::{B256, Bytes};
use nonos_circuits::enrolment::EnrolmentProver;
use nonos_circuits::launch::LaunchProver;
use nonos_contracts::Deployment;
use nonos_core::package::Package;
use nonos_node::capsule_runtime::Runtime;
use nonos_node::keys::Keystore;
use nonos_node::verify::ReceiptVerifier;
use std::sync::Arc;

/// Account of the deployer.
pub const DEPLOYER: usize = 0;
/// Account of the publisher.
pub const PUBLISHER: usize = 1;
/// Account that sends receipts to the chain.
pub const RELAYER: usize = 2;
/// Account that controls our operator; the accounts after it control the others.
pub const OPERATOR: usize = 3;
/// Account that buys launches.
pub const REQUESTER: usize = 6;
/// Account that challenges leaves.
pub const CHALLENGER: usize = 7;
/// Account of a relayer that anchors what it should not.
pub const DISHONEST: usize = 8;

/// An enrolled operator that runs a node.
pub struct Operator {
    /// Its keys.
    pub keystore: Arc<Keystore>,
    /// What it is on this chain.
    pub identity: Identity,
    /// The proof that it was enrolled with.
    pub enrolment: Bytes,
}

/// Everything that stands once the market is set up.
pub struct World {
    /// The chain and its accounts.
    pub chain: Chain,
    /// Its JSON-RPC address, for the services.
    pub rpc: String,
    /// The contracts.
    pub deployment: Deployment,
    /// Keys of the launch circuit.
    pub prover: LaunchProver,
    /// Keys of the enrolment circuit.
    pub enrolment: EnrolmentProver,
    /// The operators that run nodes, ours first.
    pub operators: Vec<Operator>,
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

impl World {
    /// Our operator.
    pub fn ours(&self) -> &Operator {
        &self.operators[0]
    }
}
