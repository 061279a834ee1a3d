//! [`ChainSource`] over JSON-RPC.

use std::collections::HashMap;

use alloy::eips::BlockNumberOrTag;
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::{SolEvent, SolEventInterface};
use alloy_primitives::{B256, U256};
use async_trait::async_trait;
use nonos_api::types::BatchStatus;
use nonos_contracts::Deployment;
use nonos_contracts::abi::anchor::ReceiptAnchor::{self, ReceiptAnchorEvents};
use nonos_contracts::abi::trust::TrustScores;
use nonos_contracts::abi::{CapsuleRegistry, OperatorRegistry};
use nonos_contracts::batch::{BatchState, batch_of};
use nonos_core::BatchId;
use nonos_core::batch::BatchRef;

use super::facts::{Dated, Fact};
use super::source::{BatchStanding, ChainFault, ChainSource, Head};

/// Blocks per request: below the cap of every large provider.
const PAGE: u64 = 2_000;
/// Smallest page before an error is taken for something else than a range limit.
const MIN_PAGE: u64 = 1;

/// A deployment as seen through a provider.
pub struct RpcSource {
    provider: DynProvider,
    deployment: Deployment,
}

fn unreachable(what: impl Into<String>, error: impl std::fmt::Display) -> ChainFault {
    ChainFault::Unreachable { what: what.into(), reason: error.to_string() }
}

impl RpcSource {
    /// The contracts of `deployment`.
    pub fn new(provider: DynProvider, deployment: Deployment) -> Self {
        Self { provider, deployment }
    }

    /// The provider, for what the watcher does not keep.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    fn filter(&self) -> Filter {
        let a = &self.deployment.addresses;
        let contracts = vec![a.operator_registry, a.capsule_registry, a.receipt_anchor, a.trust_scores];
        Filter::new().address(contracts).event_signature(vec![
            OperatorRegistry::LeafSet::SIGNATURE_HASH,
            CapsuleRegistry::InstallAdmitted::SIGNATURE_HASH,
            CapsuleRegistry::CatalogAdvanced::SIGNATURE_HASH,
            ReceiptAnchor::BatchAnchored::SIGNATURE_HASH,
            ReceiptAnchor::BatchLeaves::SIGNATURE_HASH,
            ReceiptAnchor::RevealDemanded::SIGNATURE_HASH,
            ReceiptAnchor::BatchFallen::SIGNATURE_HASH,
            TrustScores::FactRecorded::SIGNATURE_HASH,
        ])
    }

    /// All logs of the range, in pages that are halved when refused, and checked to lie where they were asked for.
    async fn logs(&self, from: u64, to: u64) -> Result<Vec<Log>, ChainFault> {
        let filter = self.filter();
        let (mut logs, mut next, mut page) = (Vec::new(), from, PAGE);
        while next <= to {
            let last = next.saturating_add(page - 1).min(to);
            let range = filter
                .clone()
                .from_block(BlockNumberOrTag::Number(next))
                .to_block(BlockNumberOrTag::Number(last));
            match self.provider.get_logs(&range).await {
                Ok(found) => {
                    if let Some(stray) = found.iter().find(|log| {
                        log.removed || log.block_number.is_none_or(|n| !(next..=last).contains(&n))
                    }) {
                        let at = stray.block_number;
                        return Err(ChainFault::Nonsense(format!(
                            "asked for the events of blocks {next}..={last}, it gave one of block {at:?}"
                        )));
                    }
                    logs.extend(found);
                    next = last + 1;
                    // A limit may have been one on results; wide pages are worth another try.
                    page = page.saturating_mul(2).min(PAGE);
                }
                Err(error) if page > MIN_PAGE && error.is_error_resp() => page /= 2,
                Err(error) => {
                    return Err(unreachable(format!("reading events of blocks {next}..={last}"), error));
                }
            }
        }
        logs.sort_by_key(|log| (log.block_number, log.log_index));
        Ok(logs)
    }

    fn fact(&self, log: &Log) -> Option<Fact> {
        let a = &self.deployment.addresses;
        let (address, log) = (log.address(), &log.inner);
        if address == a.operator_registry {
            let event = OperatorRegistry::LeafSet::decode_log(log).ok()?;
            return Some(Fact::OperatorRoot(event.root));
        }
        if address == a.capsule_registry {
            if let Ok(event) = CapsuleRegistry::InstallAdmitted::decode_log(log) {
                return Some(Fact::InstallRoot(event.root));
            }
            let event = CapsuleRegistry::CatalogAdvanced::decode_log(log).ok()?;
            return Some(Fact::CatalogRoot { publisher: event.publisher, root: event.root });
        }
        if address == a.receipt_anchor {
            return match ReceiptAnchorEvents::decode_log(log).ok()?.data {
                ReceiptAnchorEvents::BatchAnchored(event) => {
                    let batch = BatchRef {
                        relayer: event.relayer,
                        root: event.root,
                        size: event.size,
                        dataCommitment: event.dataCommitment,
                    };
                    Some(Fact::Anchored { batch, final_at: event.finalAt })
                }
                ReceiptAnchorEvents::BatchLeaves(event) => Some(Fact::Leaves {
                    batch: BatchId(event.batchId),
                    leaves: event.leaves.chunks_exact(32).map(B256::from_slice).collect(),
                }),
                ReceiptAnchorEvents::RevealDemanded(event) => {
                    Some(Fact::Moved { batch: BatchId(event.batchId), final_at: event.finalAt })
                }
                ReceiptAnchorEvents::BatchFallen(event) => Some(Fact::Fallen(BatchId(event.batchId))),
                _ => None,
            };
        }
        if address == a.trust_scores {
            return TrustScores::FactRecorded::decode_log(log)
                .ok()
                .map(|event| Fact::Settled(event.operator));
        }
        None
    }

    async fn by_tag(&self, tag: BlockNumberOrTag) -> Result<Option<Head>, ChainFault> {
        let block = self.provider.get_block_by_number(tag).await;
        let block = block.map_err(|error| unreachable(format!("reading block {tag}"), error))?;
        Ok(block.map(|block| Head {
            number: block.header.number,
            hash: block.header.hash,
            time: block.header.timestamp,
        }))
    }
}

