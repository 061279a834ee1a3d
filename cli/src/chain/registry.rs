//! What operators and publishers write into the registries.

use super::{Chain, Sent};
use crate::identity::Identity;
use alloy::sol_types::SolValue;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use eyre::{Result, WrapErr};
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::abi::OperatorRegistry;
use nonos_contracts::{ChainError, Deployment};
use nonos_core::InstallLeaf;
use nonos_core::field::fr_to_u256;
use nonos_core::manifest::Manifest;

/// keccak256(abi.encode(controller, key)), as the registry computes it.
pub fn publisher_id(controller: Address, key: B256) -> B256 {
    keccak256((controller, key).abi_encode())
}

impl Chain {
    /// Enrols an operator without an enrolment proof, which only development chains accept. Pays the deposit.
    pub async fn enrol_unproven(&self, deployment: &Deployment, identity: &Identity) -> Result<Sent> {
        const WHAT: &str = "enrolling the operator";
        self.require_development("enrolling without a proof")?;
        let registry = OperatorRegistry::new(deployment.addresses.operator_registry, &self.provider);
        let deposit = registry.deposit().call().await.map_err(|error| ChainError::call(WHAT, error))?;
        let entry = OperatorRegistry::Enrolment {
            chainId: U256::from(deployment.chain_id),
            operator: identity.root_key.into(),
            controller: identity.controller,
            leaf: identity.leaf().to_u256(),
            validUntil: identity.valid_until,
            seq: identity.seq,
        };
        let call = registry.enrol(entry, Bytes::new()).value(deposit);
        self.send(WHAT, identity.controller, call.into_transaction_request()).await
    }

    /// Admits an install without an install proof, which only development chains accept.
    pub async fn install_unproven(
        &self,
        deployment: &Deployment,
        from: Address,
        leaf: InstallLeaf,
    ) -> Result<Sent> {
        self.require_development("installing without a proof")?;
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let call = registry.admitInstallUnproven(leaf.to_u256());
        self.send("admitting the install", from, call.into_transaction_request()).await
    }

    /// Registers `controller` as the publisher with this ed25519 key; `None` if it is registered already.
    pub async fn register_publisher(
        &self,
        deployment: &Deployment,
        controller: Address,
        key: B256,
    ) -> Result<Option<Sent>> {
        const WHAT: &str = "registering the publisher";
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let known = registry.publisherOf(publisher_id(controller, key)).call().await;
        if known.map_err(|error| ChainError::call(WHAT, error))?.controller == controller {
            return Ok(None);
        }
        let call = registry.registerPublisher(key, U256::ONE, Bytes::new());
        self.send(WHAT, controller, call.into_transaction_request()).await.map(Some)
    }

    /// Appends a capsule to the catalog of the publisher that `controller` registered.
    pub async fn publish(
        &self,
        deployment: &Deployment,
        controller: Address,
        manifest: &Manifest,
    ) -> Result<Sent> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let entry = catalog_entry(manifest)?;
        let call = registry.publish(publisher_id(controller, manifest.publisher), vec![entry]);
        self.send("publishing the capsule", controller, call.into_transaction_request()).await
    }

    /// Is the capsule in the publisher's catalog, or was it ever?
    pub async fn is_published(&self, deployment: &Deployment, publisher: B256, leaf: U256) -> Result<bool> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let used = registry.isCapsuleUsed(publisher, leaf).call().await;
        Ok(used.map_err(|error| ChainError::call("reading the catalog", error))?)
    }
}

/// What a publisher posts for a capsule.
fn catalog_entry(manifest: &Manifest) -> Result<CapsuleRegistry::CapsuleEntry> {
    let policy = manifest.checked_policy().wrap_err("the manifest's policy")?;
    Ok(CapsuleRegistry::CapsuleEntry {
        commitment: manifest.commitment,
        manifestDigest: manifest.digest().into(),
        policy: policy.words().map(|word| fr_to_u256(&word)),
    })
}
