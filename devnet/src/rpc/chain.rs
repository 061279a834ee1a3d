//! Chain and block queries.

use alloy::rpc::types::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes, U64, keccak256};

use super::{Params, Reply, reply};
use crate::{Devnet, chain::At, render};

pub(super) fn chain_id(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(devnet.chain_id()))
}

pub(super) fn net_version(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(devnet.chain_id().to_string())
}

pub(super) fn listening(p: Params) -> Reply {
    p.at_most(0)?;
    reply(true)
}

pub(super) fn client_version(p: Params) -> Reply {
    p.at_most(0)?;
    reply(concat!("nonos-devnet/v", env!("CARGO_PKG_VERSION"), "/revm"))
}

pub(super) fn sha3(p: Params) -> Reply {
    reply(keccak256(p.at_most(1)?.required::<Bytes>(0)?))
}

pub(super) fn syncing(p: Params) -> Reply {
    p.at_most(0)?;
    reply(false)
}

pub(super) fn block_number(devnet: &Devnet, p: Params) -> Reply {
    p.at_most(0)?;
    reply(U64::from(devnet.read().height()))
}

pub(super) fn block_by_number(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let tag: BlockNumberOrTag = p.required(0)?;
    let full = p.optional(1)?.unwrap_or(false);
    let chain = devnet.read();
    match chain.number_of(tag) {
        Some(At::Block(number)) => reply(chain.block(number).map(|block| render::block(block, full))),
        Some(At::Pending) => reply(render::block(&chain.pending_block()?, full)),
        None => reply(()),
    }
}

pub(super) fn block_by_hash(devnet: &Devnet, p: Params) -> Reply {
    let p = p.at_most(2)?;
    let hash: B256 = p.required(0)?;
    let full = p.optional(1)?.unwrap_or(false);
    reply(devnet.read().block_by_hash(&hash).map(|block| render::block(block, full)))
}

/// Runs `f` on a block given by number, tag or hash; null when there is none.
fn with_block<T: serde::Serialize>(
    devnet: &Devnet,
    p: &Params,
    f: impl Fn(&crate::block::Block) -> T,
) -> Reply {
    let id: BlockId = p.required(0)?;
    let chain = devnet.read();
    match chain.resolve(id) {
        Ok(At::Block(number)) => reply(chain.block(number).map(|block| f(block))),
        Ok(At::Pending) => reply(f(&chain.pending_block()?)),
        Err(_) => reply(()),
    }
}

pub(super) fn block_receipts(devnet: &Devnet, p: Params) -> Reply {
    with_block(devnet, &p.at_most(1)?, |block| {
        (0..block.txs.len()).filter_map(|index| render::receipt(block, index)).collect::<Vec<_>>()
    })
}

pub(super) fn transaction_count(devnet: &Devnet, p: Params) -> Reply {
    with_block(devnet, &p.at_most(1)?, |block| U64::from(block.txs.len()))
}

pub(super) fn uncle_count(devnet: &Devnet, p: Params) -> Reply {
    with_block(devnet, &p.at_most(1)?, |_| U64::ZERO)
}
