//! The registries' trees, rebuilt from events and checked against the contract's root.

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
    /// Capsule leaves of one publisher.
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
            CapsuleRegistryEvents::CapsulePublished(event) => {
                Some(Change { index: event.index, leaf: event.leaf })
            }
            CapsuleRegistryEvents::CapsuleRevoked(event) => {
                Some(Change { index: event.index, leaf: U256::ZERO })
            }
            _ => None,
        }
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
/// After every [`sync`](Self::sync) the root equals the contract's at the block synced to. A reorganisation shows as
/// another root; then the copy is rebuilt from the start.
#[derive(Clone, Debug)]
pub struct TreeFollower {
    id: TreeId,
    first_block: u64,
    next_block: u64,
    tree: LeanImt,
}

impl TreeFollower {
    /// Follows `id` from `first_block`, the block of the deployment or any before it.
    pub fn new(id: TreeId, first_block: u64) -> Self {
        Self { id, first_block, next_block: first_block, tree: LeanImt::new() }
    }

    /// The copy as of the last sync.
    pub const fn tree(&self) -> &LeanImt {
        &self.tree
    }

    /// First block that the next sync reads.
    pub const fn next_block(&self) -> u64 {
        self.next_block
    }

    /// Reads on to the latest block and gives its number.
    pub async fn sync(&mut self, provider: &impl Provider) -> Result<u64, ChainError> {
        let head = provider
            .get_block_number()
            .await
            .map_err(|error| ChainError::transport("reading the block number", error))?;
        let on_chain = self.id.root(provider, head).await?;
        let incremental =
            head >= self.next_block.saturating_sub(1) && self.read(provider, head).await.is_ok();
        if incremental && self.root() == on_chain {
            return Ok(head);
        }
        // A reorganisation replaced blocks that were already read.
        (self.tree, self.next_block) = (LeanImt::new(), self.first_block);
        self.read(provider, head).await?;
        match self.root() {
            root if root == on_chain => Ok(head),
            rebuilt => Err(ChainError::RootMismatch { tree: self.id.name(), rebuilt, on_chain, block: head }),
        }
    }

    fn root(&self) -> U256 {
        fr_to_u256(&self.tree.root())
    }

    async fn read(&mut self, provider: &impl Provider, head: u64) -> Result<(), ChainError> {
        for log in logs::pages(provider, &self.id.filter(), self.next_block, head).await? {
            if let Some(change) = self.id.change(&log) {
                self.apply(&change)?;
            }
        }
        self.next_block = head.saturating_add(1);
        Ok(())
    }

    fn apply(&mut self, change: &Change) -> Result<(), ChainError> {
        let name = self.id.name();
        let leaf: Fr =
            fr_from_u256(change.leaf).map_err(|source| ChainError::Field { tree: name, source })?;
        let size = self.tree.len();
        let index = usize::try_from(change.index).unwrap_or(usize::MAX);
        let applied = match index.cmp(&size) {
            std::cmp::Ordering::Less => self.tree.update(index, leaf),
            std::cmp::Ordering::Equal => self.tree.insert(leaf).map(drop),
            std::cmp::Ordering::Greater => {
                return Err(ChainError::LogGap { tree: name, index: change.index, size });
            }
        };
        applied.map_err(|source| ChainError::Tree { tree: name, source })
    }
}
