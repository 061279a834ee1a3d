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
    Current {
        /// Since when, Unix seconds; 0 where only "now" matters.
        since: u64,
    },
    /// A root of the past.
    Superseded {
        /// Since when it was the root, Unix seconds.
        since: u64,
        /// When it ceased to be.
        at: u64,
    },
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

/// When a launch happened, and how far it may lie from its roots. Unix seconds and seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub launched_at: u64,
    pub now: u64,
    /// How long a superseded root serves.
    pub grace: u64,
    /// What a launch may be outside the life of its roots: a path is read before, and mined after, the launch.
    pub margin: u64,
}

/// Checks all three, by the rule and in the order of the anchor contract.
pub(super) fn check(source: &dyn RootSource, roots: &Roots, moment: Moment) -> Result<(), AdmissionFault> {
    let Moment { launched_at, now, grace, margin } = moment;
    let standings = [
        ("operator", B256::from(roots.operator), source.operator(roots.operator)?),
        ("install", B256::from(roots.install), source.install(roots.install)?),
        ("catalog", B256::from(roots.catalog), source.catalog(roots.catalog)?),
    ];
    for (tree, root, standing) in standings {
        match standing {
            RootStanding::Unknown => return Err(AdmissionFault::UnknownRoot { tree, root }),
            RootStanding::Revoked => return Err(AdmissionFault::RevokedRoot { tree, root }),
            RootStanding::Current { since } | RootStanding::Superseded { since, .. }
                if launched_at.saturating_add(margin) < since =>
            {
                return Err(AdmissionFault::LaunchedBeforeRoot { tree, root, launched_at, since });
            }
            RootStanding::Current { .. } => {}
            RootStanding::Superseded { at, .. } => {
                let valid_until = at.saturating_add(grace);
                if now > valid_until {
                    let superseded_at = at;
                    return Err(AdmissionFault::StaleRoot { tree, root, superseded_at, valid_until, now });
                }
                if launched_at > at.saturating_add(margin) {
                    return Err(AdmissionFault::LaunchedAfterRoot { tree, root, launched_at, at });
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
            self.standings.insert(root, RootStanding::Current { since: 0 });
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

#[cfg(test)]
mod tests {
    use super::*;
    use nonos_core::Fr;

    const ROOTS: fn() -> Roots =
        || Roots { operator: Fr::from(1).into(), install: Fr::from(2).into(), catalog: Fr::from(3).into() };

    fn judge(standing: RootStanding, launched_at: u64, now: u64) -> Result<(), AdmissionFault> {
        let source = FixedRoots::new().current(&ROOTS()).with(ROOTS().install, standing);
        check(&source, &ROOTS(), Moment { launched_at, now, grace: 100, margin: 10 })
    }

    #[test]
    fn a_launch_lies_in_the_life_of_its_roots_give_or_take_the_margin() {
        let past = RootStanding::Superseded { since: 1_000, at: 2_000 };
        assert!(judge(RootStanding::Current { since: 1_000 }, 990, 3_000).is_ok());
        assert!(judge(past, 990, 2_100).is_ok() && judge(past, 2_010, 2_100).is_ok());
        for standing in [past, RootStanding::Current { since: 1_000 }] {
            let fault = judge(standing, 989, 2_000).unwrap_err();
            assert!(matches!(
                fault,
                AdmissionFault::LaunchedBeforeRoot { tree: "install", since: 1_000, .. }
            ));
        }
        let fault = judge(past, 2_011, 2_050).unwrap_err();
        assert!(matches!(fault, AdmissionFault::LaunchedAfterRoot { tree: "install", at: 2_000, .. }));
        let fault = judge(past, 1_500, 2_101).unwrap_err();
        assert!(matches!(fault, AdmissionFault::StaleRoot { valid_until: 2_100, now: 2_101, .. }));
    }

    #[test]
    fn unknown_and_revoked_roots_are_different_faults() {
        let fault = judge(RootStanding::Unknown, 0, 0).unwrap_err();
        assert!(matches!(fault, AdmissionFault::UnknownRoot { tree: "install", .. }));
        let fault = judge(RootStanding::Revoked, 0, 0).unwrap_err();
        assert!(matches!(fault, AdmissionFault::RevokedRoot { tree: "install", .. }));
    }
}
