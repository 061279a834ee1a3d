//! The three trees that a launch is proven against, rebuilt from events.

use super::Chain;
use alloy_primitives::B256;
use eyre::{Result, eyre};
use nonos_contracts::Deployment;
use nonos_contracts::tree::{TreeFollower, TreeId};
use nonos_core::lean_imt::LeanImt;

/// The three trees as the chain has them.
#[derive(Debug, Clone)]
pub struct Trees {
    /// Identities.
    pub operators: LeanImt,
    /// Installs.
    pub installs: LeanImt,
    /// The publisher's catalog.
    pub catalog: LeanImt,
}

impl Trees {
    /// Rebuilds them from events.
    pub async fn read(chain: &Chain, deployment: &Deployment, publisher: B256) -> Result<Self> {
        let registry = deployment.addresses.capsule_registry;
        let ids = [
            TreeId::Operators { registry: deployment.addresses.operator_registry },
            TreeId::Installs { registry },
            TreeId::Catalog { registry, publisher },
        ];
        let mut trees = Vec::with_capacity(ids.len());
        for id in ids {
            let mut follower = TreeFollower::new(id, deployment.first_block);
            follower.sync(&chain.provider).await?;
            let tree = follower.tree().ok_or_else(|| eyre!("the tree was read, but it is not there"))?;
            trees.push(tree.clone());
        }
        let [operators, installs, catalog] =
            trees.try_into().map_err(|_| eyre!("three trees were asked for"))?;
        Ok(Self { operators, installs, catalog })
    }
}
