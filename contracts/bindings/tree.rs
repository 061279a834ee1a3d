//! The registries' trees, rebuilt from events and checked against the contract's root.

use std::cmp::Ordering;

use alloy::{
    eips::BlockNumberOrTag,
    providers::Provider,
    rpc::types::{Filter, Log},
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use nonos_core::field::{Fr, fr_from_u256, fr_to_u256};
use nonos_core::lean_imt::LeanImt;

use crate::{
    abi::{
        capsules::CapsuleRegistry::{self, CapsuleRegistryEvents},
        operators::OperatorRegistry::{self, LeafSet},
    },
    error::ChainError,
    logs,
};

/// Which tree of which registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TreeId {
    /// Identity leaves.
    Operators {
        /// The OperatorRegistry.
        registry: Address,
    },
    /// Install leaves.
    Installs {
        /// The CapsuleRegistry.
        registry: Address,
    },
    /// One publisher's own leaf, and its capsule leaves.
    Catalog {
        /// The CapsuleRegistry.
        registry: Address,
        /// The publisher.
        publisher: B256,
    },
}

/// A leaf that was set: zero removes it.
struct Change {
    index: U256,
    leaf: U256,
}

impl TreeId {
    const fn name(&self) -> &'static str {
        match self {
            Self::Operators { .. } => "operator tree",
            Self::Installs { .. } => "install tree",
            Self::Catalog { .. } => "catalog",
        }
    }

    fn filter(&self) -> Filter {
        match *self {
            Self::Operators { registry } => {
                Filter::new().address(registry).event_signature(LeafSet::SIGNATURE_HASH)
            }
            Self::Installs { registry } => Filter::new()
                .address(registry)
                .event_signature(CapsuleRegistry::InstallAdmitted::SIGNATURE_HASH),
            Self::Catalog { registry, publisher } => Filter::new()
                .address(registry)
                .event_signature(vec![
                    CapsuleRegistry::PublisherRegistered::SIGNATURE_HASH,
                    CapsuleRegistry::CapsulePublished::SIGNATURE_HASH,
                    CapsuleRegistry::CapsuleRevoked::SIGNATURE_HASH,
                ])
                .topic1(publisher),
        }
    }

    fn change(&self, log: &Log) -> Option<Change> {
        let log = &log.inner;
        if let Self::Operators { .. } = self {
            return LeafSet::decode_log(log)
                .ok()
                .map(|event| Change { index: event.index, leaf: event.leaf });
        }
        match CapsuleRegistryEvents::decode_log(log).ok()?.data {
            CapsuleRegistryEvents::InstallAdmitted(event) => {
                Some(Change { index: event.index, leaf: event.leaf })
            }
            CapsuleRegistryEvents::PublisherRegistered(event) => {
                Some(Change { index: U256::ZERO, leaf: event.leaf })
            }
            CapsuleRegistryEvents::CapsulePublished(event) => {
                Some(Change { index: event.index, leaf: event.leaf })
            }
            CapsuleRegistryEvents::CapsuleRevoked(event) => {
                Some(Change { index: event.index, leaf: U256::ZERO })
            }
            _ => None,
        }
    }

    /// The tree after the events in `logs`.
    fn extend(&self, mut tree: LeanImt, logs: &[Log]) -> Result<LeanImt, ChainError> {
        let name = self.name();
        for change in logs.iter().filter_map(|log| self.change(log)) {
            let leaf: Fr =
                fr_from_u256(change.leaf).map_err(|source| ChainError::Field { tree: name, source })?;
            let size = tree.len();
            let index = usize::try_from(change.index).unwrap_or(usize::MAX);
            let applied = match index.cmp(&size) {
                Ordering::Less => tree.update(index, leaf),
                Ordering::Equal => tree.insert(leaf).map(drop),
                Ordering::Greater => {
                    return Err(ChainError::LogGap { tree: name, index: change.index, size });
                }
            };
            applied.map_err(|source| ChainError::Tree { tree: name, source })?;
        }
        Ok(tree)
    }

    async fn root(&self, provider: &impl Provider, block: u64) -> Result<U256, ChainError> {
        let at = BlockNumberOrTag::Number(block).into();
        let root = match *self {
            Self::Operators { registry } => {
                OperatorRegistry::new(registry, provider).root().block(at).call().await
            }
            Self::Installs { registry } => {
                CapsuleRegistry::new(registry, provider).installRoot().block(at).call().await
            }
            Self::Catalog { registry, publisher } => {
                CapsuleRegistry::new(registry, provider).catalogRoot(publisher).block(at).call().await
            }
        };
        root.map_err(|error| ChainError::call(format!("reading the root of the {}", self.name()), error))
    }
}

/// A local copy of a tree that follows the chain.
///
/// There is a copy only while its root is known to have been the contract's, at the block of the last
/// [`sync`](Self::sync). A reorganisation shows as another root, or as events that do not fit; then the copy is rebuilt
/// from the start.
#[derive(Clone, Debug)]
pub struct TreeFollower {
    id: TreeId,
    first_block: u64,
    synced: Option<Synced>,
}

/// A tree whose root was the contract's.
#[derive(Clone, Debug)]
struct Synced {
    tree: LeanImt,
    block: u64,
}

impl TreeFollower {
    /// Follows `id` from `first_block`, the block of the deployment or any before it.
    pub const fn new(id: TreeId, first_block: u64) -> Self {
        Self { id, first_block, synced: None }
    }

    /// The copy as of the last sync that worked; `None` before the first one, and after one whose events did not give the
    /// contract's root.
    pub fn tree(&self) -> Option<&LeanImt> {
        self.synced.as_ref().map(|synced| &synced.tree)
    }

    /// First block that the next sync reads.
    pub fn next_block(&self) -> u64 {
        self.synced.as_ref().map_or(self.first_block, |synced| synced.block.saturating_add(1))
    }

    /// Reads on to the latest block and gives its number.
    ///
    /// If the node does not answer, nothing changes. If its events contradict the contract even when read from the start,
    /// the copy is dropped.
    pub async fn sync(&mut self, provider: &impl Provider) -> Result<u64, ChainError> {
        let head = provider
            .get_block_number()
            .await
            .map_err(|error| ChainError::transport("reading the block number", error))?;
        let on_chain = self.id.root(provider, head).await?;
        let filter = self.id.filter();
        if let Some(synced) = self.synced.as_ref().filter(|synced| synced.block <= head) {
            let logs = logs::pages(provider, &filter, synced.block.saturating_add(1), head).await?;
            if let Ok(tree) = self.id.extend(synced.tree.clone(), &logs)
                && fr_to_u256(&tree.root()) == on_chain
            {
                self.synced = Some(Synced { tree, block: head });
                return Ok(head);
            }
        }
        // The first sync, or a reorganisation replaced blocks that were already read.
        let logs = logs::pages(provider, &filter, self.first_block, head).await?;
        self.synced = None;
        let tree = self.id.extend(LeanImt::new(), &logs)?;
        match fr_to_u256(&tree.root()) {
            root if root == on_chain => {
                self.synced = Some(Synced { tree, block: head });
                Ok(head)
            }
            rebuilt => Err(ChainError::RootMismatch { tree: self.id.name(), rebuilt, on_chain, block: head }),
        }
    }
}
