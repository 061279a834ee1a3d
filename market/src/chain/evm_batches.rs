//! The challenger's trait on the real anchor.

use crate::chain::EvmChain;
use crate::chain::{AnchoredBatch, BatchStanding, Batches, Demand, LeafProof, Mined, Revealed};
use crate::error::SendError;
use alloy::consensus::Transaction;
use alloy::providers::Provider;
use alloy::rpc::types::Log;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use async_trait::async_trait;
use nonos_contracts::ChainError;
use nonos_contracts::abi::{ProofMarket, ReceiptAnchor};
use nonos_contracts::challenge::commitment;
use nonos_core::batch::BatchRef;
use nonos_core::receipt::ReceiptHeader;

#[async_trait]
impl Batches for EvmChain {
    fn account(&self) -> Address {
        self.sender().account()
    }

    async fn anchored(&self, from: u64, to: u64) -> Result<Vec<AnchoredBatch>, ChainError> {
        let filter = self.anchor_filter().event_signature(ReceiptAnchor::BatchAnchored::SIGNATURE_HASH);
        let logs = self.logs("reading batches", filter, from, to).await?;
        Ok(logs.iter().filter_map(anchored).collect())
    }

    async fn revealed(&self, from: u64, to: u64) -> Result<Vec<Revealed>, ChainError> {
        let filter = self.anchor_filter().event_signature(ReceiptAnchor::LeafRevealed::SIGNATURE_HASH);
        let logs = self.logs("reading revealed leaves", filter, from, to).await?;
        let leaf = |log: &Log| {
            let event = ReceiptAnchor::LeafRevealed::decode_log_validate(&log.inner).ok()?.data;
            let header = (&event.header).into();
            Some(Revealed { batch: event.batchId, index: event.index, header, proof: event.proof })
        };
        let mut found: Vec<Revealed> = logs.iter().filter_map(leaf).collect();
        found.extend(self.claimed(from, to).await?);
        Ok(found)
    }

    async fn standing(&self, batch: B256) -> Result<BatchStanding, ChainError> {
        let batch = self.anchor().batchOf(batch).call().await;
        let batch = batch.map_err(|error| ChainError::call("reading a batch", error))?;
        Ok(match batch.state {
            1 => BatchStanding::Pending { final_at: batch.finalAt, demandable_until: batch.demandableUntil },
            2 => BatchStanding::Final,
            3 => BatchStanding::Frozen,
            4 => BatchStanding::Fallen,
            _ => BatchStanding::Unknown,
        })
    }

    async fn published_leaves(&self, batch: &AnchoredBatch) -> Result<Option<Vec<B256>>, ChainError> {
        let filter =
            self.anchor_filter().event_signature(ReceiptAnchor::BatchLeaves::SIGNATURE_HASH).topic1(batch.id);
        let logs = self.logs("reading the leaves of a batch", filter, batch.block, batch.block).await?;
        let leaves = logs.iter().find_map(|log| {
            let event = ReceiptAnchor::BatchLeaves::decode_log_validate(&log.inner).ok()?.data;
            Some(event.leaves.chunks_exact(32).map(B256::from_slice).collect())
        });
        Ok(leaves)
    }

    fn leaf_of(&self, header: &ReceiptHeader, proof: &[u8]) -> B256 {
        self.digest_leaf(header, proof)
    }

    async fn proof_holds(&self, header: &ReceiptHeader, proof: &Bytes) -> Result<bool, ChainError> {
        if header.validate().is_err() {
            // Not canonical: no proof can hold under it, and the anchor voids it for that alone.
            return Ok(false);
        }
        match self.anchor().isProofValid(header.into(), proof.clone()).call().await {
            Ok(valid) => Ok(valid),
            Err(error) => match ChainError::call("asking the chain about a proof", error) {
                // Never in use: no launch circuit stands behind it. Removed or stopped says nothing about the proof.
                ChainError::Reverted { reason, .. } if reason.starts_with("KeyUnset(") => Ok(false),
                error => Err(error),
            },
        }
    }

    async fn commit(&self, batch: B256, index: u32, salt: B256) -> Result<Mined, SendError> {
        let commitment = commitment(self.sender().account(), batch.into(), index, salt);
        let call = self.anchor().commitChallenge(commitment).into_transaction_request();
        self.sender().send("committing to a challenge", call).await
    }

