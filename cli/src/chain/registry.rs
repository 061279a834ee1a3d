//! What operators and publishers write into the registries.

use super::{Chain, OperatorFacts, Sent};
use crate::enrolment::Statement;
use crate::identity::Identity;
use alloy::sol_types::SolValue;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use eyre::{Result, WrapErr};
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::abi::OperatorRegistry;
use nonos_contracts::abi::capsules::CapsuleRegistry::InstallProof;
use nonos_contracts::{ChainError, Deployment};
use nonos_core::field::fr_to_u256;
use nonos_core::manifest::Manifest;

/// keccak256(abi.encode(controller, key)), as the registry computes it.
pub fn publisher_id(controller: Address, key: B256) -> B256 {
    keccak256((controller, key).abi_encode())
}

impl Chain {
    /// Enrols an operator with a proof that its root key signed the terms. Sent by the controller, who pays the deposit.
    pub async fn enrol(&self, deployment: &Deployment, identity: &Identity, proof: Bytes) -> Result<Sent> {
        let registry = OperatorRegistry::new(deployment.addresses.operator_registry, &self.provider);
        let deposit = self.enrolment_deposit(deployment).await?;
        let call = registry.enrol(identity.entry(), proof).value(deposit);
        self.send("enrolling the operator", identity.controller, call.into_transaction_request()).await
    }

    /// Replaces the leaf of an enrolled operator. Sent by the present controller; the identity may name another one.
    pub async fn rotate(
        &self,
        deployment: &Deployment,
        facts: &OperatorFacts,
        identity: &Identity,
        proof: Bytes,
    ) -> Result<Sent> {
        let registry = OperatorRegistry::new(deployment.addresses.operator_registry, &self.provider);
        let path = self.operator_path(deployment, facts.leaf).await?;
        let call = registry.rotate(identity.entry(), proof, path).into_transaction_request();
        self.send("rotating the operator's leaf", facts.controller, call).await
    }

    /// Sends chunks of installs with their proofs, one transaction. Anybody may: the proofs say whose installs they are.
    pub async fn admit_installs(
        &self,
        deployment: &Deployment,
        from: Address,
        proofs: Vec<InstallProof>,
    ) -> Result<Sent> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let call = registry.admitInstalls(proofs).into_transaction_request();
        self.send("admitting the install", from, call).await
    }

    /// Is `controller` registered as the publisher with this ed25519 key?
    pub async fn is_publisher(
        &self,
        deployment: &Deployment,
        controller: Address,
        key: B256,
    ) -> Result<bool> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let known = registry.publisherOf(publisher_id(controller, key)).call().await;
        Ok(known.map_err(|error| ChainError::call("looking for the publisher", error))?.controller
            == controller)
    }

    /// Registers `controller` as a publisher with a proof that the key signed for it.
    pub async fn register_publisher(
        &self,
        deployment: &Deployment,
        controller: Address,
        statement: &Statement,
        proof: Bytes,
    ) -> Result<Sent> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let call = registry.registerPublisher(statement.key.into(), statement.leaf().to_u256(), proof);
        self.send("registering the publisher", controller, call.into_transaction_request()).await
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
