//! What the operator registry says of an operator, and the calls that only need a place in its tree.

use super::{Chain, Sent};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolEvent, SolEventInterface};
use alloy_primitives::{Address, B256, U256};
use eyre::{Result, ensure, eyre};
use nonos_contracts::abi::OperatorRegistry;
use nonos_contracts::abi::operators::OperatorRegistry::{OperatorRegistryEvents, OperatorRegistryInstance};
use nonos_contracts::tree::{TreeFollower, TreeId};
use nonos_contracts::{ChainError, Deployment};
use nonos_core::field::{fr_from_u256, fr_to_u256};
use nonos_core::lean_imt::LeanImt;

/// Seconds that a transaction may take to be mined: an enrolment must still last long enough then.
const INCLUSION: u64 = 600;
const DAY: u64 = 24 * 3600;

/// How long an enrolment may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The newest block's time, Unix seconds.
    pub now: u64,
    /// Shortest time, in seconds.
    pub shortest: u64,
    /// Longest time, in seconds.
    pub longest: u64,
}

impl Bounds {
    /// The end of an enrolment for `days`, or of the longest there is.
    pub fn until(&self, days: Option<u64>) -> Result<u64> {
        let seconds = days.map_or(Some(self.longest), |days| days.checked_mul(DAY));
        let until = seconds.and_then(|seconds| self.now.checked_add(seconds));
        let until = until.ok_or_else(|| eyre!("an enrolment that long has no end"))?;
        self.check(until)?;
        Ok(until)
    }

    /// An error if the registry would refuse this end, or will before the transaction is mined.
    pub fn check(&self, until: u64) -> Result<()> {
        let (earliest, latest) = (self.now + self.shortest + INCLUSION, self.now + self.longest);
        ensure!(
            until >= earliest,
            "the enrolment would end at {until}, and has to last {} days from when it is mined: it is {} now",
            days(self.shortest),
            self.now
        );
        ensure!(
            until <= latest,
            "the enrolment would end at {until}, and may last at most {} days from now, {}",
            days(self.longest),
            self.now
        );
        Ok(())
    }
}

fn days(seconds: u64) -> String {
    match seconds % DAY {
        0 => (seconds / DAY).to_string(),
        _ => format!("{:.3}", seconds as f64 / DAY as f64),
    }
}

/// An operator as the registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFacts {
    /// Account that acts for it; zero if it was never enrolled.
    pub controller: Address,
    /// Unix seconds after which anyone may remove the leaf.
    pub valid_until: u64,
    /// Number of the latest enrolment; 0 if there was none.
    pub seq: u32,
    /// Leaf in the tree; 0 if there is none.
    pub leaf: U256,
    /// The leaf that it enrolled last, whether or not it is still there.
    pub latest_leaf: U256,
    /// Locks of the market that have not ended.
    pub open_locks: u64,
    /// Unix seconds when one last ended; 0 before.
    pub last_lock_ended: u64,
    /// How long a new enrolment may last.
    pub bounds: Bounds,
}

impl OperatorFacts {
    /// Has it a leaf in the tree?
    pub fn is_enrolled(&self) -> bool {
        !self.leaf.is_zero()
    }
}

/// A deposit that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldDeposit {
    /// Number of the enrolment that ended.
    pub seq: u32,
    /// Whose it is.
    pub to: Address,
    /// Unix seconds from which it can be released, while no lock is open.
    pub available_at: u64,
    /// Wei.
    pub amount: U256,
}