    async fn committed_in(&self, batch: B256, index: u32, salt: B256) -> Result<Option<u64>, ChainError> {
        let commitment = commitment(self.sender().account(), batch.into(), index, salt);
        let block = self.anchor().committedIn(commitment).call().await;
        let block = block.map_err(|error| ChainError::call("reading a commitment", error))?;
        Ok(u64::try_from(block).ok().filter(|block| *block != 0))
    }

    async fn challenge(&self, leaf: &LeafProof, salt: B256) -> Result<Mined, SendError> {
        let LeafProof { batch, index, path, header, proof } = leaf;
        let anchor = self.anchor();
        let call =
            anchor.challengeLeaf(batch.into(), *index, path.clone(), header.into(), proof.clone(), salt);
        self.sender().send("challenging a leaf", call.into_transaction_request()).await
    }

    async fn demand_bond(&self) -> Result<U256, ChainError> {
        nonos_contracts::challenge::demand_bond(self.provider(), self.deployment()).await
    }

    async fn demand(&self, batch: &BatchRef, index: u32, bond: U256) -> Result<Mined, SendError> {
        let call = self.anchor().demandReveal(batch.into(), index).value(bond).into_transaction_request();
        self.sender().send("demanding to see a leaf", call).await
    }

    async fn demand_of(&self, batch: B256, index: u32) -> Result<Demand, ChainError> {
        let demand = self.anchor().demandOf(batch, index).call().await;
        let demand = demand.map_err(|error| ChainError::call("reading a demand", error))?;
        Ok(match demand.state {
            1 => Demand::Open { by: demand.demander, deadline: demand.deadline },
            2 => Demand::Answered,
            3 => Demand::Closed,
            _ => Demand::None,
        })
    }

    async fn close_demand(&self, batch: &BatchRef, index: u32) -> Result<Mined, SendError> {
        let call = self.anchor().closeDemand(batch.into(), index).into_transaction_request();
        self.sender().send("closing a demand", call).await
    }
}

/// The batch that an event tells of.
pub(super) fn anchored(log: &Log) -> Option<AnchoredBatch> {
    let event = ReceiptAnchor::BatchAnchored::decode_log_validate(&log.inner).ok()?.data;
    let batch = BatchRef {
        relayer: event.relayer,
        root: event.root,
        size: event.size,
        dataCommitment: event.dataCommitment,
    };
    Some(AnchoredBatch { id: event.batchId, batch, final_at: event.finalAt, block: log.block_number? })
}

impl EvmChain {
    /// Leaves that were claimed with: their proofs stand in the calldata, where they matter most. A claim that came through
    /// another contract cannot be read this way and is left to demands.
    async fn claimed(&self, from: u64, to: u64) -> Result<Vec<Revealed>, ChainError> {
        let filter = self.market_filter().event_signature(ProofMarket::RequestClaimed::SIGNATURE_HASH);
        let logs = self.logs("reading claims", filter, from, to).await?;
        let mut found = Vec::new();
        for log in logs {
            let Ok(event) = ProofMarket::RequestClaimed::decode_log_validate(&log.inner) else { continue };
            let Some(hash) = log.transaction_hash else { continue };
            let transaction = self.provider().get_transaction_by_hash(hash).await;
            let transaction = transaction.map_err(|error| ChainError::transport("reading a claim", error))?;
            let Some(transaction) = transaction else { continue };
            // The contract reads more encodings than the canonical one: dirty or missing padding must not hide a proof.
            let Ok(call) = ProofMarket::claimCall::abi_decode(transaction.input()) else {
                tracing::warn!(tx = %hash, batch = %event.batchId, "a claim that cannot be read: left to demands");
                continue;
            };
            // The same struct under two names: its encoding is one.
            let encoded = call.evidence.header.abi_encode();
            let Ok(header) = ReceiptHeader::abi_decode_validate(&encoded) else { continue };
            let proof = call.evidence.proof;
            if self.digest_leaf(&header, &proof) == event.leaf {
                found.push(Revealed { batch: event.batchId, index: event.index, header, proof });
            }
        }
        Ok(found)
    }
}
