//! Whether a root is valid now, by the anchor's rule.

use alloy::providers::Provider;
use alloy_primitives::U256;

use crate::{
    abi::{CapsuleRegistry, OperatorRegistry, ReceiptAnchor},
    anchor::latest_header,
    deployment::Deployment,
    error::ChainError,
    tree::TreeId,
};

/// Life of a root, in unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootStatus {
    /// Never a root of this tree.
    Unknown,
    /// The current root.
    Current {
        /// Since when.
        inserted_at: u64,
    },
    /// Superseded, still valid.
    Superseded {
        /// Since when it was the current root.
        inserted_at: u64,
        /// When it ceased to be.
        superseded_at: u64,
        /// Last second of its validity.
        valid_until: u64,
    },
    /// Superseded too long ago.
    Stale {
        /// Since when it was the current root.
        inserted_at: u64,
        /// When it ceased to be.
        superseded_at: u64,
        /// Last second of its validity.
        valid_until: u64,
    },
}

/// Why the anchor does not take a launch under a root. Times in unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootFault {
    /// `RootUnknown`.
    #[error("never a root of this tree: made for another chain or registry, or not mined yet")]
    Unknown,
    /// `RootStale`.
    #[error("superseded at {superseded_at}, served until {valid_until}; launch again with the current roots")]
    Stale {
        /// When it ceased to be the current root.
        superseded_at: u64,
        /// Last second of its validity.
        valid_until: u64,
    },
    /// `LaunchedAfterRoot`.
    #[error(
        "superseded at {superseded_at}, before the launch at {launched_at}; launch again with the current roots"
    )]
    LaunchedAfter {
        /// The launch.
        launched_at: u64,
        /// When the root ceased to be the current one.
        superseded_at: u64,
    },
    /// `LaunchedBeforeRoot`.
    #[error("a root since {inserted_at}, after the launch at {launched_at}; check the operator's clock")]
    LaunchedBefore {
        /// The launch.
        launched_at: u64,
        /// Since when the root exists.
        inserted_at: u64,
    },
}

impl RootStatus {
    /// Whether the anchor accepts receipts under this root now; for a given launch, ask [`admits`](Self::admits).
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Current { .. } | Self::Superseded { .. })
    }

    /// The anchor's rule for now: current, or `now <= superseded_at + validity`.
    pub const fn judge(inserted_at: u64, superseded_at: u64, validity: u64, now: u64) -> Self {
        let valid_until = superseded_at.saturating_add(validity);
        match (inserted_at, superseded_at) {
            (0, _) => Self::Unknown,
            (_, 0) => Self::Current { inserted_at },
            _ if now <= valid_until => Self::Superseded { inserted_at, superseded_at, valid_until },
            _ => Self::Stale { inserted_at, superseded_at, valid_until },
        }
    }

    /// The anchor's whole rule for a launch, in its order: the root exists, `launched_at + margin >= inserted_at`, it is
    /// valid now, `launched_at <= superseded_at + margin`. The margin is the anchor's `inclusionMargin`.
    pub const fn admits(&self, launched_at: u64, margin: u64) -> Result<(), RootFault> {
        let (inserted_at, superseded) = match *self {
            Self::Unknown => return Err(RootFault::Unknown),
            Self::Current { inserted_at } => (inserted_at, None),
            Self::Superseded { inserted_at, superseded_at, .. }
            | Self::Stale { inserted_at, superseded_at, .. } => (inserted_at, Some(superseded_at)),
        };
        if launched_at.saturating_add(margin) < inserted_at {
            return Err(RootFault::LaunchedBefore { launched_at, inserted_at });
        }
        if let Self::Stale { superseded_at, valid_until, .. } = *self {
            return Err(RootFault::Stale { superseded_at, valid_until });
        }
        match superseded {
            Some(superseded_at) if launched_at > superseded_at.saturating_add(margin) => {
                Err(RootFault::LaunchedAfter { launched_at, superseded_at })
            }
            _ => Ok(()),
        }
    }
}

/// Status of `root` of the tree `id` at the latest block.
pub async fn root_status(
    provider: &impl Provider,
    deployment: &Deployment,
    id: TreeId,
    root: U256,
) -> Result<RootStatus, ChainError> {
    let failed = |error| ChainError::call("reading the life of a root", error);
    let (inserted, superseded) = match id {
        TreeId::Operators { registry } => {
            let info =
                OperatorRegistry::new(registry, provider).rootInfo(root).call().await.map_err(failed)?;
            (info.insertedAt, info.supersededAt)
        }
        TreeId::Installs { registry } => {
            let info = CapsuleRegistry::new(registry, provider)
                .installRootInfo(root)
                .call()
                .await
                .map_err(failed)?;
            (info.insertedAt, info.supersededAt)
        }
        TreeId::Catalog { registry, publisher } => {
            let info = CapsuleRegistry::new(registry, provider)
                .catalogRootInfo(publisher, root)
                .call()
                .await
                .map_err(failed)?;
            (info.insertedAt, info.supersededAt)
        }
    };
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, provider);
    let validity = anchor.rootValidity().call().await.map_err(failed)?;
    let now = latest_header(provider).await?.timestamp;
    Ok(RootStatus::judge(inserted, superseded, validity, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_ends_after_its_last_second() {
        assert_eq!(RootStatus::judge(0, 0, 10, 5), RootStatus::Unknown);
        assert_eq!(RootStatus::judge(3, 0, 10, 5000), RootStatus::Current { inserted_at: 3 });
        let (inserted_at, superseded_at, valid_until) = (3, 20, 30);
        let superseded = RootStatus::Superseded { inserted_at, superseded_at, valid_until };
        assert_eq!(RootStatus::judge(3, 20, 10, 30), superseded);
        let stale = RootStatus::Stale { inserted_at, superseded_at, valid_until };
        assert_eq!(RootStatus::judge(3, 20, 10, 31), stale);
        assert!(superseded.is_valid());
        assert!(!stale.is_valid());
    }

    /// The same bounds as `test_a_launch_after_the_root_was_superseded_is_refused` and its sibling in forge.
    #[test]
    fn a_launch_falls_into_the_life_of_its_root_give_or_take_the_margin() {
        const MARGIN: u64 = 5;
        assert_eq!(RootStatus::Unknown.admits(9, MARGIN), Err(RootFault::Unknown));
        let current = RootStatus::judge(100, 0, 50, 500);
        assert_eq!(current.admits(95, MARGIN), Ok(()));
        assert_eq!(current.admits(u64::MAX, MARGIN), Ok(()));
        let (inserted_at, superseded_at, valid_until) = (100, 200, 250);
        let before = Err(RootFault::LaunchedBefore { launched_at: 94, inserted_at });
        assert_eq!(current.admits(94, MARGIN), before);
        let superseded = RootStatus::judge(100, 200, 50, 250);
        assert_eq!(superseded.admits(94, MARGIN), before);
        assert_eq!(superseded.admits(205, MARGIN), Ok(()));
        let after = Err(RootFault::LaunchedAfter { launched_at: 206, superseded_at });
        assert_eq!(superseded.admits(206, MARGIN), after);
        let stale = RootStatus::judge(100, 200, 50, 251);
        assert_eq!(stale.admits(150, MARGIN), Err(RootFault::Stale { superseded_at, valid_until }));
        assert_eq!(stale.admits(94, MARGIN), before);
    }
}
