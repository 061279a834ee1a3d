//! Events that a node cares about, and what they add up to.

use std::collections::HashMap;

use alloy_primitives::{B256, U256};
use nonos_core::BatchId;
use nonos_core::batch::BatchRef;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The operator tree has this root now.
    OperatorRoot(U256),
    /// The install tree has this root now.
    InstallRoot(U256),
    /// A publisher's catalog has this root now.
    CatalogRoot {
        /// Whose.
        publisher: B256,
        /// The root.
        root: U256,
    },
    /// A batch was anchored.
    Anchored {
        /// What was anchored.
        batch: BatchRef,
        /// When it becomes final unless it is challenged.
        final_at: u64,
    },
    /// The leaves of a batch that was anchored with them.
    Leaves {
        /// Which batch.
        batch: BatchId,
        /// Its leaves.
        leaves: Vec<B256>,
    },
    /// A demand moved the time at which a batch becomes final.
    Moved {
        /// Which batch.
        batch: BatchId,
        /// The new time.
        final_at: u64,
    },
    /// A batch fell: none of its leaves counts.
    Fallen(BatchId),
    /// The market settled something about this operator: its score has to be read again.
    Settled(B256),
}

/// A fact with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// Number of its block.
    pub block: u64,
    /// Time of its block, Unix seconds.
    pub time: u64,
    /// What happened.
    pub fact: Fact,
}

/// Which tree a root belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Tree {
    Operators,
    Installs,
    Catalogs,
}

/// Life of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    pub since: u64,
    pub superseded: Option<u64>,
}

/// A batch on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchoredBatch {
    /// What was anchored.
    pub batch: BatchRef,
    /// Number of the anchoring block.
    pub block: u64,
    /// Its time.
    pub anchored_at: u64,
    /// When it becomes final, as things stand.
    pub final_at: u64,
    /// Whether it fell.
    pub fallen: bool,
}

/// What a journal adds up to.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    roots: HashMap<(Tree, U256), Life>,
    /// The root of now, per tree and (for catalogs) publisher.
    current: HashMap<(Tree, B256), U256>,
    batches: HashMap<BatchId, AnchoredBatch>,
}

impl Sum {
    pub fn of<'a>(facts: impl IntoIterator<Item = &'a Dated>) -> Self {
        let mut sum = Self::default();
        facts.into_iter().for_each(|dated| sum.add(dated));
        sum
    }

    pub fn add(&mut self, dated: &Dated) {
        match &dated.fact {
            Fact::OperatorRoot(root) => self.advance(Tree::Operators, B256::ZERO, *root, dated.time),
            Fact::InstallRoot(root) => self.advance(Tree::Installs, B256::ZERO, *root, dated.time),
            Fact::CatalogRoot { publisher, root } => {
                self.advance(Tree::Catalogs, *publisher, *root, dated.time);
            }
            Fact::Anchored { batch, final_at } => {
                let anchored = AnchoredBatch {
                    batch: *batch,
                    block: dated.block,
                    anchored_at: dated.time,
                    final_at: *final_at,
                    fallen: false,
                };
                self.batches.insert(batch.id(), anchored);
            }
            Fact::Moved { batch, final_at } => {
                if let Some(anchored) = self.batches.get_mut(batch) {
                    anchored.final_at = *final_at;
                }
            }
            Fact::Fallen(batch) => {
                if let Some(anchored) = self.batches.get_mut(batch) {
                    anchored.fallen = true;
                }
            }
            Fact::Leaves { .. } | Fact::Settled(_) => {}
        }
    }

    /// As the contracts' trees do: a root that comes back starts a new life, and the empty tree has no root.
    fn advance(&mut self, tree: Tree, owner: B256, root: U256, time: u64) {
        let before = self.current.insert((tree, owner), root);
        if before == Some(root) {
            return;
        }
        if let Some(life) = before.and_then(|before| self.roots.get_mut(&(tree, before))) {
            life.superseded = Some(time);
        }
        if !root.is_zero() {
            self.roots.insert((tree, root), Life { since: time, superseded: None });
        }
    }

    pub fn life(&self, tree: Tree, root: U256) -> Option<Life> {
        self.roots.get(&(tree, root)).copied()
    }

    /// The roots that the two registries should have now; zero for an empty tree.
    pub fn registry_roots(&self) -> [U256; 2] {
        [Tree::Operators, Tree::Installs]
            .map(|tree| self.current.get(&(tree, B256::ZERO)).copied().unwrap_or_default())
    }

    pub fn batch(&self, id: &BatchId) -> Option<AnchoredBatch> {
        self.batches.get(id).copied()
    }

    pub fn batch_count(&self) -> usize {
        self.batches.len()
    }
}
