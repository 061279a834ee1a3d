//! State queries and simulated execution.

use alloy::rpc::types::{BlockId, BlockOverrides, TransactionRequest, state::StateOverride};
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use revm::{DatabaseRef, state::AccountInfo};

use super::{Params, Reply, reply};
use crate::{
    Devnet,
    chain::{At, Chain},
    error::RpcError,
    evm,
};

/// Account at a block, the pending state included.
fn account(chain: &Chain, address: Address, at: At) -> Result<AccountInfo, RpcError> {
    match at {
        At::Block(number) => Ok(chain.view_at(number)?.account(address)),
        At::Pending => {
            let pending = chain.execute_pending()?;
            let Ok(info) = evm::overlay(chain.view(), &pending.changes).basic_ref(address);
            Ok(info.unwrap_or_default())
        }
    }
}

pub(super) fn balance(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, id) = (p.required(0)?, p.block(1, BlockId::latest())?);
    let chain = devnet.read();
    reply(account(&chain, address, chain.resolve(id)?)?.balance)
}

pub(super) fn code(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, id) = (p.required(0)?, p.block(1, BlockId::latest())?);
    let chain = devnet.read();
    let code = account(&chain, address, chain.resolve(id)?)?.code.unwrap_or_default();
    reply(code.original_bytes())
}

pub(super) fn nonce(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (address, id): (Address, _) = (p.required(0)?, p.block(1, BlockId::latest())?);
    let chain = devnet.read();
    let nonce = match chain.resolve(id)? {
        at @ At::Block(_) => account(&chain, address, at)?.nonce,
        At::Pending => chain.pool.next_nonce(address, chain.nonce(address)),
    };
    reply(U64::from(nonce))
}

pub(super) fn storage(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(3)?;
    let (address, key, id): (_, U256, _) = (p.required(0)?, p.required(1)?, p.block(2, BlockId::latest())?);
    let chain = devnet.read();
    let Ok(value) = match chain.resolve(id)? {
        At::Block(number) => chain.view_at(number)?.storage_ref(address, key),
        At::Pending => {
            let pending = chain.execute_pending()?;
            evm::overlay(chain.view(), &pending.changes).storage_ref(address, key)
        }
    };
    reply(B256::from(value))
}

pub(super) fn call(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(4)?;
    let request: TransactionRequest = p.required(0)?;
    let id = p.block(1, BlockId::latest())?;
    let overrides: Option<StateOverride> = p.optional(2)?;
    if p.optional::<BlockOverrides>(3)?.is_some_and(|o| o != BlockOverrides::default()) {
        return Err(RpcError::params(
            "block overrides are not supported; move the chain's clock or mine instead",
        ));
    }
    let chain = devnet.read();
    let mut scene = chain.scene(chain.resolve(id)?)?;
    scene.override_state(overrides.unwrap_or_default())?;
    let output: Bytes = scene.call(&request)?;
    reply(output)
}

/// Estimates in the pending block unless told otherwise: that is where the transaction will run.
pub(super) fn estimate_gas(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(3)?;
    let request: TransactionRequest = p.required(0)?;
    let id = p.block(1, BlockId::pending())?;
    let overrides: Option<StateOverride> = p.optional(2)?;
    let chain = devnet.read();
    let mut scene = chain.scene(chain.resolve(id)?)?;
    scene.override_state(overrides.unwrap_or_default())?;
    reply(U64::from(scene.estimate(&request)?))
}
