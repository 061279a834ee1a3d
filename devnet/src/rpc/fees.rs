//! Fee queries.

use alloy::{
    consensus::{BlockHeader, Transaction},
    rpc::types::{BlockNumberOrTag, FeeHistory},
};
use alloy_primitives::U64;

use super::{Params, Reply, params, reply};
use crate::{
    Devnet,
    block::Block,
    chain::{At, Chain},
    error::RpcError,
};

/// Priority fee the node suggests, in wei per gas (anvil's value).
pub(crate) const SUGGESTED_TIP: u64 = 1_000_000_000;
/// Most blocks one fee history covers (geth's limit).
const MAX_HISTORY: u64 = 1_024;
/// Most reward percentiles one query may ask for (geth's limit).
const MAX_PERCENTILES: usize = 100;

pub(super) fn gas_price(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(devnet.read().next_base_fee().saturating_add(SUGGESTED_TIP)))
}

pub(super) fn max_priority_fee(p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(SUGGESTED_TIP))
}

/// No blobs are ever used here, so their price is at the floor of EIP-4844.
pub(super) fn blob_base_fee(p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(1))
}

pub(super) fn history(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(3)?;
    let count = p
        .value(0)
        .and_then(params::number)
        .ok_or_else(|| RpcError::params("invalid argument 0: blockCount must be a whole number"))?;
    let newest: BlockNumberOrTag = p.required(1)?;
    let percentiles: Vec<f64> = p.optional(2)?.unwrap_or_default();
    check_percentiles(&percentiles)?;
    let chain = devnet.read();
    let newest = match chain.number_of(newest) {
        Some(At::Block(number)) => number,
        Some(At::Pending) => chain.height(),
        None => {
            return Err(RpcError::server(format!("request beyond head block: head is {}", chain.height())));
        }
    };
    let count = count.min(MAX_HISTORY).min(newest + 1);
    let blocks: Vec<_> =
        (newest + 1 - count..=newest).filter(|_| count > 0).filter_map(|n| chain.block(n)).collect();
    let mut base_fees: Vec<u128> = blocks.iter().map(|b| base_fee(b).into()).collect();
    if count > 0 {
        base_fees.push(base_fee_after(&chain, newest).into());
    }
    let answer = FeeHistory {
        base_fee_per_blob_gas: vec![1; base_fees.len()],
        base_fee_per_gas: base_fees,
        gas_used_ratio: blocks
            .iter()
            .map(|b| b.header.gas_used as f64 / b.header.gas_limit.max(1) as f64)
            .collect(),
        blob_gas_used_ratio: vec![0.0; blocks.len()],
        oldest_block: newest + 1 - count,
        reward: (!percentiles.is_empty()).then(|| blocks.iter().map(|b| rewards(b, &percentiles)).collect()),
    };
    reply(answer)
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), RpcError> {
    if percentiles.len() > MAX_PERCENTILES {
        let got = percentiles.len();
        return Err(RpcError::params(format!(
            "over the query limit {MAX_PERCENTILES} of percentiles: {got}"
        )));
    }
    let in_range = percentiles.iter().all(|p| (0.0..=100.0).contains(p));
    if !in_range || !percentiles.is_sorted() {
        return Err(RpcError::params(format!(
            "invalid reward percentiles {percentiles:?}: they must rise from 0 to 100"
        )));
    }
    Ok(())
}

fn base_fee(block: &Block) -> u64 {
    block.header.base_fee_per_gas.unwrap_or_default()
}

fn base_fee_after(chain: &Chain, number: u64) -> u64 {
    chain.block(number + 1).map_or_else(|| chain.next_base_fee(), |block| base_fee(block))
}

/// Tips at the percentiles of gas used, as geth defines them.
fn rewards(block: &Block, percentiles: &[f64]) -> Vec<u128> {
    let base_fee = base_fee(block);
    let mut tips: Vec<(u128, u64)> = block
        .txs
        .iter()
        .map(|tx| (tx.tx.effective_tip_per_gas(base_fee).unwrap_or_default(), tx.gas_used))
        .collect();
    tips.sort_unstable();
    let at = |percentile: &f64| {
        let threshold = block.header.gas_used() as f64 * percentile / 100.0;
        let mut sum = 0;
        for (tip, gas) in &tips {
            sum += gas;
            if sum as f64 >= threshold {
                return *tip;
            }
        }
        tips.last().map_or(0, |(tip, _)| *tip)
    };
    percentiles.iter().map(at).collect()
}
