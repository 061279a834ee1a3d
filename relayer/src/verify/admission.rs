//! The real [`Admission`]: the anchor's rules for roots and times, asked of the chain through a cache of one head.
//!
//! The catalog's root is not asked for: its publisher is no part of a header, so the contract cannot hold it against a
//! leaf either; the node judges it before it serves a receipt.

use std::collections::HashMap;

use alloy::providers::{DynProvider, Provider};
use alloy_primitives::{Address, B256, U256};
use async_trait::async_trait;
use nonos_contracts::abi::{CapsuleRegistry, OperatorRegistry, ReceiptAnchor};
use nonos_contracts::roots::{RootFault, RootStatus};
use nonos_contracts::{ChainError, Deployment};
use nonos_core::receipt::{Receipt, ReceiptHeader};
use tokio::sync::Mutex;

use super::error::{NotAdmitted, Pending, Refusal};
use super::types::Admission;
use crate::chain::Chain;

/// The anchor's time bounds, seconds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Oldest launch that counts.
    pub max_receipt_age: u64,
    /// Life of a superseded root.
    pub root_validity: u64,
}

impl Bounds {
    /// Reads them from an anchor, whose they are for ever.
    pub async fn read(provider: &DynProvider, anchor: Address) -> Result<Self, ChainError> {
        let failed = |error| ChainError::call("reading the time bounds", error);
        let anchor = ReceiptAnchor::new(anchor, provider);
        let max_receipt_age = anchor.times().call().await.map_err(failed)?.maxReceiptAge;
        let root_validity = anchor.rootValidity().call().await.map_err(failed)?;
        Ok(Self { max_receipt_age, root_validity })
    }

    const fn margin(&self) -> u64 {
        self.root_validity.saturating_sub(self.max_receipt_age)
    }
}

/// Asks the registries of a deployment.
pub struct ChainAdmission {
    chain: Chain,
    deployment: Deployment,
    bounds: Bounds,
    known: Mutex<Known>,
}

/// Answers at one head; another head starts afresh.
#[derive(Default)]
struct Known {
    head: B256,
    now: u64,
    roots: HashMap<(&'static str, U256), (u64, u64)>,
    blocks: HashMap<u64, Option<(B256, u64)>>,
}

impl ChainAdmission {
    /// For a deployment on the chain that `chain` reaches.
    pub fn new(chain: Chain, deployment: Deployment, bounds: Bounds) -> Self {
        Self { chain, deployment, bounds, known: Mutex::default() }
    }

    async fn root(
        &self,
        known: &mut Known,
        tree: &'static str,
        root: U256,
        header: &ReceiptHeader,
    ) -> Result<(), NotAdmitted> {
        let life = match known.roots.get(&(tree, root)) {
            Some(life) => *life,
            None => {
                let life = self.life(known.head, tree, root).await?;
                known.roots.insert((tree, root), life);
                life
            }
        };
        let status = RootStatus::judge(life.0, life.1, self.bounds.root_validity, known.now);
        match status.admits(header.launchedAt, self.bounds.margin()) {
            Ok(()) => Ok(()),
            Err(RootFault::Unknown) => {
                let root = B256::from(root);
                Err(Pending::NotYet(format!("{tree} root {root} is not on chain")).into())
            }
            Err(fault) => Err(Refusal::Root { tree, root: root.into(), fault }.into()),
        }
    }

    async fn life(&self, head: B256, tree: &'static str, root: U256) -> Result<(u64, u64), Pending> {
        let addresses = &self.deployment.addresses;
        let provider: &DynProvider = self.chain.provider();
        let life = async {
            let block = head.into();
            if tree == "operators" {
                let registry = OperatorRegistry::new(addresses.operator_registry, provider);
                let info = registry.rootInfo(root).block(block).call().await?;
                Ok::<_, alloy::contract::Error>((info.insertedAt, info.supersededAt))
            } else {
                let registry = CapsuleRegistry::new(addresses.capsule_registry, provider);
                let info = registry.installRootInfo(root).block(block).call().await?;
                Ok((info.insertedAt, info.supersededAt))
            }
        };
        let life = self.chain.within(life).await.map_err(|error| Pending::Unavailable(error.to_string()))?;
        life.map_err(|error| Pending::Unavailable(error.to_string()))
    }

    async fn block(&self, known: &mut Known, header: &ReceiptHeader) -> Result<(), NotAdmitted> {
        let number = header.notBeforeBlock;
        let block = match known.blocks.get(&number) {
            Some(block) => *block,
            None => {
                let read = self.chain.within(self.chain.provider().get_block_by_number(number.into())).await;
                let block = match read.map_err(|error| Pending::Unavailable(error.to_string()))? {
                    Ok(block) => block.map(|block| (block.header.hash, block.header.timestamp)),
                    Err(error) => return Err(Pending::Unavailable(error.to_string()).into()),
                };
                known.blocks.insert(number, block);
                block
            }
        };
        let found = header.notBeforeHash;
        match block {
            None => Err(Pending::NotYet(format!("block {number} is not on chain")).into()),
            // A reorganisation may be under way: the receipt's block can come back.
            Some((actual, _)) if actual != found => {
                Err(Pending::NotYet(Refusal::OtherBlock { number, found, actual }.to_string()).into())
            }
            Some((_, block_time)) if header.launchedAt < block_time => {
                Err(Refusal::BeforeBlock { launched_at: header.launchedAt, block_time }.into())
            }
            Some(_) => Ok(()),
        }
    }
}

#[async_trait]
impl Admission for ChainAdmission {
    async fn admit(&self, receipt: &Receipt) -> Result<(), NotAdmitted> {
        let head = self.chain.head().await.map_err(|error| Pending::Unavailable(error.to_string()))?;
        let mut known = self.known.lock().await;
        if known.head != head.hash {
            *known = Known { head: head.hash, now: head.time, ..Known::default() };
        }
        let header = &receipt.header;
        let (launched_at, now, max_age) = (header.launchedAt, head.time, self.bounds.max_receipt_age);
        if launched_at > now {
            return Err(Pending::NotYet(format!("launched at {launched_at}, it is {now} on chain")).into());
        }
        if now - launched_at > max_age {
            return Err(Refusal::TooOld { launched_at, max_age, now }.into());
        }
        self.block(&mut known, header).await?;
        self.root(&mut known, "operators", header.operatorRoot, header).await?;
        self.root(&mut known, "installs", header.installRoot, header).await
    }
}
