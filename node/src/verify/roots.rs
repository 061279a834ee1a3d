//! Where a verifier learns which tree roots are real.

use std::collections::HashMap;

use alloy_primitives::B256;
use nonos_core::{CatalogRoot, InstallRoot, OperatorRoot};

use super::fault::AdmissionFault;

/// The three roots a receipt names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots {
    /// Operator tree.
    pub operator: OperatorRoot,
    /// Install tree.
    pub install: InstallRoot,
    /// Catalog of the capsule's publisher.
    pub catalog: CatalogRoot,
}

/// What the chain says about a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootStanding {
    /// Never a root.
    Unknown,
    /// The root of now.
    Current,
    /// A root until this time, Unix seconds.
    SupersededAt(u64),
    /// Withdrawn: no receipt under it counts.
    Revoked,
}

/// The chain, or the node's copy of it, could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the roots of the chain are not available: {0}")]
pub struct RootSourceError(pub String);

/// Answers from the chain. Implementations must not invent: an unreachable chain is an error, not `Unknown`.
pub trait RootSource {
    /// Standing of an operator tree root.
    fn operator(&self, root: OperatorRoot) -> Result<RootStanding, RootSourceError>;

    /// Standing of an install tree root.
    fn install(&self, root: InstallRoot) -> Result<RootStanding, RootSourceError>;

    /// Standing of a catalog root.
    fn catalog(&self, root: CatalogRoot) -> Result<RootStanding, RootSourceError>;

    /// Hash and time (Unix seconds) of a block, if this source knows it.
    fn block(&self, _number: u64) -> Result<Option<(B256, u64)>, RootSourceError> {
        Ok(None)
    }
}

/// Checks all three; a superseded root serves for `grace` more seconds.
pub(super) fn check(
    source: &dyn RootSource,
    roots: &Roots,
    now: u64,
    grace: u64,
) -> Result<(), AdmissionFault> {
    let standings = [
        ("operator", B256::from(roots.operator), source.operator(roots.operator)?),
        ("install", B256::from(roots.install), source.install(roots.install)?),
        ("catalog", B256::from(roots.catalog), source.catalog(roots.catalog)?),
    ];
    for (tree, root, standing) in standings {
        match standing {
            RootStanding::Current => {}
            RootStanding::Unknown => return Err(AdmissionFault::UnknownRoot { tree, root }),
            RootStanding::Revoked => return Err(AdmissionFault::RevokedRoot { tree, root }),
            RootStanding::SupersededAt(superseded_at) => {
                let valid_until = superseded_at.saturating_add(grace);
                if now > valid_until {
                    return Err(AdmissionFault::StaleRoot { tree, root, superseded_at, valid_until, now });
                }
            }
        }
    }
    Ok(())
}

/// Roots taken from a file or a bundle: whoever made it is trusted for them.
#[derive(Debug, Clone, Default)]
pub struct FixedRoots {
    standings: HashMap<B256, RootStanding>,
    blocks: HashMap<u64, (B256, u64)>,
}

impl FixedRoots {
    /// No roots.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the current roots.
    pub fn current(mut self, roots: &Roots) -> Self {
        for root in [roots.operator.into(), roots.install.into(), roots.catalog.into()] {
            self.standings.insert(root, RootStanding::Current);
        }
        self
    }

    /// Adds or replaces the standing of one root.
    pub fn with(mut self, root: impl Into<B256>, standing: RootStanding) -> Self {
        self.standings.insert(root.into(), standing);
        self
    }

    /// Adds a block.
    pub fn with_block(mut self, number: u64, hash: B256, time: u64) -> Self {
        self.blocks.insert(number, (hash, time));
        self
    }

    fn standing(&self, root: B256) -> Result<RootStanding, RootSourceError> {
        Ok(self.standings.get(&root).copied().unwrap_or(RootStanding::Unknown))
    }
}

impl RootSource for FixedRoots {
    fn operator(&self, root: OperatorRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn install(&self, root: InstallRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn catalog(&self, root: CatalogRoot) -> Result<RootStanding, RootSourceError> {
        self.standing(root.into())
    }

    fn block(&self, number: u64) -> Result<Option<(B256, u64)>, RootSourceError> {
        Ok(self.blocks.get(&number).copied())
    }
}
