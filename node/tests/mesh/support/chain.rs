//! A chain in memory: roots and batches that a test puts there.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use alloy_primitives::B256;
use nonos_core::receipt::Receipt;
use nonos_core::{BatchId, CatalogRoot, InstallRoot, OperatorRoot};
use nonos_node::mesh::ChainView;
use nonos_node::verify::{RootSource, RootSourceError, RootStanding};

#[derive(Default)]
pub struct MemoryChain {
    roots: RwLock<HashMap<B256, RootStanding>>,
    batches: RwLock<HashSet<BatchId>>,
}

impl MemoryChain {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Makes the roots of these receipts those of now.
    pub fn knows<'a>(self: Arc<Self>, receipts: impl IntoIterator<Item = &'a Receipt>) -> Arc<Self> {
        let mut roots = self.roots.write().unwrap();
        for receipt in receipts {
            let h = &receipt.header;
            for root in [h.operatorRoot, h.installRoot, h.catalogRoot] {
                roots.insert(root.into(), RootStanding::Current { since: 0 });
            }
        }
        drop(roots);
        self
    }

    pub fn anchors(&self, batch: BatchId) {
        self.batches.write().unwrap().insert(batch);
    }

    fn standing(&self, root: B256) -> Result<RootStanding, RootSourceError> {
        Ok(self.roots.read().unwrap().get(&root).copied().unwrap_or(RootStanding::Unknown))
    }
}

impl RootSource for MemoryChain {
    fn operator(&self, root: OperatorRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn install(&self, root: InstallRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn catalog(&self, root: CatalogRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }
}

impl ChainView for MemoryChain {
    fn batch_anchored(&self, batch: &BatchId) -> Result<bool, RootSourceError> {
        Ok(self.batches.read().unwrap().contains(batch))
    }
}
