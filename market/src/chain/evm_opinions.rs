//! The verifier's trait on the real verification market.

use super::evm_batches::anchored;
use crate::chain::{AnchoredBatch, EvmChain, JobStanding, JobState, Mined, Opinions, Place, PostedJob};
use crate::error::SendError;
use alloy::providers::DynProvider;
use alloy::rpc::types::{Filter, Log};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use async_trait::async_trait;
use nonos_contracts::ChainError;
use nonos_contracts::abi::{ReceiptAnchor, VerificationMarket};
use nonos_core::opinion::Verdict;

impl EvmChain {
    pub(crate) fn opinions(&self) -> VerificationMarket::VerificationMarketInstance<&DynProvider> {
        VerificationMarket::new(self.deployment().addresses.verification_market, self.provider())
    }
}

fn posted(log: &Log) -> Option<PostedJob> {
    let event = VerificationMarket::BatchJobPosted::decode_log_validate(&log.inner).ok()?.data;
    Some(PostedJob { id: event.jobId.into(), batch: event.batchId, terms: (&event.terms).into() })
}

#[async_trait]
impl Opinions for EvmChain {
    async fn posted(&self, from: u64, to: u64) -> Result<Vec<PostedJob>, ChainError> {
        let filter = Filter::new()
            .address(self.deployment().addresses.verification_market)
            .event_signature(VerificationMarket::BatchJobPosted::SIGNATURE_HASH);
        let logs = self.logs("reading jobs", filter, from, to).await?;
        Ok(logs.iter().filter_map(posted).collect())
    }

    async fn anchored_batch(&self, batch: B256) -> Result<Option<AnchoredBatch>, ChainError> {
        let filter =
            self.anchor_filter().event_signature(ReceiptAnchor::BatchAnchored::SIGNATURE_HASH).topic1(batch);
        self.newest("looking for a batch", filter, anchored).await
    }

    async fn job(&self, id: B256) -> Result<JobStanding, ChainError> {
        let failed = |error| ChainError::call("reading a job", error);
        let opinions = self.opinions();
        let job = opinions.jobOf(id.into()).call().await.map_err(failed)?;
        let state = match job.state {
            0 => JobState::Unknown,
            1 => JobState::Open,
            2 => JobState::Unwound,
            3 => JobState::Settled,
            4 => JobState::Slashed,
            _ => JobState::Other,
        };
        if state != JobState::Open {
            return Ok(JobStanding { state, places: Vec::new(), settleable_at: 0 });
        }
        let bids = opinions.bidsOf(id.into()).call().await.map_err(failed)?;
        let places = bids.iter().map(|bid| Place {
            verifier: bid.verifier,
            fee: bid.fee.to(),
            said: bid.verdict != Verdict::None as u8,
        });
        let settleable = opinions.settleableAt(id.into()).call().await.map_err(failed)?;
        let settleable_at = u64::try_from(settleable).unwrap_or(u64::MAX);
        Ok(JobStanding { state, places: places.collect(), settleable_at })
    }

    async fn free(&self) -> Result<U256, ChainError> {
        let free = self.opinions().balanceOf(self.sender().account()).call().await;
        free.map_err(|error| ChainError::call("reading a balance", error))
    }

    async fn bid(&self, id: B256, fee: u128) -> Result<Mined, SendError> {
        let opinions = self.opinions();
        // The job's own bound is far below 72 bits' worth of ether.
        let call = opinions.bid(id.into(), U256::from(fee).saturating_to());
        self.sender().send("bidding", call.into_transaction_request()).await
    }

    async fn vouch(&self, id: B256) -> Result<Mined, SendError> {
        let opinions = self.opinions();
        let call = opinions.attest(id.into(), Verdict::Valid as u8);
        self.sender().send("vouching for a batch", call.into_transaction_request()).await
    }

    async fn settle(&self, id: B256) -> Result<Mined, SendError> {
        let opinions = self.opinions();
        let call = opinions.settle(id.into());
        self.sender().send("settling a job", call.into_transaction_request()).await
    }

    async fn give_up(&self, id: B256) -> Result<Mined, SendError> {
        let opinions = self.opinions();
        let call = opinions.unwind(id.into());
        self.sender().send("unwinding a job", call.into_transaction_request()).await
    }
}
