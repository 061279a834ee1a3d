//! What the verdicts of `nonos_node::verify` need from outside: a pinned key, and the chain's word on three roots.

use crate::chain::Chain;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use alloy_primitives::{B256, U256};
use eyre::{Result, WrapErr};
use nonos_circuits::backend::Verifier;
use nonos_contracts::abi::{CapsuleRegistry, ReceiptAnchor};
use nonos_contracts::anchor::checkpoint_at;
use nonos_contracts::roots::{RootStatus, root_status};
use nonos_contracts::tree::TreeId;
use nonos_contracts::{ChainError, Deployment};
use nonos_core::receipt::{Receipt, ReceiptHeader};
use nonos_node::verify::{FixedRoots, ReceiptVerifier, RootStanding, Window};
use std::time::{SystemTime, UNIX_EPOCH};

/// The verifier of receipts for the deployment that `receipt` names. Whoever chose `verifier` pins it.
pub fn verifier_for(verifier: &Verifier, receipt: &Receipt, window: Window) -> Result<ReceiptVerifier> {
    Ok(ReceiptVerifier::new(verifier.clone(), verifier.key(), receipt.chainId, receipt.anchor, window)?)
}

/// The anchor's time bounds.
pub async fn window(chain: &Chain, deployment: &Deployment) -> Result<Window> {
    let anchor = ReceiptAnchor::new(deployment.addresses.receipt_anchor, &chain.provider);
    let times =
        anchor.times().call().await.map_err(|error| ChainError::call("reading the time bounds", error))?;
    Ok(Window { max_age: times.maxReceiptAge, inclusion_margin: times.inclusionMargin, ..Window::default() })
}

/// The chain's word on the roots and the block that a header names.
pub async fn roots(header: &ReceiptHeader, chain: &Chain, deployment: &Deployment) -> Result<FixedRoots> {
    let registry = deployment.addresses.capsule_registry;
    let operators = TreeId::Operators { registry: deployment.addresses.operator_registry };
    let mut trees =
        vec![(operators, header.operatorRoot), (TreeId::Installs { registry }, header.installRoot)];
    if let Some(publisher) = publisher_of(chain, deployment, header.catalogRoot).await? {
        trees.push((TreeId::Catalog { registry, publisher }, header.catalogRoot));
    }
    let mut roots = FixedRoots::new();
    for (id, root) in trees {
        let standing = match root_status(&chain.provider, deployment, id, root).await? {
            RootStatus::Unknown => RootStanding::Unknown,
            RootStatus::Current { inserted_at } => RootStanding::Current { since: inserted_at },
            RootStatus::Superseded { inserted_at, superseded_at, .. }
            | RootStatus::Stale { inserted_at, superseded_at, .. } => {
                RootStanding::Superseded { since: inserted_at, at: superseded_at }
            }
        };
        roots = roots.with(root, standing);
    }
    match checkpoint_at(&chain.provider, header.notBeforeBlock).await {
        Ok(block) => Ok(roots.with_block(block.number, block.hash, block.timestamp)),
        Err(ChainError::NoBlock(_)) => Ok(roots),
        Err(error) => Err(error.into()),
    }
}

/// Now, in Unix seconds; the chain's time where that is ahead, as a development chain's can be.
pub async fn now(chain: Option<&Chain>) -> Result<u64> {
    let clock = clock()?;
    Ok(match chain {
        None => clock,
        Some(chain) => {
            let head = nonos_contracts::anchor::latest_checkpoint(&chain.provider).await?;
            clock.max(head.timestamp)
        }
    })
}

/// The system's clock, Unix seconds.
pub fn clock() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.wrap_err("the system clock is before 1970")?.as_secs())
}

/// The publisher whose catalog had this root, if any had.
async fn publisher_of(chain: &Chain, deployment: &Deployment, root: U256) -> Result<Option<B256>> {
    let filter = Filter::new()
        .address(deployment.addresses.capsule_registry)
        .event_signature(CapsuleRegistry::CatalogAdvanced::SIGNATURE_HASH)
        .topic2(root)
        .from_block(deployment.first_block);
    let logs = chain.provider.get_logs(&filter).await;
    let logs = logs.map_err(|error| ChainError::transport("looking for the catalog", error))?;
    Ok(logs.first().and_then(|log| log.topics().get(1).copied()))
}