#[async_trait]
impl ChainSource for RpcSource {
    async fn head(&self) -> Result<Head, ChainFault> {
        let head = self.by_tag(BlockNumberOrTag::Latest).await?;
        head.ok_or_else(|| ChainFault::Nonsense("there is no latest block".to_owned()))
    }

    async fn block(&self, number: u64) -> Result<Option<Head>, ChainFault> {
        let head = self.by_tag(BlockNumberOrTag::Number(number)).await?;
        match head {
            Some(head) if head.number != number => {
                Err(ChainFault::Nonsense(format!("asked for block {number}, it gave block {}", head.number)))
            }
            head => Ok(head),
        }
    }

    async fn facts(&self, from: u64, to: u64) -> Result<Vec<Dated>, ChainFault> {
        let mut times: HashMap<u64, u64> = HashMap::new();
        let mut facts = Vec::new();
        for log in self.logs(from, to).await? {
            let Some(fact) = self.fact(&log) else { continue };
            let block = log.block_number.unwrap_or_default();
            let time = match log.block_timestamp.or_else(|| times.get(&block).copied()) {
                Some(time) => time,
                None => {
                    let head = self.block(block).await?;
                    let head =
                        head.ok_or_else(|| ChainFault::Nonsense(format!("no block {block} for its event")))?;
                    times.insert(block, head.time);
                    head.time
                }
            };
            facts.push(Dated { block, time, fact });
        }
        Ok(facts)
    }

    async fn roots(&self, block: u64) -> Result<[U256; 2], ChainFault> {
        let at = BlockNumberOrTag::Number(block).into();
        let failed = |error| unreachable(format!("reading the roots at block {block}"), error);
        let operators = OperatorRegistry::new(self.deployment.addresses.operator_registry, &self.provider);
        let capsules = CapsuleRegistry::new(self.deployment.addresses.capsule_registry, &self.provider);
        Ok([
            operators.root().block(at).call().await.map_err(failed)?,
            capsules.installRoot().block(at).call().await.map_err(failed)?,
        ])
    }

    async fn batch(&self, id: &BatchId) -> Result<Option<BatchStanding>, ChainFault> {
        let found = batch_of(&self.provider, &self.deployment, *id).await;
        let found = found.map_err(|error| unreachable(format!("reading batch {id}"), error))?;
        Ok(found.and_then(|batch| {
            let status = match batch.state {
                BatchState::Unknown => return None,
                BatchState::Pending => BatchStatus::Pending,
                BatchState::Final => BatchStatus::Final,
                BatchState::Frozen => BatchStatus::Frozen,
                BatchState::Fallen => BatchStatus::Fallen,
            };
            Some(BatchStanding { status, anchored_at: batch.anchored_at, final_at: batch.final_at })
        }))
    }

    async fn scores(&self, operators: &[B256]) -> Result<Vec<u16>, ChainFault> {
        let contract = TrustScores::new(self.deployment.addresses.trust_scores, &self.provider);
        let mut scores = Vec::with_capacity(operators.len());
        for operator in operators {
            let score = contract.scoreOf(*operator).call().await;
            scores
                .push(score.map_err(|error| unreachable(format!("reading the score of {operator}"), error))?);
        }
        Ok(scores)
    }
}
