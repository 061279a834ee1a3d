//! What a client reads back from the registries.

use super::Chain;
use crate::identity::Identity;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use alloy_primitives::{B256, U256};
use eyre::{Result, bail, ensure, eyre};
use nonos_contracts::abi::CapsuleRegistry;
use nonos_contracts::{ChainError, Deployment};
use nonos_core::{CapsuleLeaf, InstallLeaf};
use nonos_node::keys::Keystore;

impl Chain {
    /// The identity under which the keystore's root key is enrolled; `None` if it is not, or not any more.
    pub async fn enrolled(&self, deployment: &Deployment, keystore: &Keystore) -> Result<Option<Identity>> {
        let root: B256 = keystore.root_public().into();
        let facts = self.operator(deployment, root).await?;
        if !facts.is_enrolled() {
            return Ok(None);
        }
        let address = deployment.addresses.operator_registry;
        let identity =
            Identity::new(keystore, facts.controller, address, self.id, facts.valid_until, facts.seq)?;
        ensure!(
            identity.leaf().to_u256() == facts.leaf,
            "operator {root} is enrolled with another identity than this keystore's: it was enrolled from another keystore \
             with the same root key; that one has the secret, or `nonos operator rotate` replaces it"
        );
        Ok(Some(identity))
    }

    /// The same, or an error that says how to enrol.
    pub async fn require_enrolled(&self, deployment: &Deployment, keystore: &Keystore) -> Result<Identity> {
        self.enrolled(deployment, keystore).await?.ok_or_else(|| {
            eyre!(
                "this operator is not enrolled on chain {} (any more); `nonos operator enrol` does that",
                self.id
            )
        })
    }

    /// An error that says how to install, if the install leaf is not in the tree.
    pub async fn require_installed(&self, deployment: &Deployment, leaf: InstallLeaf) -> Result<()> {
        ensure!(
            self.is_installed(deployment, leaf.to_u256()).await?,
            "this operator has not installed the capsule on chain {}; `nonos capsule install PACKAGE --backend halo2` proves \
             that it holds the binary (the chain takes no STARK install)",
            self.id
        );
        Ok(())
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
