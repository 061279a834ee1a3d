//! What a client reads back from the registries.

use super::Chain;
use crate::identity::Identity;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use alloy_primitives::{B256, U256};
use eyre::{Result, bail, ensure};
use nonos_contracts::abi::{CapsuleRegistry, OperatorRegistry};
use nonos_contracts::{ChainError, Deployment};
use nonos_core::CapsuleLeaf;
use nonos_node::keys::Keystore;

impl Chain {
    /// The identity under which the keystore's root key is enrolled; `None` if it is not, or not any more.
    pub async fn enrolled(&self, deployment: &Deployment, keystore: &Keystore) -> Result<Option<Identity>> {
        let address = deployment.addresses.operator_registry;
        let registry = OperatorRegistry::new(address, &self.provider);
        let root: B256 = keystore.root_public().into();
        let entry = registry.operatorOf(root).call().await;
        let entry = entry.map_err(|error| ChainError::call("reading the operator's enrolment", error))?;
        if entry.leaf == U256::ZERO {
            return Ok(None);
        }
        let identity =
            Identity::new(keystore, entry.controller, address, self.id, entry.validUntil, entry.seq)?;
        ensure!(
            identity.leaf().to_u256() == entry.leaf,
            "operator {root} is enrolled with another identity than this keystore's: it was rotated, or enrolled from \
             another keystore with the same root key"
        );
        Ok(Some(identity))
    }

    /// Terms for a new enrolment of the keystore's root key: as long as the registry allows, next sequence number.
    pub async fn new_identity(&self, deployment: &Deployment, keystore: &Keystore) -> Result<Identity> {
        let address = deployment.addresses.operator_registry;
        let registry = OperatorRegistry::new(address, &self.provider);
        let failed = |error| ChainError::call("reading the terms of enrolment", error);
        let longest = registry.maxValidity().call().await.map_err(failed)?;
        let before = registry.operatorOf(keystore.root_public().into()).call().await.map_err(failed)?;
        let head = nonos_contracts::anchor::latest_checkpoint(&self.provider).await?;
        Identity::new(keystore, self.account()?, address, self.id, head.timestamp + longest, before.seq + 1)
    }

    /// The publisher with this ed25519 key whose catalog lists the capsule.
    pub async fn publisher_listing(
        &self,
        deployment: &Deployment,
        key: B256,
        capsule: CapsuleLeaf,
    ) -> Result<B256> {
        let registry = deployment.addresses.capsule_registry;
        let filter = Filter::new()
            .address(registry)
            .event_signature(CapsuleRegistry::PublisherRegistered::SIGNATURE_HASH)
            .topic3(key)
            .from_block(deployment.first_block);
        let logs = self.provider.get_logs(&filter).await;
        let logs = logs.map_err(|error| ChainError::transport("looking for the publisher", error))?;
        // Anybody can register somebody else's key under an address of his own, so there may be several.
        for publisher in logs.iter().filter_map(|log| log.topics().get(1).copied()) {
            if self.is_published(deployment, publisher, capsule.to_u256()).await? {
                return Ok(publisher);
            }
        }
        bail!(
            "no catalog on chain {} lists capsule {capsule} under publisher key {key}; `nonos capsule register` does that",
            self.id
        )
    }

    /// Is the install leaf in the tree?
    pub async fn is_installed(&self, deployment: &Deployment, leaf: U256) -> Result<bool> {
        let registry = CapsuleRegistry::new(deployment.addresses.capsule_registry, &self.provider);
        let used = registry.isInstallUsed(leaf).call().await;
        Ok(used.map_err(|error| ChainError::call("reading the install tree", error))?)
    }
}
