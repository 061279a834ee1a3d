//! Trust scores: reads, and the facts from which everybody recomputes them.

use std::collections::HashMap;

use alloy::{providers::Provider, rpc::types::Filter};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use nonos_core::trust::{Fact, Facts};

use crate::{abi::TrustScores, error::ChainError, logs};

/// One settled fact, as the contract reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactRecord {
    /// Operator id.
    pub operator: B256,
    /// What was settled.
    pub fact: Fact,
    /// What it weighs on its day, in units of 1/`nonos_core::trust::ONE`.
    pub weight: u64,
    /// Unix seconds.
    pub time: u64,
    /// Block of the event.
    pub block: u64,
}

/// The operator's score today, as the contract computes it: 0 to 999.
pub async fn score_of(
    provider: &impl Provider,
    trust_scores: Address,
    operator: B256,
) -> Result<u16, ChainError> {
    let scores = TrustScores::new(trust_scores, provider);
    scores.scoreOf(operator).call().await.map_err(|error| ChainError::call("reading a trust score", error))
}

/// All facts of `from..=to`, in chain order.
pub async fn facts(
    provider: &impl Provider,
    trust_scores: Address,
    from: u64,
    to: u64,
) -> Result<Vec<FactRecord>, ChainError> {
    let filter =
        Filter::new().address(trust_scores).event_signature(TrustScores::FactRecorded::SIGNATURE_HASH);
    let logs = logs::pages(provider, &filter, from, to).await?;
    logs.iter().map(read).collect()
}

fn read(log: &alloy::rpc::types::Log) -> Result<FactRecord, ChainError> {
    let event = TrustScores::FactRecorded::decode_log_validate(&log.inner)
        .map_err(|source| ChainError::Event { event: "FactRecorded", source })?;
    let fact = match event.fact {
        0 => Fact::Fulfilled,
        1 => Fact::Faulted,
        2 => Fact::Challenged,
        other => return Err(ChainError::UnknownFact(other)),
    };
    Ok(FactRecord {
        operator: event.operator,
        fact,
        weight: event.weight,
        time: event.time,
        block: log.block_number.unwrap_or_default(),
    })
}

/// The facts of every operator, recomputed from events; `records` starts at the first block, in order.
pub fn replay(records: &[FactRecord]) -> HashMap<B256, Facts> {
    let mut all: HashMap<B256, Facts> = HashMap::new();
    for record in records {
        let facts = all.entry(record.operator).or_default();
        *facts = facts.record(record.fact, record.weight, record.time);
    }
    all
}
