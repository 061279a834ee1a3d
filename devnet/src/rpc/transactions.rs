//! Sending and looking up transactions.

use alloy::{
    consensus::{SignableTransaction, TxEnvelope},
    eips::{Decodable2718, Encodable2718},
    network::TxSignerSync,
    rpc::types::{BlockId, Index, TransactionRequest},
};
use alloy_primitives::{B256, Bytes};

use super::{Params, Reply, fees::SUGGESTED_TIP, reply};
use crate::{
    Devnet,
    chain::{At, Chain},
    error::RpcError,
    render,
};

pub(super) fn accounts(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(devnet.accounts().iter().map(|account| account.address()).collect::<Vec<_>>())
}

pub(super) fn send_raw(devnet: &Devnet, p: Params) -> Reply {
    let raw: Bytes = p.at_most(1)?.required(0)?;
    let tx = TxEnvelope::decode_2718_exact(&raw)
        .map_err(|error| RpcError::params(format!("failed to decode signed transaction: {error}")))?;
    reply(devnet.write().submit(tx)?)
}

/// Signs with a development account's key; what is not given is filled in.
pub(super) fn send(devnet: &Devnet, p: Params) -> Reply {
    let mut request: TransactionRequest = p.at_most(1)?.required(0)?;
    let from = request.from.ok_or_else(|| RpcError::params("missing \"from\": which account shall sign?"))?;
    let signer = devnet.accounts().iter().find(|account| account.address() == from).ok_or_else(|| {
        RpcError::server(format!("unknown account {from}: only eth_accounts can be signed for"))
    })?;
    let mut chain = devnet.write();
    fill(&chain, &mut request)?;
    let mut tx = request.build_typed_tx().map_err(|request| {
        let missing = request.missing_keys().err().map(|(_, keys)| keys.join(", ")).unwrap_or_default();
        RpcError::params(format!("incomplete transaction request; missing: {missing}"))
    })?;
    let signature = signer
        .sign_transaction_sync(&mut tx)
        .map_err(|error| RpcError::server(format!("cannot sign: {error}")))?;
    reply(chain.submit(tx.into_signed(signature).into())?)
}

fn fill(chain: &Chain, request: &mut TransactionRequest) -> Result<(), RpcError> {
    let from = request.from.unwrap_or_default();
    if let Some(id) = request.chain_id.filter(|id| *id != chain.config.chain_id) {
        let want = chain.config.chain_id;
        return Err(RpcError::server(format!("invalid chain id for signer: have {id} want {want}")));
    }
    request.chain_id = Some(chain.config.chain_id);
    if request.to.is_none() {
        request.to = Some(alloy_primitives::TxKind::Create);
    }
    if request.nonce.is_none() {
        request.nonce = Some(chain.pool.next_nonce(from, chain.nonce(from)));
    }
    if request.gas.is_none() {
        // Without fees, so that the estimate does not depend on them.
        request.gas = Some(chain.scene(At::Pending)?.estimate(request)?);
    }
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert_with(|| {
            request.max_fee_per_gas.map_or(SUGGESTED_TIP.into(), |fee| fee.min(SUGGESTED_TIP.into()))
        });
        // Twice the base fee survives six full blocks in a row (geth).
        request.max_fee_per_gas.get_or_insert(tip + 2 * u128::from(chain.next_base_fee()));
    }
    request.trim_conflicting_keys();
    Ok(())
}

pub(super) fn by_hash(devnet: &Devnet, p: Params) -> Reply {
    let hash: B256 = p.at_most(1)?.required(0)?;
    let chain = devnet.read();
    match chain.find_tx(&hash) {
        Some((block, index)) => reply(render::transaction(block, index)),
        None => reply(chain.pool.get(&hash).map(|waiting| render::pending(&waiting.tx))),
    }
}

pub(super) fn by_index(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let (id, index): (BlockId, Index) = (p.required(0)?, p.required(1)?);
    let chain = devnet.read();
    match chain.resolve(id) {
        Ok(At::Block(number)) => {
            reply(chain.block(number).and_then(|block| render::transaction(block, index.0)))
        }
        Ok(At::Pending) => reply(render::transaction(&chain.pending_block()?, index.0)),
        Err(_) => reply(()),
    }
}

pub(super) fn raw_by_hash(devnet: &Devnet, p: Params) -> Reply {
    let hash: B256 = p.at_most(1)?.required(0)?;
    let chain = devnet.read();
    let mined = chain.find_tx(&hash).and_then(|(block, index)| block.txs.get(index)).map(|mined| &mined.tx);
    let tx = mined.or_else(|| chain.pool.get(&hash).map(|waiting| &waiting.tx));
    reply(tx.map(|tx| Bytes::from(tx.inner().encoded_2718())))
}

pub(super) fn receipt(devnet: &Devnet, p: Params) -> Reply {
    let hash: B256 = p.at_most(1)?.required(0)?;
    let chain = devnet.read();
    reply(chain.find_tx(&hash).and_then(|(block, index)| render::receipt(block, index)))
}

pub(super) fn pending(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    let chain = devnet.read();
    reply(chain.pool.all().into_iter().map(|waiting| render::pending(&waiting.tx)).collect::<Vec<_>>())
}