impl Chain {
    fn operators<'a>(&'a self, deployment: &Deployment) -> OperatorRegistryInstance<&'a DynProvider> {
        OperatorRegistry::new(deployment.addresses.operator_registry, &self.provider)
    }

    /// What the registry knows of a root key.
    pub async fn operator(&self, deployment: &Deployment, root: B256) -> Result<OperatorFacts> {
        let registry = self.operators(deployment);
        let failed = |error| ChainError::call("reading the operator's enrolment", error);
        let entry = registry.operatorOf(root).call().await.map_err(failed)?;
        let latest_leaf = registry.latestLeafOf(root).call().await.map_err(failed)?;
        let liabilities = registry.liabilitiesOf(root).call().await.map_err(failed)?;
        let bounds = Bounds {
            now: nonos_contracts::anchor::latest_checkpoint(&self.provider).await?.timestamp,
            shortest: registry.minValidity().call().await.map_err(failed)?,
            longest: registry.maxValidity().call().await.map_err(failed)?,
        };
        Ok(OperatorFacts {
            controller: entry.controller,
            valid_until: entry.validUntil,
            seq: entry.seq,
            leaf: entry.leaf,
            latest_leaf,
            open_locks: liabilities.open,
            last_lock_ended: liabilities.endedAt,
            bounds,
        })
    }

    /// The deposit of one enrolment, in wei.
    pub async fn enrolment_deposit(&self, deployment: &Deployment) -> Result<U256> {
        let deposit = self.operators(deployment).deposit().call().await;
        Ok(deposit.map_err(|error| ChainError::call("reading the deposit of an enrolment", error))?)
    }

    /// Deposits of ended enrolments that were not released yet.
    pub async fn held_deposits(&self, deployment: &Deployment, root: B256) -> Result<Vec<HeldDeposit>> {
        const WHAT: &str = "reading the deposits that are held";
        let registry = self.operators(deployment);
        let ends = vec![OperatorRegistry::Exited::SIGNATURE_HASH, OperatorRegistry::Expired::SIGNATURE_HASH];
        let filter = Filter::new()
            .address(*registry.address())
            .event_signature(ends)
            .topic1(root)
            .from_block(deployment.first_block);
        let logs =
            self.provider.get_logs(&filter).await.map_err(|error| ChainError::transport(WHAT, error))?;
        let mut held = Vec::new();
        for log in &logs {
            let seq = match OperatorRegistryEvents::decode_log(&log.inner).map(|log| log.data) {
                Ok(OperatorRegistryEvents::Exited(event)) => event.seq,
                Ok(OperatorRegistryEvents::Expired(event)) => event.seq,
                _ => continue,
            };
            let release = registry.releaseOf(root, seq).call().await;
            let release = release.map_err(|error| ChainError::call(WHAT, error))?;
            if release.availableAt != 0 {
                held.push(HeldDeposit {
                    seq,
                    to: release.to,
                    available_at: release.availableAt,
                    amount: release.amount,
                });
            }
        }
        Ok(held)
    }

    /// What an account can withdraw from the registry, in wei.
    pub async fn registry_balance(&self, deployment: &Deployment, account: Address) -> Result<U256> {
        let balance = self.operators(deployment).balanceOf(account).call().await;
        Ok(balance
            .map_err(|error| ChainError::call("reading the balance in the operator registry", error))?)
    }

    /// The operator tree, rebuilt from events.
    pub async fn operator_tree(&self, deployment: &Deployment) -> Result<LeanImt> {
        let id = TreeId::Operators { registry: deployment.addresses.operator_registry };
        let mut follower = TreeFollower::new(id, deployment.first_block);
        follower.sync(&self.provider).await?;
        follower.tree().cloned().ok_or_else(|| eyre!("the operator tree was read, but it is not there"))
    }

    /// Merkle path of a leaf in the operator tree as it is now.
    pub async fn operator_path(&self, deployment: &Deployment, leaf: U256) -> Result<Vec<U256>> {
        let tree = self.operator_tree(deployment).await?;
        let index = tree.index_of(fr_from_u256(leaf)?);
        let index = index.ok_or_else(|| eyre!("leaf {leaf:#066x} is not in the operator tree any more"))?;
        Ok(tree.prove(index)?.siblings.iter().map(fr_to_u256).collect())
    }

    /// Removes one's own leaf.
    pub async fn exit(&self, deployment: &Deployment, root: B256, facts: &OperatorFacts) -> Result<Sent> {
        let path = self.operator_path(deployment, facts.leaf).await?;
        let call = self.operators(deployment).exit(root, path).into_transaction_request();
        self.send("leaving the operator tree", facts.controller, call).await
    }

    /// Removes an expired leaf, for the bounty.
    pub async fn expire(
        &self,
        deployment: &Deployment,
        root: B256,
        facts: &OperatorFacts,
        from: Address,
    ) -> Result<Sent> {
        let path = self.operator_path(deployment, facts.leaf).await?;
        let call = self.operators(deployment).expire(root, path).into_transaction_request();
        self.send("removing the expired leaf", from, call).await
    }

    /// Moves a held deposit to its owner's balance.
    pub async fn release_deposit(
        &self,
        deployment: &Deployment,
        root: B256,
        seq: u32,
        from: Address,
    ) -> Result<Sent> {
        let call = self.operators(deployment).releaseDeposit(root, seq).into_transaction_request();
        self.send("releasing the deposit", from, call).await
    }

    /// Pays the balance of `from` in the registry out to `to`.
    pub async fn withdraw_from_registry(
        &self,
        deployment: &Deployment,
        from: Address,
        to: Address,
    ) -> Result<Sent> {
        let call = self.operators(deployment).withdraw(to).into_transaction_request();
        self.send("withdrawing from the operator registry", from, call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_is_neither_too_short_nor_too_long_when_it_is_mined() {
        let bounds = Bounds { now: 1_000_000, shortest: DAY, longest: 365 * DAY };
        assert_eq!(bounds.until(None).unwrap(), 1_000_000 + 365 * DAY);
        assert_eq!(bounds.until(Some(30)).unwrap(), 1_000_000 + 30 * DAY);
        let error = |days| bounds.until(Some(days)).unwrap_err().to_string();
        assert!(error(1).contains("has to last 1 days from when it is mined"), "{}", error(1));
        assert!(error(366).contains("at most 365 days"));
        assert!(error(u64::MAX).contains("has no end"));
    }
}
