//! Development methods: time, mining, snapshots, reorganisations and state overrides, named and shaped as in anvil.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U64, U256};

use super::{Params, Reply, params, reply};
use crate::{Devnet, MiningMode, Orphans, error::RpcError};

pub(super) fn increase_time(devnet: &Devnet, p: Params) -> Reply {
    let seconds = p.at_most(1)?.required_number(0)?;
    reply(devnet.write().clock.increase(seconds))
}

pub(super) fn set_next_timestamp(devnet: &Devnet, p: Params) -> Reply {
    let timestamp = p.at_most(1)?.required_number(0)?;
    devnet.set_next_timestamp(timestamp)?;
    reply(())
}

/// `evm_mine()`, `evm_mine(timestamp)` or `evm_mine({timestamp, blocks})`.
pub(super) fn evm_mine(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(1)?;
    let (timestamp, blocks) = match p.value(0) {
        Some(serde_json::Value::Object(options)) => {
            let field = |name: &str| match options.get(name) {
                None | Some(serde_json::Value::Null) => Ok(None),
                Some(value) => params::number(value).map(Some).ok_or_else(|| {
                    RpcError::params(format!("{name}: {value} is not a whole number below 2^64"))
                }),
            };
            (field("timestamp")?, field("blocks")?.unwrap_or(1))
        }
        _ => (p.number(0)?, 1),
    };
    let mut chain = devnet.write();
    if let Some(timestamp) = timestamp {
        let parent = chain.head().header.timestamp;
        chain.clock.set_next(timestamp, parent)?;
    }
    chain.mine_many(blocks, None)?;
    reply("0x0")
}

pub(super) fn mine(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (count, interval) = (p.number(0)?.unwrap_or(1), p.number(1)?);
    devnet.write().mine_many(count, interval)?;
    reply(())
}

pub(super) fn snapshot(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(devnet.snapshot()?))
}

pub(super) fn revert(devnet: &Devnet, p: Params) -> Reply {
    let id = p.at_most(1)?.required_number(0)?;
    reply(devnet.revert(id)?)
}

pub(super) fn rollback(devnet: &Devnet, p: Params) -> Reply {
    let depth = p.at_most(1)?.number(0)?.unwrap_or(1);
    devnet.rollback(depth, Orphans::Drop)?;
    reply(())
}

/// `anvil_reorg(depth, [])`: replaces the newest `depth` blocks by empty ones.
pub(super) fn reorg(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let depth = p.required_number(0)?;
    if p.optional::<Vec<serde_json::Value>>(1)?.is_some_and(|txs| !txs.is_empty()) {
        return Err(RpcError::params(
            "anvil_reorg with transactions is not supported; roll back and send them",
        ));
    }
    devnet.reorg(depth, Orphans::Drop)?;
    reply(())
}

pub(super) fn set_balance(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, balance): (Address, U256) = (p.required(0)?, p.required(1)?);
    devnet.set_balance(address, balance);
    reply(())
}

pub(super) fn set_nonce(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, nonce): (Address, u64) = (p.required(0)?, p.required_number(1)?);
    devnet.write().override_account(address, |info, _| info.nonce = nonce);
    reply(())
}

pub(super) fn set_code(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, code): (Address, Bytes) = (p.required(0)?, p.required(1)?);
    devnet.write().set_code(address, code)?;
    reply(())
}

pub(super) fn set_storage(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(3)?;
    let (address, key, value): (Address, U256, B256) = (p.required(0)?, p.required(1)?, p.required(2)?);
    devnet.write().override_account(address, |_, slots| {
        slots.insert(key, value.into());
    });
    reply(true)
}

pub(super) fn set_base_fee(devnet: &Devnet, p: Params) -> Reply {
    let fee = p.at_most(1)?.required_number(0)?;
    devnet.write().set_next_base_fee(fee);
    reply(())
}

pub(super) fn drop_transaction(devnet: &Devnet, p: Params) -> Reply {
    let hash: B256 = p.at_most(1)?.required(0)?;
    reply(devnet.write().pool.remove(&hash).map(|dropped| dropped.hash))
}

pub(super) fn drop_all(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    devnet.write().pool.clear();
    reply(())
}

pub(super) fn get_automine(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(devnet.read().config.mining == MiningMode::Instant)
}

pub(super) fn set_automine(devnet: &Devnet, p: Params) -> Reply {
    let on: bool = p.at_most(1)?.required(0)?;
    devnet.set_mining(if on { MiningMode::Instant } else { MiningMode::Manual })?;
    reply(())
}

/// Seconds between blocks; 0 switches interval mining off.
pub(super) fn set_interval(devnet: &Devnet, p: Params) -> Reply {
    let seconds = p.at_most(1)?.required_number(0)?;
    devnet.set_mining(match seconds {
        0 => MiningMode::Manual,
        _ => MiningMode::Interval(Duration::from_secs(seconds)),
    })?;
    reply(())
}
