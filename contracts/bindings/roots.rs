//! Whether a root is valid now, by the anchor's rule.

use alloy::providers::Provider;
use alloy_primitives::U256;

use crate::{
    abi::{CapsuleRegistry, OperatorRegistry, ReceiptAnchor},
    anchor::latest_header,
    deploy::Deployment,
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
        /// When.
        superseded_at: u64,
        /// Last second of its validity.
        valid_until: u64,
    },
    /// Superseded too long ago.
    Stale {
        /// When.
        superseded_at: u64,
        /// Last second of its validity.
        valid_until: u64,
    },
}

impl RootStatus {
    /// Whether the anchor accepts receipts under this root now.
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Current { .. } | Self::Superseded { .. })
    }

    /// The anchor's rule: current, or `now <= superseded_at + validity`.
    pub const fn judge(inserted_at: u64, superseded_at: u64, validity: u64, now: u64) -> Self {
        let valid_until = superseded_at.saturating_add(validity);
        match (inserted_at, superseded_at) {
            (0, _) => Self::Unknown,
            (_, 0) => Self::Current { inserted_at },
            _ if now <= valid_until => Self::Superseded { superseded_at, valid_until },
            _ => Self::Stale { superseded_at, valid_until },
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
        let (superseded_at, valid_until) = (20, 30);
        assert_eq!(RootStatus::judge(3, 20, 10, 30), RootStatus::Superseded { superseded_at, valid_until });
        assert_eq!(RootStatus::judge(3, 20, 10, 31), RootStatus::Stale { superseded_at, valid_until });
        assert!(RootStatus::judge(3, 20, 10, 30).is_valid());
        assert!(!RootStatus::judge(3, 20, 10, 31).is_valid());
    }
}
